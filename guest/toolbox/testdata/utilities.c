#include "test.h"

#define POINT(v, h) ((Point)(UInt16)(v) << 16 | (UInt16)(h))

long test(long argument)
{
	long response, i;
	SysEnvRec environment;
	DateTimeRec date;
	UInt32 ticks;
	UInt8 text[256], packed[256], unpacked[256];
	Rect a, b, c;
	struct { long link; short type; } first, second;
	struct { short flags; long head, tail; } __attribute__((packed)) queue;
	Ptr from, to;
	short mask[2];

	CHECK(Gestalt('sysv', &response) == noErr && response >= 0x700);
	CHECK(Gestalt('none', &response) == -5551);
	CHECK(SysEnvirons(1, &environment) == noErr && environment.environsVersion == 1 && environment.processor == 3);
	CHECK(GetToolTrapAddress(0xa9a0) != GetToolTrapAddress(0xa89f));
	CHECK(GetToolTrapAddress(0xabfe) == GetToolTrapAddress(0xa89f));

	ticks = TickCount();
	SecondsToDate(0, &date);
	CHECK(date.year == 1904 && date.month == 1 && date.day == 1 && date.dayOfWeek == 6);
	SecondsToDate(0xb492f400, &date);
	CHECK(date.year == 2000 && date.month == 1 && date.day == 1 && date.hour == 0);
	CHECK(TickCount() - ticks < 36000);

	NumToString(-1234567, text);
	CHECK(same(text, "\x08-1234567", 9));
	CHECK(EqualString("\x03" "abc", "\x03" "ABC", false, true));
	CHECK(!EqualString("\x03" "abc", "\x03" "ABC", true, true));
	CHECK(!EqualString("\x03" "abc", "\x04" "ABCD", false, true));
	CHECK(EqualString("\x01\x8e", "\x01" "E", false, false));
	CHECK(!EqualString("\x01\x8e", "\x01" "E", false, true));
	CHECK(IUMagIDString("r\x8esum\x8e", "RESUME", 6, 6) == 0 && IUMagIDString("a", "b", 1, 1) == 1);
	CHECK(IUMagString("abc", "ABD", 3, 3) == -1 && IUMagString("b", "ABC", 1, 3) == 1 && IUMagString("a", "a", 1, 1) == 0);
	StuffHex(text, "\x06" "12abFF");
	CHECK(same(text, "\x12\xab\xff", 3));

	for (i = 0; i < 100; i++)
		text[i] = i < 30 ? 7 : i < 60 ? i : i / 25;
	from = (Ptr)text;
	to = (Ptr)packed;
	PackBits(&from, &to, 100);
	CHECK(from == (Ptr)text + 100 && to < (Ptr)packed + 60);
	i = to - (Ptr)packed;
	from = (Ptr)packed;
	to = (Ptr)unpacked;
	UnpackBits(&from, &to, 100);
	CHECK(from == (Ptr)packed + i && to == (Ptr)unpacked + 100 && same(text, unpacked, 100));

	CHECK(FixMul(0x18000, 0x28000) == 0x3c000);
	CHECK(FixMul(0x7fffffff, 0x7fffffff) == 0x7fffffff);
	CHECK(FixDiv(0x10000, 0x30000) == 0x5555 && FixDiv(-1, 0) == (long)0x80000000);
	CHECK(FixRatio(-1, 2) == -0x8000);
	CHECK(FixRound(0x18000) == 2 && FixRound(-0x18000) == -1);
	CHECK(FracSqrt(0x40000000) == 0x40000000 && FracSqrt(0x10000000) == 0x20000000);
	CHECK(FracSin(0) == 0 && FracCos(0) == 0x40000000);
	CHECK(FracMul(0x20000000, 0x20000000) == 0x10000000);
	CHECK(FixATan2(1, 1) == 51472);
	CHECK(HiWord(0x12345678) == 0x1234 && LoWord(0x12345678) == 0x5678);
	CHECK(BitShift(1, 4) == 16 && BitShift(-1, -28) == 15 && BitAnd(12, 10) == 8 && BitXor(12, 10) == 6);
	mask[0] = mask[1] = 0;
	BitSet(mask, 31);
	BitSet(mask, 0);
	CHECK(mask[0] == (short)0x8000 && mask[1] == 1 && BitTst(mask, 31) && !BitTst(mask, 30));
	BitClr(mask, 0);
	CHECK(mask[0] == 0);

	SetRect(&a, 10, 20, 110, 220);
	CHECK(a.left == 10 && a.top == 20 && a.right == 110 && a.bottom == 220);
	b = a;
	OffsetRect(&b, 50, -5);
	CHECK(SectRect(&a, &b, &c) && c.left == 60 && c.top == 20 && c.right == 110 && c.bottom == 215);
	UnionRect(&a, &b, &c);
	CHECK(c.left == 10 && c.top == 15 && c.right == 160 && c.bottom == 220);
	CHECK(PtInRect(POINT(20, 10), &a) && !PtInRect(POINT(20, 110), &a));
	InsetRect(&a, 60, 0);
	CHECK(EmptyRect(&a) && !EqualRect(&a, &b));

	queue.flags = 0;
	queue.head = queue.tail = 0;
	Enqueue(&first, &queue);
	Enqueue(&second, &queue);
	CHECK(queue.head == (long)&first && first.link == (long)&second && queue.tail == (long)&second);
	CHECK(Dequeue(&second, &queue) == noErr && queue.tail == (long)&first && first.link == 0);
	CHECK(Dequeue(&second, &queue) == -1);
	CHECK(Dequeue(&first, &queue) == noErr && queue.head == 0 && queue.tail == 0);
	CHECK(!Button());
	return 0;
}
