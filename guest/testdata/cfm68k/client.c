/* Does one thing at a time with a library, the system and the host. */
#include "library.h"

extern long missing(long) __attribute__((weak));
extern long absent __attribute__((weak));
long run(long what, long n, UniversalProcPtr f);

static long mine = 7;

static long twice(long n) { return 2 * n + mine; }
static Function const functions[] = {twice, add, triple};

static long system_calls(long n)
{
	Ptr p = NewPtr(n), q = NewPtrClear(n);
	long sizes = GetPtrSize(p) + GetPtrSize(q), i;

	for (i = 0; i < n; i++)
		p[i] = (char)i;
	BlockMove(p, q, n);
	for (i = 0; i < n; i++)
		sizes += 1000 * q[i];
	DisposePtr(p);
	DisposePtr(q);
	return sizes;
}

long run(long what, long n, UniversalProcPtr f)
{
	long sum;

	switch (what) {
	case 0: return add(n);
	case 1: return count += n;
	case 2: n = apply(twice, n); return n + apply(add, 3);
	case 3: return missing ? missing(n) : &absent ? absent : -1;
	case 4: return system_calls(n);
	case 5: return (long)strlen(names[n]) + names[n][0];
	case 6: return triple(n) + number++;
	case 7: return functions[n % 3](n);
	case 8: return adder()(n) + ++mine;
	case 9: sum = add(triple(n)); return triple(sum + apply(triple, add(n)));
	case 10: return CallUniversalProc(f, 0xf1, n); /* C, long proc(long) */
	case 11: return (long)(pow(sqrt((double)n), 3) * 10);
	}
	return -1;
}
