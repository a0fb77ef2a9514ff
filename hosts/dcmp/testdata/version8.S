| A 'dcmp' for headers of version 8: entered at its first byte, with 'dcmp' at its
| fifth, and by Pascal's convention, under which it removes its parameters.

	.text
	.globl	dcmp
dcmp:	bra.w	1f
	.ascii	"dcmp"
	.word	128, 0

| For C, the parameters are in the same places if the last comes first.
1:	move.l	16(%sp),-(%sp)
	move.l	16(%sp),-(%sp)
	move.l	16(%sp),-(%sp)
	move.l	16(%sp),-(%sp)
	bsr.w	expand
	lea	16(%sp),%sp
	move.l	(%sp)+,%a0
	lea	16(%sp),%sp
	jmp	(%a0)
