/* The 8x8 cosine transform of pictures: in doubles, floats and integers. */
#include "program.h"

static const double c[8] = { 0.70710678118654752, 0.98078528040323045, 0.92387953251128676, 0.83146961230254524, 0.70710678118654752, 0.55557023301960222, 0.38268343236508977, 0.19509032201612827 };

static double cosine(int u, int x) /* of (2x+1)u pi/16 */
{
	int k = (2 * x + 1) * u & 31;
	double sign = 1;
	if (k > 16)
		k = 32 - k;
	if (k > 8) {
		k = 16 - k;
		sign = -1;
	}
	return k == 0 ? sign : k == 8 ? 0 : sign * c[k];
}

static NOINLINE void forward(double *out, const i16 *in)
{
	for (int u = 0; u < 8; u++)
		for (int v = 0; v < 8; v++) {
			double s = 0;
			for (int x = 0; x < 8; x++)
				for (int y = 0; y < 8; y++)
					s += in[x * 8 + y] * cosine(u, x) * cosine(v, y);
			out[u * 8 + v] = s * (u ? 1 : c[0]) * (v ? 1 : c[0]) / 4;
		}
}

static NOINLINE void backward(float *out, const i16 *in)
{
	for (int x = 0; x < 8; x++)
		for (int y = 0; y < 8; y++) {
			float s = 0;
			for (int u = 0; u < 8; u++)
				for (int v = 0; v < 8; v++)
					if (in[u * 8 + v])
						s += in[u * 8 + v] * (float)(cosine(u, x) * cosine(v, y) * (u ? 1 : c[0]) * (v ? 1 : c[0]));
			out[x * 8 + y] = s / 4;
		}
}

static NOINLINE void rows(i32 *v, int stride)
{
	for (int i = 0; i < 8; i++) {
		i32 *p = v + (stride == 1 ? i * 8 : i), t[8];
		for (int u = 0; u < 8; u++) {
			i32 s = 0;
			for (int x = 0; x < 8; x++)
				s += p[x * stride] * (i32)(cosine(u, x) * 2048 + (cosine(u, x) < 0 ? -0.5 : 0.5));
			t[u] = (s + 1024) >> 11;
		}
		for (int u = 0; u < 8; u++)
			p[u * stride] = t[u];
	}
}

int main(void)
{
	i16 block[64], quantised[64];
	double coefficient[64];
	float back[64];
	i32 whole[64];
	u32 seed = 64, sum = 2166136261u;
	for (int i = 0; i < 64; i++) {
		block[i] = (i16)((i % 8) * 12 - (i / 8) * 9 + (i32)(next_random(&seed) >> 28) - 20);
		whole[i] = block[i];
	}
	forward(coefficient, block);
	for (int i = 0; i < 64; i++) {
		double q = coefficient[i] / (3 + i / 8 + i % 8);
		quantised[i] = (i16)(q < 0 ? q - 0.5 : q + 0.5);
		sum = mix32(mix32(sum, (u32)bits_of(coefficient[i])), (u16)quantised[i]);
		quantised[i] = (i16)(quantised[i] * (3 + i / 8 + i % 8));
	}
	print("%.9f %.9f %.9f sum %08x", coefficient[0], coefficient[9], coefficient[63], sum);
	backward(back, quantised);
	for (int i = 0; i < 64; i += 9)
		print("%d -> %.5f", block[i], back[i]);
	rows(whole, 1);
	rows(whole, 8);
	for (int y = 0; y < 8; y++)
		print("%6d%6d%6d%6d%6d%6d%6d%6d", whole[y * 8], whole[y * 8 + 1], whole[y * 8 + 2], whole[y * 8 + 3], whole[y * 8 + 4], whole[y * 8 + 5], whole[y * 8 + 6], whole[y * 8 + 7]);
	return 0;
}
