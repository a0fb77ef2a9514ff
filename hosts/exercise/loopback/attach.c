/* attach.c - see link.h. */
#include "link.h"

void attach_block(unsigned char *block, const unsigned char *hash, uint64_t version, uint64_t base, uint64_t upcall)
{
	int i;
	memcpy(block, hash, 32);
	cp_store(block + 32, version);
	cp_store(block + 40, base);
	cp_store(block + 48, SHARED);
	cp_store(block + 56, upcall);
	cp_store(block + 64, LANES);
	for (i = 0; i < LANES; i++) {
		unsigned char *area = block + 72 + 32 * i;
		cp_store(area, base + (uint64_t)i * (FRAME + BULK));
		cp_store(area + 8, FRAME);
		cp_store(area + 16, i == SPARE ? CP_ANY : (uint64_t)i);
		cp_store(area + 24, i == SPARE);
	}
}
