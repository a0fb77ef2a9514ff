/* host.c - the exercise plug-in: what it does with the host's offers, and how it misbehaves. */
#include "plugin.h"

#include <pthread.h>

int bad_union, bad_count;

int32_t ex_recurse(int32_t depth) { return depth <= 0 ? 0 : 1 + ex_host_recurse(depth - 1); }

static int32_t deferred;

static void run_deferred(void *user)
{
	deferred += *(int32_t *)user;
}

void ex_defer(int32_t v)
{
	static int32_t values[16];
	static uint32_t next;
	int32_t *user = &values[next++ % 16];
	*user = v;
	ex_host_defer(run_deferred, user);
}

int32_t ex_deferred(void) { return deferred; }

static int32_t times(int32_t index, void *user) { return index * *(int32_t *)user; }
int32_t ex_visit_host(int32_t n, int32_t factor) { return ex_host_visit(n, times, &factor); }

static int32_t ticks;
static int32_t steps[4];
static uint32_t step_count;

static int32_t tick(ex_timer timer, void *user)
{
	(void)timer;
	ticks += *(int32_t *)user;
	return ticks;
}

ex_timer ex_start_timer(uint32_t milliseconds, int32_t step)
{
	int32_t *own = &steps[step_count++ % 4];
	*own = step;
	return ex_host_timer(milliseconds, tick, own);
}

void ex_stop_timer(ex_timer timer) { ex_host_timer_stop(timer); }
int32_t ex_ticks(void) { return ticks; }

static int32_t farewells;
static void farewell(void) { farewells++; }

int32_t ex_say_farewell(void)
{
	ex_host_at_end(farewell);
	return 0;
}

int32_t ex_farewells(void) { return farewells; }

enum { MOST_VALUES = 5000 };

ex_status ex_store(ex_session *session, const char *key, double first, uint32_t n)
{
	static double values[MOST_VALUES];
	uint32_t i;
	for (i = 0; i < n && i < MOST_VALUES; i++)
		values[i] = first + i;
	return ex_host_put(session, key, values, i);
}

double ex_stored(ex_session *session, const char *key)
{
	double values[64], sum = 0;
	int32_t i, room = ex_host_get(session, key, NULL, 0), n;
	if (room < 0 || room > 64)
		return -1;
	n = ex_host_get(session, key, values, room);
	for (i = 0; i < n && i < room; i++)
		sum += values[i];
	return sum;
}

const char *ex_language(void) { return ex_host_language(); }

double ex_place(double x, double y)
{
	struct ex_point at = {7, x, y};
	float weights[2] = {1, 2};
	struct ex_shape shape = {.label = "abc", .name = "placed", .count = 2, .weights = weights};
	ex_host_place(&at, &shape);
	return shape.corners[0].x + shape.corners[1].y;
}

int32_t ex_fail(int32_t code) { return -code; }

static pthread_t main_thread;
static int main_known;

int32_t ex_main_only(void)
{
	if (!main_known) {
		main_thread = pthread_self();
		main_known = 1;
	}
	return pthread_equal(main_thread, pthread_self()) ? 1 : 0;
}

int32_t ex_since_11(int32_t v) { return v + 11; }
int32_t ex_until_11(int32_t v) { return v - 11; }

/* ---- bad behaviour -------------------------------------------------------- */

static void *call_main(void *result)
{
	ex_host_main();
	*(int32_t *)result = 1;
	return NULL;
}

static void *call_any(void *result)
{
	*(int32_t *)result = 100 + ex_host_recurse(0);
	return NULL;
}

static int32_t on_thread(void *(*run)(void *))
{
	pthread_t thread;
	int32_t result = 0;
	if (pthread_create(&thread, NULL, run, &result) != 0)
		return -1;
	pthread_join(thread, NULL);
	return result;
}

int32_t ex_misbehave(ex_misdeed misdeed)
{
	static double values[MOST_VALUES];
	volatile uintptr_t nowhere = 8;
	ex_session *session;

	switch (misdeed) {
	case EX_CALL_AFTER_CALL:
		return last_visit(last_visit_user, 1);
	case EX_CALL_AFTER_RELEASE:
		last_listener(last_listener_instance, "late", last_listener_user);
		return 0;
	case EX_CALL_TRAMPOLINE_AFTER:
		return (int32_t)last_curve(1);
	case EX_CALL_TWICE:
		last_done(1, last_done_user);
		return 0;
	case EX_USE_CLOSED_SESSION:
		session = ex_host_open("short");
		ex_host_close(session);
		return ex_host_put(session, "k", values, 1);
	case EX_USE_WRONG_SESSION:
		return ex_host_put((ex_session *)(uintptr_t)0x1234567, "k", values, 1);
	case EX_TOO_LONG:
		session = ex_host_open("long");
		return ex_host_put(session, "k", values, MOST_VALUES);
	case EX_MAIN_FROM_THREAD:
		return on_thread(call_main);
	case EX_ANY_FROM_THREAD:
		return on_thread(call_any);
	case EX_BAD_UNION:
		bad_union = 1;
		return 0;
	case EX_BAD_COUNT:
		bad_count = 1;
		return 0;
	case EX_CALL_LEGACY:
		return ex_legacy(1);
	case EX_CRASH:
		*(volatile int *)nowhere = 1;
		return 0;
	case EX_HANG:
		for (;;)
			pthread_testcancel();
	}
	return -1;
}
