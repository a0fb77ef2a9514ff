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
#define CP_INLINE static inline __attribute__((unused, always_inline)) /* where a call costs more than the code */
#define CP_COLD static __attribute__((unused, noinline, cold))
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
	uint32_t serving;      /* skeletons that its thread is in, one within the other */
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
	uint32_t kept_count;
	uint64_t kept_size; /* of them, bytes */
	unsigned char *shared; /* shared memory in this process */
	uint64_t shared_size;
	int swap; /* the plug-in has the other byte order; shims alone use it */
	/*
	 * A lane for the calling thread, or NULL: the one whose skeleton it is in,
	 * else one that no other thread gets until it is given back. Texts and
	 * arrays that a function returned stay in it until the next call through
	 * it, so a thread should always get the same one.
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

enum { CP_MOST_MADE = 16, CP_MOST_VIEWS = 1 << 14, CP_MOST_KEPT = 1 << 14, CP_MOST_KEPT_SIZE = 16 << 20 };

/* Calls of one side on one lane, each within the one before. The helper's lanes have room for somewhat more. */
enum { CP_DEEPEST = 250 };

struct cp_call {
	struct cp_link *link;
	struct cp_lane *lane;
	const char *name;
	uint32_t id, self;
	uint32_t table; /* in a method's skeleton: the handle of its table */
	uint32_t at, end; /* in the frame: the next word, and where they end */
	uint32_t status;
	int remote;
	const char *what;
	uint32_t handle; /* that was put or taken last */
	uint32_t base, bulk; /* the lane's before the call */
	int entered; /* the lane is to be given back */
	int keep;    /* decode into memory that stays */
	void *kept;  /* list of such */
	uint32_t made_count;
	struct {
		uint32_t row, scope;
	} made[CP_MOST_MADE]; /* for callbacks among the arguments */
};

CP_COLD void cp_fail(struct cp_call *c, uint32_t status, const char *what)
{
	if (c->status == CP_OK) {
		c->status = status;
		c->what = what;
	}
	c->at = c->end = 0;
}

#include "values.h"

#include "calls.h"

#include "objects.h"

#endif
