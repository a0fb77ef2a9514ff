/* studio.h - a header that leaves out what headers leave out. */
#ifndef STUDIO_H
#define STUDIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STUDIO_TRACKS 16
#define STUDIO_MASK (STUDIO_TRACKS * 2u | 0x80000000u)
#define STUDIO_NAME "studio"
#define STUDIO_TWICE(x) ((x) * 2)

enum { STUDIO_MONO = 1, STUDIO_STEREO };
typedef enum studio_state { STUDIO_STOPPED, STUDIO_PLAYING = 5 } studio_state;
typedef int32_t studio_error;
typedef uint32_t studio_flags;

typedef struct studio studio; /* nobody sees inside */
struct studio_take;

typedef void (*studio_progress)(void *user, double done);
typedef int (*studio_order)(const void *a, const void *b);

struct studio_size {
	uint16_t width, height;
};

typedef struct {
	char title[32];
	const char *comment;
	struct studio_size size;
	studio_state state;
	double gains[STUDIO_TRACKS];
	float *samples;
	studio_progress progress;
	void *user;
} studio_track;

struct studio_bits {
	unsigned loud : 1, late : 1;
};

union studio_value {
	int64_t number;
	double real;
};

struct studio_host {
	uint32_t version;
	void *self;
	void (*log)(void *self, const char *line, ...);
	int (*add)(const struct studio_host *host, int a, int b);
	studio *(*open)(const struct studio_host *host);
};

/* these cross as they stand */
studio *studio_new(const char *name, bool quiet);
void studio_free(studio *s);
studio_state studio_state_of(studio *s);
int64_t studio_position(studio *s, uint8_t track, studio_flags flags);
const char *studio_name(studio *s);
unsigned long studio_hash(size_t n, long seed, float scale);
void studio_resize(studio *s, const struct studio_size *size);
struct studio_take *studio_record(studio *s);

/* these do not */
studio_error studio_read(studio *s, float *samples, size_t n);
studio_error studio_write(studio *s, const float *samples, size_t n);
void studio_title(studio *s, char *title, int room);
char *studio_describe(studio *s);
void studio_set(studio *s, const void *data);
void *studio_context(studio *s);
void studio_watch(studio *s, studio_progress progress, void *user);
void studio_sort(studio_track *tracks, unsigned n, studio_order order);
void studio_add(studio *s, const studio_track *track);
struct studio_size studio_measure(studio *s);
int studio_printf(studio *s, const char *format, ...);
void studio_set_value(studio *s, union studio_value value);
void studio_set_bits(studio *s, const struct studio_bits *bits);
void studio_use(studio *s, const struct studio_host *host);
void studio_attach(studio *s, int fd);
void studio_dump(studio *s, FILE *to);
void studio_sizes(const struct studio_size *const *sizes);
void (*studio_handler(int which))(int);

#endif
