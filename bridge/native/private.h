/* private.h - what the parts of the client know of each other. */
#ifndef CROSSPLUG_PRIVATE_H
#define CROSSPLUG_PRIVATE_H

#include <stdatomic.h>

#include "client.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "shared memory and the sidecar are little-endian, and this side does not turn them around"
#endif

/* A stretch of a helper's shared memory that is in use; a list in order of offset. */
struct stretch {
	struct stretch *next;
	uint32_t offset, size;
};

struct helper {
	struct helper *next;    /* in the registry */
	char *key, *name, *loss;
	unsigned users;
	_Atomic uint32_t lost;  /* for good */
	_Atomic uint32_t busy;  /* lock of the stream and of the list of stretches */
	int stream, memory;     /* descriptors; -1 if closed */
	int pidfd;              /* or -1, where the kernel has none */
	uint32_t id;            /* of the last request */
	uint64_t base;          /* of the shared memory in the helper */
	uint64_t setpriority;   /* address of the function in the helper; 0 if it has none */
	struct stretch *stretches;
};

/* A process, or -1, our end of its stream and the memory shared with it. */
struct process {
	int pidfd, stream, memory;
};
int spawn(const struct launch *, uint32_t memory_size, struct process *, char *why);

int helper_start_lane(struct helper *, uint32_t offset, char *why);

int forked(void);                                   /* is this a child of the process that opened the helpers? */
void helper_lose(struct helper *, const char *how); /* ends it, and says so once */
int helper_hung_up(struct helper *);                /* has its end of the stream been closed? */

/* Both return 0 for a wake-up, a changed value and a signal alike; wait -1 after that many milliseconds. */
int futex_wait(_Atomic uint32_t *, uint32_t old, uint32_t milliseconds);
void futex_wake(_Atomic uint32_t *);

#endif
