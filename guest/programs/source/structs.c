/* Structs of many sizes, by value in and out, within each other, with unions and arrays. */
#include "program.h"

struct one { u8 a; };
struct two { i16 a; };
struct three { u8 a, b, c; };
struct four { u16 a, b; };
struct eight { i32 a, b; };
struct mixed { u8 a; double b; i16 c; };
struct floats { float x, y; };
struct pair { double re, im; };
struct large { i32 a[20]; };
struct wide { i64 a; u8 b; };
struct nested { struct three t; struct { struct eight e; struct floats f; } u; struct one o[3]; };

union any { u32 u; float f; struct four h; u8 bytes[4]; };

static NOINLINE struct one f1(struct one s) { s.a = (u8)(s.a * 3); return s; }
static NOINLINE struct two f2(struct two s, struct one o) { s.a = (i16)(s.a - o.a); return s; }
static NOINLINE struct three f3(struct three s) { return (struct three){ s.c, s.a, s.b }; }
static NOINLINE struct four f4(struct four s, struct three t) { return (struct four){ (u16)(s.b + t.a), (u16)(s.a ^ t.c) }; }
static NOINLINE struct eight f8(i32 k, struct eight s) { return (struct eight){ s.b * k, s.a + k }; }
static NOINLINE struct mixed fm(struct mixed s, double d) { s.b *= d; s.c++; s.a--; return s; }
static NOINLINE struct floats ff(struct floats s, float by) { return (struct floats){ s.y * by, s.x + by }; }
static NOINLINE struct pair fp(struct pair a, struct pair b) { return (struct pair){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re }; }

static NOINLINE struct large fl(struct large s, int k)
{
	for (int i = 0; i < 20; i++)
		s.a[i] = s.a[i] * k + i;
	return s;
}

static NOINLINE struct wide fw(struct wide s, i64 by, u8 c) { return (struct wide){ s.a * by, (u8)(s.b ^ c) }; }

static NOINLINE struct nested fn(struct nested s)
{
	s.t = f3(s.t);
	s.u.e = f8(7, s.u.e);
	s.u.f = ff(s.u.f, 0.5f);
	for (int i = 0; i < 3; i++)
		s.o[i] = f1(s.o[(i + 1) % 3]);
	return s;
}

static NOINLINE double many(struct one a, struct pair b, i32 c, struct floats d, i64 e, struct mixed f, float g, struct eight h, double i, struct two j)
{
	return a.a + b.re * b.im + c + d.x - d.y + (double)e + f.b + f.c + g + h.a - h.b + i + j.a;
}

int main(void)
{
	struct one s1 = { 5 };
	struct two s2 = { -300 };
	struct three s3 = { 1, 2, 3 };
	struct four s4 = { 1000, 50000 };
	struct eight s8 = { -5, 77 };
	struct mixed sm = { 9, 2.5, -8 };
	struct floats sf = { 1.5f, -2.75f };
	struct pair sp = { 0.6, 0.8 };
	struct large sl = { { 1, 2, 3 } };
	struct wide sw = { -123456789012, 0xaa };
	struct nested sn = { { 4, 5, 6 }, { { 8, 9 }, { 10, 11 } }, { { 12 }, { 13 }, { 14 } } };
	for (int i = 0; i < 6; i++) {
		s1 = f1(s1);
		s2 = f2(s2, s1);
		s3 = f3(s3);
		s4 = f4(s4, s3);
		s8 = f8(i + 2, s8);
		sm = fm(sm, 1.25);
		sf = ff(sf, 0.75f);
		sp = fp(sp, (struct pair){ 0.8, -0.6 });
		sl = fl(fl(sl, 3), -1);
		sw = fw(sw, 3, (u8)i);
		sn = fn(fn(sn));
		print("%u %d %u%u%u %u %u %d %d", s1.a, s2.a, s3.a, s3.b, s3.c, s4.a, s4.b, s8.a, s8.b);
		print("  %u %f %d %f %f %b %b %ld %u", sm.a, sm.b, sm.c, sf.x, sf.y, sp.re, sp.im, sw.a, sw.b);
		print("  %u %d %d %f %f %u %u", sn.t.b, sn.u.e.a, sn.u.e.b, sn.u.f.x, sn.u.f.y, sn.o[0].a, sn.o[2].a);
		print("  %d %d %f", sl.a[0], sl.a[19], many(s1, sp, i, sf, -7, sm, 0.25f, s8, 1e3, s2));
	}
	union any u = { .f = -1.5f };
	print("%08x %04x", u.u, (u32)(u.h.a ^ u.h.b));
	struct nested all[4], *p = all;
	for (int i = 0; i < 4; i++, p++) {
		*p = sn;
		p->o[1].a = (u8)i;
	}
	all[1] = all[3];
	print("%u %u %u", all[0].o[1].a, all[1].o[1].a, (--p)->o[1].a);
	return 0;
}
