# The routines by which gcc saves and restores registers where it optimises for
# size. Its own library has those of other conventions only.
#
# The registers from the one in the name up to r31 (f31) lie below the address in
# r1, or r12; those whose name has a 0, and those for floating point, also save or
# restore the link register, in the caller's linkage area: r0 holds it while saving,
# and they return by it after restoring. Each begins within the next longer one.

	.altmacro
	.macro	define name, number
	.globl	\name\()\number
\name\()\number:
	.endm

	.macro	chain name, first, instruction, width, base
	.set	n, \first
	.rept	32 - \first
	define	\name, %n
	\instruction	n, (n - 32) * \width (\base)
	.set	n, n + 1
	.endr
	.endm

	.text
	chain	_savegpr0_, 13, stw, 4, 1
	stw	0, 8(1)
	blr
	chain	_savegpr1_, 13, stw, 4, 12
	blr
	chain	_restgpr0_, 13, lwz, 4, 1
	lwz	0, 8(1)
	mtlr	0
	blr
	chain	_restgpr1_, 13, lwz, 4, 12
	blr
	chain	_savefpr_, 14, stfd, 8, 1
	stw	0, 8(1)
	blr
	chain	_restfpr_, 14, lfd, 8, 1
	lwz	0, 8(1)
	mtlr	0
	blr
