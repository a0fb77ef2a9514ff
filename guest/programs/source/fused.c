/* Multiplications and additions with one rounding, for a PowerPC's fmadd and its kin. */
#include "program.h"

static NOINLINE double madd(double a, double b, double c) { return a * b + c; }
static NOINLINE double msub(double a, double b, double c) { return a * b - c; }
static NOINLINE double nmadd(double a, double b, double c) { return -(a * b + c); }
static NOINLINE double nmsub(double a, double b, double c) { return -(a * b - c); }
static NOINLINE float fmadd(float a, float b, float c) { return a * b + c; }
static NOINLINE float fmsub(float a, float b, float c) { return a * b - c; }
static NOINLINE float fnmadd(float a, float b, float c) { return -(a * b + c); }
static NOINLINE float fnmsub(float a, float b, float c) { return -(a * b - c); }

static NOINLINE double horner(const double *c, int n, double x)
{
	double s = 0;
	while (n--)
		s = s * x + c[n];
	return s;
}

int main(void)
{
	static const double c[] = { 1, 1, 0.5, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720 };
	u32 seed = 123, sum = 2166136261u;
	for (int i = 0; i < 1500; i++) {
		double v[3];
		for (int k = 0; k < 3; k++) {
			u64 r = (u64)next_random(&seed) << 32 | next_random(&seed);
			/* Exponents near each other, so that much cancels; at times near the ends. */
			u64 e = i % 7 == 0 ? r >> 20 & 0x7ff : 1023 + (r >> 52 & 3);
			v[k] = of_bits((r & 0x800fffffffffffff) | e << 52);
		}
		if (i % 3 == 0)
			v[2] = -(v[0] * v[1]);
		double d[] = { madd(v[0], v[1], v[2]), msub(v[0], v[1], v[2]), nmadd(v[0], v[1], v[2]), nmsub(v[0], v[1], v[2]) };
		float f[] = { fmadd((float)v[0], (float)v[1], (float)v[2]), fmsub((float)v[0], (float)v[1], (float)v[2]), fnmadd((float)v[0], (float)v[1], (float)v[2]), fnmsub((float)v[0], (float)v[1], (float)v[2]) };
		for (int k = 0; k < 4; k++) {
			u64 b = d[k] != d[k] ? 0 : bits_of(d[k]);
			sum = mix32(mix32(sum, (u32)b), (u32)(b >> 32));
			sum = mix32(sum, f[k] != f[k] ? 0 : bits_of_float(f[k]));
		}
		if (i % 60 == 0)
			print("%b %b %b: %b %b %b %08x", v[0], v[1], v[2], d[0], d[1], d[2], f[0] != f[0] ? 0 : bits_of_float(f[0]));
	}
	print("sum %08x", sum);
	for (int i = -4; i <= 4; i++)
		print("%b", horner(c, COUNT(c), i * 0.3));
	return 0;
}
