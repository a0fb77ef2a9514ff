/* Checksums: CRC of 8, 16, 32 and 64 bits, by bits and by tables; Adler, Fletcher. */
#include "program.h"

static u8 data[3000];
static u32 table[256];

static NOINLINE u8 crc8(const u8 *p, int n)
{
	u8 c = 0;
	while (n--) {
		c ^= *p++;
		for (int k = 0; k < 8; k++)
			c = (u8)(c & 0x80 ? c << 1 ^ 7 : c << 1);
	}
	return c;
}

static NOINLINE u16 crc16(const u8 *p, int n)
{
	u16 c = 0xffff;
	while (n--) {
		c ^= (u16)(*p++ << 8);
		for (int k = 0; k < 8; k++)
			c = (u16)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
	}
	return c;
}

static NOINLINE u32 crc32(const u8 *p, int n)
{
	u32 c = ~0u;
	while (n--)
		c = table[(c ^ *p++) & 255] ^ c >> 8;
	return ~c;
}

static NOINLINE u64 crc64(const u8 *p, int n)
{
	u64 c = 0;
	while (n--) {
		c ^= (u64)*p++ << 56;
		for (int k = 0; k < 8; k++)
			c = (i64)c < 0 ? c << 1 ^ 0x42f0e1eba9ea3693ull : c << 1;
	}
	return c;
}

static NOINLINE u32 adler(const u8 *p, int n)
{
	u32 a = 1, b = 0;
	while (n--) {
		a = (a + *p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static NOINLINE u16 fletcher(const u8 *p, int n)
{
	u16 a = 0, b = 0;
	while (n--) {
		a = (u16)((a + *p++) % 255);
		b = (u16)((b + a) % 255);
	}
	return (u16)(b << 8 | a);
}

/* Sixteen bits at a time with the carry added back in, as IP does. */
static NOINLINE u16 ones(const u8 *p, int n)
{
	u32 s = 0;
	for (; n > 1; n -= 2, p += 2)
		s += (u32)(p[0] << 8 | p[1]);
	if (n)
		s += (u32)(*p << 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (u16)~s;
}

int main(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[i] = c;
	}
	const u8 *check = (const u8 *)"123456789";
	print("check %02x %04x %08x %lx %08x %04x %04x", crc8(check, 9), crc16(check, 9), crc32(check, 9), crc64(check, 9),
	      adler(check, 9), fletcher(check, 9), ones(check, 9));
	u32 seed = 8;
	for (int i = 0; i < COUNT(data); i++)
		data[i] = (u8)(next_random(&seed) >> 16);
	for (int n = 1; n <= COUNT(data); n = n * 3 + 1) {
		const u8 *p = data + n % 5;
		int m = n - n % 5;
		print("%d %02x %04x %08x %lx %08x %04x %04x", m, crc8(p, m), crc16(p, m), crc32(p, m), crc64(p, m), adler(p, m),
		      fletcher(p, m), ones(p, m));
	}
	return 0;
}
