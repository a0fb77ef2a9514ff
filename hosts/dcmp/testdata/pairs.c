/* Expands bytes that stand for words of a table: in its own memory, unless the header's
 * last byte says that the data begin with another, which _BlockMove then copies over
 * that one, as Apple's number 2 does. Its last step is code that it has written. */

typedef unsigned char byte;
typedef unsigned short word;

static word table[256] = {0x0000, 0x4e75, 0x4e56, 0x2f0c, 0x4267, 0x4a6f, 0x6704, 0x7001};

static void block_move(const void *from, void *to, long count)
{
	register const void *a0 __asm__("a0") = from;
	register void *a1 __asm__("a1") = to;
	register long d0 __asm__("d0") = count;
	__asm__ volatile(".short 0xa02e" : "+r"(d0), "+r"(a0), "+r"(a1) : : "d1", "d2", "memory");
}

/* moveq #0,d0; rts */
static word code[2] = {0x7000, 0x4e75};

void expand(byte *header, byte *to, const byte *from, long length)
{
	const byte *end = from + length;
	byte n;

	if (header[17] & 1) {
		block_move(from, table, sizeof table);
		from += sizeof table;
	}
	for (; from < end; to += 2)
		*(word *)to = table[*from++];
	code[0] = 0x7000 | 0x2a; /* moveq #42,d0 */
	n = ((int (*)(void))code)();
	*to = n;
}
