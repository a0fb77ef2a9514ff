/*
 * Reads batches of sequences, runs them, writes what became of registers and
 * memory; see harness_test.go. Without a C library, so that nothing else runs.
 */
typedef unsigned int u32;

#define CODE 0x01800000
#define DATA 0x28000000
#define WINDOW 4096

struct context {
	u32 r[32];           /* 0; r1 is not the sequence's */
	u32 lr, ctr, xer, cr; /* 128 */
	u32 fpscr[2];        /* 144: in the low half */
	double f[32];        /* 152 */
	u32 unused[25];
	u32 stack;           /* 508 */
};

struct header { u32 sequences, words; };

int system(int number, ...);
void enter(struct context *);

enum { READ = 3, WRITE = 4, MMAP = 90 };
enum { FIXED = 0x10, PRIVATE = 2, ANONYMOUS = 0x20 };

static int all(int call, int fd, void *buffer, int size)
{
	char *p = buffer;
	while (size > 0) {
		int n = system(call, fd, p, size);
		if (n <= 0)
			return 0;
		p += n;
		size -= n;
	}
	return 1;
}

static void copy(u32 *to, const u32 *from, int bytes)
{
	for (int i = 0; i < bytes / 4; i++)
		to[i] = from[i];
}

static u32 image[WINDOW / 4], output[(512 + WINDOW) / 4];

int run(void)
{
	struct header h;
	struct context *c = (void *)(DATA + 0x10000);
	u32 *data = (void *)DATA;
	if (system(MMAP, DATA, 0x20000, 7, FIXED | PRIVATE | ANONYMOUS, -1, 0) != DATA ||
	    system(MMAP, CODE, 0x400000, 7, FIXED | PRIVATE | ANONYMOUS, -1, 0) != CODE)
		return 3;
	while (all(READ, 0, &h, sizeof h)) {
		char *code = (void *)CODE;
		if (!all(READ, 0, image, WINDOW) || !all(READ, 0, code, 4 * h.words))
			return 4;
		for (u32 i = 0; i < 4 * h.words; i += 32)
			__asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; isync" : : "r"(code + i) : "memory");
		while (h.sequences--) {
			if (!all(READ, 0, c, 512))
				return 5;
			copy(data, image, WINDOW);
			enter(c);
			copy(output, (u32 *)c, 512);
			copy(output + 128, data, WINDOW);
			if (!all(WRITE, 1, output, sizeof output))
				return 6;
		}
	}
	return 0;
}
