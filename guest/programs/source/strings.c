/* Texts: searching, splitting, reversing, numbers to and from, wild cards, distances. */
#include "program.h"

static NOINLINE int find(const char *s, const char *what)
{
	for (int i = 0;; i++) {
		int k = 0;
		while (what[k] && s[i + k] == what[k])
			k++;
		if (!what[k])
			return i;
		if (!s[i])
			return -1;
	}
}

static NOINLINE int horspool(const char *s, const char *what)
{
	int skip[256], n = (int)strlen(s), m = (int)strlen(what);
	for (int i = 0; i < 256; i++)
		skip[i] = m;
	for (int i = 0; i < m - 1; i++)
		skip[(u8)what[i]] = m - 1 - i;
	for (int i = 0; i + m <= n; i += skip[(u8)s[i + m - 1]])
		if (!memcmp(s + i, what, (size_t)m))
			return i;
	return -1;
}

static NOINLINE void reverse(char *s)
{
	for (char *e = s + strlen(s) - 1; s < e; s++, e--) {
		char t = *s;
		*s = *e;
		*e = t;
	}
}

static NOINLINE i64 number(const char *s, int base)
{
	i64 v = 0;
	int negative = *s == '-';
	for (s += negative; *s; s++)
		v = v * base + (*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
	return negative ? -v : v;
}

static NOINLINE int match(const char *pattern, const char *s)
{
	for (; *pattern; pattern++, s++) {
		if (*pattern == '*') {
			for (pattern++;; s++) {
				if (match(pattern, s))
					return 1;
				if (!*s)
					return 0;
			}
		}
		if (!*s || (*pattern != '?' && *pattern != *s))
			return 0;
	}
	return !*s;
}

static NOINLINE int distance(const char *a, const char *b)
{
	u8 row[40];
	int n = (int)strlen(b);
	for (int i = 0; i <= n; i++)
		row[i] = (u8)i;
	for (int i = 0; a[i]; i++) {
		u8 diagonal = row[0];
		row[0] = (u8)(i + 1);
		for (int k = 0; k < n; k++) {
			u8 up = row[k + 1], best = (u8)(diagonal + (a[i] != b[k]));
			if (up + 1 < best)
				best = (u8)(up + 1);
			if (row[k] + 1 < best)
				best = (u8)(row[k] + 1);
			diagonal = up;
			row[k + 1] = best;
		}
	}
	return row[n];
}

static void roman(char *out, int v)
{
	static const struct { int value; char text[3]; } parts[] = { { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" }, { 50, "L" }, { 40, "XL" }, { 10, "X" }, { 9, "IX" }, { 5, "V" }, { 4, "IV" }, { 1, "I" } };
	for (int i = 0; i < COUNT(parts); i++)
		for (; v >= parts[i].value; v -= parts[i].value) {
			strcpy(out, parts[i].text);
			out += strlen(out);
		}
	*out = 0;
}

int main(void)
{
	char line[100] = "an application loads a plug-in built for another processor";
	print("%d %d %d", find(line, "plug"), find(line, "none"), find(line, ""));
	print("%d %d", horspool(line, "another"), horspool(line, "others"));
	for (char *s = line, *e = s;; e++)
		if (*e == ' ' || !*e) {
			char end = *e;
			*e = 0;
			for (char *p = s; *p; p++)
				if (p == s && *p >= 'a' && *p <= 'z')
					*p -= 32;
			print("%d %s %d", (int)(e - s), s, strcmp(s, "Loads"));
			*e = end;
			s = e + 1;
			if (!end)
				break;
		}
	reverse(line);
	put(line);
	print("%ld %ld %ld %ld", number("-123456789012", 10), number("7fffffff", 16), number("-777", 8), number("zz", 36));
	static const char *const patterns[] = { "*.c", "a*b*c", "?bc", "*", "", "a?c*", "***x" };
	static const char *const texts[] = { "file.c", "abc", "aXXbYYc", "", "abcx" };
	for (int i = 0; i < COUNT(patterns); i++)
		print("%-6s %d %d %d %d %d", patterns[i], match(patterns[i], texts[0]), match(patterns[i], texts[1]), match(patterns[i], texts[2]), match(patterns[i], texts[3]), match(patterns[i], texts[4]));
	print("%d %d %d", distance("kitten", "sitting"), distance("", "abc"), distance("powerpc", "powerpc"));
	static const int years[] = { 1984, 1994, 2026, 3999, 4 };
	for (int i = 0; i < COUNT(years); i++) {
		roman(line, years[i]);
		print("%d %s", years[i], line);
	}
	return 0;
}
