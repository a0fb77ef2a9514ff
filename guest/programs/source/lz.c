/* Two old packers: LZSS, and PackBits as in Macintosh pictures. */
#include "program.h"

enum { N = 1500 };

static u8 text[N], packed[2 * N], back[N];

static int pack_lz(void)
{
	int out = 0, flags_at = 0, bit = 8;
	for (int i = 0; i < N;) {
		int best = 0, where = 0;
		for (int k = i > 255 ? i - 255 : 0; k < i; k++) {
			int n = 0;
			while (n < 18 && i + n < N && text[k + n] == text[i + n])
				n++;
			if (n > best) {
				best = n;
				where = i - k;
			}
		}
		if (bit == 8) {
			flags_at = out;
			packed[out++] = 0;
			bit = 0;
		}
		if (best >= 3) {
			packed[flags_at] |= (u8)(1 << bit);
			packed[out++] = (u8)where;
			packed[out++] = (u8)(best - 3);
			i += best;
		} else
			packed[out++] = text[i++];
		bit++;
	}
	return out;
}

static int unpack_lz(int n)
{
	int in = 0, out = 0;
	while (in < n) {
		u8 flags = packed[in++];
		for (int bit = 0; bit < 8 && in < n; bit++) {
			if (!(flags >> bit & 1)) {
				back[out++] = packed[in++];
				continue;
			}
			int from = packed[in++], length = packed[in++] + 3;
			for (; length; length--, out++)
				back[out] = back[out - from];
		}
	}
	return out;
}

static int pack_bits(void)
{
	int out = 0;
	for (int i = 0; i < N;) {
		int run = 1;
		while (run < 128 && i + run < N && text[i + run] == text[i])
			run++;
		if (run > 1) {
			packed[out++] = (u8)(i8)(1 - run);
			packed[out++] = text[i];
			i += run;
			continue;
		}
		int begin = i;
		while (i < N && i - begin < 128 && (i + 1 >= N || text[i] != text[i + 1]))
			i++;
		packed[out++] = (u8)(i - begin - 1);
		memcpy(packed + out, text + begin, (size_t)(i - begin));
		out += i - begin;
	}
	return out;
}

static int unpack_bits(int n)
{
	int out = 0;
	for (int in = 0; in < n;) {
		i8 c = (i8)packed[in++];
		if (c >= 0) {
			memcpy(back + out, packed + in, (size_t)(c + 1));
			in += c + 1;
			out += c + 1;
		} else {
			memset(back + out, packed[in++], (size_t)(1 - c));
			out += 1 - c;
		}
	}
	return out;
}

int main(void)
{
	u32 seed = 12;
	for (int i = 0; i < N;) {
		u32 r = next_random(&seed);
		int n = (int)(r >> 28) + 1;
		u8 c = (u8)(r >> 20 & 7);
		for (; n && i < N; n--, i++)
			text[i] = (u8)('a' + (r & 0x80000 ? c : i & 7));
	}
	int n = pack_lz();
	print("lzss %d -> %d, sum %08x", N, n, mix(2166136261u, packed, (size_t)n));
	n = unpack_lz(n);
	print("back %d, same %d", n, !memcmp(text, back, N));
	memset(back, 0, N);
	n = pack_bits();
	print("packbits %d -> %d, sum %08x", N, n, mix(2166136261u, packed, (size_t)n));
	n = unpack_bits(n);
	print("back %d, same %d", n, !memcmp(text, back, N));
	return 0;
}
