/*
 * start.c - the beginning and the end of a program without an operating
 * system, and its only two calls to the host: Linux's write (4, to descriptor
 * 1) and exit (1), so that an emulator of Linux runs the same file.
 */
#include "program.h"

int main(void);

#if defined(__powerpc__)
static long call(long number, long a, long b, long c)
{
	register long r0 __asm__("r0") = number;
	register long r3 __asm__("r3") = a;
	register long r4 __asm__("r4") = b;
	register long r5 __asm__("r5") = c;
	__asm__ volatile("sc" : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5)
	                 : : "cr0", "ctr", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "memory");
	return r3;
}

__asm__(".globl _start\n"
        "_start: clrrwi 1,1,4\n"
        "	li 0,0\n"
        "	stwu 0,-16(1)\n"
        "	bl begin\n");
#elif defined(__m68k__)
static long call(long number, long a, long b, long c)
{
	register long d0 __asm__("d0") = number;
	register long d1 __asm__("d1") = a;
	register long d2 __asm__("d2") = b;
	register long d3 __asm__("d3") = c;
	__asm__ volatile("trap #0" : "+d"(d0) : "d"(d1), "d"(d2), "d"(d3) : "memory");
	return d0;
}

__asm__(".globl _start\n"
        "_start: jsr begin\n");
#endif

void put(const char *line)
{
	size_t n = strlen(line);
	if (n)
		call(4, 1, (long)line, (long)n);
	call(4, 1, (long)"\n", 1);
}

__attribute__((noreturn, used)) void begin(void)
{
	int status = main();
	for (;;)
		call(1, status, 0, 0);
}
