/* Tricks with bits: counting, rotating, reversing, interleaving. */
#include "program.h"

static NOINLINE u32 left(u32 v, int n) { return v << n | v >> (32 - n); }
static NOINLINE u16 left16(u16 v, int n) { return (u16)(v << n | v >> (16 - n)); }
static NOINLINE u8 left8(u8 v, int n) { return (u8)(v << n | v >> (8 - n)); }

static NOINLINE u32 reverse(u32 v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

static NOINLINE u32 spread(u32 v)
{
	v &= 0xffff;
	v = (v | v << 8) & 0x00ff00ff;
	v = (v | v << 4) & 0x0f0f0f0f;
	v = (v | v << 2) & 0x33333333;
	return (v | v << 1) & 0x55555555;
}

static NOINLINE u32 root(u32 v)
{
	u32 r = 0;
	for (u32 bit = 1u << 30; bit; bit >>= 2)
		if (v >= r + bit) {
			v -= r + bit;
			r = r >> 1 | bit;
		} else
			r >>= 1;
	return r;
}

static NOINLINE u32 gray(u32 v) { return v ^ v >> 1; }

/* The mask of bits from a to b, as PowerPC's rlwinm has it. */
static NOINLINE u32 mask(int a, int b)
{
	u32 m = 0;
	for (int i = a;; i = (i + 1) & 31) {
		m |= 0x80000000u >> i;
		if (i == b)
			return m;
	}
}

int main(void)
{
	u32 seed = 1;
	for (int i = 0; i < 12; i++) {
		u32 v = next_random(&seed) >> (i * 2), w = next_random(&seed);
		print("%08x pop %d clz %d ctz %d parity %d swap %08x", v, __builtin_popcount(v), v ? __builtin_clz(v) : 32,
		      v ? __builtin_ctz(v) : 32, __builtin_parity(v), __builtin_bswap32(v));
		print("  left %08x %04x %02x reverse %08x spread %08x root %u gray %08x", left(v, 1 + i * 2), left16((u16)v, 1 + i),
		      left8((u8)v, 1 + i % 7), reverse(v), spread(v) | spread(w) << 1, root(v), gray(v));
		print("  mask %08x and %08x nand %08x nor %08x eqv %08x andc %08x orc %08x", mask(i * 5 & 31, i * 11 & 31), v & w,
		      ~(v & w), ~(v | w), ~(v ^ w), v & ~w, v | ~w);
		u64 d = (u64)v << 32 | w;
		print("  wide %lx clz %d ctz %d pop %d swap %lx", d, __builtin_clzll(d | 1), __builtin_ctzll(d | 1ull << 63), __builtin_popcountll(d), __builtin_bswap64(d));
	}
	u32 sum = 2166136261u;
	for (int a = 0; a < 32; a++)
		for (int b = 0; b < 32; b++)
			sum = mix32(sum, mask(a, b) & left(0x12345678, (a & 15) + 1));
	print("masks %08x", sum);
	return 0;
}
