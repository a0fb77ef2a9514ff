/*
 * bad_library.c - LADSPA libraries that misbehave before they are used: while
 * they are loaded, unloaded, or describe themselves.
 *
 * Compile with -DDEFECT=X -DDEFECT_X, where X is one of the names below and
 * all that is wrong with the library. Its one plug-in halves its input.
 */
#define _GNU_SOURCE
#include <ladspa.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	NONE,
	/* when loaded */
	EXIT_IN_CONSTRUCTOR,
	CRASH_IN_CONSTRUCTOR,
	HANG_IN_CONSTRUCTOR,
	SLOW_CONSTRUCTOR,
	UNDEFINED_SYMBOL,
	NO_ENTRY,
	HANG_IN_DESTRUCTOR,
	CRASH_IN_DESTRUCTOR,
	/* when asked for descriptors */
	CRASH_IN_ENTRY,
	HANG_IN_ENTRY,
	NO_PLUGINS,
	ENDLESS_LIST,
	BAD_DESCRIPTOR_POINTER,
	/* in the descriptor */
	HUGE_PORT_COUNT,
	MANY_PORTS,
	LONG_NAMES,
	NO_PORT_ARRAYS,
	BAD_PORT_ARRAY_POINTER,
	PORT_OF_NO_KIND,
	PORT_OF_EVERY_KIND,
	NULL_NAMES,
	BAD_NAME_POINTER,
	BAD_PORT_NAME_POINTER,
	ENDLESS_NAME,
	NAME_RUNS_OFF_THE_PAGE,
	STRANGE_NAMES,
	NO_INSTANTIATE,
	NO_RUN,
	BAD_RUN_POINTER,
	NAN_HINTS,
	INFINITE_HINTS,
	UPSIDE_DOWN_HINTS,
	ALL_HINTS,
	/* in use */
	REFUSES_TO_INSTANTIATE,
	ONLY_NEEDED_FUNCTIONS,
};

#ifndef DEFECT
#error "compile with -DDEFECT=..."
#endif

static void crash(void) { *(volatile int *)16 = 1; }
static void hang(void) { for (;;) sleep(1000); }

__attribute__((constructor)) static void constructor(void)
{
	if (DEFECT == EXIT_IN_CONSTRUCTOR)
		exit(3);
	if (DEFECT == CRASH_IN_CONSTRUCTOR)
		crash();
	if (DEFECT == HANG_IN_CONSTRUCTOR)
		hang();
	if (DEFECT == SLOW_CONSTRUCTOR)
		usleep(500000);
}

__attribute__((destructor)) static void destructor(void)
{
	if (DEFECT == HANG_IN_DESTRUCTOR)
		hang();
	if (DEFECT == CRASH_IN_DESTRUCTOR)
		crash();
}

enum { IN, OUT, LEVEL, PORTS, MANY = 5000 };

static LADSPA_Handle instantiate(const LADSPA_Descriptor *d, unsigned long rate)
{
	(void)d, (void)rate;
	return DEFECT == REFUSES_TO_INSTANTIATE ? NULL : calloc(MANY, sizeof(LADSPA_Data *));
}

static void connect_port(LADSPA_Handle h, unsigned long port, LADSPA_Data *at) { ((LADSPA_Data **)h)[port] = at; }

static void run(LADSPA_Handle h, unsigned long frames)
{
	LADSPA_Data **port = h;
	unsigned long n;
	for (n = 0; n < frames; n++)
		port[OUT][n] = port[IN][n] / 2;
}

static void nothing(LADSPA_Handle h) { (void)h; }

/* A string that ends where memory does, without a NUL. */
static const char *unmapped_end(void)
{
	size_t page = 65536; /* or more than one */
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(p, 'x', page);
	munmap(p + page, page);
	return p + page - 100;
}

static LADSPA_Descriptor d;
static LADSPA_PortDescriptor ports[MANY];
static const char *names[MANY];
static LADSPA_PortRangeHint hints[MANY];
static char endless[1 << 20];

static void describe(void)
{
	int i;
	d.UniqueID = 1;
	d.Label = "half";
	d.Name = "Half";
	d.Maker = d.Copyright = "None";
	d.PortCount = PORTS;
	d.PortDescriptors = ports;
	d.PortNames = names;
	d.PortRangeHints = hints;
	d.instantiate = instantiate;
	d.connect_port = connect_port;
	d.activate = d.deactivate = d.cleanup = nothing;
	d.run = run;
	for (i = 0; i < MANY; i++) {
		ports[i] = i == IN ? LADSPA_PORT_INPUT | LADSPA_PORT_AUDIO : i == OUT ? LADSPA_PORT_OUTPUT | LADSPA_PORT_AUDIO : LADSPA_PORT_INPUT | LADSPA_PORT_CONTROL;
		names[i] = i == IN ? "Input" : i == OUT ? "Output" : "Level";
	}
	memset(endless, 'e', sizeof endless);

	switch (DEFECT) {
	case HUGE_PORT_COUNT:
		d.PortCount = (unsigned long)-1 / 2;
		break;
	case LONG_NAMES: /* each within bounds, a gigabyte together */
		endless[4000] = 0;
		for (i = 0; i < MANY; i++)
			names[i] = endless;
		/* fall through */
	case MANY_PORTS:
		d.PortCount = 4000;
		break;
	case NO_PORT_ARRAYS:
		d.PortDescriptors = NULL;
		break;
	case BAD_PORT_ARRAY_POINTER:
		d.PortRangeHints = (void *)16;
		break;
	case PORT_OF_NO_KIND:
		ports[OUT] = LADSPA_PORT_AUDIO;
		break;
	case PORT_OF_EVERY_KIND:
		ports[OUT] = -1;
		break;
	case NULL_NAMES:
		d.Label = d.Name = d.Maker = d.Copyright = NULL;
		names[IN] = names[LEVEL] = NULL;
		break;
	case BAD_NAME_POINTER:
		d.Maker = (char *)16;
		break;
	case BAD_PORT_NAME_POINTER:
		names[LEVEL] = (char *)16;
		break;
	case ENDLESS_NAME:
		d.Name = endless;
		break;
	case NAME_RUNS_OFF_THE_PAGE:
		d.Name = unmapped_end();
		break;
	case STRANGE_NAMES:
		d.Label = "\xff\xfe\x1b[2J\r\n";
		names[LEVEL] = "\x1b]0;title\a%s%n";
		break;
	case NO_INSTANTIATE:
		d.instantiate = NULL;
		break;
	case NO_RUN:
		d.run = NULL;
		break;
	case BAD_RUN_POINTER:
		d.run = (void (*)(LADSPA_Handle, unsigned long))(uintptr_t)16;
		break;
	case NAN_HINTS:
		hints[LEVEL] = (LADSPA_PortRangeHint){LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE | LADSPA_HINT_DEFAULT_MIDDLE, NAN, NAN};
		break;
	case INFINITE_HINTS:
		hints[LEVEL] = (LADSPA_PortRangeHint){LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE | LADSPA_HINT_DEFAULT_MAXIMUM, -INFINITY, INFINITY};
		break;
	case UPSIDE_DOWN_HINTS:
		hints[LEVEL] = (LADSPA_PortRangeHint){LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE | LADSPA_HINT_DEFAULT_LOW, 9, -9};
		break;
	case ALL_HINTS:
		hints[LEVEL] = (LADSPA_PortRangeHint){-1, -1, 3e38f};
		break;
	case ONLY_NEEDED_FUNCTIONS:
		d.activate = d.deactivate = d.cleanup = NULL;
		break;
	}
}

#ifdef DEFECT_UNDEFINED_SYMBOL
void nowhere_to_be_found(void);
void wants_it(void) { nowhere_to_be_found(); }
#endif

#ifdef DEFECT_NO_ENTRY
#define ladspa_descriptor some_other_function
#endif

const LADSPA_Descriptor *ladspa_descriptor(unsigned long index)
{
	if (DEFECT == CRASH_IN_ENTRY)
		crash();
	if (DEFECT == HANG_IN_ENTRY)
		hang();
	if (DEFECT == BAD_DESCRIPTOR_POINTER)
		return (void *)16;
	if (DEFECT == NO_PLUGINS)
		return NULL;
	if (index == 0)
		describe();
	return index == 0 || DEFECT == ENDLESS_LIST || DEFECT == LONG_NAMES && index < 64 ? &d : NULL;
}
