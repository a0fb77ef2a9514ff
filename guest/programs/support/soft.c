/*
 * soft.c - the arithmetic that a 68000 and a 68020 without a 68881 do not have,
 * under the names that GCC calls: IEEE 754, rounding to nearest.
 *
 * A number is unpacked into a sign, an exponent and a mantissa of 64 bits with
 * the point after the highest one, and packed again with one rounding, whose
 * lost bits are summed up in the lowest (sticky).
 */
#include "program.h"

#define ALIAS(type, name, args) type name args; type name args

/* Integers. */

/* In assembly, because without optimisation GCC makes a call of __mulsi3 of it. */
static u32 times(u16 a, u16 b)
{
	u32 product = a;
	__asm__("mulu.w %1,%0" : "+d"(product) : "d"(b));
	return product;
}

ALIAS(u32, __mulsi3, (u32 a, u32 b))
{
	return times((u16)a, (u16)b) + ((times((u16)(a >> 16), (u16)b) + times((u16)a, (u16)(b >> 16))) << 16);
}

static u32 divide(u32 a, u32 b, u32 *rest)
{
	u32 q = 0, r = 0;
	for (int i = 0; i < 32; i++) {
		u32 out = r >> 31;
		r = r << 1 | a >> 31;
		a <<= 1;
		q <<= 1;
		if (out || r >= b) {
			r -= b;
			q |= 1;
		}
	}
	*rest = r;
	return q;
}

static u32 size32(i32 v) { return v < 0 ? -(u32)v : (u32)v; }

ALIAS(u32, __udivsi3, (u32 a, u32 b)) { u32 r; return divide(a, b, &r); }
ALIAS(u32, __umodsi3, (u32 a, u32 b)) { u32 r; divide(a, b, &r); return r; }
ALIAS(i32, __divsi3, (i32 a, i32 b)) { u32 r, q = divide(size32(a), size32(b), &r); return (i32)((a ^ b) < 0 ? -q : q); }
ALIAS(i32, __modsi3, (i32 a, i32 b)) { u32 r; divide(size32(a), size32(b), &r); return (i32)(a < 0 ? -r : r); }

union wide {
	u64 u;
	struct { u32 high, low; } w;
};

ALIAS(u64, __ashldi3, (u64 v, int n))
{
	union wide x = { v };
	if (n >= 32) {
		x.w.high = x.w.low << (n - 32);
		x.w.low = 0;
	} else if (n) {
		x.w.high = x.w.high << n | x.w.low >> (32 - n);
		x.w.low <<= n;
	}
	return x.u;
}

ALIAS(u64, __lshrdi3, (u64 v, int n))
{
	union wide x = { v };
	if (n >= 32) {
		x.w.low = x.w.high >> (n - 32);
		x.w.high = 0;
	} else if (n) {
		x.w.low = x.w.low >> n | x.w.high << (32 - n);
		x.w.high >>= n;
	}
	return x.u;
}

ALIAS(i64, __ashrdi3, (i64 v, int n))
{
	union wide x = { (u64)v };
	i32 high = (i32)x.w.high;
	if (n >= 32) {
		x.w.low = (u32)(high >> (n - 32));
		x.w.high = (u32)(high >> 31);
	} else if (n) {
		x.w.low = x.w.low >> n | x.w.high << (32 - n);
		x.w.high = (u32)(high >> n);
	}
	return (i64)x.u;
}

/* The product of two numbers of 32 bits. */
static u64 product(u32 a, u32 b)
{
	u32 ll = times((u16)a, (u16)b), lh = times((u16)a, (u16)(b >> 16));
	u32 hl = times((u16)(a >> 16), (u16)b), hh = times((u16)(a >> 16), (u16)(b >> 16));
	u32 middle = (ll >> 16) + (lh & 0xffff) + (hl & 0xffff);
	union wide x;
	x.w.low = (ll & 0xffff) | middle << 16;
	x.w.high = hh + (lh >> 16) + (hl >> 16) + (middle >> 16);
	return x.u;
}

ALIAS(u64, __muldi3, (u64 a, u64 b))
{
	union wide x = { a }, y = { b }, p;
	p.u = product(x.w.low, y.w.low);
	p.w.high += __mulsi3(x.w.high, y.w.low) + __mulsi3(x.w.low, y.w.high);
	return p.u;
}

static u64 divide64(u64 a, u64 b, u64 *rest)
{
	u64 q = 0, r = 0;
	for (int i = 0; i < 64; i++) {
		int out = (i64)r < 0;
		r = r << 1 | ((i64)a < 0);
		a <<= 1;
		q <<= 1;
		if (out || r >= b) {
			r -= b;
			q |= 1;
		}
	}
	*rest = r;
	return q;
}

static u64 size64(i64 v) { return v < 0 ? -(u64)v : (u64)v; }

ALIAS(u64, __udivdi3, (u64 a, u64 b)) { u64 r; return divide64(a, b, &r); }
ALIAS(u64, __umoddi3, (u64 a, u64 b)) { u64 r; divide64(a, b, &r); return r; }
ALIAS(i64, __divdi3, (i64 a, i64 b)) { u64 r, q = divide64(size64(a), size64(b), &r); return (i64)((a ^ b) < 0 ? -q : q); }
ALIAS(i64, __moddi3, (i64 a, i64 b)) { u64 r; divide64(size64(a), size64(b), &r); return (i64)(a < 0 ? -r : r); }
ALIAS(int, __cmpdi2, (i64 a, i64 b)) { return a < b ? 0 : a > b ? 2 : 1; }
ALIAS(int, __ucmpdi2, (u64 a, u64 b)) { return a < b ? 0 : a > b ? 2 : 1; }

ALIAS(int, __clzsi2, (u32 v))
{
	int n = 0;
	for (; !(v >> 31) && n < 32; n++)
		v <<= 1;
	return n;
}

ALIAS(int, __clzdi2, (u64 v))
{
	union wide x = { v };
	return x.w.high ? __clzsi2(x.w.high) : 32 + __clzsi2(x.w.low);
}

ALIAS(int, __ctzsi2, (u32 v)) { return 31 - __clzsi2(v & -v); }
ALIAS(int, __ctzdi2, (u64 v)) { return 63 - __clzdi2(v & -v); }
ALIAS(int, __ffssi2, (u32 v)) { return v ? __ctzsi2(v) + 1 : 0; }

ALIAS(int, __popcountsi2, (u32 v))
{
	int n = 0;
	for (; v; v &= v - 1)
		n++;
	return n;
}

ALIAS(int, __popcountdi2, (u64 v)) { return __popcountsi2((u32)(v >> 32)) + __popcountsi2((u32)v); }
ALIAS(int, __paritysi2, (u32 v)) { return __popcountsi2(v) & 1; }
ALIAS(u32, __bswapsi2, (u32 v)) { return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24; }
ALIAS(u64, __bswapdi2, (u64 v)) { return (u64)__bswapsi2((u32)v) << 32 | __bswapsi2((u32)(v >> 32)); }

/* Floating point. */

struct number {
	int negative, kind; /* zero, finite, infinite, nan */
	int e;              /* of the mantissa's highest bit */
	u64 m;
};

enum { ZERO, FINITE, INFINITE, NAN };

static struct number unpack(u64 bits, int mantissa, int exponent)
{
	int most = (1 << exponent) - 1, bias = most >> 1;
	struct number n = { (int)(bits >> (mantissa + exponent)) & 1, FINITE, 0, 0 };
	int e = (int)(bits >> mantissa) & most;
	u64 m = bits & ((1ull << mantissa) - 1);
	if (e == most) {
		n.kind = m ? NAN : INFINITE;
		return n;
	}
	if (e)
		m |= 1ull << mantissa;
	else
		e = 1;
	if (!m) {
		n.kind = ZERO;
		return n;
	}
	int shift = __clzdi2(m);
	n.m = m << shift;
	n.e = e - bias + 63 - mantissa - shift;
	return n;
}

/* Shifts right and keeps a trace of what falls off. */
static u64 jam(u64 m, int n)
{
	if (n <= 0)
		return m;
	if (n > 63)
		return m != 0;
	return m >> n | ((m << (64 - n)) != 0);
}

static u64 pack(struct number n, int mantissa, int exponent)
{
	int most = (1 << exponent) - 1, bias = most >> 1;
	u64 sign = (u64)n.negative << (mantissa + exponent);
	u64 infinity = (u64)most << mantissa;
	if (n.kind == NAN)
		return infinity | 1ull << (mantissa - 1);
	if (n.kind == ZERO)
		return sign;
	if (n.kind == INFINITE)
		return sign | infinity;
	int e = n.e + bias;
	u64 m = n.m;
	if (e <= 0) {
		m = jam(m, 1 - e);
		e = 0;
	}
	int extra = 63 - mantissa;
	u64 half = 1ull << (extra - 1), lost = m & (2 * half - 1);
	m >>= extra;
	/* The mantissa's highest bit adds 1 to the exponent, as does a carry out of it. */
	u64 bits = (e > 0 ? (u64)(e - 1) << mantissa : 0) + m;
	if (lost > half || (lost == half && (m & 1)))
		bits++;
	return sign | (bits >= infinity ? infinity : bits);
}

static struct number add(struct number a, struct number b)
{
	if (a.kind == NAN || b.kind == ZERO) {
		if (a.kind == ZERO)
			a.negative &= b.negative;
		return a;
	}
	if (b.kind == NAN || a.kind == ZERO)
		return b;
	if (a.kind == INFINITE) {
		if (b.kind == INFINITE && a.negative != b.negative)
			a.kind = NAN;
		return a;
	}
	if (b.kind == INFINITE)
		return b;
	if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
		struct number t = a;
		a = b;
		b = t;
	}
	u64 x = a.m >> 2, y = jam(b.m >> 2, a.e - b.e); /* the mantissas end in zeros */
	x = a.negative == b.negative ? x + y : x - y;
	if (!x) {
		struct number zero = { 0, ZERO, 0, 0 };
		return zero;
	}
	int shift = __clzdi2(x);
	a.m = x << shift;
	a.e += 2 - shift;
	return a;
}

static struct number multiply(struct number a, struct number b)
{
	int negative = a.negative ^ b.negative;
	struct number r = { negative, FINITE, 0, 0 };
	if (a.kind == NAN || b.kind == NAN || (a.kind == INFINITE && b.kind == ZERO) || (a.kind == ZERO && b.kind == INFINITE))
		r.kind = NAN;
	else if (a.kind == INFINITE || b.kind == INFINITE)
		r.kind = INFINITE;
	else if (a.kind == ZERO || b.kind == ZERO)
		r.kind = ZERO;
	else {
		u32 ah = (u32)(a.m >> 32), al = (u32)a.m, bh = (u32)(b.m >> 32), bl = (u32)b.m;
		u64 low = product(al, bl), one = product(ah, bl), two = product(al, bh);
		u64 middle = (low >> 32) + (u32)one + (u32)two;
		u64 high = product(ah, bh) + (one >> 32) + (two >> 32) + (middle >> 32);
		int sticky = (u32)low != 0 || (u32)middle != 0;
		r.e = a.e + b.e + 1;
		if (!(high >> 63)) {
			/* Nothing is lost: the low half has at most this one bit that matters. */
			high = high << 1 | (middle >> 31 & 1);
			r.e--;
		}
		r.m = high | (u64)sticky;
	}
	return r;
}

static struct number quotient(struct number a, struct number b)
{
	struct number r = { a.negative ^ b.negative, FINITE, 0, 0 };
	if (a.kind == NAN || b.kind == NAN || (a.kind == b.kind && a.kind != FINITE))
		r.kind = NAN;
	else if (a.kind == INFINITE || b.kind == ZERO)
		r.kind = INFINITE;
	else if (a.kind == ZERO || b.kind == INFINITE)
		r.kind = ZERO;
	else {
		u64 rest = a.m, q = 0;
		r.e = a.e - b.e;
		int out = 0;
		if (rest < b.m) {
			out = (int)(rest >> 63);
			rest <<= 1;
			r.e--;
		}
		for (int i = 0; i < 63; i++) { /* 62 bits are plenty; the last is sticky */
			q <<= 1;
			if (out || rest >= b.m) {
				rest -= b.m;
				q |= 1;
			}
			out = (int)(rest >> 63);
			rest <<= 1;
		}
		r.m = q << 1 | (rest != 0 || out);
	}
	return r;
}

/* -1, 0, 1; 2 if a NaN is among them. */
static int compare(struct number a, struct number b)
{
	if (a.kind == NAN || b.kind == NAN)
		return 2;
	if (a.kind == ZERO && b.kind == ZERO)
		return 0;
	if (a.kind == ZERO)
		return b.negative ? 1 : -1;
	if (b.kind == ZERO)
		return a.negative ? -1 : 1;
	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	int c = a.kind != b.kind ? (a.kind > b.kind ? 1 : -1) : a.kind == INFINITE ? 0
		: a.e != b.e ? (a.e > b.e ? 1 : -1) : a.m != b.m ? (a.m > b.m ? 1 : -1) : 0;
	return a.negative ? -c : c;
}

static u64 whole(struct number n) /* towards zero, without the sign */
{
	if (n.kind != FINITE || n.e < 0)
		return 0;
	return n.m >> (63 - (n.e > 63 ? 63 : n.e));
}

static struct number of_whole(u64 v, int negative)
{
	struct number n = { negative, v ? FINITE : ZERO, 63, v };
	if (v) {
		int shift = __clzdi2(v);
		n.m <<= shift;
		n.e -= shift;
	}
	return n;
}

static struct number from_float(float f) { return unpack(bits_of_float(f), 23, 8); }
static struct number from_double(double d) { return unpack(bits_of(d), 52, 11); }
static float to_float(struct number n) { return float_of_bits((u32)pack(n, 23, 8)); }
static double to_double(struct number n) { return of_bits(pack(n, 52, 11)); }

static struct number opposite(struct number n)
{
	n.negative ^= 1;
	return n;
}

#define OPERATIONS(T, mode, from, to) \
	ALIAS(T, __add##mode##3, (T a, T b)) { return to(add(from(a), from(b))); } \
	ALIAS(T, __sub##mode##3, (T a, T b)) { return to(add(from(a), opposite(from(b)))); } \
	ALIAS(T, __mul##mode##3, (T a, T b)) { return to(multiply(from(a), from(b))); } \
	ALIAS(T, __div##mode##3, (T a, T b)) { return to(quotient(from(a), from(b))); } \
	ALIAS(int, __eq##mode##2, (T a, T b)) { return compare(from(a), from(b)) != 0; } \
	ALIAS(int, __ne##mode##2, (T a, T b)) { return compare(from(a), from(b)) != 0; } \
	ALIAS(int, __lt##mode##2, (T a, T b)) { return compare(from(a), from(b)); } \
	ALIAS(int, __le##mode##2, (T a, T b)) { return compare(from(a), from(b)); } \
	ALIAS(int, __gt##mode##2, (T a, T b)) { int c = compare(from(a), from(b)); return c == 2 ? -1 : c; } \
	ALIAS(int, __ge##mode##2, (T a, T b)) { int c = compare(from(a), from(b)); return c == 2 ? -1 : c; } \
	ALIAS(int, __unord##mode##2, (T a, T b)) { return compare(from(a), from(b)) == 2; } \
	ALIAS(i32, __fix##mode##si, (T a)) { struct number n = from(a); u32 v = (u32)whole(n); return (i32)(n.negative ? -v : v); } \
	ALIAS(u32, __fixuns##mode##si, (T a)) { return (u32)whole(from(a)); } \
	ALIAS(i64, __fix##mode##di, (T a)) { struct number n = from(a); u64 v = whole(n); return (i64)(n.negative ? -v : v); } \
	ALIAS(u64, __fixuns##mode##di, (T a)) { return whole(from(a)); } \
	ALIAS(T, __floatsi##mode, (i32 v)) { return to(of_whole(size32(v), v < 0)); } \
	ALIAS(T, __floatunsi##mode, (u32 v)) { return to(of_whole(v, 0)); } \
	ALIAS(T, __floatdi##mode, (i64 v)) { return to(of_whole(size64(v), v < 0)); } \
	ALIAS(T, __floatundi##mode, (u64 v)) { return to(of_whole(v, 0)); }

OPERATIONS(float, sf, from_float, to_float)
OPERATIONS(double, df, from_double, to_double)

ALIAS(double, __extendsfdf2, (float f)) { return to_double(from_float(f)); }
ALIAS(float, __truncdfsf2, (double d)) { return to_float(from_double(d)); }
ALIAS(float, __negsf2, (float f)) { return float_of_bits(bits_of_float(f) ^ 0x80000000u); }
ALIAS(double, __negdf2, (double d)) { return of_bits(bits_of(d) ^ 1ull << 63); }
