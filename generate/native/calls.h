/*
 * calls.h - the course of a call, of stubs and of skeletons. See glue.h.
 */

/* ---- calls -------------------------------------------------------------- */

/* The state of a new call, as far as its caller does not set it. What a compiler makes of memset may be slow to emulate. */
CP_INLINE void cp_clear(struct cp_call *c, struct cp_link *link, struct cp_lane *lane)
{
	c->link = link;
	c->lane = lane;
	c->at = c->end = 0;
	c->status = CP_OK;
	c->handle = 0;
	c->remote = c->keep = 0;
	c->kept = NULL;
	c->made_count = 0;
}

/* Begins a stub. */
CP_FN void cp_begin(struct cp_call *c, struct cp_link *link, uint32_t id, const char *name, uint32_t class, uint32_t self)
{
	cp_clear(c, link, link->enter == NULL ? NULL : link->enter(link, class));
	c->id = id;
	c->name = name;
	c->self = self;
	c->entered = 0;
	if (c->lane == NULL) {
		cp_fail(c, CP_WRONG_THREAD, "there is no lane for this thread");
		return;
	}
	c->entered = c->lane->serving == 0;
	c->at = 16;
	c->end = c->lane->size;
	c->base = c->lane->base;
	c->bulk = c->lane->bulk_top;
	c->lane->top = c->base;
	if (class != CP_ANY && c->lane->class != class)
		cp_fail(c, CP_WRONG_THREAD, "this function is for threads of another class");
}

/* Sends a stub's request and reads the head of the response. */
CP_FN void cp_cross(struct cp_call *c)
{
	struct cp_lane *l = c->lane;
	uint32_t n;
	uint64_t head;

	if (c->status != CP_OK)
		return;
	cp_store(l->frame, c->id | (uint64_t)c->at << 32);
	cp_store(l->frame + 8, c->self);
	l->base = l->top;
	n = c->link->cross(c->link, l, c->at);
	l->base = c->base;
	c->at = c->end = 0;
	if (n == 0) {
		cp_fail(c, CP_FAILED, "the other side is gone");
		return;
	}
	c->remote = 1;
	head = n < 8 || n > l->size || n % 8 != 0 ? 0 : cp_load(l->frame);
	if (head >> 32 != n) {
		cp_fail(c, CP_MALFORMED, "the response has no head");
		return;
	}
	c->at = 8;
	c->end = n;
	if ((uint32_t)head != CP_OK) {
		const char *what = cp_get_string(c, l->size, 0);
		c->status = CP_OK;
		cp_fail(c, (uint32_t)head, what == NULL ? "" : what);
	}
}

/* Frees what was to stay, after a failure. */
CP_FN void cp_drop_kept(struct cp_call *c)
{
	while (c->kept != NULL) {
		void *next = *(void **)c->kept;
		free(c->kept);
		c->kept = next;
	}
}

/* In a stub: the response has been decoded; 1 if it was whole. */
CP_FN int cp_complete(struct cp_call *c)
{
	if (c->status == CP_OK && c->at != c->end)
		cp_fail(c, CP_MALFORMED, "the message goes on after its end");
	return c->status == CP_OK;
}

/* Ends a stub; 1 if it succeeded. */
CP_FN int cp_finish(struct cp_call *c)
{
	char what[128] = "";

	if (!cp_complete(c)) {
		cp_drop_kept(c);
		strncpy(what, c->what, sizeof what - 1); /* it may lie in the lane */
	}
	if (c->lane != NULL)
		c->lane->bulk_top = c->bulk;
	if (c->entered)
		c->link->leave(c->link, c->lane);
	if (c->status != CP_OK && c->link->failed != NULL && c->id != CP_REPORT)
		c->link->failed(c->link, c->name, c->status, what, c->remote);
	return c->status == CP_OK;
}

/* In a skeleton: the request has been decoded; 1 if it may be carried out on this thread. */
CP_INLINE int cp_received(struct cp_call *c, uint32_t class)
{
	if (c->status == CP_OK && c->at != c->end)
		cp_fail(c, CP_MALFORMED, "the message goes on after its end");
	if (c->status == CP_OK && class != CP_ANY && c->lane->class != class)
		cp_fail(c, CP_WRONG_THREAD, "this function is for threads of another class");
	c->lane->base = c->lane->top;
	return c->status == CP_OK;
}

/* In a skeleton: the function has returned; what is put from here on is the response. */
CP_FN void cp_answer(struct cp_call *c)
{
	if (c->status == CP_OK) {
		c->at = 8;
		c->end = c->lane->size;
	}
}

/* Whether both sides know what exists since one version and until another (0: still). */
CP_FN int cp_knows(const struct cp_call *c, uint64_t since, uint64_t until)
{
	return c->link->version >= since && (until == 0 || c->link->version <= until);
}

/* The function is older or newer than both sides know. */
CP_FN void cp_version(struct cp_call *c, uint64_t since, uint64_t until)
{
	if (!cp_knows(c, since, until))
		cp_fail(c, CP_UNKNOWN, "the other side's version has no such function");
}

/* After the call: what becomes of the callbacks that were among the arguments. */
CP_FN void cp_settle(struct cp_call *c, int ok, uint32_t owner_kind, uint32_t owner)
{
	struct cp_rows *t = &c->link->rows;
	uint32_t i;
	for (i = 0; i < c->made_count; i++) {
		if (!ok || c->made[i].scope == CP_CALL) {
			cp_release(t, c->made[i].row);
		} else if (c->made[i].scope == CP_REGISTRATION) {
			struct cp_row *r;
			cp_lock(&t->lock);
			if ((r = cp_live_locked(t, c->made[i].row)) != NULL)
				cp_own_locked(t, r, owner_kind, owner);
			cp_unlock(&t->lock);
		}
	}
	c->made_count = 0;
}

/* What serves the requests for one function. */
typedef void cp_skeleton(struct cp_call *);

/* The dispatcher tells what it refused to the plug-in. */
CP_FN void cp_reported(struct cp_call *c)
{
	char *text = cp_get_string(c, 1024, 0);
	if (!cp_received(c, CP_ANY))
		return;
	if (c->link->failed != NULL)
		c->link->failed(c->link, "the plug-in", c->self, text, 1);
	cp_answer(c);
}

/* Puts what was wrong with a request, as its response. */
CP_COLD void cp_refuse(struct cp_call *c)
{
	uint32_t status = c->status;
	cp_settle(c, 0, 0, 0);
	c->status = CP_OK;
	c->at = 8;
	c->end = c->lane->size;
	cp_put_string(c, c->what, c->lane->size - 32);
	c->status = status;
	cp_drop_kept(c);
}

/* Serves the request of length bytes in a lane's frame; returns the response's length. */
CP_FN uint32_t cp_serve(struct cp_link *link, struct cp_lane *l, uint32_t length, cp_skeleton *const *skeletons, uint32_t count)
{
	uint32_t top = l->top, base = l->base;
	struct cp_call call, *c = &call;
	uint64_t head;

	cp_clear(c, link, l);
	c->name = "a request";
	l->serving++;
	head = length < 16 || length > l->size || length % 8 != 0 ? 0 : cp_load(l->frame);
	if (head >> 32 != length || length == 0) {
		cp_fail(c, CP_MALFORMED, "the request has no head");
	} else {
		uint64_t self = cp_load(l->frame + 8);
		c->id = (uint32_t)head;
		c->self = (uint32_t)self;
		c->at = 16;
		c->end = length;
		if (l->serving > CP_DEEPEST)
			cp_fail(c, CP_TOO_LONG, "calls are nested too deeply");
		else if (self > UINT32_MAX)
			cp_fail(c, CP_MALFORMED, "a handle has more than 32 bits");
		else if (c->id < count && skeletons[c->id] != NULL)
			skeletons[c->id](c);
		else if (c->id == CP_REPORT)
			cp_reported(c);
		else
			cp_fail(c, CP_UNKNOWN, "there is no function of this number");
	}
	if (c->status != CP_OK)
		cp_refuse(c);
	cp_store(l->frame, c->status | (uint64_t)c->at << 32);
	l->top = top;
	l->base = base;
	l->serving--;
	if (c->status != CP_OK && link->refused != NULL)
		link->refused(link, c->name, c->status, c->what);
	return c->at;
}
