/*
 * kernels.c - four loops for the processors of classic code: a sort, a checksum,
 * a filter, calls. Each returns a number that says whether it did its work.
 *
 * With METER, a program for Linux: its argument says which loop; it prints what
 * that returns, then for each number that it reads how many nanoseconds of the
 * processor's time so many runs of the loop took.
 */
typedef unsigned int u32;
typedef unsigned char u8;

enum { COUNT = 20000, BYTES = 1 << 18, SAMPLES = 40000, DEEP = 22 };

static int numbers[COUNT];
static u32 table[256];
static u8 bytes[BYTES];
static double in[SAMPLES], out[SAMPLES];

static u32 next(u32 *state) { return *state = *state * 69069 + 1; }

/* Each run sorts the same numbers. */
u32 kernel_sort(void)
{
	static const int gaps[] = { 8929, 3905, 2161, 929, 505, 209, 109, 41, 19, 5, 1 };
	u32 state = 1, sum = 0;
	for (int i = 0; i < COUNT; i++)
		numbers[i] = (int)next(&state);
	for (const int *gap = gaps; gap < gaps + sizeof gaps / sizeof *gaps; gap++)
		for (int i = *gap; i < COUNT; i++) {
			int v = numbers[i], k = i;
			for (; k >= *gap && numbers[k - *gap] > v; k -= *gap)
				numbers[k] = numbers[k - *gap];
			numbers[k] = v;
		}
	for (int i = 1; i < COUNT; i++)
		sum = sum * 33 + (u32)(numbers[i] >> 8) + (numbers[i - 1] > numbers[i]);
	return sum;
}

/* The checksum of Ethernet, by a table; the first run makes table and bytes. */
u32 kernel_crc(void)
{
	u32 sum = ~0u;
	if (!table[1]) {
		u32 state = 2;
		for (u32 i = 0; i < 256; i++) {
			u32 v = i;
			for (int bit = 0; bit < 8; bit++)
				v = v & 1 ? v >> 1 ^ 0xedb88320u : v >> 1;
			table[i] = v;
		}
		for (int i = 0; i < BYTES; i++)
			bytes[i] = (u8)(next(&state) >> 24);
	}
	for (int i = 0; i < BYTES; i++)
		sum = sum >> 8 ^ table[(sum ^ bytes[i]) & 255];
	return ~sum;
}

/* A second-order low-pass filter of doubles. */
u32 kernel_filter(void)
{
	const double b0 = 0.0675, b1 = 0.1349, b2 = 0.0675, a1 = -1.143, a2 = 0.4128;
	double x1 = 0, x2 = 0, y1 = 0, y2 = 0, sum = 0;
	if (in[0] == 0) {
		u32 state = 3;
		for (int i = 0; i < SAMPLES; i++)
			in[i] = (int)(next(&state) | 1) / 2147483648.0;
	}
	for (int i = 0; i < SAMPLES; i++) {
		double x = in[i], y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
		x2 = x1;
		x1 = x;
		y2 = y1;
		out[i] = y1 = y;
		sum += y * y;
	}
	return (u32)(sum * 1000);
}

static __attribute__((noinline)) u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

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
		{ "sort", kernel_sort }, { "crc", kernel_crc }, { "filter", kernel_filter }, { "calls", kernel_calls },
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
