/* PowerPC only: a library for fragments.c. */
#include "test.h"

typedef struct {
	UInt32 context, closure, connection;
	long where;
	FSSpec *spec;
	UInt32 offset, length;
	UInt32 more;
	unsigned char *name;
	long reserved;
} InitBlock;

long counter = 41;
static Str63 file;

OSErr initialise(const InitBlock *block)
{
	long i;
	if (block->where == 1)
		for (i = 0; i <= block->spec->name[0]; i++)
			file[i] = block->spec->name[i];
	counter++;
	return noErr;
}

long add(long a, long b) { return a + b + counter; }
const unsigned char *place(void) { return file; }
