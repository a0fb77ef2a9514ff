/* Copying, filling and comparing at every alignment and overlap. */
#include "program.h"

enum { N = 100 };

static u8 a[N], b[N], c[N];

static void reset(void)
{
	for (int i = 0; i < N; i++) {
		a[i] = (u8)(i * 7 + 1);
		b[i] = (u8)(i * 13 + 5);
	}
	memcpy(c, b, N);
}

/* By words where both ends allow it. */
static NOINLINE void copy_words(u8 *to, const u8 *from, size_t n)
{
	while (n && ((size_t)to & 3)) {
		*to++ = *from++;
		n--;
	}
	if (!((size_t)from & 3))
		for (; n >= 4; n -= 4, to += 4, from += 4)
			*(u32 *)(void *)to = *(const u32 *)(const void *)from;
	else
		for (; n >= 4; n -= 4, to += 4, from += 4) /* misaligned reads, in bytes */
			*(u32 *)(void *)to = __builtin_bswap32(0) | *(const u32 __attribute__((aligned(1))) *)(const void *)from;
	while (n--)
		*to++ = *from++;
}

static NOINLINE u32 find(const u8 *p, u8 v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (p[i] == v)
			return i;
	return n;
}

struct big {
	u8 bytes[37];
	u32 word;
};

static NOINLINE struct big pass(struct big s, int k)
{
	s.bytes[k] ^= 0xff;
	s.word += (u32)k;
	return s;
}

int main(void)
{
	u32 sum = 2166136261u, wrong = 0;
	for (size_t to = 0; to < 5; to++)
		for (size_t from = 0; from < 5; from++)
			for (size_t n = 0; n < 40; n += 3) {
				reset();
				memcpy(b + to, a + from, n);
				copy_words(c + to, a + from, n);
				wrong += memcmp(b, c, N) != 0;
				sum = mix(sum, b, 48);
				memmove(a + to, a + from, n + 8);
				sum = mix(sum, a, 56);
				memset(a + from, (int)(n * 3), to + n);
				sum = mix(sum, a, 56);
			}
	print("wrong %u sum %08x", wrong, sum);
	reset();
	print("compare %d %d %d", memcmp(a, b, N), memcmp(b, a, N), memcmp(b, c, N));
	a[50] = 0xff;
	print("find %u %u", find(a, 0xff, N), find(a, 0xfe, 20));
	struct big s;
	memset(&s, 0x11, sizeof s);
	for (int k = 0; k < 37; k += 5)
		s = pass(s, k);
	print("struct %08x %08x", mix(2166136261u, s.bytes, sizeof s.bytes), s.word);
	return 0;
}
