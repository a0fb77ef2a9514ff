/* Fragments only: jumps out of routines that the system called. */

#include "test.h"

#define setjmp __setjmp

static long buffer[64], inner[64];
static volatile long count;

static int once(const void *a, const void *b)
{
	longjmp(buffer, *(const long *)a);
	return 0;
}

/* A call within a call: some jumps are out of one, the last is out of both. */
static int twice(const void *a, const void *b)
{
	long two[2] = {7, 7};
	if (setjmp(inner) == 0)
		qsort(two, 2, sizeof two[0], (void *)once);
	return 0;
}

static int within(const void *a, const void *b)
{
	long two[2] = {++count, count};
	if (setjmp(inner) == 0) {
		if (count < 3)
			longjmp(inner, 1);
		qsort(two, 2, sizeof two[0], (void *)once);
	}
	return count;
}

/* Many numbers that registers have, before and after. */
static double numbers(double by, void *compare)
{
	long two[2] = {5, 5};
	double a = by + 1, b = by * 2, c = by * 3, d = by * 4, e = by * 5, f = by * 6, g = by * 7, h = by * 8;
	long sums = 0, i;
	for (i = 0; i < 50; i++) {
		long got = setjmp(buffer);
		if (got == 0) {
			qsort(two, 2, sizeof two[0], compare);
			return -1;
		}
		sums += got;
	}
	return a + b + c + d + e + f + g + h + sums;
}

long test(long n)
{
	long many[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	if (n == 1)
		longjmp(inner, 1); /* which nobody has filled */
	CHECK(numbers(1.0, (void *)once) == 37 + 50 * 5);
	CHECK(numbers(2.0, (void *)twice) == 73 + 50 * 7);
	if ((n = setjmp(buffer)) == 0)
		qsort(many, 8, sizeof many[0], (void *)within);
	CHECK(n == 3 && count == 3);
	return 0;
}
