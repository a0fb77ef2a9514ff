#include "test.h"

long test(long argument)
{
	Ptr p;
	Handle h, other, many[100];
	long i;

	p = NewPtr(1000);
	CHECK(p != nil && MemError() == noErr);
	CHECK(GetPtrSize(p) == 1000);
	for (i = 0; i < 1000; i++)
		CHECK(p[i] == 0);
	SetPtrSize(p, 10);
	CHECK(MemError() == noErr && GetPtrSize(p) == 10);
	DisposePtr(p);
	CHECK(MemError() == noErr);
	DisposePtr(p);
	CHECK(MemError() == -111);
	CHECK(NewPtr(0x7fffffff) == nil && MemError() == -108);
	CHECK(NewPtr(-1) == nil && MemError() == -108);

	h = NewHandleClear(4);
	CHECK(h != nil && *h != nil && GetHandleSize(h) == 4);
	**(long **)h = 0x12345678;
	CHECK(RecoverHandle(*h) == h);
	for (i = 0; i < 100; i++) {
		many[i] = NewHandle(i * 100);
		CHECK(many[i] != nil);
	}
	SetHandleSize(h, 5000);
	CHECK(MemError() == noErr && GetHandleSize(h) == 5000);
	CHECK(**(long **)h == 0x12345678 && (*h)[4999] == 0);
	CHECK(HGetState(h) == 0);
	HLock(h);
	HPurge(h);
	CHECK((UInt8)HGetState(h) == 0xc0);
	HSetState(h, 0x20);
	CHECK(HGetState(h) == 0x20);
	for (i = 0; i < 100; i += 2)
		DisposeHandle(many[i]);
	CHECK(CompactMem(1000) > 1000);
	CHECK(MaxBlock() > 1000000 && FreeMem() > 1000000);
	CHECK(**(long **)h == 0x12345678);
	for (i = 1; i < 100; i += 2) {
		CHECK(GetHandleSize(many[i]) == i * 100);
		DisposeHandle(many[i]);
		CHECK(MemError() == noErr);
	}

	other = h;
	CHECK(HandToHand(&other) == noErr && other != h && GetHandleSize(other) == 5000);
	CHECK(**(long **)other == 0x12345678);
	CHECK(PtrToXHand("abcdef", other, 6) == noErr && GetHandleSize(other) == 6);
	CHECK(PtrAndHand("ghi", other, 3) == noErr && same(*other, "abcdefghi", 9));
	CHECK(HandAndHand(other, other) == noErr && same(*other, "abcdefghiabcdefghi", 18));
	CHECK(Munger(other, 1, "def", 3, "--", 2) == 5 && GetHandleSize(other) == 17);
	CHECK(same(*other, "abc--ghiabcdefghi", 17));
	CHECK(Munger(other, 6, "ghi", 3, nil, 0) == 14);
	CHECK(Munger(other, 0, "nothing", 7, nil, 0) == -1);
	CHECK(PtrToHand("xyz", &h, 3) == noErr && same(*h, "xyz", 3));
	HLock(h);
	p = *h;
	BlockMove(p, p + 1, 2);
	CHECK(same(p, "xxy", 3));

	EmptyHandle(other);
	CHECK(MemError() == noErr && *other == nil);
	CHECK(GetHandleSize(other) == 0 && MemError() == -109);
	ReallocateHandle(other, 30);
	CHECK(GetHandleSize(other) == 30);
	EmptyHandle(h);
	CHECK(MemError() == -112);
	DisposeHandle(nil);
	CHECK(MemError() == -109);
	DisposeHandle((Handle)p);
	CHECK(MemError() == -111);

	/* When memory is short, blocks are moved and purged. */
	i = MaxBlock() / 2;
	many[0] = NewHandle(i + 1000);
	CHECK(many[0] != nil);
	HPurge(many[0]);
	many[1] = NewHandle(i + 1000);
	CHECK(many[1] != nil && *many[0] == nil && *many[1] != nil);
	CHECK(NewHandle(i + 1000) == nil && MemError() == -108);
	DisposeHandle(many[1]);

	CHECK(GetZone() == HandleZone(other));
	CHECK(HandleZone(NewHandleSys(1)) != GetZone());
	return 0;
}
