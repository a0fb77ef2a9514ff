/*
 * odd.c - LADSPA plug-ins that copy their input and are odd in one way each.
 *
 *     crash     ends by a signal when 20000 frames have passed
 *     slow      takes 20 ms for a block
 *     nan       puts a number that is none at the start of each block
 *     farewell  ends by a signal when it is cleaned up
 */
#include <ladspa.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

struct instance {
	LADSPA_Data *port[2];
	unsigned long frames;
};

static LADSPA_Handle instantiate(const LADSPA_Descriptor *d, unsigned long rate)
{
	(void)d, (void)rate;
	return calloc(1, sizeof(struct instance));
}

static void connect_port(LADSPA_Handle h, unsigned long port, LADSPA_Data *at) { ((struct instance *)h)->port[port] = at; }

static void run(LADSPA_Handle h, unsigned long frames)
{
	struct instance *i = h;
	unsigned long n;
	for (n = 0; n < frames; n++)
		i->port[1][n] = i->port[0][n];
	i->frames += frames;
}

static void run_crash(LADSPA_Handle h, unsigned long frames)
{
	run(h, frames);
	if (((struct instance *)h)->frames > 20000)
		*(volatile int *)16 = 1;
}

static void run_slow(LADSPA_Handle h, unsigned long frames)
{
	run(h, frames);
	usleep(20000);
}

static void run_nan(LADSPA_Handle h, unsigned long frames)
{
	run(h, frames);
	((struct instance *)h)->port[1][0] = NAN;
}

static void cleanup(LADSPA_Handle h) { free(h); }

static void cleanup_farewell(LADSPA_Handle h)
{
	(void)h;
	*(volatile int *)16 = 1;
}

static const LADSPA_PortDescriptor ports[] = {LADSPA_PORT_INPUT | LADSPA_PORT_AUDIO, LADSPA_PORT_OUTPUT | LADSPA_PORT_AUDIO};
static const char *const names[] = {"Input", "Output"};
static const LADSPA_PortRangeHint hints[2];

#define PLUGIN(id, label, run, cleanup) \
	{id, label, 0, label, "nobody", "none", 2, ports, names, hints, NULL, instantiate, connect_port, NULL, run, NULL, NULL, NULL, cleanup}

static const LADSPA_Descriptor all[] = {
	PLUGIN(1, "crash", run_crash, cleanup),
	PLUGIN(2, "slow", run_slow, cleanup),
	PLUGIN(3, "nan", run_nan, cleanup),
	PLUGIN(4, "farewell", run, cleanup_farewell),
};

const LADSPA_Descriptor *ladspa_descriptor(unsigned long n)
{
	return n < sizeof all / sizeof all[0] ? &all[n] : NULL;
}
