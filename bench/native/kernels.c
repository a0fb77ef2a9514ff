/*
 * kernels.c - loops for the processors of classic code: a sort, twice, a checksum,
 * a filter, calls. Each returns a number that says whether it did its work.
 *
 * With METER, a program for Linux: its argument says which loop; it prints what
 * that returns, then for each number that it reads how many nanoseconds of the
 * processor's time so many runs of the loop took.
 */
typedef unsigned int u32;
typedef unsigned char u8;

#define APART __attribute__((noinline))

enum { COUNT = 100000, FEW = 20000, BYTES = 1 << 20, SAMPLES = 100000, DEEP = 25 };

static int numbers[COUNT];
static u32 table[256];
static u8 bytes[BYTES];
static double in[SAMPLES], out[SAMPLES];

static u32 next(u32 *state) { return *state = *state * 1664525 + 1013904223; }

static void fill(int *v, int n)
{
	u32 state = 12345;
	for (int i = 0; i < n; i++)
		v[i] = (int)next(&state);
}

static u32 ordered(const int *v, int n)
{
	u32 sum = 0;
	for (int i = 1; i < n; i++)
		sum = sum * 33 + (u32)(v[i] >> 8) + (v[i - 1] > v[i]);
	return sum;
}

/* Shell's sort, whose gaps are halved. Each run sorts the same numbers. */
static APART void shellsort(int *v, int n)
{
	for (int gap = n / 2; gap > 0; gap /= 2)
		for (int i = gap; i < n; i++) {
			int x = v[i], k = i;
			for (; k >= gap && v[k - gap] > x; k -= gap)
				v[k] = v[k - gap];
			v[k] = x;
		}
}

u32 kernel_sort(void)
{
	fill(numbers, COUNT);
	shellsort(numbers, COUNT);
	return ordered(numbers, COUNT);
}

/* The same for fewer numbers in a place that the compiler knows, with other gaps. */
u32 kernel_gaps(void)
{
	static const int gaps[] = { 8929, 3905, 2161, 929, 505, 209, 109, 41, 19, 5, 1 };
	fill(numbers, FEW);
	for (const int *gap = gaps; gap < gaps + sizeof gaps / sizeof *gaps; gap++)
		for (int i = *gap; i < FEW; i++) {
			int v = numbers[i], k = i;
			for (; k >= *gap && numbers[k - *gap] > v; k -= *gap)
				numbers[k] = numbers[k - *gap];
			numbers[k] = v;
		}
	return ordered(numbers, FEW);
}

/* The checksum of Ethernet, by a table; the first run makes table and bytes. */
static APART u32 checksum(const u32 *t, const u8 *p, u32 n)
{
	u32 sum = ~0u;
	for (; n; n--)
		sum = t[(sum ^ *p++) & 255] ^ sum >> 8;
	return ~sum;
}

u32 kernel_crc(void)
{
	if (!table[1]) {
		u32 state = 1;
		for (u32 i = 0; i < 256; i++) {
			u32 v = i;
			for (int bit = 0; bit < 8; bit++)
				v = v & 1 ? v >> 1 ^ 0xedb88320u : v >> 1;
			table[i] = v;
		}
		for (int i = 0; i < BYTES; i++)
			bytes[i] = (u8)(next(&state) >> 24);
	}
	return checksum(table, bytes, BYTES);
}

/* A second-order filter of doubles, in the form with two delays. */
static APART double filter(const double *x, double *y, int n, const double *c)
{
	double b0 = c[0], b1 = c[1], b2 = c[2], a1 = c[3], a2 = c[4], z1 = 0, z2 = 0, r = 0;
	for (int i = 0; i < n; i++) {
		double v = x[i];
		r = b0 * v + z1;
		z1 = b1 * v - a1 * r + z2;
		z2 = b2 * v - a2 * r;
		y[i] = r;
	}
	return r;
}

u32 kernel_filter(void)
{
	static const double c[] = { 0.2066, 0.4131, 0.2066, -0.3695, 0.1958 };
	if (in[0] == 0) {
		u32 state = 7;
		for (int i = 0; i < SAMPLES; i++)
			in[i] = (int)(next(&state) | 1) / 2147483648.0;
	}
	return (u32)(int)(filter(in, out, SAMPLES, c) * 1e6);
}

static APART u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

u32 kernel_calls(void) { return fib(DEEP); }

/* For calls of next to nothing. */
u32 kernel_nothing(void) { return 1; }

#ifdef METER
#include <stdio.h>
#include <string.h>
#include <time.h>

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const struct { const char *name; u32 (*run)(void); } all[] = {
		{ "sort", kernel_sort }, { "gaps", kernel_gaps }, { "crc", kernel_crc }, { "filter", kernel_filter }, { "calls", kernel_calls },
		{ "nothing", kernel_nothing },
	};
	u32 (*run)(void) = NULL;
	int times;
	for (unsigned i = 0; argc == 2 && i < sizeof all / sizeof *all; i++)
		if (!strcmp(argv[1], all[i].name))
			run = all[i].run;
	if (!run)
		return 2;
	printf("%u\n", run());
	fflush(stdout);
	while (scanf("%d", &times) == 1) {
		long long begin = now();
		for (int i = 0; i < times; i++)
			run();
		printf("%lld\n", now() - begin);
		fflush(stdout);
	}
	return 0;
}
#else
int main(void) { return 0; }
#endif
