/*
 * glue.h - what all generated C code stands on.
 *
 * An API that a definition describes has two sides, the host's and the
 * plug-in's, in two processes of perhaps two architectures. For each side
 * there is one generated C file: the dispatcher, which the plug-in's process
 * loads beside the plug-in, and the shim, which an application loads in the
 * plug-in's place. Both consist of the same three things. A stub is a C
 * function that stands for one of the other side's: it encodes its arguments,
 * crosses, and decodes the results. A skeleton does the reverse for a function
 * of this side. A codec does so for a struct.
 *
 * Messages lie in a lane: an area of shared memory for the two threads that
 * take turns in it, and an arena of private memory. Everybody decodes a message
 * completely into his own memory before he does anything else, reads nothing
 * twice, and checks every length before he uses it: the area may be written by
 * a hostile other side at any moment. So one area serves calls nested to any
 * depth.
 *
 * A message is a row of 8-byte little-endian words:
 *
 *     request    function | length << 32,  handle of the callback or table or 0,  arguments
 *     response   status | length << 32,    results; or, if the status is not 0, a string that says what was wrong
 *
 * A failure anywhere in a call is kept in the call's status, and makes all
 * that follows do nothing; so generated code checks it once.
 */
#ifndef CROSSPLUG_GLUE_H
#define CROSSPLUG_GLUE_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CP_FN static __attribute__((unused))
#define CP_PUBLIC __attribute__((visibility("default")))

/* Gives a function another name in the object file than in C, where a header may have declared it in its own words. */
#define CP_STRING(s) #s
#define CP_QUOTE(name) CP_STRING(name)
#define CP_NAME(name) __asm__(CP_QUOTE(name))

#include "handles.h"

enum cp_status {
	CP_OK,
	CP_MALFORMED,    /* the message breaks the rules of the definition */
	CP_STALE,        /* a handle whose object is gone, or of another kind */
	CP_TOO_LONG,     /* beyond its maximum, or more than a message has room for */
	CP_WRONG_THREAD, /* not to be called on a thread of this class */
	CP_RELEASED,     /* a callback that may not be called any more */
	CP_UNKNOWN,      /* no such function, or the other side's version has it not */
	CP_NO_ROOM,      /* a value that the target's type has no room for, or no memory */
	CP_BAD_UNION,    /* no case of a union */
	CP_FAILED        /* the other side's handler failed, or the other side is gone */
};

enum cp_class { CP_ANY, CP_MAIN, CP_RT };       /* of threads */
enum cp_scope { CP_CALL, CP_REGISTRATION, CP_ASYNC, CP_FOREVER }; /* of callbacks */

#define CP_NULL UINT64_MAX     /* in the place of a count: null */
#define CP_REPORT 0xffffffffu  /* the function by which a dispatcher tells what it refused */
#define CP_VERSION(major, minor) ((uint64_t)(major) << 32 | (minor))

struct cp_lane {
	unsigned char *frame; /* shared, 8-byte aligned */
	uint32_t size;        /* of frame: the longest message */
	uint32_t class;       /* enum cp_class */
	unsigned char *arena;
	uint32_t arena_size, top;
	uint32_t base;        /* what lies below belongs to the calls outside of this one */
	unsigned char *bulk;  /* shared memory for arguments that cross in it; shims alone have it */
	uint32_t bulk_size, bulk_top;
	uint32_t spare;        /* for threads that have no lane */
	_Atomic uint32_t busy; /* a spare one is in use */
	struct cp_lane *next;
};

/* A table of functions of the other side's, as this side sees it. */
struct cp_view {
	struct cp_view *next;
	uint32_t kind, handle;
	void *table;
};

struct cp_kept {
	struct cp_kept *next;
	char text[];
};

/* All state of one shim or dispatcher. */
struct cp_link {
	uint64_t version; /* the older of both sides' */
	struct cp_rows rows;
	struct cp_view *_Atomic views;
	uint32_t view_count;
	struct cp_kept *kept;
	unsigned char *shared; /* shared memory in this process */
	uint64_t shared_size;
	int swap; /* the plug-in has the other byte order; shims alone use it */
	/*
	 * A lane for a thread that is in no call, or NULL. Texts and arrays that a
	 * function returned stay in it until the next call through it, so a thread
	 * should always get the same one.
	 */
	struct cp_lane *(*enter)(struct cp_link *, uint32_t class);
	void (*leave)(struct cp_link *, struct cp_lane *);
	/* Sends the request of length bytes in the lane's frame, serves what comes back, returns the response's length; 0: the other side is gone. */
	uint32_t (*cross)(struct cp_link *, struct cp_lane *, uint32_t length);
	/* A stub failed and returned its error value. remote: the other side refused. */
	void (*failed)(struct cp_link *, const char *function, uint32_t status, const char *what, int remote);
	/* A skeleton refused a request of the other side's; may be NULL. */
	void (*refused)(struct cp_link *, const char *function, uint32_t status, const char *what);
	void *own; /* the functions' */
};

enum { CP_MOST_MADE = 16, CP_MOST_VIEWS = 1 << 14 };

struct cp_call {
	struct cp_link *link;
	struct cp_lane *lane;
	const char *name;
	uint32_t id, self;
	uint32_t at, end; /* in the frame: the next word, and where they end */
	uint32_t status;
	int remote;
	const char *what;
	uint32_t handle; /* that was put or taken last */
	uint32_t base, bulk; /* the lane's before the call */
	int entered;
	int keep;    /* decode into memory that stays */
	void *kept;  /* list of such */
	uint32_t made_count;
	struct {
		uint32_t row, scope;
	} made[CP_MOST_MADE]; /* for callbacks among the arguments */
};

static __thread struct cp_lane *cp_current __attribute__((tls_model("initial-exec"), unused)); /* the lane of the skeleton that this thread is in */

CP_FN void cp_fail(struct cp_call *c, uint32_t status, const char *what)
{
	if (c->status == CP_OK) {
		c->status = status;
		c->what = what;
	}
	c->at = c->end = 0;
}

/* ---- words -------------------------------------------------------------- */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
CP_FN uint32_t cp_le32(uint32_t v) { return __builtin_bswap32(v); }
#else
CP_FN uint32_t cp_le32(uint32_t v) { return v; }
#endif

/* Each half is read once: the compiler may not look again. */
CP_FN uint64_t cp_load(const unsigned char *p)
{
	const volatile uint32_t *w = (const volatile uint32_t *)(const void *)p;
	uint32_t low = cp_le32(w[0]), high = cp_le32(w[1]);
	return low | (uint64_t)high << 32;
}

CP_FN void cp_store(unsigned char *p, uint64_t v)
{
	volatile uint32_t *w = (volatile uint32_t *)(void *)p;
	w[0] = cp_le32((uint32_t)v);
	w[1] = cp_le32((uint32_t)(v >> 32));
}

CP_FN uint64_t cp_get(struct cp_call *c)
{
	if (c->end - c->at < 8) {
		cp_fail(c, CP_MALFORMED, "the message ends too soon");
		return 0;
	}
	c->at += 8;
	return cp_load(c->lane->frame + c->at - 8);
}

CP_FN void cp_put(struct cp_call *c, uint64_t v)
{
	if (c->end - c->at < 8) {
		cp_fail(c, CP_TOO_LONG, "the arguments do not fit in a message");
		return;
	}
	cp_store(c->lane->frame + c->at, v);
	c->at += 8;
}

CP_FN int64_t cp_get_signed(struct cp_call *c, int64_t least, int64_t most)
{
	int64_t v = (int64_t)cp_get(c);
	if (v < least || v > most) {
		cp_fail(c, CP_NO_ROOM, "a number is beyond its type");
		return 0;
	}
	return v;
}

CP_FN uint64_t cp_get_unsigned(struct cp_call *c, uint64_t most)
{
	uint64_t v = cp_get(c);
	if (v > most) {
		cp_fail(c, CP_NO_ROOM, "a number is beyond its type");
		return 0;
	}
	return v;
}

#define CP_SIGNED(name, type, least, most) \
	CP_FN type cp_get_##name(struct cp_call *c) { return (type)cp_get_signed(c, least, most); } \
	CP_FN void cp_put_##name(struct cp_call *c, type v) { cp_put(c, (uint64_t)(int64_t)v); }
#define CP_UNSIGNED(name, type, most) \
	CP_FN type cp_get_##name(struct cp_call *c) { return (type)cp_get_unsigned(c, most); } \
	CP_FN void cp_put_##name(struct cp_call *c, type v) { cp_put(c, v); }

CP_SIGNED(i8, int8_t, INT8_MIN, INT8_MAX)
CP_SIGNED(i16, int16_t, INT16_MIN, INT16_MAX)
CP_SIGNED(i32, int32_t, INT32_MIN, INT32_MAX)
CP_SIGNED(i64, int64_t, INT64_MIN, INT64_MAX)
CP_SIGNED(long, long, LONG_MIN, LONG_MAX)
CP_UNSIGNED(u8, uint8_t, UINT8_MAX)
CP_UNSIGNED(u16, uint16_t, UINT16_MAX)
CP_UNSIGNED(u32, uint32_t, UINT32_MAX)
CP_UNSIGNED(u64, uint64_t, UINT64_MAX)
CP_UNSIGNED(ulong, unsigned long, ~0ul)
CP_UNSIGNED(size, size_t, SIZE_MAX)
CP_UNSIGNED(ostype, uint32_t, UINT32_MAX)
CP_UNSIGNED(bool, bool, 1)

CP_FN char cp_get_char(struct cp_call *c) { return (char)cp_get_unsigned(c, 255); }
CP_FN void cp_put_char(struct cp_call *c, char v) { cp_put(c, (unsigned char)v); }

CP_FN float cp_get_f32(struct cp_call *c)
{
	uint32_t bits = (uint32_t)cp_get_unsigned(c, UINT32_MAX);
	float v;
	memcpy(&v, &bits, 4);
	return v;
}

CP_FN void cp_put_f32(struct cp_call *c, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, 4);
	cp_put(c, bits);
}

CP_FN double cp_get_f64(struct cp_call *c)
{
	uint64_t bits = cp_get(c);
	double v;
	memcpy(&v, &bits, 8);
	return v;
}

CP_FN void cp_put_f64(struct cp_call *c, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, 8);
	cp_put(c, bits);
}

/* A request must not have null where the definition allows none. What a response has is the other side's own affair. */
CP_FN void cp_null(struct cp_call *c, int nullable)
{
	if (!nullable && !c->remote)
		cp_fail(c, CP_MALFORMED, "null, where the definition allows none");
}

/* Whether a pointer was given: one word, 1 or 0. */
CP_FN int cp_get_given(struct cp_call *c, int nullable)
{
	uint64_t v = cp_get_unsigned(c, 1);
	if (v == 0)
		cp_null(c, nullable);
	return v != 0;
}

/* ---- private memory ----------------------------------------------------- */

/* Memory, zeroed, until the call is over; NULL after a failure. */
CP_FN void *cp_alloc(struct cp_call *c, uint64_t n)
{
	struct cp_lane *l = c->lane;
	void *p;

	if (c->status != CP_OK)
		return NULL;
	if (c->keep) {
		if (n > l->arena_size || (p = calloc(1, 16 + (size_t)n)) == NULL) {
			cp_fail(c, CP_NO_ROOM, "out of memory");
			return NULL;
		}
		*(void **)p = c->kept;
		c->kept = p;
		return (char *)p + 16;
	}
	if (n > l->arena_size - l->top) {
		cp_fail(c, CP_TOO_LONG, "the arguments do not fit in memory");
		return NULL;
	}
	p = l->arena + l->top;
	n = (n + 15) & ~(uint64_t)15; /* the arena's size is a multiple of 16 */
	l->top += (uint32_t)n;
	memset(p, 0, (size_t)n);
	return p;
}

/* ---- arrays of numbers -------------------------------------------------- */

/* Element types: bytes on the wire, bytes in memory, and what else there is to know. */
enum cp_sort { CP_PLAIN, CP_TRUTH, CP_SIGNED_LONG };
struct cp_element {
	uint8_t wire, memory, sort;
};
#define CP_E_i8 ((struct cp_element){1, 1, CP_PLAIN})
#define CP_E_u8 CP_E_i8
#define CP_E_char CP_E_i8
#define CP_E_bool ((struct cp_element){1, 1, CP_TRUTH})
#define CP_E_i16 ((struct cp_element){2, 2, CP_PLAIN})
#define CP_E_u16 CP_E_i16
#define CP_E_i32 ((struct cp_element){4, 4, CP_PLAIN})
#define CP_E_u32 CP_E_i32
#define CP_E_ostype CP_E_i32
#define CP_E_f32 CP_E_i32
#define CP_E_i64 ((struct cp_element){8, 8, CP_PLAIN})
#define CP_E_u64 CP_E_i64
#define CP_E_f64 CP_E_i64
#define CP_E_long ((struct cp_element){8, sizeof(long), CP_SIGNED_LONG})
#define CP_E_ulong ((struct cp_element){8, sizeof(long), CP_PLAIN})
#define CP_E_size ((struct cp_element){8, sizeof(size_t), CP_PLAIN})

/* Copies n elements of 2, 4 or 8 bytes, perhaps onto themselves, and turns the bytes of each around. */
CP_FN void cp_swap(unsigned char *to, const unsigned char *from, uint64_t n, unsigned size)
{
	const unsigned char *end = from + n * size;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	for (; from < end; from += size, to += size)
		switch (size) {
		case 2:
			memcpy(&v16, from, 2), v16 = __builtin_bswap16(v16), memcpy(to, &v16, 2);
			break;
		case 4:
			memcpy(&v32, from, 4), v32 = __builtin_bswap32(v32), memcpy(to, &v32, 4);
			break;
		case 8:
			memcpy(&v64, from, 8), v64 = __builtin_bswap64(v64), memcpy(to, &v64, 8);
			break;
		}
}

CP_FN int cp_turned(void) { return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__; }

/* The bytes that n elements take up in the message, or 0 if they are more than there is. */
CP_FN uint32_t cp_packed(const struct cp_call *c, uint64_t n, unsigned wire)
{
	uint32_t left = c->end - c->at;
	return n > left / wire ? 0 : (uint32_t)(n * wire + 7) & ~7u;
}

CP_FN void cp_put_fixed(struct cp_call *c, struct cp_element e, const void *from, uint64_t n)
{
	uint32_t size = cp_packed(c, n, e.wire);
	unsigned char *to;
	uint64_t i;

	if (n == 0 || c->status != CP_OK)
		return;
	if (size == 0 || size > c->end - c->at) {
		cp_fail(c, CP_TOO_LONG, "an array does not fit in a message");
		return;
	}
	cp_store(c->lane->frame + c->at + size - 8, 0); /* the padding */
	to = c->lane->frame + c->at;
	c->at += size;
	if (e.wire == e.memory && (e.wire == 1 || !cp_turned())) {
		memcpy(to, from, (size_t)n * e.wire);
	} else if (e.wire == e.memory) {
		cp_swap(to, from, n, e.wire);
	} else
		for (i = 0; i < n; i++) {
			uint32_t v;
			memcpy(&v, (const unsigned char *)from + 4 * i, 4);
			cp_store(to + 8 * i, e.sort == CP_SIGNED_LONG ? (uint64_t)(int64_t)(int32_t)v : v);
		}
}

/* Decodes n elements. The memory at to has room for them. */
CP_FN void cp_get_fixed(struct cp_call *c, struct cp_element e, void *to, uint64_t n)
{
	uint32_t size = cp_packed(c, n, e.wire);
	const unsigned char *from;
	unsigned char *bytes = to;
	uint64_t i;

	if (n == 0 || c->status != CP_OK)
		return;
	if (size == 0 || size > c->end - c->at) {
		cp_fail(c, CP_MALFORMED, "an array is longer than the message");
		return;
	}
	from = c->lane->frame + c->at;
	c->at += size;
	if (e.wire == e.memory) {
		memcpy(to, from, (size_t)n * e.wire);
		if (e.wire > 1 && cp_turned())
			cp_swap(to, to, n, e.wire);
	} else
		for (i = 0; i < n; i++) {
			uint64_t v = cp_load(from + 8 * i);
			uint32_t half = (uint32_t)v;
			if (e.sort == CP_SIGNED_LONG ? (int64_t)v != (int32_t)half : v != half) {
				cp_fail(c, CP_NO_ROOM, "a number is beyond its type");
				return;
			}
			memcpy(bytes + 4 * i, &half, 4);
		}
	for (i = 0; e.sort == CP_TRUTH && i < n; i++)
		if (bytes[i] > 1) {
			bytes[i] = 0;
			cp_fail(c, CP_NO_ROOM, "a truth value is neither 0 nor 1");
		}
}

CP_FN void cp_put_bytes(struct cp_call *c, const void *from, uint64_t n) { cp_put_fixed(c, CP_E_u8, from, n); }
CP_FN void cp_get_bytes(struct cp_call *c, void *to, uint64_t n) { cp_get_fixed(c, CP_E_u8, to, n); }

/*
 * The count before an array: CP_NULL for null. What is left of the message has
 * room for so many elements of at least so many bytes, and so has memory.
 */
CP_FN uint64_t cp_get_count(struct cp_call *c, uint64_t most, unsigned wire, int nullable)
{
	uint64_t n = cp_get(c);
	if (c->status != CP_OK)
		return 0;
	if (n == CP_NULL) {
		cp_null(c, nullable);
		return CP_NULL;
	}
	if (n > most)
		cp_fail(c, CP_TOO_LONG, "an array is longer than its maximum");
	else if (n > (c->end - c->at) / wire)
		cp_fail(c, CP_MALFORMED, "an array is longer than the message");
	return c->status == CP_OK ? n : 0;
}

CP_FN void cp_put_array(struct cp_call *c, struct cp_element e, const void *from, uint64_t n)
{
	cp_put(c, from == NULL ? CP_NULL : n);
	if (from != NULL)
		cp_put_fixed(c, e, from, n);
}

/* Decodes an array into private memory and says how long it is. */
CP_FN void *cp_get_array(struct cp_call *c, struct cp_element e, uint64_t most, int nullable, uint64_t *n)
{
	void *to;
	*n = cp_get_count(c, most, e.wire, nullable);
	if (*n == CP_NULL) {
		*n = 0;
		return NULL;
	}
	to = cp_alloc(c, (*n + 1) * e.memory); /* one more, so that none is not null */
	if (to == NULL)
		*n = 0;
	cp_get_fixed(c, e, to, *n);
	return to;
}

/* Decodes an array into its caller's, which has room for so many. */
CP_FN void cp_get_array_into(struct cp_call *c, struct cp_element e, void *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room, e.wire, 1);
	if (n != CP_NULL && to != NULL)
		cp_get_fixed(c, e, to, n);
	else if (n != CP_NULL)
		cp_fail(c, CP_MALFORMED, "an array that nobody asked for");
}

/* ---- texts -------------------------------------------------------------- */

CP_FN uint64_t cp_strnlen(const char *s, uint64_t most)
{
	uint64_t n = 0;
	while (n < most && s[n] != 0)
		n++;
	return n;
}

CP_FN void cp_put_text(struct cp_call *c, const char *s, uint64_t n, uint64_t most)
{
	if (n > most) {
		cp_fail(c, CP_TOO_LONG, "a text is longer than its maximum");
		return;
	}
	cp_put(c, n);
	cp_put_bytes(c, s, n);
}

CP_FN void cp_put_string(struct cp_call *c, const char *s, uint64_t most)
{
	if (s == NULL)
		cp_put(c, CP_NULL);
	else
		cp_put_text(c, s, cp_strnlen(s, most + 1), most);
}

/* Decodes the bytes of a text whose length has been checked; there is room for a NUL. */
CP_FN void cp_get_text(struct cp_call *c, char *to, uint64_t n)
{
	cp_get_bytes(c, to, n);
	to[n] = 0;
	if (c->status == CP_OK && cp_strnlen(to, n) != n)
		cp_fail(c, CP_MALFORMED, "a text has a NUL in it");
}

CP_FN char *cp_get_string(struct cp_call *c, uint64_t most, int nullable)
{
	uint64_t n = cp_get_count(c, most, 1, nullable);
	char *s = n == CP_NULL ? NULL : cp_alloc(c, n + 1);
	if (s != NULL)
		cp_get_text(c, s, n);
	return s;
}

/* Decodes a text into its caller's buffer of so many bytes. */
CP_FN void cp_get_string_into(struct cp_call *c, char *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room > 0 ? room - 1 : 0, 1, 1);
	if (c->status != CP_OK || n == CP_NULL)
		return;
	if (to == NULL)
		cp_fail(c, CP_MALFORMED, "a text that nobody asked for");
	else if (room > 0)
		cp_get_text(c, to, n);
}

/* A text in an array of so many bytes inside a struct. */
CP_FN void cp_put_embedded(struct cp_call *c, const char *s, uint64_t room) { cp_put_text(c, s, cp_strnlen(s, room), room - 1); }
CP_FN void cp_get_embedded(struct cp_call *c, char *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room - 1, 1, 0);
	if (c->status == CP_OK && n != CP_NULL)
		cp_get_text(c, to, n);
}

/* Pascal strings: a byte that says the length, and so many bytes. */
CP_FN void cp_put_pascal(struct cp_call *c, const unsigned char *s, uint64_t most)
{
	if (s == NULL)
		cp_put(c, CP_NULL);
	else
		cp_put_text(c, (const char *)s + 1, s[0], most);
}

CP_FN unsigned char *cp_get_pascal(struct cp_call *c, uint64_t most, int nullable)
{
	uint64_t n = cp_get_count(c, most < 255 ? most : 255, 1, nullable);
	unsigned char *s = n == CP_NULL ? NULL : cp_alloc(c, n + 1);
	if (s != NULL) {
		s[0] = (unsigned char)n;
		cp_get_bytes(c, s + 1, n);
	}
	return s;
}

CP_FN void cp_get_pascal_into(struct cp_call *c, unsigned char *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room - 1 < 255 ? room - 1 : 255, 1, 0);
	if (c->status == CP_OK && n != CP_NULL) {
		to[0] = (unsigned char)n;
		cp_get_bytes(c, to + 1, n);
	}
}

/* A text in a buffer of so many bytes that the callee was given. */
CP_FN void cp_put_buffer(struct cp_call *c, const char *s, uint64_t room)
{
	if (s == NULL || room == 0)
		cp_put(c, CP_NULL);
	else
		cp_put_embedded(c, s, room);
}

/* Arrays of texts. */
CP_FN void cp_put_strings(struct cp_call *c, const char *const *v, uint64_t n, uint64_t most)
{
	uint64_t i;
	cp_put(c, v == NULL ? CP_NULL : n);
	for (i = 0; v != NULL && i < n && c->status == CP_OK; i++)
		cp_put_string(c, v[i], most);
}

CP_FN const char **cp_get_strings(struct cp_call *c, uint64_t most_texts, uint64_t most, int nullable, uint64_t *n)
{
	const char **v;
	uint64_t i;
	*n = cp_get_count(c, most_texts, 8, nullable);
	if (*n == CP_NULL) {
		*n = 0;
		return NULL;
	}
	v = cp_alloc(c, (*n + 1) * sizeof *v);
	for (i = 0; v != NULL && i < *n && c->status == CP_OK; i++)
		v[i] = cp_get_string(c, most, 0);
	return v;
}

/* A copy of a text that stays for ever; equal texts share one. */
CP_FN char *cp_keep_string(struct cp_call *c, char *s)
{
	struct cp_kept *k;
	size_t n;
	if (s == NULL)
		return NULL;
	cp_lock(&c->link->rows.lock);
	for (k = c->link->kept; k != NULL && strcmp(k->text, s) != 0; k = k->next)
		;
	n = strlen(s) + 1;
	if (k == NULL && (k = malloc(sizeof *k + n)) != NULL) {
		memcpy(k->text, s, n);
		k->next = c->link->kept;
		c->link->kept = k;
	}
	cp_unlock(&c->link->rows.lock);
	if (k == NULL)
		cp_fail(c, CP_NO_ROOM, "out of memory");
	return k == NULL ? NULL : k->text;
}

/* A copy that the caller frees. */
CP_FN void *cp_give(struct cp_call *c, const void *p, uint64_t n)
{
	void *copy;
	if (p == NULL || c->status != CP_OK)
		return NULL;
	if ((copy = malloc((size_t)n + 1)) == NULL) {
		cp_fail(c, CP_NO_ROOM, "out of memory");
		return NULL;
	}
	memcpy(copy, p, (size_t)n);
	((char *)copy)[n] = 0;
	return copy;
}

CP_FN char *cp_give_string(struct cp_call *c, const char *s) { return s == NULL ? NULL : cp_give(c, s, strlen(s)); }

/* Room for as many elements as the request says; NULL for null. */
CP_FN void *cp_get_room(struct cp_call *c, size_t size, uint64_t most, int nullable, uint64_t *n)
{
	*n = cp_get(c);
	if (c->status == CP_OK && *n == CP_NULL) {
		cp_null(c, nullable);
	} else if (*n <= most) {
		return cp_alloc(c, (*n + 1) * size); /* one more, so that none is not null */
	} else {
		cp_fail(c, CP_TOO_LONG, "an array is longer than its maximum");
	}
	*n = 0;
	return NULL;
}

/* How many elements a function has written that returns how many there are. */
CP_FN uint64_t cp_written(int64_t result, uint64_t room) { return result < 0 ? 0 : (uint64_t)result < room ? (uint64_t)result : room; }

/* ---- lengths ------------------------------------------------------------ */

#define CP_ARITHMETIC(name, builtin) \
	CP_FN int64_t name(struct cp_call *c, int64_t a, int64_t b) \
	{ \
		int64_t r; \
		if (builtin(a, b, &r)) { \
			cp_fail(c, CP_TOO_LONG, "a length overflows"); \
			return 0; \
		} \
		return r; \
	}
CP_ARITHMETIC(cp_add, __builtin_add_overflow)
CP_ARITHMETIC(cp_sub, __builtin_sub_overflow)
CP_ARITHMETIC(cp_mul, __builtin_mul_overflow)

CP_FN int64_t cp_div(struct cp_call *c, int64_t a, int64_t b)
{
	if (b == 0 || (a == INT64_MIN && b == -1)) {
		cp_fail(c, CP_TOO_LONG, "a length is divided by zero");
		return 0;
	}
	return a / b;
}

CP_FN int64_t cp_min(int64_t a, int64_t b) { return a < b ? a : b; }
CP_FN int64_t cp_max(int64_t a, int64_t b) { return a > b ? a : b; }

/* A pointer whose target a length depends on. */
CP_FN int cp_need(struct cp_call *c, const void *p)
{
	if (p == NULL)
		cp_fail(c, CP_MALFORMED, "a length depends on what is null");
	return p != NULL;
}

CP_FN int64_t cp_strlen(const char *s) { return s == NULL ? 0 : (int64_t)strlen(s); }

/* A length that may be used. */
CP_FN uint64_t cp_length(struct cp_call *c, int64_t n, uint64_t most)
{
	if (n < 0 || (uint64_t)n > most) {
		cp_fail(c, CP_TOO_LONG, n < 0 ? "a length is negative" : "an array is longer than its maximum");
		return 0;
	}
	return (uint64_t)n;
}

/* What a message says of a length must be what its other arguments say. */
CP_FN void cp_same(struct cp_call *c, uint64_t n, int64_t want)
{
	if (c->status == CP_OK && (want < 0 || n != (uint64_t)want))
		cp_fail(c, CP_MALFORMED, "an array is not as long as the other arguments say");
}

/* In a response: whether there is a struct, for which the caller has room at p. */
CP_FN int cp_get_filled(struct cp_call *c, const void *p)
{
	int filled = cp_get_given(c, 1);
	if (filled && p == NULL)
		cp_fail(c, CP_MALFORMED, "a struct that nobody asked for");
	return filled && p != NULL;
}

/* ---- calls -------------------------------------------------------------- */

/* Begins a stub. */
CP_FN void cp_begin(struct cp_call *c, struct cp_link *link, uint32_t id, const char *name, uint32_t class, uint32_t self)
{
	memset(c, 0, sizeof *c);
	c->link = link;
	c->id = id;
	c->name = name;
	c->self = self;
	c->lane = cp_current;
	if (c->lane == NULL && link->enter != NULL) {
		c->lane = link->enter(link, class);
		c->entered = c->lane != NULL;
	}
	if (c->lane == NULL) {
		cp_fail(c, CP_WRONG_THREAD, "there is no lane for this thread");
		return;
	}
	c->at = 16;
	c->end = c->lane->size;
	c->base = c->lane->base;
	c->bulk = c->lane->bulk_top;
	c->lane->top = c->base;
	if (class != CP_ANY && c->lane->class != class)
		cp_fail(c, CP_WRONG_THREAD, "this function is for threads of another class");
}

/* Sends a stub's request and reads the head of the response. */
CP_FN void cp_cross(struct cp_call *c)
{
	struct cp_lane *l = c->lane;
	uint32_t n;
	uint64_t head;

	if (c->status != CP_OK)
		return;
	cp_store(l->frame, c->id | (uint64_t)c->at << 32);
	cp_store(l->frame + 8, c->self);
	l->base = l->top;
	n = c->link->cross(c->link, l, c->at);
	l->base = c->base;
	c->at = c->end = 0;
	if (n == 0) {
		cp_fail(c, CP_FAILED, "the other side is gone");
		return;
	}
	c->remote = 1;
	head = n < 8 || n > l->size || n % 8 != 0 ? 0 : cp_load(l->frame);
	if (head >> 32 != n) {
		cp_fail(c, CP_MALFORMED, "the response has no head");
		return;
	}
	c->at = 8;
	c->end = n;
	if ((uint32_t)head != CP_OK) {
		const char *what = cp_get_string(c, l->size, 0);
		c->status = CP_OK;
		cp_fail(c, (uint32_t)head, what == NULL ? "" : what);
	}
}

/* Frees what was to stay, after a failure. */
CP_FN void cp_drop_kept(struct cp_call *c)
{
	while (c->kept != NULL) {
		void *next = *(void **)c->kept;
		free(c->kept);
		c->kept = next;
	}
}

/* In a stub: the response has been decoded; 1 if it was whole. */
CP_FN int cp_complete(struct cp_call *c)
{
	if (c->status == CP_OK && c->at != c->end)
		cp_fail(c, CP_MALFORMED, "the message goes on after its end");
	return c->status == CP_OK;
}

/* Ends a stub; 1 if it succeeded. */
CP_FN int cp_finish(struct cp_call *c)
{
	char what[128] = "";

	if (!cp_complete(c)) {
		cp_drop_kept(c);
		strncpy(what, c->what, sizeof what - 1); /* it may lie in the lane */
	}
	if (c->lane != NULL)
		c->lane->bulk_top = c->bulk;
	if (c->entered)
		c->link->leave(c->link, c->lane);
	if (c->status != CP_OK && c->link->failed != NULL && c->id != CP_REPORT)
		c->link->failed(c->link, c->name, c->status, what, c->remote);
	return c->status == CP_OK;
}

/* In a skeleton: the request has been decoded; 1 if it may be carried out on this thread. */
CP_FN int cp_received(struct cp_call *c, uint32_t class)
{
	if (c->status == CP_OK && c->at != c->end)
		cp_fail(c, CP_MALFORMED, "the message goes on after its end");
	if (c->status == CP_OK && class != CP_ANY && c->lane->class != class)
		cp_fail(c, CP_WRONG_THREAD, "this function is for threads of another class");
	c->lane->base = c->lane->top;
	return c->status == CP_OK;
}

/* In a skeleton: the function has returned; what is put from here on is the response. */
CP_FN void cp_answer(struct cp_call *c)
{
	if (c->status == CP_OK) {
		c->at = 8;
		c->end = c->lane->size;
	}
}

/* Whether both sides know what exists since one version and until another (0: still). */
CP_FN int cp_knows(const struct cp_call *c, uint64_t since, uint64_t until)
{
	return c->link->version >= since && (until == 0 || c->link->version <= until);
}

/* The function is older or newer than both sides know. */
CP_FN void cp_version(struct cp_call *c, uint64_t since, uint64_t until)
{
	if (!cp_knows(c, since, until))
		cp_fail(c, CP_UNKNOWN, "the other side's version has no such function");
}

/* After the call: what becomes of the callbacks that were among the arguments. */
CP_FN void cp_settle(struct cp_call *c, int ok, uint32_t owner_kind, uint32_t owner)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t i;
	for (i = 0; i < c->made_count; i++) {
		if (!ok || c->made[i].scope == CP_CALL) {
			cp_release(t, c->made[i].row);
		} else if (c->made[i].scope == CP_REGISTRATION) {
			struct cp_row *r;
			cp_lock(&t->lock);
			if ((r = cp_live_locked(t, c->made[i].row)) != NULL)
				cp_own_locked(t, r, owner_kind, owner);
			cp_unlock(&t->lock);
		}
	}
	c->made_count = 0;
}

/* Serves the request of length bytes in a lane's frame; returns the response's length. */
CP_FN uint32_t cp_serve(struct cp_link *link, struct cp_lane *l, uint32_t length, void (*serve)(struct cp_call *))
{
	struct cp_lane *outer = cp_current;
	uint32_t top = l->top, base = l->base;
	struct cp_call call, *c = &call;
	uint64_t head;
	int refused = 0;

	memset(c, 0, sizeof *c);
	c->link = link;
	c->lane = l;
	cp_current = l;
	head = length < 16 || length > l->size || length % 8 != 0 ? 0 : cp_load(l->frame);
	if (head >> 32 != length || length == 0) {
		cp_fail(c, CP_MALFORMED, "the request has no head");
	} else {
		uint64_t self = cp_load(l->frame + 8);
		c->id = (uint32_t)head;
		c->self = (uint32_t)self;
		c->at = 16;
		c->end = length;
		if (self > UINT32_MAX)
			cp_fail(c, CP_MALFORMED, "a handle has more than 32 bits");
		else
			serve(c);
	}
	if (c->status != CP_OK) {
		uint32_t status = c->status;
		cp_settle(c, 0, 0, 0);
		c->status = CP_OK;
		c->at = 8;
		c->end = l->size;
		cp_put_string(c, c->what, l->size - 32);
		c->status = status;
		cp_drop_kept(c);
		refused = 1;
	}
	cp_store(l->frame, c->status | (uint64_t)c->at << 32);
	l->top = top;
	l->base = base;
	cp_current = outer;
	if (refused && link->refused != NULL)
		link->refused(link, c->name == NULL ? "a request" : c->name, c->status, c->what);
	return c->at;
}

/* ---- handles ------------------------------------------------------------ */

/* The other side's objects look like pointers to this one, and are their handles. */
CP_FN uint32_t cp_put_handle(struct cp_call *c, const void *p)
{
	if ((uintptr_t)p > UINT32_MAX)
		cp_fail(c, CP_STALE, "a handle that the other side never gave");
	c->handle = (uint32_t)(uintptr_t)p;
	cp_put(c, c->handle);
	return c->handle;
}

CP_FN void *cp_get_handle(struct cp_call *c, int nullable)
{
	c->handle = (uint32_t)cp_get_unsigned(c, UINT32_MAX);
	if (c->handle == 0)
		cp_null(c, nullable);
	return (void *)(uintptr_t)c->handle;
}

/* Puts an object of this side's: its handle if it has one, else a new one. */
CP_FN uint32_t cp_put_own(struct cp_call *c, uint32_t kind, const void *p)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t h = 0;
	if (p != NULL && c->status == CP_OK) {
		cp_lock(&t->lock);
		h = cp_find_locked(t, kind, p);
		if (h == 0)
			h = cp_add_locked(t, kind, (void *)(uintptr_t)p, NULL);
		cp_unlock(&t->lock);
		if (h == 0)
			cp_fail(c, CP_NO_ROOM, "there are too many handles");
	}
	c->handle = h;
	cp_put(c, h);
	return h;
}

/* Puts a new object, which belongs to a parent if that is not 0. */
CP_FN uint32_t cp_put_new(struct cp_call *c, uint32_t kind, const void *p, uint32_t table, uint32_t parent_kind, uint32_t parent)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t h = 0;
	if (p != NULL && c->status == CP_OK) {
		cp_lock(&t->lock);
		h = cp_add_locked(t, kind, (void *)(uintptr_t)p, NULL);
		if (h != 0) {
			struct cp_row *r = cp_live_locked(t, h);
			__atomic_store_n(&r->table, table, __ATOMIC_RELAXED);
			cp_own_locked(t, r, parent_kind, parent);
		}
		cp_unlock(&t->lock);
		if (h == 0)
			cp_fail(c, CP_NO_ROOM, "there are too many handles");
	}
	c->handle = h;
	cp_put(c, h);
	return h;
}

/* What a handle of this side's stands for. table: the one that made it, or 0. */
CP_FN void *cp_get_own(struct cp_call *c, uint32_t kind, int nullable, uint32_t *table)
{
	struct cp_row r;
	c->handle = (uint32_t)cp_get_unsigned(c, UINT32_MAX);
	if (table != NULL)
		*table = 0;
	if (c->handle == 0) {
		cp_null(c, nullable);
		return NULL;
	}
	if (!cp_look_up(&c->link->rows, kind, c->handle, &r)) {
		cp_fail(c, CP_STALE, "a handle is stale, or of another kind");
		return NULL;
	}
	if (table != NULL)
		*table = r.table;
	return r.value;
}

/* ---- tables of functions ------------------------------------------------ */

/* This side's table that a method is called of: by its own handle, or by that which the object remembers. */
CP_FN void *cp_get_table(struct cp_call *c, uint32_t kind, uint32_t remembered)
{
	struct cp_row r;
	uint32_t h = remembered != 0 ? remembered : c->self;
	if (c->status != CP_OK)
		return NULL;
	if (remembered != 0 && c->self != 0 && c->self != remembered) {
		cp_fail(c, CP_STALE, "the object belongs to another table of functions");
		return NULL;
	}
	if (!cp_look_up(&c->link->rows, kind, h, &r)) {
		cp_fail(c, CP_STALE, "no such table of functions");
		return NULL;
	}
	return r.value;
}

CP_FN void *cp_find_view(struct cp_link *link, uint32_t kind, uint32_t handle)
{
	struct cp_view *v = atomic_load_explicit(&link->views, memory_order_acquire);
	while (v != NULL && (v->kind != kind || v->handle != handle))
		v = v->next;
	return v == NULL ? NULL : v->table;
}

/* Keeps a decoded table for good. */
CP_FN void cp_add_view(struct cp_call *c, uint32_t kind, uint32_t handle, void *table)
{
	struct cp_view *v;
	if (c->status != CP_OK)
		return;
	if (c->link->view_count == CP_MOST_VIEWS || (v = malloc(sizeof *v)) == NULL) {
		cp_fail(c, CP_NO_ROOM, "there are too many tables of functions");
		return;
	}
	v->kind = kind;
	v->handle = handle;
	v->table = table;
	cp_lock(&c->link->rows.lock);
	v->next = atomic_load(&c->link->views);
	atomic_store_explicit(&c->link->views, v, memory_order_release);
	c->link->view_count++;
	cp_unlock(&c->link->rows.lock);
	c->kept = NULL;
}

/* The handle of a table that this side was given; with NULL, of the latest one of its kind. */
CP_FN uint32_t cp_view_handle(struct cp_link *link, uint32_t kind, const void *table)
{
	struct cp_view *v = atomic_load_explicit(&link->views, memory_order_acquire);
	while (v != NULL && (v->kind != kind || (table != NULL && v->table != table)))
		v = v->next;
	return v == NULL ? 0 : v->handle;
}

/* ---- callbacks ---------------------------------------------------------- */

CP_FN void cp_made(struct cp_call *c, uint32_t row, uint32_t scope)
{
	if (c->made_count == CP_MOST_MADE) {
		cp_release(&c->link->rows, row);
		cp_fail(c, CP_TOO_LONG, "too many callbacks in one call");
		return;
	}
	c->made[c->made_count].row = row;
	c->made[c->made_count++].scope = scope;
}

/* Lends a function of this side's to the other. */
CP_FN void cp_put_callback(struct cp_call *c, uint32_t kind, void *function, void *user, uint32_t scope)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t h = 0;
	if (function != NULL && c->status == CP_OK) {
		cp_lock(&t->lock);
		h = cp_add_locked(t, kind, function, user);
		cp_unlock(&t->lock);
		if (h == 0)
			cp_fail(c, CP_NO_ROOM, "there are too many callbacks");
		else
			cp_made(c, h, scope);
	}
	cp_put(c, h);
}

/* The other side's function, as the user data that its stand-in is called with. */
CP_FN void *cp_get_callback(struct cp_call *c, int nullable)
{
	return cp_get_handle(c, nullable);
}

/* The same for a type without user data: the index of a trampoline, or -1 for null. */
CP_FN int cp_get_trampoline(struct cp_call *c, struct cp_pool *pool, uint32_t kind, uint32_t scope, int nullable)
{
	uint32_t h = (uint32_t)(uintptr_t)cp_get_callback(c, nullable), row = 0;
	int at;
	if (h == 0 || c->status != CP_OK)
		return -1;
	at = cp_take_slot(&c->link->rows, pool, kind, h, &row);
	if (at < 0)
		cp_fail(c, CP_NO_ROOM, "all functions that stand for callbacks of this type are in use");
	else
		cp_made(c, row, scope);
	return at;
}

/* In the skeleton of a callback: this side's function, and its user data. */
CP_FN void *cp_get_function(struct cp_call *c, uint32_t kind, int once, void **user)
{
	struct cp_row r;
	if (c->status != CP_OK)
		return NULL;
	if (!cp_look_up(&c->link->rows, kind, c->self, &r)) {
		cp_fail(c, CP_RELEASED, "the callback has been released");
		return NULL;
	}
	if (once && !cp_release(&c->link->rows, c->self)) {
		cp_fail(c, CP_RELEASED, "the callback has been called already");
		return NULL;
	}
	*user = r.data;
	return r.value;
}

/* In the stub of a callback: it stands for none any more. */
CP_FN void cp_check_self(struct cp_call *c)
{
	if (c->self == 0)
		cp_fail(c, CP_RELEASED, "the callback has been released");
}

#define CP_EIGHT(M, a, b, c, d, e, f, g, h) M(a) M(b) M(c) M(d) M(e) M(f) M(g) M(h)
#define CP_EACH_SLOT(M) \
	CP_EIGHT(M, 0, 1, 2, 3, 4, 5, 6, 7) CP_EIGHT(M, 8, 9, 10, 11, 12, 13, 14, 15) \
	CP_EIGHT(M, 16, 17, 18, 19, 20, 21, 22, 23) CP_EIGHT(M, 24, 25, 26, 27, 28, 29, 30, 31)

/* In a shim: the dispatcher tells what it refused to the plug-in. */
CP_FN void cp_reported(struct cp_call *c)
{
	char *text = cp_get_string(c, 1024, 0);
	if (!cp_received(c, CP_ANY))
		return;
	if (c->link->failed != NULL)
		c->link->failed(c->link, "the plug-in", c->self, text, 1);
	cp_answer(c);
}

/* ---- shared memory ------------------------------------------------------ */

/* An argument in shared memory, and how many elements of a size it has: checked against its bounds. */
CP_FN void *cp_get_shared(struct cp_call *c, uint64_t most, unsigned size, int nullable, uint64_t *n)
{
	uint64_t offset = cp_get(c), bytes = cp_get(c);
	*n = bytes / size;
	if (c->status != CP_OK)
		return NULL;
	if (offset == CP_NULL) {
		cp_null(c, nullable);
		return NULL;
	}
	if (offset > c->link->shared_size || bytes > c->link->shared_size - offset || ((offset | bytes) & (size - 1)) != 0) {
		cp_fail(c, CP_MALFORMED, "an argument lies outside of the shared memory");
		return NULL;
	}
	if (*n > most)
		cp_fail(c, CP_TOO_LONG, "an array is longer than its maximum");
	return c->link->shared + offset;
}

/* Puts a place in shared memory that the callee keeps, and how much there may be behind it. */
CP_FN void cp_put_place(struct cp_call *c, const void *p, uint64_t most, unsigned size)
{
	const struct cp_link *link = c->link;
	uint64_t offset = (uint64_t)((uintptr_t)p - (uintptr_t)link->shared), left = link->shared_size - offset;

	if (p == NULL) {
		cp_put(c, CP_NULL);
		cp_put(c, 0);
		return;
	}
	if (offset >= link->shared_size) {
		cp_fail(c, CP_MALFORMED, "an argument lies outside of the shared memory");
		return;
	}
	cp_put(c, offset);
	cp_put(c, left / size < most ? left / size * size : most * size);
}

/* Copies an argument of so many elements into the lane's part of the shared memory, unless it lies there already. */
CP_FN void *cp_put_shared(struct cp_call *c, const void *p, uint64_t n, unsigned size)
{
	struct cp_lane *l = c->lane;
	const unsigned char *at = p;
	unsigned char *to;

	if (p == NULL || c->status != CP_OK) {
		cp_put(c, CP_NULL);
		cp_put(c, 0);
		return NULL;
	}
	if (at >= c->link->shared && at < c->link->shared + c->link->shared_size) {
		to = c->link->shared + (at - c->link->shared);
	} else {
		if (n > (l->bulk_size - l->bulk_top) / size) {
			cp_fail(c, CP_TOO_LONG, "the shared memory has no room for an argument");
			return NULL;
		}
		to = l->bulk + l->bulk_top;
		l->bulk_top += ((uint32_t)n * size + 15) & ~15u;
		if (c->link->swap && size > 1)
			cp_swap(to, at, n, size);
		else
			memcpy(to, p, (size_t)n * size);
	}
	cp_put(c, (uint64_t)(to - c->link->shared));
	cp_put(c, n * size);
	return to;
}

/* Copies it back. */
CP_FN void cp_fetch_shared(struct cp_call *c, const void *from, void *p, uint64_t n, unsigned size)
{
	if (from == NULL || from == p || c->status != CP_OK)
		return;
	if (c->link->swap && size > 1)
		cp_swap(p, from, n, size);
	else
		memcpy(p, from, (size_t)n * size);
}

#endif
