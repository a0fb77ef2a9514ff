/* A plug-in that has one of everything that a linker must get right. */

extern int imported(int, int) __attribute__((weak));
extern int required(int);
extern int shared_value;
extern int *pointed(void);
extern int missing(void) __attribute__((weak));

static int counter = 5;
const char *names[] = {"one", "two", "three"};
static const char *const constant_names[] = {"uno", "due"};
int big[100];
int common_value;

typedef int function(int);

static int Local_twice(int x) { return 2 * x; }
int helper(int x) { return x * counter + big[x]; }
static function *const table[] = {Local_twice, helper};

static int choose(int n)
{
	switch (n) {
	case 0: return 11;
	case 1: return helper(3);
	case 2: return names[1][1];
	case 3: return constant_names[0][2];
	case 4: return table[0](21);
	case 5: return table[1](4);
	case 6: return ++common_value;
	case 7: return ++counter;
	}
	return -1;
}

unsigned long long divide(unsigned long long a, unsigned long long b) { return a / b; }

#ifdef IMPORTS
/* More variables than 16 bits reach, and as many in registers as there are. */
static int far(function *callback, int n)
{
	int many[12000], a = n, b = n * 2, c = n * 3, d = n * 5, e = n * 7, i;
	double half = n / 2.0, third = n / 3.0;
	for (i = 0; i < 12000; i++)
		many[i] = i ^ n;
	for (i = 0; i < 3; i++) {
		a += callback(b) + many[c];
		b += callback(c) + many[d];
		c += required(d % 5) - many[e] + (int)half;
		half += callback(2) * third;
		third -= imported(i, 3) / 4.0;
		d += e, e += d & 7;
	}
	return a + b + c + d + e + (int)(8 * half + third);
}

static int sum(int n, ...)
{
	__builtin_va_list rest;
	int total = 0;
	__builtin_va_start(rest, n);
	while (n-- > 0)
		total = 3 * total + __builtin_va_arg(rest, int);
	__builtin_va_end(rest);
	return total;
}

short mixed(signed char a, short b, unsigned char c, unsigned short d, long long e, int f);
short mixed(signed char a, short b, unsigned char c, unsigned short d, long long e, int f) { return a + 2 * b + 3 * c + 4 * d + 5 * (int)(e >> 32) + 6 * f; }
short (*volatile mix)(signed char, short, unsigned char, unsigned short, long long, int) = mixed;
#endif

int entry(function *callback, int n)
{
	if (n == 100)
		return callback(7) + 1;
	if (n == 101)
		return (int)divide(0x123456789abcdefULL, 0x12345ULL);
#ifdef IMPORTS
	if (n == 102)
		return required(n) + required(n + 1) + shared_value;
	if (n == 103)
		return imported ? imported(1, 2) : -3;
	if (n == 104) {
		function *f = required;
		return f(5);
	}
	if (n == 105)
		return missing ? missing() : -4;
	if (n == 106)
		return 3 * *pointed() - shared_value;
	if (n == 107)
		return far(callback, n);
	if (n == 108)
		return sum(4, 1, callback(2), required(3), callback(callback(2) + callback(3)));
	if (n == 109)
		return mix(-3, -4, 250, 1000, 0x700000000LL, required(1)) + mixed(1, 2, 3, 4, 5, 6);
#endif
	return choose(n);
}
