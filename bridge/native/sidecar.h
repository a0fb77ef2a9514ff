/*
 * sidecar.h - what lies beside a shim: which plug-in it is, how to run it, and
 * how it describes itself.
 *
 * Package bridge writes it; see sidecar.go for the layout. Strings stay in the
 * file's image and end with NUL.
 */
#ifndef CROSSPLUG_SIDECAR_H
#define CROSSPLUG_SIDECAR_H

#include <stddef.h>
#include <stdint.h>

struct cursor {
	const unsigned char *at, *end;
	int bad; /* it ran off the end; all further values are 0 and "" */
};
uint32_t take32(struct cursor *);
uint64_t take64(struct cursor *);
const char *take_string(struct cursor *);
/* A count, then as many strings; an array that NULL ends, or NULL if there is no memory. */
const char **take_strings(struct cursor *);

struct sidecar {
	void *image;
	const char *plugin; /* path */
	const char *arch, *group;
	uint64_t content; /* checksum of the plug-in's file */
	int bits, big_endian;
	const char **command, **without;
	struct cursor plugins; /* a count, then the descriptions */
};

/*
 * Reads the sidecar of the shared object that this code is in. 0, or -1 with
 * the reason in why, of WHY bytes.
 */
int sidecar_read(struct sidecar *, char *why);
void sidecar_free(struct sidecar *);
/* Is the content of the plug-in's file what was described? Reads it. */
int sidecar_current(const struct sidecar *);

#endif
