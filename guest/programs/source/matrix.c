/* Matrices: product, inverse, determinant, in doubles and floats. */
#include "program.h"

enum { N = 9 };

typedef double matrix[N][N];

static NOINLINE void multiply(matrix r, matrix a, matrix b)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			double s = 0;
			for (int j = 0; j < N; j++)
				s += a[i][j] * b[j][k];
			r[i][k] = s;
		}
}

static double size(double v) { return v < 0 ? -v : v; }

/* By Gauss and Jordan, with pivots. Returns the determinant. */
static NOINLINE double invert(matrix r, matrix from)
{
	matrix a;
	double determinant = 1;
	memcpy(a, from, sizeof a);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++)
			r[i][k] = i == k;
	for (int c = 0; c < N; c++) {
		int pivot = c;
		for (int i = c + 1; i < N; i++)
			if (size(a[i][c]) > size(a[pivot][c]))
				pivot = i;
		if (pivot != c) {
			determinant = -determinant;
			for (int k = 0; k < N; k++) {
				double t = a[c][k];
				a[c][k] = a[pivot][k];
				a[pivot][k] = t;
				t = r[c][k];
				r[c][k] = r[pivot][k];
				r[pivot][k] = t;
			}
		}
		double p = a[c][c];
		determinant *= p;
		if (p == 0)
			return 0;
		for (int k = 0; k < N; k++) {
			a[c][k] /= p;
			r[c][k] /= p;
		}
		for (int i = 0; i < N; i++) {
			double f = a[i][c];
			if (i == c || f == 0)
				continue;
			for (int k = 0; k < N; k++) {
				a[i][k] -= f * a[c][k];
				r[i][k] -= f * r[c][k];
			}
		}
	}
	return determinant;
}

static NOINLINE float float_trace(int n)
{
	static float a[16][16], b[16][16];
	float t = 0;
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 16; k++) {
			a[i][k] = (float)(i + 1) / (float)(k + n);
			b[i][k] = (float)(k - i) * 0.1f;
		}
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 16; j++)
			t += a[i][j] * b[j][i];
	return t;
}

int main(void)
{
	matrix a, inverse, one;
	u32 seed = 9;
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++)
			a[i][k] = (i32)next_random(&seed) / 268435456.0;
	double d = invert(inverse, a), worst = 0;
	print("determinant %.6f %b", d, d);
	multiply(one, a, inverse);
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < N; k++) {
			double e = size(one[i][k] - (i == k));
			if (e > worst)
				worst = e;
		}
		print("%.12f %.12f %b", inverse[i][0], inverse[i][N - 1], inverse[i][i]);
	}
	print("worst %e", worst);
	/* Hilbert's, which is nearly singular. */
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++)
			a[i][k] = 1.0 / (i + k + 1);
	print("hilbert %e", invert(inverse, a));
	memset(a[3], 0, sizeof a[3]);
	print("singular %f", invert(inverse, a));
	print("floats %.6f %08x", float_trace(3), bits_of_float(float_trace(5)));
	return 0;
}
