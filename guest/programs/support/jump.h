/* jump.h - setjmp, in a few instructions of each processor. */
#ifndef JUMP_H
#define JUMP_H
#if defined(__powerpc__)
typedef double jump_buffer[18 + 12]; /* r1, r13-r31, LR, CR; f14-f31 */
int set_jump(double *) __attribute__((returns_twice));
void long_jump(double *, int) __attribute__((noreturn));
__asm__("set_jump:\n"
        "	stmw 13,0(3)\n	stw 1,76(3)\n	mflr 0\n	stw 0,80(3)\n	mfcr 0\n	stw 0,84(3)\n"
        "	addi 4,3,88\n"
        "	stfd 14,0(4)\n	stfd 15,8(4)\n	stfd 16,16(4)\n	stfd 17,24(4)\n	stfd 18,32(4)\n	stfd 19,40(4)\n"
        "	stfd 20,48(4)\n	stfd 21,56(4)\n	stfd 22,64(4)\n	stfd 23,72(4)\n	stfd 24,80(4)\n	stfd 25,88(4)\n"
        "	stfd 26,96(4)\n	stfd 27,104(4)\n	stfd 28,112(4)\n	stfd 29,120(4)\n	stfd 30,128(4)\n	stfd 31,136(4)\n"
        "	li 3,0\n	blr\n"
        "long_jump:\n"
        "	addi 5,3,88\n"
        "	lfd 14,0(5)\n	lfd 15,8(5)\n	lfd 16,16(5)\n	lfd 17,24(5)\n	lfd 18,32(5)\n	lfd 19,40(5)\n"
        "	lfd 20,48(5)\n	lfd 21,56(5)\n	lfd 22,64(5)\n	lfd 23,72(5)\n	lfd 24,80(5)\n	lfd 25,88(5)\n"
        "	lfd 26,96(5)\n	lfd 27,104(5)\n	lfd 28,112(5)\n	lfd 29,120(5)\n	lfd 30,128(5)\n	lfd 31,136(5)\n"
        "	lwz 0,80(3)\n	mtlr 0\n	lwz 0,84(3)\n	mtcrf 255,0\n	lwz 1,76(3)\n	lmw 13,0(3)\n"
        "	mr 3,4\n	blr\n");
#elif defined(__m68k__)
typedef double jump_buffer[6 + 12]; /* d2-d7, a2-a7, PC; fp2-fp7 */
int set_jump(double *) __attribute__((returns_twice));
void long_jump(double *, int) __attribute__((noreturn));
#if defined(__HAVE_68881__)
#define SAVE_FLOATS "	fmovem %fp2-%fp7,52(%a0)\n"
#define LOAD_FLOATS "	fmovem 52(%a0),%fp2-%fp7\n"
#else
#define SAVE_FLOATS ""
#define LOAD_FLOATS ""
#endif
__asm__("set_jump:\n"
        "	move.l 4(%sp),%a0\n	movem.l %d2-%d7/%a2-%a7,(%a0)\n	move.l (%sp),48(%a0)\n" SAVE_FLOATS
        "	moveq #0,%d0\n	rts\n"
        "long_jump:\n"
        "	move.l 4(%sp),%a0\n	move.l 8(%sp),%d0\n" LOAD_FLOATS
        "	movem.l (%a0),%d2-%d7/%a2-%a7\n	move.l 48(%a0),(%sp)\n	rts\n");
#else
#include <setjmp.h>
typedef jmp_buf jump_buffer;
#define set_jump setjmp
#define long_jump longjmp
#endif
#endif
