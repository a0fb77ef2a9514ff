/* Ordinary code, for a disassembler to read. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

struct node { struct node *next; u16 kind; u8 name[14]; u32 flags : 5, mode : 9; double weight; };

u32 checksum(const u8 *p, u32 n)
{
	u32 a = 1, b = 0;
	while (n--) {
		a = (a + *p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

int find(struct node *list, int kind, struct node **found)
{
	for (; list; list = list->next)
		if (list->kind == kind && list->mode > 3) {
			*found = list;
			return 1;
		}
	return 0;
}

void sort(long *v, int n, int (*less)(long, long))
{
	int gap, i, j;
	for (gap = n / 2; gap > 0; gap /= 2)
		for (i = gap; i < n; i++)
			for (j = i - gap; j >= 0 && less(v[j + gap], v[j]); j -= gap) {
				long t = v[j];
				v[j] = v[j + gap];
				v[j + gap] = t;
			}
}

double mean(struct node *list, float bias)
{
	double sum = bias;
	int n = 0;
	for (; list; list = list->next, n++) {
		list->flags ^= 3;
		sum += list->weight * 2.5 - (float)n;
	}
	return n ? sum / n : 0;
}

int classify(int c)
{
	switch (c) {
	case 'a': return 1;
	case 'e': return 7;
	case 'i': return c * 37;
	case 'o': return c / 10;
	case 'u': return -c;
	case 'y': return c % 13;
	case 'z': return c >> 3;
	default: return c < 'm' ? c ^ 0x55 : ~c;
	}
}

long long mix(long long a, unsigned long long b, int shift)
{
	return a * 0x100000001b3LL + (long long)(b >> shift) - (a << 7);
}

void format(char *out, u32 v, int base)
{
	char digits[33];
	int n = 0;
	do
		digits[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	while (n)
		*out++ = digits[--n];
	*out = 0;
}
