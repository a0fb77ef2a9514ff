/* joint.c - what every kind of link has: lanes, and a note of what was refused. See link.h. */
#include "link.h"

#include <stdio.h>

struct cp_lane lanes[LANES];
struct failure failure;
int link_serves_threads = 1;

static void failed(struct cp_link *link, const char *function, uint32_t status, const char *what, int remote)
{
	(void)link;
	failure.count++;
	failure.status = status;
	failure.remote = remote;
	snprintf(failure.function, sizeof failure.function, "%s", function);
	snprintf(failure.what, sizeof failure.what, "%s", what);
	if (getenv("EXERCISE_TRACE"))
		fprintf(stderr, "%s: status %u%s: %s\n", function, status, remote ? " of the other side" : "", what);
}

static void refused(struct cp_link *link, const char *function, uint32_t status, const char *what) { failed(link, function, status, what, 0); }

static __thread struct cp_lane *here; /* whose skeleton this thread is in */

static struct cp_lane *enter(struct cp_link *link, uint32_t class)
{
	(void)link;
	return here != NULL ? here : &lanes[class];
}

uint32_t link_serve(struct cp_lane *lane, uint32_t length)
{
	struct cp_lane *outer = here;
	here = lane;
	length = crossplug_shim.serve(lane, length);
	here = outer;
	return length;
}

static void leave(struct cp_link *link, struct cp_lane *lane)
{
	(void)link;
	(void)lane;
}

void link_set_up(unsigned char *shared)
{
	struct cp_link *link = crossplug_shim.link;
	int i;
	for (i = 0; i < LANES; i++) {
		lanes[i].frame = shared + i * (FRAME + BULK);
		lanes[i].size = FRAME;
		lanes[i].bulk = lanes[i].frame + FRAME;
		lanes[i].bulk_size = BULK;
		lanes[i].class = i == SPARE ? CP_ANY : (uint32_t)i;
		lanes[i].arena_size = 2 * FRAME;
		lanes[i].arena = malloc(2 * FRAME);
	}
	link->version = crossplug_shim.version;
	link->shared = shared;
	link->shared_size = SHARED;
	link->enter = enter;
	link->leave = leave;
	link->failed = failed;
	link->refused = refused;
}
