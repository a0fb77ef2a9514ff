/* jumps.h - a library and its client that jump through each other's functions. */
#include "common.h"

typedef struct {
	short kind;
	int values[5];
} Report;

typedef Report (*Reporter)(int);

Report ask(Reporter f, int n, ...);
int deeper(Reporter f, int n, int a, int b, int c);
