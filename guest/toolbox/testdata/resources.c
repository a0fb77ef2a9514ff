#include "test.h"

/* A resource map has its file's number at 20. */
static short top_file(void) { return *(short *)(*LMGetTopMapHndl() + 20); }

long test(long argument)
{
	short first, second, id;
	Handle h, other;
	ResType type;
	Str255 name;
	FSSpec spec;
	FCBPBRec block;

	CHECK(GetResource('TEXT', 128) == nil && ResError() == -192);
	first = OpenResFile("\x05" "First");
	CHECK(first > 0 && CurResFile() == first && top_file() == first);
	CHECK(OpenResFile("\x07" "Nowhere") == -1 && ResError() == -43);
	CHECK(FSMakeFSSpec(0, 0, "\x0e:Folder:Second", &spec) == noErr);
	second = FSpOpenResFile(&spec, 1);
	CHECK(second > 0 && second != first && CurResFile() == second && top_file() == second);
	CHECK(FSpOpenResFile(&spec, 1) == second);

	/* The latest file first; Get1 in one file only. */
	h = GetResource('TEXT', 128);
	CHECK(h != nil && ResError() == noErr && GetHandleSize(h) == 6 && same(*h, "second", 6));
	CHECK(HomeResFile(h) == second && GetResource('TEXT', 128) == h);
	CHECK((UInt8)HGetState(h) == 0x60); /* purgeable, a resource */
	CHECK(Get1Resource('TEXT', 129) == nil && ResError() == -192);
	other = GetResource('TEXT', 129);
	CHECK(other != nil && HomeResFile(other) == first && same(*other, "only first", 10));
	UseResFile(first);
	CHECK(CurResFile() == first);
	other = GetResource('TEXT', 128);
	CHECK(other != h && same(*other, "first", 5));
	UseResFile(12345);
	CHECK(ResError() == -193);

	CHECK(CountResources('TEXT') == 3 && Count1Resources('TEXT') == 2 && CountResources('none') == 0);
	CHECK(CountTypes() == 3 && Count1Types() == 2);
	Get1IndType(&type, 2);
	CHECK(type == 'STR#');
	Get1IndType(&type, 3);
	CHECK(type == 0 && ResError() == -192);
	CHECK(Get1IndResource('TEXT', 1) == other);
	CHECK(GetIndResource('TEXT', 1) == h);
	CHECK(GetNamedResource('TEXT', "\x04name") == nil);
	CHECK(GetNamedResource('TEXT', "\x05N\x83ME!") == other && Get1NamedResource('TEXT', "\x05n\x8eme!") == other);
	GetResInfo(other, &id, &type, name);
	CHECK(id == 128 && type == 'TEXT' && same(name, "\x05n\x8eme!", 6));
	CHECK(GetResAttrs(h) == 0x20 && GetResAttrs(other) == 0x00);
	CHECK(GetResourceSizeOnDisk(h) == 6);

	/* Purged resources come back when they are asked for. */
	EmptyHandle(h);
	CHECK(*h == nil);
	LoadResource(h);
	CHECK(*h != nil && same(*h, "second", 6));
	ReleaseResource(h);
	CHECK(HomeResFile(h) == -1);
	SetResLoad(false);
	UseResFile(second);
	h = GetResource('TEXT', 128);
	CHECK(h != nil && *h == nil);
	ReadPartialResource(h, 2, name, 3);
	CHECK(ResError() == noErr && same(name, "con", 3));
	SetResLoad(true);
	CHECK(GetResource('TEXT', 128) == h && *h != nil);
	DetachResource(h);
	CHECK(HomeResFile(h) == -1 && GetHandleSize(h) == 6);
	CHECK(GetResource('TEXT', 128) != h);

	/* From a resource to its file. */
	block.ioCompletion = nil;
	block.ioNamePtr = name;
	block.ioVRefNum = 0;
	block.ioRefNum = HomeResFile(GetResource('TEXT', 128));
	block.ioFCBIndx = 0;
	CHECK(PBGetFCBInfoSync(&block) == noErr && same(name, "\x06Second", 7));
	CHECK(block.ioFCBVRefNum == -1 && block.ioFCBParID == spec.parID && (block.ioFCBFlags & 0x200));
	CHECK(FSMakeFSSpec(block.ioFCBVRefNum, block.ioFCBParID, name, &spec) == noErr);

	CloseResFile(second);
	CHECK(ResError() == noErr && CurResFile() == first && top_file() == first);
	CloseResFile(second);
	CHECK(ResError() == -193);

	/* New resources. */
	if (argument) {
		UseResFile(first);
		h = NewHandle(3);
		(*h)[0] = 'n', (*h)[1] = 'e', (*h)[2] = 'w';
		AddResource(h, 'TEXT', UniqueID('TEXT'), "\x06" "A name");
		CHECK(ResError() == noErr && HomeResFile(h) == first);
		GetResInfo(h, &id, &type, name);
		CHECK(id == 130);
		ChangedResource(other);
		SetHandleSize(other, 1);
		CHECK(MemError() == noErr);
		RemoveResource(GetResource('TEXT', 129));
		CHECK(ResError() == noErr);
	} else {
		AddResource(NewHandle(3), 'TEXT', 1, "\x01x");
		CHECK(ResError() == -61);
	}
	CloseResFile(first);
	CHECK(ResError() == noErr && CurResFile() == 0 && LMGetTopMapHndl() == nil);
	return 0;
}
