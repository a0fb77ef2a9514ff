/* 68K only: SANE, with the coprocessor to compare. A long double has 96 bits. */
#include "test.h"

typedef long double extended;
typedef struct { SInt8 sign, pad; short exponent; UInt8 length, digits[36]; } Decimal;
typedef struct { SInt8 style, pad; short digits; } DecForm;

static UInt16 flags;

static void fp(short op, void *to, const void *from)
{
	__asm__ volatile("move.l %2,-(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.w %0,-(%%sp)\n\t.short 0xa9eb" : : "r"(op), "r"(to), "r"(from) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
}

static void fp1(short op, void *to)
{
	__asm__ volatile("move.l %1,-(%%sp)\n\tmove.w %0,-(%%sp)\n\t.short 0xa9eb" : : "r"(op), "r"(to) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
}

static void fp3(short op, void *to, const void *from, const void *form)
{
	__asm__ volatile("move.l %3,-(%%sp)\n\tmove.l %2,-(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.w %0,-(%%sp)\n\t.short 0xa9eb" : : "r"(op), "r"(to), "r"(from), "r"(form) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
}

static UInt16 compare(extended *a, extended *b)
{
	UInt16 ccr;
	__asm__ volatile("move.l %2,-(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.w #0x28,-(%%sp)\n\t.short 0xa9eb\n\tmove.w %%ccr,%0" : "=d"(ccr) : "r"(a), "r"(b) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
	return ccr & 0x1f;
}

static void elems1(short op, void *to)
{
	__asm__ volatile("move.l %1,-(%%sp)\n\tmove.w %0,-(%%sp)\n\t.short 0xa9ec" : : "r"(op), "r"(to) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
}

static void elems(short op, void *to, const void *from)
{
	__asm__ volatile("move.l %2,-(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.w %0,-(%%sp)\n\t.short 0xa9ec" : : "r"(op), "r"(to), "r"(from) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
}

/* Constants are doubles: the compiler has its difficulties with longer ones. */
__attribute__((noinline)) static Boolean is(const extended *x, double want) { return *x == want; }

__attribute__((noinline)) static Boolean near(const extended *x, double want)
{
	double d = (double)*x - want;
	return d < 1e-15 && d > -1e-15;
}

long test(long argument)
{
	extended x, y, r;
	double d;
	float f;
	short i;
	long l;
	long long c;
	Decimal decimal;
	DecForm form;
	static const double values[] = { 1, -1, 3, 0.1, 1e10, -7.25, 1e-300, 123456789 };
	int m, n;

	for (m = 0; m < 8; m++)
		for (n = 0; n < 8; n++) {
			y = values[n];
			x = values[m], fp(0x20, &x, &y);
			CHECK(x == (extended)values[m] + y);
			x = values[m], fp(0x22, &x, &y);
			CHECK(x == (extended)values[m] - y);
			x = values[m], fp(0x24, &x, &y);
			CHECK(x == (extended)values[m] * y);
			x = values[m], fp(0x26, &x, &y);
			CHECK(x == (extended)values[m] / y);
			x = values[m], fp(0x826, &x, &values[n]);
			CHECK(x == (extended)values[m] / y);
			x = values[m];
			CHECK(compare(&x, &y) == (x < y ? 0x19 : x == y ? 0x04 : 0));
		}
	i = -7, fp(0x202e, &x, &i);
	CHECK(is(&x, -7));
	l = 100000, fp(0x282e, &x, &l);
	CHECK(is(&x, 100000));
	f = 0.5, fp(0x102e, &x, &f);
	CHECK(is(&x, 0.5));
	c = -1234567890123456LL, fp(0x302e, &x, &c);
	CHECK(is(&x, -1234567890123456.0));
	c = 0, fp(0x3030, &c, &x);
	CHECK(c == -1234567890123456LL);
	x = 1.0L / 3, fp(0x830, &d, &x);
	CHECK(d == 1.0 / 3);
	x = -2.5, fp(0x2030, &i, &x);
	CHECK(i == -2);
	x = 1e10, fp(0x2830, &l, &x);
	CHECK(l == (long)0x80000000);
	x = 2, fp1(0x32, &x);
	CHECK(near(&x, 1.41421356237309504880));
	x = -1.5, fp1(0x34, &x);
	CHECK(is(&x, -2));
	x = -1.5, fp1(0x36, &x);
	CHECK(is(&x, -1));
	x = -1.5, fp1(0x2d, &x);
	CHECK(is(&x, 1.5));
	x = -1.5, fp1(0x2f, &x);
	CHECK(is(&x, 1.5));
	x = 10, y = 3, fp(0x2c, &x, &y);
	CHECK(is(&x, 1));
	x = 1, i = 10, fp(0x2038, &x, &i);
	CHECK(is(&x, 1024));
	x = 0, fp(0x3c, &i, &x);
	CHECK(i == 4);
	x = -1, fp(0x3c, &i, &x);
	CHECK(i == -5);

	/* The environment. */
	flags = 0x2000, fp1(0x01, &flags); /* upwards */
	x = -2.5, fp1(0x34, &x);
	CHECK(is(&x, -2));
	x = 1, y = 0, fp(0x26, &x, &y);
	fp1(0x03, &flags);
	CHECK(flags == 0x3800); /* inexact, division by zero */
	fp1(0x17, &flags);
	CHECK(flags == 0x3800);
	i = 8, fp1(0x1b, &i);
	CHECK(i == 8);
	fp1(0x19, &flags);
	flags = 0, fp1(0x03, &flags);
	CHECK(flags == 0x3800);
	i = 8, fp1(0x1b, &i);
	CHECK(i == 0x108);
	flags = 0, fp1(0x01, &flags);

	/* Decimals. */
	x = -123.456L, form.style = 0, form.digits = 6, fp3(0x2b, &decimal, &x, &form);
	CHECK(decimal.sign == 1 && decimal.exponent == -3 && decimal.length == 6 && same(decimal.digits, "123456", 6));
	form.style = 1, form.digits = 1, fp3(0x2b, &decimal, &x, &form);
	CHECK(decimal.sign == 1 && decimal.exponent == -1 && decimal.length == 4 && same(decimal.digits, "1235", 4));
	x = 0, fp(0x29, &x, &decimal);
	CHECK(is(&x, -123.5));
	x = 1, y = 0, fp(0x26, &x, &y);
	fp3(0x2b, &decimal, &x, &form);
	CHECK(decimal.length == 1 && decimal.digits[0] == 'I');

	/* Elementary functions. */
	r = 0.5;
	x = r, elems1(0x98, &x), y = r, elems1(0x9a, &y);
	CHECK(near(&x, 0.47942553860420300027));
	x = x * x + y * y;
	CHECK(near(&x, 1));
	x = r, elems1(0x88, &x), elems1(0x80, &x);
	CHECK(near(&x, 0.5));
	x = 1e-10, elems1(0x84, &x);
	CHECK(near(&x, 9.9999999995e-11));
	x = 8, elems1(0x82, &x);
	CHECK(is(&x, 3));
	i = -2, x = 4, elems((short)0x8090, &x, &i);
	CHECK(is(&x, 0.0625));
	y = 0.5, x = 2, elems((short)0x8092, &x, &y);
	CHECK(near(&x, 1.41421356237309504880));
	y = 3, x = -2, elems((short)0x8092, &x, &y);
	CHECK(is(&x, -8));
	x = 1, elems1(0xa0, &x);
	CHECK(is(&x, 16807));
	return 0;
}
