/*
 * shim.h - what a shim tells whoever connects it with a plug-in.
 *
 * Its owner sets the link's version to the older of both sides', fills in its
 * functions and its shared memory, attaches and binds the dispatcher, and gives
 * requests that come from there to serve. See glue.h; a shared object holds one
 * shim.
 */
#ifndef CROSSPLUG_SHIM_H
#define CROSSPLUG_SHIM_H

#include "glue.h"

/* A function of the plug-in's, with the number by which the dispatcher knows it. */
struct cp_symbol {
	const char *name;
	uint32_t id;
	uint32_t required; /* a file without it is no plug-in of this API */
};

struct cp_shim {
	const char *api;
	uint64_t version;           /* of the definition, see CP_VERSION */
	const unsigned char *hash;  /* 32 bytes, for the attaching */
	const struct cp_symbol *symbols; /* the last has no name */
	struct cp_link *link;
	/* Serves the request in a lane; returns the response's length. */
	uint32_t (*serve)(struct cp_lane *, uint32_t length);
};

extern const struct cp_shim crossplug_shim __attribute__((visibility("hidden")));

#endif
