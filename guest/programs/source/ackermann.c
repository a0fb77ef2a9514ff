/* Deep and wide recursion. */
#include "program.h"

static NOINLINE int ackermann(int m, int n)
{
	if (!m)
		return n + 1;
	if (!n)
		return ackermann(m - 1, 1);
	return ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE int tak(int x, int y, int z)
{
	return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

static NOINLINE int ninety_one(int n) { return n > 100 ? n - 10 : ninety_one(ninety_one(n + 11)); }

static int is_odd(u32 n);
static NOINLINE int is_even(u32 n) { return n == 0 || is_odd(n - 1); }
static NOINLINE int is_odd(u32 n) { return n != 0 && is_even(n - 1); }

static u32 moves, checksum = 2166136261u;

static void hanoi(int n, int from, int to, int by)
{
	if (!n)
		return;
	hanoi(n - 1, from, by, to);
	moves++;
	checksum = mix32(checksum, (u32)(n * 100 + from * 10 + to));
	hanoi(n - 1, by, to, from);
}

int main(void)
{
	for (int m = 0; m < 4; m++)
		for (int n = 0; n < 5; n++)
			print("ackermann(%d,%d) = %d", m, n, ackermann(m, n));
	print("tak %d", tak(12, 8, 4));
	print("91: %d %d", ninety_one(5), ninety_one(170));
	print("even %d %d, odd %d", is_even(500), is_even(501), is_odd(77));
	hanoi(10, 1, 3, 2);
	print("hanoi %u moves %08x", moves, checksum);
	return 0;
}
