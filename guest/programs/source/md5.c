/* MD5, with its table made of sines computed here. */
#include "program.h"

static u32 k[64];
static const u8 turns[16] = { 7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21 };

/* By the series around 0, where Taylor's is good enough for 33 bits. */
static double sine(double x)
{
	const double turn = 6.283185307179586476925;
	while (x > turn / 2)
		x -= turn;
	double term = x, s = x;
	for (int i = 1; i < 16; i++) {
		term = -term * x * x / (2 * i * (2 * i + 1));
		s += term;
	}
	return s;
}

static void block(u32 *h, const u8 *p)
{
	u32 w[16], a = h[0], b = h[1], c = h[2], d = h[3];
	for (int i = 0; i < 16; i++, p += 4)
		w[i] = p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
	for (int i = 0; i < 64; i++) {
		u32 f;
		int g;
		switch (i >> 4) {
		case 0: f = (b & c) | (~b & d); g = i; break;
		case 1: f = (d & b) | (~d & c); g = 5 * i + 1; break;
		case 2: f = b ^ c ^ d; g = 3 * i + 5; break;
		default: f = c ^ (b | ~d); g = 7 * i;
		}
		f += a + k[i] + w[g & 15];
		a = d;
		d = c;
		c = b;
		int n = turns[(i >> 4) * 4 + (i & 3)];
		b += f << n | f >> (32 - n);
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

static void md5(const char *text, size_t n)
{
	u32 h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	u8 last[128] = { 0 };
	size_t at = 0;
	for (; at + 64 <= n; at += 64)
		block(h, (const u8 *)text + at);
	memcpy(last, text + at, n - at);
	last[n - at] = 0x80;
	size_t end = n - at < 56 ? 64 : 128;
	for (int i = 0; i < 8; i++)
		last[end - 8 + (size_t)i] = (u8)((u64)n * 8 >> (8 * i));
	for (size_t i = 0; i < end; i += 64)
		block(h, last + i);
	char out[33];
	for (int i = 0; i < 16; i++)
		format_into(out + 2 * i, "%02x", h[i / 4] >> (8 * (i % 4)) & 255);
	print("%s %d", out, (int)n);
}

int main(void)
{
	static char text[300];
	for (int i = 0; i < 64; i++) {
		double s = sine(i + 1);
		k[i] = (u32)((s < 0 ? -s : s) * 4294967296.0);
	}
	print("%08x %08x %08x", k[0], k[31], k[63]);
	md5("", 0);
	md5("abc", 3);
	md5("message digest", 14);
	for (int i = 0; i < COUNT(text); i++)
		text[i] = (char)('0' + i % 75);
	for (size_t n = 50; n < sizeof text; n += 31)
		md5(text, n);
	return 0;
}
