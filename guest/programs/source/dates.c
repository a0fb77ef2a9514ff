/* The calendar: days and dates, weekdays, Easter, seconds since 1904. */
#include "program.h"

struct date {
	i32 year;
	u8 month, day;
};

static NOINLINE i32 days(struct date d) /* since 1970-01-01 */
{
	i32 y = d.year - (d.month <= 2);
	i32 era = (y >= 0 ? y : y - 399) / 400;
	i32 of_era = y - era * 400;
	i32 of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static NOINLINE struct date date(i32 n)
{
	n += 719468;
	i32 era = (n >= 0 ? n : n - 146096) / 146097;
	i32 day = n - era * 146097;
	i32 year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	i32 of_year = day - (365 * year + year / 4 - year / 100);
	i32 m = (5 * of_year + 2) / 153;
	struct date d = { year + era * 400, (u8)(m < 10 ? m + 3 : m - 9), (u8)(of_year - (153 * m + 2) / 5 + 1) };
	d.year += d.month <= 2;
	return d;
}

static NOINLINE struct date easter(i32 y)
{
	i32 a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
	i32 h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
	i32 m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
	return (struct date){ y, (u8)(n / 31), (u8)(n % 31 + 1) };
}

static const char *const weekdays[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };

static void show(const char *what, struct date d)
{
	i32 n = days(d), w = n % 7;
	print("%s %04d-%02d-%02d %s %d", what, d.year, d.month, d.day, weekdays[w < 0 ? w + 7 : w], n);
}

int main(void)
{
	static const struct date some[] = { { 1970, 1, 1 }, { 1904, 1, 1 }, { 2000, 2, 29 }, { 1900, 3, 1 }, { 1, 1, 1 }, { -400, 12, 31 }, { 9999, 12, 31 }, { 1984, 1, 24 } };
	for (int i = 0; i < COUNT(some); i++)
		show("date", some[i]);
	u32 bad = 0;
	for (i32 n = -800000; n < 800000; n += 1009) {
		struct date d = date(n);
		bad += days(d) != n || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31;
	}
	print("bad %u", bad);
	for (i32 y = 1990; y < 2000; y++)
		show("easter", easter(y));
	/* Unsigned seconds since 1904 last until 2040. */
	static const u32 seconds[] = { 0, 1, 86399, 2082844800u, 0x7fffffff, 0x80000000, 0xffffffff };
	for (int i = 0; i < COUNT(seconds); i++) {
		u32 s = seconds[i];
		struct date d = date((i32)(s / 86400) - 24107);
		print("%u: %d-%02d-%02d %02u:%02u:%02u", s, d.year, d.month, d.day, s / 3600 % 24, s / 60 % 60, s % 60);
	}
	return 0;
}
