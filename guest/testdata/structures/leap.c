/* leap.c - jumps that cross something. */
#include "classic.h"
#include "setjmp.h"

#define TWO (1 | 3 << 6 | 3 << 8)

static jmp_buf buffer;

/* Jumps to where a buffer says. */
void leap(UniversalProcPtr further, long *where) { longjmp(where, 5); }

/* Calls a function of somebody's. */
void pass(UniversalProcPtr further, long *where) { CallUniversalProc(further, TWO, 0L, where); }

/* Calls a function that jumps, or that calls one that jumps. */
long run(UniversalProcPtr upp, UniversalProcPtr further)
{
	long got = setjmp(buffer);

	if (got)
		return got;
	CallUniversalProc(upp, TWO, further, buffer);
	return 0;
}
