/* SHA-256, SHA-1 and SHA-512: words of 32 and 64 bits. */
#include "program.h"

#define RIGHT(v, n) ((v) >> (n) | (v) << (sizeof(v) * 8 - (n)))

static u32 k256[64];
static u64 k512[80];

/* The first bits of the fractions of the roots of the primes: root n of p is
 * found by bisection, with 64 bits after the point. */
static int exceeds(u64 whole, u64 fraction, u32 p, int power) /* (whole + fraction/2^64)^power > p */
{
	u32 x[3] = { (u32)fraction, (u32)(fraction >> 32), (u32)whole }, r[12] = { 0 };
	memcpy(r, x, sizeof x);
	for (u32 n = 3; n < 3 * (u32)power; n += 3) {
		u32 t[12] = { 0 };
		for (u32 i = 0; i < n; i++) {
			u64 carry = 0;
			for (u32 j = 0; j < 3; j++) {
				carry += (u64)r[i] * x[j] + t[i + j];
				t[i + j] = (u32)carry;
				carry >>= 32;
			}
			t[i + 3] = (u32)carry;
		}
		memcpy(r, t, sizeof t);
	}
	return r[2 * power] >= p; /* two words for each factor are after the point */
}

static u64 root_fraction(u32 p, int power)
{
	u64 whole = 1, fraction = 0;
	while (!exceeds(whole + 1, 0, p, power))
		whole++;
	for (u64 bit = 1ull << 63; bit; bit >>= 1)
		if (!exceeds(whole, fraction | bit, p, power))
			fraction |= bit;
	return fraction;
}

static void tables(u64 *start)
{
	int n = 0;
	for (u32 p = 2; n < 80; p++) {
		u32 d = 2;
		while (d * d <= p && p % d)
			d++;
		if (d * d <= p && p % d == 0)
			continue;
		if (n < 8)
			start[n] = root_fraction(p, 2);
		k512[n] = root_fraction(p, 3);
		if (n < 64)
			k256[n] = (u32)(k512[n] >> 32);
		n++;
	}
}

static void block256(u32 *h, const u8 *p)
{
	u32 w[64], v[8];
	for (int i = 0; i < 16; i++, p += 4)
		w[i] = (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
	for (int i = 16; i < 64; i++) {
		u32 a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + (RIGHT(a, 7) ^ RIGHT(a, 18) ^ a >> 3) + w[i - 7] + (RIGHT(b, 17) ^ RIGHT(b, 19) ^ b >> 10);
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 64; i++) {
		u32 t = v[7] + (RIGHT(v[4], 6) ^ RIGHT(v[4], 11) ^ RIGHT(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k256[i] + w[i];
		u32 s = (RIGHT(v[0], 2) ^ RIGHT(v[0], 13) ^ RIGHT(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t;
		v[0] = t + s;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

static void block512(u64 *h, const u8 *p)
{
	u64 w[80], v[8];
	for (int i = 0; i < 16; i++) {
		w[i] = 0;
		for (int k = 0; k < 8; k++)
			w[i] = w[i] << 8 | *p++;
	}
	for (int i = 16; i < 80; i++) {
		u64 a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + (RIGHT(a, 1) ^ RIGHT(a, 8) ^ a >> 7) + w[i - 7] + (RIGHT(b, 19) ^ RIGHT(b, 61) ^ b >> 6);
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 80; i++) {
		u64 t = v[7] + (RIGHT(v[4], 14) ^ RIGHT(v[4], 18) ^ RIGHT(v[4], 41)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k512[i] + w[i];
		u64 s = (RIGHT(v[0], 28) ^ RIGHT(v[0], 34) ^ RIGHT(v[0], 39)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t;
		v[0] = t + s;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

static u64 start[8];

static void sha(const char *text)
{
	u32 h[8], n = (u32)strlen(text);
	u64 g[8];
	u8 b[128] = { 0 };
	for (int i = 0; i < 8; i++) {
		g[i] = start[i];
		h[i] = (u32)(g[i] >> 32);
	}
	memcpy(b, text, n);
	b[n] = 0x80;
	b[62] = b[126] = (u8)(n >> 5);
	b[63] = b[127] = (u8)(n << 3);
	u8 short_block[64];
	memcpy(short_block, b, 64);
	block256(h, short_block);
	b[62] = b[63] = 0;
	memcpy(b, text, n);
	block512(g, b);
	print("%08x%08x%08x%08x%08x%08x%08x%08x", h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]);
	print("%016lx%016lx%016lx%016lx", g[0], g[1], g[2], g[7]);
}

int main(void)
{
	tables(start);
	print("%016lx %016lx %016lx %016lx", start[0], start[7], k512[0], k512[79]);
	sha("");
	sha("abc"); /* ba7816bf..., ddaf35a1... */
	sha("the code for one architecture inside a file");
	u32 h[8] = { 0 };
	u8 b[64] = { 0 };
	for (int i = 0; i < 30; i++) {
		block256(h, b);
		for (int k = 0; k < 8; k++)
			b[k * 5] ^= (u8)h[k];
	}
	print("%08x %08x", h[0], h[7]);
	return 0;
}
