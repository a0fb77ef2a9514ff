/* PowerPC only: a jump out of a routine that the system called. */

#include "test.h"

#define setjmp __setjmp

static long buffer[64];

static int compare(const void *a, const void *b)
{
	longjmp(buffer, 1);
	return 0;
}

long test(long n)
{
	long two[2] = {1, 2};
	if (setjmp(buffer) == 0)
		qsort(two, 2, sizeof two[0], (void *)compare);
	return 0;
}
