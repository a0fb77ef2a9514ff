/* Fragments only: the C library and the mathematical one. */
#include "test.h"

typedef struct { SInt8 sign, pad; short exponent; UInt8 length, digits[36]; } Decimal;
typedef struct { SInt8 style, pad; short digits; } DecForm;

extern const double pi;

#define PRINTS(text, ...) CHECK(sprintf(buffer, __VA_ARGS__) == sizeof text - 1 && strcmp(buffer, text) == 0)

static int by_value(const void *a, const void *b) { return *(const long *)a - *(const long *)b; }

long test(long argument)
{
	static char buffer[256];
	static long list[50];
	Ptr end, p;
	double whole;
	volatile double d;
	int exponent;
	long i;
	short at, valid;
	Decimal decimal;
	DecForm form;
	UInt8 x80[10];

	strcpy(buffer, "abc");
	strcat(buffer, "def");
	CHECK(strlen(buffer) == 6 && strcmp(buffer, "abcdef") == 0 && strcmp(buffer, "abd") < 0 && strncmp(buffer, "abx", 2) == 0);
	CHECK(strchr(buffer, 'c') == buffer + 2 && strchr(buffer, 'x') == nil && strrchr(buffer, 0) == buffer + 6);
	CHECK(strstr(buffer, "cd") == buffer + 2 && strpbrk(buffer, "xfe") == buffer + 4 && strspn(buffer, "abx") == 2 && strcspn(buffer, "fd") == 3);
	strncpy(buffer, "xy", 5);
	CHECK(memcmp(buffer, "xy\0\0\0f", 7) == 0 && memchr(buffer, 'f', 6) == buffer + 5);
	strncat(buffer, "zzz", 1);
	CHECK(strcmp(buffer, "xyz") == 0);
	memset(buffer, 'q', 3);
	memmove(buffer + 1, "rs", 2);
	CHECK(memcmp(buffer, "qrs", 3) == 0);
	CHECK(PLstrcmp("\x02" "ab", "\x02" "ab") == 0 && PLstrlen("\x02" "ab") == 2);

	PRINTS("42 -7 +5 00042 42   |", "%d %i %+d %05d %-5d|", 42, -7, 5, 42, 42);
	PRINTS("ff FF 0xff 377 4294967295 0", "%x %X %#x %o %lu %#x", 255, 255, 255, 255, -1L, 0);
	PRINTS("text, tex,    text, text   .", "%s, %.3s, %7s, %-7s.", "text", "text", "text", "text");
	PRINTS("c %   1.500 1.500000e+10 0.0001 1e-05 100000 1e+06", "%c %% %7.3f %e %g %g %g %g", 'c', 1.5, 1.5e10, 0.0001, 0.00001, 100000.0, 1000000.0);
	PRINTS("   12 -1 007", "%*d %hd %.3d", 5, 12, 65535, 7);
	PRINTS("1 2 3 4 5 6 7 8 9 10 1.5 11", "%d %d %d %d %d %d %d %d %d %d %g %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1.5, 11);

	CHECK(atoi(" -12x") == -12 && strtol("0x1fz", &end, 0) == 31 && *end == 'z' && strtol("777", nil, 8) == 511);
	CHECK(strtol("99999999999", nil, 10) == 0x7fffffff && strtoul("4294967295", nil, 10) == 0xffffffff);
	CHECK(strtol("none", &end, 10) == 0 && *end == 'n');
	CHECK(strtod(" 1.25e2x", &end) == 125 && *end == 'x' && atof("-.5") == -0.5);
	CHECK(toupper('a') == 'A' && tolower('Z') == 'z' && isalpha('x') && !isalpha('1') && isspace('\n') && isxdigit('F') && ispunct('!'));
	CHECK(abs(-3) == 3);

	p = malloc(10);
	strcpy(p, "kept");
	p = realloc(p, 100000);
	CHECK(p != nil && strcmp(p, "kept") == 0);
	free(p);
	CHECK(calloc(0x10000, 0x10000) == nil);
	for (i = 0; i < 50; i++)
		list[i] = i * 37 % 50;
	qsort(list, 50, sizeof list[0], by_value);
	for (i = 0; i < 50; i++)
		CHECK(list[i] == i);
	i = 33;
	CHECK(bsearch(&i, list, 50, sizeof list[0], by_value) == (Ptr)&list[33]);
	i = 50;
	CHECK(bsearch(&i, list, 50, sizeof list[0], by_value) == nil);

	CHECK(sqrt(2) * sqrt(2) - 2 < 1e-15 && sin(0) == 0 && cos(0) == 1 && atan2(1, 1) * 4 - pi < 1e-15);
	CHECK(pow(2, 10) == 1024 && fabs(-2) == 2 && floor(-1.5) == -2 && ceil(-1.5) == -1 && fmod(7, 3) == 1);
	CHECK(modf(-3.25, &whole) == -0.25 && whole == -3 && frexp(8, &exponent) == 0.5 && exponent == 4 && ldexp(3, 2) == 12);
	CHECK(rint(2.5) == 2 && round(2.5) == 3 && rinttol(-1e20) == (long)0x80000000 && roundtol(1e20) == 0x7fffffff);
	CHECK(__isnand(__inf() - __inf()) && !__isfinited(__inf()) && __fpclassifyd(0) == 3 && __fpclassifyd(1) == 4 && __fpclassifyd(5e-324) == 5);
	CHECK(copysign(1, -0.0) == -1 && hypot(3, 4) == 5);
#ifdef __powerpc__ /* whose floating-point status the environment is */
	CHECK(fegetround() == 0 && fesetround(2) && rint(1.25) == 2 && fesetround(0) && !fesetround(7));
	feclearexcept(0x3e000000);
	d = 0;
	d = 1 / d;
	CHECK(fetestexcept(0x3e000000) == 0x04000000 && __fpclassifyd(d) == 2);
	feraiseexcept(0x20000000);
	CHECK(fetestexcept(0x3e000000) == 0x24000000);
	feclearexcept(0x24000000);
	CHECK(fetestexcept(0x3e000000) == 0);
#endif
	d = -1.5;
	whole = d;
	dtox80(&whole, x80);
	CHECK(x80[0] == 0xbf && x80[1] == 0xff && x80[2] == 0xc0 && x80tod(x80) == -1.5);

	at = 2;
	str2dec("x -12.50e3 y", &at, &decimal, &valid);
	CHECK(at == 10 && !valid && decimal.sign == 1 && decimal.exponent == 1 && same(decimal.digits, "1250", 4));
	CHECK(dec2num(&decimal) == -12500);
	form.style = 1, form.digits = 2;
	num2dec(&form, 3.14159, &decimal);
	CHECK(decimal.exponent == -2 && decimal.length == 3);
	dec2str(&form, &decimal, buffer);
	CHECK(strcmp(buffer, "3.14") == 0);
	form.style = 0, form.digits = 5;
	num2dec(&form, -0.00012345678, &decimal);
	dec2str(&form, &decimal, buffer);
	CHECK(strcmp(buffer, "-1.2346e-4") == 0);
	printf("%d\r", 5);
	return 0;
}
