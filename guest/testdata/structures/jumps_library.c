#include "jumps.h"

static int asked = 7;

Report ask(Reporter f, int n, ...)
{
	Report r = f(n);

	r.values[4] += ++asked;
	return r;
}

int deeper(Reporter f, int n, int a, int b, int c)
{
	int more[10], i;

	for (i = 0; i < 10; i++)
		more[i] = a * i + b;
	if (n == 0)
		return f(c).kind + more[c & 7];
	return deeper(f, n - 1, a + 1, b, c) + more[n % 10];
}
