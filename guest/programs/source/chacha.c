/* ChaCha20 and Poly1305: rotations, and a product of 130 bits. */
#include "program.h"

#define ROTATE(v, n) ((v) << (n) | (v) >> (32 - (n)))
#define QUARTER(a, b, c, d) \
	a += b, d ^= a, d = ROTATE(d, 16), c += d, b ^= c, b = ROTATE(b, 12), \
	a += b, d ^= a, d = ROTATE(d, 8), c += d, b ^= c, b = ROTATE(b, 7)

static u32 little(const u8 *p) { return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24; }

static void put_little(u8 *p, u32 v)
{
	for (int i = 0; i < 4; i++, v >>= 8)
		p[i] = (u8)v;
}

static void block(u8 *out, const u8 *key, u32 counter, const u8 *nonce)
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, x[16];
	for (int i = 0; i < 8; i++)
		in[4 + i] = little(key + 4 * i);
	in[12] = counter;
	for (int i = 0; i < 3; i++)
		in[13 + i] = little(nonce + 4 * i);
	memcpy(x, in, sizeof x);
	for (int i = 0; i < 10; i++) {
		QUARTER(x[0], x[4], x[8], x[12]);
		QUARTER(x[1], x[5], x[9], x[13]);
		QUARTER(x[2], x[6], x[10], x[14]);
		QUARTER(x[3], x[7], x[11], x[15]);
		QUARTER(x[0], x[5], x[10], x[15]);
		QUARTER(x[1], x[6], x[11], x[12]);
		QUARTER(x[2], x[7], x[8], x[13]);
		QUARTER(x[3], x[4], x[9], x[14]);
	}
	for (int i = 0; i < 16; i++)
		put_little(out + 4 * i, x[i] + in[i]);
}

static void authenticate(u8 *tag, const u8 *key, const u8 *text, u32 n)
{
	u32 r[5], h[5] = { 0 };
	u32 k0 = little(key) & 0x0fffffff, k1 = little(key + 4) & 0x0ffffffc, k2 = little(key + 8) & 0x0ffffffc, k3 = little(key + 12) & 0x0ffffffc;
	r[0] = k0 & 0x3ffffff;
	r[1] = (k0 >> 26 | k1 << 6) & 0x3ffffff;
	r[2] = (k1 >> 20 | k2 << 12) & 0x3ffffff;
	r[3] = (k2 >> 14 | k3 << 18) & 0x3ffffff;
	r[4] = k3 >> 8;
	while (n) {
		u8 b[17] = { 0 };
		u32 some = n < 16 ? n : 16;
		memcpy(b, text, some);
		b[some] = 1;
		text += some;
		n -= some;
		u32 t0 = little(b), t1 = little(b + 4), t2 = little(b + 8), t3 = little(b + 12);
		h[0] += t0 & 0x3ffffff;
		h[1] += (t0 >> 26 | t1 << 6) & 0x3ffffff;
		h[2] += (t1 >> 20 | t2 << 12) & 0x3ffffff;
		h[3] += (t2 >> 14 | t3 << 18) & 0x3ffffff;
		h[4] += t3 >> 8 | (u32)b[16] << 24;
		u64 d[5];
		for (int i = 0; i < 5; i++) {
			d[i] = 0;
			for (int k = 0; k < 5; k++)
				d[i] += (u64)h[k] * (k <= i ? r[i - k] : 5 * r[5 + i - k]);
		}
		u64 carry = 0;
		for (int i = 0; i < 5; i++) {
			d[i] += carry;
			h[i] = (u32)d[i] & 0x3ffffff;
			carry = d[i] >> 26;
		}
		h[0] += (u32)carry * 5;
		h[1] += h[0] >> 26;
		h[0] &= 0x3ffffff;
	}
	u32 carry = 0, g[5];
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < 5; i++) {
			h[i] += carry;
			carry = (h[i] >> 26) * (i == 4 ? 5 : 1);
			h[i] &= 0x3ffffff;
		}
	h[0] += carry;
	carry = 5;
	for (int i = 0; i < 5; i++) {
		g[i] = h[i] + carry;
		carry = g[i] >> 26;
		g[i] &= 0x3ffffff;
	}
	if (carry)
		memcpy(h, g, sizeof h);
	u32 w[4] = { h[0] | h[1] << 26, h[1] >> 6 | h[2] << 20, h[2] >> 12 | h[3] << 14, h[3] >> 18 | h[4] << 8 };
	u64 sum = 0;
	for (int i = 0; i < 4; i++) {
		sum += (u64)w[i] + little(key + 16 + 4 * i);
		put_little(tag + 4 * i, (u32)sum);
		sum >>= 32;
	}
}

static void show(const u8 *p, int n)
{
	char text[129];
	for (int i = 0; i < n; i++)
		format_into(text + 2 * i, "%02x", p[i]);
	put(text);
}

int main(void)
{
	u8 key[32], nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a }, out[64], tag[16], text[250];
	for (int i = 0; i < 32; i++)
		key[i] = (u8)i;
	block(out, key, 1, nonce);
	show(out, 64);
	for (int i = 0; i < COUNT(text); i++)
		text[i] = (u8)(i * 7);
	for (int n = 0; n <= COUNT(text); n += 50) {
		authenticate(tag, out, text, (u32)n);
		show(tag, 16);
	}
	for (u32 i = 0; i < 20; i++) {
		block(out, key, i, nonce);
		for (int k = 0; k < 32; k++)
			key[k] ^= out[k + 7];
	}
	show(key, 32);
	return 0;
}
