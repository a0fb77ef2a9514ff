/* Functions with any number of arguments, of every kind, handed on and copied. */
#include "program.h"

typedef __builtin_va_list va_list;
#define va_start __builtin_va_start
#define va_arg __builtin_va_arg
#define va_end __builtin_va_end
#define va_copy __builtin_va_copy

struct point { i32 x, y; };
struct big { i32 a[7]; };

static NOINLINE double total(const char *kinds, ...)
{
	va_list args;
	double s = 0;
	va_start(args, kinds);
	for (; *kinds; kinds++)
		switch (*kinds) {
		case 'i': s = s * 2 + va_arg(args, i32); break;
		case 'u': s = s * 2 + va_arg(args, u32); break;
		case 'l': s = s * 2 + (double)va_arg(args, i64); break;
		case 'd': s = s * 2 + va_arg(args, double); break;
		case 's': s = s * 2 + (double)strlen(va_arg(args, const char *)); break;
		case 'p': {
			struct point p = va_arg(args, struct point);
			s = s * 2 + p.x - p.y;
			break;
		}
		case 'b': {
			struct big b = va_arg(args, struct big);
			s = s * 2 + b.a[0] + b.a[6];
			break;
		}
		case 'f': s = s * 2 + va_arg(args, double (*)(double))(1.5); break;
		}
	va_end(args);
	return s;
}

static double thrice(double v) { return v * 3; }

static int list_sum(va_list args)
{
	int s = 0;
	for (int v; (v = va_arg(args, int)) != 0;)
		s = s * 3 + v;
	return s;
}

static NOINLINE int twice(int first, ...)
{
	va_list args, copy;
	va_start(args, first);
	va_copy(copy, args);
	int a = list_sum(args), b = list_sum(copy);
	va_end(copy);
	va_end(args);
	return a == b ? first + a : -1;
}

static NOINLINE int after_eight(int a, int b, int c, int d, int e, int f, int g, int h, double x, ...)
{
	va_list args;
	va_start(args, x);
	int r = a + b * c - d + e * f - g + h + (int)x;
	r += va_arg(args, int);
	r += (int)(va_arg(args, double) * 8);
	r += (int)va_arg(args, i64);
	va_end(args);
	return r;
}

int main(void)
{
	struct point p = { 10, -3 };
	struct big b = { { 1, 2, 3, 4, 5, 6, 7 } };
	print("%f", total("iiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
	print("%f", total("dddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.));
	print("%f", total("idididididididididid", 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5));
	print("%f", total("ililil", 1, 1ll << 33, 2, -5ll, 3, 7ll));
	print("%f", total("iiiiiiilil", 1, 2, 3, 4, 5, 6, 7, 8ll, 9, 10ll));
	print("%f", total("sudpbfi", "seven", 4000000000u, -0.125, p, b, thrice, 1));
	print("%f", total("pbpb", p, b, p, b));
	print("%f", total("i", (i8)-5) + total("i", (i16)-300) + total("d", 0.5f) + total(""));
	print("%d %d", twice(5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0), twice(1, 0));
	print("%d", after_eight(1, 2, 3, 4, 5, 6, 7, 8, 9.5, 100, 0.375, -1000ll));
	return 0;
}
