/* nest_plugin.c - functions that call back. */
#include <stdint.h>

typedef int64_t callback(int64_t n, double x, uint32_t id);

/* Calls back with n and n+1, and weighs the results. */
int64_t twice(callback *f, int64_t n, double x)
{
	int64_t first = f(n, x, 0xfffffff0u);
	return 3 * first + f(n + 1, x / 2, 1);
}

float half(float x) { return x / 2; }
