/*
 * handles.h - which numbers stand for which of this side's objects.
 *
 * What belongs to one side crosses to the other as a handle: an index into a
 * table of the owner's (low 18 bits) and the generation of that row (high 14
 * bits), so that a number whose object is gone is recognised, and refused,
 * instead of meaning whatever came to lie there. 0 is the null of all kinds.
 *
 * A row is anything with a life: an object, a function pointer that was lent
 * to the other side, a trampoline that stands for one of the other side's,
 * an object of the other side's that ends with another ("foreign"). Rows may
 * belong to another object, of either side, and end with it.
 *
 * Looking a handle up takes no lock. All else takes the table's.
 */

enum { CP_MOST_ROWS = 1 << 16, CP_FIRST_ROWS = 64, CP_CHUNKS = 11, CP_HEADS = 1024 };

/* A row rests until so many are free, so that its generations do not come round soon. */
enum { CP_RESTING = 256 };

/* Kinds are numbers that the generator gives; a flag says what else a row is. */
#define CP_TRAMPOLINE 0x08000u
#define CP_FOREIGN 0x10000u

struct cp_row {
	_Atomic uint32_t tag; /* generation | kind << 14 | CP_ENDING; kind 0: free */
	uint32_t owner_kind, owner;
	uint32_t next;  /* index + 1 of the next row with the same hash, or of the next free one */
	uint32_t table; /* handle of the table of functions that made it, or 0 */
	void *value;
	void *data;
};

#define CP_GENERATION 0x3fffu
#define CP_ENDING 0x80000000u /* its destruction is under way: not to be used any more */

/* Futexes lie on 4 bytes, which m68k's compilers do not see to. */
typedef _Atomic uint32_t cp_futex __attribute__((aligned(4)));

struct cp_rows {
	cp_futex lock;
	_Atomic uint32_t count; /* rows that have ever been used */
	uint32_t owned;         /* rows with an owner */
	uint32_t free, last, resting; /* index + 1 of the first and last free row; how many there are */
	uint32_t heads[CP_HEADS];
	struct cp_row *_Atomic chunks[CP_CHUNKS];
};

CP_FN void cp_lock(cp_futex *l)
{
	uint32_t v = 0;
	if (atomic_compare_exchange_strong(l, &v, 1))
		return;
	while (atomic_exchange(l, 2) != 0)
		syscall(SYS_futex, l, 0 /* FUTEX_WAIT */, 2, NULL, NULL, 0);
}

CP_FN void cp_unlock(cp_futex *l)
{
	if (atomic_exchange(l, 0) == 2)
		syscall(SYS_futex, l, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
}

/* Chunk 0 has rows 0 to 63, each further one as many as all before it. */
CP_INLINE struct cp_row *cp_row(struct cp_rows *t, uint32_t index)
{
	uint32_t chunk = index < CP_FIRST_ROWS ? 0 : 32 - (uint32_t)__builtin_clz(index / CP_FIRST_ROWS);
	uint32_t first = chunk == 0 ? 0 : (uint32_t)CP_FIRST_ROWS << (chunk - 1);
	return atomic_load_explicit(&t->chunks[chunk], memory_order_relaxed) + (index - first);
}

CP_FN uint32_t cp_kind_of(uint32_t tag) { return (tag & ~CP_ENDING) >> 14; }
CP_FN uint32_t cp_handle_of(uint32_t tag, uint32_t index) { return (tag & CP_GENERATION) << 18 | index; }

CP_FN uint32_t *cp_head(struct cp_rows *t, uint32_t kind, const void *value)
{
	uint32_t h = (uint32_t)((uintptr_t)value >> 4 ^ (uintptr_t)value >> 16) * 31 + (uint32_t)(uintptr_t)value + kind;
	return &t->heads[h % CP_HEADS];
}

/* What a handle of a kind stands for; 0 if it is stale, of another kind or made up. */
CP_INLINE int cp_look_up(struct cp_rows *t, uint32_t kind, uint32_t handle, struct cp_row *found)
{
	uint32_t index = handle & 0x3ffff, want = handle >> 18 | kind << 14;
	struct cp_row *r;

	if (index >= atomic_load_explicit(&t->count, memory_order_acquire))
		return 0;
	r = cp_row(t, index);
	if (atomic_load_explicit(&r->tag, memory_order_acquire) != want)
		return 0;
	found->value = __atomic_load_n(&r->value, __ATOMIC_RELAXED);
	found->data = __atomic_load_n(&r->data, __ATOMIC_RELAXED);
	found->table = __atomic_load_n(&r->table, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&r->tag, memory_order_relaxed) == want; /* or it ended meanwhile */
}

/* The handle of a value, or 0. With the lock held. */
CP_FN uint32_t cp_find_locked(struct cp_rows *t, uint32_t kind, const void *value)
{
	uint32_t at;
	for (at = *cp_head(t, kind, value); at != 0; at = cp_row(t, at - 1)->next) {
		struct cp_row *r = cp_row(t, at - 1);
		uint32_t tag = atomic_load_explicit(&r->tag, memory_order_relaxed);
		if (cp_kind_of(tag) == kind && r->value == value)
			return cp_handle_of(tag, at - 1);
	}
	return 0;
}

/* A new handle, or 0 if there are too many. With the lock held. */
CP_FN uint32_t cp_add_locked(struct cp_rows *t, uint32_t kind, void *value, void *data)
{
	uint32_t index, tag, *head;
	struct cp_row *r;

	index = atomic_load_explicit(&t->count, memory_order_relaxed);
	if (t->resting >= CP_RESTING || (index == CP_MOST_ROWS && t->resting > 0)) {
		index = t->free - 1;
		r = cp_row(t, index);
		t->free = r->next;
		t->resting--;
	} else {
		if (index == CP_MOST_ROWS)
			return 0;
		if (index == 0 || (index >= CP_FIRST_ROWS && (index & (index - 1)) == 0)) {
			uint32_t chunk = index == 0 ? 0 : 32 - (uint32_t)__builtin_clz(index / CP_FIRST_ROWS);
			size_t size = (index == 0 ? CP_FIRST_ROWS : index) * sizeof(struct cp_row);
			struct cp_row *fresh = malloc(size);
			if (fresh == NULL)
				return 0;
			memset(fresh, 0, size);
			atomic_store_explicit(&t->chunks[chunk], fresh, memory_order_release);
		}
		r = cp_row(t, index);
		atomic_store_explicit(&r->tag, 1, memory_order_relaxed);
		atomic_store_explicit(&t->count, index + 1, memory_order_release);
	}
	__atomic_store_n(&r->value, value, __ATOMIC_RELAXED);
	__atomic_store_n(&r->data, data, __ATOMIC_RELAXED);
	__atomic_store_n(&r->table, 0, __ATOMIC_RELAXED);
	r->owner_kind = r->owner = 0;
	head = cp_head(t, kind, value);
	r->next = *head;
	*head = index + 1;
	tag = (atomic_load_explicit(&r->tag, memory_order_relaxed) & CP_GENERATION) | kind << 14;
	atomic_store_explicit(&r->tag, tag, memory_order_release);
	return cp_handle_of(tag, index);
}

/* The row of a live handle of any kind, or NULL. With the lock held. */
CP_FN struct cp_row *cp_live_locked(struct cp_rows *t, uint32_t handle)
{
	uint32_t index = handle & 0x3ffff, tag;
	struct cp_row *r;
	if (index >= atomic_load_explicit(&t->count, memory_order_relaxed))
		return NULL;
	r = cp_row(t, index);
	tag = atomic_load_explicit(&r->tag, memory_order_relaxed);
	return cp_kind_of(tag) != 0 && (tag & CP_GENERATION) == handle >> 18 ? r : NULL;
}

CP_FN void cp_own_locked(struct cp_rows *t, struct cp_row *r, uint32_t kind, uint32_t owner)
{
	t->owned += (owner != 0) - (r->owner != 0);
	r->owner_kind = kind;
	r->owner = owner;
}

/* Takes a row out of use, and notes in it whom its own rows call their owner. */
CP_FN void cp_retire_locked(struct cp_rows *t, uint32_t index, uint32_t *retired)
{
	struct cp_row *r = cp_row(t, index);
	uint32_t tag = atomic_load_explicit(&r->tag, memory_order_relaxed), kind = cp_kind_of(tag);
	uint32_t generation = (tag & CP_GENERATION) + 1, *at = cp_head(t, kind, r->value);

	while (*at != index + 1)
		at = &cp_row(t, *at - 1)->next;
	*at = r->next;
	atomic_store_explicit(&r->tag, generation > CP_GENERATION ? 1 : generation, memory_order_release);
	cp_own_locked(t, r, 0, 0);
	r->owner_kind = kind & ~(CP_FOREIGN | CP_TRAMPOLINE);
	r->owner = kind & CP_FOREIGN ? (uint32_t)(uintptr_t)r->value : cp_handle_of(tag, index);
	if (kind & CP_TRAMPOLINE) {
		atomic_store((_Atomic uint32_t *)r->value, 0);
		r->owner = 0; /* it owns nothing */
	}
	r->next = *retired;
	*retired = index + 1;
}

/* Ends all that belongs to what is on the list, and what belongs to that, and so on. */
CP_FN void cp_end_locked(struct cp_rows *t, uint32_t retired)
{
	while (retired != 0) {
		struct cp_row *r = cp_row(t, retired - 1);
		uint32_t at = retired, i, count = atomic_load_explicit(&t->count, memory_order_relaxed);
		uint32_t kind = r->owner_kind, owner = r->owner;

		retired = r->next;
		r->owner_kind = r->owner = 0;
		r->next = 0;
		if (t->resting++ == 0)
			t->free = at;
		else
			cp_row(t, t->last - 1)->next = at;
		t->last = at;
		for (i = 0; i < count && t->owned > 0 && owner != 0; i++) {
			r = cp_row(t, i);
			if (r->owner == owner && r->owner_kind == kind && cp_kind_of(atomic_load_explicit(&r->tag, memory_order_relaxed)) != 0)
				cp_retire_locked(t, i, &retired);
		}
	}
}

/* Ends one handle; 0 if it has ended already. */
CP_FN int cp_release(struct cp_rows *t, uint32_t handle)
{
	uint32_t retired = 0;
	int live;
	cp_lock(&t->lock);
	live = handle != 0 && cp_live_locked(t, handle) != NULL;
	if (live)
		cp_retire_locked(t, handle & 0x3ffff, &retired);
	cp_end_locked(t, retired);
	cp_unlock(&t->lock);
	return live;
}

/*
 * An object of either side has been destroyed: ends its row, if this side has
 * one, and what belongs to it.
 */
CP_FN void cp_destroyed(struct cp_rows *t, uint32_t kind, uint32_t handle, int own)
{
	uint32_t retired = 0, row, i, count;

	if (handle == 0)
		return;
	cp_lock(&t->lock);
	row = own ? handle : cp_find_locked(t, kind | CP_FOREIGN, (void *)(uintptr_t)handle);
	if (row != 0 && cp_live_locked(t, row) != NULL)
		cp_retire_locked(t, row & 0x3ffff, &retired);
	else
		for (count = atomic_load(&t->count), i = 0; i < count && t->owned > 0; i++) {
			struct cp_row *r = cp_row(t, i);
			if (r->owner == handle && r->owner_kind == kind && cp_kind_of(atomic_load(&r->tag)) != 0)
				cp_retire_locked(t, i, &retired);
		}
	cp_end_locked(t, retired);
	cp_unlock(&t->lock);
}

/* Ends the rows of one kind that belong to an object: its registrations. */
CP_FN void cp_unregister(struct cp_rows *t, uint32_t kind, uint32_t owner_kind, uint32_t owner)
{
	uint32_t retired = 0, i, count;

	cp_lock(&t->lock);
	count = atomic_load(&t->count);
	for (i = 0; i < count && t->owned > 0 && owner != 0; i++) {
		struct cp_row *r = cp_row(t, i);
		uint32_t k = cp_kind_of(atomic_load(&r->tag)) & ~CP_TRAMPOLINE;
		if (k == kind && r->owner == owner && r->owner_kind == owner_kind)
			cp_retire_locked(t, i, &retired);
	}
	cp_end_locked(t, retired);
	cp_unlock(&t->lock);
}

/* Makes a handle useless to all but its destroyer; 0 if another destroys it already. */
CP_FN int cp_begin_end(struct cp_rows *t, uint32_t handle)
{
	struct cp_row *r;
	int ok = 0;
	cp_lock(&t->lock);
	if ((r = cp_live_locked(t, handle)) != NULL)
		ok = (atomic_fetch_or(&r->tag, CP_ENDING) & CP_ENDING) == 0;
	cp_unlock(&t->lock);
	return ok;
}

/* Its destroyer has refused: the handle is of use again. */
CP_FN void cp_end_refused(struct cp_rows *t, uint32_t handle)
{
	struct cp_row *r;
	cp_lock(&t->lock);
	if ((r = cp_live_locked(t, handle)) != NULL)
		atomic_fetch_and(&r->tag, ~CP_ENDING);
	cp_unlock(&t->lock);
}

/* Notes that an object of the other side's belongs to another and ends with it; 0 if there are too many. */
CP_FN int cp_adopt_row(struct cp_rows *t, uint32_t kind, uint32_t handle, uint32_t parent_kind, uint32_t parent)
{
	uint32_t row;
	cp_lock(&t->lock);
	row = cp_find_locked(t, kind | CP_FOREIGN, (void *)(uintptr_t)handle);
	if (row == 0)
		row = cp_add_locked(t, kind | CP_FOREIGN, (void *)(uintptr_t)handle, NULL);
	if (row != 0)
		cp_own_locked(t, cp_live_locked(t, row), parent_kind, parent);
	cp_unlock(&t->lock);
	return row != 0;
}

/* Trampolines: functions of one type that differ only in the handle they stand for. */
enum { CP_SLOTS = 32 };
struct cp_pool {
	_Atomic uint32_t slot[CP_SLOTS]; /* the other side's handle; 0: free */
	uint32_t next;                   /* where to look next: a freed one rests as long as possible */
};

/* Takes a trampoline for a handle: its index, and its row's handle; -1 if all are in use. */
CP_FN int cp_take_slot(struct cp_rows *t, struct cp_pool *pool, uint32_t kind, uint32_t handle, uint32_t *row)
{
	int i, at = -1;
	cp_lock(&t->lock);
	for (i = 0; i < CP_SLOTS && at < 0; i++) {
		uint32_t slot = (pool->next + (uint32_t)i) % CP_SLOTS;
		if (atomic_load(&pool->slot[slot]) != 0)
			continue;
		*row = cp_add_locked(t, kind | CP_TRAMPOLINE, (void *)&pool->slot[slot], NULL);
		if (*row == 0)
			break;
		atomic_store(&pool->slot[slot], handle);
		pool->next = slot + 1;
		at = (int)slot;
	}
	cp_unlock(&t->lock);
	return at;
}

/* The handle behind a trampoline that may be called once: it is free after this. */
CP_FN uint32_t cp_use_slot_once(struct cp_rows *t, _Atomic uint32_t *slot, uint32_t kind)
{
	uint32_t handle, row, retired = 0;
	cp_lock(&t->lock);
	handle = atomic_load(slot);
	if ((row = cp_find_locked(t, kind | CP_TRAMPOLINE, (void *)slot)) != 0)
		cp_retire_locked(t, row & 0x3ffff, &retired);
	cp_end_locked(t, retired);
	cp_unlock(&t->lock);
	return handle;
}
