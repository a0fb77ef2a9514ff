/*
 * A program that is linked with a plug-in of examples/tone's API, and checks all
 * that it gets. It knows nothing of crossplug; what happens if the plug-in's
 * process is lost is said by the definition.
 *
 *     host threads | nest | deep | stale | crash | fork | absent
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tone.h"

#define CHECK(fact) \
	do { \
		if (!(fact)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #fact); \
			exit(1); \
		} \
	} while (0)

static void fills(tone *t, float first)
{
	float samples[100];
	int i;
	CHECK(tone_fill(t, samples, 100) == 100);
	for (i = 0; i < 100; i++)
		CHECK(samples[i] == first + (float)i);
}

static void *use(void *number)
{
	float first = (float)(1000 * (1 + *(int *)number));
	int i;
	for (i = 0; i < 50; i++) {
		tone *t = tone_open(first, 48000);
		CHECK(t != NULL);
		fills(t, first);
		fills(t, first + 100);
		tone_close(t);
	}
	return NULL;
}

/* More threads than there are lanes, twice: those of the first round have ended. */
static void threads(void)
{
	enum { THREADS = 20 };
	pthread_t thread[THREADS];
	int numbers[THREADS], round, i;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < THREADS; i++) {
			numbers[i] = i;
			CHECK(pthread_create(&thread[i], NULL, use, &numbers[i]) == 0);
		}
		for (i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
	}
}

struct nested {
	tone *t;
	int depth;
};

static int32_t deeper(void *user, uint32_t done)
{
	struct nested *n = user, inner = {n->t, n->depth + 1};
	CHECK(done == 1);
	if (n->depth == 5)
		return 42;
	return tone_render(n->t, 1, deeper, &inner);
}

static void nest(void)
{
	struct nested n = {tone_open(1, 1), 0};
	CHECK(tone_render(n.t, 1, deeper, &n) == 42);
	fills(n.t, 1 + 6 * 64);
	tone_close(n.t);
}

/* Nests until a call is refused, and looks whether all still works. */
static int deepest;

static int32_t bottomless(void *user, uint32_t done)
{
	int32_t r;
	(void)done;
	deepest++;
	r = tone_render(user, 1, bottomless, user);
	return r == 0 ? 42 : r;
}

static void deep(void)
{
	tone *t = tone_open(1, 1);
	CHECK(tone_render(t, 1, bottomless, t) == 42 && deepest == 250);
	CHECK(tone_render(t, 1, bottomless, t) == 42 && deepest == 500);
	tone_close(t);
}

static void stale(void)
{
	tone *t = tone_open(1, 1), *other = tone_open(2, 1);
	float sample = 7;
	tone_close(t);
	CHECK(tone_fill(t, &sample, 1) == 0 && sample == 7);
	CHECK(tone_fill((tone *)0x123456789, &sample, 1) == 0);
	tone_close(t);
	CHECK(tone_open(0, 1) == NULL); /* the plug-in says no: nothing is wrong */
	fills(other, 2);
}

static void crash(void)
{
	tone *t = tone_open(1, 1);
	float sample;
	fills(t, 1);
	CHECK(tone_open(-1, 1) == NULL);
	CHECK(tone_fill(t, &sample, 1) == 0);
	CHECK(tone_open(5, 1) == NULL);
	tone_close(t);
}

static void forks(void)
{
	tone *t = tone_open(1, 1);
	float sample;
	int status;
	pid_t child;
	fills(t, 1);
	if ((child = fork()) == 0)
		_exit(tone_fill(t, &sample, 1) == 0 && tone_open(1, 1) == NULL ? 0 : 1);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	fills(t, 101);
	tone_close(t);
}

static void absent(void)
{
	CHECK(tone_open(1, 1) == NULL);
	CHECK(tone_open(1, 1) == NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {{"threads", threads}, {"nest", nest}, {"deep", deep}, {"stale", stale}, {"crash", crash}, {"fork", forks}, {"absent", absent}};
	size_t i;
	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (argc == 2 && strcmp(argv[1], all[i].name) == 0) {
			if (chdir("/") != 0) /* what was found beside the shim must not depend on it */
				return 3;
			all[i].run();
			return 0;
		}
	return 2;
}
