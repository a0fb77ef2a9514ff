/*
 * Runs instruction sequences on another PowerPC, or what passes for one. It is
 * linked so that leave is at 0x01000000, which a sequence gets to by "ba".
 * r1 points to the registers, see struct context; sequences leave it alone.
 */
	.text
leave:
	stw	0,0(1)
	stmw	2,8(1)
	mflr	3
	stw	3,128(1)
	mfctr	3
	stw	3,132(1)
	mfxer	3
	stw	3,136(1)
	mfcr	3
	stw	3,140(1)
	.irp	n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	stfd	\n,152+8*\n(1)
	.endr
	mffs	0
	stfd	0,144(1)
	lwz	1,508(1)
	lmw	13,16(1)
	lwz	0,100(1)
	mtcr	0
	lwz	0,132(1)
	addi	1,1,128
	mtlr	0
	blr

/* enter(context): the sequence is at its lr */
	.globl	enter
enter:
	mflr	0
	stw	0,4(1)
	stwu	1,-128(1)
	stmw	13,16(1)
	mfcr	0
	stw	0,100(1)
	stw	1,508(3)
	mr	1,3
	lfd	0,144(1)
	mtfsf	255,0
	.irp	n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	lfd	\n,152+8*\n(1)
	.endr
	lwz	0,128(1)
	mtlr	0
	lwz	0,132(1)
	mtctr	0
	lwz	0,136(1)
	mtxer	0
	lwz	0,140(1)
	mtcr	0
	lwz	0,0(1)
	lmw	2,8(1)
	blr

	.globl	_start
_start:
	li	0,0
	stwu	0,-64(1)
	bl	run
	mr	3,3
	li	0,1
	sc

/* system(number, a, b, c, d, e, f) */
	.globl	system
system:
	mr	0,3
	mr	3,4
	mr	4,5
	mr	5,6
	mr	6,7
	mr	7,8
	mr	8,9
	sc
	bnslr
	neg	3,3
	blr
	.section .note.GNU-stack,"",@progbits
