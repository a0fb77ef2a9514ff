/* Jumping out of calls, with what registers held across it. */
#include "program.h"
#include "jump.h"

static jump_buffer outer, inner;
static int depth;

static NOINLINE void dive(int n, int code)
{
	volatile int frame[8];
	frame[n & 7] = n;
	depth++;
	if (!n)
		long_jump(outer, code);
	dive(n - 1, code + frame[n & 7]);
	depth -= 1000; /* never */
}

/* A small exception mechanism: each try is a buffer in a list. */
struct attempt {
	struct attempt *before;
	jump_buffer where;
};

static struct attempt *attempts;

static NOINLINE void throw(int code) { long_jump(attempts->where, code); }

static NOINLINE double divide(double a, double b)
{
	if (b == 0)
		throw(33);
	return a / b;
}

static NOINLINE int nested(int level)
{
	struct attempt try = { .before = attempts };
	attempts = &try;
	int code = set_jump(try.where);
	if (!code) {
		if (level)
			code = nested(level - 1) + level;
		else
			divide(1, 0);
	}
	attempts = try.before;
	if (code > 40)
		throw(code - 5);
	return code;
}

int main(void)
{
	register double x = 1.5, y = 2.25, z = -3;
	register int a = 11, b = 22, c = 33, d = 44;
	for (volatile int i = 1; i <= 4; i++) {
		int code = set_jump(outer);
		if (!code)
			dive(i * 3, i);
		print("came back with %d, depth %d; %d %d %d %d %f %f %f", code, depth, a, b, c, d, x, y, z);
	}
	volatile int count = 0;
	int r = set_jump(inner);
	if (r < 5) {
		count += r;
		long_jump(inner, r + 1);
	}
	print("r %d count %d", r, count);
	struct attempt top = { .before = NULL };
	attempts = &top;
	int code = set_jump(top.where);
	if (!code)
		print("nested %d", nested(3));
	attempts = &top;
	code = set_jump(top.where);
	if (!code)
		print("nested %d", nested(6));
	else
		print("thrown %d", code);
	return 0;
}
