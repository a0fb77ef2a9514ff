/*
 * link.h - joins a shim with a dispatcher, for the tests.
 *
 * The two are linked into one program, or the dispatcher runs in another
 * process of perhaps another architecture: a server of the tests' own (server.c)
 * or a helper host. The messages always lie in shared memory of this layout.
 */
#include <stdint.h>

#include "shim.h"

/* A lane for each class of threads, and one spare: frame and bulk. */
enum { LANES = 4, SPARE = 3, FRAME = 64 << 10, BULK = 64 << 10, SHARED = LANES * (FRAME + BULK) };

/* What goes through the pipes to and from the server. */
enum turn_kind { RUN = 1, DONE, UP, RETURN };
struct turn { /* little-endian */
	uint32_t kind, lane, length;
};

/* Fills in what crossplug_attach wants. */
enum { ATTACH = 72 + 32 * LANES };
void attach_block(unsigned char *block, const unsigned char *hash, uint64_t version, uint64_t base, uint64_t upcall);

/* Gives a dispatcher in this process the plug-in's functions, except those of these names. */
struct binding {
	const char *name;
	uint32_t id;
	void *address;
};
extern const struct binding bindings[];

/* The link of the shim. What it goes to is said by arguments: nothing, for a dispatcher in this process; see link.c and helper_link.c. */
extern struct cp_lane lanes[LANES];
extern int link_serves_threads; /* the plug-in may call from threads of its own */
void link_start(char **arguments);
void link_here(uint64_t version);
void link_end(void);
void link_set_up(unsigned char *shared);
uint32_t link_serve(struct cp_lane *lane, uint32_t length); /* a request of the plug-in's */

/* If set, sees each message before it is read, and returns its length; in one process only. */
extern uint32_t (*link_tap)(unsigned char *frame, uint32_t length, int response);

/* What the shim or the dispatcher refused last. */
extern struct failure {
	int count;
	uint32_t status;
	int remote;
	char function[64], what[256];
} failure;
