/*
 * client.c - helpers: their life, requests on their streams, shared memory.
 *
 * All shims in a process are copies of one shared object, each with variables
 * of its own; but helpers are shared by whoever gives the same key. So the list
 * of helpers is a "unique" symbol (STB_GNU_UNIQUE), which the dynamic loader
 * makes one per process whatever loads it and however. Its name has the hash
 * of this code in it, so that only copies that agree on its layout meet. Such a
 * symbol keeps the first copy loaded until the process ends.
 *
 * Locks guard the list, and each helper's stream. None is taken on the audio
 * path.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "private.h"

#ifndef SOURCE_HASH
#error "compile with build.sh, which gives API_HASH and SOURCE_HASH"
#endif
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define REGISTRY PASTE(crossplug_registry_, SOURCE_HASH)

/* Of a helper. Only pages that are used take memory. */
#define MEMORY_SIZE (256u << 20)
enum { START_LIMIT = 30000, EXIT_LIMIT = 1000, MOST_UPCALLS = 1000, LONGEST_BODY = 64 << 20 };

struct registry {
	_Atomic uint32_t lock;
	_Atomic(_Atomic uint32_t *) mark; /* 1 in the process that made it, 0 in its children */
	struct helper *first;
};
struct registry REGISTRY __attribute__((visibility("default")));
__asm__(".type " TEXT(REGISTRY) ", %gnu_unique_object");

/* ---- waiting ------------------------------------------------------------------ */

int futex_wait(_Atomic uint32_t *at, uint32_t old, uint32_t milliseconds)
{
	struct timespec t = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
	return syscall(SYS_futex, at, FUTEX_WAIT, old, &t, NULL, 0) != 0 && errno == ETIMEDOUT ? -1 : 0;
}

void futex_wake(_Atomic uint32_t *at) { syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0); }

/* 0 free, 1 held, 2 held and waited for. */
void lock(_Atomic uint32_t *l)
{
	uint32_t v = 0;
	if (atomic_compare_exchange_strong(l, &v, 1))
		return;
	while (atomic_exchange(l, 2) != 0)
		futex_wait(l, 2, 1000);
}

void unlock(_Atomic uint32_t *l)
{
	if (atomic_exchange(l, 0) == 2)
		futex_wake(l);
}

void complain(const char *format, ...)
{
	char line[1024];
	int n = snprintf(line, sizeof line, "crossplug: "), m;
	va_list args;
	va_start(args, format);
	m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
	va_end(args);
	if (m < 0)
		return;
	n = n + m < (int)sizeof line - 1 ? n + m : (int)sizeof line - 2;
	line[n++] = '\n';
	(void)!write(2, line, (size_t)n);
}

/* ---- fork ----------------------------------------------------------------------- */

int forked(void)
{
	_Atomic uint32_t *mark = atomic_load(&REGISTRY.mark);
	return mark != NULL && atomic_load(mark) != 1;
}

static void close_descriptors(struct helper *h)
{
	if (h->stream >= 0)
		close(h->stream);
	if (h->memory >= 0)
		close(h->memory);
	if (h->pidfd >= 0)
		close(h->pidfd);
	h->stream = h->memory = h->pidfd = -1;
}

/*
 * Takes the registry's lock. The first to come in a child of the process that
 * opened the helpers drops them: they are the parent's, as is the lock if a
 * thread of it held it when it forked.
 */
static void lock_registry(void)
{
	_Atomic uint32_t *mark = atomic_load(&REGISTRY.mark);
	uint32_t wiped = 0;
	if (mark != NULL && atomic_compare_exchange_strong(mark, &wiped, 2)) {
		struct helper *h;
		for (h = REGISTRY.first; h != NULL; h = h->next) {
			atomic_store(&h->lost, 1);
			atomic_store(&h->busy, 0);
			close_descriptors(h); /* or the parent's end would not be seen until ours */
		}
		REGISTRY.first = NULL;
		atomic_store(&REGISTRY.lock, 0);
		atomic_store(mark, 1);
	}
	while (mark != NULL && atomic_load(mark) == 2)
		futex_wait(mark, 2, 1);
	lock(&REGISTRY.lock);
	if (atomic_load(&REGISTRY.mark) != NULL)
		return;
	mark = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((void *)mark == MAP_FAILED)
		return; /* a child cannot be told from its parent, which is how it is before Linux 4.14 */
	madvise((void *)mark, (size_t)sysconf(_SC_PAGESIZE), 18 /* MADV_WIPEONFORK */);
	atomic_store(mark, 1);
	atomic_store(&REGISTRY.mark, mark);
}

/* ---- the end of a helper ---------------------------------------------------------- */

/* Ends a process for sure. Its stream is of no use any more. */
static void kill_helper(struct helper *h)
{
	if (h->stream >= 0)
		shutdown(h->stream, SHUT_RDWR); /* a helper ends then, whatever its plug-in is doing */
	if (h->pidfd >= 0)
		syscall(424 /* pidfd_send_signal */, h->pidfd, SIGKILL, NULL, 0);
}

/* Waits until a process has ended, for a moment: it has been killed. */
static void await_end(struct helper *h)
{
	struct pollfd p = {h->pidfd, POLLIN, 0};
	if (h->pidfd >= 0)
		poll(&p, 1, EXIT_LIMIT);
}

/*
 * Waits until a process has ended, or at least its stream. The stream alone does
 * not tell: a process that the plug-in has started may hold it open.
 */
static int ended_within(struct helper *h, int milliseconds)
{
	struct pollfd p[2] = {{h->stream, 0, 0}, {h->pidfd, POLLIN, 0}};
	return poll(p, 2, milliseconds) > 0;
}

int helper_hung_up(struct helper *h) { return h->stream < 0 || ended_within(h, 0); }

void helper_lose(struct helper *h, const char *how)
{
	if (forked() || atomic_exchange(&h->lost, 1) != 0)
		return;
	kill_helper(h);
	complain("%s: %s; from now on %s", h->name, how != NULL ? how : "its process has ended", h->loss);
}

/* Ends a helper that nobody uses, and frees it. */
static void end_helper(struct helper *h)
{
	unsigned char request[16] = {0};
	struct stretch *s;

	if (!atomic_load(&h->lost)) {
		/* Its exit handlers run, the end of the stream says that they have. */
		request[4] = 1, request[6] = OP_EXIT, request[12] = 1;
		if (send(h->stream, request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof request)
			ended_within(h, EXIT_LIMIT);
		kill_helper(h);
	}
	await_end(h);
	close_descriptors(h);
	while ((s = h->stretches) != NULL) {
		h->stretches = s->next;
		free(s);
	}
	free(h->key);
	free(h->name);
	free(h->loss);
	free(h);
}

static void unlist(struct helper *h)
{
	struct helper **at;
	for (at = &REGISTRY.first; *at != NULL; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			return;
		}
}

void helper_close(struct helper *h)
{
	int last;
	lock_registry();
	last = --h->users == 0;
	if (last)
		unlist(h);
	unlock(&REGISTRY.lock);
	if (last)
		end_helper(h);
}

void helper_abandon(struct helper *h)
{
	int last;
	if (forked())
		return;
	lock_registry();
	last = --h->users == 0;
	if (last) {
		unlist(h);
		if (atomic_exchange(&h->lost, 1) == 0)
			kill_helper(h);
		await_end(h);
	}
	unlock(&REGISTRY.lock);
}

/* ---- requests ----------------------------------------------------------------------- */

static uint32_t get32(const unsigned char *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static uint64_t get64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return v; }

static int send_all(struct helper *h, const void *from, size_t n)
{
	while (n > 0) {
		ssize_t put = send(h->stream, from, n, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		from = (const char *)from + put;
		n -= (size_t)put;
	}
	return 0;
}

/*
 * Receives n bytes, or throws them away if to is NULL. *left milliseconds may
 * pass; what comes in pieces counts as one for each, so that no helper can go on
 * for ever.
 */
static int receive(struct helper *h, void *to, size_t n, int *left)
{
	unsigned char waste[4096];
	while (n > 0) {
		struct pollfd p = {h->stream, POLLIN, 0};
		int slice = *left < 100 ? *left : 100, ready;
		ssize_t got;
		if (slice <= 0)
			return -1;
		if ((ready = poll(&p, 1, slice)) == 0)
			*left -= slice;
		if (ready <= 0)
			continue;
		got = recv(h->stream, to != NULL ? to : (void *)waste, to != NULL || n < sizeof waste ? n : sizeof waste, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return -1;
		if (to != NULL)
			to = (char *)to + got;
		n -= (size_t)got;
		--*left;
	}
	return 0;
}

/* A piece of a request's body. */
struct piece {
	const void *at;
	uint32_t length;
};

/*
 * Sends a request of some pieces and receives the answer, which has to have n
 * bytes. -1 if the helper refuses, is lost, or must be lost.
 */
static int ask(struct helper *h, uint16_t op, const struct piece *pieces, void *answer, uint32_t n, char *why)
{
	unsigned char header[16];
	uint32_t length = 0, i, id, upcalls;
	int left = CALL_LIMIT, result = -1;
	const char *damage = NULL;

	for (i = 0; pieces[i].at != NULL; i++)
		length += pieces[i].length;
	lock(&h->busy);
	if (forked() || atomic_load(&h->lost)) {
		snprintf(why, WHY, "its helper is gone");
		unlock(&h->busy);
		return -1;
	}
	id = ++h->id;
	memset(header, 0, sizeof header);
	memcpy(header, &length, 4);
	header[4] = 1;
	memcpy(header + 6, &op, 2);
	memcpy(header + 8, &id, 4);
	header[12] = 1; /* the chain: ours are odd, and one is enough for one at a time */
	if (send_all(h, header, sizeof header) != 0)
		damage = "";
	for (i = 0; damage == NULL && pieces[i].at != NULL; i++)
		if (send_all(h, pieces[i].at, pieces[i].length) != 0)
			damage = "";
	for (upcalls = 0; damage == NULL;) {
		uint32_t kind;
		if (receive(h, header, sizeof header, &left) != 0) {
			damage = left > 0 ? "" : "it did not answer";
			break;
		}
		length = get32(header);
		kind = header[4];
		if (length > LONGEST_BODY || kind < 1 || kind > 3 || (kind != 1 && get32(header + 8) != id) || (kind == 2 && length != n) ||
		    (kind == 3 && length < 4) || (kind == 1 && ++upcalls > MOST_UPCALLS)) {
			damage = "it sent what no helper sends";
		} else if (kind == 1) { /* a callback, outside of any lane: there is nobody here to serve it */
			static const unsigned char refusal[4] = {0, 1};
			if (receive(h, NULL, length, &left) != 0)
				damage = "";
			header[0] = 4, header[1] = header[2] = header[3] = 0, header[4] = 3;
			if (damage == NULL && (send_all(h, header, sizeof header) != 0 || send_all(h, refusal, 4) != 0))
				damage = "";
		} else if (kind == 2) {
			if (receive(h, answer, n, &left) != 0)
				damage = "";
			else
				result = 0;
			break;
		} else {
			unsigned char text[WHY];
			uint32_t most = length - 4 < WHY - 1 ? length - 4 : WHY - 1;
			if (receive(h, header, 4, &left) != 0 || receive(h, text, most, &left) != 0 || receive(h, NULL, length - 4 - most, &left) != 0)
				damage = "";
			text[damage == NULL ? most : 0] = 0;
			for (i = 0; i < most; i++)
				if (text[i] < ' ')
					text[i] = ' ';
			snprintf(why, WHY, "%s", (char *)text);
			break;
		}
	}
	unlock(&h->busy);
	if (damage != NULL) {
		snprintf(why, WHY, "its helper is gone");
		helper_lose(h, *damage ? damage : NULL);
	}
	return result;
}

static int ask64(struct helper *h, uint16_t op, const struct piece *pieces, uint64_t *v, char *why)
{
	unsigned char answer[8];
	if (ask(h, op, pieces, answer, 8, why) != 0)
		return -1;
	*v = get64(answer);
	return 0;
}

int helper_load(struct helper *h, const char *path, uint64_t *module, char *why)
{
	uint32_t n = (uint32_t)strlen(path);
	return ask64(h, OP_LOAD, (struct piece[]){{&n, 4}, {path, n}, {NULL, 0}}, module, why);
}

int helper_load_bytes(struct helper *h, const char *name, const void *image, uint32_t length, uint64_t *module, char *why)
{
	uint32_t n = (uint32_t)strlen(name);
	return ask64(h, OP_LOAD_BYTES, (struct piece[]){{&n, 4}, {name, n}, {&length, 4}, {image, length}, {NULL, 0}}, module, why);
}

int helper_lookup(struct helper *h, uint64_t module, const char *symbol, uint64_t *address, char *why)
{
	uint32_t n = (uint32_t)strlen(symbol);
	return ask64(h, OP_LOOKUP, (struct piece[]){{&module, 8}, {&n, 4}, {symbol, n}, {NULL, 0}}, address, why);
}

int helper_read(struct helper *h, uint64_t address, void *to, uint32_t length, char *why)
{
	return ask(h, OP_READ, (struct piece[]){{&address, 8}, {&length, 4}, {NULL, 0}}, to, length, why);
}

int helper_callback(struct helper *h, uint32_t id, const char *classes, uint64_t *address, char *why)
{
	uint32_t n = (uint32_t)strlen(classes);
	return ask64(h, OP_CALLBACK, (struct piece[]){{&id, 4}, {&n, 4}, {classes, n}, {NULL, 0}}, address, why);
}

int helper_release(struct helper *h, uint64_t address, char *why)
{
	return ask(h, OP_RELEASE, (struct piece[]){{&address, 8}, {NULL, 0}}, NULL, 0, why);
}

int helper_start_lane(struct helper *h, uint32_t offset, char *why)
{
	return ask(h, OP_LANE, (struct piece[]){{&offset, 4}, {NULL, 0}}, NULL, 0, why);
}

/* ---- the start of a helper -------------------------------------------------------------- */

/* Both sides send 32 bytes; see package wire. */
static int handshake(struct helper *h, const struct launch *l, char *why)
{
	static const unsigned char hash[16] = {API_HASH};
	unsigned char ours[32] = "XPLG\4\3\2\1", theirs[32];
	int left = START_LIMIT, big, bits;

	ours[8] = 8 * sizeof(void *), ours[10] = 1, ours[12] = 1;
	memcpy(ours + 16, hash, 16);
	if (send_all(h, ours, sizeof ours) != 0 || receive(h, theirs, sizeof theirs, &left) != 0) {
		snprintf(why, WHY, left > 0 ? "its helper (%s) ended at once" : "its helper (%s) did not start in time", l->command[0]);
		return -1;
	}
	big = memcmp(theirs + 4, "\1\2\3\4", 4) == 0;
	bits = theirs[8] | theirs[9] << 8;
	if (memcmp(theirs, "XPLG", 4) != 0 || memcmp(theirs + 16, hash, 16) != 0)
		snprintf(why, WHY, "its helper is of another version; run: crossplug bridge sync");
	else if (bits != l->bits || big != l->big_endian)
		snprintf(why, WHY, "its helper is a %d-bit process with another byte order or word size than its plug-in", bits);
	else
		return 0;
	return -1;
}

static struct helper *start_helper(const struct launch *l, char *why)
{
	struct helper *h = calloc(1, sizeof *h);
	unsigned char info[12];
	struct process p;
	char ignored[WHY];

	if (h == NULL || (h->key = strdup(l->key)) == NULL || (h->name = strdup(l->name)) == NULL || (h->loss = strdup(l->loss)) == NULL) {
		snprintf(why, WHY, "out of memory");
	} else if (spawn(l, MEMORY_SIZE, &p, why) == 0) {
		h->pidfd = p.pidfd, h->stream = p.stream, h->memory = p.memory;
		h->users = 1;
		if (handshake(h, l, why) == 0 && ask(h, OP_INFO, (struct piece[]){{NULL, 0}}, info, sizeof info, why) == 0) {
			h->base = get64(info);
			if (helper_lookup(h, 0, "setpriority", &h->setpriority, ignored) != 0)
				h->setpriority = 0;
			return h;
		}
		if (atomic_exchange(&h->lost, 1) == 0)
			kill_helper(h);
		end_helper(h);
		return NULL;
	}
	if (h != NULL) {
		free(h->key);
		free(h->name);
		free(h->loss);
		free(h);
	}
	return NULL;
}

struct helper *helper_open(const struct launch *l, char *why)
{
	struct helper *h;
	lock_registry(); /* held while a helper starts, so that two threads do not start two */
	for (h = REGISTRY.first; h != NULL; h = h->next)
		if (strcmp(h->key, l->key) == 0 && !atomic_load(&h->lost) && !helper_hung_up(h))
			break;
	if (h != NULL) {
		h->users++;
	} else if ((h = start_helper(l, why)) != NULL) {
		h->next = REGISTRY.first;
		REGISTRY.first = h;
	}
	unlock(&REGISTRY.lock);
	return h;
}

/* ---- shared memory ------------------------------------------------------------------------ */

/* Finds the first gap of some size, and puts a stretch in it. */
static struct stretch *find_gap(struct helper *h, uint32_t size)
{
	struct stretch *s = malloc(sizeof *s), **at;
	uint32_t end = 0;
	if (s == NULL)
		return NULL;
	for (at = &h->stretches; *at != NULL && (*at)->offset - end < size; at = &(*at)->next)
		end = (*at)->offset + (*at)->size;
	if (*at == NULL && MEMORY_SIZE - end < size) {
		free(s);
		return NULL;
	}
	s->offset = end;
	s->size = size;
	s->next = *at;
	*at = s;
	return s;
}

int area_make(struct helper *h, uint32_t size, struct area *a, char *why)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	struct stretch *s = NULL;

	memset(a, 0, sizeof *a);
	lock(&h->busy);
	if (size <= MEMORY_SIZE) {
		size = (size + page - 1) / page * page;
		s = find_gap(h, size);
	}
	unlock(&h->busy);
	if (s == NULL) {
		snprintf(why, WHY, "its helper has no room for another %u bytes of shared memory", size);
		return -1;
	}
	a->offset = s->offset;
	a->size = size;
	a->there = h->base + s->offset;
	/* Only this stretch is mapped here: a host that locks its memory locks no more than is used. */
	a->here = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, h->memory, s->offset);
	if (a->here == MAP_FAILED) {
		snprintf(why, WHY, "mapping %u bytes of shared memory: %s", size, strerror(errno));
		a->here = NULL;
		area_free(h, a);
		return -1;
	}
	memset(a->here, 0, size);
	return 0;
}

void area_free(struct helper *h, struct area *a)
{
	struct stretch **at, *s;
	if (a->here != NULL)
		munmap(a->here, a->size);
	if (forked())
		return; /* the lock may be held by a thread that there is only in the parent */
	lock(&h->busy);
	for (at = &h->stretches; a->size != 0 && (s = *at) != NULL; at = &s->next)
		if (s->offset == a->offset) {
			*at = s->next;
			free(s);
			break;
		}
	unlock(&h->busy);
	memset(a, 0, sizeof *a);
}
