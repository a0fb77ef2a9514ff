/*
 * lane.c - calls without a system call but the wake-up; see protocol.h.
 *
 * A lane is for one thread at a time, so there is nothing to lock. It does not
 * look for its turn before it sleeps: a helper's thread that is bound to its
 * caller's processor cannot run while the caller looks. Bound so, a call costs
 * two switches on that processor, some 5 microseconds, whatever else sleeps
 * meanwhile; on another processor, which may be idle and has to be woken, ten
 * times as much.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>

#include "private.h"

#define NOWHERE 0xffffffffu
enum { FIRST_SLICE = 5, LAST_SLICE = 80 }; /* milliseconds of a wait, after which the helper is looked after */

static _Atomic uint32_t *word_at(const struct lane *l, uint32_t offset) { return (_Atomic uint32_t *)(l->at + offset); }
static uint32_t get(const struct lane *l, uint32_t offset) { return atomic_load(word_at(l, offset)); }
static void put(struct lane *l, uint32_t offset, uint32_t v) { atomic_store(word_at(l, offset), v); }
static void put64(unsigned char *at, uint64_t v) { memcpy(at, &v, 8); }

int lane_usable(const struct lane *l) { return l->helper != NULL && !forked() && !atomic_load(&l->helper->lost); }

/* Waits until the helper has taken its turn. */
static int await(struct lane *l, uint32_t before, uint32_t limit)
{
	uint32_t now, slice = FIRST_SLICE, spent = 0;
	while ((now = get(l, LANE_RESPONSE)) == before) {
		int late = 0;
		put(l, LANE_HOST_WAITS, 1);
		if (get(l, LANE_RESPONSE) == before) /* the helper may have missed the flag */
			late = futex_wait(word_at(l, LANE_RESPONSE), before, slice) != 0;
		put(l, LANE_HOST_WAITS, 0);
		if (!late)
			continue;
		if (atomic_load(&l->helper->lost))
			return -1;
		if (helper_hung_up(l->helper)) {
			helper_lose(l->helper, NULL);
			return -1;
		}
		if ((spent += slice) >= limit) {
			helper_lose(l->helper, "it did not come back from a call");
			return -1;
		}
		slice = slice < LAST_SLICE ? 2 * slice : LAST_SLICE;
	}
	if (now == l->turns)
		return 0;
	helper_lose(l->helper, "it took more turns than were due");
	return -1;
}

/* Gives the helper its turn and waits for ours. Returns the helper's state, or -1. */
static int turn(struct lane *l, uint32_t kind, uint32_t limit)
{
	uint32_t before = l->turns;
	if (!lane_usable(l))
		return -1;
	put(l, LANE_KIND, kind);
	put(l, LANE_REQUEST, ++l->turns);
	if (get(l, LANE_GUEST_WAITS))
		futex_wake(word_at(l, LANE_REQUEST));
	return await(l, before, limit) == 0 ? (int)get(l, LANE_STATE) : -1;
}

int lane_open(struct lane *l, struct helper *h, const struct area *area, char *why)
{
	memset(l, 0, sizeof *l);
	l->helper = h;
	l->at = area->here;
	l->cpu = l->other = NOWHERE;
	return helper_start_lane(h, area->offset, why);
}

void lane_close(struct lane *l)
{
	turn(l, TURN_STOP, CALL_LIMIT);
	l->helper = NULL;
}

int lane_add(struct lane *l, uint64_t function, const char *classes, const uint64_t *args)
{
	uint32_t n = (uint32_t)strlen(classes), size = CALL_ARGS + 8 * (n - 1), i;
	unsigned char *record = l->at + LANE_CALLS + l->end;

	if (n > MAX_ARGS + 1 || size > LANE_RESULTS - LANE_CALLS - l->end || l->rests + 8 * l->count >= LANE_SIZE - LANE_RESULTS)
		return -1;
	put64(record + CALL_ADDRESS, function);
	memset(record + CALL_CLASSES, 0, CALL_ARGS - CALL_CLASSES);
	memcpy(record + CALL_CLASSES, classes, n);
	for (i = 0; i + 1 < n; i++)
		put64(record + CALL_ARGS + 8 * i, args[i]);
	l->end += size;
	l->count++;
	return 0;
}

/* Serves the callback that the helper asks for, and returns its result. */
static uint64_t serve(struct lane *l)
{
	uint64_t args[MAX_ARGS];
	if (l->called == NULL)
		return 0;
	memcpy(args, l->at + LANE_ARGS, sizeof args);
	return l->called(l->context, get(l, LANE_ID), args);
}

int lane_run(struct lane *l, uint32_t limit)
{
	uint32_t calls = l->calls, rests = l->rests, end = l->end, count = l->count;
	int state;

	if (count == 0)
		return 0;
	put(l, LANE_FIRST, calls);
	put(l, LANE_ANSWERS, rests);
	put(l, LANE_COUNT, count);
	state = turn(l, TURN_RUN, limit);
	while (state == STATE_CALLED) {
		uint64_t v;
		/* Nested runs go behind what the helper may still need of this one. */
		l->calls = l->end = end;
		l->rests = rests + 8 * count;
		l->count = 0;
		v = serve(l);
		put64(l->at + LANE_VALUE, v);
		l->calls = calls;
		l->rests = rests;
		state = turn(l, TURN_RETURN, limit);
	}
	l->end = calls;
	l->count = 0;
	return state == STATE_DONE ? 0 : -1;
}

uint64_t lane_result(const struct lane *l, uint32_t index)
{
	uint64_t v;
	memcpy(&v, l->at + LANE_RESULTS + l->rests + 8 * index, 8);
	return v;
}

int lane_call(struct lane *l, uint32_t limit, uint64_t *result, uint64_t function, const char *classes, const uint64_t *args)
{
	if (lane_add(l, function, classes, args) != 0 || lane_run(l, limit) != 0)
		return -1;
	if (result != NULL)
		*result = lane_result(l, 0);
	return 0;
}

/*
 * A helper's thread that serves a real-time thread should not wait behind
 * others. It does not become a real-time thread itself: the kernel keeps
 * real-time threads apart, and would send its caller to another processor at
 * each wake-up.
 */
static void hurry(struct lane *l)
{
	int policy = sched_getscheduler(0) & ~0x40000000; /* SCHED_RESET_ON_FORK */
	uint64_t args[3] = {0 /* PRIO_PROCESS */, 0 /* the thread itself */, (uint64_t)-20};

	l->hurried = 1;
	if (l->helper->setpriority != 0 && (policy == SCHED_FIFO || policy == SCHED_RR))
		lane_call(l, RUN_LIMIT, NULL, l->helper->setpriority, "wwww", args); /* may be forbidden */
}

void lane_place(struct lane *l)
{
	int here = sched_getcpu();
	uint32_t cpu = here < 0 ? NOWHERE : (uint32_t)here;

	if (cpu == l->cpu || !lane_usable(l))
		return;
	/* Following takes two wake-ups of other processors: worth it only if the caller stays. */
	if (l->cpu != NOWHERE && cpu != l->other) {
		l->other = cpu;
		return;
	}
	put(l, LANE_COUNT, cpu);
	if (turn(l, TURN_PIN, RUN_LIMIT) < 0)
		return;
	l->cpu = l->other = cpu;
	if (!l->hurried)
		hurry(l);
}
