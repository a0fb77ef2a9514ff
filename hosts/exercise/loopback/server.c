/* server.c - a dispatcher and the plug-in in a process of their own: see link.h. */
#include "link.h"

#include <sys/mman.h>

static unsigned char *shared;
static int in, out;

uint32_t crossplug_attach(const unsigned char *block);
uint32_t crossplug_bind(uint32_t id, void *address);
uint32_t crossplug_dispatch(void *frame, uint32_t length);

static void give(uint32_t kind, uint32_t lane, uint32_t length)
{
	uint32_t words[3] = {cp_le32(kind), cp_le32(lane), cp_le32(length)};
	if (write(out, words, 12) != 12)
		_exit(1);
}

static int take(struct turn *t)
{
	uint32_t words[3];
	if (read(in, words, 12) != 12)
		return 0;
	*t = (struct turn){cp_le32(words[0]), cp_le32(words[1]), cp_le32(words[2])};
	return t->lane < LANES;
}

/* Takes turns until the one that ends the wait. */
static uint32_t serve(uint32_t until)
{
	struct turn t;
	for (;;) {
		if (!take(&t))
			_exit(until == RETURN ? 1 : 0);
		if (t.kind == until)
			return t.length;
		give(DONE, t.lane, crossplug_dispatch(shared + t.lane * (FRAME + BULK), t.length));
	}
}

static uint64_t up(void *frame, uint32_t length)
{
	give(UP, (uint32_t)(((unsigned char *)frame - shared) / (FRAME + BULK)), length);
	return serve(RETURN);
}

int main(int argc, char **argv)
{
	static unsigned char block[ATTACH] __attribute__((aligned(8)));
	static const uint32_t mark = 0x01020304; /* in our own byte order */
	const struct binding *b;

	if (argc != 4)
		return 2;
	in = atoi(argv[2]);
	out = atoi(argv[3]);
	shared = mmap(NULL, SHARED, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[1]), 0);
	if (shared == MAP_FAILED)
		return 2;
	attach_block(block, shared, CP_VERSION(1, 2), (uintptr_t)shared, (uintptr_t)up);
	if (crossplug_attach(block) != 0)
		return 2;
	for (b = bindings; b->name != NULL; b++)
		crossplug_bind(b->id, b->address);
	if (write(out, &mark, 4) != 4)
		return 2;
	serve(0);
	return 0;
}
