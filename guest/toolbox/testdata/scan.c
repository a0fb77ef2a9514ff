/* Fragments only: reading formatted text, and jumps out of routines. */

#include "test.h"

#define setjmp __setjmp

static long buffer[64], other[64];
static volatile long deep;

static void dive(long n)
{
	if (n < 0)
		return;
	if (n == 0)
		longjmp(buffer, (int)deep);
	deep++;
	dive(n - 1);
	deep = -1; /* not reached */
}

static double halves(double by)
{
	volatile double kept = by * 3.0; /* in a register that must survive */
	register double sum = kept + 0.25;
	if (setjmp(other) == 0) {
		deep = 0;
		longjmp(other, 0); /* counts as 1 */
	}
	return sum;
}

long test(long n)
{
	int a = 0, b = 0, count;
	short s = 0;
	float f = 0;
	double d = 0;
	char word[16], rest[16], c = 0;

	CHECK(sscanf("12 -7 rest", "%d%d", &a, &b) == 2 && a == 12 && b == -7);
	CHECK(sscanf("x=0x1f, y = 017", "x=%x, y =%i", &a, &b) == 2 && a == 31 && b == 15);
	CHECK(sscanf("3.5 1e3", "%f %lf", &f, &d) == 2 && f == 3.5 && d == 1000.0);
	CHECK(sscanf("12345", "%2d%hd", &a, &s) == 2 && a == 12 && s == 345);
	CHECK(sscanf("key: value", "%15[a-z]:%s%n", word, rest, &count) == 2 && count == 10);
	CHECK(strcmp(word, "key") == 0 && strcmp(rest, "value") == 0);
	CHECK(sscanf("ab]c", "%[^]]%c", word, &c) == 2 && strcmp(word, "ab") == 0 && c == ']');
	CHECK(sscanf("7 8", "%*d%d", &a) == 1 && a == 8);
	CHECK(sscanf("50%", "%d%%%n", &a, &count) == 1 && count == 3);
	CHECK(sscanf("no", "%d", &a) == 0);
	CHECK(sscanf("", "%d", &a) == -1);
	CHECK(sscanf("1 x", "%d %d", &a, &b) == 1);

	deep = 0;
	a = setjmp(buffer);
	if (a == 0)
		dive(10);
	CHECK(a == 10 && deep == 10);
	CHECK(halves(2.0) == 6.25);
	return 0;
}
