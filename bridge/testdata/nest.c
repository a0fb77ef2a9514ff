/*
 * nest.c - the client without LADSPA: calls, callbacks that call again on the
 * same lane, floats, batches, a shared object from memory.
 *
 *     nest PLUGIN BITS BIG COMMAND...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../native/client.h"

static char why[WHY];
static uint64_t twice, half, stub;
static struct lane lane;
static int depth, deepest;

static void fail(const char *what)
{
	fprintf(stderr, "nest: %s: %s\n", what, why);
	exit(1);
}

static uint64_t bits(double x)
{
	uint64_t v;
	memcpy(&v, &x, 8);
	return v;
}

/* What called computes, computed here. */
static int64_t expected(int64_t n, double x)
{
	int64_t sum = 0, first;
	if (n <= 0)
		return (int64_t)(x * 1024);
	first = expected(n - 2, x);
	sum = 3 * first + expected(n - 1, x / 2);
	return sum + n;
}

static uint64_t called(void *context, uint32_t id, const uint64_t *args)
{
	int64_t n = (int64_t)args[0];
	double x;
	uint64_t result, nested[3] = {stub, (uint64_t)(n - 2), args[1]};

	memcpy(&x, &args[1], 8);
	if (context != &lane || id != 7 || ((uint32_t)args[2] != 0xfffffff0u && args[2] != 1))
		fail("a callback with wrong arguments");
	if (n <= 0)
		return (uint64_t)(int64_t)(x * 1024);
	if (++depth > deepest)
		deepest = depth;
	if (lane_call(&lane, CALL_LIMIT, &result, twice, "lwld", nested) != 0)
		fail("a nested call");
	depth--;
	return result + (uint64_t)n;
}

int main(int argc, char **argv)
{
	static const char *const none[] = {NULL};
	struct launch l = {"nest", "nest", "it fails", (const char *const *)argv + 4, none, 0, 0};
	struct helper *h, *again;
	struct area area;
	uint64_t module, args[3], result;
	unsigned char *image;
	long length;
	float x;
	FILE *f;
	int i;

	if (argc < 5)
		fail("usage");
	l.bits = atoi(argv[2]);
	l.big_endian = atoi(argv[3]);
	if ((h = helper_open(&l, why)) == NULL || (again = helper_open(&l, why)) != h)
		fail("helper_open");
	helper_close(again);
	if ((f = fopen(argv[1], "rb")) == NULL || fseek(f, 0, SEEK_END) != 0 || (length = ftell(f)) <= 0 || (image = malloc((size_t)length)) == NULL)
		fail("the plug-in's file");
	rewind(f);
	if (fread(image, 1, (size_t)length, f) != (size_t)length || helper_load_bytes(h, "nest", image, (uint32_t)length, &module, why) != 0)
		fail("helper_load_bytes");
	if (helper_lookup(h, module, "twice", &twice, why) != 0 || helper_lookup(h, 0, "half", &half, why) != 0)
		fail("helper_lookup");
	if (helper_lookup(h, module, "nothing", &result, why) == 0 || strstr(why, "nothing") == NULL)
		fail("helper_lookup of what is not there");
	if (helper_load(h, "/nowhere/at/all.so", &result, why) == 0 || strstr(why, "/nowhere/at/all.so") == NULL)
		fail("helper_load of what is not there");
	if (helper_callback(h, 7, "lldw", &stub, why) != 0)
		fail("helper_callback");
	if (area_make(h, LANE_SIZE, &area, why) != 0 || lane_open(&lane, h, &area, why) != 0)
		fail("lane_open");
	lane.called = called;
	lane.context = &lane;

	args[0] = stub, args[1] = 7, args[2] = bits(2.0);
	if (lane_call(&lane, CALL_LIMIT, &result, twice, "lwld", args) != 0)
		fail("lane_call");
	if ((int64_t)result != 3 * expected(7, 2.0) + expected(8, 1.0))
		fail("another result than expected");
	if (deepest < 4)
		fail("it did not nest");

	/* A batch, of which one call calls back. */
	for (i = 0; i < 50; i++) {
		uint32_t v;
		x = (float)i;
		memcpy(&v, &x, 4);
		args[0] = v;
		if (lane_add(&lane, half, "ff", args) != 0)
			fail("lane_add");
		if (i == 20) {
			args[0] = stub, args[1] = 2, args[2] = bits(4.0);
			if (lane_add(&lane, twice, "lwld", args) != 0)
				fail("lane_add");
		}
	}
	if (lane_run(&lane, CALL_LIMIT) != 0)
		fail("lane_run");
	for (i = 0; i < 51; i++) {
		uint32_t v = (uint32_t)lane_result(&lane, (uint32_t)i);
		memcpy(&x, &v, 4);
		if (i == 21 ? (int64_t)lane_result(&lane, 21) != 3 * expected(2, 4.0) + expected(3, 2.0) : x != (float)(i > 21 ? i - 1 : i) / 2) {
			snprintf(why, sizeof why, "call %d: %g or %lld", i, (double)x, (long long)lane_result(&lane, (uint32_t)i));
			fail("a batch gives something else");
		}
	}
	for (i = 0; lane_add(&lane, half, "ff", args) == 0; i++)
		;
	if (i < 300 || i > 512 || lane_run(&lane, CALL_LIMIT) != 0)
		fail("a full lane");
	lane_place(&lane);
	if (helper_release(h, stub, why) != 0)
		fail("helper_release");
	lane_close(&lane);
	area_free(h, &area);
	free(image);
	helper_close(h);
	return 0;
}
