/*
 * hammer.c - several threads make, look up and end handles of one table. A
 * handle means the object that it was made for, or nothing.
 */
#include "glue.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, OBJECTS = 48, ROUNDS = 200000 };

static struct cp_rows rows;
static int objects[OBJECTS];
static _Atomic uint32_t handles[OBJECTS];
static _Atomic int wrong, found;

static void *hammer(void *seed)
{
	uint32_t state = (uint32_t)(uintptr_t)seed * 2654435761u, round;

	for (round = 0; round < ROUNDS; round++) {
		uint32_t i, h, kind;
		struct cp_row r;
		state = state * 1664525u + 1013904223u;
		i = (state >> 8) % OBJECTS;
		kind = 1 + i % 3;
		switch (state >> 30) {
		case 0: /* ends one, and what belongs to it */
			if ((h = atomic_exchange(&handles[i], 0)) != 0)
				cp_destroyed(&rows, kind, h, 1);
			break;
		case 1: /* makes one, which belongs to another */
			cp_lock(&rows.lock);
			h = cp_add_locked(&rows, kind, &objects[i], NULL);
			cp_own_locked(&rows, cp_live_locked(&rows, h), 1, atomic_load(&handles[0]));
			cp_unlock(&rows.lock);
			if ((h = atomic_exchange(&handles[i], h)) != 0)
				cp_release(&rows, h);
			break;
		default:
			h = atomic_load(&handles[i]);
			if (h == 0 || !cp_look_up(&rows, kind, h, &r))
				break;
			atomic_fetch_add(&found, 1);
			if (r.value != &objects[i])
				atomic_fetch_add(&wrong, 1);
		}
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	uint32_t i, live = 0;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, hammer, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < OBJECTS; i++)
		cp_release(&rows, atomic_load(&handles[i]));
	for (i = 0; i < rows.count; i++)
		live += cp_kind_of(cp_row(&rows, i)->tag) != 0;
	printf("%d looked up, %d wrong, %u of %u left\n", found, wrong, live, rows.count);
	return wrong > 0 || found < ROUNDS / 10 || live > 0 || rows.owned != 0;
}
