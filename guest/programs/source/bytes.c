/* Byte order by hand: fields of files, swapped and misaligned, as old formats have them. */
#include "program.h"

static NOINLINE u16 big16(const u8 *p) { return (u16)(p[0] << 8 | p[1]); }
static NOINLINE u32 big32(const u8 *p) { return (u32)big16(p) << 16 | big16(p + 2); }
static NOINLINE u64 big64(const u8 *p) { return (u64)big32(p) << 32 | big32(p + 4); }
static NOINLINE u16 little16(const u8 *p) { return (u16)(p[0] | p[1] << 8); }
static NOINLINE u32 little32(const u8 *p) { return little16(p) | (u32)little16(p + 2) << 16; }

static NOINLINE void put_big32(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24);
	p[1] = (u8)(v >> 16);
	p[2] = (u8)(v >> 8);
	p[3] = (u8)v;
}

/* These compilers turn into one instruction where there is one. */
static NOINLINE u32 swap_load(const u32 *p) { return __builtin_bswap32(*p); }
static NOINLINE void swap_store(u32 *p, u32 v) { *p = __builtin_bswap32(v); }
static NOINLINE u16 swap_load16(const u16 *p) { return __builtin_bswap16(*p); }

struct __attribute__((packed)) record {
	u8 tag;
	u32 size;
	u16 kind;
	double value;
	u8 end;
};

static NOINLINE double touch(struct record *r, int i)
{
	r->size += r->tag;
	r->kind = (u16)(r->kind * 3 + i);
	r->value = r->value * 0.5 + r->size;
	r->end ^= (u8)r->kind;
	return r->value;
}

int main(void)
{
	u8 data[40];
	u32 seed = 13;
	for (int i = 0; i < COUNT(data); i++)
		data[i] = (u8)(next_random(&seed) >> 24);
	for (int i = 0; i < 6; i++)
		print("%04x %08x %016lx %04x %08x", big16(data + i), big32(data + i), big64(data + i * 5), little16(data + i), little32(data + i));
	put_big32(data + 3, 0x01020304);
	print("%08x %08x", big32(data + 3), little32(data + 3));
	u32 words[4] = { 0x11223344, 0xa1b2c3d4, 0, 5 };
	u16 half = 0xbeef;
	swap_store(words + 2, 0xdeadbeef);
	print("%08x %08x %08x %04x", swap_load(words), swap_load(words + 1), words[2], swap_load16(&half));
	struct record records[5];
	memset(records, 0, sizeof records);
	for (int i = 0; i < 5; i++) {
		records[i].tag = (u8)(i + 250);
		for (int k = 0; k < 4; k++)
			touch(&records[i], i + k);
		print("%u %u %u %f %u", records[i].tag, records[i].size, records[i].kind, records[i].value, records[i].end);
	}
	print("%d", (int)sizeof(struct record));
	u32 sum = 0;
	for (int i = 0; i < 1000; i++)
		sum = sum * 33 ^ big32(data + i % 37) ^ little32(data + i % 31);
	print("%08x", sum);
	return 0;
}
