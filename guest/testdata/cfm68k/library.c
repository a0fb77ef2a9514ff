/* A library with data, which its client changes, and a world of its own. */
#include "library.h"

long count = 100;
const char names[2][6] = {"zero", "one"};
static long *where = &count; /* a pointer that is relocated */
static long calls;

long add(long n)
{
	calls++;
	return *where += n;
}

/* Calls into another fragment, and its own data afterwards. */
long apply(Function f, long n)
{
	long other = f(n);

	return other + 1000 * ++calls;
}

/* A function that comes back: its client gets a vector. */
Function adder(void) { return add; }

OSErr start(CFragInitBlock *block)
{
	note(block->where); /* 1: the data fork of a file */
	count += 11;
	return noErr;
}

void finish(void) { note(count); }
