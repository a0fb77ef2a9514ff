#include "test.h"

/* Dates, files that are chosen, icons, and what there is not: see TestPackages. */

#pragma pack(push, 2)
typedef struct {
	Boolean good, replacing;
	OSType type;
	FSSpec file;
	short script, flags;
	Boolean isFolder, isVolume;
	long reserved1;
	short reserved2;
} Reply;
#pragma pack(pop)

long test(long argument)
{
	Str255 text;
	Reply reply;
	FSSpec spec;
	Boolean folder, aliased;
	IOParam block;
	Handle icon;
	Rect r = {0, 0, 8, 8};
	Ptr globals = NewPtrClear(256);

	(void)argument;
	IUDateString(2809659600UL, 0, text);
	CHECK(same(text, "\x07" "1/12/93", 8));
	IUDateString(2809659600UL, 1, text);
	CHECK(same(text, "\x19Tuesday, January 12, 1993", 26));
	IUDateString(2809659600UL, 2, text);
	CHECK(same(text, "\x11Tue, Jan 12, 1993", 18));
	IUTimeString(2809659661UL, false, text);
	CHECK(same(text, "\x07" "5:01 AM", 8));
	IUTimeString(2809659661UL, true, text);
	CHECK(same(text, "\x0a" "5:01:01 AM", 11));

	StandardGetFile(nil, -1, nil, &reply);
	CHECK(reply.good && same(reply.file.name, "\x04" "File", 5) && !reply.replacing);
	StandardPutFile("\x05Where", "\x04" "Name", &reply);
	CHECK(reply.good && !reply.replacing && same(reply.file.name, "\x03New", 4));
	StandardPutFile("\x05Where", "\x05" "Never", &reply);
	CHECK(!reply.good);
	CHECK(FSMakeFSSpec(0, 0, "\x04" "File", &spec) == noErr);
	CHECK(ResolveAliasFile(&spec, true, &folder, &aliased) == noErr && !folder && !aliased);
	spec.name[1] = '?';
	CHECK(ResolveAliasFile(&spec, true, &folder, &aliased) == -43);

	CHECK(PBControlSync(&block) == -21 && block.ioResult == -21);
	CHECK(SndPlay(nil, nil, false) == -192);

	InitGraf(globals + 202);
	icon = GetCIcon(128);
	CHECK(icon != nil && GetCIcon(129) == nil);
	PlotCIcon(&r, icon);
	DisposeCIcon(icon);
	return 0;
}
