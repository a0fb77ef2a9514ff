/* Deflate: matches, dynamic Huffman codes; and inflate, which must undo it. */
#include "program.h"

enum { SIZE = 3000, MOST = 6000 };

static u8 text[SIZE], packed[MOST], back[SIZE];
static u32 at_bit;

static const u16 length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const u8 length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const u16 distance_base[30] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
static const u8 distance_extra[30] = { 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };
static const u8 order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };

static void put_bits(u32 v, int n)
{
	for (; n; n--, v >>= 1, at_bit++)
		packed[at_bit >> 3] |= (u8)((v & 1) << (at_bit & 7));
}

static u32 get_bits(int n)
{
	u32 v = 0;
	for (int i = 0; i < n; i++, at_bit++)
		v |= (u32)(packed[at_bit >> 3] >> (at_bit & 7) & 1) << i;
	return v;
}

struct code {
	int n;
	u8 length[288];
	u16 word[288];
};

/* Huffman's lengths, by joining the two rarest again and again; at most 15, by flattening. */
static void lengths(struct code *c, const u32 *count, int n, int most)
{
	static u32 weight[576];
	static i16 parent[576];
	c->n = n;
	for (u32 shift = 0;; shift++) {
		int used = 0, longest = 0;
		for (int i = 0; i < n; i++) {
			weight[i] = count[i] ? (count[i] >> shift) + 1 : 0;
			used += weight[i] != 0;
			c->length[i] = 0;
		}
		for (int i = 0; used < 2; i++) /* a code has two words at least */
			if (!weight[i]) {
				weight[i] = 1;
				used++;
			}
		int next = n;
		for (int i = 0; i < 2 * n; i++)
			parent[i] = -1;
		for (; used > 1; used--, next++) {
			int a = -1, b = -1;
			for (int i = 0; i < next; i++) {
				if (!weight[i] || parent[i] >= 0)
					continue;
				if (a < 0 || weight[i] < weight[a]) {
					b = a;
					a = i;
				} else if (b < 0 || weight[i] < weight[b])
					b = i;
			}
			weight[next] = weight[a] + weight[b];
			parent[a] = parent[b] = (i16)next;
		}
		for (int i = 0; i < n; i++) {
			int depth = 0;
			for (int k = i; parent[k] >= 0; k = parent[k])
				depth++;
			c->length[i] = (u8)depth;
			if (depth > longest)
				longest = depth;
		}
		if (longest <= most)
			return;
	}
}

static void words(struct code *c)
{
	u32 next[16] = { 0 }, count[16] = { 0 }, first = 0;
	for (int i = 0; i < c->n; i++)
		count[c->length[i]]++;
	count[0] = 0;
	for (int l = 1; l < 16; l++) {
		first = (first + count[l - 1]) << 1;
		next[l] = first;
	}
	for (int i = 0; i < c->n; i++)
		c->word[i] = (u16)next[c->length[i]]++; /* of those without a length, it does not matter */
}

static void put_word(const struct code *c, int i)
{
	for (int k = c->length[i] - 1; k >= 0; k--)
		put_bits(c->word[i] >> k & 1, 1);
}

static int get_word(const struct code *c)
{
	u32 word = 0;
	for (int length = 1; length < 16; length++) {
		word = word << 1 | get_bits(1);
		for (int i = 0; i < c->n; i++)
			if (c->length[i] == length && c->word[i] == word)
				return i;
	}
	return -1;
}

static int bucket(const u16 *base, int n, u32 v)
{
	while (base[n - 1] > v)
		n--;
	return n - 1;
}

/* The longest match of what comes at i with what came before, at most 200 back. */
static int match(int i, int *distance)
{
	int best = 0;
	for (int d = 1; d <= i && d <= 200; d++) {
		int n = 0;
		while (n < 258 && i + n < SIZE && text[i + n] == text[i + n - d])
			n++;
		if (n > best) {
			best = n;
			*distance = d;
		}
	}
	return best;
}

static struct code literals, distances, meta;

static void tokens(u32 *literal_count, u32 *distance_count)
{
	for (int i = 0; i < SIZE;) {
		int d = 0, n = match(i, &d);
		if (n < 3) {
			if (literal_count)
				literal_count[text[i]]++;
			else
				put_word(&literals, text[i]);
			i++;
			continue;
		}
		int l = bucket(length_base, 29, (u32)n), k = bucket(distance_base, 30, (u32)d);
		if (literal_count) {
			literal_count[257 + l]++;
			distance_count[k]++;
		} else {
			put_word(&literals, 257 + l);
			put_bits((u32)n - length_base[l], length_extra[l]);
			put_word(&distances, k);
			put_bits((u32)d - distance_base[k], distance_extra[k]);
		}
		i += n;
	}
}

static void deflate(void)
{
	static u32 literal_count[286], distance_count[30], meta_count[19];
	tokens(literal_count, distance_count);
	literal_count[256] = 1;
	lengths(&literals, literal_count, 286, 15);
	lengths(&distances, distance_count, 30, 15);
	words(&literals);
	words(&distances);
	for (int i = 0; i < 286; i++)
		meta_count[literals.length[i]]++;
	for (int i = 0; i < 30; i++)
		meta_count[distances.length[i]]++;
	lengths(&meta, meta_count, 19, 7);
	words(&meta);
	put_bits(1, 1);
	put_bits(2, 2);
	put_bits(286 - 257, 5);
	put_bits(30 - 1, 5);
	put_bits(19 - 4, 4);
	for (int i = 0; i < 19; i++)
		put_bits(meta.length[order[i]], 3);
	for (int i = 0; i < 286; i++)
		put_word(&meta, literals.length[i]);
	for (int i = 0; i < 30; i++)
		put_word(&meta, distances.length[i]);
	tokens(NULL, NULL);
	put_word(&literals, 256);
}

static int inflate(void)
{
	int n = 0;
	if (get_bits(1) != 1 || get_bits(2) != 2)
		return -1;
	literals.n = (int)get_bits(5) + 257;
	distances.n = (int)get_bits(5) + 1;
	int some = (int)get_bits(4) + 4;
	memset(meta.length, 0, sizeof meta.length);
	meta.n = 19;
	for (int i = 0; i < some; i++)
		meta.length[order[i]] = (u8)get_bits(3);
	words(&meta);
	for (int i = 0; i < literals.n; i++)
		literals.length[i] = (u8)get_word(&meta);
	for (int i = 0; i < distances.n; i++)
		distances.length[i] = (u8)get_word(&meta);
	words(&literals);
	words(&distances);
	for (;;) {
		int w = get_word(&literals);
		if (w < 0)
			return -1;
		if (w == 256)
			return n;
		if (w < 256) {
			back[n++] = (u8)w;
			continue;
		}
		int length = length_base[w - 257] + (int)get_bits(length_extra[w - 257]);
		int k = get_word(&distances);
		int d = distance_base[k] + (int)get_bits(distance_extra[k]);
		if (d > n || n + length > SIZE)
			return -1;
		for (; length; length--, n++)
			back[n] = back[n - d];
	}
}

int main(void)
{
	static const char *const vocabulary[] = { "the ", "plug", "-in ", "host ", "calls ", "a ", "processor ", "of ", "another ", "byte order. " };
	u32 seed = 42;
	for (int i = 0; i < SIZE;)
		for (const char *w = vocabulary[(next_random(&seed) >> 24) % 10]; *w && i < SIZE; w++)
			text[i++] = (u8)*w;
	deflate();
	u32 bits = at_bit;
	print("%d bytes in %u bits, %08x", SIZE, bits, mix(2166136261u, packed, (bits + 7) / 8));
	at_bit = 0;
	int n = inflate();
	print("back %d, same %d, bits %d", n, !memcmp(text, back, SIZE), at_bit == bits);
	return 0;
}
