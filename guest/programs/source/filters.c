/* Dot products, FIR and biquad filters, in floats, doubles and fixed point. */
#include "program.h"

enum { N = 400, TAPS = 24 };

static float in[N], out[N];
static double din[N], dout[N];
static i16 sin16[N], sout[N];

static NOINLINE double dot(const double *a, const double *b, int n)
{
	double s = 0;
	for (int i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

static NOINLINE float dot_float(const float *a, const float *b, int n)
{
	float s = 0;
	for (int i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

static NOINLINE i32 dot16(const i16 *a, const i16 *b, int n)
{
	i64 s = 0;
	for (int i = 0; i < n; i++)
		s += (i32)a[i] * b[i];
	return (i32)(s >> 15);
}

struct biquad {
	double b0, b1, b2, a1, a2, z1, z2;
};

static NOINLINE double step(struct biquad *f, double v)
{
	double o = f->b0 * v + f->z1;
	f->z1 = f->b1 * v - f->a1 * o + f->z2;
	f->z2 = f->b2 * v - f->a2 * o;
	return o;
}

struct biquad_float {
	float b0, b1, b2, a1, a2, z1, z2;
};

static NOINLINE float step_float(struct biquad_float *f, float v)
{
	float o = f->b0 * v + f->z1;
	f->z1 = f->b1 * v - f->a1 * o + f->z2;
	f->z2 = f->b2 * v - f->a2 * o;
	return o;
}

int main(void)
{
	u32 seed = 77, sum = 2166136261u;
	double taps[TAPS];
	float ftaps[TAPS];
	i16 staps[TAPS];
	for (int i = 0; i < TAPS; i++) {
		taps[i] = 1.0 / (3 + (i - TAPS / 2) * (i - TAPS / 2));
		ftaps[i] = (float)taps[i];
		staps[i] = (i16)(taps[i] * 32767);
	}
	for (int i = 0; i < N; i++) {
		sin16[i] = (i16)(next_random(&seed) >> 16);
		din[i] = sin16[i] / 32768.0;
		in[i] = (float)din[i];
	}
	for (int i = 0; i + TAPS <= N; i++) {
		dout[i] = dot(din + i, taps, TAPS);
		out[i] = dot_float(in + i, ftaps, TAPS);
		sout[i] = (i16)dot16(sin16 + i, staps, TAPS);
		sum = mix32(mix32(mix32(sum, (u32)bits_of(dout[i])), bits_of_float(out[i])), (u16)sout[i]);
		if (i % 50 == 0)
			print("fir %d: %.15f %.9f %d", i, dout[i], out[i], sout[i]);
	}
	struct biquad f = { 0.2066, 0.4131, 0.2066, -0.3695, 0.1958, 0, 0 };
	struct biquad_float g = { 0.2066f, 0.4131f, 0.2066f, -0.3695f, 0.1958f, 0, 0 };
	for (int i = 0; i < N; i++) {
		dout[i] = step(&f, din[i]);
		out[i] = step_float(&g, in[i]);
		sum = mix32(mix32(sum, (u32)bits_of(dout[i])), bits_of_float(out[i]));
		if (i % 50 == 0)
			print("iir %d: %.15f %.9f", i, dout[i], out[i]);
	}
	/* A tail that fades into the denormal numbers. */
	for (int i = 0; i < 1500; i++)
		step_float(&g, 0);
	print("tail %b %b sum %08x", (double)g.z1, (double)g.z2, sum);
	return 0;
}
