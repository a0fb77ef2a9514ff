/*
 * exercise.h - an API that has every construct once.
 *
 * It does nothing useful: it exists so that what crossplug generates from a
 * definition (exercise.xml) can be tried on every architecture. plugin/ has
 * the plug-in's side.
 */
#ifndef EXERCISE_H
#define EXERCISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EX_LABEL 8
#define EX_MOST_NOTES 64
#define EX_MOST_VISITS 1000

/* ---- numbers ------------------------------------------------------------ */

typedef enum { EX_RED = 0, EX_GREEN = 1, EX_BLUE = 7 } ex_color;
typedef uint32_t ex_flags;
#define EX_LOUD 1u
#define EX_FAST 2u
#define EX_LATE 0x80000000u
typedef int32_t ex_status; /* 0 or what is wrong */
typedef uint32_t ex_type;  /* 'TEXT': the first letter is the highest byte */

int64_t ex_sum_integers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h);
long ex_long(long a, unsigned long b); /* a - b */
size_t ex_size(size_t n);              /* n + 1 */
double ex_mix(float a, double b);      /* a + b */
float ex_half(float v);
bool ex_not(bool v);
char ex_upper(char c);
ex_type ex_type_of(const char *text); /* of its first four letters */
ex_color ex_next_color(ex_color c);   /* red, green, blue, red */
ex_flags ex_toggle(ex_flags flags, ex_flags which);

/* ---- strings ------------------------------------------------------------ */

const char *ex_greet(const char *name);                                 /* "hello, NAME", the plug-in's own; null greets nobody */
char *ex_copy(const char *text);                                        /* to be freed */
uint32_t ex_roman(const char *text, char *upper, size_t room);          /* Mac Roman: the number of its letters, and it in capitals */
uint32_t ex_pascal(const unsigned char *text);                          /* sum of the bytes of a pascal-string */
size_t ex_name(char *text, size_t room);                                /* the length of the plug-in's name; null asks for the length alone */
void ex_split(const char *text, const char **word, const char **rest); /* the first word, and what follows or null */

/* ---- structs ------------------------------------------------------------ */

struct ex_numbers { /* the C compiler's own layout */
	int8_t i8;
	uint64_t u64;
	int16_t i16;
	double f64;
	uint8_t u8;
	int32_t i32;
	bool truth;
	uint16_t u16;
	float f32;
	uint32_t u32;
	char letter;
	int64_t i64;
	long wide;
	uint8_t pad;
	size_t size;
	ex_color color;
	ex_type type;
};

struct ex_point {
	int16_t tag;
	double x, y;
};

#pragma pack(push, 2)
struct ex_packed68k { /* nothing on odd addresses, and no more */
	int8_t a;
	int32_t b;
	uint8_t c;
	double d;
	struct ex_point point;
	int16_t e[3];
};
#pragma pack(pop)

#pragma pack(push, 4)
struct ex_power { /* as compilers for the Power Macintosh do: doubles on 4, but 8 if they come first */
	double first;
	int32_t a;
	double second;
} __attribute__((aligned(8)));
#pragma pack(pop)

struct ex_shape {
	struct ex_point corners[2];
	char label[EX_LABEL];
	const char *name; /* may be null */
	uint32_t count;
	float *weights; /* count of them */
	uint8_t raw[6]; /* bytes that nobody swaps */
	ex_flags flags;
};

struct ex_sized { /* grows: size says how much of it there is */
	uint32_t size;
	int32_t first;
	int32_t second; /* since 1.1 */
};

struct ex_extent {
	uint32_t rows, columns;
};

void ex_echo_numbers(const struct ex_numbers *in, struct ex_numbers *out);
void ex_echo_packed(const struct ex_packed68k *in, struct ex_packed68k *out);
void ex_echo_power(const struct ex_power *in, struct ex_power *out);
ex_status ex_move(struct ex_point *point, const struct ex_point *by, struct ex_point *old); /* old may be null */
double ex_weigh(const struct ex_shape *shape);                                              /* sum of weights and corners */
const struct ex_shape *ex_unit_square(void);
int32_t ex_sized_sum(const struct ex_sized *s);    /* of what is there */
void ex_sized_fill(struct ex_sized *s);            /* 1, 2: what there is room for */
void ex_divide(int32_t a, int32_t b, int32_t *quotient, int32_t *remainder); /* remainder may be null */
void ex_double_it(int64_t *v);

/* ---- arrays ------------------------------------------------------------- */

double ex_total(const float *v, uint32_t rows, uint32_t columns);
int64_t ex_grid(const int16_t *v, const struct ex_extent *extent);
void ex_ramp(uint8_t *v, uint32_t n, uint32_t limit); /* the smaller of the two is how many are written */
void ex_vowels(const char *text, bool *vowel);        /* one for each byte of text */
void ex_reverse(long *v, size_t n);
int32_t ex_primes(uint32_t *v, int32_t room); /* how many there are below 100; null asks for the number alone */
ex_status ex_divisors(uint32_t of, uint32_t *v, uint32_t room, uint32_t *count);
uint32_t ex_longest(const char *const *words, uint32_t n); /* index of the longest */
void ex_middle(const struct ex_point *points, uint32_t n, struct ex_point *middle);
const double *ex_constants(uint32_t *n);

/* ---- unions ------------------------------------------------------------- */

enum { EX_INTEGER = 1, EX_REAL = 2, EX_POINT = 3, EX_TEXT = 4 };
union ex_any {
	int64_t integer;
	double real;
	struct ex_point point;
	char text[EX_LABEL];
};
struct ex_variant {
	int32_t kind;
	union ex_any value;
};

double ex_value(const struct ex_variant *v);
ex_status ex_convert(const struct ex_variant *from, int32_t kind, struct ex_variant *to);
double ex_any_value(int32_t kind, const union ex_any *v);

/* ---- handles ------------------------------------------------------------ */

typedef struct ex_instance ex_instance; /* the plug-in's */
typedef struct ex_voice ex_voice;       /* the plug-in's, part of an instance */
typedef struct ex_session ex_session;   /* the host's */
typedef uint32_t ex_timer;              /* the host's, a number */

ex_instance *ex_open(const char *name); /* null if the name is empty */
void ex_close(ex_instance *instance);
const char *ex_instance_name(ex_instance *instance);
ex_voice *ex_voice_new(ex_instance *instance, int32_t pitch);
void ex_voice_free(ex_voice *voice);
int32_t ex_voice_pitch(ex_voice *voice);
ex_instance *ex_voice_owner(ex_voice *voice);
uint32_t ex_voices(ex_instance *instance, ex_voice **voices, uint32_t room); /* how many there are */
int32_t ex_pitch_sum(ex_voice *const *voices, uint32_t n);
ex_status ex_join(ex_instance *instance, ex_session *session); /* null leaves */
ex_session *ex_session_of(ex_instance *instance);

/* ---- a table of functions ----------------------------------------------- */

typedef struct ex_note ex_note; /* made by a unit */

struct ex_port {
	const char *name;
	double least, most;
};

struct ex_unit { /* the plug-in's */
	uint32_t id;
	const char *name;
	uint32_t port_count;
	const struct ex_port *ports;
	void *own;
	ex_note *(*start)(const struct ex_unit *unit, double rate);
	uint32_t (*run)(ex_note *note, float *samples, uint32_t n);
	void (*reset)(ex_note *note); /* may be null */
	void (*stop)(ex_note *note);
	int32_t (*extra)(const struct ex_unit *unit, int32_t v); /* since 1.2 */
};

const struct ex_unit *ex_unit_get(uint32_t index); /* null beyond the last */

struct ex_services { /* the host's */
	uint32_t version;
	int32_t (*add)(const struct ex_services *services, int32_t a, int32_t b);
	void (*note)(const struct ex_services *services, const char *text); /* may be null */
};

ex_status ex_use_services(const struct ex_services *services); /* adds 1 to the version with them, and notes it */

/* ---- callbacks that the host gives -------------------------------------- */

typedef int32_t (*ex_visit)(void *user, int32_t value);                      /* during the call */
typedef int32_t (*ex_compare)(int32_t a, int32_t b);                         /* during the call; without user data */
typedef void (*ex_listener)(ex_instance *instance, const char *event, void *user); /* until ex_unlisten */
typedef double (*ex_curve)(double x);                                        /* until ex_uncurve; without user data */
typedef void (*ex_done)(int32_t result, void *user);                         /* once */
typedef void (*ex_logger)(const char *line);                                 /* for ever */

int32_t ex_each(int32_t n, ex_visit visit, void *user); /* visits 0 to n-1 until one is not 0, which is returned */
void ex_sort(int32_t *v, uint32_t n, ex_compare compare);
ex_status ex_listen(ex_instance *instance, ex_listener listener, void *user);
void ex_unlisten(ex_instance *instance);
uint32_t ex_emit(ex_instance *instance, const char *event); /* how many listened */
ex_status ex_set_curve(ex_voice *voice, ex_curve curve);
void ex_uncurve(ex_voice *voice);
double ex_apply_curve(ex_voice *voice, double x);
void ex_later(int32_t result, ex_done done, void *user);
uint32_t ex_poll(void); /* finishes what was put off; how many */
void ex_set_logger(ex_logger logger);
void ex_log(const char *line);

struct ex_handlers { /* callbacks in a struct */
	ex_visit visit;
	void *user;
	int32_t scale;
};
int32_t ex_handle_all(const struct ex_handlers *handlers, int32_t n); /* sum of visit(i) * scale */

/* ---- what the host offers ----------------------------------------------- */

typedef void (*ex_task)(void *user);                        /* once */
typedef int32_t (*ex_item)(int32_t index, void *user);      /* during the call */
typedef int32_t (*ex_tick)(ex_timer timer, void *user);     /* until ex_host_timer_stop */
typedef void (*ex_farewell)(void);                          /* for ever; without user data */

ex_session *ex_host_open(const char *name);
void ex_host_close(ex_session *session);
ex_status ex_host_put(ex_session *session, const char *key, const double *values, uint32_t n);
int32_t ex_host_get(ex_session *session, const char *key, double *values, int32_t room); /* how many there are; negative: none */
int32_t ex_host_recurse(int32_t depth);                                                  /* calls ex_recurse */
void ex_host_defer(ex_task task, void *user);
int32_t ex_host_visit(int32_t n, ex_item item, void *user); /* sum of item(i) */
ex_timer ex_host_timer(uint32_t milliseconds, ex_tick tick, void *user);
void ex_host_timer_stop(ex_timer timer);
void ex_host_at_end(ex_farewell farewell);
void ex_host_main(void);                                     /* on the main thread */
const char *ex_host_language(void);
void ex_host_place(const struct ex_point *at, struct ex_shape *shape); /* shape in and out */
int32_t ex_legacy(int32_t v);                                /* that no host provides any more */

/* What a plug-in does with the host's offers when it is told so. */
int32_t ex_recurse(int32_t depth); /* 0 at 0, else 1 + ex_host_recurse(depth - 1) */
void ex_defer(int32_t v);          /* by ex_host_defer; ex_deferred returns the sum */
int32_t ex_deferred(void);
int32_t ex_visit_host(int32_t n, int32_t factor); /* ex_host_visit of i * factor */
ex_timer ex_start_timer(uint32_t milliseconds, int32_t step);
void ex_stop_timer(ex_timer timer);
int32_t ex_ticks(void); /* sum of the steps */
int32_t ex_say_farewell(void);
int32_t ex_farewells(void);
ex_status ex_store(ex_session *session, const char *key, double first, uint32_t n); /* first, first+1 ... */
double ex_stored(ex_session *session, const char *key);                              /* sum */
const char *ex_language(void);
double ex_place(double x, double y);

/* ---- errors, threads, versions, shared memory, state --------------------- */

int32_t ex_fail(int32_t code);               /* -code */
void ex_render(ex_instance *instance, const float *in, float *out, uint32_t n); /* on the real-time thread: out = in * 2 */
int32_t ex_main_only(void);                  /* on the main thread */
int32_t ex_since_11(int32_t v);              /* since 1.1 */
int32_t ex_until_11(int32_t v);              /* until 1.1 */
void ex_gain(float *samples, uint32_t n, float gain); /* samples in shared memory */
uint32_t ex_checksum(const uint16_t *data, uint32_t n); /* data in shared memory */
void ex_connect(ex_instance *instance, float *samples);     /* samples in shared memory, and kept */
double ex_connected(ex_instance *instance, uint32_t n);     /* sum of n of them; 0 if there are none */
uint32_t ex_save(ex_instance *instance, uint8_t *state, uint32_t room); /* how much there is */
ex_status ex_restore(ex_instance *instance, const uint8_t *state, uint32_t n);

/* ---- bad behaviour, on request -------------------------------------------- */

typedef enum {
	EX_CALL_AFTER_CALL = 1,     /* calls the visitor of the last ex_each */
	EX_CALL_AFTER_RELEASE,      /* calls the listener that the last ex_unlisten released */
	EX_CALL_TRAMPOLINE_AFTER,   /* calls the curve that the last ex_uncurve released */
	EX_CALL_TWICE,              /* calls the last one-time callback again */
	EX_USE_CLOSED_SESSION,      /* opens a session of the host, closes it, puts */
	EX_USE_WRONG_SESSION,       /* hands the host a session that it never gave */
	EX_TOO_LONG,                /* hands the host more values than it takes */
	EX_MAIN_FROM_THREAD,        /* calls ex_host_main from a thread of its own */
	EX_ANY_FROM_THREAD,         /* calls ex_host_recurse(0) from a thread of its own: that is allowed */
	EX_BAD_UNION,               /* makes the next ex_convert return an unknown kind */
	EX_BAD_COUNT,               /* makes the next ex_divisors claim more than there was room for */
	EX_CALL_LEGACY,             /* calls ex_legacy */
	EX_CRASH,                   /* writes to address 8 */
	EX_HANG                     /* never returns */
} ex_misdeed;

int32_t ex_misbehave(ex_misdeed misdeed); /* what the misused function returned */

#endif
