/*
 * client.h - the host side of the helper's protocol, for shared objects that
 * live in other people's processes.
 *
 * What package helper does for programs in Go, in plain C and with good manners:
 * it starts no thread, installs no signal handler, sends no SIGCHLD, leaks no
 * descriptor to programs that the process starts, and writes to no file but
 * standard error, a line when a helper is lost.
 *
 *     helper_open     starts the process, or finds the one with the same key
 *     helper_load ... requests over the stream; for any thread, one at a time
 *     area_make       shared memory
 *     lane_open       a lane: a thread of the helper for one thread of ours at a time
 *     lane_add, lane_run   calls: no allocation, no lock, and no system call but
 *                     the wake-up and the wait
 *
 * Whatever can fail returns -1 (or NULL) and writes the reason into why, of
 * WHY bytes, as a line without a newline. On the audio path there are no
 * reasons: a helper that is lost is lost, and has been reported once.
 *
 * fork: in the child every helper counts as lost, and nothing the child does
 * reaches the parent's. A helper opened in the child is a new one.
 */
#ifndef CROSSPLUG_CLIENT_H
#define CROSSPLUG_CLIENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

enum { WHY = 512 };

/* How long a call may take before its helper counts as hung, in milliseconds. */
enum { CALL_LIMIT = 30000, RUN_LIMIT = 5000 };

struct helper;

/* What to start. The strings need to live only during the call. */
struct launch {
	const char *key;             /* equal keys in one process share a helper */
	const char *name;            /* for messages */
	const char *loss;            /* what users of a lost helper get from now on: "it ..." */
	const char *const *command;  /* up to the helper's executable; NULL ends it */
	const char *const *without;  /* environment variables that it must not get; NULL ends it */
	int bits, big_endian;        /* what it must turn out to be */
};

struct helper *helper_open(const struct launch *, char *why); /* adds a user */
void helper_close(struct helper *);                           /* drops one; the last ends the process */
/* As helper_close, at once, but leaves the memory: at exit a thread of the host may still be in a call. */
void helper_abandon(struct helper *);

int helper_load(struct helper *, const char *path, uint64_t *module, char *why);
int helper_load_bytes(struct helper *, const char *name, const void *image, uint32_t length, uint64_t *module, char *why);
int helper_lookup(struct helper *, uint64_t module, const char *symbol, uint64_t *address, char *why);
int helper_read(struct helper *, uint64_t address, void *to, uint32_t length, char *why);
int helper_callback(struct helper *, uint32_t id, const char *classes, uint64_t *address, char *why);
int helper_release(struct helper *, uint64_t address, char *why);

/* Shared memory, page-aligned and zeroed, all of its pages present. */
struct area {
	unsigned char *here; /* in this process */
	uint64_t there;      /* in the helper */
	uint32_t offset, size;
};
int area_make(struct helper *, uint32_t size, struct area *, char *why);
void area_free(struct helper *, struct area *);

/*
 * A lane lies at the start of an area of at least LANE_SIZE bytes, which stays
 * its owner's. called, if not NULL, serves the callbacks that the plug-in calls
 * on it; it may use the lane for calls of its own, which nest.
 */
struct lane {
	struct helper *helper;
	unsigned char *at;
	uint64_t (*called)(void *context, uint32_t id, const uint64_t *args);
	void *context;
	uint32_t turns;         /* taken by this side */
	uint32_t end;           /* of the call records that are added */
	uint32_t count;         /* of them */
	uint32_t calls, rests;  /* bytes of LANE_CALLS and LANE_RESULTS that outer runs still need */
	uint32_t cpu, other;    /* where the helper's thread is bound; where ours was last if not there */
	int hurried;            /* the helper's thread knows whether it serves a real-time thread */
};
int lane_open(struct lane *, struct helper *, const struct area *, char *why);
void lane_close(struct lane *);
/* Is its helper there, and not the parent's? If not, its memory is not to be written either. */
int lane_usable(const struct lane *);

/*
 * Adds a call to what the next lane_run runs. The arguments are integers
 * extended to 64 bits or the bits of floats, one for each class after the
 * first. -1: no room.
 */
int lane_add(struct lane *, uint64_t function, const char *classes, const uint64_t *args);
/* Runs what was added, in order. 0, or -1 if the helper is lost. */
int lane_run(struct lane *, uint32_t limit);
/* The result of a call of the last lane_run, unextended. */
uint64_t lane_result(const struct lane *, uint32_t index);
/* Adds and runs one call. */
int lane_call(struct lane *, uint32_t limit, uint64_t *result, uint64_t function, const char *classes, const uint64_t *args);
/*
 * Brings the helper's thread to the processor that the caller runs on, and,
 * the first time, before all ordinary threads if the caller is a real-time
 * thread. It does nothing, and asks the kernel nothing, where that is so already.
 */
void lane_place(struct lane *);

/* A lock of one word, 0 at first. For everything but the audio path. */
void lock(_Atomic uint32_t *);
void unlock(_Atomic uint32_t *);

/* Writes a line to standard error: "crossplug: " and the text. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
