/* int64.c - conversions between numbers of 64 bits and floating point, for PowerPC code:
   the compiler's own library has them for another convention. Each is rounded once. */

typedef unsigned int word;
typedef long long s64;
typedef unsigned long long u64;

#define TWO32 4294967296.0

/* Both parts are exact, so that the sum alone is rounded. */
double __floatdidf(s64 n) { return (double)(int)(n >> 32) * TWO32 + (double)(word)n; }
double __floatundidf(u64 n) { return (double)(word)(n >> 32) * TWO32 + (double)(word)n; }

/* A double has 53 bits: of what is longer the last eleven become one, which says whether
   any was set and decides what is halfway. */
#define STICKY(n) ((n) & 0x7ff ? ((n) & ~(u64)0x7ff) | 0x800 : (n))

float __floatdisf(s64 n)
{
	if (n >= (s64)1 << 53 || n <= -((s64)1 << 53))
		n = STICKY((u64)n);
	return (float)__floatdidf(n);
}

float __floatundisf(u64 n)
{
	if (n >= (u64)1 << 53)
		n = STICKY(n);
	return (float)__floatundidf(n);
}

u64 __fixunsdfdi(double d)
{
	word high = (word)(d / TWO32);

	return (u64)high << 32 | (word)(d - (double)high * TWO32);
}

s64 __fixdfdi(double d) { return d < 0 ? -__fixunsdfdi(-d) : __fixunsdfdi(d); }
u64 __fixunssfdi(float f) { return __fixunsdfdi(f); }
s64 __fixsfdi(float f) { return __fixdfdi(f); }
