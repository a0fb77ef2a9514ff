| A 'dcmp' for headers of version 9: three offsets, of routines that begin, expand
| and end, and then the code.

	.text
	.globl	dcmp
dcmp:	.word	nothing - dcmp, 1f - dcmp, nothing - dcmp

nothing:
	move.l	(%sp)+,%a0
	addq.l	#4,%sp
	jmp	(%a0)

1:	move.l	16(%sp),-(%sp)
	move.l	16(%sp),-(%sp)
	move.l	16(%sp),-(%sp)
	move.l	16(%sp),-(%sp)
	bsr.w	expand
	lea	16(%sp),%sp
	move.l	(%sp)+,%a0
	lea	16(%sp),%sp
	jmp	(%a0)
