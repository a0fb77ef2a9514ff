/*
 * ports.c - plug-ins with every shape of ports: their label says how many audio
 * inputs and outputs they have. Output m of a run is the number of the instance
 * times 100, plus m, plus the sum of the inputs times the control input "Gain".
 * The control output "latency" is the number of runs since activate.
 *
 * With NEEDS_MATHS, and linked without the maths library, the sum becomes the
 * root of itself plus 1.
 */
#ifdef NEEDS_MATHS
#include <math.h>
#define SUM(x) sqrtf((x) + 1) + 0 * sinf(x) /* the compiler needs no library for a root on some processors */
#else
#define SUM(x) (x)
#endif
#include <ladspa.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 4, GAIN = 0, LATENCY = 1, AUDIO = 2, PORTS = AUDIO + 2 * MOST };

static const struct shape { int in, out; } shapes[] = {{1, 1}, {2, 2}, {1, 2}, {2, 1}, {3, 2}, {0, 1}, {0, 2}, {1, 0}, {2, 0}, {0, 0}};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

struct plugin {
	const struct shape *shape;
	int number, runs;
	LADSPA_Data gain, *port[PORTS];
};

static int instances;

static LADSPA_Handle instantiate(const LADSPA_Descriptor *d, unsigned long rate)
{
	struct plugin *p = calloc(1, sizeof *p);
	if (rate == 1)
		return NULL;
	p->shape = d->ImplementationData;
	p->number = instances++;
	p->gain = 1;
	return p;
}

static void connect_port(LADSPA_Handle h, unsigned long port, LADSPA_Data *at) { ((struct plugin *)h)->port[port] = at; }
static void activate(LADSPA_Handle h) { ((struct plugin *)h)->runs = 0; }
static void set_gain(LADSPA_Handle h, LADSPA_Data gain) { ((struct plugin *)h)->gain = gain; }

static void cleanup(LADSPA_Handle h)
{
	instances--;
	free(h);
}

static void process(struct plugin *p, unsigned long frames, int adding)
{
	const struct shape *s = p->shape;
	unsigned long i;
	int n;
	for (i = 0; i < frames; i++) {
		LADSPA_Data sum = 0;
		for (n = 0; n < s->in; n++)
			sum += p->port[AUDIO + n][i];
		for (n = 0; n < s->out; n++) {
			LADSPA_Data *out = &p->port[AUDIO + s->in + n][i], v = SUM(sum) * *p->port[GAIN] + 100 * p->number + n;
			*out = adding ? *out + p->gain * v : v;
		}
	}
	*p->port[LATENCY] = ++p->runs;
}

static void run(LADSPA_Handle h, unsigned long frames) { process(h, frames, 0); }
static void run_adding(LADSPA_Handle h, unsigned long frames) { process(h, frames, 1); }

static LADSPA_Descriptor descriptors[SHAPES];
static char labels[SHAPES][16];
static LADSPA_PortDescriptor kinds[SHAPES][PORTS];
static LADSPA_PortRangeHint hints[PORTS] = {{LADSPA_HINT_DEFAULT_1, 0, 0}};
static const char *const names[PORTS] = {"Gain", "latency", "A", "B", "C", "D", "E", "F", "G", "H"};

const LADSPA_Descriptor *ladspa_descriptor(unsigned long index)
{
	LADSPA_Descriptor *d = &descriptors[index];
	const struct shape *s = &shapes[index];
	int n;
	if (index >= SHAPES)
		return NULL;
	snprintf(labels[index], sizeof labels[index], "%dto%d", s->in, s->out);
	kinds[index][GAIN] = LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT;
	kinds[index][LATENCY] = LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT;
	for (n = 0; n < s->in + s->out; n++)
		kinds[index][AUDIO + n] = LADSPA_PORT_AUDIO | (n < s->in ? LADSPA_PORT_INPUT : LADSPA_PORT_OUTPUT);
	d->UniqueID = index;
	d->Label = d->Name = labels[index];
	d->Maker = d->Copyright = "None";
	d->PortCount = AUDIO + s->in + s->out;
	d->PortDescriptors = kinds[index];
	d->PortNames = names;
	d->PortRangeHints = hints;
	d->ImplementationData = (void *)s;
	d->instantiate = instantiate;
	d->connect_port = connect_port;
	d->activate = activate;
	d->run = run;
	if (s->in != 2) { /* so that some have none */
		d->run_adding = run_adding;
		d->set_run_adding_gain = set_gain;
	}
	d->cleanup = cleanup;
	return d;
}
