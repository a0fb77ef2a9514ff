/*
 * print.c - formatted printing, exact for floating point: a double is an
 * integer times a power of two, and is kept as decimal digits in groups of
 * nine before and after the point.
 */
#include "program.h"

typedef __builtin_va_list va_list;

enum { GROUP = 1000000000, BEFORE = 36, AFTER = 124, GROUPS = BEFORE + AFTER };

struct sink {
	char *at;
	int n;
};

static void emit(struct sink *s, char c)
{
	s->at[s->n++] = c;
}

/* Fills groups with a finite double that is not negative; the point is after BEFORE. */
static void expand(u32 *group, double d)
{
	u64 bits = bits_of(d), m = bits & 0xfffffffffffffull;
	int e = (int)(bits >> 52 & 0x7ff);
	if (e)
		m |= 1ull << 52;
	else
		e = 1;
	e -= 1075;
	memset(group, 0, GROUPS * sizeof *group);
	if (!m)
		return;
	group[BEFORE - 1] = (u32)(m % GROUP);
	group[BEFORE - 2] = (u32)(m / GROUP);
	for (; e > 0; e--) {
		u32 carry = 0;
		for (int i = BEFORE - 1; i >= 0; i--) {
			u32 v = group[i] * 2 + carry;
			carry = v >= GROUP;
			group[i] = carry ? v - GROUP : v;
		}
	}
	int first = BEFORE - 2, last = BEFORE; /* all but zeros is between these, last excluded */
	for (; e < 0; e++) {
		u32 rest = 0;
		while (!group[first])
			first++;
		for (int i = first; i <= last && i < GROUPS; i++) {
			u32 v = rest ? group[i] + GROUP : group[i];
			rest = v & 1;
			group[i] = v >> 1;
		}
		if (last < GROUPS - 1 && group[last])
			last++;
	}
}

enum { DIGITS = GROUPS * 9 };

/* Rounds decimal digits to the first n, to even if there is a tie. */
static int round_digits(char *digit, int n)
{
	if (n >= DIGITS)
		return 0;
	int up = digit[n] > 5;
	if (digit[n] == 5) {
		for (int i = n + 1; i < DIGITS && !up; i++)
			up = digit[i] != 0;
		if (!up && n > 0)
			up = digit[n - 1] & 1;
	}
	for (int i = n - 1; up && i >= 0; i--) {
		up = digit[i] == 9;
		digit[i] = up ? 0 : digit[i] + 1;
	}
	return up; /* never: the first groups are zero */
}

static void emit_double(struct sink *s, double d, int precision, int exponential)
{
	static u32 group[GROUPS];
	static char digit[DIGITS];
	if (d != d) {
		emit(s, 'n'), emit(s, 'a'), emit(s, 'n');
		return;
	}
	if (bits_of(d) >> 63) {
		emit(s, '-');
		d = -d;
	}
	if (bits_of(d) == 0x7ff0000000000000ull) {
		emit(s, 'i'), emit(s, 'n'), emit(s, 'f');
		return;
	}
	expand(group, d);
	for (int i = 0; i < GROUPS; i++) {
		u32 v = group[i];
		for (int k = 8; k >= 0; k--, v /= 10)
			digit[i * 9 + k] = (char)(v % 10);
	}
	int point = BEFORE * 9, first = 0;
	if (!exponential) {
		round_digits(digit, point + precision);
		while (first < point - 1 && !digit[first])
			first++;
		for (; first < point; first++)
			emit(s, (char)('0' + digit[first]));
		if (precision)
			emit(s, '.');
		for (int i = 0; i < precision; i++)
			emit(s, (char)('0' + digit[point + i]));
		return;
	}
	while (first < DIGITS && !digit[first])
		first++;
	if (first == DIGITS)
		first = point - 1;
	round_digits(digit, first + 1 + precision);
	if (first > 0 && digit[first - 1])
		first--; /* 9.99 became 10.0 */
	emit(s, (char)('0' + digit[first]));
	if (precision)
		emit(s, '.');
	for (int i = 1; i <= precision; i++)
		emit(s, (char)('0' + (first + i < DIGITS ? digit[first + i] : 0)));
	int e = point - 1 - first;
	emit(s, 'e');
	emit(s, e < 0 ? '-' : '+');
	if (e < 0)
		e = -e;
	if (e >= 100)
		emit(s, (char)('0' + e / 100));
	emit(s, (char)('0' + e / 10 % 10));
	emit(s, (char)('0' + e % 10));
}

static void emit_whole(struct sink *s, u64 v, u32 base)
{
	char text[24];
	int n = 0;
	do {
		text[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		emit(s, text[--n]);
}

static int format_list(char *out, const char *f, va_list args)
{
	struct sink s = { out, 0 };
	for (; *f; f++) {
		if (*f != '%') {
			emit(&s, *f);
			continue;
		}
		int zero = 0, left = 0, wide = 0, width = 0, precision = 6, begin;
		f++;
		for (;; f++) {
			if (*f == '0')
				zero = 1;
			else if (*f == '-')
				left = 1;
			else
				break;
		}
		if (*f == '*') {
			width = __builtin_va_arg(args, int);
			f++;
		}
		while (*f >= '0' && *f <= '9')
			width = width * 10 + *f++ - '0';
		if (*f == '.')
			for (precision = 0, f++; *f >= '0' && *f <= '9'; f++)
				precision = precision * 10 + *f - '0';
		if (*f == 'l') {
			wide = 1;
			f++;
		}
		begin = s.n;
		switch (*f) {
		case 'd': {
			i64 v = wide ? __builtin_va_arg(args, i64) : __builtin_va_arg(args, i32);
			if (v < 0)
				emit(&s, '-');
			emit_whole(&s, v < 0 ? -(u64)v : (u64)v, 10);
			break;
		}
		case 'u':
		case 'x': {
			u64 v = wide ? __builtin_va_arg(args, u64) : __builtin_va_arg(args, u32);
			emit_whole(&s, v, *f == 'x' ? 16 : 10);
			break;
		}
		case 'c':
			emit(&s, (char)__builtin_va_arg(args, int));
			break;
		case 's':
			for (const char *p = __builtin_va_arg(args, const char *); *p; p++)
				emit(&s, *p);
			break;
		case 'f':
		case 'e':
			emit_double(&s, __builtin_va_arg(args, double), precision, *f == 'e');
			break;
		case 'b': {
			double d = __builtin_va_arg(args, double);
			if (d != d) {
				emit(&s, 'n'), emit(&s, 'a'), emit(&s, 'n');
				break;
			}
			emit_whole(&s, bits_of(d), 16);
			break;
		}
		default:
			emit(&s, *f);
		}
		int pad = width - (s.n - begin);
		if (pad <= 0)
			continue;
		if (left) {
			while (pad--)
				emit(&s, ' ');
			continue;
		}
		int sign = zero && s.at[begin] == '-';
		for (int i = s.n - 1; i >= begin + sign; i--)
			s.at[i + pad] = s.at[i];
		for (int i = 0; i < pad; i++)
			s.at[begin + sign + i] = zero ? '0' : ' ';
		s.n += pad;
	}
	s.at[s.n] = 0;
	return s.n;
}

int format_into(char *out, const char *format, ...)
{
	va_list args;
	__builtin_va_start(args, format);
	int n = format_list(out, format, args);
	__builtin_va_end(args);
	return n;
}

void print(const char *format, ...)
{
	static char line[2048];
	va_list args;
	__builtin_va_start(args, format);
	format_list(line, format, args);
	__builtin_va_end(args);
	put(line);
}
