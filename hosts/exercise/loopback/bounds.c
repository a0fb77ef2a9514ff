/*
 * bounds.c - where the glue says no, or must not go beyond: what takes many
 * calls to reach, or a lane that no helper gives.
 */
#include "glue.h"

#include <stdio.h>

static int failures;

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			failures++; \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
		} \
	} while (0)

static unsigned char frame[4096] __attribute__((aligned(8))), shared[4096] __attribute__((aligned(8)));
static struct cp_lane lane;
static struct cp_link glue;

/* A call that decodes so many words. */
static struct cp_call *decoding(struct cp_call *c, uint32_t words)
{
	memset(c, 0, sizeof *c);
	c->link = &glue;
	c->lane = &lane;
	c->end = 8 * words;
	return c;
}

static struct cp_call *encoding(struct cp_call *c) { return decoding(c, sizeof frame / 8); }

/* An argument in shared memory that is null, too long or elsewhere has no elements, whatever the message says. */
static void shared_counts(void)
{
	static const struct {
		uint64_t offset, bytes;
		int nullable;
		uint32_t status;
	} all[] = {
		{CP_NULL, 400, 1, CP_OK},
		{CP_NULL, 400, 0, CP_MALFORMED},
		{0, 404, 1, CP_TOO_LONG},
		{4000, 400, 1, CP_MALFORMED},
		{2, 400, 1, CP_MALFORMED},
	};
	struct cp_call c;
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		cp_store(frame, all[i].offset);
		cp_store(frame + 8, all[i].bytes);
		n = 99;
		CHECK(cp_get_shared(decoding(&c, 2), 100, 4, all[i].nullable, &n) == NULL);
		CHECK(n == 0 && c.status == all[i].status);
	}
	cp_store(frame, 8);
	CHECK(cp_get_shared(decoding(&c, 2), 101, 4, 0, &n) == shared + 8 && n == 100);
}

/* Arguments lie on multiples of 16 in the lane's part, which may end elsewhere. */
static void bulk(void)
{
	static const unsigned char bytes[64];
	struct cp_call c;
	uint32_t size;

	for (size = 0; size < 64; size++) {
		lane.bulk = malloc(size + 1);
		lane.bulk_size = size;
		lane.bulk_top = 0;
		while (cp_put_shared(encoding(&c), bytes, 17, 1) != NULL)
			CHECK(lane.bulk_top <= size);
		CHECK(c.status == CP_TOO_LONG && lane.bulk_top == size / 32 * 32);
		CHECK(cp_put_shared(encoding(&c), bytes, size + 1, 1) == NULL && c.status == CP_TOO_LONG);
		free(lane.bulk);
	}
}

/* Texts that stay: equal ones share one, and there is an end to them. */
static void kept(void)
{
	static char huge[1 << 20];
	struct cp_call c;
	char text[16];
	int i, most = 0;

	CHECK(cp_keep_string(encoding(&c), NULL) == NULL && c.status == CP_OK);
	for (i = 0; i < 20000 && most == i; i++) {
		snprintf(text, sizeof text, "%d", i);
		if (cp_keep_string(encoding(&c), text) != NULL)
			most++;
	}
	CHECK(most == CP_MOST_KEPT && c.status == CP_NO_ROOM);
	CHECK(strcmp(cp_keep_string(encoding(&c), strcpy(text, "77")), "77") == 0 && c.status == CP_OK);
	while (glue.kept != NULL) {
		struct cp_kept *next = glue.kept->next;
		free(glue.kept);
		glue.kept = next;
	}
	glue.kept_count = 0, glue.kept_size = 0;
	memset(huge, 'x', sizeof huge - 1);
	for (i = 0; cp_keep_string(encoding(&c), huge + i) != NULL; i++)
		;
	CHECK(c.status == CP_NO_ROOM && (i == 15 || i == 16));
}

/* An object of the other side's takes one row however often it comes, and what has no row is refused. */
static void adopted(void)
{
	struct cp_call c;
	uint32_t i;

	for (i = 0; i < 3 * CP_MOST_ROWS; i++)
		cp_adopt(encoding(&c), 2, 7 << 18 | 5, 1, 1 << 18);
	CHECK(c.status == CP_OK && glue.rows.count == 1 && glue.rows.owned == 1);
	for (i = 1; i < CP_MOST_ROWS && c.status == CP_OK; i++)
		cp_adopt(encoding(&c), 2, 7 << 18 | (5 + i), 1, 1 << 18);
	CHECK(c.status == CP_OK && glue.rows.count == CP_MOST_ROWS);
	cp_adopt(encoding(&c), 2, 8 << 18, 1, 1 << 18);
	CHECK(c.status == CP_NO_ROOM);
	cp_destroyed(&glue.rows, 1, 1 << 18, 0); /* and all end with their parent */
	CHECK(glue.rows.owned == 0 && glue.rows.resting == CP_MOST_ROWS);
}

/* A call that serves itself, and is refused where it gets too deep. */
static uint32_t deep, refused;

static void serve_again(struct cp_call *c)
{
	struct cp_call next;
	if (!cp_received(c, CP_ANY))
		return;
	deep++;
	cp_begin(&next, c->link, 0, "again", CP_ANY, 0);
	cp_cross(&next);
	cp_finish(&next);
	cp_answer(c);
}

static struct cp_lane *enter(struct cp_link *link, uint32_t class)
{
	(void)link;
	(void)class;
	return &lane;
}

static uint32_t cross(struct cp_link *link, struct cp_lane *l, uint32_t length)
{
	static cp_skeleton *const all[] = {serve_again};
	return cp_serve(link, l, length, all, 1);
}

static void leave(struct cp_link *link, struct cp_lane *l)
{
	(void)link;
	CHECK(l->serving == 0);
}

static void failed(struct cp_link *link, const char *function, uint32_t status, const char *what, int remote)
{
	(void)link;
	CHECK(strcmp(function, "again") == 0 && status == CP_TOO_LONG && strcmp(what, "calls are nested too deeply") == 0 && remote);
	refused++;
}

static void nested(void)
{
	struct cp_call c;

	glue.enter = enter, glue.leave = leave, glue.cross = cross, glue.failed = failed;
	cp_begin(&c, &glue, 0, "again", CP_ANY, 0);
	cp_cross(&c);
	CHECK(cp_finish(&c) && deep == CP_DEEPEST && refused == 1 && lane.serving == 0);
}

int main(void)
{
	lane.frame = frame;
	lane.size = sizeof frame;
	lane.arena_size = 2 * sizeof frame;
	lane.arena = malloc(lane.arena_size);
	glue.shared = shared;
	glue.shared_size = sizeof shared;
	shared_counts();
	bulk();
	kept();
	adopted();
	nested();
	return failures > 0;
}
