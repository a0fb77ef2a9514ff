/*
 * inprocess.c - runs a LADSPA plug-in the plain way: it loads the file into
 * its own process and calls it.
 *
 *     inprocess FILE INDEX RATE FRAMES INSTANCES [CONTROL...]
 *
 * CONTROL is the bits of a control input in hexadecimal, in the order of the
 * ports. The program reads numbers, one a line, runs every instance on that
 * many blocks of FRAMES frames, and prints how many nanoseconds that took.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ladspa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "inprocess: %s\n", what);
		exit(3);
	}
}

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Makes an instance whose ports are connected to memory of its own. */
static LADSPA_Handle make(const LADSPA_Descriptor *d, unsigned long rate, unsigned long frames, char **control)
{
	LADSPA_Handle plugin = d->instantiate(d, rate);
	unsigned long p, i;
	uint32_t noise = 1;

	check(plugin != NULL, "instantiate");
	for (p = 0; p < d->PortCount; p++) {
		LADSPA_PortDescriptor kind = d->PortDescriptors[p];
		LADSPA_Data *at;
		check(posix_memalign((void **)&at, 64, frames * sizeof *at + 64) == 0, "memory");
		memset(at, 0, frames * sizeof *at + 64);
		if (LADSPA_IS_PORT_INPUT(kind) && LADSPA_IS_PORT_AUDIO(kind)) {
			for (i = 0; i < frames; i++) {
				noise = noise * 1664525 + 1013904223;
				at[i] = (float)(int32_t)noise / 8589934592.0f; /* a quarter of full scale */
			}
		} else if (LADSPA_IS_PORT_INPUT(kind)) {
			uint32_t bits;
			check(*control != NULL, "a value for every control input is needed");
			bits = (uint32_t)strtoul(*control++, NULL, 16);
			memcpy(at, &bits, sizeof bits);
		}
		d->connect_port(plugin, p, at);
	}
	if (d->activate != NULL)
		d->activate(plugin);
	return plugin;
}

int main(int argc, char **argv)
{
	LADSPA_Handle *plugins;
	LADSPA_Descriptor_Function describe;
	const LADSPA_Descriptor *d;
	unsigned long frames;
	long blocks;
	int i, count;
	void *module;

	check(argc >= 6, "usage: inprocess FILE INDEX RATE FRAMES INSTANCES [CONTROL...]");
	module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	check(module != NULL, "dlopen");
	describe = (LADSPA_Descriptor_Function)dlsym(module, "ladspa_descriptor");
	check(describe != NULL, "no ladspa_descriptor");
	d = describe(strtoul(argv[2], NULL, 10));
	check(d != NULL, "no such plug-in");
	frames = strtoul(argv[4], NULL, 10);
	count = atoi(argv[5]);
	plugins = calloc((size_t)count, sizeof *plugins);
	check(plugins != NULL, "memory");
	for (i = 0; i < count; i++)
		plugins[i] = make(d, strtoul(argv[3], NULL, 10), frames, argv + 6);

	while (scanf("%ld", &blocks) == 1) {
		long long start = now();
		while (blocks-- > 0)
			for (i = 0; i < count; i++)
				d->run(plugins[i], frames);
		printf("%lld\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
