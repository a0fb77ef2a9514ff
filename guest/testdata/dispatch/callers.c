/* callers.c - calls of dispatched routines, as code of each processor makes them. */
#if defined(__powerpc__)
long CallUniversalProc(void *upp, unsigned long info, ...);

long call(long info, void *upp, long selector, long a, long b)
{
	return CallUniversalProc(upp, info, selector, a, b);
}
#else
#define CALL(code) \
	__asm__ volatile(code : "=d"(result) : "a"(upp), "d"(selector), "d"(a), "d"(b) : "d0", "d1", "d2", "a0", "a1", "memory", "cc")

long call(long info, void *upp, long selector, long a, long b)
{
	register long result __asm__("d7") = -1;

	switch (info & 15) {
	case 8:
		CALL("clr.l -(%%sp)\n\tmove.l %3,-(%%sp)\n\tmove.b %4,-(%%sp)\n\tmove.w %2,%%d0\n\tjsr (%1)\n\tmove.l (%%sp)+,%0");
		break;
	case 9:
		CALL("move.l %4,-(%%sp)\n\tmove.l %3,-(%%sp)\n\tmove.w %2,%%d0\n\tjsr (%1)\n\taddq.l #8,%%sp\n\tmove.l %%d0,%0");
		break;
	case 12:
		CALL("clr.l -(%%sp)\n\tmove.l %3,-(%%sp)\n\tmove.b %4,-(%%sp)\n\tmove.w %2,%%d1\n\tjsr (%1)\n\tmove.l (%%sp)+,%0");
		break;
	case 14:
		CALL("clr.l -(%%sp)\n\tmove.l %3,-(%%sp)\n\tmove.b %4,-(%%sp)\n\tmove.w %2,-(%%sp)\n\tjsr (%1)\n\tmove.l (%%sp)+,%0");
		break;
	}
	return result;
}
#endif
