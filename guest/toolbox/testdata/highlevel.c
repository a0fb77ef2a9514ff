/* Fragments only: these calls have no traps. */
#include "test.h"

long test(long argument)
{
	short ref, volume;
	long count, at, id;
	char buffer[16];
	Str255 text;

	CHECK(HOpen(-1, 2, "\x0c:Folder:in.c", 1, &ref) == noErr);
	count = 16;
	CHECK(FSRead(ref, &count, buffer) == -39 && count == 7 && same(buffer, "int x;\n", 7));
	CHECK(SetFPos(ref, 1, 4) == noErr && GetFPos(ref, &at) == noErr && at == 4);
	count = 1;
	CHECK(FSRead(ref, &count, buffer) == noErr && buffer[0] == 'x');
	CHECK(GetEOF(ref, &count) == noErr && count == 7);
	CHECK(FSClose(ref) == noErr && FSClose(ref) == -51);
	CHECK(HSetVol("\x07:Folder", 0, 0) == noErr && HGetVol(text, &volume, &id) == noErr && id != 2);
	CHECK(FSOpen("\x04in.c", 0, &ref) == noErr && FSClose(ref) == noErr);
	CHECK(SetVol(nil, -1) == noErr && FSOpen("\x04in.c", 0, &ref) == -43);

	ref = OpenResFile("\x05" "First");
	GetIndString(text, 128, 2);
	CHECK(same(text, "\x03two", 4));
	GetIndString(text, 128, 3);
	CHECK(text[0] == 0);
	GetIndString(text, 129, 1);
	CHECK(text[0] == 0);
	buffer[0] = 0x61, buffer[1] = 0x62, buffer[2] = 0;
	CHECK(same(C2pstr(buffer), "\x02" "ab", 3) && same(P2cstr(buffer), "ab", 3));
	CHECK(FSClose(ref) == -51);
	CloseResFile(ref);
	return 0;
}
