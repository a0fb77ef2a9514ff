/* A plug-in for the front door's tests: one of each kind of call. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

double mix(int a, float b, double c, long long d, unsigned char e) { return a + b + c + (double)d + e; }

const char *greet(const char *name)
{
	static char text[100];
	snprintf(text, sizeof text, "hello %s", name);
	return text;
}

unsigned long length(const char *s) { return strlen(s); }
signed char negate(signed char v) { return -v; }
void nothing(void) {}
float half(float v) { return v / 2; }
int is_null(void *p) { return p == NULL; }
unsigned char truth(unsigned char v) { return v; }
int add(int a, int b) { return a + b; }
int process(void) { return getpid(); }
void forever(void) { for (;;) pause(); }
void crash(void) { *(volatile int *)16 = 1; }

void sort(uint32_t *values, unsigned long n, int (*compare)(const void *, const void *))
{
	qsort(values, n, sizeof *values, compare);
}

struct record {
	unsigned char one;
	long long minus_two;
	short minus_three;
	long minus_four;
	const char *five;
	int minus_six;
};

const struct record *record(void)
{
	static const struct record r = {1, -2, -3, -4, "five", -6};
	return &r;
}
