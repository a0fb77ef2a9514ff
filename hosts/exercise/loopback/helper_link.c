/*
 * helper_link.c - a dispatcher in a helper host, as an application's shim has
 * it: see link.h.
 *
 *     driver BITS BIG-ENDIAN DISPATCHER PLUG-IN COMMAND...
 */
#include "link.h"

#include <stdio.h>

#include "client.h"

static struct helper *helper;
static struct area shared;
static struct lane threads[SPARE]; /* of the helper, one for each class */
static uint64_t dispatch;

static void must(int result, const char *why)
{
	if (result != 0) {
		fprintf(stderr, "%s\n", why);
		exit(3);
	}
}

/* The plug-in calls the host: the frame's address, and the request's length. */
static uint64_t up(void *context, uint32_t id, const uint64_t *args)
{
	uint64_t lane = (args[0] - shared.there) / (FRAME + BULK);
	(void)context;
	(void)id;
	return lane < LANES ? link_serve(&lanes[lane], (uint32_t)args[1]) : 0;
}

static uint32_t cross(struct cp_link *link, struct cp_lane *lane, uint32_t length)
{
	uint64_t args[2] = {shared.there + (uint64_t)(lane->frame - shared.here), length}, n;
	(void)link;
	if (lane_call(&threads[lane->class], CALL_LIMIT, &n, dispatch, "www", args) != 0)
		return 0;
	return (uint32_t)n;
}

static uint64_t look_up(uint64_t module, const char *symbol)
{
	char why[WHY];
	uint64_t address;
	return helper_lookup(helper, module, symbol, &address, why) == 0 ? address : 0;
}

static void *image(const char *path, uint32_t *n)
{
	FILE *f = fopen(path, "rb");
	void *bytes = malloc(1 << 20);
	if (f == NULL || bytes == NULL)
		exit(3);
	*n = (uint32_t)fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

void link_start(char **a)
{
	struct launch launch = {"exercise", "exercise", "its functions fail", (const char *const *)(a + 4), (const char *const[]){NULL}, atoi(a[0]), atoi(a[1])};
	unsigned char *block;
	char why[WHY] = "";
	uint64_t dispatcher, plugin, callback, result, args[2], bind;
	const struct cp_symbol *s;
	uint32_t n, i;
	void *bytes = image(a[2], &n);

	link_serves_threads = 0; /* requests over the stream are answered only while one of ours waits */
	if ((helper = helper_open(&launch, why)) == NULL)
		must(-1, why);
	must(helper_load_bytes(helper, "exercise dispatcher", bytes, n, &dispatcher, why), why);
	free(bytes);
	must(helper_load(helper, a[3], &plugin, why), why);
	must(helper_callback(helper, 1, "lww", &callback, why), why);
	must(area_make(helper, SHARED, &shared, why), why);
	for (i = 0; i < SPARE; i++) {
		struct area own;
		must(area_make(helper, LANE_SIZE, &own, why), why);
		must(lane_open(&threads[i], helper, &own, why), why);
		threads[i].called = up;
	}
	link_set_up(shared.here);
	crossplug_shim.link->cross = cross;
	crossplug_shim.link->swap = atoi(a[1]) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

	block = shared.here + FRAME; /* where nothing is yet */
	attach_block(block, crossplug_shim.hash, CP_VERSION(1, 2), shared.there, callback);
	args[0] = shared.there + FRAME;
	must(lane_call(&threads[0], CALL_LIMIT, &result, look_up(dispatcher, "crossplug_attach"), "ww", args), "attach");
	must((int)result, "the dispatcher cannot be attached");
	dispatch = look_up(dispatcher, "crossplug_dispatch");
	bind = look_up(dispatcher, "crossplug_bind");
	for (s = crossplug_shim.symbols; s->name != NULL; s++) {
		args[0] = s->id;
		args[1] = look_up(plugin, s->name);
		must(lane_call(&threads[0], CALL_LIMIT, &result, bind, "www", args), s->name);
	}
}

void link_end(void)
{
	int i;
	for (i = 0; i < SPARE; i++)
		lane_close(&threads[i]);
	helper_close(helper);
}
