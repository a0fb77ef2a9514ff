/*
 * direct.c - runs a LADSPA plug-in the plain way, without crossplug: it loads
 * the file into its own process and calls it. What it writes is what crossplug
 * must give, bit for bit.
 *
 *     direct FILE INDEX RATE FILL BLOCK,BLOCK... [CONTROL...] <IN >OUT
 *
 * RATE is in hertz, BLOCK a number of frames, CONTROL the bits of a control
 * input in hexadecimal, in the order of the ports. IN has, for each block, the
 * samples of each audio input; OUT gets, for each block, the samples of each
 * audio output and the value of each control output: floats in the byte order
 * of the machine.
 *
 * FILL, if not 0, shows which plug-ins misuse memory: it is a byte that the
 * unused stack is filled with before each block, and what the plug-in maps gets
 * forbidden memory around it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ladspa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MOST_PORTS = 256, MOST_FRAMES = 1024, AUDIO_IN = LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT };

static void check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "direct: %s\n", what);
		exit(3);
	}
}

__attribute__((noinline)) static void fill_stack(int byte)
{
	char unused[16384];
	memset(unused, byte, sizeof unused);
	__asm__ volatile("" : : "r"(unused) : "memory"); /* or the compiler would drop it */
}

/* Maps forbidden memory: the kernel goes downwards, so it borders on what was mapped before. */
static void put_fence(void)
{
	check(mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
}

int main(int argc, char **argv)
{
	LADSPA_Data *port[MOST_PORTS];
	unsigned long p, frames;
	int control = 6, fill;
	char *sizes;

	check(argc >= 6, "usage: direct FILE INDEX RATE FILL BLOCK,BLOCK... [CONTROL...]");
	void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	check(module != NULL, "dlopen");
	LADSPA_Descriptor_Function describe = (LADSPA_Descriptor_Function)dlsym(module, "ladspa_descriptor");
	check(describe != NULL, "no ladspa_descriptor");
	const LADSPA_Descriptor *d = describe(strtoul(argv[2], NULL, 10));
	check(d != NULL && d->PortCount <= MOST_PORTS, "no such plug-in");
	fill = atoi(argv[4]);
	if (fill != 0)
		put_fence();
	LADSPA_Handle plugin = d->instantiate(d, strtoul(argv[3], NULL, 10));
	check(plugin != NULL, "instantiate");

	for (p = 0; p < d->PortCount; p++) {
		LADSPA_PortDescriptor kind = d->PortDescriptors[p];
		size_t size = LADSPA_IS_PORT_AUDIO(kind) ? MOST_FRAMES * sizeof(LADSPA_Data) : 64;
		check(posix_memalign((void **)&port[p], 64, size) == 0, "memory");
		memset(port[p], 0, size);
		if (LADSPA_IS_PORT_CONTROL(kind) && LADSPA_IS_PORT_INPUT(kind)) {
			check(control < argc, "a value for every control input is needed");
			uint32_t bits = (uint32_t)strtoul(argv[control++], NULL, 16);
			memcpy(port[p], &bits, sizeof bits);
		}
		d->connect_port(plugin, p, port[p]);
	}
	check(control == argc, "more values than control inputs");
	if (d->activate != NULL)
		d->activate(plugin);
	if (fill != 0)
		put_fence();
	for (sizes = argv[5]; *sizes != 0; sizes += *sizes == ',') {
		frames = strtoul(sizes, &sizes, 10);
		check(frames <= MOST_FRAMES, "block too large");
		for (p = 0; p < d->PortCount; p++)
			if ((d->PortDescriptors[p] & AUDIO_IN) == AUDIO_IN)
				check(fread(port[p], sizeof(LADSPA_Data), frames, stdin) == frames, "input is too short");
		if (fill != 0)
			fill_stack(fill);
		d->run(plugin, frames);
		for (p = 0; p < d->PortCount; p++)
			if (LADSPA_IS_PORT_OUTPUT(d->PortDescriptors[p]) && LADSPA_IS_PORT_AUDIO(d->PortDescriptors[p]))
				fwrite(port[p], sizeof(LADSPA_Data), frames, stdout);
		for (p = 0; p < d->PortCount; p++)
			if (LADSPA_IS_PORT_OUTPUT(d->PortDescriptors[p]) && LADSPA_IS_PORT_CONTROL(d->PortDescriptors[p]))
				fwrite(port[p], sizeof(LADSPA_Data), 1, stdout);
	}
	if (d->deactivate != NULL)
		d->deactivate(plugin);
	if (d->cleanup != NULL)
		d->cleanup(plugin);
	return fflush(stdout) != 0;
}
