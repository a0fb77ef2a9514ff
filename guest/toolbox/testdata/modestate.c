/* 68K only: what Mixed Mode needs to go on. */
#include "test.h"

typedef struct {
	UInt32 words[4];
} State;

static State state;

static short trap(State *where, UInt32 version, long selector)
{
	short result;

	__asm__ volatile("clr.w -(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.l %2,-(%%sp)\n\tmove.l %3,%%d0\n\t.short 0xaa59\n\tmove.w (%%sp)+,%0"
	                 : "=d"(result) : "r"(where), "r"(version), "r"(selector) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
	return result;
}

static short save(State *where, UInt32 version) { return trap(where, version, 3); }
static short restore(State *where, UInt32 version) { return trap(where, version, 4); }

static long within(long n) { return restore(&state, 1); }

long test(long n)
{
	State other = {{1, 2, 3, 4}}, none = other;
	UniversalProcPtr upp;

	CHECK(save(&other, 2) == -50 && same(&other, &none, sizeof other)); /* paramErr */
	CHECK(restore(&other, 1) == -50);
	CHECK(save(&state, 1) == 0 && save(&other, 1) == 0 && same(&other, &state, sizeof other));
	CHECK(restore(&state, 2) == -50);
	CHECK(restore(&state, 1) == 0 && restore(&other, 1) == 0);
	upp = NewRoutineDescriptor((void *)within, 1 | 3 << 4 | 3 << 6, 0);
	if (n)
		((long (*)(long))upp)(0);
	DisposeRoutineDescriptor(upp);
	CHECK(restore(&state, 1) == 0);
	return 0;
}
