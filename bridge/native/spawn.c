/*
 * spawn.c - starting a process from inside of somebody else's.
 *
 * fork would copy the host's page tables while its audio thread runs, and any
 * child of the host that executes a program announces its end by SIGCHLD,
 * whatever signal clone was given, and can be waited for by the host, which may
 * count or wait for its own. So the helper is nobody's child: a child in
 * between, which shares our memory, executes nothing and sends no signal, makes
 * it and ends. This thread sleeps meanwhile.
 *
 * Until it executes, the helper runs in our memory: it calls nothing that
 * allocates or locks, with all signals blocked and then with no handlers.
 *
 * The kernel's way to let a process die with another (PR_SET_PDEATHSIG) goes by
 * the thread that made it, and a host's threads come and go. It is not needed: a
 * helper ends when its stream does. Where that does not help it is killed, by a
 * descriptor of it: its number may be another process's by then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "private.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef SYS_close_range
#define SYS_close_range 436 /* on every architecture */
#endif

enum { CHILD_STACK = 128 << 10, MOST_WORDS = 64 };

struct start {
	const char **words, **environment;
	int stream, memory, null;
	int pidfd;
	char *stack; /* of the helper, until it executes */
};

static void child_fails(const struct start *s)
{
	char line[WHY];
	int n = snprintf(line, sizeof line, "crossplug: %s: %s\n", s->words[0], strerror(errno));
	if (n > 0)
		(void)!write(2, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
	_exit(127);
}

/* Descriptors: 0 nothing, 1 and 2 our standard error, 3 the stream, 4 the memory. */
static int child(void *at)
{
	const struct start *s = at;
	struct rlimit none = {0, 0}, open_files;
	struct sigaction action;
	sigset_t empty;
	int stream, memory, i;

	for (i = 1; i < 65; i++) {
		/* A handler would run in the host's memory. */
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) {
			memset(&action, 0, sizeof action);
			action.sa_handler = SIG_DFL;
			sigaction(i, &action, NULL);
		}
	}
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	setpgid(0, 0);                  /* an interrupt from the terminal is for the host, which may want to finish its work */
	setrlimit(RLIMIT_CORE, &none);  /* no core files for crashes that are expected */
	stream = fcntl(s->stream, F_DUPFD, 10);
	memory = fcntl(s->memory, F_DUPFD, 10);
	if (stream < 0 || memory < 0 || dup2(s->null, 0) < 0 || dup2(2, 1) < 0 || dup2(stream, 3) < 0 || dup2(memory, 4) < 0)
		child_fails(s);
	/* What the host forgot to mark close-on-exec is none of the plug-in's business, and would stay open with it. */
	if (syscall(SYS_close_range, 5, ~0U, 0) != 0) {
		int most = getrlimit(RLIMIT_NOFILE, &open_files) == 0 && open_files.rlim_cur < 65536 ? (int)open_files.rlim_cur : 65536;
		for (i = 5; i < most; i++)
			close(i);
	}
	execve(s->words[0], (char *const *)s->words, (char *const *)s->environment);
	child_fails(s);
	return 0;
}

static int unwanted(const char *variable, const char *const *without)
{
	for (; *without; without++) {
		size_t n = strlen(*without);
		if (strncmp(variable, *without, n) == 0 && variable[n] == '=')
			return 1;
	}
	return 0;
}

/* The child in between. Its descriptors are ours. */
static int between(void *at)
{
	struct start *s = at;
	s->pidfd = -1;
	if (clone(child, s->stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, s, &s->pidfd) >= 0)
		_exit(0);
	s->pidfd = -1; /* kernels before 5.2, and emulators, know no such descriptors */
	_exit(clone(child, s->stack, CLONE_VM | CLONE_VFORK | SIGCHLD, s) >= 0 ? 0 : 1);
	return 0;
}

/* Makes the helper; s->pidfd is its descriptor, or -1. Returns 0, or -1. */
static int run_child(struct start *s)
{
	char *stacks = mmap(NULL, 2 * CHILD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	sigset_t all, before;
	int status = -1;
	pid_t pid;

	if (stacks == MAP_FAILED)
		return -1;
	s->stack = stacks + CHILD_STACK;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = clone(between, stacks + 2 * CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES, s);
	if (pid < 0 && errno == EINVAL) /* under an emulator, which knows only what is like fork */
		pid = clone(between, stacks + 2 * CHILD_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, s);
	while (pid >= 0 && waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	munmap(stacks, 2 * CHILD_STACK);
	return pid >= 0 && status == 0 ? 0 : -1;
}

static int make_memory(uint32_t size)
{
	/* Close on exec, may be sealed, cannot be executed; kernels before 6.3 do not know the last. */
	int fd = (int)syscall(SYS_memfd_create, "crossplug", 1 | 2 | 8);
	if (fd < 0)
		fd = (int)syscall(SYS_memfd_create, "crossplug", 1 | 2);
	/* A helper that could shrink it would make every access here a bus error. F_ADD_SEALS: shrink, grow, seal. */
	if (fd >= 0 && (ftruncate(fd, size) != 0 || fcntl(fd, 1033, 2 | 4 | 1) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

extern char **environ;

int spawn(const struct launch *l, uint32_t memory_size, struct process *p, char *why)
{
	const char *words[MOST_WORDS], **environment;
	struct start s = {words, NULL, -1, -1, -1, -1, NULL};
	struct timeval patience = {30, 0};
	char number[16];
	int pair[2] = {-1, -1}, started = 0, i, n;

	for (i = 0; l->command[i] != NULL && i < MOST_WORDS - 5; i++)
		words[i] = l->command[i];
	snprintf(number, sizeof number, "%u", memory_size);
	words[i++] = "3", words[i++] = "3", words[i++] = "4", words[i++] = number, words[i] = NULL;
	for (n = 0; environ != NULL && environ[n] != NULL; n++)
		;
	environment = calloc((size_t)n + 1, sizeof *environment);
	s.environment = environment;
	if (environment != NULL)
		for (i = 0; i < n; i++)
			if (!unwanted(environ[i], l->without))
				*environment++ = environ[i];
	s.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	s.memory = make_memory(memory_size);
	if (s.environment == NULL || s.null < 0 || s.memory < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		snprintf(why, WHY, "starting a helper: %s", strerror(errno));
	else {
		s.stream = pair[1];
		p->stream = pair[0];
		p->memory = s.memory;
		setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
		started = run_child(&s) == 0;
		p->pidfd = s.pidfd;
		if (!started)
			snprintf(why, WHY, "starting a helper: clone: %s", strerror(errno));
	}
	free(s.environment);
	if (s.null >= 0)
		close(s.null);
	if (pair[1] >= 0)
		close(pair[1]);
	if (started)
		return 0;
	if (pair[0] >= 0)
		close(pair[0]);
	if (s.memory >= 0)
		close(s.memory);
	return -1;
}
