/* 68K only: patches of traps, by classic means. */
#include "test.h"

__asm__(
	"	.globl	os_patch, tool_patch, bad_patch, seen, old_os, old_tool\n"
	"seen:	.word	0, 0\n"
	"old_os:	.long	0\n"
	"old_tool:	.long	0\n"

	/* Counts, notes the trap's word, and goes on to the old routine. */
	"os_patch:\n"
	"	move.l	%a0,-(%sp)\n"
	"	lea	seen(%pc),%a0\n"
	"	move.w	%d1,(%a0)+\n"
	"	addq.w	#1,(%a0)\n"
	"	move.l	(%sp)+,%a0\n"
	"	move.l	old_os(%pc),-(%sp)\n"
	"	rts\n"

	/* Calls the old routine with a result slot of its own, and adds to it. */
	"tool_patch:\n"
	"	clr.l	-(%sp)\n"
	"	move.l	old_tool(%pc),%a0\n"
	"	jsr	(%a0)\n"
	"	move.l	(%sp)+,4(%sp)\n"
	"	add.l	#1000000,4(%sp)\n"
	"	rts\n"

	/* Spoils registers that the dispatcher keeps. */
	"bad_patch:\n"
	"	moveq	#-5,%d0\n"
	"	moveq	#1,%d1\n"
	"	moveq	#2,%d2\n"
	"	move.l	%d1,%a0\n"
	"	move.l	%d1,%a1\n"
	"	move.l	%d1,%a2\n"
	"	rts\n"

	/* Returns to its caller's caller by the trap's own means. */
	"	.globl	ticks_glue\n"
	"ticks_glue:\n"
	"	.short	0xad75\n");

extern short seen[2];
extern UniversalProcPtr old_os, old_tool;
extern char os_patch[], tool_patch[], bad_patch[], ticks_glue[];

long test(long argument)
{
	Ptr p;
	UInt32 before, after;
	long flags, kept;

	old_os = GetOSTrapAddress(0xa11e);
	CHECK(old_os == GetTrapAddress(0xa11e) && old_os != GetOSTrapAddress(0xa122));
	SetOSTrapAddress(os_patch, 0xa11e);
	CHECK(GetOSTrapAddress(0x1e) == (UniversalProcPtr)os_patch);
	p = NewPtr(100);
	CHECK(p != nil && seen[0] == (short)0xa11e && seen[1] == 1 && GetPtrSize(p) == 100);
	p = NewPtrClear(200);
	CHECK(seen[0] == (short)0xa31e && seen[1] == 2 && GetPtrSize(p) == 200);
	CHECK(NewPtr(0x7fffffff) == nil && MemError() == -108);
	SetOSTrapAddress(old_os, 0xa11e);

	old_tool = GetToolTrapAddress(0xa975);
	before = TickCount();
	SetToolTrapAddress(tool_patch, 0xa975);
	after = TickCount();
	CHECK(after >= before + 1000000 && after < before + 1100000);
	SetToolTrapAddress(old_tool, 0xa975);
	__asm__ volatile("clr.l -(%%sp)\n\tjsr (%1)\n\tmove.l (%%sp)+,%0" : "=r"(after) : "a"(ticks_glue) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
	CHECK(after >= before && after < before + 100000);
	__asm__ volatile("clr.l -(%%sp)\n\tjsr (%1)\n\tmove.l (%%sp)+,%0" : "=r"(after) : "a"(old_tool) : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
	CHECK(after >= before && after < before + 100000);

	old_os = GetOSTrapAddress(0xa029);
	SetOSTrapAddress(bad_patch, 0xa029);
	__asm__ volatile(
		"moveq #11,%%d1\n\tmoveq #22,%%d2\n\tmove.l #33,%%a0\n\tmove.l #44,%%a1\n\tclr.l %%d0\n\t.short 0xa029\n\t"
		"bmi 1f\n\tclr.l %%d0\n1:\n\tmove.l %%d0,%0\n\tmove.l %%d1,%1\n\tadd.l %%d2,%1\n\tadd.l %%a0,%1\n\tadd.l %%a1,%1"
		: "=&d"(flags), "=&d"(kept) : : "d0", "d1", "d2", "a0", "a1", "memory", "cc");
	CHECK(flags == -5 && kept == 11 + 22 + 33 + 44);
	SetOSTrapAddress(old_os, 0xa029);

	/* What no system had has the address of what is not there. */
	CHECK(GetToolTrapAddress(0xa89f) == GetToolTrapAddress(0xabab));
	return 0;
}
