# The routines by which gcc saves and restores registers where it optimises for
# size. Its own library has those of other conventions only.
#
# The registers from the one in the name up to r31 (f31) lie below the address in
# r1, or r12; those whose name has a 0 also save or restore the link register, in
# the caller's linkage area: r0 holds it while saving, and they return by it after
# restoring.

	.macro	each kind, from, width, base
	.set	i, \from
	.rept	32 - \from
	\kind	i, (i - 32) * \width (\base)
	.set	i, i + 1
	.endr
	.endm

	.altmacro
	.macro	define name, number
	.globl	\name\()\number
\name\()\number:
	.endm

	.macro	save_gpr n
	define	_savegpr0_, \n
	each	stw, \n, 4, 1
	stw	0, 8(1)
	blr
	define	_savegpr1_, \n
	each	stw, \n, 4, 12
	blr
	define	_restgpr0_, \n
	lwz	0, 8(1)
	each	lwz, \n, 4, 1
	mtlr	0
	blr
	define	_restgpr1_, \n
	each	lwz, \n, 4, 12
	blr
	.endm

	.macro	save_fpr n
	define	_savefpr_, \n
	each	stfd, \n, 8, 1
	stw	0, 8(1)
	blr
	define	_restfpr_, \n
	lwz	0, 8(1)
	each	lfd, \n, 8, 1
	mtlr	0
	blr
	.endm

	.text
	.set	n, 13
	.rept	19
	save_gpr %n
	.set	n, n + 1
	.endr
	.set	n, 14
	.rept	18
	save_fpr %n
	.set	n, n + 1
	.endr
