/*
 * driver.c - an application that uses the exercise plug-in through its shim,
 * and checks everything.
 *
 *     driver [LINK...]
 *
 * The arguments say where the dispatcher and the plug-in are: see link.h.
 */
#include "exercise.h"
#include "link.h"

#include <stdio.h>

static int failures;

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			failures++; \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
		} \
	} while (0)

/* Runs a statement that has to be refused, and checks how. */
#define REFUSED(statement, want, other) \
	do { \
		int before = failure.count; \
		statement; \
		if (failure.count == before || failure.status != (want) || failure.remote != (other)) { \
			failures++; \
			fprintf(stderr, "%s:%d: %s: status %u remote %d %s: %s\n", __FILE__, __LINE__, #statement, \
				failure.count == before ? 0 : failure.status, failure.remote, failure.function, failure.what); \
		} \
	} while (0)

static int same(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

/* ---- what the host offers ------------------------------------------------ */

struct ex_session {
	char name[32];
	double values[64];
	uint32_t count;
	int open;
};
static struct ex_session sessions[8];
static int session_count;

ex_session *ex_host_open(const char *name)
{
	ex_session *s = &sessions[session_count % 8];
	if (name[0] == 0)
		return NULL;
	session_count++;
	memset(s, 0, sizeof *s);
	strncpy(s->name, name, sizeof s->name - 1);
	s->open = 1;
	return s;
}

void ex_host_close(ex_session *session) { session->open = 0; }

ex_status ex_host_put(ex_session *session, const char *key, const double *values, uint32_t n)
{
	CHECK(session->open && key[0] != 0);
	if (n > 64)
		return 1;
	memcpy(session->values, values, n * sizeof *values);
	session->count = n;
	return 0;
}

int32_t ex_host_get(ex_session *session, const char *key, double *values, int32_t room)
{
	uint32_t i;
	if (same(key, "nothing"))
		return -1;
	for (i = 0; values != NULL && i < session->count && i < (uint32_t)room; i++)
		values[i] = session->values[i];
	return (int32_t)session->count;
}

static int deepest;
int32_t ex_host_recurse(int32_t depth)
{
	if (depth > deepest)
		deepest = depth;
	return depth <= 0 ? 0 : 1 + ex_recurse(depth - 1);
}

static ex_task task;
static void *task_user;
void ex_host_defer(ex_task t, void *user)
{
	task = t;
	task_user = user;
}

static ex_item late_item;
static void *late_user;
int32_t ex_host_visit(int32_t n, ex_item item, void *user)
{
	int32_t i, sum = 0;
	for (i = 0; i < n; i++)
		sum += item(i, user);
	late_item = item;
	late_user = user;
	return sum;
}

static ex_tick tick;
static void *tick_user;
static ex_timer stopped;
ex_timer ex_host_timer(uint32_t milliseconds, ex_tick t, void *user)
{
	tick = t;
	tick_user = user;
	return milliseconds + 1000;
}
void ex_host_timer_stop(ex_timer timer) { stopped = timer; }

static ex_farewell farewell;
void ex_host_at_end(ex_farewell f) { farewell = f; }
static int mains;
void ex_host_main(void) { mains++; }
const char *ex_host_language(void) { return "en"; }

void ex_host_place(const struct ex_point *at, struct ex_shape *shape)
{
	CHECK(at->tag == 7 && same(shape->name, "placed") && shape->count == 2 && shape->weights[1] == 2 && same(shape->label, "abc"));
	shape->corners[0] = *at;
	shape->corners[1] = *at;
}

/* ---- checks -------------------------------------------------------------- */

static void numbers(void)
{
	CHECK(ex_sum_integers(-1, 200, -300, 60000, -70000, 4000000000u, -5000000000, 6000000000u) == -1 + 200 - 300 + 60000 - 70000 + 4000000000 - 5000000000 + 6000000000);
	CHECK(ex_sum_integers(INT8_MIN, UINT8_MAX, INT16_MIN, UINT16_MAX, INT32_MIN, UINT32_MAX, INT64_MIN / 2, UINT64_C(1) << 62) == INT8_MIN + UINT8_MAX + INT16_MIN + UINT16_MAX + (int64_t)INT32_MIN + UINT32_MAX);
	CHECK(ex_long(-5, 7) == -12);
	CHECK(ex_size(41) == 42);
	CHECK(ex_mix(0.5f, 1e300) == 0.5 + 1e300);
	CHECK(ex_half(3.0f) == 1.5f);
	CHECK(ex_not(true) == false && ex_not(false) == true);
	CHECK(ex_upper('x') == 'X' && ex_upper((char)0xe9) == (char)0xe9);
	CHECK(ex_type_of("TEXT") == 0x54455854);
	CHECK(ex_next_color(EX_RED) == EX_GREEN && ex_next_color(EX_GREEN) == EX_BLUE && ex_next_color(EX_BLUE) == EX_RED);
	CHECK(ex_toggle(EX_LOUD | EX_LATE, EX_LOUD | EX_FAST) == (EX_FAST | EX_LATE));
}

static void strings(void)
{
	char buffer[16], small[4];
	char *copy;
	const char *word, *rest;
	static const unsigned char pascal[] = {3, 10, 200, 30};
	static char huge[70000];

	CHECK(same(ex_greet("world"), "hello, world"));
	CHECK(ex_greet(NULL) == NULL);
	CHECK(same(ex_greet(""), "hello, "));
	copy = ex_copy("to be freed");
	CHECK(same(copy, "to be freed"));
	free(copy);
	CHECK(ex_roman("gr\x9f""n", buffer, sizeof buffer) == 4 && same(buffer, "GR\x86N"));
	CHECK(ex_roman("gr\x9f""n", small, sizeof small) == 4 && same(small, "GR\x86"));
	CHECK(ex_pascal(pascal) == 240);
	CHECK(ex_name(NULL, 0) == 8);
	CHECK(ex_name(buffer, sizeof buffer) == 8 && same(buffer, "exercise"));
	CHECK(ex_name(small, sizeof small) == 8 && same(small, "exe"));
	ex_split("one two three", &word, &rest);
	CHECK(same(word, "one") && same(rest, "two three"));
	ex_split("one", &word, &rest);
	CHECK(same(word, "one") && rest == NULL);
	memset(huge, 'x', sizeof huge - 1);
	REFUSED(ex_copy(huge), CP_TOO_LONG, 0);
	REFUSED(ex_copy(NULL), CP_MALFORMED, 1);
}

static void structs(void)
{
	struct ex_numbers n = {-8, UINT64_MAX - 1, -16, 1.0 / 3, 8, -32, true, 16, 0.1f, 32, 'z', INT64_MIN, -99, 7, 123456, EX_BLUE, 0x54455854}, m;
	struct ex_packed68k p = {-1, 0x12345678, 200, -2.5, {3, 4, 5}, {-1, 0, 1}}, q;
	struct ex_power w = {1.5, -7, 2.5}, v;
	struct ex_point at = {1, 10, 20}, by = {0, 1, 2}, old = {0, 0, 0};
	float weights[] = {0.5f, 0.25f};
	struct ex_shape shape = {{{0, 1, 2}, {0, 3, 4}}, "abc", "name", 2, weights, {1, 1, 1, 1, 1, 1}, 100};
	const struct ex_shape *square;
	struct ex_sized sized = {sizeof sized, 5, 6}, part = {8, 5, 6}, filled = {8, 0, 77};
	int32_t quotient = 0, remainder = 0;
	int64_t twice = INT64_C(1) << 40;

	memset(&m, 0x55, sizeof m);
	ex_echo_numbers(&n, &m);
	CHECK(m.i8 == n.i8 && m.u64 == n.u64 && m.i16 == n.i16 && m.f64 == n.f64 && m.u8 == n.u8 && m.i32 == n.i32 && m.truth == n.truth && m.u16 == n.u16);
	CHECK(m.f32 == n.f32 && m.u32 == n.u32 && m.letter == n.letter && m.i64 == n.i64 && m.wide == n.wide && m.pad == n.pad && m.size == n.size && m.color == n.color && m.type == n.type);
	memset(&q, 0x55, sizeof q);
	ex_echo_packed(&p, &q);
	CHECK(q.a == p.a && q.b == p.b && q.c == p.c && q.d == p.d && q.point.tag == 3 && q.point.x == 4 && q.point.y == 5 && q.e[0] == -1 && q.e[1] == 0 && q.e[2] == 1);
	ex_echo_power(&w, &v);
	CHECK(v.first == 1.5 && v.a == -7 && v.second == 2.5);
	CHECK(ex_move(&at, &by, &old) == 0 && at.x == 11 && at.y == 22 && at.tag == 1 && old.x == 10 && old.y == 20);
	CHECK(ex_move(&at, &by, NULL) == 0 && at.x == 12);
	by.tag = 9;
	CHECK(ex_move(&at, &by, NULL) == 9);
	CHECK(ex_weigh(&shape) == 10 + 0.75 + 6 + 4 + 3 + 100);
	shape.name = NULL;
	CHECK(ex_weigh(&shape) == 10 + 0.75 + 6 + 3 + 100);
	shape.count = 0;
	CHECK(ex_weigh(&shape) == 10 + 6 + 3 + 100);
	square = ex_unit_square();
	CHECK(square != NULL && square->corners[1].y == 1 && memcmp(square->label, "8letters", 8) == 0 && same(square->name, "unit square") && square->count == 3 && square->weights[2] == 0.125f);
	CHECK(square->raw[5] == 6 && square->flags == (EX_LOUD | EX_LATE));
	CHECK(ex_sized_sum(&sized) == 11);
	CHECK(ex_sized_sum(&part) == 5);
	ex_sized_fill(&filled);
	CHECK(filled.size == 8 && filled.first == 1 && filled.second == 77);
	filled.size = sizeof filled;
	ex_sized_fill(&filled);
	CHECK(filled.first == 1 && filled.second == 2 && filled.size == sizeof filled);
	ex_divide(17, 5, &quotient, &remainder);
	CHECK(quotient == 3 && remainder == 2);
	ex_divide(17, 4, &quotient, NULL);
	CHECK(quotient == 4 && remainder == 2);
	ex_double_it(&twice);
	CHECK(twice == INT64_C(1) << 41);
	REFUSED(ex_divide(1, 1, NULL, NULL), CP_MALFORMED, 1);
	REFUSED(ex_weigh(NULL), CP_MALFORMED, 1);
}

static void arrays(void)
{
	static float many[2000];
	float v[6] = {1, 2, 3, 4, 5, 6};
	int16_t grid[4] = {-1, 2, -3, 40};
	struct ex_extent extent = {2, 2};
	uint8_t ramp[6] = {9, 9, 9, 9, 9, 9};
	bool vowel[5];
	long reverse[3] = {1, -2, 3};
	uint32_t primes[30], divisors[4], count = 99;
	const char *words[] = {"a", "longest", "bc"};
	struct ex_point points[2] = {{1, 0, 2}, {2, 4, 4}}, middle;
	const double *constants;

	CHECK(ex_total(v, 2, 3) == 21 && ex_total(v, 0, 3) == 0);
	REFUSED(ex_total(many, 40, 50), CP_TOO_LONG, 0);
	REFUSED(ex_total(many, 0xffffffff, 0xffffffff), CP_TOO_LONG, 0);
	CHECK(ex_grid(grid, &extent) == 38);
	REFUSED(ex_grid(grid, NULL), CP_MALFORMED, 0);
	ex_ramp(ramp, 6, 3);
	CHECK(ramp[0] == 0 && ramp[1] == 1 && ramp[2] == 2 && ramp[3] == 9);
	ex_vowels("hello", vowel);
	CHECK(!vowel[0] && vowel[1] && !vowel[2] && !vowel[3] && vowel[4]);
	ex_reverse(reverse, 3);
	CHECK(reverse[0] == 3 && reverse[1] == -2 && reverse[2] == 1);
	CHECK(ex_primes(NULL, 0) == 25);
	memset(primes, 0, sizeof primes);
	CHECK(ex_primes(primes, 3) == 25 && primes[2] == 5 && primes[3] == 0);
	CHECK(ex_primes(primes, 30) == 25 && primes[24] == 97 && primes[25] == 0);
	REFUSED(CHECK(ex_primes(primes, -1) == 0), CP_TOO_LONG, 0);
	CHECK(ex_divisors(6, divisors, 4, &count) == 0 && count == 4 && divisors[3] == 6);
	CHECK(ex_divisors(12, divisors, 4, &count) == 1);
	CHECK(ex_longest(words, 3) == 1);
	ex_middle(points, 2, &middle);
	CHECK(middle.tag == 2 && middle.x == 2 && middle.y == 3);
	constants = ex_constants(&count);
	CHECK(count == 3 && constants != NULL && constants[0] == 3.25 && constants[2] == -1);
}

static void unions(void)
{
	struct ex_variant v = {EX_INTEGER, {.integer = -5}}, to;

	CHECK(ex_value(&v) == -5);
	CHECK(ex_convert(&v, EX_REAL, &to) == 0 && to.kind == EX_REAL && to.value.real == -5);
	CHECK(ex_convert(&to, EX_POINT, &to) == 0 && to.kind == EX_POINT && to.value.point.x == -5 && to.value.point.tag == 3);
	CHECK(ex_convert(&v, EX_TEXT, &to) == 0 && memcmp(to.value.text, "xxxxxxxx", 8) == 0);
	CHECK(ex_convert(&v, 42, &to) == 1 && to.kind == EX_INTEGER);
	CHECK(ex_any_value(EX_POINT, &(union ex_any){.point = {0, 2, 3}}) == 5);
	v.kind = 42;
	REFUSED(ex_value(&v), CP_BAD_UNION, 0);
	v.kind = EX_INTEGER;
	ex_misbehave(EX_BAD_UNION);
	REFUSED(ex_convert(&v, EX_REAL, &to), CP_BAD_UNION, 1);
}

static void handles(void)
{
	ex_instance *a = ex_open("a"), *b = ex_open("b"), *many[200];
	ex_voice *v = ex_voice_new(a, 60), *w = ex_voice_new(a, 64), *of_b = ex_voice_new(b, 1), *list[4];
	ex_session *session = &sessions[7];
	int i;

	session->open = 1;
	CHECK(a != NULL && b != NULL && a != b && ex_open("") == NULL);
	CHECK(same(ex_instance_name(a), "a") && same(ex_instance_name(b), "b"));
	CHECK(ex_voice_owner(v) == a && ex_voice_pitch(w) == 64);
	CHECK(ex_voices(a, NULL, 0) == 2);
	CHECK(ex_voices(a, list, 4) == 2 && list[0] == v && list[1] == w);
	CHECK(ex_pitch_sum(list, 2) == 124);
	CHECK(ex_join(a, session) == 0 && ex_session_of(a) == session && ex_session_of(b) == NULL);
	CHECK(ex_join(a, NULL) == 0 && ex_session_of(a) == NULL);
	ex_voice_free(v);
	REFUSED(ex_voice_pitch(v), CP_STALE, 1);
	REFUSED(ex_voice_free(v), CP_STALE, 1);
	REFUSED(ex_voice_pitch((ex_voice *)a), CP_STALE, 1); /* of another kind */
	REFUSED(ex_voice_pitch((ex_voice *)(uintptr_t)0x12345), CP_STALE, 1);
	REFUSED(ex_voice_pitch((ex_voice *)&i), sizeof(void *) > 4 ? CP_STALE : CP_STALE, sizeof(void *) > 4 ? 0 : 1);
	REFUSED(ex_voice_pitch(NULL), CP_MALFORMED, 1);
	ex_close(a);
	REFUSED(ex_voice_pitch(w), CP_STALE, 1); /* it ended with a */
	REFUSED(ex_instance_name(a), CP_STALE, 1);
	CHECK(ex_voice_pitch(of_b) == 1);
	for (i = 0; i < 200; i++)
		many[i] = ex_open("many");
	for (i = 0; i < 200; i++) {
		CHECK(same(ex_instance_name(many[i]), "many"));
		ex_close(many[i]);
	}
	REFUSED(ex_instance_name(many[199]), CP_STALE, 1);
	a = ex_open("again"); /* takes the place of one that is gone */
	REFUSED(ex_instance_name(many[199]), CP_STALE, 1);
	CHECK(same(ex_instance_name(a), "again"));
	ex_close(a);
	ex_close(b);
}

static int32_t add(const struct ex_services *s, int32_t x, int32_t y) { return x + y + (int32_t)(s->version * 100); }
static char noted[32];
static void note(const struct ex_services *s, const char *text)
{
	(void)s;
	strncpy(noted, text, sizeof noted - 1);
}

static void tables(void)
{
	static const struct ex_services services = {3, add, note}, quiet = {4, add, NULL};
	const struct ex_unit *counter = ex_unit_get(0), *adder = ex_unit_get(1);
	ex_note *c, *a;
	float samples[4] = {1, 1, 1, 1};

	CHECK(counter != NULL && adder != NULL && ex_unit_get(2) == NULL && ex_unit_get(0) == counter);
	CHECK(counter->id == 1 && same(counter->name, "counter") && counter->port_count == 2 && counter->own == NULL);
	CHECK(same(counter->ports[0].name, "gain") && counter->ports[1].most == 1e300 && adder->ports == NULL);
	CHECK(counter->reset != NULL && adder->reset == NULL && counter->extra != NULL && adder->extra == NULL);
	CHECK(counter->extra(counter, 5) == 6);
	c = counter->start(counter, 2);
	a = adder->start(adder, 1);
	CHECK(counter->run(c, samples, 4) == 4 && samples[0] == 0 && samples[3] == 1.5f);
	CHECK(adder->run(a, samples, 4) == 4 && samples[0] == 20 && samples[3] == 21.5f);
	CHECK(counter->run(c, samples, 1) == 1 && samples[0] == 2);
	counter->reset(c);
	CHECK(counter->run(c, samples, 1) == 1 && samples[0] == 0);
	REFUSED(counter->reset(a), CP_UNKNOWN, 1); /* the adder has none */
	counter->stop(c);
	REFUSED(counter->run(c, samples, 1), CP_STALE, 1);
	adder->stop(a);
	REFUSED(counter->start((const struct ex_unit *)&samples, 1), CP_STALE, 1);
	CHECK(ex_use_services(&services) == 304 && same(noted, "added"));
	noted[0] = 0;
	CHECK(ex_use_services(&quiet) == 405 && noted[0] == 0);
}

static int visits;
static int32_t visit(void *user, int32_t value)
{
	visits++;
	return value == *(int *)user ? 1000 + value : 0;
}
static int32_t descending(int32_t a, int32_t b)
{
	visits++;
	return b - a;
}
static char heard[64];
static ex_instance *heard_of;
static void listen(ex_instance *instance, const char *event, void *user)
{
	heard_of = instance;
	snprintf(heard, sizeof heard, "%s:%s", (char *)user, event);
}
static double square(double x) { return x * x; }
static double cube(double x) { return x * x * x; }
static int32_t done_sum;
static void done(int32_t result, void *user) { done_sum += result * *(int32_t *)user; }
static char logged[64];
static void logger(const char *line) { snprintf(logged, sizeof logged, "%s", line); }
static int32_t scaled(void *user, int32_t value) { return value + *(int *)user; }

static void callbacks(void)
{
	int stop = 3, i;
	int32_t v[5] = {3, 1, 4, 1, 5}, weight = 10;
	ex_instance *a = ex_open("a");
	ex_voice *voice = ex_voice_new(a, 1);
	struct ex_handlers handlers = {scaled, &stop, 2};

	CHECK(ex_each(10, visit, &stop) == 1003 && visits == 4);
	REFUSED(ex_misbehave(EX_CALL_AFTER_CALL), CP_RELEASED, 0);
	CHECK(visits == 4);
	REFUSED(ex_each(1, NULL, NULL), CP_MALFORMED, 1);
	ex_sort(v, 5, descending);
	CHECK(v[0] == 5 && v[1] == 4 && v[2] == 3 && v[3] == 1 && v[4] == 1);

	CHECK(ex_emit(a, "x") == 0 && ex_listen(a, listen, "user") == 0 && ex_emit(a, "event") == 1);
	CHECK(same(heard, "user:event") && heard_of == a);
	ex_unlisten(a);
	heard[0] = 0;
	REFUSED(ex_misbehave(EX_CALL_AFTER_RELEASE), CP_RELEASED, 0);
	CHECK(heard[0] == 0);
	for (i = 0; i < 4; i++)
		CHECK(ex_listen(a, listen, "user") == 0);
	CHECK(ex_listen(a, listen, "user") == 1); /* the plug-in has room for four */

	CHECK(ex_set_curve(voice, square) == 0 && ex_apply_curve(voice, 3) == 9);
	ex_uncurve(voice);
	REFUSED(ex_misbehave(EX_CALL_TRAMPOLINE_AFTER), CP_RELEASED, 1);
	for (i = 0; i < 100; i++) { /* trampolines are recycled */
		CHECK(ex_set_curve(voice, i % 2 ? square : cube) == 0 && ex_apply_curve(voice, 2) == (i % 2 ? 4 : 8));
		ex_uncurve(voice);
	}
	for (i = 0; i < 32; i++)
		CHECK(ex_set_curve(voice, square) == 0);
	REFUSED(CHECK(ex_set_curve(voice, square) == -1), CP_NO_ROOM, 1);
	ex_voice_free(voice); /* which releases them */
	voice = ex_voice_new(a, 1);
	for (i = 0; i < 32; i++)
		CHECK(ex_set_curve(voice, cube) == 0);
	CHECK(ex_apply_curve(voice, 2) == 8);
	ex_close(a); /* and this does, by way of the voice */
	a = ex_open("a");
	voice = ex_voice_new(a, 1);
	CHECK(ex_set_curve(voice, square) == 0 && ex_apply_curve(voice, 2) == 4);
	ex_close(a);

	ex_later(7, done, &weight);
	ex_later(8, done, &weight);
	CHECK(done_sum == 0 && ex_poll() == 2 && done_sum == 150);
	REFUSED(ex_misbehave(EX_CALL_TWICE), CP_RELEASED, 0);
	CHECK(done_sum == 150);
	ex_set_logger(logger);
	ex_log("line");
	CHECK(same(logged, "line"));
	ex_set_logger(NULL);
	ex_log("other");
	CHECK(same(logged, "line"));
	CHECK(ex_handle_all(&handlers, 3) == 2 * (3 + 4 + 5));
}

static void host(void)
{
	ex_session *session = ex_host_open("driver's");
	ex_timer timer;

	CHECK(ex_recurse(7) == 7 && deepest == 6);
	ex_defer(5);
	CHECK(task != NULL && ex_deferred() == 0);
	task(task_user);
	CHECK(ex_deferred() == 5);
	REFUSED(task(task_user), CP_RELEASED, 1);
	CHECK(ex_visit_host(4, 10) == 60);
	REFUSED(late_item(1, late_user), CP_RELEASED, 1);
	timer = ex_start_timer(20, 3);
	CHECK(timer == 1020 && tick(timer, tick_user) == 3 && tick(timer, tick_user) == 6 && ex_ticks() == 6);
	ex_stop_timer(timer);
	CHECK(stopped == timer);
	REFUSED(tick(timer, tick_user), CP_RELEASED, 1);
	CHECK(ex_say_farewell() == 0 && farewell != NULL && ex_farewells() == 0);
	farewell();
	farewell();
	CHECK(ex_farewells() == 2);
	CHECK(ex_store(session, "key", 1, 3) == 0 && session->count == 3 && session->values[2] == 3);
	CHECK(ex_stored(session, "key") == 6 && ex_stored(session, "nothing") == -1);
	CHECK(same(ex_language(), "en"));
	CHECK(ex_place(1, 2) == 3);
	CHECK(ex_store(session, "key", 1, 100) == 1);
	REFUSED(CHECK(ex_store(session, "key", 1, 2000) == -1), CP_TOO_LONG, 1); /* reported: the plug-in's own fault */
	REFUSED(CHECK(ex_misbehave(EX_USE_CLOSED_SESSION) == -1), CP_STALE, 0);
	REFUSED(CHECK(ex_misbehave(EX_USE_WRONG_SESSION) == -1), CP_STALE, 0);
	REFUSED(CHECK(ex_misbehave(EX_TOO_LONG) == -1), CP_TOO_LONG, 1);
	REFUSED(CHECK(ex_misbehave(EX_CALL_LEGACY) == 0), CP_UNKNOWN, 1);
	if (link_serves_threads) {
		REFUSED(ex_misbehave(EX_MAIN_FROM_THREAD), CP_WRONG_THREAD, 1);
		CHECK(mains == 0 && ex_misbehave(EX_ANY_FROM_THREAD) == 100);
	}
}

/* The main thread's function, from within a call on a thread of another class. */
static int32_t call_main(void *user, int32_t value)
{
	(void)value;
	*(int32_t *)user = ex_main_only();
	return 1;
}

/* Memory that stays connected has to be shared, and is in the plug-in's byte order. */
static void connect_memory(ex_instance *a)
{
	float *kept = (float *)(void *)(lanes[CP_ANY].bulk + 4096), own[2] = {1, 2};
	uint32_t i;

	CHECK(ex_connected(a, 2) == 0);
	ex_connect(a, kept);
	for (i = 0; i < 2; i++) {
		uint32_t bits;
		float v = (float)i + 1.5f;
		memcpy(&bits, &v, 4);
		bits = crossplug_shim.link->swap ? __builtin_bswap32(bits) : bits;
		memcpy(kept + i, &bits, 4);
	}
	CHECK(ex_connected(a, 2) == 4);
	REFUSED(ex_connect(a, own), CP_MALFORMED, 0);
	REFUSED(ex_connect(a, NULL), CP_MALFORMED, 1);
	CHECK(ex_connected(a, 2) == 4);
}

static void others(void)
{
	ex_instance *a = ex_open("a");
	float in[3] = {1, 2, 3}, out[3] = {0, 0, 0};
	uint16_t data[3] = {1, 0x102, 3};
	uint32_t divisors[2], count;
	uint8_t state[64], back[64];
	int32_t result = 0;
	uint32_t i;

	CHECK(ex_fail(5) == -5 && ex_fail(0) == 0);
	ex_render(a, in, out, 3);
	CHECK(out[0] == 2 && out[2] == 6);
	CHECK(ex_main_only() == 1);
	REFUSED(ex_each(1, call_main, &result), CP_WRONG_THREAD, 0);
	CHECK(result == 0);
	lanes[CP_ANY].class = CP_MAIN; /* this side's mistake, which the other finds */
	lanes[CP_MAIN].frame = lanes[CP_ANY].frame;
	REFUSED(ex_main_only(), CP_WRONG_THREAD, 1);
	lanes[CP_ANY].class = CP_ANY;
	lanes[CP_MAIN].frame += FRAME + BULK;
	CHECK(ex_since_11(1) == 12);
	REFUSED(ex_until_11(1), CP_UNKNOWN, 0);
	ex_gain(in, 3, 2);
	CHECK(in[0] == 2 && in[2] == 6);
	ex_gain(in, 0, 2);
	CHECK(ex_checksum(data, 3) == 1 + 0x102 + 3);
	connect_memory(a);
	for (i = 0; i < 40; i++)
		state[i] = (uint8_t)(i * 3);
	CHECK(ex_restore(a, state, 40) == 0 && ex_save(a, NULL, 0) == 40 && ex_save(a, back, 64) == 40 && memcmp(state, back, 40) == 0);
	memset(back, 0, sizeof back);
	CHECK(ex_save(a, back, 10) == 40 && back[9] == 27 && back[10] == 0);
	ex_misbehave(EX_BAD_COUNT);
	REFUSED(ex_divisors(2, divisors, 2, &count), CP_TOO_LONG, 1);
	ex_close(a);
}

/* An older dispatcher. */
static void old_version(void)
{
	const struct ex_unit *counter = ex_unit_get(0);
	struct ex_sized sized = {sizeof sized, 5, 6};

	CHECK(ex_until_11(20) == 9);
	REFUSED(ex_since_11(1), CP_UNKNOWN, 0);
	CHECK(ex_sized_sum(&sized) == 5);
	CHECK(counter != NULL && counter->extra == NULL && counter->run != NULL);
}

int main(int argc, char **argv)
{
	link_start(argv + 1);
	if (argc > 1 && strcmp(argv[1], "1.0") == 0) {
		old_version();
	} else {
		numbers();
		strings();
		structs();
		arrays();
		unions();
		handles();
		tables();
		callbacks();
		host();
		others();
	}
	link_end();
	return failures > 0;
}
