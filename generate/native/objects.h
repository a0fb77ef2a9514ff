/*
 * objects.h - handles, tables of functions, callbacks and shared memory in messages.
 * See glue.h.
 */

/* ---- handles ------------------------------------------------------------ */

/* The other side's objects look like pointers to this one, and are their handles. */
CP_FN uint32_t cp_put_handle(struct cp_call *c, const void *p)
{
	if ((uintptr_t)p > UINT32_MAX)
		cp_fail(c, CP_STALE, "a handle that the other side never gave");
	c->handle = (uint32_t)(uintptr_t)p;
	cp_put(c, c->handle);
	return c->handle;
}

CP_FN void *cp_get_handle(struct cp_call *c, int nullable)
{
	c->handle = (uint32_t)cp_get_unsigned(c, UINT32_MAX);
	if (c->handle == 0)
		cp_null(c, nullable);
	return (void *)(uintptr_t)c->handle;
}

/* Puts an object of this side's: its handle if it has one, else a new one. */
CP_FN uint32_t cp_put_own(struct cp_call *c, uint32_t kind, const void *p)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t h = 0;
	if (p != NULL && c->status == CP_OK) {
		cp_lock(&t->lock);
		h = cp_find_locked(t, kind, p);
		if (h == 0)
			h = cp_add_locked(t, kind, (void *)(uintptr_t)p, NULL);
		cp_unlock(&t->lock);
		if (h == 0)
			cp_fail(c, CP_NO_ROOM, "there are too many handles");
	}
	c->handle = h;
	cp_put(c, h);
	return h;
}

/* An object of the other side's ends with another. */
CP_FN void cp_adopt(struct cp_call *c, uint32_t kind, uint32_t handle, uint32_t parent_kind, uint32_t parent)
{
	if (c->status == CP_OK && handle != 0 && !cp_adopt_row(&c->link->rows, kind, handle, parent_kind, parent))
		cp_fail(c, CP_NO_ROOM, "there are too many handles");
}

/* Puts a new object, which belongs to a parent if that is not 0. */
CP_FN uint32_t cp_put_new(struct cp_call *c, uint32_t kind, const void *p, uint32_t table, uint32_t parent_kind, uint32_t parent)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t h = 0;
	if (p != NULL && c->status == CP_OK) {
		cp_lock(&t->lock);
		h = cp_add_locked(t, kind, (void *)(uintptr_t)p, NULL);
		if (h != 0) {
			struct cp_row *r = cp_live_locked(t, h);
			__atomic_store_n(&r->table, table, __ATOMIC_RELAXED);
			cp_own_locked(t, r, parent_kind, parent);
		}
		cp_unlock(&t->lock);
		if (h == 0)
			cp_fail(c, CP_NO_ROOM, "there are too many handles");
	}
	c->handle = h;
	cp_put(c, h);
	return h;
}

/* What a handle of this side's stands for. table: the one that made it, or 0. */
CP_FN void *cp_get_own(struct cp_call *c, uint32_t kind, int nullable, uint32_t *table)
{
	struct cp_row r;
	c->handle = (uint32_t)cp_get_unsigned(c, UINT32_MAX);
	if (table != NULL)
		*table = 0;
	if (c->handle == 0) {
		cp_null(c, nullable);
		return NULL;
	}
	if (!cp_look_up(&c->link->rows, kind, c->handle, &r)) {
		cp_fail(c, CP_STALE, "a handle is stale, or of another kind");
		return NULL;
	}
	if (table != NULL)
		*table = r.table;
	return r.value;
}

/* ---- tables of functions ------------------------------------------------ */

/* This side's table that a method is called of: by its own handle, or by that which the object remembers. */
CP_FN void *cp_get_table(struct cp_call *c, uint32_t kind, uint32_t remembered)
{
	struct cp_row r;
	uint32_t h = remembered != 0 ? remembered : c->self;
	if (c->status != CP_OK)
		return NULL;
	if (remembered != 0 && c->self != 0 && c->self != remembered) {
		cp_fail(c, CP_STALE, "the object belongs to another table of functions");
		return NULL;
	}
	if (!cp_look_up(&c->link->rows, kind, h, &r)) {
		cp_fail(c, CP_STALE, "no such table of functions");
		return NULL;
	}
	c->table = h;
	return r.value;
}

CP_FN void *cp_find_view(struct cp_link *link, uint32_t kind, uint32_t handle)
{
	struct cp_view *v = atomic_load_explicit(&link->views, memory_order_acquire);
	while (v != NULL && (v->kind != kind || v->handle != handle))
		v = v->next;
	return v == NULL ? NULL : v->table;
}

/* Keeps a decoded table for good. */
CP_FN void cp_add_view(struct cp_call *c, uint32_t kind, uint32_t handle, void *table)
{
	struct cp_view *v;
	if (c->status != CP_OK)
		return;
	if (c->link->view_count == CP_MOST_VIEWS || (v = malloc(sizeof *v)) == NULL) {
		cp_fail(c, CP_NO_ROOM, "there are too many tables of functions");
		return;
	}
	v->kind = kind;
	v->handle = handle;
	v->table = table;
	cp_lock(&c->link->rows.lock);
	v->next = atomic_load(&c->link->views);
	atomic_store_explicit(&c->link->views, v, memory_order_release);
	c->link->view_count++;
	cp_unlock(&c->link->rows.lock);
	c->kept = NULL;
}

/* The handle of a table that this side was given; with NULL, of the latest one of its kind. */
CP_FN uint32_t cp_view_handle(struct cp_link *link, uint32_t kind, const void *table)
{
	struct cp_view *v = atomic_load_explicit(&link->views, memory_order_acquire);
	while (v != NULL && (v->kind != kind || (table != NULL && v->table != table)))
		v = v->next;
	return v == NULL ? 0 : v->handle;
}

/* ---- callbacks ---------------------------------------------------------- */

CP_FN void cp_made(struct cp_call *c, uint32_t row, uint32_t scope)
{
	if (c->made_count == CP_MOST_MADE) {
		cp_release(&c->link->rows, row);
		cp_fail(c, CP_TOO_LONG, "too many callbacks in one call");
		return;
	}
	c->made[c->made_count].row = row;
	c->made[c->made_count++].scope = scope;
}

/* Lends a function of this side's to the other. */
CP_FN void cp_put_callback(struct cp_call *c, uint32_t kind, void *function, void *user, uint32_t scope)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t h = 0;
	if (function != NULL && c->status == CP_OK) {
		cp_lock(&t->lock);
		h = cp_add_locked(t, kind, function, user);
		cp_unlock(&t->lock);
		if (h == 0)
			cp_fail(c, CP_NO_ROOM, "there are too many callbacks");
		else
			cp_made(c, h, scope);
	}
	cp_put(c, h);
}

/* The other side's function, as the user data that its stand-in is called with. */
CP_FN void *cp_get_callback(struct cp_call *c, int nullable)
{
	return cp_get_handle(c, nullable);
}

/* The same for a type without user data: the index of a trampoline, or -1 for null. */
CP_FN int cp_get_trampoline(struct cp_call *c, struct cp_pool *pool, uint32_t kind, uint32_t scope, int nullable)
{
	uint32_t h = (uint32_t)(uintptr_t)cp_get_callback(c, nullable), row = 0;
	int at;
	if (h == 0 || c->status != CP_OK)
		return -1;
	at = cp_take_slot(&c->link->rows, pool, kind, h, &row);
	if (at < 0)
		cp_fail(c, CP_NO_ROOM, "all functions that stand for callbacks of this type are in use");
	else
		cp_made(c, row, scope);
	return at;
}

/* In the skeleton of a callback: this side's function, and its user data. */
CP_FN void *cp_get_function(struct cp_call *c, uint32_t kind, int once, void **user)
{
	struct cp_row r;
	if (c->status != CP_OK)
		return NULL;
	if (!cp_look_up(&c->link->rows, kind, c->self, &r)) {
		cp_fail(c, CP_RELEASED, "the callback has been released");
		return NULL;
	}
	if (once && !cp_release(&c->link->rows, c->self)) {
		cp_fail(c, CP_RELEASED, "the callback has been called already");
		return NULL;
	}
	*user = r.data;
	return r.value;
}

/* In the stub of a callback: it stands for none any more. */
CP_FN void cp_check_self(struct cp_call *c)
{
	if (c->self == 0)
		cp_fail(c, CP_RELEASED, "the callback has been released");
}

#define CP_EIGHT(M, a, b, c, d, e, f, g, h) M(a) M(b) M(c) M(d) M(e) M(f) M(g) M(h)
#define CP_EACH_SLOT(M) \
	CP_EIGHT(M, 0, 1, 2, 3, 4, 5, 6, 7) CP_EIGHT(M, 8, 9, 10, 11, 12, 13, 14, 15) \
	CP_EIGHT(M, 16, 17, 18, 19, 20, 21, 22, 23) CP_EIGHT(M, 24, 25, 26, 27, 28, 29, 30, 31)

/* ---- shared memory ------------------------------------------------------ */

/* An argument in shared memory, and how many elements of a size it has: checked against its bounds. */
CP_FN void *cp_get_shared(struct cp_call *c, uint64_t most, unsigned size, int nullable, uint64_t *n)
{
	uint64_t offset = cp_get(c), bytes = cp_get(c);
	*n = 0;
	if (c->status != CP_OK)
		return NULL;
	if (offset == CP_NULL) {
		cp_null(c, nullable);
		return NULL;
	}
	if (offset > c->link->shared_size || bytes > c->link->shared_size - offset || ((offset | bytes) & (size - 1)) != 0) {
		cp_fail(c, CP_MALFORMED, "an argument lies outside of the shared memory");
		return NULL;
	}
	if (bytes / size > most) {
		cp_fail(c, CP_TOO_LONG, "an array is longer than its maximum");
		return NULL;
	}
	*n = bytes / size;
	return c->link->shared + offset;
}

/* Puts a place in shared memory that the callee keeps, and how much there may be behind it. */
CP_FN void cp_put_place(struct cp_call *c, const void *p, uint64_t most, unsigned size)
{
	const struct cp_link *link = c->link;
	uint64_t offset = (uint64_t)((uintptr_t)p - (uintptr_t)link->shared), left = link->shared_size - offset;

	if (p == NULL) {
		cp_put(c, CP_NULL);
		cp_put(c, 0);
		return;
	}
	if (offset >= link->shared_size) {
		cp_fail(c, CP_MALFORMED, "an argument lies outside of the shared memory");
		return;
	}
	cp_put(c, offset);
	cp_put(c, left / size < most ? left / size * size : most * size);
}

/* Copies an argument of so many elements into the lane's part of the shared memory, unless it lies there already. */
CP_FN void *cp_put_shared(struct cp_call *c, const void *p, uint64_t n, unsigned size)
{
	struct cp_lane *l = c->lane;
	const unsigned char *at = p;
	unsigned char *to;

	if (p == NULL || c->status != CP_OK) {
		cp_put(c, CP_NULL);
		cp_put(c, 0);
		return NULL;
	}
	if (at >= c->link->shared && at < c->link->shared + c->link->shared_size) {
		to = c->link->shared + (at - c->link->shared);
	} else {
		if (n > (l->bulk_size - l->bulk_top) / size || (((uint32_t)n * size + 15) & ~15u) > l->bulk_size - l->bulk_top) {
			cp_fail(c, CP_TOO_LONG, "the shared memory has no room for an argument");
			return NULL;
		}
		to = l->bulk + l->bulk_top;
		l->bulk_top += ((uint32_t)n * size + 15) & ~15u;
		if (c->link->swap && size > 1)
			cp_swap(to, at, n, size);
		else
			memcpy(to, p, (size_t)n * size);
	}
	cp_put(c, (uint64_t)(to - c->link->shared));
	cp_put(c, n * size);
	return to;
}

/* Copies it back. */
CP_FN void cp_fetch_shared(struct cp_call *c, const void *from, void *p, uint64_t n, unsigned size)
{
	if (from == NULL || from == p || c->status != CP_OK)
		return;
	if (c->link->swap && size > 1)
		cp_swap(p, from, n, size);
	else
		memcpy(p, from, (size_t)n * size);
}
