/* switch.c - structures as results, through Mixed Mode. */
#include "classic.h"

typedef struct {
	short a;
	signed char b, c;
} Small;

typedef struct {
	long a[3];
	short b;
} Large;

static short times;

Small small(long n)
{
	Small s = {(short)(n + ++times), (signed char)-n, 3};

	return s;
}

Large large(long a, short b)
{
	Large r = {{a, a + 1, a - b}, (short)(b + ++times)};

	return r;
}

Large varying(long n, ...)
{
	__builtin_va_list l;
	Large r = {{n}};

	__builtin_va_start(l, n);
	r.a[1] = __builtin_va_arg(l, long);
	__builtin_va_end(l);
	return r;
}

/* The conventions of C, of results and parameters of 4, 4, 4 and 2 bytes. */
#define RESULT 0x30
#define ONE (1 | 3 << 6)
#define TWO (ONE | 3 << 8)
#define THREE (TWO | 2 << 10)

/* Calls the other processor's functions; where PowerPC code has a structure as its result
   it always gets an address for it. */
long run(long native, UniversalProcPtr smaller, UniversalProcPtr larger)
{
	union {
		Small s;
		long word;
	} u;
	Large r = {{0}};
	long got;

	if (native)
		CallUniversalProc(smaller, TWO, &u.s, 100L);
	else
		u.word = CallUniversalProc(smaller, RESULT | ONE, 100L);
	if (u.s.a != 101 || u.s.b != -100 || u.s.c != 3)
		return 1;
	got = CallUniversalProc(larger, RESULT | THREE, &r, 1000L, -7);
	if (r.a[0] != 1000 || r.a[1] != 1001 || r.a[2] != 1007 || r.b != -5)
		return 2;
	if (!native && got != (long)&r)
		return 3;
	return 0;
}

#ifdef __CFM68K__
/* Calls through a vector with an address and two parameters, and leaves to the function
   what it removes. The result is what that is, and its own result is stored. */
long removed(void *vector, Large *where, long n, long *result);
__asm__("	.type removed, @function\n"
        "removed:\n"
        "	link.w %fp,#0\n"
        "	movem.l %d3/%a5,-(%sp)\n"
        "	move.l 8(%fp),%a1\n"
        "	pea 5.w\n"
        "	move.l 16(%fp),-(%sp)\n"
        "	move.l 12(%fp),-(%sp)\n"
        "	move.l %sp,%d3\n"
        "	move.l (%a1)+,%a0\n"
        "	jsr (%a0)\n"
        "	move.l 20(%fp),%a0\n"
        "	move.l %d0,(%a0)\n"
        "	move.l %sp,%d0\n"
        "	sub.l %d3,%d0\n"
        "	movem.l -8(%fp),%d3/%a5\n"
        "	unlk %fp\n"
        "	rts\n"
        "	.size removed, .-removed\n");

long conventions(void)
{
	Large r, fixed;
	long result;

	if (removed((void *)varying, &r, 77, &result) != 0 || result != (long)&r || r.a[0] != 77 || r.a[1] != 5)
		return 1;
	if (removed((void *)large, &fixed, 77, &result) != 12 || result != (long)&fixed || fixed.a[2] != 72)
		return 2;
	return 0;
}
#else
/* An address is the first parameter. */
long conventions(void) { return sizeof(Large) != 16; }
#endif
