/*
 * fuzz.c - uses the exercise plug-in while messages are damaged on their way.
 *
 *     fuzz SEED ROUNDS
 *
 * Whatever arrives, dispatcher and shim must answer with a status and touch no
 * memory but their own: the sanitizers watch. Results mean nothing here. It
 * prints how often each status was answered.
 */
#include "exercise.h"
#include "link.h"

#include <stdio.h>

static uint64_t state;

static uint32_t pick(uint32_t n) /* xorshift */
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

static int depth, statuses[CP_FAILED + 1], noise;

/* Damages one message in four: a word, a bit, its length, or all of it. */
static uint32_t damage(unsigned char *frame, uint32_t length, int response)
{
	static const uint64_t words[] = {0, 1, 2, 7, 8, 255, 256, 65536, 65537, INT32_MAX, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};
	uint32_t n = length / 8, i, times;

	if (response && n > 0 && (uint32_t)cp_load(frame) <= CP_FAILED)
		statuses[(uint32_t)cp_load(frame)]++;
	if (pick(4) != 0 || n == 0)
		return length;
	for (times = 1 + pick(3); times > 0; times--) {
		i = pick(n);
		switch (pick(6)) {
		case 0: /* an interesting number */
			cp_store(frame + 8 * i, words[pick(sizeof words / sizeof *words)]);
			break;
		case 1: /* a small change */
			cp_store(frame + 8 * i, cp_load(frame + 8 * i) + pick(5) - 2);
			break;
		case 2: /* a bit */
			frame[8 * i + pick(8)] ^= (unsigned char)(1 << pick(8));
			break;
		case 3: /* another word of it */
			cp_store(frame + 8 * i, cp_load(frame + 8 * pick(n)));
			break;
		case 4: /* another length, which the head confirms or not */
			length = pick(4) == 0 ? pick(FRAME + 64) : 8 * pick(n + 4);
			if (pick(4) != 0)
				cp_store(frame, (uint32_t)cp_load(frame) | (uint64_t)length << 32);
			n = length / 8 > FRAME / 8 ? FRAME / 8 : length / 8;
			if (n == 0)
				return length;
			break;
		case 5: /* another function, or another status */
			cp_store(frame, (cp_load(frame) & ~(uint64_t)UINT32_MAX) | pick(150));
			break;
		}
	}
	return length;
}

/* ---- what the host offers ------------------------------------------------ */

static char session[8]; /* whose addresses are sessions */
static ex_task task;
static void *task_user;
static ex_tick tick;
static void *tick_user;
static ex_farewell farewell;

ex_session *ex_host_open(const char *name) { return name[0] ? (ex_session *)&session[pick(8)] : NULL; }
void ex_host_close(ex_session *s) { (void)s; }
ex_status ex_host_put(ex_session *s, const char *key, const double *values, uint32_t n)
{
	double sum = 0;
	uint32_t i;
	(void)s;
	for (i = 0; i < n; i++)
		sum += values[i];
	return (ex_status)strlen(key) + (sum > 0);
}
int32_t ex_host_get(ex_session *s, const char *key, double *values, int32_t room)
{
	(void)s;
	if (values != NULL && room > 0)
		values[room - 1] = (double)strlen(key);
	return (int32_t)pick(70) - 5;
}
int32_t ex_host_recurse(int32_t d)
{
	int32_t v;
	if (depth > 5)
		return 0;
	depth++;
	v = ex_recurse(d > 9 ? 9 : d);
	depth--;
	return v;
}
void ex_host_defer(ex_task t, void *user) { task = t, task_user = user; }
int32_t ex_host_visit(int32_t n, ex_item item, void *user)
{
	int32_t i, sum = 0;
	for (i = 0; i < n && i < 5; i++)
		sum ^= item(i, user);
	return sum;
}
ex_timer ex_host_timer(uint32_t ms, ex_tick t, void *user)
{
	tick = t, tick_user = user;
	return ms;
}
void ex_host_timer_stop(ex_timer t) { (void)t; }
void ex_host_at_end(ex_farewell f) { farewell = f; }
void ex_host_main(void) {}
const char *ex_host_language(void) { return pick(2) ? "en" : NULL; }
void ex_host_place(const struct ex_point *at, struct ex_shape *shape)
{
	uint32_t i;
	for (i = 0; i < shape->count && shape->weights != NULL; i++)
		shape->weights[i] += (float)at->x;
}

static int32_t visit(void *user, int32_t v) { return v == *(int32_t *)user; }
static int32_t compare(int32_t a, int32_t b) { return a < b ? -1 : a > b; }
static void listen(ex_instance *i, const char *event, void *user) { (void)i, *(int32_t *)user += (int32_t)strlen(event); }
static double curve(double x) { return x; }
static void done(int32_t r, void *user) { *(int32_t *)user ^= r; }
static void logger(const char *line) { noise += line[0] == 'x'; }
static int32_t add(const struct ex_services *s, int32_t a, int32_t b) { return a ^ b ^ (int32_t)s->version; }
static void note(const struct ex_services *s, const char *text) { noise += (int)strlen(text) + (s != NULL); }

/* ---- what the application does -------------------------------------------- */

static ex_instance *instance;
static ex_voice *voice;
static ex_note *notes[2];

static void objects(void)
{
	static const struct ex_services services = {1, add, note};
	const struct ex_unit *unit = ex_unit_get(pick(3));
	float samples[8] = {0};
	ex_voice *voices[4];
	uint8_t saved[32];

	switch (pick(16)) {
	case 0: ex_close(instance), instance = NULL, voice = NULL; break;
	case 1: ex_voice_free(voice), voice = NULL; break;
	case 2: ex_voices(instance, voices, 4); break;
	case 3: ex_pitch_sum(&voice, 1); break;
	case 4: ex_join(instance, (ex_session *)&session[pick(8)]); break;
	case 5: ex_session_of(instance); break;
	case 6: ex_use_services(&services); break;
	case 7: ex_save(instance, pick(2) ? saved : NULL, pick(33)); break;
	case 8: ex_restore(instance, saved, 0); break;
	case 9: ex_voice_owner(voice); break;
	case 10: ex_instance_name(instance); break;
	case 11: ex_connect(instance, (float *)(void *)lanes[CP_ANY].bulk), ex_connected(instance, 8); break;
	}
	if (unit == NULL || unit->start == NULL)
		return;
	if (unit->extra != NULL)
		unit->extra(unit, 1);
	notes[0] = unit->start(unit, 1);
	unit->run(notes[pick(2)], samples, pick(9));
	if (unit->reset != NULL)
		unit->reset(notes[pick(2)]);
	unit->stop(notes[0]);
	notes[1] = notes[0];
}

static void callbacks(void)
{
	static int32_t number = 3;
	int32_t v[4] = {4, 2, 3, 1};
	struct ex_handlers handlers = {visit, &number, 2};

	switch (pick(12)) {
	case 0: ex_each((int32_t)pick(6), visit, &number); break;
	case 1: ex_sort(v, 4, compare); break;
	case 2: ex_listen(instance, listen, &number); break;
	case 3: ex_emit(instance, "event"); break;
	case 4: ex_unlisten(instance); break;
	case 5: ex_set_curve(voice, curve), ex_apply_curve(voice, 1), ex_uncurve(voice); break;
	case 6: ex_later(1, done, &number); break;
	case 7: ex_poll(); break;
	case 8: ex_set_logger(logger), ex_log("xyz"), ex_set_logger(NULL); break;
	case 9: ex_handle_all(&handlers, 3); break;
	case 10: ex_set_curve(voice, curve); break;
	}
}

static void host(void)
{
	switch (pick(12)) {
	case 0: ex_recurse(3); break;
	case 1: ex_defer(1); break;
	case 2: if (task != NULL) task(task_user), task = NULL; break;
	case 3: ex_visit_host(3, 2); break;
	case 4: ex_start_timer(9, 1); break;
	case 5: if (tick != NULL) tick(9, tick_user); break;
	case 6: ex_stop_timer(9); break;
	case 7: ex_say_farewell(); break;
	case 8: if (farewell != NULL) farewell(); break;
	case 9: ex_store((ex_session *)&session[1], "key", 1, pick(30)); break;
	case 10: ex_stored((ex_session *)&session[1], "key"); break;
	case 11: ex_language(), ex_place(1, 2); break;
	}
}

static void values(void)
{
	struct ex_numbers numbers = {0};
	struct ex_packed68k packed = {0};
	struct ex_power power = {0};
	struct ex_point points[2] = {{0}};
	float weights[2] = {1, 2};
	struct ex_shape shape = {.count = 2, .weights = weights, .name = "name"};
	struct ex_sized sized = {sizeof sized, 1, 2};
	struct ex_extent extent = {2, 2};
	struct ex_variant variant = {EX_POINT, {.point = {1, 2, 3}}};
	const char *words[] = {"a", "bc"}, *word, *rest;
	static const unsigned char pascal[] = {2, 1, 2};
	int16_t grid[4] = {1, 2, 3, 4};
	uint16_t data[4] = {1, 2, 3, 4};
	uint8_t bytes[8];
	bool vowels[4];
	long reverse[4] = {1, 2, 3, 4};
	uint32_t primes[8], count;
	int32_t quotient, remainder;
	char text[16];

	switch (pick(26)) {
	case 0: ex_sum_integers(1, 2, 3, 4, 5, 6, 7, 8); break;
	case 1: ex_long(1, 2), ex_size(3), ex_mix(1, 2), ex_half(1); break;
	case 2: ex_not(true), ex_upper('c'), ex_type_of("TEXT"), ex_next_color(EX_RED), ex_toggle(1, 2); break;
	case 3: ex_greet(pick(2) ? "x" : NULL); break;
	case 4: free(ex_copy("copied")); break;
	case 5: ex_roman("abc", text, sizeof text), ex_pascal(pascal); break;
	case 6: ex_name(pick(2) ? text : NULL, sizeof text); break;
	case 7: ex_split("a b", &word, &rest); break;
	case 8: ex_echo_numbers(&numbers, &numbers), ex_echo_packed(&packed, &packed), ex_echo_power(&power, &power); break;
	case 9: ex_move(&points[0], &points[1], pick(2) ? &points[1] : NULL); break;
	case 10: ex_weigh(&shape); break;
	case 11: ex_unit_square(); break;
	case 12: ex_sized_sum(&sized), ex_sized_fill(&sized); break;
	case 13: ex_divide(7, 2, &quotient, &remainder); break;
	case 14: ex_total(weights, 1, 2); break;
	case 15: ex_grid(grid, &extent); break;
	case 16: ex_ramp(bytes, 8, pick(9)); break;
	case 17: ex_vowels("abcd", vowels); break;
	case 18: ex_reverse(reverse, 4); break;
	case 19: ex_primes(pick(2) ? primes : NULL, 8), ex_divisors(8, primes, 8, &count); break;
	case 20: ex_longest(words, 2); break;
	case 21: ex_middle(points, 2, &points[0]); break;
	case 22: ex_constants(&count); break;
	case 23: ex_value(&variant), ex_convert(&variant, 1 + (int32_t)pick(4), &variant); break;
	case 24: ex_any_value(EX_REAL, &variant.value), ex_since_11(1), ex_fail(1); break;
	case 25: ex_gain(weights, 2, 2), ex_checksum(data, 4); break;
	}
}

int main(int argc, char **argv)
{
	const struct cp_symbol *symbol;
	uint32_t rounds, i;
	uint32_t crossplug_bind(uint32_t id, void *address);

	if (argc != 3)
		return 2;
	state = strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252u;
	rounds = (uint32_t)strtoul(argv[2], NULL, 10);
	link_here(CP_VERSION(1, 2));
	for (symbol = crossplug_shim.symbols; symbol->name != NULL; symbol++)
		if (strstr(symbol->name, "ex_misbehave") != NULL)
			crossplug_bind(symbol->id, NULL); /* it crashes and hangs on request */
	link_tap = damage;
	for (i = 0; i < rounds; i++) {
		if (instance == NULL)
			instance = ex_open("fuzz");
		if (voice == NULL)
			voice = ex_voice_new(instance, 1);
		switch (pick(4)) {
		case 0: objects(); break;
		case 1: callbacks(); break;
		case 2: host(); break;
		case 3: values(); break;
		}
	}
	for (i = 0; i < CP_FAILED; i++)
		printf("%d ", statuses[i]);
	printf("\n");
	return 0;
}
