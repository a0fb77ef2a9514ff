/*
 * values.h - numbers, arrays, texts and lengths in messages. See glue.h.
 */

/* ---- words -------------------------------------------------------------- */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
CP_FN uint32_t cp_le32(uint32_t v) { return __builtin_bswap32(v); }
#else
CP_FN uint32_t cp_le32(uint32_t v) { return v; }
#endif

/* A word is read once: the compiler may not look again. */
#if UINTPTR_MAX > UINT32_MAX
CP_INLINE uint64_t cp_le64(uint64_t v) { return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v; }
CP_INLINE uint64_t cp_load(const unsigned char *p) { return cp_le64(*(const volatile uint64_t *)(const void *)p); }
CP_INLINE void cp_store(unsigned char *p, uint64_t v) { *(volatile uint64_t *)(void *)p = cp_le64(v); }
#else
CP_FN uint64_t cp_load(const unsigned char *p)
{
	const volatile uint32_t *w = (const volatile uint32_t *)(const void *)p;
	uint32_t low = cp_le32(w[0]), high = cp_le32(w[1]);
	return low | (uint64_t)high << 32;
}

CP_FN void cp_store(unsigned char *p, uint64_t v)
{
	volatile uint32_t *w = (volatile uint32_t *)(void *)p;
	w[0] = cp_le32((uint32_t)v);
	w[1] = cp_le32((uint32_t)(v >> 32));
}
#endif

CP_INLINE uint64_t cp_get(struct cp_call *c)
{
	if (c->end - c->at < 8) {
		cp_fail(c, CP_MALFORMED, "the message ends too soon");
		return 0;
	}
	c->at += 8;
	return cp_load(c->lane->frame + c->at - 8);
}

CP_INLINE void cp_put(struct cp_call *c, uint64_t v)
{
	if (c->end - c->at < 8) {
		cp_fail(c, CP_TOO_LONG, "the arguments do not fit in a message");
		return;
	}
	cp_store(c->lane->frame + c->at, v);
	c->at += 8;
}

CP_FN int64_t cp_get_signed(struct cp_call *c, int64_t least, int64_t most)
{
	int64_t v = (int64_t)cp_get(c);
	if (v < least || v > most) {
		cp_fail(c, CP_NO_ROOM, "a number is beyond its type");
		return 0;
	}
	return v;
}

CP_INLINE uint64_t cp_get_unsigned(struct cp_call *c, uint64_t most)
{
	uint64_t v = cp_get(c);
	if (v > most) {
		cp_fail(c, CP_NO_ROOM, "a number is beyond its type");
		return 0;
	}
	return v;
}

#define CP_SIGNED(name, type, least, most) \
	CP_FN type cp_get_##name(struct cp_call *c) { return (type)cp_get_signed(c, least, most); } \
	CP_FN void cp_put_##name(struct cp_call *c, type v) { cp_put(c, (uint64_t)(int64_t)v); }
#define CP_UNSIGNED(name, type, most) \
	CP_INLINE type cp_get_##name(struct cp_call *c) { return (type)cp_get_unsigned(c, most); } \
	CP_FN void cp_put_##name(struct cp_call *c, type v) { cp_put(c, v); }

CP_SIGNED(i8, int8_t, INT8_MIN, INT8_MAX)
CP_SIGNED(i16, int16_t, INT16_MIN, INT16_MAX)
CP_SIGNED(i32, int32_t, INT32_MIN, INT32_MAX)
CP_SIGNED(i64, int64_t, INT64_MIN, INT64_MAX)
CP_SIGNED(long, long, LONG_MIN, LONG_MAX)
CP_UNSIGNED(u8, uint8_t, UINT8_MAX)
CP_UNSIGNED(u16, uint16_t, UINT16_MAX)
CP_UNSIGNED(u32, uint32_t, UINT32_MAX)
CP_UNSIGNED(u64, uint64_t, UINT64_MAX)
CP_UNSIGNED(ulong, unsigned long, ~0ul)
CP_UNSIGNED(size, size_t, SIZE_MAX)
CP_UNSIGNED(ostype, uint32_t, UINT32_MAX)
CP_UNSIGNED(bool, bool, 1)

CP_FN char cp_get_char(struct cp_call *c) { return (char)cp_get_unsigned(c, 255); }
CP_FN void cp_put_char(struct cp_call *c, char v) { cp_put(c, (unsigned char)v); }

CP_FN float cp_get_f32(struct cp_call *c)
{
	uint32_t bits = (uint32_t)cp_get_unsigned(c, UINT32_MAX);
	float v;
	memcpy(&v, &bits, 4);
	return v;
}

CP_FN void cp_put_f32(struct cp_call *c, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, 4);
	cp_put(c, bits);
}

CP_FN double cp_get_f64(struct cp_call *c)
{
	uint64_t bits = cp_get(c);
	double v;
	memcpy(&v, &bits, 8);
	return v;
}

CP_FN void cp_put_f64(struct cp_call *c, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, 8);
	cp_put(c, bits);
}

/* A request must not have null where the definition allows none. What a response has is the other side's own affair. */
CP_FN void cp_null(struct cp_call *c, int nullable)
{
	if (!nullable && !c->remote)
		cp_fail(c, CP_MALFORMED, "null, where the definition allows none");
}

/* Whether a pointer was given: one word, 1 or 0. */
CP_FN int cp_get_given(struct cp_call *c, int nullable)
{
	uint64_t v = cp_get_unsigned(c, 1);
	if (v == 0)
		cp_null(c, nullable);
	return v != 0;
}

/* ---- private memory ----------------------------------------------------- */

/* Zeroes a multiple of 16 bytes. Short ones by itself: what compilers make of memset may be slow to emulate. */
CP_INLINE void cp_zero(void *p, size_t n)
{
	uint64_t *w = p, *end = w + n / 8;
	if (n > 1024) {
		memset(p, 0, n);
		return;
	}
	for (; end - w >= 8; w += 8) {
		w[0] = w[1] = w[2] = w[3] = w[4] = w[5] = w[6] = w[7] = 0;
		__asm__ volatile("" : "+r"(w) : : "memory"); /* or it would become memset */
	}
	for (; w < end; w += 2) {
		w[0] = w[1] = 0;
		__asm__ volatile("" : "+r"(w) : : "memory");
	}
}

/* Memory that stays. */
CP_FN void *cp_allocate_kept(struct cp_call *c, uint64_t n)
{
	void *p;
	if (n > c->lane->arena_size || (p = calloc(1, 16 + (size_t)n)) == NULL) {
		cp_fail(c, CP_NO_ROOM, "out of memory");
		return NULL;
	}
	*(void **)p = c->kept;
	c->kept = p;
	return (char *)p + 16;
}

/* Memory until the call is over, zeroed if that is asked for; NULL after a failure. */
CP_INLINE void *cp_allocate(struct cp_call *c, uint64_t n, int zeroed)
{
	struct cp_lane *l = c->lane;
	void *p;

	if (c->status != CP_OK)
		return NULL;
	if (c->keep)
		return cp_allocate_kept(c, n);
	if (n > l->arena_size - l->top) {
		cp_fail(c, CP_TOO_LONG, "the arguments do not fit in memory");
		return NULL;
	}
	p = l->arena + l->top;
	n = (n + 15) & ~(uint64_t)15; /* the arena's size is a multiple of 16 */
	l->top += (uint32_t)n;
	if (zeroed)
		cp_zero(p, (size_t)n);
	return p;
}

CP_FN void *cp_alloc(struct cp_call *c, uint64_t n) { return cp_allocate(c, n, 1); }

/* ---- arrays of numbers -------------------------------------------------- */

/* Element types in one number: bytes on the wire and in memory, as powers of two, and what else there is to know. */
enum cp_sort { CP_PLAIN, CP_TRUTH, CP_SIGNED_LONG };
typedef uint32_t cp_element;
#define CP_ELEMENT(wire, memory, sort) ((cp_element)((wire) | (memory) << 2 | (sort) << 4))
#define CP_WORD_SIZE(type) (sizeof(type) == 8 ? 3 : 2)
#define CP_E_i8 CP_ELEMENT(0, 0, CP_PLAIN)
#define CP_E_u8 CP_E_i8
#define CP_E_char CP_E_i8
#define CP_E_bool CP_ELEMENT(0, 0, CP_TRUTH)
#define CP_E_i16 CP_ELEMENT(1, 1, CP_PLAIN)
#define CP_E_u16 CP_E_i16
#define CP_E_i32 CP_ELEMENT(2, 2, CP_PLAIN)
#define CP_E_u32 CP_E_i32
#define CP_E_ostype CP_E_i32
#define CP_E_f32 CP_E_i32
#define CP_E_i64 CP_ELEMENT(3, 3, CP_PLAIN)
#define CP_E_u64 CP_E_i64
#define CP_E_f64 CP_E_i64
#define CP_E_long CP_ELEMENT(3, CP_WORD_SIZE(long), CP_SIGNED_LONG)
#define CP_E_ulong CP_ELEMENT(3, CP_WORD_SIZE(long), CP_PLAIN)
#define CP_E_size CP_ELEMENT(3, CP_WORD_SIZE(size_t), CP_PLAIN)
CP_INLINE uint32_t cp_wire(cp_element e) { return e & 3; }
CP_INLINE uint32_t cp_memory(cp_element e) { return e >> 2 & 3; }
CP_INLINE uint32_t cp_sort(cp_element e) { return e >> 4; }

/* Copies elements and turns the bytes of each around: one of 2, 4 or 8 bytes, or two of 4, for which an emulator takes as long. */
CP_INLINE void cp_swap_2(unsigned char *to, const unsigned char *from)
{
	uint16_t v;
	memcpy(&v, from, 2), v = __builtin_bswap16(v), memcpy(to, &v, 2);
}

CP_INLINE void cp_swap_4(unsigned char *to, const unsigned char *from)
{
	uint32_t v;
	memcpy(&v, from, 4), v = __builtin_bswap32(v), memcpy(to, &v, 4);
}

CP_INLINE void cp_swap_8(unsigned char *to, const unsigned char *from)
{
	uint64_t v;
	memcpy(&v, from, 8), v = __builtin_bswap64(v), memcpy(to, &v, 8);
}

CP_INLINE void cp_swap_4_4(unsigned char *to, const unsigned char *from)
{
	uint64_t v;
	memcpy(&v, from, 8), v = __builtin_bswap64(v), v = v << 32 | v >> 32, memcpy(to, &v, 8);
}

CP_INLINE void cp_swap(unsigned char *to, const unsigned char *from, uint64_t n, unsigned size)
{
	switch (size) {
	case 2:
		for (; n > 0; n--, from += 2, to += 2)
			cp_swap_2(to, from);
		break;
	case 4:
		for (; n >= 8; n -= 8, from += 32, to += 32) {
			cp_swap_4_4(to, from);
			cp_swap_4_4(to + 8, from + 8);
			cp_swap_4_4(to + 16, from + 16);
			cp_swap_4_4(to + 24, from + 24);
		}
		for (; n > 0; n--, from += 4, to += 4)
			cp_swap_4(to, from);
		break;
	case 8:
		for (; n > 0; n--, from += 8, to += 8)
			cp_swap_8(to, from);
		break;
	}
}

CP_INLINE int cp_turned(void) { return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__; }

/* The bytes that n elements take up in the message, or 0 if they are more than there is. */
CP_INLINE uint32_t cp_packed(const struct cp_call *c, uint64_t n, cp_element e)
{
	uint32_t left = c->end - c->at;
	return n > left >> cp_wire(e) ? 0 : (((uint32_t)n << cp_wire(e)) + 7) & ~7u;
}

CP_FN void cp_put_fixed(struct cp_call *c, cp_element e, const void *from, uint64_t n)
{
	uint32_t size = cp_packed(c, n, e);
	unsigned char *to;
	uint64_t i;

	if (n == 0 || c->status != CP_OK)
		return;
	if (size == 0 || size > c->end - c->at) {
		cp_fail(c, CP_TOO_LONG, "an array does not fit in a message");
		return;
	}
	cp_store(c->lane->frame + c->at + size - 8, 0); /* the padding */
	to = c->lane->frame + c->at;
	c->at += size;
	if (cp_wire(e) == cp_memory(e) && (cp_wire(e) == 0 || !cp_turned())) {
		memcpy(to, from, (size_t)n << cp_wire(e));
	} else if (cp_wire(e) == cp_memory(e)) {
		cp_swap(to, from, n, 1u << cp_wire(e));
	} else
		for (i = 0; i < n; i++) {
			uint32_t v;
			memcpy(&v, (const unsigned char *)from + 4 * i, 4);
			cp_store(to + 8 * i, cp_sort(e) == CP_SIGNED_LONG ? (uint64_t)(int64_t)(int32_t)v : v);
		}
}

/* Decodes n elements. The memory at to has room for them. */
CP_FN void cp_get_fixed(struct cp_call *c, cp_element e, void *to, uint64_t n)
{
	uint32_t size = cp_packed(c, n, e);
	const unsigned char *from;
	unsigned char *bytes = to;
	uint64_t i;

	if (n == 0 || c->status != CP_OK)
		return;
	if (size == 0 || size > c->end - c->at) {
		cp_fail(c, CP_MALFORMED, "an array is longer than the message");
		return;
	}
	from = c->lane->frame + c->at;
	c->at += size;
	if (cp_wire(e) == cp_memory(e) && (cp_wire(e) == 0 || !cp_turned()))
		memcpy(to, from, (size_t)n << cp_wire(e));
	else if (cp_wire(e) == cp_memory(e))
		cp_swap(to, from, n, 1u << cp_wire(e));
	else
		for (i = 0; i < n; i++) {
			uint64_t v = cp_load(from + 8 * i);
			uint32_t half = (uint32_t)v;
			if (cp_sort(e) == CP_SIGNED_LONG ? (int64_t)v != (int32_t)half : v != half) {
				cp_fail(c, CP_NO_ROOM, "a number is beyond its type");
				return;
			}
			memcpy(bytes + 4 * i, &half, 4);
		}
	for (i = 0; cp_sort(e) == CP_TRUTH && i < n; i++)
		if (bytes[i] > 1) {
			bytes[i] = 0;
			cp_fail(c, CP_NO_ROOM, "a truth value is neither 0 nor 1");
		}
}

CP_FN void cp_put_bytes(struct cp_call *c, const void *from, uint64_t n) { cp_put_fixed(c, CP_E_u8, from, n); }
CP_FN void cp_get_bytes(struct cp_call *c, void *to, uint64_t n) { cp_get_fixed(c, CP_E_u8, to, n); }

/*
 * The count before an array: CP_NULL for null. What is left of the message has
 * room for so many elements of at least so many bytes, and so has memory.
 */
CP_INLINE uint64_t cp_get_count(struct cp_call *c, uint64_t most, unsigned wire, int nullable)
{
	uint64_t n = cp_get(c);
	if (c->status != CP_OK)
		return 0;
	if (n == CP_NULL) {
		cp_null(c, nullable);
		return CP_NULL;
	}
	if (n > most)
		cp_fail(c, CP_TOO_LONG, "an array is longer than its maximum");
	else if (n > c->end - c->at || n * wire > c->end - c->at)
		cp_fail(c, CP_MALFORMED, "an array is longer than the message");
	return c->status == CP_OK ? n : 0;
}

CP_FN void cp_put_array(struct cp_call *c, cp_element e, const void *from, uint64_t n)
{
	cp_put(c, from == NULL ? CP_NULL : n);
	if (from != NULL)
		cp_put_fixed(c, e, from, n);
}

/* Decodes an array into private memory and says how long it is. */
CP_FN void *cp_get_array(struct cp_call *c, cp_element e, uint64_t most, int nullable, uint64_t *n)
{
	void *to;
	*n = cp_get_count(c, most, 1u << cp_wire(e), nullable);
	if (*n == CP_NULL) {
		*n = 0;
		return NULL;
	}
	to = cp_allocate(c, (*n + 1) << cp_memory(e), 0); /* one more, so that none is not null */
	if (to == NULL)
		*n = 0;
	cp_get_fixed(c, e, to, *n);
	return to;
}

/* Decodes an array into its caller's, which has room for so many. */
CP_FN void cp_get_array_into(struct cp_call *c, cp_element e, void *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room, 1u << cp_wire(e), 1);
	if (n != CP_NULL && to != NULL)
		cp_get_fixed(c, e, to, n);
	else if (n != CP_NULL)
		cp_fail(c, CP_MALFORMED, "an array that nobody asked for");
}

/* ---- texts -------------------------------------------------------------- */

CP_FN uint64_t cp_strnlen(const char *s, uint64_t most)
{
	uint64_t n = 0;
	while (n < most && s[n] != 0)
		n++;
	return n;
}

CP_FN void cp_put_text(struct cp_call *c, const char *s, uint64_t n, uint64_t most)
{
	if (n > most) {
		cp_fail(c, CP_TOO_LONG, "a text is longer than its maximum");
		return;
	}
	cp_put(c, n);
	cp_put_bytes(c, s, n);
}

CP_FN void cp_put_string(struct cp_call *c, const char *s, uint64_t most)
{
	if (s == NULL)
		cp_put(c, CP_NULL);
	else
		cp_put_text(c, s, cp_strnlen(s, most + 1), most);
}

/* Decodes the bytes of a text whose length has been checked; there is room for a NUL. */
CP_FN void cp_get_text(struct cp_call *c, char *to, uint64_t n)
{
	cp_get_bytes(c, to, n);
	to[n] = 0;
	if (c->status == CP_OK && cp_strnlen(to, n) != n)
		cp_fail(c, CP_MALFORMED, "a text has a NUL in it");
}

CP_FN char *cp_get_string(struct cp_call *c, uint64_t most, int nullable)
{
	uint64_t n = cp_get_count(c, most, 1, nullable);
	char *s = n == CP_NULL ? NULL : cp_alloc(c, n + 1);
	if (s != NULL)
		cp_get_text(c, s, n);
	return s;
}

/* Decodes a text into its caller's buffer of so many bytes. */
CP_FN void cp_get_string_into(struct cp_call *c, char *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room > 0 ? room - 1 : 0, 1, 1);
	if (c->status != CP_OK || n == CP_NULL)
		return;
	if (to == NULL)
		cp_fail(c, CP_MALFORMED, "a text that nobody asked for");
	else if (room > 0)
		cp_get_text(c, to, n);
}

/* A text in an array of so many bytes inside a struct. */
CP_FN void cp_put_embedded(struct cp_call *c, const char *s, uint64_t room) { cp_put_text(c, s, cp_strnlen(s, room), room - 1); }
CP_FN void cp_get_embedded(struct cp_call *c, char *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room - 1, 1, 0);
	if (c->status == CP_OK && n != CP_NULL)
		cp_get_text(c, to, n);
}

/* Pascal strings: a byte that says the length, and so many bytes. */
CP_FN void cp_put_pascal(struct cp_call *c, const unsigned char *s, uint64_t most)
{
	if (s == NULL)
		cp_put(c, CP_NULL);
	else
		cp_put_text(c, (const char *)s + 1, s[0], most);
}

CP_FN unsigned char *cp_get_pascal(struct cp_call *c, uint64_t most, int nullable)
{
	uint64_t n = cp_get_count(c, most < 255 ? most : 255, 1, nullable);
	unsigned char *s = n == CP_NULL ? NULL : cp_alloc(c, n + 1);
	if (s != NULL) {
		s[0] = (unsigned char)n;
		cp_get_bytes(c, s + 1, n);
	}
	return s;
}

CP_FN void cp_get_pascal_into(struct cp_call *c, unsigned char *to, uint64_t room)
{
	uint64_t n = cp_get_count(c, room - 1 < 255 ? room - 1 : 255, 1, 0);
	if (c->status == CP_OK && n != CP_NULL) {
		to[0] = (unsigned char)n;
		cp_get_bytes(c, to + 1, n);
	}
}

/* A text in a buffer of so many bytes that the callee was given. */
CP_FN void cp_put_buffer(struct cp_call *c, const char *s, uint64_t room)
{
	if (s == NULL || room == 0)
		cp_put(c, CP_NULL);
	else
		cp_put_embedded(c, s, room);
}

/* Arrays of texts. */
CP_FN void cp_put_strings(struct cp_call *c, const char *const *v, uint64_t n, uint64_t most)
{
	uint64_t i;
	cp_put(c, v == NULL ? CP_NULL : n);
	for (i = 0; v != NULL && i < n && c->status == CP_OK; i++)
		cp_put_string(c, v[i], most);
}

CP_FN const char **cp_get_strings(struct cp_call *c, uint64_t most_texts, uint64_t most, int nullable, uint64_t *n)
{
	const char **v;
	uint64_t i;
	*n = cp_get_count(c, most_texts, 8, nullable);
	if (*n == CP_NULL) {
		*n = 0;
		return NULL;
	}
	v = cp_alloc(c, (*n + 1) * sizeof *v);
	for (i = 0; v != NULL && i < *n && c->status == CP_OK; i++)
		v[i] = cp_get_string(c, most, 0);
	return v;
}

/*
 * A copy of a text that stays for ever; equal texts share one. There is an end
 * to them: a text that changes should not be said to stay.
 */
CP_FN char *cp_keep_string(struct cp_call *c, char *s)
{
	struct cp_kept *k;
	size_t n;
	if (s == NULL)
		return NULL;
	cp_lock(&c->link->rows.lock);
	for (k = c->link->kept; k != NULL && strcmp(k->text, s) != 0; k = k->next)
		;
	n = sizeof *k + strlen(s) + 1;
	if (k == NULL && c->link->kept_count < CP_MOST_KEPT && n <= CP_MOST_KEPT_SIZE - c->link->kept_size && (k = malloc(n)) != NULL) {
		memcpy(k->text, s, n - sizeof *k);
		k->next = c->link->kept;
		c->link->kept = k;
		c->link->kept_count++;
		c->link->kept_size += n;
	}
	cp_unlock(&c->link->rows.lock);
	if (k == NULL)
		cp_fail(c, CP_NO_ROOM, "there are too many texts that stay");
	return k == NULL ? NULL : k->text;
}

/* A copy that the caller frees. */
CP_FN void *cp_give(struct cp_call *c, const void *p, uint64_t n)
{
	void *copy;
	if (p == NULL || c->status != CP_OK)
		return NULL;
	if ((copy = malloc((size_t)n + 1)) == NULL) {
		cp_fail(c, CP_NO_ROOM, "out of memory");
		return NULL;
	}
	memcpy(copy, p, (size_t)n);
	((char *)copy)[n] = 0;
	return copy;
}

CP_FN char *cp_give_string(struct cp_call *c, const char *s) { return s == NULL ? NULL : cp_give(c, s, strlen(s)); }

/* Room for as many elements as the request says; NULL for null. */
CP_FN void *cp_get_room(struct cp_call *c, size_t size, uint64_t most, int nullable, uint64_t *n)
{
	*n = cp_get(c);
	if (c->status == CP_OK && *n == CP_NULL) {
		cp_null(c, nullable);
	} else if (*n <= most) {
		return cp_allocate(c, (*n + 1) * size, 1); /* one more, so that none is not null */
	} else {
		cp_fail(c, CP_TOO_LONG, "an array is longer than its maximum");
	}
	*n = 0;
	return NULL;
}

/* How many elements a function has written that returns how many there are. */
CP_FN uint64_t cp_written(int64_t result, uint64_t room) { return result < 0 ? 0 : (uint64_t)result < room ? (uint64_t)result : room; }

/* ---- lengths ------------------------------------------------------------ */

#define CP_ARITHMETIC(name, builtin) \
	CP_FN int64_t name(struct cp_call *c, int64_t a, int64_t b) \
	{ \
		int64_t r; \
		if (builtin(a, b, &r)) { \
			cp_fail(c, CP_TOO_LONG, "a length overflows"); \
			return 0; \
		} \
		return r; \
	}
CP_ARITHMETIC(cp_add, __builtin_add_overflow)
CP_ARITHMETIC(cp_sub, __builtin_sub_overflow)
CP_ARITHMETIC(cp_mul, __builtin_mul_overflow)

CP_FN int64_t cp_div(struct cp_call *c, int64_t a, int64_t b)
{
	if (b == 0 || (a == INT64_MIN && b == -1)) {
		cp_fail(c, CP_TOO_LONG, "a length is divided by zero");
		return 0;
	}
	return a / b;
}

CP_FN int64_t cp_min(int64_t a, int64_t b) { return a < b ? a : b; }
CP_FN int64_t cp_max(int64_t a, int64_t b) { return a > b ? a : b; }

/* A pointer whose target a length depends on. */
CP_FN int cp_need(struct cp_call *c, const void *p)
{
	if (p == NULL)
		cp_fail(c, CP_MALFORMED, "a length depends on what is null");
	return p != NULL;
}

CP_FN int64_t cp_strlen(const char *s) { return s == NULL ? 0 : (int64_t)strlen(s); }

/* A length that may be used. */
CP_FN uint64_t cp_length(struct cp_call *c, int64_t n, uint64_t most)
{
	if (n < 0 || (uint64_t)n > most) {
		cp_fail(c, CP_TOO_LONG, n < 0 ? "a length is negative" : "an array is longer than its maximum");
		return 0;
	}
	return (uint64_t)n;
}

/* What a message says of a length must be what its other arguments say. */
CP_FN void cp_same(struct cp_call *c, uint64_t n, int64_t want)
{
	if (c->status == CP_OK && (want < 0 || n != (uint64_t)want))
		cp_fail(c, CP_MALFORMED, "an array is not as long as the other arguments say");
}

/* In a response: whether there is a struct, for which the caller has room at p. */
CP_FN int cp_get_filled(struct cp_call *c, const void *p)
{
	int filled = cp_get_given(c, 1);
	if (filled && p == NULL)
		cp_fail(c, CP_MALFORMED, "a struct that nobody asked for");
	return filled && p != NULL;
}
