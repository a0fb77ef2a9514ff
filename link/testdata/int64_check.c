/* int64_check.c - compares the conversions of routines/int64.c with this computer's own. */
#include <stdio.h>
#include <string.h>

#define __floatdidf own_floatdidf
#define __floatundidf own_floatundidf
#define __floatdisf own_floatdisf
#define __floatundisf own_floatundisf
#define __fixunsdfdi own_fixunsdfdi
#define __fixdfdi own_fixdfdi
#define __fixunssfdi own_fixunssfdi
#define __fixsfdi own_fixsfdi
#include "../routines/int64.c"

static u64 state = 1994;

static u64 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static int bad;

static void check(u64 n)
{
	s64 s = (s64)n;
	float f, g;

	f = own_floatdisf(s), g = (float)s;
	bad += own_floatdidf(s) != (double)s || own_floatundidf(n) != (double)n || f != g || own_floatundisf(n) != (float)n;
	if ((double)n < 18446744073709551616.0)
		bad += own_fixunsdfdi((double)n) != (u64)(double)n;
	if ((float)n < 18446744073709551616.0f)
		bad += own_fixunssfdi((float)n) != (u64)(float)n;
	if ((double)s < 9223372036854775808.0)
		bad += own_fixdfdi((double)s) != (s64)(double)s;
	if ((float)s < 9223372036854775808.0f)
		bad += own_fixsfdi((float)s) != (s64)(float)s;
	bad += own_fixdfdi((double)s / 65536) != (s64)((double)s / 65536);
}

int main(void)
{
	int i, bit, d;

	for (bit = 0; bit < 64; bit++) /* around powers of two, and halfway between floats */
		for (d = -40; d <= 40; d++) {
			check(((u64)1 << bit) + d);
			check(-((u64)1 << bit) + d);
			for (i = 0; i < bit; i++)
				check(((u64)1 << bit) + ((u64)1 << i) + d);
		}
	for (i = 0; i < 300000; i++)
		check(next() >> (next() & 63));
	printf("%d\n", bad);
	return 0;
}
