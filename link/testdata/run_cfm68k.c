/*
 * Runs a CFM-68K fragment that has been loaded and relocated already, under Linux:
 *
 *     run_cfm68k CODE ADDRESS DATA ADDRESS VECTOR ARGUMENT...
 *
 * As run_ppc.c. What is called from either side does with the registers whatever
 * the convention allows, and finds out whether the other side keeps to it: a
 * function removes its parameters and keeps D3 to D7, A2 to A4 and A6; it gets what
 * follows the first word of its vector in A1, and its result is in D0 alone.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct vector { void *code; int *world; };
struct imports {
	struct vector required, imported, callback, pointed;
	int shared_value;
};

/* The functions: each has its world to know that A1 is right. */
int world = 1000;
int required_code(int n);
int imported_code(int a, int b);
int callback_code(int n);
int *pointed_code(void);
__asm__("spoil:	move.l #0x01010101,%d1\n"
	"	move.l #0x02020202,%d2\n"
	"	move.l #0x0a0a0a0a,%a0\n"
	"	move.l %a0,%a1\n"
	"	move.l %a0,%a5\n"
	"	fmove.l #77,%fp2\n"
	"	fmove.l #78,%fp3\n"
	"	rts\n"
	"required_code:\n" /* n times what is in its world */
	"	move.l (%a1),%a5\n"
	"	move.l 4(%sp),%d0\n"
	"	muls.l (%a5),%d0\n"
	"	bsr spoil\n"
	"	rtd #4\n"
	"imported_code:\n" /* 10 * a + b */
	"	move.l 4(%sp),%d0\n"
	"	muls.l #10,%d0\n"
	"	add.l 8(%sp),%d0\n"
	"	bsr spoil\n"
	"	rtd #8\n"
	"callback_code:\n" /* n squared */
	"	move.l 4(%sp),%d0\n"
	"	muls.l %d0,%d0\n"
	"	bsr spoil\n"
	"	rtd #4\n"
	"pointed_code:\n" /* to shared_value */
	"	move.l #0x50000020,%d0\n"
	"	bsr spoil\n"
	"	rts\n");

/* Calls with two parameters. The result is -1000 and more if registers have changed. */
int call(struct vector *v, struct vector *callback, int n);
__asm__("call:	movem.l %d2-%d7/%a2-%a6,-(%sp)\n"
	"	move.l %sp,saved\n"
	"	move.l 56(%sp),-(%sp)\n" /* n */
	"	move.l 56(%sp),-(%sp)\n" /* callback */
	"	move.l 56(%sp),%a1\n"
	"	moveq #13,%d3\n"
	"	moveq #14,%d4\n"
	"	moveq #15,%d5\n"
	"	moveq #16,%d6\n"
	"	moveq #17,%d7\n"
	"	move.l #18,%a2\n"
	"	move.l #19,%a3\n"
	"	move.l #20,%a4\n"
	"	move.l #21,%a6\n"
	"	move.l #0x05050505,%a5\n"
	"	move.l (%a1)+,%a0\n"
	"	jsr (%a0)\n"
	"	move.l %sp,%d1\n"
	"	sub.l saved,%d1\n"
	"	jne 1f\n"
	"	sub.l #13,%d3\n	jne 1f\n"
	"	sub.l #14,%d4\n	jne 1f\n"
	"	sub.l #15,%d5\n	jne 1f\n"
	"	sub.l #16,%d6\n	jne 1f\n"
	"	sub.l #17,%d7\n	jne 1f\n"
	"	sub.l #18,%a2\n	move.l %a2,%d1\n	jne 1f\n"
	"	sub.l #19,%a3\n	move.l %a3,%d1\n	jne 1f\n"
	"	sub.l #20,%a4\n	move.l %a4,%d1\n	jne 1f\n"
	"	sub.l #21,%a6\n	move.l %a6,%d1\n	jne 1f\n"
	"	jra 2f\n"
	"1:	sub.l #-1000,%d1\n"
	"	move.l %d1,%d0\n"
	"	move.l saved,%sp\n"
	"2:	movem.l (%sp)+,%d2-%d7/%a2-%a6\n"
	"	rts\n"
	"	.data\n"
	"	.align 2\n"
	"saved:	.long 0\n"
	"	.text\n");

static void map(const char *name, const char *address)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	void *at = (void *)strtoul(address, NULL, 0);
	if (fd < 0 || fstat(fd, &st) != 0 ||
	    mmap(at, st.st_size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) != at) {
		perror(name);
		exit(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct imports *im = mmap((void *)0x50000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	struct vector *v;
	int i;

	*im = (struct imports){{required_code, &world}, {imported_code, &world}, {callback_code, &world}, {pointed_code, &world}, 77};
	map(argv[1], argv[2]);
	map(argv[3], argv[4]);
	v = (struct vector *)strtoul(argv[5], NULL, 0);
	for (i = 6; i < argc; i++)
		printf("%s: %d\n", argv[i], call(v, &im->callback, atoi(argv[i])));
	return 0;
}
