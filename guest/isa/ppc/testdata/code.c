/* What compilers make of common C: for comparing disassemblies. */
typedef unsigned int u32;
typedef unsigned long long u64;
struct node { struct node *next; short key; signed char flag; double weight; u32 bits : 5, more : 11; };

u32 crc(const unsigned char *p, u32 n)
{
	u32 c = ~0u;
	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

double total(struct node *n, float scale)
{
	double sum = 0;
	for (; n; n = n->next)
		if (n->flag > 0 && n->key != 7)
			sum += n->weight * scale - n->more;
	return sum;
}

int select(int what, int a, int b, int (*other)(int, int))
{
	switch (what) {
	case 0: return a + b;
	case 1: return a / (b | 1);
	case 2: return a % (b | 1);
	case 3: return a << (b & 31);
	case 4: return a >> (b & 31);
	case 5: return a < b ? a : b;
	case 6: return (unsigned)a / 10;
	case 7: return __builtin_clz(a | 1);
	case 8: return (short)a + (signed char)b;
	default: return other(a, b) + other(b, a);
	}
}

u64 wide(u64 a, u64 b) { return a * b + (a << 13 | b >> 51) - (a < b); }

void copy(char *to, const char *from, int n)
{
	struct { int words[9]; } *t = (void *)to;
	const void *f = from;
	*t = *(__typeof__(t))f;
	while (n-- > 0)
		to[n] = from[n];
}

int convert(double d, float f, int *out)
{
	out[0] = (int)d;
	out[1] = (int)f;
	out[2] = d > f || d != d;
	return (int)(out[1] * 1.5 + (double)out[0]) ^ (int)(u32)(f * -2.0f);
}
