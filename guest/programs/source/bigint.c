/* Integers of hundreds of digits. */
#include "program.h"

enum { LIMBS = 40 };

struct big {
	int n; /* limbs in use */
	u32 limb[LIMBS];
};

static struct big of(u32 v)
{
	struct big b = { v != 0, { v } };
	return b;
}

static struct big add(const struct big *a, const struct big *b)
{
	struct big r = { a->n > b->n ? a->n : b->n, { 0 } };
	u64 carry = 0;
	for (int i = 0; i < r.n; i++) {
		carry += (u64)(i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
		r.limb[i] = (u32)carry;
		carry >>= 32;
	}
	if (carry)
		r.limb[r.n++] = (u32)carry;
	return r;
}

static struct big subtract(struct big a, const struct big *b) /* a >= b */
{
	u32 borrow = 0;
	for (int i = 0; i < a.n; i++) {
		u64 d = (u64)a.limb[i] - (i < b->n ? b->limb[i] : 0) - borrow;
		a.limb[i] = (u32)d;
		borrow = (u32)(d >> 63);
	}
	while (a.n && !a.limb[a.n - 1])
		a.n--;
	return a;
}

static struct big multiply(const struct big *a, const struct big *b)
{
	struct big r = { 0, { 0 } };
	for (int i = 0; i < a->n; i++) {
		u64 carry = 0;
		for (int k = 0; k < b->n || carry; k++) {
			carry += (u64)a->limb[i] * (k < b->n ? b->limb[k] : 0) + r.limb[i + k];
			r.limb[i + k] = (u32)carry;
			carry >>= 32;
		}
	}
	r.n = a->n + b->n;
	while (r.n && !r.limb[r.n - 1])
		r.n--;
	return r;
}

static int compare(const struct big *a, const struct big *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (int i = a->n - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

static u32 divide_small(struct big *a, u32 by)
{
	u64 rest = 0;
	for (int i = a->n - 1; i >= 0; i--) {
		rest = rest << 32 | a->limb[i];
		a->limb[i] = (u32)(rest / by);
		rest %= by;
	}
	while (a->n && !a->limb[a->n - 1])
		a->n--;
	return (u32)rest;
}

static struct big modulo(const struct big *a, const struct big *m)
{
	struct big r = of(0);
	for (int i = a->n * 32 - 1; i >= 0; i--) {
		r = add(&r, &r);
		if (a->limb[i / 32] >> (i % 32) & 1) {
			struct big one = of(1);
			r = add(&r, &one);
		}
		if (compare(&r, m) >= 0)
			r = subtract(r, m);
	}
	return r;
}

static void show(const char *what, struct big b)
{
	char text[400];
	int at = sizeof text - 1;
	text[at] = 0;
	do
		text[--at] = (char)('0' + divide_small(&b, 10));
	while (b.n);
	print("%s %s", what, text + at);
}

int main(void)
{
	struct big f = of(1);
	for (u32 i = 2; i <= 60; i++) {
		struct big k = of(i);
		f = multiply(&f, &k);
	}
	show("60! =", f);
	struct big a = of(0), b = of(1);
	for (int i = 0; i < 300; i++) {
		struct big c = add(&a, &b);
		a = b;
		b = c;
	}
	show("fib 300 =", a);
	/* 2^127-1 is a prime, so 3^(p-1) is 1 modulo it. */
	struct big one = of(1), p = of(1), r = of(1), base = of(3);
	for (int i = 0; i < 127; i++)
		p = add(&p, &p);
	p = subtract(p, &one);
	show("p =", p);
	struct big e = subtract(p, &one);
	for (int i = 0; i < 24; i++) { /* the lowest bits of the exponent */
		if (e.limb[i / 32] >> (i % 32) & 1) {
			r = multiply(&r, &base);
			r = modulo(&r, &p);
		}
		base = multiply(&base, &base);
		base = modulo(&base, &p);
	}
	show("3^(e mod 2^24) =", r);
	show("3^(2^24) =", base);
	struct big d = f;
	for (u32 i = 60; i >= 2; i--)
		if (divide_small(&d, i))
			print("does not divide: %u", i);
	show("divided back", d);
	return 0;
}
