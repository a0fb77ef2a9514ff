/*
 * deadlines.c - runs many LADSPA plug-ins in the rhythm of a sound card.
 *
 *     deadlines time|missed LABEL RATE FRAMES FILE...
 *
 * There is one instance for each FILE, which may come several times. Its first
 * control input is 0, its audio ports are connected in a chain. The program
 * reads numbers, one a line. For each it runs all instances on that many blocks
 * of FRAMES frames; with "time" one after the other, and prints how many
 * nanoseconds that took; with "missed" a block begins when its time has come,
 * as a real-time thread where that is allowed, and it prints a milliard for each
 * block that was not done when the next one's came.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ladspa.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { PRIORITY = 20 }; /* of an audio server's clients, about */

static void check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "deadlines: %s\n", what);
		exit(3);
	}
}

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

struct instance {
	const LADSPA_Descriptor *d;
	LADSPA_Handle handle;
};

static struct instance make(const char *file, const char *label, unsigned long rate, LADSPA_Data *audio)
{
	void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	LADSPA_Descriptor_Function describe;
	struct instance x;
	unsigned long i;

	check(module != NULL, "dlopen");
	describe = (LADSPA_Descriptor_Function)dlsym(module, "ladspa_descriptor");
	check(describe != NULL, "no ladspa_descriptor");
	for (i = 0; (x.d = describe(i)) != NULL && strcmp(x.d->Label, label) != 0; i++)
		;
	check(x.d != NULL, "no such plug-in");
	x.handle = x.d->instantiate(x.d, rate);
	check(x.handle != NULL, "instantiate");
	for (i = 0; i < x.d->PortCount; i++)
		x.d->connect_port(x.handle, i, LADSPA_IS_PORT_AUDIO(x.d->PortDescriptors[i]) ? audio : calloc(1, sizeof(LADSPA_Data)));
	if (x.d->activate != NULL)
		x.d->activate(x.handle);
	return x;
}

int main(int argc, char **argv)
{
	struct sched_param priority = {.sched_priority = PRIORITY};
	struct instance *all;
	LADSPA_Data *audio;
	long blocks, frames, rate, k;
	int count = argc - 5, i, missed;

	check(argc > 5, "usage: deadlines time|missed LABEL RATE FRAMES FILE...");
	missed = strcmp(argv[1], "missed") == 0;
	rate = atol(argv[3]);
	frames = atol(argv[4]);
	all = calloc((size_t)count, sizeof *all);
	audio = calloc((size_t)frames, sizeof *audio);
	check(all != NULL && audio != NULL, "memory");
	for (i = 0; i < count; i++)
		all[i] = make(argv[5 + i], argv[2], (unsigned long)rate, audio);
	if (missed) {
		mlockall(MCL_CURRENT | MCL_FUTURE);
		sched_setscheduler(0, SCHED_FIFO, &priority); /* or as an ordinary thread, where that is forbidden */
	}
	for (k = 0; k < 20; k++) /* to settle */
		for (i = 0; i < count; i++)
			all[i].d->run(all[i].handle, (unsigned long)frames);

	while (scanf("%ld", &blocks) == 1) {
		long long start = now(), period = 1000000000LL * frames / rate, late = 0;
		for (k = 0; k < blocks; k++) {
			long long begin = start + k * period;
			struct timespec t = {begin / 1000000000, begin % 1000000000};
			if (missed)
				clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
			for (i = 0; i < count; i++)
				all[i].d->run(all[i].handle, (unsigned long)frames);
			if (missed && now() > begin + period) {
				late++;
				while (now() > start + (k + 1) * period) /* the blocks whose time has passed are lost, and counted once */
					start += period;
			}
		}
		printf("%lld\n", missed ? late * 1000000000LL : now() - start);
		fflush(stdout);
	}
	return 0;
}
