/* Division and its remainder, of 8 to 64 bits, signed and not. */
#include "program.h"

static NOINLINE i8 div8(i8 a, i8 b) { return (i8)(a / b); }
static NOINLINE u8 mod8(u8 a, u8 b) { return (u8)(a % b); }
static NOINLINE i16 div16(i16 a, i16 b) { return (i16)(a / b); }
static NOINLINE u16 mod16(u16 a, u16 b) { return (u16)(a % b); }
static NOINLINE i32 div32(i32 a, i32 b) { return a / b; }
static NOINLINE i32 mod32(i32 a, i32 b) { return a % b; }
static NOINLINE u32 udiv32(u32 a, u32 b) { return a / b; }
static NOINLINE u32 umod32(u32 a, u32 b) { return a % b; }
static NOINLINE i64 div64(i64 a, i64 b) { return a / b; }
static NOINLINE i64 mod64(i64 a, i64 b) { return a % b; }
static NOINLINE u64 udiv64(u64 a, u64 b) { return a / b; }
static NOINLINE u64 umod64(u64 a, u64 b) { return a % b; }
static NOINLINE u32 long_by_short(u32 a, u16 b) { return a / b; }

/* By constants, which compilers turn into multiplications and shifts. */
static NOINLINE u32 constants(u32 v)
{
	i32 s = (i32)v;
	return v / 3 ^ v / 7 ^ v / 10 ^ v / 641 ^ v % 1000 ^ (u32)(s / 3) ^ (u32)(s / -5) ^ (u32)(s / 8) ^ (u32)(s % 16) ^ (u32)(s / 1000003);
}

static u64 gcd(u64 a, u64 b)
{
	while (b) {
		u64 t = a % b;
		a = b;
		b = t;
	}
	return a;
}

int main(void)
{
	u32 seed = 2, sum = 2166136261u;
	for (int i = 0; i < 500; i++) {
		u64 a = (u64)next_random(&seed) << 32 | next_random(&seed), b = (u64)next_random(&seed) << 32 | next_random(&seed);
		a >>= (next_random(&seed) >> 8) % 64;
		b >>= (next_random(&seed) >> 8) % 63;
		if (i & 1)
			a = -a;
		if (i & 2)
			b = -b;
		i64 sa = (i64)a, sb = (i64)(b | 1);
		if (sb == -1)
			sb = 3;
		i32 a4 = (i32)a, b4 = (i32)sb;
		if (b4 == -1)
			b4 = -7;
		u64 d[] = {
			(u64)div64(sa, sb), (u64)mod64(sa, sb), udiv64(a, b | 1), umod64(a, b | 1),
			(u64)(i64)div32(a4, b4), (u64)(i64)mod32(a4, b4), udiv32((u32)a, (u32)b | 1), umod32((u32)a, (u32)b | 1),
			(u64)(i64)div16((i16)a, (i16)(b4 | 3)), mod16((u16)a, (u16)(b4 | 1)), (u64)(i64)div8((i8)a, (i8)(b4 | 3)), mod8((u8)a, (u8)(b4 | 1)),
			long_by_short((u32)a, (u16)(b | 1)), constants((u32)a), gcd(a, b),
		};
		for (int k = 0; k < COUNT(d); k++)
			sum = mix32(mix32(sum, (u32)(d[k] >> 32)), (u32)d[k]);
		if (i % 25 == 0) {
			print("%ld / %ld = %ld rest %ld; %lu rest %lu", sa, sb, (i64)d[0], (i64)d[1], d[2], d[3]);
			print("  %d / %d = %d rest %d; %u rest %u; 16: %d %u; 8: %d %u", a4, b4, (i32)d[4], (i32)d[5], (u32)d[6], (u32)d[7], (i32)d[8], (u32)d[9], (i32)d[10], (u32)d[11]);
		}
	}
	print("sum %08x", sum);
	print("%d %d %d %d", div32(-7, 2), mod32(-7, 2), div32(7, -2), mod32(7, -2));
	print("%lu %lu", udiv64(~0ull, 1), udiv64(~0ull, ~0ull));
	print("%ld", div64((i64)(1ull << 63), 2));
	return 0;
}
