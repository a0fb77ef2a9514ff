#include "test.h"

static IOParam io;

/* What the high-level calls do, for processors that have no import library. */
static OSErr transfer(short ref, void *buffer, long count, short mode, long offset, Boolean write)
{
	io.ioCompletion = nil;
	io.ioRefNum = ref;
	io.ioBuffer = buffer;
	io.ioReqCount = count;
	io.ioPosMode = mode;
	io.ioPosOffset = offset;
	return write ? PBWriteSync(&io) : PBReadSync(&io);
}

long test(long argument)
{
	FSSpec spec, folder;
	short ref, other, volume;
	long id, i;
	char buffer[64];
	FInfo info;
	Str255 name;
	union { HFileInfo file; char room[122]; } cat;

	/* Names. */
	CHECK(FSMakeFSSpec(0, 0, "\x05" "FIRST", &spec) == noErr && same(spec.name, "\x05" "First", 6) && spec.parID == 2 && spec.vRefNum == -1);
	CHECK(FSMakeFSSpec(0, 0, "\x03New", &spec) == -43 && spec.parID == 2 && same(spec.name, "\x03New", 4));
	CHECK(FSMakeFSSpec(0, 0, "\x06:a:b:c", &spec) == -120);
	CHECK(FSMakeFSSpec(0, 0, "\x06" "Else:a", &spec) == -35);
	CHECK(FSMakeFSSpec(-7, 0, "\x01" "a", &spec) == -35);
	CHECK(FSMakeFSSpec(0, 0, "\x18Macintosh HD:Folder:in.c", &spec) == noErr && spec.parID != 2);
	CHECK(FSMakeFSSpec(0, spec.parID, "\x0a::Folder::", &folder) == noErr && folder.parID == 1);
	CHECK(FSMakeFSSpec(0, 0, "\x06" "Folder", &folder) == noErr);
	CHECK(FSMakeFSSpec(0, 0, "\x0d:::etc:passwd", &folder) == -120);
	CHECK(FSMakeFSSpec(0, 0, "\x06../etc", &folder) == -43);

	/* Reading. */
	CHECK(FSpOpenDF(&spec, 1, &ref) == noErr && ref > 0);
	CHECK(transfer(ref, buffer, 5, 0, 0, false) == noErr && same(buffer, "int x", 5));
	CHECK(transfer(ref, buffer, 60, 0, 0, false) == -39 && io.ioActCount == 2 && same(buffer, ";\n", 2));
	CHECK(transfer(ref, buffer, 2, 3, -4, false) == noErr && same(buffer, " x", 2));
	CHECK(transfer(ref, buffer, 2, 2, -2, false) == noErr && same(buffer, ";\n", 2));
	CHECK(transfer(ref, buffer, 2, 1, -2, false) == -40);
	CHECK(transfer(ref, buffer, 2, 1, 70, false) == -39);
	CHECK(transfer(ref, buffer, -2, 1, 0, false) == -50);
	CHECK(transfer(ref, buffer, 1, 1, 0, true) == -61);
	io.ioRefNum = ref;
	CHECK(PBGetEOFSync(&io) == noErr && io.ioMisc == (Ptr)7);
	CHECK(PBCloseSync(&io) == noErr && PBCloseSync(&io) == -51);
	CHECK(transfer(ref, buffer, 1, 0, 0, false) == -51);
	CHECK(FSpOpenRF(&spec, 1, &ref) == noErr && ref > 0);
	io.ioRefNum = ref;
	CHECK(PBGetEOFSync(&io) == noErr && io.ioMisc == 0 && PBCloseSync(&io) == noErr);

	/* Information. */
	CHECK(FSMakeFSSpec(0, 0, "\x05" "First", &spec) == noErr);
	CHECK(FSpGetFInfo(&spec, &info) == noErr && info.fdType == 'TEST' && info.fdCreator == 'CPLG');
	for (i = 0; i < (long)sizeof cat; i++)
		cat.room[i] = 0;
	cat.file.ioNamePtr = name;
	for (i = 1; i < 10; i++) {
		cat.file.ioFDirIndex = i;
		cat.file.ioDirID = 2;
		if (PBGetCatInfoSync(&cat) != noErr)
			break;
		if (name[0] == 5 && same(name, "\x05" "First", 6))
			CHECK(!(cat.file.ioFlAttrib & 0x10) && cat.file.ioFlLgLen == 4 && cat.file.ioFlRLgLen > 256 && cat.file.ioFlFndrInfo.fdType == 'TEST');
		else if (name[0] == 6 && same(name, "\x06" "Folder", 7))
			CHECK(cat.file.ioFlAttrib & 0x10);
		else
			CHECK(same(name, "\x05" "Plain", 6));
	}
	CHECK(i == 4 && cat.file.ioResult == -43);
	cat.file.ioFDirIndex = -1;
	cat.file.ioDirID = 2;
	CHECK(PBGetCatInfoSync(&cat) == noErr && same(name, "\x0cMacintosh HD", 13));
	cat.file.ioVRefNum = 0;
	CHECK(PBHGetVolSync(&cat) == noErr && cat.file.ioVRefNum == -1);
	CHECK(FindFolder(-32768, 'pref', false, &volume, &id) == -43);

	CHECK(FSMakeFSSpec(0, 0, "\x02..", &spec) == -43 && FSpCreate(&spec, 'CPLG', 'TEXT', 0) == -37);

	/* Writing. */
	CHECK(FSMakeFSSpec(0, 0, "\x0c:Folder:Made", &spec) == -43);
	if (!argument) {
		CHECK(FSpCreate(&spec, 'CPLG', 'TEXT', 0) == -44);
		CHECK(FSpOpenDF(&spec, 3, &ref) == -43);
		return 0;
	}
	CHECK(FSpCreate(&spec, 'CPLG', 'TEXT', 0) == noErr);
	CHECK(FSpCreate(&spec, 'CPLG', 'TEXT', 0) == -48);
	CHECK(FSpOpenDF(&spec, 3, &ref) == noErr);
	CHECK(FSpOpenDF(&spec, 3, &other) == -49 && other == ref);
	CHECK(FSpOpenDF(&spec, 1, &other) == noErr && other != ref);
	CHECK(transfer(ref, "written", 7, 0, 0, true) == noErr && io.ioActCount == 7);
	CHECK(transfer(ref, "W", 1, 1, 0, true) == noErr && io.ioPosOffset == 1);
	CHECK(transfer(other, buffer, 7, 0, 0, false) == noErr && same(buffer, "Written", 7));
	io.ioRefNum = ref;
	io.ioMisc = (Ptr)4;
	CHECK(PBSetEOFSync(&io) == noErr);
	CHECK(transfer(other, buffer, 1, 0, 0, false) == -39);
	io.ioRefNum = ref;
	io.ioMisc = (Ptr)0x7fffffff;
	CHECK(PBSetEOFSync(&io) == -34);
	CHECK(FSpDelete(&spec) == -47);
	CHECK(PBCloseSync(&io) == noErr);
	io.ioRefNum = other;
	CHECK(PBCloseSync(&io) == noErr);
	CHECK(FSpRename(&spec, "\x02..") == -37 && FSpRename(&spec, "\x03" "a:b") == -37 && FSpRename(&spec, "\x05Plain") == noErr);
	CHECK(FSMakeFSSpec(0, 0, "\x0d:Folder:Plain", &spec) == noErr && FSpRename(&spec, "\x04in.c") == -48);
	CHECK(FSpRename(&spec, "\x05Other") == noErr && FSpDelete(&spec) == -43);
	CHECK(FSMakeFSSpec(0, 0, "\x03" "Sub", &folder) == -43 && FSpDirCreate(&folder, 0, &id) == noErr && id > 2);
	CHECK(FindFolder(-32768, 'pref', true, &volume, &id) == noErr && volume == -1);
	CHECK(FSpDelete(&folder) == noErr && FSpDelete(&folder) == -43);
	return 0;
}
