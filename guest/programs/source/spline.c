/* Numbers by iteration: splines, roots, integrals, differential equations, series. */
#include "program.h"

enum { N = 12 };

static NOINLINE void spline(const double *x, const double *y, double *m)
{
	double u[N];
	m[0] = u[0] = 0;
	for (int i = 1; i < N - 1; i++) {
		double s = (x[i] - x[i - 1]) / (x[i + 1] - x[i - 1]), p = s * m[i - 1] + 2;
		m[i] = (s - 1) / p;
		u[i] = (y[i + 1] - y[i]) / (x[i + 1] - x[i]) - (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
		u[i] = (6 * u[i] / (x[i + 1] - x[i - 1]) - s * u[i - 1]) / p;
	}
	m[N - 1] = 0;
	for (int i = N - 2; i >= 0; i--)
		m[i] = m[i] * m[i + 1] + u[i];
}

static NOINLINE double at(const double *x, const double *y, const double *m, double v)
{
	int i = 0;
	while (i < N - 2 && x[i + 1] < v)
		i++;
	double h = x[i + 1] - x[i], a = (x[i + 1] - v) / h, b = (v - x[i]) / h;
	return a * y[i] + b * y[i + 1] + ((a * a * a - a) * m[i] + (b * b * b - b) * m[i + 1]) * h * h / 6;
}

static NOINLINE double exponential(double x)
{
	int n = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
	double r = x - n * 0.6931471805599453, t = 1, s = 1;
	for (int i = 1; i < 18; i++) {
		t *= r / i;
		s += t;
	}
	return s * of_bits((u64)(1023 + n) << 52);
}

static NOINLINE double logarithm(double x)
{
	int e = (int)(bits_of(x) >> 52) - 1023;
	double m = of_bits((bits_of(x) & 0xfffffffffffff) | 1023ull << 52), z = (m - 1) / (m + 1), t = z, s = 0;
	for (int i = 1; i < 40; i += 2) {
		s += t / i;
		t *= z * z;
	}
	return 2 * s + e * 0.6931471805599453;
}

static NOINLINE double sine(double x)
{
	double t = x, s = x;
	for (int i = 2; i < 24; i += 2) {
		t = -t * x * x / (i * (i + 1));
		s += t;
	}
	return s;
}

static double cubic(double x) { return x * x * x - 2 * x - 5; }
static double wave(double x) { return sine(x) - x / 2; }

static NOINLINE double newton(double (*f)(double), double x)
{
	for (int i = 0; i < 20; i++) {
		double h = 1e-6, slope = (f(x + h) - f(x - h)) / (2 * h);
		x -= f(x) / slope;
	}
	return x;
}

static NOINLINE double bisect(double (*f)(double), double a, double b)
{
	while (b - a > 1e-13) {
		double m = (a + b) / 2;
		if ((f(a) < 0) == (f(m) < 0))
			a = m;
		else
			b = m;
	}
	return a;
}

static NOINLINE double simpson(double (*f)(double), double a, double b, int n)
{
	double h = (b - a) / n, s = f(a) + f(b);
	for (int i = 1; i < n; i++)
		s += f(a + i * h) * (i & 1 ? 4 : 2);
	return s * h / 3;
}

int main(void)
{
	double x[N], y[N], m[N];
	for (int i = 0; i < N; i++) {
		x[i] = i * 0.6 + (i & 1) * 0.1;
		y[i] = sine(x[i] - 3);
	}
	spline(x, y, m);
	for (double v = 0.05; v < 6; v += 0.83)
		print("spline %.3f %.12f error %.1e", v, at(x, y, m, v), at(x, y, m, v) - sine(v - 3));
	for (int i = -3; i <= 3; i++)
		print("exp %.15f log %.15f", exponential(i * 2.5), logarithm(exponential(i * 1.25)));
	print("newton %.15f %.15f", newton(cubic, 2), newton(wave, 2));
	print("bisect %.12f", bisect(cubic, 2, 3));
	print("simpson %.15f", simpson(sine, 0, 3.141592653589793, 40));
	double p = 1, v = 0, dt = 0.05; /* Runge and Kutta's method for a pendulum */
	for (int i = 0; i < 60; i++) {
		double k1 = -sine(p), l1 = v, k2 = -sine(p + l1 * dt / 2), l2 = v + k1 * dt / 2;
		double k3 = -sine(p + l2 * dt / 2), l3 = v + k2 * dt / 2, k4 = -sine(p + l3 * dt), l4 = v + k3 * dt;
		p += dt * (l1 + 2 * l2 + 2 * l3 + l4) / 6;
		v += dt * (k1 + 2 * k2 + 2 * k3 + k4) / 6;
		if (i % 10 == 9)
			print("pendulum %.12f %.12f", p, v);
	}
	float f = 1;
	for (int i = 0; i < 10; i++)
		f = (f + 2 / f) * 0.5f;
	print("root of 2 as float %.10f %08x", f, bits_of_float(f));
	return 0;
}
