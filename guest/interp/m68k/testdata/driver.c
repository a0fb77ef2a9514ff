/* Runs the kernels so many times, and prints name, result and milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

unsigned sort(unsigned), crc(unsigned), biquad(unsigned), fib(unsigned);

int main(int argc, char **argv)
{
	static const struct { const char *name; unsigned (*f)(unsigned); } all[] = {{"sort", sort}, {"crc", crc}, {"biquad", biquad}, {"fib", fib}};
	int times = atoi(argv[1]), i, k;
	for (i = 0; i < 4; i++) {
		struct timespec a, b;
		unsigned r = all[i].f(atoi(argv[2]));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		for (k = 0; k < times; k++)
			r = all[i].f(atoi(argv[2]));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		printf("%s %u %.3f\n", all[i].name, r, ((b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6) / times);
	}
	return 0;
}
