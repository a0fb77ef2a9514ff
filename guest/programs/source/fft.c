/* The fast Fourier transform, forth and back, in doubles and floats. */
#include "program.h"

enum { N = 128 };

static double re[N], im[N], cosine[N / 2], sine[N / 2];
static float fre[N], fim[N];

/* By halving the angle, so that nothing but a root is needed. */
static double root(double v)
{
	double x = v > 1 ? v : 1;
	for (int i = 0; i < 40; i++)
		x = (x + v / x) * 0.5;
	return x;
}

static void table(void)
{
	double c = -1, s = 0;
	for (int step = N / 2; step; step >>= 1) {
		/* c, s are of step turns of 1/N each. */
		if (step < N / 2) {
			cosine[step] = c;
			sine[step] = s;
		}
		s = root((1 - c) / 2);
		c = root((1 + c) / 2);
	}
	cosine[0] = 1;
	cosine[N / 4] = 0;
	sine[N / 4] = 1;
	for (int step = N / 8; step; step >>= 1)
		for (int i = step; i < N / 2; i += 2 * step) {
			if (i == step)
				continue;
			int from = i - step;
			cosine[i] = cosine[from] * cosine[step] - sine[from] * sine[step];
			sine[i] = sine[from] * cosine[step] + cosine[from] * sine[step];
		}
}

#define TRANSFORM(name, T) \
static NOINLINE void name(T *x, T *y, int sign) \
{ \
	for (int i = 1, k = 0; i < N; i++) { \
		int bit = N >> 1; \
		for (; k & bit; bit >>= 1) \
			k ^= bit; \
		k ^= bit; \
		if (i < k) { \
			T t = x[i]; x[i] = x[k]; x[k] = t; \
			t = y[i]; y[i] = y[k]; y[k] = t; \
		} \
	} \
	for (int size = 2; size <= N; size <<= 1) \
		for (int i = 0; i < N; i += size) \
			for (int k = 0; k < size / 2; k++) { \
				T c = (T)cosine[k * (N / size)], s = (T)(sign * sine[k * (N / size)]); \
				int a = i + k, b = a + size / 2; \
				T p = x[b] * c - y[b] * s, q = x[b] * s + y[b] * c; \
				x[b] = x[a] - p; y[b] = y[a] - q; \
				x[a] += p; y[a] += q; \
			} \
}

TRANSFORM(transform, double)
TRANSFORM(transform_float, float)

int main(void)
{
	u32 seed = 6, sum = 2166136261u;
	static double was[N];
	table();
	for (int i = 0; i < N; i++) {
		fre[i] = (float)(was[i] = re[i] = (i32)next_random(&seed) / 2147483648.0 + cosine[i * 5 % (N / 2)]);
		im[i] = fim[i] = 0;
	}
	transform(re, im, -1);
	transform_float(fre, fim, -1);
	for (int i = 0; i < N; i++) {
		u64 a = bits_of(re[i]), b = bits_of(im[i]);
		sum = mix32(mix32(mix32(mix32(sum, (u32)a), (u32)(a >> 32)), (u32)b), (u32)(b >> 32));
		sum = mix32(mix32(sum, bits_of_float(fre[i])), bits_of_float(fim[i]));
		if (i % 16 == 5)
			print("%d: %.12f %.12f float %.6f %.6f", i, re[i], im[i], fre[i], fim[i]);
	}
	print("sum %08x", sum);
	transform(re, im, 1);
	double worst = 0;
	for (int i = 0; i < N; i++) {
		double d = re[i] / N - was[i];
		d = d < 0 ? -d : d;
		if (d > worst)
			worst = d;
	}
	print("worst %e", worst);
	return 0;
}
