/* Decimal numbers to doubles, correctly rounded, by integers of any size; and back. */
#include "program.h"

enum { LIMBS = 72 };

struct big {
	int n;
	u32 limb[LIMBS];
};

static void scale(struct big *b, u32 by, u32 plus)
{
	u64 carry = plus;
	for (int i = 0; i < b->n; i++) {
		carry += (u64)b->limb[i] * by;
		b->limb[i] = (u32)carry;
		carry >>= 32;
	}
	if (carry)
		b->limb[b->n++] = (u32)carry;
}

static int length(const struct big *b) { return b->n ? b->n * 32 - __builtin_clz(b->limb[b->n - 1]) : 0; }

static void shift(struct big *b, int n)
{
	int whole = n / 32;
	for (int i = b->n - 1; i >= 0; i--)
		b->limb[i + whole] = b->limb[i];
	memset(b->limb, 0, (size_t)whole * sizeof(u32));
	b->n += whole;
	if (n % 32)
		scale(b, 1u << (n % 32), 0);
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

static void subtract(struct big *a, const struct big *b)
{
	i64 borrow = 0;
	for (int i = 0; i < a->n; i++) {
		borrow += (i64)a->limb[i] - (i < b->n ? b->limb[i] : 0);
		a->limb[i] = (u32)borrow;
		borrow >>= 32;
	}
	while (a->n && !a->limb[a->n - 1])
		a->n--;
}

static NOINLINE double parse(const char *s)
{
	static struct big a, b;
	int negative = *s == '-', e = 0, point = 0;
	s += negative;
	a.n = 0;
	b.n = 1;
	b.limb[0] = 1;
	for (; (*s >= '0' && *s <= '9') || *s == '.'; s++) {
		if (*s == '.') {
			point = 1;
			continue;
		}
		scale(&a, 10, (u32)(*s - '0'));
		e -= point;
	}
	if (*s == 'e') {
		int down = s[1] == '-', v = 0;
		for (s += 1 + down; *s >= '0' && *s <= '9'; s++)
			v = v * 10 + *s - '0';
		e += down ? -v : v;
	}
	if (!a.n)
		return negative ? -0.0 : 0.0;
	for (int i = 0; i < (e < 0 ? -e : e); i++)
		scale(e < 0 ? &b : &a, 10, 0);
	/* Of a/b, 54 bits or more, then what is left. */
	int power = 55 - (length(&a) - length(&b));
	if (-power < -1074 - 2)
		power = 1074 + 2;
	if (power > 0)
		shift(&a, power);
	else
		shift(&b, -power);
	u64 q = 0;
	int extra = length(&a) - length(&b);
	for (int i = extra > 0 ? extra : 0; i >= 0; i--) {
		static struct big t;
		t = b;
		shift(&t, i);
		q <<= 1;
		if (compare(&a, &t) >= 0) {
			subtract(&a, &t);
			q |= 1;
		}
	}
	if (a.n)
		q |= 1; /* 54 bits at least are before this one */
	int bits = 64 - (q ? __builtin_clzll(q) : 64), drop = bits - 53;
	if (power - drop > 1074)
		drop = power - 1074;
	u64 lost = q & ((1ull << drop) - 1), half = 1ull << (drop - 1);
	q >>= drop;
	if (lost > half || (lost == half && (q & 1)))
		q++;
	i64 biased = 1075 - power + drop; /* of 2^52 in q */
	u64 r = q >> 52 ? q + ((u64)(biased - 1) << 52) : q;
	if (biased >= 2047 || r >> 52 >= 2047)
		r = 0x7ff0000000000000;
	return of_bits(r | (u64)negative << 63);
}

int main(void)
{
	static const char *const texts[] = { "0", "-0", "1", "0.1", "3.14159265358979323846", "123456789012345678901234567890", "9007199254740993", "9007199254740992.99999999999999999999",
		"1e23", "8.5e-3", "2.2250738585072014e-308", "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
		"1.7976931348623157e308", "1.7976931348623159e308", "-1e-5", "179769313486231580793e289", "0.5000000000000000277555756156289135", "1e-320" };
	for (int i = 0; i < COUNT(texts); i++) {
		double d = parse(texts[i]);
		print("%s = %b = %.17e", texts[i], d, d);
	}
	/* Seventeen digits are enough. */
	u32 seed = 7;
	int same = 0;
	for (int i = 0; i < 12; i++) {
		u64 v = (u64)next_random(&seed) << 32 | next_random(&seed);
		double d = of_bits((v & 0x800fffffffffffff) | (u64)(900 + (v >> 52 & 255)) << 52);
		char text[40];
		format_into(text, "%.16e", d);
		same += bits_of(parse(text)) == bits_of(d);
	}
	print("same %d", same);
	return 0;
}
