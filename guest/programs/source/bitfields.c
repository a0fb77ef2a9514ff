/* Bit fields of every width, signed and not, packed against each other. */
#include "program.h"

struct flags {
	u32 a : 1, b : 3, c : 7, d : 13, e : 8;
	i32 f : 5, g : 11, h : 16;
};

struct across {
	u64 x : 33, y : 20, z : 11;
};

struct small {
	u8 low : 4, high : 4;
	u16 mid : 9, rest : 7;
};

static NOINLINE void fill(struct flags *f, u32 v)
{
	f->a = v & 1;
	f->b = v >> 1 & 7;
	f->c = v >> 4 & 127;
	f->d = v >> 11 & 8191;
	f->e = v >> 24;
	f->f = (i32)(v << 27) >> 27;
	f->g = (i32)(v << 16) >> 21;
	f->h = (i32)v >> 16;
}

static NOINLINE i32 total(struct flags f)
{
	return (i32)(f.a + f.b + f.c + f.d + f.e) + f.f + f.g + f.h;
}

int main(void)
{
	u32 seed = 17, sum = 2166136261u;
	struct flags f, copy[3];
	for (int i = 0; i < 8; i++) {
		fill(&f, next_random(&seed));
		print("%u %u %u %u %u | %d %d %d = %d", f.a, f.b, f.c, f.d, f.e, f.f, f.g, f.h, total(f));
		copy[i % 3] = f;
	}
	for (int i = 0; i < 200; i++) {
		struct flags *p = &copy[i % 3];
		p->d += 77;
		p->b++;
		p->g -= 3;
		p->f = -p->f;
		p->c ^= p->e;
		p->h = (i16)(p->h * 3 + p->g);
		sum = mix32(sum, (u32)total(*p));
	}
	print("sum %08x", sum);
	struct across w = { 0x1ffffffffull, 0xabcde, 0x5a5 };
	print("%lx %lx %lx", (u64)w.x, (u64)w.y, (u64)w.z);
	w.x += 2;
	w.y <<= 3;
	w.z = ~w.z;
	print("%lx %lx %lx", (u64)w.x, (u64)w.y, (u64)w.z);
	struct small s = { 9, 14, 300, 100 };
	s.low += s.high;
	s.mid *= 3;
	s.rest -= s.mid;
	print("%u %u %u %u", s.low, s.high, s.mid, s.rest);
	return 0;
}
