/* Loads DIR/many-0.so and so on, COUNT of them, and looks for a function in each; unloads every other one. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int i, count = argc == 3 ? atoi(argv[2]) : 0;
	for (i = 0; i < count; i++) {
		char path[4096];
		void *shim;
		snprintf(path, sizeof path, "%s/many-%d.so", argv[1], i);
		if ((shim = dlopen(path, RTLD_NOW)) == NULL || dlsym(shim, "tone_open") == NULL) {
			fprintf(stderr, "%d: %s\n", i, dlerror());
			return 1;
		}
		if (i % 2 == 1)
			dlclose(shim);
	}
	return count == 0;
}
