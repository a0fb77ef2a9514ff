/*
 * call.h - calls of C functions of any signature, and the arguments of callbacks.
 *
 * A C calling convention deals integer arguments into general registers,
 * floating-point ones into floating-point registers, and what is left over
 * onto the stack. On every architecture here these three are filled
 * independently enough that one function type, "all general registers, all
 * stack words, all floating-point registers", loads any combination: a callee
 * takes what its own type says and ignores the rest, and the caller removes
 * the arguments. So the compiler writes the calling sequence and no assembly
 * is needed. A callback is the same type seen from the inside.
 *
 *               general  floating  details
 *   amd64       6        8
 *   i386        0        0         everything on the stack; float results in st0
 *   arm64       8        8
 *   armhf       4        8         64-bit values take even pairs; singles back-fill doubles
 *   ppc64el     8        13        every argument also uses up a word; singles are held as doubles
 *   s390x       5        4         singles lie in the high half of a register
 *   powerpc     8        8         64-bit integers take pairs that begin at odd registers; singles are held as doubles
 *   m68k        0        0         everything on the stack; float results in fp0, pointers in a0 and d0
 *
 * Sources: System V ABI supplements for AMD64, i386, zSeries, PowerPC, m68k;
 * AAPCS32 with the VFP variant; AAPCS64; Power ELFv2 ABI, chapter 2.
 */

#if defined(__x86_64__)
enum { GENERAL = 6, FLOATING = 8 };
#elif defined(__i386__)
enum { GENERAL = 0, FLOATING = 0 };
#define SINGLE_AS_DOUBLE 1
#elif defined(__aarch64__)
enum { GENERAL = 8, FLOATING = 8 };
#elif defined(__arm__)
enum { GENERAL = 4, FLOATING = 8 };
#define EVEN_PAIRS 1
#define BACK_FILL 1
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { GENERAL = 8, FLOATING = 13 };
#define SINGLE_AS_DOUBLE 1
#define SHADOW 1
#elif defined(__s390x__)
enum { GENERAL = 5, FLOATING = 4 };
#define SINGLE_HIGH 1
#elif defined(__powerpc__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && __SIZEOF_POINTER__ == 4
enum { GENERAL = 8, FLOATING = 8 };
#define SINGLE_AS_DOUBLE 1
#define EVEN_PAIRS 1
#elif defined(__m68k__)
enum { GENERAL = 0, FLOATING = 0 };
#define SINGLE_AS_DOUBLE 1
#else
#error "helper.c: no calling convention for this architecture"
#endif

/* Lists of parameters: M(0), M(1) ... Enough words for MAX_ARGS values beyond the registers. */
#define LIST22(M) M(0), M(1), M(2), M(3), M(4), M(5), M(6), M(7), M(8), M(9), M(10), M(11), M(12), M(13), M(14), M(15), M(16), M(17), M(18), M(19), M(20), M(21)
#if __SIZEOF_POINTER__ == 8
enum { WORDS = 22 };
#define EACH_WORD(M) LIST22(M)
#else
enum { WORDS = 34 };
#define EACH_WORD(M) LIST22(M), M(22), M(23), M(24), M(25), M(26), M(27), M(28), M(29), M(30), M(31), M(32), M(33)
#endif
#if defined(__i386__) || defined(__m68k__)
#define AND
#define EACH_FLOATING(M)
#else
#define AND ,
#if defined(__s390x__)
#define EACH_FLOATING(M) M(0), M(1), M(2), M(3)
#elif defined(__powerpc64__)
#define EACH_FLOATING(M) M(0), M(1), M(2), M(3), M(4), M(5), M(6), M(7), M(8), M(9), M(10), M(11), M(12)
#else
#define EACH_FLOATING(M) M(0), M(1), M(2), M(3), M(4), M(5), M(6), M(7)
#endif
#endif

typedef uintptr_t word;

/* The arguments of one call: w holds the general registers, then the stack. */
struct frame {
	word w[WORDS];
	double f[FLOATING ? FLOATING : 1];
};

/* How much of a frame the arguments so far have used up. */
struct cursor {
	int general, stack;
	int floating; /* in halves of a register where singles back-fill */
	int hole;     /* the half that back-filling may use, or 0 */
};

/* Returns the index in w of the next n words that go to the stack. */
static int stack_words(struct cursor *c, int n)
{
#ifdef EVEN_PAIRS
	if (n == 2)
		c->stack += c->stack & 1;
#endif
	c->stack += n;
	return GENERAL + c->stack - n;
}

/* Returns the index in w of the next n words, in registers if they fit there. */
static int general_words(struct cursor *c, int n)
{
#ifdef EVEN_PAIRS
	if (n == 2)
		c->general += c->general & 1;
#endif
	if (c->general + n <= GENERAL) {
		c->general += n;
		return c->general - n;
	}
	c->general = GENERAL; /* once on the stack, never back in registers */
	return stack_words(c, n);
}

/* Returns the next floating-point register for a value of the class, or -1. */
static int floating_register(struct cursor *c, char class)
{
#ifdef BACK_FILL
	int i, n = class == CLASS_DOUBLE ? 2 : 1;
	if (n == 1 && c->hole) {
		i = c->hole;
		c->hole = 0;
		return i;
	}
	if (n == 2 && c->floating & 1)
		c->hole = c->floating++;
	if (c->floating + n > 2 * FLOATING) {
		c->floating = 2 * FLOATING;
		c->hole = 0;
		return -1;
	}
	c->floating += n;
	return c->floating - n;
#else
	(void)class;
	return c->floating < FLOATING ? c->floating++ : -1;
#endif
}

static int is_floating(char class) { return class == CLASS_FLOAT || class == CLASS_DOUBLE; }

/* A float's bits as a floating-point register holds them, and back. */
static uint64_t single_to_register(uint32_t bits)
{
#if defined(SINGLE_AS_DOUBLE)
	float f;
	double d;
	uint64_t r;
	memcpy(&f, &bits, 4);
	d = f;
	memcpy(&r, &d, 8);
	return r;
#elif defined(SINGLE_HIGH)
	return (uint64_t)bits << 32;
#else
	return bits;
#endif
}

static uint32_t single_from_register(uint64_t r)
{
#if defined(SINGLE_AS_DOUBLE)
	float f;
	double d;
	uint32_t bits;
	memcpy(&d, &r, 8);
	f = (float)d;
	memcpy(&bits, &f, 4);
	return bits;
#elif defined(SINGLE_HIGH)
	return (uint32_t)(r >> 32);
#else
	return (uint32_t)r;
#endif
}

/* Where the next argument of a class lies in a frame, and in which form. */
enum form { FORM_WORD, FORM_PAIR, FORM_HALF, FORM_SINGLE, FORM_DOUBLE };
struct place {
	void *p;
	enum form form;
};

static struct place next_place(struct frame *fr, struct cursor *c, char class)
{
	struct place at;
	int wide = sizeof(word) == 4 && (class == CLASS_LONG || class == CLASS_DOUBLE);
	int i, r = is_floating(class) ? floating_register(c, class) : -1;

	at.form = wide ? FORM_PAIR : FORM_WORD;
	if (FLOATING == 0 || !is_floating(class)) {
		at.p = &fr->w[general_words(c, 1 + wide)];
		return at;
	}
#ifdef SHADOW
	i = general_words(c, 1);
#else
	i = r < 0 ? stack_words(c, 1 + wide) : 0;
#endif
	if (r < 0) {
		at.p = &fr->w[i];
		return at;
	}
#ifdef BACK_FILL
	at.p = (uint32_t *)fr->f + r;
	at.form = class == CLASS_DOUBLE ? FORM_DOUBLE : FORM_HALF;
#else
	at.p = &fr->f[r];
	at.form = class == CLASS_DOUBLE ? FORM_DOUBLE : FORM_SINGLE;
#endif
	return at;
}

static void put_arg(struct frame *fr, struct cursor *c, char class, uint64_t v)
{
	struct place at = next_place(fr, c, class);
	word w = (word)v;
	uint32_t half = (uint32_t)v;

	switch (at.form) {
	case FORM_WORD:
		memcpy(at.p, &w, sizeof w);
		break;
	case FORM_HALF:
		memcpy(at.p, &half, 4);
		break;
	case FORM_SINGLE:
		v = single_to_register(half);
		/* fall through */
	case FORM_PAIR:
	case FORM_DOUBLE:
		memcpy(at.p, &v, 8);
		break;
	}
}

static uint64_t get_arg(struct frame *fr, struct cursor *c, char class)
{
	struct place at = next_place(fr, c, class);
	word w;
	uint32_t half;
	uint64_t v;

	switch (at.form) {
	case FORM_WORD:
		memcpy(&w, at.p, sizeof w);
		return class == CLASS_FLOAT ? (uint32_t)w : w;
	case FORM_HALF:
		memcpy(&half, at.p, 4);
		return half;
	case FORM_SINGLE:
		memcpy(&v, at.p, 8);
		return single_from_register(v);
	default:
		memcpy(&v, at.p, 8);
		return v;
	}
}

#define WORD_PARAM(i) word w##i
#define FLOATING_PARAM(i) double f##i
#define PARAMS EACH_WORD(WORD_PARAM) AND EACH_FLOATING(FLOATING_PARAM)
typedef uint64_t integer_function(PARAMS);
typedef double floating_function(PARAMS);

/* A word as the result of an integer_function, and back: big-endian code has the first register in the high half. */
#if __SIZEOF_POINTER__ == 4 && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static uint64_t word_to_result(word w) { return (uint64_t)w << 32; }
static word word_from_result(uint64_t r) { return (word)(r >> 32); }
#else
static uint64_t word_to_result(word w) { return w; }
static word word_from_result(uint64_t r) { return (word)r; }
#endif

/* Calls fn and returns its result in the form that the wire uses. */
static uint64_t invoke(word fn, char result, const struct frame *fr)
{
#define FRAME_WORD(i) fr->w[i]
#define FRAME_FLOATING(i) fr->f[i]
	uint64_t r;
	double d;

	if (is_floating(result)) {
		d = ((floating_function *)fn)(EACH_WORD(FRAME_WORD) AND EACH_FLOATING(FRAME_FLOATING));
		memcpy(&r, &d, 8);
		return result == CLASS_FLOAT ? single_from_register(r) : r;
	}
	r = ((integer_function *)fn)(EACH_WORD(FRAME_WORD) AND EACH_FLOATING(FRAME_FLOATING));
	return result == CLASS_LONG ? r : result == CLASS_WORD ? word_from_result(r) : 0;
}
