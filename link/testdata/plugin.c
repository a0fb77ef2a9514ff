/* A plug-in that has one of everything that a linker must get right. */

extern int imported(int, int) __attribute__((weak));
extern int required(int);
extern int shared_value;
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
#endif
	return choose(n);
}
