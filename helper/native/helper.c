/*
 * helper.c - the helper host: a process of the plug-in's own architecture.
 *
 * It knows no plug-in API. It loads shared objects, looks up symbols, calls C
 * functions of any signature, reads and writes its own memory, and lends out C
 * function pointers that call back into the host. All that a LADSPA or any
 * other host does is composed of these by the other side, which is therefore
 * the same code for every architecture.
 *
 *     helper IN OUT [SHM SIZE]
 *
 * IN and OUT are descriptors of the byte stream that carries the messages (the
 * same number for a socket), SHM a descriptor of SIZE bytes of shared memory.
 *
 * Threads:
 *   reader   the main thread. It reads frames and hands them on, so that the
 *            end of the stream, which is the host's death, ends this process
 *            at once whatever the plug-in is doing.
 *   worker   runs the requests that start a call chain, one at a time.
 *   lanes    one thread for each lane of shared memory.
 * A thread that waits for a callback's answer runs the requests that arrive on
 * its own chain meanwhile: so calls nest to any depth on one stack.
 *
 * One binary must serve every glibc since 2006, so it is linked against a stub
 * libc without symbol versions (build.sh), uses few functions of libc, and
 * none whose layout of data changed. That excludes condition variables; all
 * waiting here is done on futexes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol.h"
#include "call.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE16(x) __builtin_bswap16(x)
#define LE32(x) __builtin_bswap32(x)
#define LE64(x) __builtin_bswap64(x)
#else
#define LE16(x) (x)
#define LE32(x) (x)
#define LE64(x) (x)
#endif

/* ---- waiting ---------------------------------------------------------------- */

/* Futexes lie on 4 bytes, which m68k's compilers do not see to. */
typedef _Atomic uint32_t futex __attribute__((aligned(4)));

static long futex_wait(futex *at, uint32_t old) { return syscall(SYS_futex, at, FUTEX_WAIT, old, NULL, NULL, 0); }
static long futex_wake(futex *at) { return syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0); }

/* A lock: 0 free, 1 held, 2 held and waited for. */
static void lock(futex *l)
{
	uint32_t v = 0;
	if (atomic_compare_exchange_strong(l, &v, 1))
		return;
	while (atomic_exchange(l, 2) != 0)
		futex_wait(l, 2);
}

static void unlock(futex *l)
{
	if (atomic_exchange(l, 0) == 2)
		futex_wake(l);
}

static void die(const char *what)
{
	fprintf(stderr, "crossplug helper: %s: %s\n", what, strerror(errno));
	_exit(111);
}

/* ---- messages --------------------------------------------------------------- */

enum { REQUEST = 1, ANSWER = 2, ERROR = 3, HEADER = 16, LONGEST_BODY = 64 << 20 };

struct message {
	struct message *next;
	uint32_t length, id, chain;
	uint16_t kind, op;
	unsigned char *at;     /* the cursor of take_... */
	int bad;               /* the cursor ran off the end */
	unsigned char body[];
};

static int in_fd, out_fd;
static futex out_lock;

static void read_all(void *to, size_t n)
{
	while (n > 0) {
		ssize_t got = read(in_fd, to, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			_exit(0); /* the host is gone, or has closed us */
		to = (char *)to + got;
		n -= (size_t)got;
	}
}

static void write_all(const void *from, size_t n)
{
	while (n > 0) {
		ssize_t put = write(out_fd, from, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			_exit(0);
		from = (const char *)from + put;
		n -= (size_t)put;
	}
}

static void put16(unsigned char *p, uint16_t v) { v = LE16(v), memcpy(p, &v, 2); }
static void put32(unsigned char *p, uint32_t v) { v = LE32(v), memcpy(p, &v, 4); }
static void put64(unsigned char *p, uint64_t v) { v = LE64(v), memcpy(p, &v, 8); }
static uint16_t get16(const unsigned char *p) { uint16_t v; memcpy(&v, p, 2); return LE16(v); }
static uint32_t get32(const unsigned char *p) { uint32_t v; memcpy(&v, p, 4); return LE32(v); }
static uint64_t get64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return LE64(v); }

static void send_frame(int kind, uint16_t op, uint32_t id, uint32_t chain, const void *body, uint32_t n)
{
	unsigned char header[HEADER];
	put32(header, n);
	put16(header + 4, (uint16_t)kind);
	put16(header + 6, op);
	put32(header + 8, id);
	put32(header + 12, chain);
	lock(&out_lock);
	if (n <= 4096) { /* one write, so one wake-up of the host */
		unsigned char both[HEADER + 4096];
		memcpy(both, header, HEADER);
		if (n > 0)
			memcpy(both + HEADER, body, n);
		write_all(both, HEADER + n);
	} else {
		write_all(header, HEADER);
		write_all(body, n);
	}
	unlock(&out_lock);
}

static void answer(const struct message *m, const void *body, uint32_t n) { send_frame(ANSWER, m->op, m->id, m->chain, body, n); }

static void answer64(const struct message *m, uint64_t v)
{
	unsigned char b[8];
	put64(b, v);
	answer(m, b, 8);
}

static void fail(const struct message *m, uint32_t code, const char *format, ...)
{
	char text[1024];
	unsigned char body[4 + sizeof text];
	int n;
	va_list args;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof text)
		n = sizeof text - 1;
	put32(body, code);
	memcpy(body + 4, text, (size_t)n);
	send_frame(ERROR, m->op, m->id, m->chain, body, 4 + (uint32_t)n);
}

/* take_... read the body in order. A short body gives zeros and sets bad. */
static const unsigned char *take(struct message *m, uint32_t n)
{
	static const unsigned char zeros[8];
	uint32_t left = m->length - (uint32_t)(m->at - m->body);
	if (n > left) {
		m->bad = 1;
		return zeros;
	}
	m->at += n;
	return m->at - n;
}
static uint32_t take32(struct message *m) { return get32(take(m, 4)); }
static uint64_t take64(struct message *m) { return get64(take(m, 8)); }
static uint32_t left(const struct message *m) { return m->length - (uint32_t)(m->at - m->body); }

static const unsigned char *take_bytes(struct message *m, uint32_t *n)
{
	*n = take32(m);
	if (*n > left(m)) {
		m->bad = 1;
		*n = 0;
	}
	return take(m, *n);
}

/* Copies a string of the body into to, which has room for n bytes with the NUL. */
static void take_string(struct message *m, char *to, uint32_t n)
{
	uint32_t got;
	const unsigned char *p = take_bytes(m, &got);
	if (got >= n) {
		m->bad = 1;
		got = 0;
	}
	memcpy(to, p, got);
	to[got] = 0;
}

/*
 * A waiter is a thread that waits for messages: the answer to its request, or
 * requests on its chain. The worker's own waiter has id 0 and chain 0 and gets
 * every request whose chain nobody waits on.
 */
struct waiter {
	struct waiter *next;
	uint32_t id, chain;
	struct message *first, **last;
	futex bell;
};

static struct waiter worker = {.last = &worker.first};
static struct waiter *waiters = &worker; /* innermost first; the worker is last */
static futex waiters_lock;
static _Atomic uint32_t next_id = 1, next_chain = 2; /* the helper's chains are even */
static __thread uint32_t chain;                      /* that this thread runs on; 0 outside of any */

static void start_waiting(struct waiter *w)
{
	w->first = NULL;
	w->last = &w->first;
	atomic_store(&w->bell, 0);
	lock(&waiters_lock);
	w->next = waiters;
	waiters = w;
	unlock(&waiters_lock);
}

static void stop_waiting(struct waiter *w)
{
	struct waiter **at;
	lock(&waiters_lock);
	for (at = &waiters; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	unlock(&waiters_lock);
}

static void deliver(struct message *m)
{
	struct waiter *w;
	lock(&waiters_lock);
	for (w = waiters; w != &worker; w = w->next)
		if (m->kind == REQUEST ? w->chain == m->chain : w->id == m->id)
			break;
	if (w == &worker && m->kind != REQUEST) {
		unlock(&waiters_lock);
		free(m); /* nobody asked */
		return;
	}
	*w->last = m;
	w->last = &m->next;
	atomic_fetch_add(&w->bell, 1);
	unlock(&waiters_lock);
	futex_wake(&w->bell);
}

static struct message *await(struct waiter *w)
{
	for (;;) {
		uint32_t bell = atomic_load(&w->bell);
		struct message *m;
		lock(&waiters_lock);
		m = w->first;
		if (m != NULL) {
			w->first = m->next;
			if (w->first == NULL)
				w->last = &w->first;
		}
		unlock(&waiters_lock);
		if (m != NULL)
			return m;
		futex_wait(&w->bell, bell);
	}
}

/* ---- lanes ------------------------------------------------------------------ */

static unsigned char *shared;
static uint32_t shared_size;
static __thread unsigned char *lane; /* that this thread serves, or NULL */

static futex *lane_word(uint32_t offset) { return (futex *)(lane + offset); }
static uint32_t lane_get(uint32_t offset) { return LE32(atomic_load(lane_word(offset))); }
static void lane_put(uint32_t offset, uint32_t v) { atomic_store(lane_word(offset), LE32(v)); }
static uint32_t plain_get(const void *p) { uint32_t v; memcpy(&v, p, 4); return LE32(v); }
static uint64_t plain_get64(const unsigned char *p) { return plain_get(p) | (uint64_t)plain_get(p + 4) << 32; }
static void plain_put64(unsigned char *p, uint64_t v) { put32(p, (uint32_t)v), put32(p + 4, (uint32_t)(v >> 32)); }

static void relax(void)
{
#if defined(__i386__) || defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield");
#endif
}

/* Waits until the host has taken more turns than seen, and returns their number. */
static uint32_t lane_await(uint32_t seen)
{
	uint32_t now, spin = lane_get(LANE_SPIN);
	while ((now = lane_get(LANE_REQUEST)) == seen && spin-- > 0)
		relax();
	while ((now = lane_get(LANE_REQUEST)) == seen) {
		lane_put(LANE_GUEST_WAITS, 1);
		if ((now = lane_get(LANE_REQUEST)) == seen) /* the host may have missed the flag */
			futex_wait(lane_word(LANE_REQUEST), LE32(seen));
		lane_put(LANE_GUEST_WAITS, 0);
	}
	return now;
}

static void lane_respond(uint32_t state)
{
	lane_put(LANE_STATE, state);
	lane_put(LANE_RESPONSE, lane_get(LANE_RESPONSE) + 1);
	if (lane_get(LANE_HOST_WAITS))
		futex_wake(lane_word(LANE_RESPONSE));
}

static void lane_run(void)
{
	unsigned char *record = lane + LANE_CALLS + lane_get(LANE_FIRST);
	unsigned char *result = lane + LANE_RESULTS + lane_get(LANE_ANSWERS);
	uint32_t count = lane_get(LANE_COUNT), i;

	for (i = 0; i < count; i++, result += 8) {
		const char *classes = (const char *)record + CALL_CLASSES;
		struct frame fr = {0};
		struct cursor c = {0};
		word fn = (word)plain_get64(record + CALL_ADDRESS);
		char kind = classes[0];
		lane_put(LANE_AT, i);
		record += CALL_ARGS;
		for (classes++; *classes; classes++, record += 8)
			put_arg(&fr, &c, *classes, plain_get64(record));
		plain_put64(result, invoke(fn, kind, &fr));
	}
}

/* Binds the lane to a processor; to all of them if the number is beyond any. */
static void lane_pin(uint32_t cpu)
{
	unsigned long mask[1024 / (8 * sizeof(long))];
	if (cpu >= 1024) {
		memset(mask, 0xff, sizeof mask);
	} else {
		memset(mask, 0, sizeof mask);
		mask[cpu / (8 * sizeof(long))] = 1UL << cpu % (8 * sizeof(long));
	}
	syscall(SYS_sched_setaffinity, 0, sizeof mask, mask);
}

/*
 * Takes turns until the host returns from the callback that this thread waits
 * in (0: from none, serve for ever), and returns the callback's result.
 */
static uint64_t lane_serve(int in_callback)
{
	/* The host takes exactly one turn for each of ours. */
	for (;;) {
		lane_await(lane_get(LANE_RESPONSE));
		switch (lane_get(LANE_KIND)) {
		case TURN_RUN:
			lane_run();
			break;
		case TURN_RETURN:
			if (in_callback)
				return plain_get64(lane + LANE_VALUE);
			break;
		case TURN_PIN:
			lane_pin(lane_get(LANE_COUNT));
			break;
		case TURN_STOP:
			if (!in_callback) {
				lane_respond(STATE_DONE);
				return 0;
			}
			break;
		}
		lane_respond(STATE_DONE);
	}
}

static void *lane_thread(void *at)
{
	lane = at;
	lane_serve(0);
	return NULL;
}

static int start_thread(void *(*run)(void *), void *arg)
{
	/* In libc since 2.34, in libpthread before. */
	typedef int create_function(unsigned long *, const void *, void *(*)(void *), void *);
	create_function *create = (create_function *)dlsym(RTLD_DEFAULT, "pthread_create");
	void *library;
	unsigned long thread;

	if (create == NULL && (library = dlopen("libpthread.so.0", RTLD_NOW | RTLD_GLOBAL)) != NULL)
		create = (create_function *)dlsym(library, "pthread_create");
	return create == NULL ? -1 : create(&thread, NULL, run, arg);
}

/* ---- callbacks -------------------------------------------------------------- */

/*
 * A callback is one of a fixed number of C functions, lent to the plug-in for
 * as long as the host likes. Functions whose result is floating-point are a
 * kind of their own, because the compiler must put the result elsewhere.
 */
enum { INTEGER_CALLBACKS = 64, FLOATING_CALLBACKS = 16 };

struct callback {
	uint32_t id;
	char classes[MAX_ARGS + 2]; /* empty: free */
};
static struct callback callbacks[INTEGER_CALLBACKS + FLOATING_CALLBACKS];
static futex callbacks_lock;

static void serve(struct message *m);

/* Asks the host over the wire, from any thread that is not a lane. */
static uint64_t call_host(uint32_t id, const uint64_t *args, int n)
{
	unsigned char body[4 + 8 * MAX_ARGS];
	struct waiter w;
	struct message *m;
	uint64_t v = 0;
	uint32_t outer = chain;
	int i;

	put32(body, id);
	for (i = 0; i < n; i++)
		put64(body + 4 + 8 * i, args[i]);
	if (chain == 0)
		chain = atomic_fetch_add(&next_chain, 2);
	w.id = atomic_fetch_add(&next_id, 1);
	w.chain = chain;
	start_waiting(&w);
	send_frame(REQUEST, OP_CALLED, w.id, chain, body, (uint32_t)(4 + 8 * n));
	while ((m = await(&w))->kind == REQUEST)
		serve(m);
	stop_waiting(&w);
	chain = outer;
	if (m->kind == ANSWER)
		v = take64(m);
	free(m); /* an error has been noted by the host; the plug-in sees 0 */
	return v;
}

static uint64_t called(int index, struct frame *fr)
{
	struct callback cb = callbacks[index];
	struct cursor c = {0};
	uint64_t args[MAX_ARGS], v;
	int i, n = (int)strlen(cb.classes) - 1;

	if (n < 0) {
		fprintf(stderr, "crossplug helper: a callback was called after its release\n");
		return 0;
	}
	for (i = 0; i < n; i++)
		args[i] = get_arg(fr, &c, cb.classes[i + 1]);
	if (lane == NULL) {
		v = call_host(cb.id, args, n);
	} else {
		lane_put(LANE_ID, cb.id);
		for (i = 0; i < n; i++)
			plain_put64(lane + LANE_ARGS + 8 * i, args[i]);
		lane_respond(STATE_CALLED);
		v = lane_serve(1);
	}
	if (cb.classes[0] == CLASS_FLOAT)
		v = single_to_register((uint32_t)v);
	else if (cb.classes[0] == CLASS_WORD)
		v = word_to_result((word)v);
	return v;
}

#define OWN_WORD(i) w##i
#define OWN_FLOATING(i) f##i
#define CAPTURE struct frame fr = {{EACH_WORD(OWN_WORD)}, {EACH_FLOATING(OWN_FLOATING)}}
#if defined(__m68k__)
/* A caller that wants a pointer looks for it in a0. */
#define RETURN(v) \
	uint64_t r = v; \
	register word pointer __asm__("a0") = word_from_result(r); \
	__asm__ volatile("" : : "r"(pointer)); \
	return r
#else
#define RETURN(v) return v
#endif
#define INTEGER_STUB(n) \
	static uint64_t integer_##n(PARAMS) { CAPTURE; RETURN(called(n, &fr)); }
#define FLOATING_STUB(n) \
	static double floating_##n(PARAMS) { CAPTURE; uint64_t v = called(INTEGER_CALLBACKS + n, &fr); double d; memcpy(&d, &v, 8); return d; }
#define NAME_INTEGER(n) (void *)integer_##n,
#define NAME_FLOATING(n) (void *)floating_##n,

/* M(0) ... in octal: the numbers are pasted from their digits. */
#define EIGHT(M, d) M(0##d##0) M(0##d##1) M(0##d##2) M(0##d##3) M(0##d##4) M(0##d##5) M(0##d##6) M(0##d##7)
#define SIXTEEN(M) EIGHT(M, 0) EIGHT(M, 1)
#define SIXTY_FOUR(M) SIXTEEN(M) EIGHT(M, 2) EIGHT(M, 3) EIGHT(M, 4) EIGHT(M, 5) EIGHT(M, 6) EIGHT(M, 7)

SIXTY_FOUR(INTEGER_STUB)
SIXTEEN(FLOATING_STUB)
static void *const stubs[INTEGER_CALLBACKS + FLOATING_CALLBACKS] = {SIXTY_FOUR(NAME_INTEGER) SIXTEEN(NAME_FLOATING)};

/* ---- requests --------------------------------------------------------------- */

enum { LONGEST_NAME = 4096 };

/* Reads classes and says whether they are some that calls can have. */
static int take_classes(struct message *m, char *classes)
{
	size_t n;
	take_string(m, classes, MAX_ARGS + 2);
	n = strlen(classes);
	return !m->bad && n > 0 && strspn(classes, "vwlfd") == n && strchr(classes + 1, CLASS_VOID) == NULL;
}

static void serve_load(struct message *m)
{
	char path[LONGEST_NAME];
	void *module;
	take_string(m, path, sizeof path);
	if (m->bad)
		return;
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module == NULL) {
		/* Some plug-ins use the maths library without saying so, because every host they knew had it. */
		dlopen("libm.so.6", RTLD_NOW | RTLD_GLOBAL);
		module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	if (module == NULL)
		fail(m, ERR_LOAD, "%s", dlerror());
	else
		answer64(m, (uintptr_t)module);
}

static void serve_load_bytes(struct message *m)
{
	char name[LONGEST_NAME], path[32];
	const unsigned char *image;
	uint32_t n;
	ssize_t put;
	int fd;
	void *module;

	take_string(m, name, sizeof name);
	image = take_bytes(m, &n);
	if (m->bad)
		return;
	fd = (int)syscall(SYS_memfd_create, name, 1 /* MFD_CLOEXEC */);
	if (fd < 0) {
		fail(m, ERR_LIMIT, "%s: memfd_create: %s", name, strerror(errno));
		return;
	}
	for (; n > 0; image += put, n -= (uint32_t)put)
		if ((put = write(fd, image, n)) <= 0) {
			fail(m, ERR_LIMIT, "%s: write: %s", name, strerror(errno));
			close(fd);
			return;
		}
	/* The descriptor stays open: the loader knows files by path, and would take the next one of this number for this. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	module = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (module != NULL) {
		answer64(m, (uintptr_t)module);
		return;
	}
	fail(m, ERR_LOAD, "%s: %s", name, dlerror());
	close(fd);
}

static void serve_lookup(struct message *m)
{
	char name[LONGEST_NAME];
	void *module = (void *)(word)take64(m), *symbol;
	take_string(m, name, sizeof name);
	if (m->bad)
		return;
	symbol = dlsym(module, name);
	if (symbol == NULL)
		fail(m, ERR_NOT_FOUND, "%s", name);
	else
		answer64(m, (uintptr_t)symbol);
}

static void serve_call(struct message *m)
{
	word fn = (word)take64(m);
	char classes[MAX_ARGS + 2], *k;
	struct frame fr = {0};
	struct cursor c = {0};
	if (!take_classes(m, classes)) {
		m->bad = 1;
		return;
	}
	for (k = classes + 1; *k; k++)
		put_arg(&fr, &c, *k, take64(m));
	if (!m->bad)
		answer64(m, invoke(fn, classes[0], &fr));
}

static void serve_read(struct message *m)
{
	const void *from = (const void *)(word)take64(m);
	uint32_t n = take32(m);
	if (n > LONGEST_BODY)
		m->bad = 1;
	if (!m->bad)
		answer(m, from, n);
}

static void serve_read_strings(struct message *m)
{
	uint32_t longest = take32(m), i, count = left(m) / 8;
	unsigned char *body;
	uint64_t size = 0;
	unsigned char *addresses = m->at, *to;

	for (i = 0; i < count; i++) {
		const char *s = (const char *)(word)get64(addresses + 8 * i);
		size += 4 + (s == NULL ? 0 : strnlen(s, longest));
	}
	if (m->bad || size > LONGEST_BODY) {
		m->bad = 1;
		return;
	}
	if ((body = malloc(size + 1)) == NULL) {
		fail(m, ERR_LIMIT, "out of memory for %lu bytes of strings", (unsigned long)size);
		return;
	}
	for (i = 0, to = body; i < count; i++) {
		const char *s = (const char *)(word)get64(addresses + 8 * i);
		/* Another thread may be writing the string: never more than was measured. */
		uint64_t room = size - (uint64_t)(to - body) - 4 * (uint64_t)(count - i);
		uint32_t n = s == NULL ? 0 : (uint32_t)strnlen(s, longest < room ? longest : room);
		put32(to, n);
		memcpy(to + 4, s, n);
		to += 4 + n;
	}
	answer(m, body, (uint32_t)(to - body));
	free(body);
}

static void serve_write(struct message *m)
{
	void *to = (void *)(word)take64(m);
	uint32_t n;
	const unsigned char *from = take_bytes(m, &n);
	if (m->bad)
		return;
	memcpy(to, from, n);
	answer(m, NULL, 0);
}

static void serve_alloc(struct message *m)
{
	uint32_t n = take32(m);
	void *p;
	if (m->bad)
		return;
	if (posix_memalign(&p, 64, n ? n : 1) != 0) {
		fail(m, ERR_LIMIT, "out of memory for %u bytes", n);
		return;
	}
	memset(p, 0, n);
	answer64(m, (uintptr_t)p);
}

static void serve_callback(struct message *m)
{
	struct callback cb = {0};
	int i, end, floating;

	cb.id = take32(m);
	if (!take_classes(m, cb.classes)) {
		m->bad = 1;
		return;
	}
	floating = is_floating(cb.classes[0]);
	i = floating ? INTEGER_CALLBACKS : 0;
	end = floating ? INTEGER_CALLBACKS + FLOATING_CALLBACKS : INTEGER_CALLBACKS;
	lock(&callbacks_lock);
	while (i < end && callbacks[i].classes[0])
		i++;
	if (i < end)
		callbacks[i] = cb;
	unlock(&callbacks_lock);
	if (i < end)
		answer64(m, (uintptr_t)stubs[i]);
	else
		fail(m, ERR_LIMIT, "all %d callbacks that return %s are in use", floating ? FLOATING_CALLBACKS : INTEGER_CALLBACKS,
		     floating ? "a float" : "an integer or nothing");
}

static void serve_release(struct message *m)
{
	void *stub = (void *)(word)take64(m);
	int i, found = 0;
	if (m->bad)
		return;
	lock(&callbacks_lock);
	for (i = 0; i < INTEGER_CALLBACKS + FLOATING_CALLBACKS; i++)
		if (stubs[i] == stub && callbacks[i].classes[0]) {
			callbacks[i].classes[0] = 0;
			found = 1;
		}
	unlock(&callbacks_lock);
	if (found)
		answer(m, NULL, 0);
	else
		fail(m, ERR_NOT_FOUND, "no callback at that address");
}

static void serve_lane(struct message *m)
{
	uint32_t offset = take32(m);
	if (m->bad || offset % 64 || offset > shared_size || shared_size - offset < LANE_SIZE) {
		m->bad = 1;
		return;
	}
	if (start_thread(lane_thread, shared + offset) != 0)
		fail(m, ERR_LIMIT, "cannot start another thread");
	else
		answer(m, NULL, 0);
}

/* Runs one request and frees it. */
static void serve(struct message *m)
{
	uint32_t outer = chain;
	unsigned char body[12];

	chain = m->chain;
	switch (m->op) {
	case OP_INFO:
		put64(body, (uintptr_t)shared);
		put32(body + 8, (uint32_t)getpid());
		answer(m, body, sizeof body);
		break;
	case OP_LOAD:
		serve_load(m);
		break;
	case OP_UNLOAD:
		dlclose((void *)(word)take64(m));
		answer(m, NULL, 0);
		break;
	case OP_LOOKUP:
		serve_lookup(m);
		break;
	case OP_CALL:
		serve_call(m);
		break;
	case OP_READ:
		serve_read(m);
		break;
	case OP_READ_STRINGS:
		serve_read_strings(m);
		break;
	case OP_WRITE:
		serve_write(m);
		break;
	case OP_ALLOC:
		serve_alloc(m);
		break;
	case OP_FREE:
		free((void *)(word)take64(m));
		answer(m, NULL, 0);
		break;
	case OP_CALLBACK:
		serve_callback(m);
		break;
	case OP_RELEASE:
		serve_release(m);
		break;
	case OP_LANE:
		serve_lane(m);
		break;
	case OP_LOAD_BYTES:
		serve_load_bytes(m);
		break;
	case OP_EXIT:
		exit(0);
	default:
		m->bad = 1;
	}
	if (m->bad)
		fail(m, ERR_PROTOCOL, "malformed request %u of %u bytes", m->op, m->length);
	chain = outer;
	free(m);
}

static void *worker_thread(void *unused)
{
	(void)unused;
	for (;;)
		serve(await(&worker));
	return NULL;
}

/* ---- the reader --------------------------------------------------------------- */

#ifndef API_HASH
#error "compile with build.sh, which gives API_HASH"
#endif

static void handshake(void)
{
	static const unsigned char hash[16] = {API_HASH};
	static const uint32_t mark = 0x01020304; /* stored in our own byte order */
	unsigned char ours[32] = "XPLG", theirs[32];

	memcpy(ours + 4, &mark, 4);
	put16(ours + 8, 8 * sizeof(void *));
	put16(ours + 10, 1);
	put16(ours + 12, 1);
	memcpy(ours + 16, hash, 16);
	write_all(ours, sizeof ours);
	read_all(theirs, sizeof theirs);
	if (memcmp(theirs, "XPLG", 4) != 0 || get16(theirs + 10) > 1) {
		fprintf(stderr, "crossplug helper: the host speaks another protocol\n");
		_exit(112);
	}
}

static struct message *read_message(void)
{
	unsigned char header[HEADER];
	struct message *m;
	uint32_t n;

	read_all(header, HEADER);
	n = get32(header);
	if (n > LONGEST_BODY || (m = malloc(sizeof *m + n)) == NULL) {
		errno = ENOMEM;
		die("message");
	}
	m->next = NULL;
	m->length = n;
	m->kind = get16(header + 4);
	m->op = get16(header + 6);
	m->id = get32(header + 8);
	m->chain = get32(header + 12);
	m->at = m->body;
	m->bad = 0;
	read_all(m->body, n);
	return m;
}

/*
 * Moves the stream to descriptors of its own: what the plug-in prints must not
 * land in it, and what it reads must not come from it.
 */
static int keep(int fd)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 20);
	if (kept < 0)
		die("descriptor");
	return kept;
}

int main(int argc, char **argv)
{
	int null, in, out;

	if (argc != 3 && argc != 5) {
		fprintf(stderr, "This is a helper host of crossplug. It is started by programs that use crossplug, not by hand.\n");
		return 2;
	}
	in = atoi(argv[1]);
	out = atoi(argv[2]);
	in_fd = keep(in);
	out_fd = out == in ? in_fd : keep(out);
	if (in > 2)
		close(in);
	if (out > 2 && out != in)
		close(out);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(2, 1);
	signal(SIGPIPE, SIG_IGN);
	syscall(SYS_prctl, PR_SET_NAME, "crossplug", 0, 0, 0); /* or top would show the number of a descriptor */
	if (argc == 5) {
		shared_size = (uint32_t)strtoul(argv[4], NULL, 10);
		shared = mmap(NULL, shared_size, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[3]), 0);
		if (shared == MAP_FAILED)
			die("shared memory");
		close(atoi(argv[3]));
	}
	handshake();
	if (start_thread(worker_thread, NULL) != 0)
		die("thread");
	for (;;) {
		struct message *m = read_message();
		/* Reading and writing memory needs no chain, and is not worth a thread switch. */
		if (m->kind == REQUEST && (m->op == OP_READ || m->op == OP_READ_STRINGS || m->op == OP_WRITE))
			serve(m);
		else
			deliver(m);
	}
}
