/* native.c - the host, where its own compiler has compiled a source. */
#include <stdio.h>
#include "common.h"

int run(Note note);

static void note(int n) { printf("%d\n", n); }

int main(void)
{
	run(note);
	return 0;
}
