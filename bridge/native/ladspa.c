/*
 * ladspa.c - the shim: a native LADSPA library whose plug-ins are those of a
 * file for another architecture.
 *
 * What LADSPA looks like is in ladspa_direct.h, which is generated from the
 * API's definition: the functions that hosts call, how their arguments travel,
 * where the plug-in's own descriptor has what, and how a description is read.
 * Here is what no definition says: which memory a port reads and writes, that
 * blocks of a plug-in that is lost are silent, and how one is started.
 *
 * Its descriptions come from its sidecar; a host that looks through all its
 * plug-ins starts nothing. An instance has
 *   - a lane of its own, so hosts may run instances on as many threads as they
 *     like, and nothing is locked;
 *   - a cell in shared memory for each control port and a slot for each audio
 *     port. run copies what the host has connected into them, crosses once, and
 *     copies outputs back. Outputs are copied in as well: what a plug-in does
 *     not write stays as it was, and run_adding needs it.
 *
 * Ports that the host connects to the same memory share the lowest one's slot,
 * so that the plug-in sees what it would see natively. Connecting a port only
 * notes it; the plug-in is told in the crossing of the next call.
 *
 * A slot has room for FRAMES frames at first, more than a tenth of a second. A
 * longer block makes the slots grow, once, which takes time; hosts that give
 * such blocks do not wait for the sound. Blocks longer than MOST_FRAMES are
 * passed on in pieces.
 *
 * Source: ladspa.h, version 1.1.
 */
#define _GNU_SOURCE
#include <ladspa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "ladspa_direct.h"

enum { FRAMES = 8192, MOST_FRAMES = 1 << 18, LINE = 64, MOST_PLUGINS = 1024 };
enum { FRAMES_A_MS = 4 }; /* for long blocks: a plug-in slower than a twelfth of real time hangs */

struct plugin {
	LADSPA_Descriptor shown; /* to the host; first, so that it leads back here */
	uint32_t index;          /* in its file */
	uint32_t id;             /* its own */
};

static struct sidecar sidecar;
static struct plugin *plugins;
static uint32_t plugin_count;

/* All instances, for hosts that never clean up. */
static struct instance *instances;
static _Atomic uint32_t instances_lock;

struct instance {
	struct instance *next;
	const struct plugin *plugin;
	struct helper *helper;
	uint64_t handle; /* its address in the helper */
	struct direct_LADSPA_Descriptor there;
	struct lane lane;
	struct area fixed;  /* the lane, then the cells */
	struct area slots;
	uint32_t frames;    /* in a slot */
	int swap;           /* the plug-in's byte order is not ours */
	int changed;        /* ports have been connected since the plug-in was told */
	int silent;
	uint32_t ports;
	struct port {
		uint32_t *host;   /* what the host has connected; samples as bits */
		uint32_t *shared; /* the port's own cell or slot */
		uint64_t there;   /* its address in the helper */
		uint64_t told;    /* what the plug-in was told */
		uint32_t *used;   /* the cell or slot in use: its own, or that of a lower port with the same memory */
		uint8_t audio, output, connected, knows;
	} port[];
};

static int is_audio(const LADSPA_Descriptor *d, uint32_t i) { return LADSPA_IS_PORT_AUDIO(d->PortDescriptors[i]) != 0; }

/* ---- running ------------------------------------------------------------------- */

static void copy(uint32_t *restrict to, const uint32_t *restrict from, unsigned long n, int swap)
{
	unsigned long i;
	if (!swap) {
		memcpy(to, from, 4 * n);
		return;
	}
	for (i = 0; i < n; i++)
		to[i] = __builtin_bswap32(from[i]);
}

/* Copies what the host has connected, from a frame on, to where the plug-in reads; frames 0: controls only. */
static void copy_in(struct instance *x, unsigned long first, unsigned long frames)
{
	uint32_t i;
	for (i = 0; i < x->ports; i++) {
		struct port *p = &x->port[i];
		if (p->host == NULL)
			continue;
		if (!p->audio)
			copy(p->used, p->host, 1, x->swap);
		else if (frames > 0)
			copy(p->used, p->host + first, frames, x->swap);
	}
}

static void copy_out(struct instance *x, unsigned long first, unsigned long frames)
{
	uint32_t i;
	for (i = 0; i < x->ports; i++) {
		struct port *p = &x->port[i];
		if (p->host == NULL || !p->output)
			continue;
		if (!p->audio)
			copy(p->host, p->used, 1, x->swap);
		else
			copy(p->host + first, p->used, frames, x->swap);
	}
}

/* Decides which cell or slot each port uses. */
static void share(struct instance *x)
{
	uint32_t i, j;
	for (i = 0; i < x->ports; i++) {
		struct port *p = &x->port[i];
		p->used = p->shared;
		for (j = 0; p->host != NULL && j < i; j++)
			if (x->port[j].host == p->host && x->port[j].audio == p->audio) {
				p->used = x->port[j].shared;
				break;
			}
	}
}

/* Adds a call to what the next lane_run runs. */
static int add(struct instance *x, enum direct_function f, uint32_t limit, uint64_t *args)
{
	args[0] = x->handle;
	if (lane_add(&x->lane, x->there.functions[f], direct_classes[f], args) == 0)
		return 0;
	/* The lane is full: let it run what it has. */
	return lane_run(&x->lane, limit) == 0 ? lane_add(&x->lane, x->there.functions[f], direct_classes[f], args) : -1;
}

/* Adds calls that tell the plug-in what has been connected since. -1 if it cannot be told anything any more. */
static int tell(struct instance *x)
{
	uint32_t i;
	if (x->silent || !lane_usable(&x->lane))
		return -1;
	if (!x->changed)
		return 0;
	share(x);
	for (i = 0; i < x->ports; i++) {
		struct port *p = &x->port[i];
		uint64_t args[] = {0, i, 0};
		if (!p->connected)
			continue;
		if (p->host != NULL)
			args[2] = p->there + (uint64_t)((unsigned char *)p->used - (unsigned char *)p->shared);
		if (p->knows && p->told == args[2])
			continue;
		if (add(x, DIRECT_CONNECT_PORT, RUN_LIMIT, args) != 0)
			return -1;
		p->knows = 1;
		p->told = args[2];
	}
	x->changed = 0;
	return 0;
}

/* Calls one of the functions of the instance, after what it has to be told. */
static int call(struct instance *x, enum direct_function f, uint32_t limit, uint64_t *args)
{
	return tell(x) == 0 && add(x, f, limit, args) == 0 ? lane_run(&x->lane, limit) : -1;
}

static int make_slots(struct instance *x, uint32_t frames, char *why)
{
	uint32_t i, n = 0, at = 0;
	struct area slots;
	for (i = 0; i < x->ports; i++)
		n += x->port[i].audio;
	if (area_make(x->helper, n > 0 ? 4 * frames * n : LINE, &slots, why) != 0)
		return -1;
	if (x->slots.here != NULL)
		area_free(x->helper, &x->slots);
	x->slots = slots;
	x->frames = frames;
	x->changed = 1;
	for (i = 0; i < x->ports; i++) {
		struct port *p = &x->port[i];
		if (!p->audio)
			continue;
		p->shared = (uint32_t *)(slots.here + at);
		p->there = slots.there + at;
		p->knows = 0;
		at += 4 * frames;
	}
	return 0;
}

/* Makes the slots as long as a block, as far as there is room. */
static void grow(struct instance *x, unsigned long frames)
{
	uint32_t room = x->frames;
	char why[WHY];
	while (room < frames && room < MOST_FRAMES)
		room *= 2;
	if (room > x->frames)
		make_slots(x, room, why); /* if there is no room, the block goes in pieces */
}

static void silence(struct instance *x, unsigned long first, unsigned long frames)
{
	uint32_t i;
	for (i = 0; i < x->ports; i++)
		if (x->port[i].audio && x->port[i].output && x->port[i].host != NULL)
			memset(x->port[i].host + first, 0, 4 * (frames - first));
}

/* run and run_adding, which say in args[1] how many frames there are. */
static void direct_block(void *object, enum direct_function f, uint64_t *args)
{
	struct instance *x = object;
	unsigned long done = 0, frames = (unsigned long)args[1], n;
	if (!x->silent && frames > x->frames)
		grow(x, frames);
	lane_place(&x->lane);
	do {
		n = frames - done < x->frames ? frames - done : x->frames;
		args[1] = n;
		if (tell(x) == 0) {
			copy_in(x, done, n);
			x->silent = call(x, f, RUN_LIMIT + (uint32_t)n / FRAMES_A_MS, args) != 0;
		} else {
			x->silent = 1;
		}
		if (x->silent) {
			if (f == DIRECT_RUN)
				silence(x, done, frames);
			return;
		}
		copy_out(x, done, n);
	} while ((done += n) < frames);
}

/* connect_port, which says in args[1] which port it is. The plug-in is told later. */
static void direct_place(void *object, enum direct_function f, uint64_t *args, void *to)
{
	struct instance *x = object;
	(void)f;
	if (args[1] >= x->ports)
		return;
	x->port[args[1]].host = to;
	x->port[args[1]].connected = 1;
	x->changed = 1;
}

/* All others. Plug-ins read their controls when they are activated. */
static void direct_call(void *object, enum direct_function f, uint64_t *args)
{
	struct instance *x = object;
	if (f == DIRECT_ACTIVATE && tell(x) == 0)
		copy_in(x, 0, 0);
	call(x, f, direct_batchable[f] ? RUN_LIMIT : CALL_LIMIT, args);
}

/* ---- instances ------------------------------------------------------------------ */

/* Ends an instance, whole or half-made. The plug-in's file stays loaded: the helper ends with its last instance. */
static void drop(struct instance *x)
{
	if (x->lane.helper != NULL) {
		uint64_t args[1];
		if (x->handle != 0 && x->there.functions[DIRECT_CLEANUP] != 0)
			call(x, DIRECT_CLEANUP, CALL_LIMIT, args);
		lane_close(&x->lane);
	}
	if (x->helper != NULL) {
		area_free(x->helper, &x->slots);
		area_free(x->helper, &x->fixed);
		helper_close(x->helper);
	}
	free(x);
}

static void direct_destroy(void *x, enum direct_function f, uint64_t *args)
{
	struct instance **at;
	(void)f;
	(void)args;
	lock(&instances_lock);
	for (at = &instances; *at != NULL; at = &(*at)->next)
		if (*at == x) {
			*at = (*at)->next;
			break;
		}
	unlock(&instances_lock);
	drop(x);
}

/* Loads the plug-in's file and finds the plug-in's functions. */
static int load(struct instance *x, uint64_t *descriptor, char *why)
{
	unsigned char raw[DIRECT_LADSPA_DESCRIPTOR_MOST];
	uint64_t module, entry, args[1] = {x->plugin->index};

	if (helper_load(x->helper, sidecar.plugin, &module, why) != 0 ||
	    helper_lookup(x->helper, module, "ladspa_descriptor", &entry, why) != 0)
		return -1;
	if (lane_call(&x->lane, CALL_LIMIT, descriptor, entry, "ww", args) != 0) {
		snprintf(why, WHY, "its helper is gone");
		return -1;
	}
	if (sidecar.bits == 32)
		*descriptor = (uint32_t)*descriptor;
	if (*descriptor != 0) {
		if (helper_read(x->helper, *descriptor, raw, direct_size_LADSPA_Descriptor(sidecar.bits), why) != 0)
			return -1;
		direct_read_LADSPA_Descriptor(&x->there, raw, sidecar.bits, x->swap);
	}
	if (*descriptor == 0 || (uint32_t)x->there.UniqueID != x->plugin->id || x->there.PortCount != x->ports ||
	    x->there.functions[DIRECT_INSTANTIATE] == 0 || x->there.functions[DIRECT_CONNECT_PORT] == 0 || x->there.functions[DIRECT_RUN] == 0) {
		snprintf(why, WHY, "it is not what it was when it was bridged; run: crossplug bridge sync");
		return -1;
	}
	return 0;
}

static int prepare(struct instance *x, uint64_t *args, char *why)
{
	uint32_t i, at = LANE_SIZE;
	char key[4200];
	struct launch launch = {key, sidecar.plugin, "it gives silence", sidecar.command, sidecar.without, sidecar.bits, sidecar.big_endian};

	if (!sidecar_current(&sidecar)) {
		snprintf(why, WHY, "it has changed since it was bridged, or is gone; run: crossplug bridge sync");
		return -1;
	}
	if (sidecar.group[0] != 0)
		snprintf(key, sizeof key, "group %s %s", sidecar.arch, sidecar.group);
	else
		snprintf(key, sizeof key, "file %s", sidecar.plugin);
	if ((x->helper = helper_open(&launch, why)) == NULL || area_make(x->helper, LANE_SIZE + LINE * x->ports, &x->fixed, why) != 0 ||
	    lane_open(&x->lane, x->helper, &x->fixed, why) != 0)
		return -1;
	for (i = 0; i < x->ports; i++, at += LINE) {
		x->port[i].shared = (uint32_t *)(x->fixed.here + at);
		x->port[i].there = x->fixed.there + at;
	}
	if (make_slots(x, FRAMES, why) != 0 || load(x, &args[0], why) != 0)
		return -1;
	if (lane_call(&x->lane, CALL_LIMIT, &x->handle, x->there.functions[DIRECT_INSTANTIATE], direct_classes[DIRECT_INSTANTIATE], args) != 0) {
		snprintf(why, WHY, "its helper is gone");
		return -1;
	}
	if (sidecar.bits == 32)
		x->handle = (uint32_t)x->handle;
	if (x->handle != 0)
		return 0;
	snprintf(why, WHY, "it refuses to work at %lu Hz", (unsigned long)args[1]);
	return -1;
}

static void *direct_create(const void *table, enum direct_function f, uint64_t *args)
{
	const struct plugin *plugin = table;
	const LADSPA_Descriptor *d = &plugin->shown;
	uint32_t ports = (uint32_t)d->PortCount, i;
	struct instance *x = calloc(1, sizeof *x + ports * sizeof x->port[0]);
	char why[WHY] = "out of memory";

	(void)f;
	if (x == NULL)
		return NULL;
	x->plugin = plugin;
	x->ports = ports;
	x->swap = sidecar.big_endian;
	for (i = 0; i < ports; i++) {
		x->port[i].audio = (uint8_t)is_audio(d, i);
		x->port[i].output = LADSPA_IS_PORT_OUTPUT(d->PortDescriptors[i]) != 0;
	}
	if (prepare(x, args, why) == 0) {
		lock(&instances_lock);
		x->next = instances;
		instances = x;
		unlock(&instances_lock);
		return x;
	}
	complain("%s: %s: %s", sidecar.plugin, d->Label, why);
	drop(x);
	return NULL;
}

/* ---- descriptions ------------------------------------------------------------------ */

static void forget_all(void)
{
	uint32_t i;
	for (i = 0; plugins != NULL && i < plugin_count; i++)
		direct_free_LADSPA_Descriptor(&plugins[i].shown);
	free(plugins);
	plugins = NULL;
	plugin_count = 0;
	sidecar_free(&sidecar);
}

/* At load time, because the path by which the loader knows this file may be relative. */
__attribute__((constructor)) static void begin(void)
{
	char why[WHY];
	struct cursor c;
	uint32_t i;
	if (sidecar_read(&sidecar, why) != 0) {
		complain("%s", why);
		return;
	}
	c = sidecar.plugins;
	plugin_count = take32(&c);
	if (plugin_count > MOST_PLUGINS || (plugins = calloc(plugin_count + 1, sizeof *plugins)) == NULL)
		plugin_count = 0;
	for (i = 0; i < plugin_count; i++) {
		plugins[i].index = take32(&c), plugins[i].id = take32(&c);
		if (direct_take_LADSPA_Descriptor(&c, &plugins[i].shown) != 0) {
			complain("%s: its description is damaged; run: crossplug bridge sync", sidecar.plugin);
			forget_all();
			return;
		}
	}
}

/* At dlclose, and when the process ends. */
__attribute__((destructor)) static void end(void)
{
	struct instance *x;
	for (x = instances; x != NULL; x = x->next)
		helper_abandon(x->helper);
	forget_all();
}

static const void *direct_table(unsigned long index) { return index < plugin_count ? &plugins[index].shown : NULL; }
