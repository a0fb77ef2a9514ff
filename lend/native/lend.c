/*
 * lend.c - connects a generated shim with its plug-in in a helper host.
 *
 * A program loads the shim in the plug-in's place and calls its functions. The
 * first call starts the helper; a program that only looks what there is starts
 * nothing. Which plug-in it is, and how to run it, lies beside the shim: package
 * lend writes DIR/.crossplug/NAME.lend for DIR/NAME.so, a text of lines:
 *
 *     crossplug lend 1
 *     plugin PATH
 *     dispatcher PATH
 *     process BITS little|big
 *     word TEXT        of the helper's command line; as many as it takes
 *     without NAME     an environment variable that it must not get
 *
 * Each of the program's threads gets a slot: a thread of the helper and frames
 * for messages, made when the program's thread comes for the first time. There
 * are LANES of them; with more threads, they take turns. A function of the main
 * class always goes through the first. After that a call allocates nothing and
 * asks the kernel for nothing but the wake-up, unless threads have to wait.
 *
 * When the helper is lost, all calls fail: they return what the definition calls
 * an error. What went wrong is written to standard error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "client.h"
#include "shim.h"

/* Tells package lend what this shim can speak with. */
__attribute__((used)) static const char mark[] = "crossplug lend 1 " PROTOCOL;

enum { LANES = 8, FRAME = 256 << 10, BULK = 256 << 10, SLOT = LANE_SIZE + FRAME + BULK };
enum { LONGEST_TEXT = 64 << 10, LONGEST_IMAGE = 16 << 20, MOST_WORDS = 64, MOST_COMPLAINTS = 100 };

struct slot {
	struct cp_lane lane; /* first, so that it leads back here */
	struct lane thread;  /* of the helper */
	uint64_t there;      /* the frame's address in the helper */
	uint32_t depth;      /* of calls */
	uint32_t made;
	_Atomic uint32_t busy;
	_Atomic uint32_t used; /* when */
};

/*
 * Which thread a slot is for is told by these, and not by a variable of each
 * thread's: glibc has room for those of some two hundred shared objects that
 * come while a program runs, and gives others theirs when a thread first asks,
 * by malloc. A thread is its pthread_self, which takes no system call; one
 * that has ended may have had the same, so its slot goes to its successor.
 */
static struct slot slots[LANES];
static _Atomic uintptr_t owners[LANES]; /* the thread that used it last, and for which class */
static _Atomic uintptr_t inside[LANES]; /* the thread that the plug-in calls the program on, through it */
static _Atomic uint32_t ticks;          /* of slots that have been used */

static struct helper *helper;
static struct area area;
static uint64_t attach, dispatch, upcall;
static const char *plugin; /* its path, once it is known */

enum { NOT_YET, READY, BROKEN };
static _Atomic int state;
static _Atomic uint32_t changing; /* lock of all that is above */
static cp_futex freed;            /* counts slots that have been given back */
static _Atomic uint32_t waiting;

/* ---- what lies beside the shim -------------------------------------------- */

struct description {
	char *text;
	const char *plugin, *dispatcher;
	const char *words[MOST_WORDS + 1], *without[MOST_WORDS + 1];
	struct launch launch;
};

/* Finds the file that this very code was loaded from. */
static int find_self(struct dl_phdr_info *info, size_t size, void *to)
{
	uintptr_t here = (uintptr_t)&find_self;
	int i;
	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && here >= start && here - start < info->dlpi_phdr[i].p_memsz)
			return snprintf(to, PATH_MAX, "%s", info->dlpi_name) < PATH_MAX ? 1 : -1;
	}
	return 0;
}

/* Reads a file into memory that it allocates, with a NUL behind it. */
static char *read_file(const char *path, size_t most, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = fd < 0 ? NULL : malloc(most + 1);
	ssize_t got = 0;

	*length = 0;
	while (bytes != NULL && *length < most) {
		got = read(fd, bytes + *length, most - *length);
		if (got == 0 || (got < 0 && errno != EINTR))
			break;
		*length += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	if (bytes == NULL || got < 0 || *length == most) {
		if (fd >= 0 && bytes != NULL && got >= 0)
			errno = EFBIG;
		free(bytes);
		return NULL;
	}
	bytes[*length] = 0;
	return bytes;
}

/* What a line says of its key, or NULL. */
static const char *says(const char *line, const char *key)
{
	size_t n = strlen(key);
	return strncmp(line, key, n) == 0 && line[n] == ' ' ? line + n + 1 : NULL;
}

static char note[PATH_MAX]; /* the path of the note beside the shim, or "" */

/* DIR/NAME.so -> DIR/.crossplug/NAME.lend, while the path still leads there. */
static void find_note(void)
{
	char loaded[PATH_MAX], shim[PATH_MAX], *file;
	size_t n;
	if (dl_iterate_phdr(find_self, loaded) != 1 || realpath(loaded, shim) == NULL)
		return;
	file = strrchr(shim, '/') + 1;
	n = strlen(file);
	if (n > 3 && strcmp(file + n - 3, ".so") == 0)
		n -= 3;
	if (snprintf(note, sizeof note, "%.*s.crossplug/%.*s.lend", (int)(file - shim), shim, (int)n, file) >= (int)sizeof note)
		note[0] = 0;
}

/* Reads the note, and starts what it says. */
static int describe(struct description *d, char *why)
{
	char order[8] = "", *line, *next;
	unsigned words = 0, without = 0;
	size_t n;

	if ((d->text = read_file(note, LONGEST_TEXT, &n)) == NULL) {
		snprintf(why, WHY, "%.400s: %s; crossplug lend writes it", note[0] ? note : "the note beside the shim", strerror(errno));
		return -1;
	}
	for (line = d->text; line != NULL; line = next) {
		const char *v;
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = 0;
		if ((v = says(line, "plugin")) != NULL)
			d->plugin = v;
		else if ((v = says(line, "dispatcher")) != NULL)
			d->dispatcher = v;
		else if ((v = says(line, "process")) != NULL)
			(void)!sscanf(v, "%d %7s", &d->launch.bits, order);
		else if ((v = says(line, "word")) != NULL && words < MOST_WORDS)
			d->words[words++] = v;
		else if ((v = says(line, "without")) != NULL && without < MOST_WORDS)
			d->without[without++] = v;
	}
	if (strcmp(d->text, "crossplug lend 1") != 0 || d->plugin == NULL || d->dispatcher == NULL || words == 0 || order[0] == 0) {
		snprintf(why, WHY, "%.400s: it is not what this shim can read; run crossplug lend again", note);
		return -1;
	}
	d->launch.big_endian = strcmp(order, "big") == 0;
	d->launch.name = d->plugin;
	d->launch.loss = "its functions fail";
	d->launch.key = note; /* each shim has a helper of its own */
	d->launch.command = d->words;
	d->launch.without = d->without;
	return (helper = helper_open(&d->launch, why)) == NULL ? -1 : 0;
}

/* ---- calls ---------------------------------------------------------------- */

/* A number for a thread and a class: pthread_self is an address with low bits to spare. 0 is none. */
static uintptr_t this_thread(uint32_t class) { return (uintptr_t)pthread_self() | 1 | class << 1; }

/* The plug-in calls the host, on the thread that serves a slot. */
static uint64_t called(void *context, uint32_t id, const uint64_t *args)
{
	struct slot *s = context;
	_Atomic uintptr_t *in = &inside[s - slots];
	uintptr_t outer = atomic_load(in);
	uint64_t n;
	(void)id;
	if (args[0] != s->there)
		return 0;
	atomic_store(in, this_thread(CP_ANY));
	n = crossplug_shim.serve(&s->lane, (uint32_t)args[1]);
	atomic_store(in, outer);
	return n;
}

static uint32_t cross(struct cp_link *link, struct cp_lane *lane, uint32_t length)
{
	struct slot *s = (struct slot *)lane;
	uint64_t args[2] = {s->there, length}, n = 0;
	int lost;

	(void)link;
	if (s->depth++ == 0)
		lane_place(&s->thread);
	lost = lane_call(&s->thread, lane->class == CP_RT ? RUN_LIMIT : CALL_LIMIT, &n, dispatch, "www", args) != 0;
	s->depth--;
	return lost ? 0 : n > lane->size ? 1 /* malformed */ : (uint32_t)n;
}

/* Tells the dispatcher of a slot, or of its new class. */
static int tell(struct slot *s, uint32_t class, char *why)
{
	unsigned char *block = s->lane.frame;
	uint64_t args[1] = {s->there}, result = 0;

	memcpy(block, crossplug_shim.hash, 32);
	cp_store(block + 32, crossplug_shim.version);
	cp_store(block + 40, area.there);
	cp_store(block + 48, area.size);
	cp_store(block + 56, upcall);
	cp_store(block + 64, 1);
	cp_store(block + 72, s->there);
	cp_store(block + 80, FRAME);
	cp_store(block + 88, class);
	cp_store(block + 96, 0);
	s->lane.class = class;
	if (lane_call(&s->thread, CALL_LIMIT, &result, attach, "ww", args) != 0)
		snprintf(why, WHY, "its helper is gone");
	else if ((uint32_t)result == 1)
		snprintf(why, WHY, "its dispatcher was made of another definition than the shim");
	else if ((uint32_t)result != 0)
		snprintf(why, WHY, "its dispatcher refuses another thread (%u)", (uint32_t)result);
	else
		return 0;
	return -1;
}

/* Makes the slot of an index. */
static int make(uint32_t i, uint32_t class, char *why)
{
	struct slot *s = &slots[i];
	struct area part = {area.here + i * SLOT, area.there + i * SLOT, area.offset + i * SLOT, SLOT};

	if (lane_open(&s->thread, helper, &part, why) != 0)
		return -1;
	s->thread.called = called;
	s->thread.context = s;
	s->lane.frame = part.here + LANE_SIZE;
	s->lane.size = FRAME;
	s->lane.bulk = s->lane.frame + FRAME;
	s->lane.bulk_size = BULK;
	s->lane.arena_size = 2 * FRAME;
	if (s->lane.arena == NULL && (s->lane.arena = calloc(1, s->lane.arena_size)) == NULL) {
		snprintf(why, WHY, "out of memory");
		return -1;
	}
	s->there = part.there + LANE_SIZE;
	if (tell(s, class, why) != 0)
		return -1;
	s->made = 1;
	return 0;
}

/* ---- slots for threads ---------------------------------------------------- */

static int take(struct slot *s)
{
	uint32_t none = 0;
	if (!atomic_compare_exchange_strong(&s->busy, &none, 1))
		return 0;
	atomic_store(&s->used, atomic_fetch_add(&ticks, 1));
	return 1;
}

static void give_back(struct cp_link *link, struct cp_lane *lane)
{
	(void)link;
	atomic_store(&((struct slot *)lane)->busy, 0);
	atomic_fetch_add(&freed, 1);
	if (atomic_load(&waiting) != 0)
		syscall(SYS_futex, &freed, 1 /* FUTEX_WAKE */, INT_MAX, NULL, NULL, 0);
}

/*
 * A slot for a thread that has none: a new one, or that which has been idle for
 * longest. NULL while all are in use, or with the reason in why.
 */
static struct slot *find(uint32_t class, char *why)
{
	struct slot *s = NULL;
	uint32_t i;

	for (i = 1; i < LANES && slots[i].made; i++)
		;
	if (i < LANES)
		return make(i, class, why) == 0 && take(&slots[i]) ? &slots[i] : NULL;
	do {
		for (s = NULL, i = 1; i < LANES; i++)
			if (!atomic_load(&slots[i].busy) && (s == NULL || (int32_t)(atomic_load(&slots[i].used) - atomic_load(&s->used)) < 0))
				s = &slots[i];
		if (s == NULL)
			return NULL;
	} while (!take(s)); /* its owner has come back */
	if (s->lane.class != class && tell(s, class, why) != 0) {
		give_back(NULL, &s->lane);
		return NULL;
	}
	return s;
}

static int start(char *why);
static const char *name(void) { return plugin != NULL ? plugin : crossplug_shim.api; }

/* The slot that a thread had before, or NULL. */
static struct slot *recall(uintptr_t self)
{
	uint32_t i;
	for (i = 1; i < LANES; i++) {
		if (atomic_load(&owners[i]) != self || !take(&slots[i]))
			continue;
		if (atomic_load(&owners[i]) == self)
			return &slots[i];
		give_back(NULL, &slots[i].lane); /* another thread has had it since */
	}
	return NULL;
}

static struct cp_lane *enter(struct cp_link *link, uint32_t class)
{
	uintptr_t self = this_thread(class);
	struct slot *s;
	char why[WHY] = "";
	uint32_t i;

	(void)link;
	for (i = 0; i < LANES; i++)
		if (atomic_load(&inside[i]) == this_thread(CP_ANY))
			return &slots[i].lane;
	if (class != CP_MAIN && (s = recall(self)) != NULL)
		return &s->lane;
	for (;;) {
		uint32_t seen = atomic_load(&freed);
		lock(&changing);
		if (state == NOT_YET)
			state = start(why) == 0 ? READY : BROKEN;
		s = state == BROKEN ? NULL : class != CP_MAIN ? find(class, why) : take(&slots[0]) ? &slots[0] : NULL;
		if (s != NULL)
			atomic_store(&owners[s - slots], self);
		unlock(&changing);
		if (why[0] != 0)
			complain("%s: %s", name(), why);
		if (s != NULL || state == BROKEN || why[0] != 0)
			return s == NULL ? NULL : &s->lane;
		atomic_fetch_add(&waiting, 1);
		syscall(SYS_futex, &freed, 0 /* FUTEX_WAIT */, seen, NULL, NULL, 0);
		atomic_fetch_sub(&waiting, 1);
	}
}

/* ---- the beginning and the end -------------------------------------------- */

/* Something was refused, on this side or the other. A helper that is lost, or never came, has been complained of. */
static void failed(struct cp_link *link, const char *function, uint32_t status, const char *what, int remote)
{
	static _Atomic uint32_t count;
	(void)link;
	if (state != READY || (status == CP_FAILED && !lane_usable(&slots[0].thread)) || atomic_fetch_add(&count, 1) >= MOST_COMPLAINTS)
		return;
	complain("%s: %s%s: %s", name(), function, remote ? ", refused by the plug-in's side" : "", what);
}

static void refused(struct cp_link *link, const char *function, uint32_t status, const char *what) { failed(link, function, status, what, 0); }

/* Tells the dispatcher where the plug-in's functions are. */
static int bind_symbols(uint64_t module, uint64_t bind, char *why)
{
	const struct cp_symbol *s;
	for (s = crossplug_shim.symbols; s->name != NULL; s++) {
		uint64_t args[2] = {s->id, 0}, result = 0;
		char absent[WHY];
		if (helper_lookup(helper, module, s->name, &args[1], absent) == 0) {
			if (lane_call(&slots[0].thread, CALL_LIMIT, &result, bind, "www", args) != 0 || (uint32_t)result != 0) {
				snprintf(why, WHY, "its dispatcher does not know %s", s->name);
				return -1;
			}
		} else if (s->required) {
			snprintf(why, WHY, "it is no plug-in of %s: it exports no %s", crossplug_shim.api, s->name);
			return -1;
		}
	}
	return 0;
}

static int load(const struct description *d, char *why)
{
	uint64_t dispatcher, module, bind;
	struct cp_link *link = crossplug_shim.link;
	size_t n;
	char *image = read_file(d->dispatcher, LONGEST_IMAGE, &n);
	int ok = image != NULL;

	if (!ok)
		snprintf(why, WHY, "%.400s: %s; run crossplug lend again", d->dispatcher, strerror(errno));
	ok = ok && helper_load_bytes(helper, "dispatcher", image, (uint32_t)n, &dispatcher, why) == 0;
	free(image);
	if (!ok || helper_load(helper, d->plugin, &module, why) != 0 || helper_lookup(helper, dispatcher, "crossplug_attach", &attach, why) != 0 ||
	    helper_lookup(helper, dispatcher, "crossplug_bind", &bind, why) != 0 || helper_lookup(helper, dispatcher, "crossplug_dispatch", &dispatch, why) != 0 ||
	    helper_callback(helper, 1, "lww", &upcall, why) != 0 || area_make(helper, LANES * SLOT, &area, why) != 0)
		return -1;
	link->version = crossplug_shim.version;
	link->shared = area.here;
	link->shared_size = area.size;
	link->swap = d->launch.big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	link->leave = give_back;
	link->cross = cross;
	link->failed = failed;
	link->refused = refused;
	return make(0, CP_MAIN, why) == 0 && bind_symbols(module, bind, why) == 0 ? 0 : -1;
}

/* Starts the helper and connects the shim. With the lock held, once. */
static int start(char *why)
{
	struct description d;
	int result = -1;

	memset(&d, 0, sizeof d);
	if (describe(&d, why) == 0)
		result = load(&d, why);
	if (d.plugin != NULL)
		plugin = strdup(d.plugin);
	free(d.text);
	if (result != 0 && helper != NULL) {
		helper_close(helper);
		helper = NULL;
	}
	return result;
}

__attribute__((constructor)) static void begin(void)
{
	find_note();
	crossplug_shim.link->enter = enter;
}

/* At dlclose, and when the process ends. */
__attribute__((destructor)) static void end(void)
{
	if (helper != NULL)
		helper_abandon(helper);
}
