#include <classic.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			return __LINE__; \
	} while (0)

static inline Boolean same(const void *a, const void *b, long n)
{
	const char *x = a, *y = b;
	while (n-- > 0)
		if (*x++ != *y++)
			return false;
	return true;
}
