/* Numbers of 8 and 16 bits: wrapping, sign extension, promotion, mixed signs. */
#include "program.h"

static NOINLINE u8 add8(u8 a, u8 b) { return (u8)(a + b); }
static NOINLINE i8 sub8(i8 a, i8 b) { return (i8)(a - b); }
static NOINLINE i16 mul16(i16 a, i16 b) { return (i16)(a * b); }
static NOINLINE i32 mul16x16(i16 a, i16 b) { return a * b; }
static NOINLINE u32 umul16x16(u16 a, u16 b) { return (u32)a * b; }
static NOINLINE i16 shift16(i16 a, int n) { return (i16)(a >> n); }
static NOINLINE u16 ushift16(u16 a, int n) { return (u16)(a >> n); }
static NOINLINE i8 shift8(i8 a, int n) { return (i8)(a << n); }
static NOINLINE i32 extend8(i32 v) { return (i8)v; }
static NOINLINE i32 extend16(i32 v) { return (i16)v; }
static NOINLINE i64 extend64(i8 v) { return v; }
static NOINLINE int less8(i8 a, u8 b) { return a < b; }
static NOINLINE int less16(u16 a, i16 b) { return a < b; }
static NOINLINE int less32(u32 a, i32 b) { return a < (u32)b; }
static NOINLINE u8 saturate(i32 v) { return (u8)(v < 0 ? 0 : v > 255 ? 255 : v); }

static i8 chars[16];
static i16 shorts[16];
static u8 bytes[16];

static NOINLINE void step(void)
{
	for (int i = 0; i < 16; i++) {
		chars[i] += (i8)(bytes[i] >> 1);
		shorts[i] -= (i16)(chars[i] * 3);
		bytes[i] ^= (u8)(shorts[i] >> 5);
		bytes[i]++;
		chars[(i + 1) & 15]--;
		shorts[i] = (i16)-shorts[i];
		chars[i] = (i8)~chars[i];
	}
}

int main(void)
{
	static const i32 some[] = { 0, 1, -1, 127, 128, -128, 255, 256, 32767, 32768, -32768, 65535, 65536, 0x12345678, -0x12345678 };
	u32 sum = 2166136261u;
	for (int i = 0; i < COUNT(some); i++) {
		for (int k = 0; k < COUNT(some); k++) {
			i32 a = some[i], b = some[k], all[] = {
				add8((u8)a, (u8)b), sub8((i8)a, (i8)b), mul16((i16)a, (i16)b), mul16x16((i16)a, (i16)b), (i32)umul16x16((u16)a, (u16)b),
				shift16((i16)a, b & 15), ushift16((u16)a, b & 15), shift8((i8)a, b & 7), less8((i8)a, (u8)b), less16((u16)a, (i16)b),
				less32((u32)a, b), saturate(a - b), (i32)(extend64((i8)a) >> 32),
			};
			for (int j = 0; j < COUNT(all); j++)
				sum = mix32(sum, (u32)all[j]);
		}
		print("%x: %d %d %d %u", (u32)some[i], extend8(some[i]), extend16(some[i]), saturate(some[i]), (u16)some[i]);
	}
	for (int i = 0; i < 16; i++)
		bytes[i] = (u8)(i * 29);
	for (int i = 0; i < 100; i++)
		step();
	for (int i = 0; i < 16; i++)
		sum = mix32(sum, (u32)(chars[i] + shorts[i] * 7 + bytes[i]));
	print("%d %d %u sum %08x", chars[3], shorts[5], bytes[7], sum);
	return 0;
}
