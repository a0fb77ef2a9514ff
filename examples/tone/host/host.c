/* A program in C that loads plug-ins of the tone API. It knows nothing of crossplug. */
#include <dlfcn.h>
#include <stdio.h>

#include "tone.h"

static int32_t enough(void *user, uint32_t done) { return done == *(uint32_t *)user ? (int32_t)done : 0; }

int main(int argc, char **argv)
{
	void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	tone *(*open)(double, double);
	uint32_t (*fill)(tone *, float *, uint32_t);
	int32_t (*render)(tone *, uint32_t, tone_progress, void *);
	void (*close)(tone *);
	float samples[4];
	uint32_t three = 3, n, i;
	tone *t;

	if (plugin == NULL) {
		fprintf(stderr, "usage: host PLUGIN.so\n%s\n", argc == 2 ? dlerror() : "");
		return 2;
	}
	*(void **)&open = dlsym(plugin, "tone_open");
	*(void **)&fill = dlsym(plugin, "tone_fill");
	*(void **)&render = dlsym(plugin, "tone_render");
	*(void **)&close = dlsym(plugin, "tone_close");
	if ((t = open(8000, 48000)) == NULL) {
		fprintf(stderr, "it makes no tones\n");
		return 1;
	}
	n = fill(t, samples, 4);
	for (i = 0; i < n; i++)
		printf("%s%.1f", i == 0 ? "" : " ", samples[i]);
	printf("\nstopped after %d blocks\n", (int)render(t, 100, enough, &three));
	close(t);
	return 0;
}
