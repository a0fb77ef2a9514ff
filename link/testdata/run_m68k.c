/*
 * Runs a 68K code resource under Linux, at one address and then moved to another
 * with the changes that it has made to itself:
 *
 *     run_m68k FILE ARGUMENT...
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int callback(int n) { return n * n; }

int main(int argc, char **argv)
{
	enum { SIZE = 1 << 20 };
	char *at = (char *)0x40000000;
	int i, round, fd = open(argv[1], O_RDONLY);

	for (round = 0; round < 2; round++, at += 0x123000) {
		char *p = mmap(at, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
		if (p != at || (round == 0 && read(fd, p, SIZE) <= 0)) {
			perror(argv[1]);
			return 1;
		}
		if (round > 0) {
			memcpy(p, at - 0x123000, SIZE);
			munmap(at - 0x123000, SIZE);
		}
		for (i = 2; i < argc; i++)
			printf("%s: %d\n", argv[i], ((int (*)(int (*)(int), int))p)(callback, atoi(argv[i])));
	}
	return 0;
}
