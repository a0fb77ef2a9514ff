/* 64-bit integers on 32-bit processors: carries, shifts, products, comparisons. */
#include "program.h"

static NOINLINE u64 add(u64 a, u64 b) { return a + b; }
static NOINLINE u64 subtract(u64 a, u64 b) { return a - b; }
static NOINLINE u64 multiply(u64 a, u64 b) { return a * b; }
static NOINLINE i64 product(i32 a, i32 b) { return (i64)a * b; }
static NOINLINE u64 unsigned_product(u32 a, u32 b) { return (u64)a * b; }
static NOINLINE u32 high(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
static NOINLINE i32 signed_high(i32 a, i32 b) { return (i32)((i64)a * b >> 32); }
static NOINLINE u64 left(u64 v, int n) { return v << n; }
static NOINLINE u64 right(u64 v, int n) { return v >> n; }
static NOINLINE i64 arithmetic(i64 v, int n) { return v >> n; }
static NOINLINE u64 rotate(u64 v, int n) { return v << n | v >> (64 - n); }
static NOINLINE i64 negate(i64 v) { return -v; }
static NOINLINE u64 magnitude(i64 v) { return v < 0 ? -(u64)v : (u64)v; }

static NOINLINE int order(i64 a, i64 b) { return a < b ? -1 : a > b; }
static NOINLINE int unsigned_order(u64 a, u64 b) { return a < b ? -1 : a > b; }

static NOINLINE int overflows(i64 a, i64 b)
{
	i64 r;
	return __builtin_add_overflow(a, b, &r) << 1 | __builtin_sub_overflow(a, b, &r);
}

static NOINLINE int overflows32(i32 a, i32 b)
{
	i32 r;
	u32 u;
	return __builtin_add_overflow(a, b, &r) << 3 | __builtin_sub_overflow(a, b, &r) << 2 | __builtin_mul_overflow(a, b, &r) << 1 |
		__builtin_add_overflow((u32)a, (u32)b, &u);
}

/* The 128-bit product, high half, from four of 64. */
static NOINLINE u64 high64(u64 a, u64 b)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 mid = ah * bl + (al * bl >> 32);
	u64 mid2 = al * bh + (u32)mid;
	return ah * bh + (mid >> 32) + (mid2 >> 32);
}

int main(void)
{
	static const u64 some[] = { 0, 1, ~0ull, 1ull << 63, (1ull << 63) - 1, 0xffffffff, 0x100000000, 0x123456789abcdef0, 0xfedcba9876543210, 0x80000000 };
	u32 sum = 2166136261u;
	for (int i = 0; i < COUNT(some); i++)
		for (int k = 0; k < COUNT(some); k++) {
			u64 a = some[i], b = some[k], all[] = {
				add(a, b), subtract(a, b), multiply(a, b), (u64)product((i32)a, (i32)b), unsigned_product((u32)a, (u32)b),
				high((u32)a, (u32)b), (u64)(i64)signed_high((i32)a, (i32)b), left(a, (int)(b % 64)), right(a, (int)(b % 64)),
				(u64)arithmetic((i64)a, (int)(b % 64)), rotate(a, (int)(b % 63) + 1), high64(a, b), magnitude((i64)(a ^ b)),
			};
			int o = (order((i64)a, (i64)b) + 1) * 3 + unsigned_order(a, b) + 1;
			for (int j = 0; j < COUNT(all); j++)
				sum = mix32(mix32(sum, (u32)all[j]), (u32)(all[j] >> 32));
			sum = mix32(sum, (u32)o);
			if ((i + k) % 5 == 0)
				print("%lx %lx: %lx %lx %lx order %d over %d %d", a, b, all[0], all[1], all[2], o, overflows((i64)a, (i64)b), overflows32((i32)a, (i32)b));
		}
	for (int n = 0; n < 64; n += 7)
		print("%d: %lx %lx %lx", n, left(some[7], n), right(some[8], n), arithmetic((i64)some[8], n));
	print("%ld %ld", negate(5), negate(-(1ll << 40)));
	u64 f = 1;
	for (u64 i = 2; i <= 20; i++)
		f *= i;
	print("20! = %lu, sum %08x", f, sum);
	return 0;
}
