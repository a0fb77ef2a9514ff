/*
 * dispatcher.h - what the host calls of a dispatcher: attach, bind, dispatch.
 *
 * Included at the end of a generated dispatcher, which defines before:
 *
 *     cp_this      its struct cp_link
 *     cp_hash      32 bytes that identify the definition
 *     CP_OURS      the definition's version, CP_OLDEST the oldest compatible one
 *     cp_bound     addresses of the plug-in's functions, CP_BOUND of them, by number
 *     cp_skeletons what serves the requests for each function, CP_FUNCTIONS of them, by number
 */

/* Symbols that plug-ins want and no host provides: what a call of them does. */
static void cp_report(struct cp_link *link, const char *function, uint32_t status, const char *what, int remote);
#define CP_IMPORT_zero(name)
#define CP_IMPORT_abort(name) __builtin_trap();
#define CP_IMPORT_error(name) cp_report(&cp_this, name, CP_UNKNOWN, "no host provides this function", 0);
#define CP_IMPORT(name, stub) \
	CP_PUBLIC uintptr_t import_##name(void) CP_NAME(name); \
	CP_PUBLIC uintptr_t import_##name(void) { CP_IMPORT_##stub(#name) return 0; }

typedef uint64_t cp_upcall(void *frame, uint32_t length);

enum { CP_LEAST_AREA = 4096, CP_MOST_AREAS = 4096, CP_LANE_HEADS = 64 };

static cp_upcall *cp_host; /* sends a request to the host */
static struct cp_lane *_Atomic cp_lanes[CP_LANE_HEADS];
static struct cp_lane *_Atomic cp_spares; /* a list of their own, linked in the same field */
static _Atomic uint32_t cp_lane_count;
static cp_futex cp_freed, cp_attaching;

/* The lane that this thread of the helper serves. A helper has few dispatchers, so there is room for it. */
static __thread struct cp_lane *cp_current __attribute__((tls_model("initial-exec")));

static struct cp_lane *_Atomic *cp_lane_head(const void *frame) { return &cp_lanes[((uintptr_t)frame >> 12 ^ (uintptr_t)frame >> 18) % CP_LANE_HEADS]; }

CP_INLINE struct cp_lane *cp_lane_of(const void *frame)
{
	struct cp_lane *l = atomic_load_explicit(cp_lane_head(frame), memory_order_acquire);
	while (l != NULL && l->frame != frame)
		l = l->next;
	if (l != NULL)
		return l;
	/* The host calls back from an upcall of a thread of the plug-in's own. */
	for (l = atomic_load_explicit(&cp_spares, memory_order_acquire); l != NULL && l->frame != frame; l = l->next)
		;
	return l;
}

/* The lane that this thread serves; for one of the plug-in's own a spare one, for which it waits while all are in use. */
static struct cp_lane *cp_enter(struct cp_link *link, uint32_t class)
{
	(void)link;
	(void)class;
	if (cp_current != NULL)
		return cp_current;
	for (;;) {
		uint32_t seen = atomic_load(&cp_freed);
		struct cp_lane *l = atomic_load_explicit(&cp_spares, memory_order_acquire);
		if (l == NULL)
			return NULL;
		for (; l != NULL; l = l->next) {
			uint32_t busy = 0;
			if (atomic_compare_exchange_strong(&l->busy, &busy, 1))
				return l;
		}
		syscall(SYS_futex, &cp_freed, 0 /* FUTEX_WAIT */, seen, NULL, NULL, 0);
	}
}

static void cp_leave_spare(struct cp_link *link, struct cp_lane *l)
{
	(void)link;
	atomic_store(&l->busy, 0);
	atomic_fetch_add(&cp_freed, 1);
	syscall(SYS_futex, &cp_freed, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
}

static uint32_t cp_cross_up(struct cp_link *link, struct cp_lane *l, uint32_t length)
{
	uint64_t n = cp_host(l->frame, length);
	(void)link;
	return n > l->size ? 1 /* malformed */ : (uint32_t)n;
}

/* The host is told of what was refused here: the plug-in's own fault. */
static void cp_report(struct cp_link *link, const char *function, uint32_t status, const char *what, int remote)
{
	struct cp_call call, *c = &call;
	char text[256];
	uint64_t n = cp_strnlen(function, 100), m = cp_strnlen(what, 150);

	if (remote)
		return; /* it was the host that refused */
	memcpy(text, function, n);
	memcpy(text + n, ": ", 2);
	memcpy(text + n + 2, what, m);
	text[n + 2 + m] = 0;
	cp_begin(c, link, CP_REPORT, "report", CP_ANY, status);
	cp_put_string(c, text, sizeof text);
	cp_cross(c);
	cp_finish(c);
}

/*
 * block is a row of u64 words, little-endian: the definition's hash (4 words),
 * the host's version, address and size of the shared memory, address of the
 * upcall function, number of areas, then for each its address, size, class,
 * and whether it is spare. Attaching again adds areas. Returns 0; 1 if the host
 * has another definition, 2 if an argument is bad, 3 if there is no memory. An
 * area that is attached again gets another class.
 */
static uint32_t cp_attach(const unsigned char *block)
{
	uint64_t version = cp_load(block + 32), base = cp_load(block + 40), size = cp_load(block + 48);
	uint64_t upcall = cp_load(block + 56), count = cp_load(block + 64), i;

	if (memcmp(block, cp_hash, 32) != 0 && (version < CP_OLDEST || version >= CP_OURS))
		return 1;
	if (base + size > UINTPTR_MAX || base + size < base || upcall > UINTPTR_MAX || upcall == 0 || count > CP_MOST_AREAS - atomic_load(&cp_lane_count))
		return 2;
	cp_host = (cp_upcall *)(uintptr_t)upcall;
	cp_this.version = version < CP_OURS ? version : CP_OURS;
	cp_this.shared = (unsigned char *)(uintptr_t)base;
	cp_this.shared_size = size;
	cp_this.enter = cp_enter;
	cp_this.leave = cp_leave_spare;
	cp_this.cross = cp_cross_up;
	cp_this.failed = cp_report;
	for (i = 0; i < count; i++) {
		const unsigned char *area = block + 72 + 32 * i;
		uint64_t at = cp_load(area), room = cp_load(area + 8), class = cp_load(area + 16), spare = cp_load(area + 24);
		struct cp_lane *l, *_Atomic *head;

		if (at % 8 != 0 || room % 8 != 0 || room < CP_LEAST_AREA || room > INT32_MAX / 4 || at < base || at - base > size || room > size - (at - base) || class > CP_RT)
			return 2;
		if ((l = cp_lane_of((void *)(uintptr_t)at)) != NULL) {
			if (l->size != room || l->spare != (spare != 0))
				return 2;
			l->class = (uint32_t)class;
			continue;
		}
		if ((l = calloc(1, sizeof *l)) == NULL || (l->arena = malloc(2 * (size_t)room)) == NULL) {
			free(l);
			return 3;
		}
		memset(l->arena, 0, 2 * (size_t)room); /* so that no call pays for the page faults */
		l->frame = (unsigned char *)(uintptr_t)at;
		l->size = (uint32_t)room;
		l->class = (uint32_t)class;
		l->arena_size = 2 * (uint32_t)room;
		l->spare = spare != 0;
		head = spare ? &cp_spares : cp_lane_head(l->frame);
		l->next = atomic_load(head);
		atomic_store_explicit(head, l, memory_order_release);
		atomic_fetch_add(&cp_lane_count, 1);
	}
	return 0;
}

CP_PUBLIC uint32_t crossplug_attach(const unsigned char *block);
CP_PUBLIC uint32_t crossplug_attach(const unsigned char *block)
{
	uint32_t status;
	cp_lock(&cp_attaching);
	status = cp_attach(block);
	cp_unlock(&cp_attaching);
	return status;
}

/* Tells where the plug-in has the function of a number. */
CP_PUBLIC uint32_t crossplug_bind(uint32_t id, void *address);
CP_PUBLIC uint32_t crossplug_bind(uint32_t id, void *address)
{
	if (id >= CP_BOUND)
		return CP_UNKNOWN;
	cp_bound[id] = address;
	return CP_OK;
}

/* Runs the request in an area; returns the response's length, or 0 if that is no area. */
CP_PUBLIC uint32_t crossplug_dispatch(void *frame, uint32_t length);
CP_PUBLIC uint32_t crossplug_dispatch(void *frame, uint32_t length)
{
	struct cp_lane *l = cp_lane_of(frame), *outer = cp_current;
	uint32_t n;
	if (l == NULL)
		return 0;
	cp_current = l;
	n = cp_serve(&cp_this, l, length, cp_skeletons, CP_FUNCTIONS);
	cp_current = outer;
	return n;
}
