/* Zeros with signs, denormal numbers, infinities and NaNs, in every operation. */
#include "program.h"

static const u64 some[] = {
	0, 1ull << 63, 1, 0x000fffffffffffff, 0x0010000000000000, 0x8010000000000001, 0x3ff0000000000000, 0xbff0000000000001,
	0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x3ca0000000000000, 0x4340000000000000, 0x2000000000000000,
};
static const u32 floats[] = { 0, 0x80000000, 1, 0x807fffff, 0x00800000, 0x3f800000, 0xbf800001, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x33800000, 0x1f000000 };

static NOINLINE double add(double a, double b) { return a + b; }
static NOINLINE double subtract(double a, double b) { return a - b; }
static NOINLINE double multiply(double a, double b) { return a * b; }
static NOINLINE double divide(double a, double b) { return a / b; }
static NOINLINE float fadd(float a, float b) { return a + b; }
static NOINLINE float fsubtract(float a, float b) { return a - b; }
static NOINLINE float fmultiply(float a, float b) { return a * b; }
static NOINLINE float fdivide(float a, float b) { return a / b; }

static NOINLINE int order(double a, double b)
{
	return (a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a > b) << 4 | (a >= b) << 5 | (__builtin_isunordered(a, b) != 0) << 6;
}

static NOINLINE int forder(float a, float b)
{
	return (a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a > b) << 4 | (a >= b) << 5;
}

static NOINLINE double negative(double a) { return -a; }
static NOINLINE double size(double a) { return a < 0 ? -a : a; }
static NOINLINE double largest(double a, double b) { return a > b ? a : b; }

static void show(const char *what, u64 a, u64 b, double r)
{
	print("%lx %s %lx = %b", a, what, b, r);
}

static u32 fsum(u32 sum, float f) { return mix32(sum, f != f ? 0x7fc00000 : bits_of_float(f)); }

int main(void)
{
	for (int i = 0; i < COUNT(some); i++)
		for (int k = 0; k < COUNT(some); k++) {
			u64 a = some[i], b = some[k];
			double x = of_bits(a), y = of_bits(b);
			if ((i * 3 + k) % 4 == 0) {
				show("+", a, b, add(x, y));
				show("-", a, b, subtract(x, y));
			} else if ((i * 3 + k) % 4 == 1)
				show("*", a, b, multiply(x, y));
			else
				show("/", a, b, divide(x, y));
			if (k == 3)
				print("%lx orders %02x %02x %b %b %b", a, order(x, y), order(y, x), negative(x), size(x), largest(x, y));
		}
	u32 sum = 2166136261u;
	for (int i = 0; i < COUNT(floats); i++)
		for (int k = 0; k < COUNT(floats); k++) {
			float a = float_of_bits(floats[i]), b = float_of_bits(floats[k]);
			sum = fsum(fsum(fsum(fsum(sum, fadd(a, b)), fsubtract(a, b)), fmultiply(a, b)), fdivide(a, b));
			sum = mix32(sum, (u32)forder(a, b));
			if (i == k)
				print("%08x widened %b sum %08x", floats[i], (double)a, sum);
		}
	/* Rounding to float, on the way down to nothing. */
	double d = 1.0000000596046448;
	for (int i = 0; i < 12; i++) {
		print("%b as float %b", d, (double)(float)d);
		d *= 1.52587890625e-05 * (1 + i * 1e-9);
	}
	double halves = 1;
	int steps = 0;
	for (; halves > 0; halves /= 2)
		steps++;
	print("halved %d times", steps);
	return 0;
}
