#define JUMPS
#include "jumps.h"

static jump_buffer outer, inner;
static volatile int depth;

static Report give(int n)
{
	Report r = {n, {n, n + 1, n + 2, n + 3, n + 4}};

	return r;
}

/* Never returns its structure. */
static Report leave(int n) { long_jump(outer, n); }

static char *frames[42]; /* where the stack was for each kind of call */
static volatile int moved;

static Report sometimes(int n)
{
	char *frame = __builtin_frame_address(0);

	if (n >= 42 && frames[n % 42] != frame)
		moved++;
	frames[n % 42] = frame;
	if (n % 3 == 0)
		long_jump(inner, n + 1);
	return give(n);
}

/* Has numbers in registers that are its caller's, and does not put back what these had. */
static double __attribute__((noinline)) floats(Reporter f, double a)
{
	double b = a * 2, c = a * 3, d = a * 4, e = a * 5, g = a * 6;

	return ask(f, (int)a).kind + a + b + c + d + e + g;
}

/* What registers have must be there after a jump over functions that use them. */
static int __attribute__((noinline)) kept(int a, int b, int c, int d, double x, double y)
{
	volatile int got;
	int i, e = a * b, f = b * c, g = c * d, h = d * a;
	double z = x * y, w = x + y;

	for (i = 0; i < 3; i++) {
		got = set_jump(outer);
		if (got == 0)
			return (int)floats(leave, a + i);
		if (got > 100)
			break;
	}
	return e + f + g + h + a + b + c + d + got + (int)(x + y + z + w);
}

static double __attribute__((noinline)) around(double a, double b, double c, double d)
{
	double p = a * b, q = b * c, r = c * d, s = d * a, t = a + b + c + d;
	int n = kept((int)a, (int)b, (int)c, (int)d, a, d);

	return p + q + r + s + t + a + b + c + d + n;
}

/* Calls that have pushed more or less when the jump comes. */
static int __attribute__((noinline)) often(int times)
{
	volatile int i, sum = 0;

	for (i = 0; i < times; i++) {
		int got = set_jump(inner);
		if (got == 0) {
			if (i & 1)
				sum += deeper(sometimes, i % 7, i, 2, i);
			else
				sum += ask(sometimes, i, 1, 2, 3, 4, 5, 6).values[1];
		} else
			sum += 1000 + got % 13;
	}
	return sum;
}

static int recurse(int n)
{
	jump_buffer here;
	volatile int own = n;
	int got = set_jump(here);

	if (got == 0) {
		depth++;
		if (n > 0)
			own += recurse(n - 1);
		long_jump(here, n + 2);
	}
	return own * 3 + got;
}

int run(Note note)
{
	note((int)around(1, 2, 3, 4));
	note((int)around(10, 20, 3, 5));
	note(often(10));
	note(often(3000));
	note(moved); /* the stack is not used up */
	note(recurse(20));
	note(depth);
	return 0;
}
