/*
 * floor.c - what two processes on one processor pay at least for a call and
 * its return: wake the other if it sleeps, sleep, be woken. There is nothing
 * here but two futexes: no argument, no deadline, no check that the other is
 * alive.
 *
 * It reads numbers of calls, one a line, and prints how many nanoseconds each
 * of these series took.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct turn {
	_Alignas(64) _Atomic uint32_t count;
	_Alignas(64) _Atomic uint32_t waits;
};

struct shared {
	struct turn request, response;
};

static void wait_for(struct turn *t, uint32_t old)
{
	while (atomic_load(&t->count) == old) {
		atomic_store(&t->waits, 1);
		if (atomic_load(&t->count) == old)
			syscall(SYS_futex, &t->count, FUTEX_WAIT, old, NULL, NULL, 0);
		atomic_store(&t->waits, 0);
	}
}

static void take(struct turn *t)
{
	atomic_store(&t->count, atomic_load(&t->count) + 1);
	if (atomic_load(&t->waits))
		syscall(SYS_futex, &t->count, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void)
{
	struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cpu_set_t one;
	long calls;
	uint32_t seen;

	if (s == MAP_FAILED)
		return 1;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one); /* inherited by the child */
	switch (fork()) {
	case -1:
		return 1;
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (seen = 0;; seen++) {
			wait_for(&s->request, seen);
			take(&s->response);
		}
	}
	while (scanf("%ld", &calls) == 1) {
		long long start = now();
		while (calls-- > 0) {
			seen = atomic_load(&s->response.count);
			take(&s->request);
			wait_for(&s->response, seen);
		}
		printf("%lld\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
