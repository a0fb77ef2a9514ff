/* AES-128, its tables computed in the field of 256 elements. */
#include "program.h"

static u8 sbox[256], inverse[256];

static u8 twice(u8 a) { return (u8)(a << 1 ^ (a & 0x80 ? 0x1b : 0)); }

static u8 times(u8 a, u8 b)
{
	u8 p = 0;
	for (; b; b >>= 1, a = twice(a))
		if (b & 1)
			p ^= a;
	return p;
}

static void tables(void)
{
	u8 p = 1, q = 1;
	do {
		p ^= twice(p);
		q ^= (u8)(q << 1);
		q ^= (u8)(q << 2);
		q ^= (u8)(q << 4);
		if (q & 0x80)
			q ^= 9;
		u8 x = q ^ (u8)(q << 1 | q >> 7) ^ (u8)(q << 2 | q >> 6) ^ (u8)(q << 3 | q >> 5) ^ (u8)(q << 4 | q >> 4) ^ 0x63;
		sbox[p] = x;
		inverse[x] = p;
	} while (p != 1);
	sbox[0] = 0x63;
	inverse[0x63] = 0;
}

static void expand(const u8 key[16], u8 round[176])
{
	u8 constant = 1;
	memcpy(round, key, 16);
	for (int i = 16; i < 176; i += 4) {
		u8 t[4];
		memcpy(t, round + i - 4, 4);
		if (i % 16 == 0) {
			u8 first = t[0];
			t[0] = sbox[t[1]] ^ constant;
			t[1] = sbox[t[2]];
			t[2] = sbox[t[3]];
			t[3] = sbox[first];
			constant = twice(constant);
		}
		for (int k = 0; k < 4; k++)
			round[i + k] = round[i + k - 16] ^ t[k];
	}
}

static void add(u8 *s, const u8 *k)
{
	for (int i = 0; i < 16; i++)
		s[i] ^= k[i];
}

static void columns(u8 *s, u8 a, u8 b, u8 c, u8 d)
{
	for (int i = 0; i < 16; i += 4) {
		u8 v[4];
		memcpy(v, s + i, 4);
		for (int k = 0; k < 4; k++)
			s[i + k] = times(v[k], a) ^ times(v[(k + 1) & 3], b) ^ times(v[(k + 2) & 3], c) ^ times(v[(k + 3) & 3], d);
	}
}

static void shift(u8 *s, const u8 *box, int by)
{
	u8 t[16];
	for (int i = 0; i < 16; i++)
		t[i] = box[s[(i + by * (i & 3) * 4) & 15]];
	memcpy(s, t, 16);
}

static void encrypt(u8 *s, const u8 *round)
{
	add(s, round);
	for (int r = 1; r <= 10; r++) {
		shift(s, sbox, 1);
		if (r < 10)
			columns(s, 2, 3, 1, 1);
		add(s, round + 16 * r);
	}
}

static void decrypt(u8 *s, const u8 *round)
{
	for (int r = 10; r >= 1; r--) {
		add(s, round + 16 * r);
		if (r < 10)
			columns(s, 14, 11, 13, 9);
		shift(s, inverse, -1);
	}
	add(s, round);
}

static void show(const char *what, const u8 *s)
{
	char text[33];
	for (int i = 0; i < 16; i++)
		format_into(text + 2 * i, "%02x", s[i]);
	print("%s %s", what, text);
}

int main(void)
{
	u8 key[16], text[16], round[176];
	tables();
	for (int i = 0; i < 16; i++) {
		key[i] = (u8)i;
		text[i] = (u8)(i * 17);
	}
	expand(key, round);
	show("last round key", round + 160);
	encrypt(text, round);
	show("cipher", text); /* of the standard's example: 69c4e0d8 6a7b0430 d8cdb780 70b4c55a */
	decrypt(text, round);
	show("plain", text);
	for (int i = 0; i < 12; i++) {
		encrypt(text, round);
		text[i & 15] ^= (u8)i;
		expand(text, round);
	}
	show("chained", text);
	return 0;
}
