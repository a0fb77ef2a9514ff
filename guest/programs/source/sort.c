/* Seven ways to sort, which must agree. */
#include "program.h"

enum { N = 220 };

static void insertion(i32 *a, int n)
{
	for (int i = 1; i < n; i++) {
		i32 v = a[i];
		int k = i;
		for (; k && a[k - 1] > v; k--)
			a[k] = a[k - 1];
		a[k] = v;
	}
}

static void shell(i32 *a, int n)
{
	for (int gap = n / 2; gap; gap /= 2)
		for (int i = gap; i < n; i++) {
			i32 v = a[i];
			int k = i;
			for (; k >= gap && a[k - gap] > v; k -= gap)
				a[k] = a[k - gap];
			a[k] = v;
		}
}

static void bubble(i32 *a, int n)
{
	for (int swapped = 1; swapped; n--) {
		swapped = 0;
		for (int i = 1; i < n; i++)
			if (a[i - 1] > a[i]) {
				i32 t = a[i];
				a[i] = a[i - 1];
				a[i - 1] = t;
				swapped = 1;
			}
	}
}

static void sift(i32 *a, int i, int n)
{
	i32 v = a[i];
	for (int k; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && a[k + 1] > a[k])
			k++;
		if (a[k] <= v)
			break;
		a[i] = a[k];
	}
	a[i] = v;
}

static void heap(i32 *a, int n)
{
	for (int i = n / 2; i-- > 0;)
		sift(a, i, n);
	while (n > 1) {
		i32 t = a[0];
		a[0] = a[--n];
		a[n] = t;
		sift(a, 0, n);
	}
}

static void quick(i32 *a, int n)
{
	if (n < 8) {
		insertion(a, n);
		return;
	}
	i32 p = a[n / 2];
	int i = 0, k = n - 1;
	for (;;) {
		while (a[i] < p)
			i++;
		while (a[k] > p)
			k--;
		if (i >= k)
			break;
		i32 t = a[i];
		a[i++] = a[k];
		a[k--] = t;
	}
	quick(a, i);
	quick(a + i, n - i);
}

static void merge(i32 *a, int n)
{
	i32 left[N];
	if (n < 2)
		return;
	int half = n / 2, i = 0, k = half, o = 0;
	merge(a, half);
	merge(a + half, n - half);
	memcpy(left, a, (size_t)half * sizeof *a);
	while (i < half)
		a[o++] = k < n && a[k] < left[i] ? a[k++] : left[i++];
}

static void radix(i32 *a, int n)
{
	i32 other[N];
	for (int shift = 0; shift < 32; shift += 8) {
		int at[257] = { 0 };
		u32 flip = shift == 24 ? 0x80 : 0;
		for (int i = 0; i < n; i++)
			at[((u32)a[i] >> shift & 255 ^ flip) + 1]++;
		for (int i = 0; i < 256; i++)
			at[i + 1] += at[i];
		for (int i = 0; i < n; i++)
			other[at[((u32)a[i] >> shift & 255) ^ flip]++] = a[i];
		memcpy(a, other, (size_t)n * sizeof *a);
	}
}

int main(void)
{
	static const struct {
		const char *name;
		void (*sort)(i32 *, int);
	} ways[] = { { "insertion", insertion }, { "shell", shell }, { "bubble", bubble }, { "heap", heap }, { "quick", quick }, { "merge", merge }, { "radix", radix } };
	static const char *const kinds[] = { "random", "few", "rising", "falling" };
	for (int kind = 0; kind < COUNT(kinds); kind++)
		for (int w = 0; w < COUNT(ways); w++) {
			i32 a[N];
			u32 seed = 55, sum = 2166136261u;
			int sorted = 1;
			for (int i = 0; i < N; i++) {
				u32 r = next_random(&seed);
				a[i] = kind == 0 ? (i32)r : kind == 1 ? (i32)(r >> 29) - 3 : kind == 2 ? i : N - i;
			}
			ways[w].sort(a, N);
			for (int i = 0; i < N; i++) {
				sum = mix32(sum, (u32)a[i]);
				sorted &= !i || a[i - 1] <= a[i];
			}
			print("%s %s: %d %08x %d %d", kinds[kind], ways[w].name, sorted, sum, a[0], a[N - 1]);
		}
	return 0;
}
