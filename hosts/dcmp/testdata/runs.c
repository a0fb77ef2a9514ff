/* Expands runs: a byte n, then n + 1 bytes as they are, or if n > 127 one byte that
 * is repeated 257 - n times. For headers of version 8, it expands into the work
 * buffer first what is not longer than that, to use it. */

typedef unsigned char byte;

static byte *run(byte *to, const byte *from, const byte *end)
{
	while (from < end) {
		int n = *from++, i;
		if (n > 127) {
			for (i = 257 - n; i > 0; i--)
				*to++ = *from;
			from++;
		} else
			for (i = n + 1; i > 0; i--)
				*to++ = *from++;
	}
	return to;
}

#ifdef __m68k__
void expand(long length, byte *work, byte *to, const byte *from)
#else
void expand(const byte *from, byte *to, byte *work, long length)
#endif
{
	/* Two halves by way of the buffer, to see that it is there. */
	long i;
	for (i = 0; i < length; i++)
		work[i] = from[i];
	run(to, work, work + length);
}
