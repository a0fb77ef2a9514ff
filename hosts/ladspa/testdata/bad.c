/*
 * bad.c - a LADSPA library whose plug-ins misbehave when they are used.
 *
 * Plug-in 0, "good", doubles its input. After it comes one plug-in for each
 * step of a plug-in's life and each deed, labelled STEP_DEED: it does the deed
 * when the host takes the step, and doubles its input if it survives that.
 */
#define _GNU_SOURCE
#include <ladspa.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { IN, OUT, PORTS };

struct instance {
	const LADSPA_Descriptor *descriptor;
	LADSPA_Data *port[PORTS];
};

static char *output; /* where the last run was to write */

/* ---- deeds ------------------------------------------------------------------ */

static void segv(void) { *(volatile int *)16 = 1; }
static void jump(void) { ((void (*)(void))(uintptr_t)16)(); }
static void trap(void) { __builtin_trap(); }
static void quit(void) { exit(0); }
static void leave(void) { _exit(7); }
static void suicide(void) { kill(getpid(), SIGKILL); }
static void loop(void) { for (;;) ; }
static void stop(void) { raise(SIGSTOP); }
static void end_thread(void) { syscall(SYS_exit, 0); }

static int deeper(int n)
{
	volatile char room[1000];
	room[0] = (char)n;
	return deeper(n + 1) + room[0];
}
static void overflow(void) { deeper(0); }

static void ignore(int s) { (void)s; }
static void catch(void)
{
	signal(SIGSEGV, ignore); /* returns to the instruction that faulted */
	segv();
}

static void *crash_soon(void *unused)
{
	usleep(20000);
	segv();
	return unused;
}
static void later(void)
{
	pthread_t t;
	pthread_create(&t, NULL, crash_soon, NULL);
}

/* A child that holds all descriptors for a while. */
static void spawn(void)
{
	if (fork() == 0) {
		sleep(5);
		_exit(0);
	}
}
static void orphan(void)
{
	spawn();
	_exit(9);
}

static void talk(void)
{
	int i;
	for (i = 0; i < 50000; i++)
		printf("line %d of what nobody wants to know\n", i);
	fflush(stdout);
}
static void gasp(void)
{
	talk();
	fprintf(stderr, "last words\n");
	abort();
}

/* The helper's own descriptors are somewhere among these. */
static void deafen(void)
{
	int fd;
	for (fd = 3; fd < 256; fd++)
		close(fd);
}
static void babble(void)
{
	char junk[256];
	int fd;
	memset(junk, 0xff, sizeof junk);
	for (fd = 3; fd < 256; fd++)
		if (write(fd, junk, sizeof junk) < 0)
			continue;
}

static void refuse(void) /* to end */
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	atexit(loop);
}

/* For run only: there is no output before. */
static void overrun(void) { memset(output, 0xa5, 8192); }
static void scribble(void) { memset(output, 0xa5, 64 << 20); }
static void underrun(void)
{
	volatile char *p = output;
	for (;;)
		*p-- = 0x5a;
}

static const struct { const char *name; void (*act)(void); } deeds[] = {
	{"segv", segv}, {"jump", jump}, {"trap", trap}, {"abort", abort}, {"quit", quit}, {"leave", leave}, {"suicide", suicide},
	{"loop", loop}, {"stop", stop}, {"end_thread", end_thread}, {"overflow", overflow}, {"catch", catch},
	{"later", later}, {"spawn", spawn}, {"orphan", orphan}, {"talk", talk}, {"gasp", gasp},
	{"deafen", deafen}, {"babble", babble}, {"refuse", refuse},
	{"overrun", overrun}, {"scribble", scribble}, {"underrun", underrun},
};
enum { DEEDS = sizeof deeds / sizeof deeds[0] };

/* ---- plug-ins --------------------------------------------------------------- */

enum { INSTANTIATE, CONNECT_PORT, ACTIVATE, RUN, DEACTIVATE, CLEANUP, STEPS };
static const char *const steps[STEPS] = {"instantiate", "connect_port", "activate", "run", "deactivate", "cleanup"};

static char labels[1 + STEPS * DEEDS][40];
static LADSPA_Descriptor descriptors[1 + STEPS * DEEDS];

static void step(const LADSPA_Descriptor *d, int s)
{
	long n = d - descriptors - 1;
	if (n >= 0 && n / DEEDS == s)
		deeds[n % DEEDS].act();
}

static LADSPA_Handle instantiate(const LADSPA_Descriptor *d, unsigned long rate)
{
	struct instance *i = calloc(1, sizeof *i);
	(void)rate;
	i->descriptor = d;
	step(d, INSTANTIATE);
	return i;
}

static void connect_port(LADSPA_Handle h, unsigned long port, LADSPA_Data *at)
{
	struct instance *i = h;
	i->port[port] = at;
	step(i->descriptor, CONNECT_PORT);
}

static void run(LADSPA_Handle h, unsigned long frames)
{
	struct instance *i = h;
	unsigned long n;
	output = (char *)i->port[OUT];
	step(i->descriptor, RUN);
	for (n = 0; n < frames; n++)
		i->port[OUT][n] = 2 * i->port[IN][n];
}

static void activate(LADSPA_Handle h) { step(((struct instance *)h)->descriptor, ACTIVATE); }
static void deactivate(LADSPA_Handle h) { step(((struct instance *)h)->descriptor, DEACTIVATE); }

static void cleanup(LADSPA_Handle h)
{
	step(((struct instance *)h)->descriptor, CLEANUP);
	free(h);
}

const LADSPA_Descriptor *ladspa_descriptor(unsigned long index)
{
	static const LADSPA_PortDescriptor ports[PORTS] = {LADSPA_PORT_INPUT | LADSPA_PORT_AUDIO, LADSPA_PORT_OUTPUT | LADSPA_PORT_AUDIO};
	static const char *const names[PORTS] = {"Input", "Output"};
	static const LADSPA_PortRangeHint hints[PORTS];
	LADSPA_Descriptor *d = &descriptors[index];

	if (index >= sizeof descriptors / sizeof *descriptors)
		return NULL;
	if (index == 0)
		strcpy(labels[index], "good");
	else
		sprintf(labels[index], "%s_%s", steps[(index - 1) / DEEDS], deeds[(index - 1) % DEEDS].name);
	d->UniqueID = index;
	d->Label = d->Name = labels[index];
	d->Maker = d->Copyright = "None";
	d->PortCount = PORTS;
	d->PortDescriptors = ports;
	d->PortNames = names;
	d->PortRangeHints = hints;
	d->instantiate = instantiate;
	d->connect_port = connect_port;
	d->activate = activate;
	d->run = run;
	d->deactivate = deactivate;
	d->cleanup = cleanup;
	return d;
}
