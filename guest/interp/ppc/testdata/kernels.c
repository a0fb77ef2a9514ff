/*
 * Work to measure an engine by: integers and memory, bytes and a table, floating
 * point, calls. Each kernel returns a number that is the same wherever it runs.
 * As a program of its own it does kernel argv[1] as often as argv[2] says.
 */
typedef unsigned char u8;
typedef unsigned int u32;

#define APART __attribute__((noinline))

static u32 seed;
static u32 next(void) { return seed = seed * 1664525u + 1013904223u; }

static int numbers[50000];

u32 kernel_sort(void)
{
	int n = sizeof numbers / sizeof *numbers, *a = numbers;
	u32 sum = 0;
	seed = 1;
	for (int i = 0; i < n; i++)
		a[i] = (int)next();
	for (int gap = n / 2; gap; gap /= 2)
		for (int i = gap; i < n; i++) {
			int v = a[i], j = i;
			for (; j >= gap && a[j - gap] > v; j -= gap)
				a[j] = a[j - gap];
			a[j] = v;
		}
	for (int i = 0; i < n; i++)
		sum = sum * 31 + (u32)a[i];
	return sum;
}

static u32 table[256];
static u8 bytes[1 << 18];

u32 kernel_crc(void)
{
	u32 c = ~0u;
	if (!table[1]) {
		seed = 2;
		for (u32 i = 0; i < 256; i++) {
			u32 v = i;
			for (int k = 0; k < 8; k++)
				v = v & 1 ? v >> 1 ^ 0xedb88320u : v >> 1;
			table[i] = v;
		}
		for (u32 i = 0; i < sizeof bytes; i++)
			bytes[i] = (u8)(next() >> 24);
	}
	for (u32 i = 0; i < sizeof bytes; i++)
		c = table[(c ^ bytes[i]) & 255] ^ c >> 8;
	return ~c;
}

static double signal[10000], filtered[10000];

APART static double biquad(const double *x, double *y, int n)
{
	double s1 = 0, s2 = 0;
	for (int i = 0; i < n; i++) {
		double v = x[i], out = 0.25 * v + s1;
		s1 = 0.5 * v - -0.36 * out + s2;
		s2 = 0.25 * v - 0.19 * out;
		y[i] = out;
	}
	return y[n - 1];
}

u32 kernel_filter(void)
{
	int n = sizeof signal / sizeof *signal;
	double sum = 0;
	seed = 3;
	for (int i = 0; i < n; i++)
		signal[i] = (double)(int)next() * 0x1p-31;
	for (int i = 0; i < 20; i++)
		sum += biquad(signal, filtered, n);
	return (u32)(int)(sum * 1e6);
}

APART static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

u32 kernel_fib(void) { return (u32)fib(23); }

static u32 (*const kernels[])(void) = { kernel_sort, kernel_crc, kernel_filter, kernel_fib };

#ifdef __powerpc__
__asm__(".globl _start\n"
	"_start: mr 3,1\n"
	"	li 0,0\n"
	"	stwu 1,-32(1)\n"
	"	bl program\n"
	"	li 0,1\n" /* exit */
	"	sc\n");

static u32 number(const char *s)
{
	u32 v = 0;
	while (*s)
		v = v * 10 + (u32)(*s++ - '0');
	return v;
}

int program(char **stack)
{
	u32 count = number(stack[3]), result = 0;
	while (count--)
		result = kernels[number(stack[2])]();
	return (int)(result & 0x7f);
}
#else
#include <stdio.h>
int main(void)
{
	for (int i = 0; i < 4; i++)
		printf("%u\n", kernels[i]());
	return 0;
}
#endif
