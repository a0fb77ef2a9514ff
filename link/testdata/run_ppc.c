/*
 * Runs a fragment that has been loaded and relocated already, under Linux:
 *
 *     run_ppc CODE ADDRESS DATA ADDRESS VECTOR ARGUMENT...
 *
 * CODE and DATA are files with the sections as they are in memory. The function
 * at VECTOR is called with a callback and each ARGUMENT, and its results are
 * printed. What the fragment imports is at 0x50000000, see below. r2 is the
 * thread pointer here and the TOC there, so calls in both directions change it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct vector { void *code; void *toc; void *environment; };
struct imports {
	struct vector required, imported, callback, pointed;
	int shared_value;
};

int call(struct vector *v, struct vector *callback, int n);
__asm__(".globl call\n"
	"call:	stwu 1,-128(1)\n"
	"	mflr 0\n"
	"	stw 0,132(1)\n"
	"	stw 2,100(1)\n"
	"	lwz 0,0(3)\n"
	"	lwz 2,4(3)\n"
	"	mtctr 0\n"
	"	mr 3,4\n"
	"	mr 4,5\n"
	"	bctrl\n"
	"	lwz 2,100(1)\n"
	"	lwz 0,132(1)\n"
	"	mtlr 0\n"
	"	addi 1,1,128\n"
	"	blr\n");

static int required(int n) { return 1000 * n; }
static int imported(int a, int b) { return 10 * a + b; }
static int callback(int n) { return n * n; }
static int *pointed(void) { return &((struct imports *)0x50000000)->shared_value; }

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
	void *toc;
	struct imports *im = mmap((void *)0x50000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	struct vector *v;
	int i;

	__asm__("mr %0,2" : "=r"(toc));
	*im = (struct imports){{required, toc, NULL}, {imported, toc, NULL}, {callback, toc, NULL}, {pointed, toc, NULL}, 77};
	map(argv[1], argv[2]);
	map(argv[3], argv[4]);
	v = (struct vector *)strtoul(argv[5], NULL, 0);
	for (i = 6; i < argc; i++)
		printf("%s: %d\n", argv[i], call(v, &im->callback, atoi(argv[i])));
	return 0;
}
