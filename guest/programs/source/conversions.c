/* From every kind of number to every other. */
#include "program.h"

static const double doubles[] = {
	0.0, 0.5, 0.99999999999999989, 1.0, 1.5, 2.5, -0.5, -1.5, -2.5, 127.5, 255.99, 32767.9, -32768.9, 65535.5, 2147483520.0,
	2147483647.0, -2147483648.0, 1e-300, -1e-20, 123456789.987654321, 3.1415926535897931,
};

static NOINLINE float narrow(double d) { return (float)d; }
static NOINLINE double widen(float f) { return f; }
static NOINLINE i32 to_int(double d) { return (i32)d; }
static NOINLINE i64 to_long(double d) { return (i64)d; }
static NOINLINE u32 to_unsigned(double d) { return (u32)d; }
static NOINLINE u64 to_unsigned_long(double d) { return (u64)d; }
static NOINLINE i32 float_to_int(float f) { return (i32)f; }
static NOINLINE i64 float_to_long(float f) { return (i64)f; }
static NOINLINE double from_int(i32 v) { return v; }
static NOINLINE double from_unsigned(u32 v) { return v; }
static NOINLINE double from_long(i64 v) { return (double)v; }
static NOINLINE double from_unsigned_long(u64 v) { return (double)v; }
static NOINLINE float float_from_int(i32 v) { return (float)v; }
static NOINLINE float float_from_unsigned(u32 v) { return (float)v; }
static NOINLINE float float_from_long(i64 v) { return (float)v; }
static NOINLINE float float_from_unsigned_long(u64 v) { return (float)v; }

/* By adding and taking away 2^52. */
static NOINLINE double nearest(double d)
{
	volatile double big = d < 0 ? -4503599627370496.0 : 4503599627370496.0, t = d + big;
	return t - big;
}

static NOINLINE double down(double d)
{
	double t = (double)(i64)d;
	return t > d ? t - 1 : t;
}

int main(void)
{
	for (int i = 0; i < COUNT(doubles); i++) {
		double d = doubles[i];
		print("%b %f int %d long %ld float %08x nearest %f down %f", d, d, to_int(d), to_long(d), bits_of_float(narrow(d)),
		      nearest(d), down(d));
		if (d >= 0)
			print("  unsigned %u %lu", to_unsigned(d), to_unsigned_long(d));
	}
	print("%u %lu %ld", to_unsigned(4294967295.0), to_unsigned_long(18446744073709549568.0), to_long(-9223372036854775808.0));
	u32 seed = 11, sum = 2166136261u;
	for (int i = 0; i < 300; i++) {
		u64 v = (u64)next_random(&seed) << 32 | next_random(&seed);
		v >>= i % 64;
		double all[] = { from_int((i32)v), from_unsigned((u32)v), from_long((i64)v), from_unsigned_long(v),
			float_from_int((i32)v), float_from_unsigned((u32)v), float_from_long((i64)v), float_from_unsigned_long(v) };
		for (int k = 0; k < COUNT(all); k++)
			sum = mix32(mix32(sum, (u32)(bits_of(all[k]) >> 32)), (u32)bits_of(all[k]));
		if (i % 30 == 7)
			print("%lx: %b %b %b %b %b %b %b %b", v, all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7]);
		/* A float whose exponent fits, and back. */
		float f = float_of_bits(((u32)v & 0x80ffffff) | (u32)(110 + i % 47) << 23);
		sum = mix32(sum, (u32)float_to_int(f) + (u32)float_to_long(f * 4096.0f));
		sum = mix32(sum, bits_of_float(narrow(widen(f) * 1.0000001)));
	}
	print("sum %08x", sum);
	/* Ties, to even. */
	for (u64 v = 0x20000000000001ull; v < 0x20000000000008ull; v++)
		print("%lx %b %08x", v, from_long((i64)v), bits_of_float(float_from_long((i64)v)));
	for (int i = 0; i < 8; i++)
		print("%08x", bits_of_float(float_from_int((1 << 24) + i)));
	return 0;
}
