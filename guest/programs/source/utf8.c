/* Texts in UTF-8, UTF-16 and Mac Roman, with what is malformed. */
#include "program.h"

/* Returns how many bytes were read; a malformed sequence is U+FFFD. */
static NOINLINE int decode(const u8 *p, int n, u32 *c)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int size = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
	*c = 0xfffd;
	if (!size || size > n)
		return 1;
	u32 v = size == 1 ? *p : *p & (0x7fu >> size);
	for (int i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return i;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[size] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return size;
	*c = v;
	return size;
}

static NOINLINE int encode(u8 *p, u32 c)
{
	if (c < 0x80) {
		*p = (u8)c;
		return 1;
	}
	int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (int i = n - 1; i; i--, c >>= 6)
		p[i] = (u8)(0x80 | (c & 0x3f));
	*p = (u8)(0xf00 >> n | c);
	return n;
}

static NOINLINE int encode16(u16 *p, u32 c)
{
	if (c < 0x10000) {
		*p = (u16)c;
		return 1;
	}
	c -= 0x10000;
	p[0] = (u16)(0xd800 | c >> 10);
	p[1] = (u16)(0xdc00 | (c & 0x3ff));
	return 2;
}

static NOINLINE u32 decode16(const u16 **p)
{
	u32 c = *(*p)++;
	if (c >> 10 == 0x36 && **p >> 10 == 0x37)
		c = 0x10000 + ((c & 0x3ff) << 10) + (*(*p)++ & 0x3ff);
	return c;
}

static const u16 roman[] = { 0xc4, 0xc5, 0xc7, 0xc9, 0xd1, 0xd6, 0xdc, 0xe1, 0xe0, 0xe2, 0xe4, 0xe3, 0xe5, 0xe7, 0xe9, 0xe8 };

int main(void)
{
	static const u8 text[] = "plain, caf\xc3\xa9, \xe2\x82\xac, \xf0\x9d\x84\x9e; bad: \xc3(, \xe2\x82, \xff, \xc0\xaf, \xed\xa0\x80, \xf4\x90\x80\x80, \x80.";
	int n = sizeof text - 1, characters = 0, bad = 0;
	u16 wide[100], *w = wide;
	for (int i = 0; i < n;) {
		u32 c;
		int size = decode(text + i, n - i, &c);
		characters++;
		bad += c == 0xfffd;
		if (c >= 0x80)
			print("%d: U+%04x in %d", i, c, size);
		w += encode16(w, c);
		i += size;
	}
	print("%d characters, %d bad, %d units", characters, bad, (int)(w - wide));
	u8 back[200];
	int m = 0;
	for (const u16 *p = wide; p < w;)
		m += encode(back + m, decode16(&p));
	print("back %d bytes, sum %08x, same start %d", m, mix(2166136261u, back, (size_t)m), !memcmp(back, text, 19));
	int wrong = 0;
	u32 sum = 2166136261u;
	for (u32 c = 0; c < 0x110000; c += c < 0x1000 ? 7 : 1234) {
		u8 b[4];
		u32 d;
		int size = encode(b, c), again = decode(b, size, &d);
		int surrogate = c >= 0xd800 && c < 0xe000;
		wrong += again != size || d != (surrogate ? 0xfffd : c);
		sum = mix(sum, b, (size_t)size);
	}
	print("wrong %d sum %08x", wrong, sum);
	for (int i = 0; i < COUNT(roman); i += 5) {
		u8 b[5] = { 0 };
		b[encode(b, roman[i])] = 0;
		print("%02x is U+%04x %02x%02x", 0x80 + i, roman[i], b[0], b[1]);
	}
	return 0;
}
