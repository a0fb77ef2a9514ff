#include "test.h"

/* How 68K code, which knows nothing of PowerPC code, calls it: through a routine
 * descriptor. */
enum { addInfo = 1 | 3 << 4 | 3 << 6 | 3 << 8 }; /* long add(long, long), in C */

static long call_add(Ptr vector, long a, long b)
{
	UniversalProcPtr upp = NewRoutineDescriptor(vector, addInfo, 1);
	long result;
#ifdef __powerpc__
	result = CallUniversalProc(upp, addInfo, a, b);
#else
	result = ((long (*)(long, long))upp)(a, b);
#endif
	DisposeRoutineDescriptor(upp);
	return result;
}

long test(long argument)
{
	FSSpec spec;
	ConnectionID connection, other;
	Ptr address, main_address;
	UInt8 class;
	Str255 error, name;
	long count, i, found;
	Ptr (*place)(void);

	CHECK(FSMakeFSSpec(0, 0, "\x07Library", &spec) == noErr);
	CHECK(GetDiskFragment(&spec, 0, 0, "\x03" "Lib", 5, &connection, &main_address, error) == noErr);
	CHECK(connection != 0 && main_address == nil);
	CHECK(FindSymbol(connection, "\x03" "add", &address, &class) == noErr && class == 2);
	CHECK(call_add(address, 1, 2) == 45);
	CHECK(FindSymbol(connection, "\x07nothing", &address, &class) == -2802);
	CHECK(FindSymbol(connection, "\x07" "counter", &address, &class) == noErr && class == 1 && *(long *)address == 42);
	CHECK(CountSymbols(connection, &count) == noErr && count == 4);
	for (found = i = 0; i < count; i++) {
		CHECK(GetIndSymbol(connection, i, name, &address, &class) == noErr);
		found += same(name, "\x05place", 6) || same(name, "\x03" "add", 4);
	}
	CHECK(found == 2 && GetIndSymbol(connection, count, name, &address, &class) == -2802);

	/* Another copy has data of its own. */
	CHECK(GetDiskFragment(&spec, 0, 0, "\x03" "Lib", 5, &other, &main_address, error) == noErr && other != connection);
	CHECK(FindSymbol(connection, "\x07" "counter", &address, &class) == noErr);
	*(long *)address = 100;
	CHECK(FindSymbol(other, "\x03" "add", &address, &class) == noErr && call_add(address, 1, 2) == 45);
	CHECK(FindSymbol(connection, "\x03" "add", &address, &class) == noErr && call_add(address, 1, 2) == 103);
	CHECK(FindSymbol(connection, "\x05place", (Ptr *)&place, &class) == noErr);
#ifdef __powerpc__
	CHECK(same(place(), "\x07Library", 8));
#endif
	CHECK(CloseConnection(&connection) == noErr && connection == 0);
	CHECK(CloseConnection(&connection) == -2801);
	CHECK(CloseConnection(&other) == noErr);

	/* Libraries by name, of the system and not there. */
	CHECK(GetSharedLibrary("\x0cInterfaceLib", 'pwpc', 1, &connection, &main_address, error) == noErr);
	CHECK(FindSymbol(connection, "\x09NewHandle", &address, &class) == noErr && address != nil);
	CHECK(GetSharedLibrary("\x07Nowhere", 'pwpc', 1, &other, &main_address, error) == -2804);
	CHECK(same(error, "\x07Nowhere", 8) && other == 0);
	CHECK(FSMakeFSSpec(0, 0, "\x05Plain", &spec) == noErr);
	CHECK(GetDiskFragment(&spec, 0, 0, nil, 5, &connection, &main_address, error) == -2806);
	CHECK(GetDiskFragment(&spec, 1000, 0, nil, 5, &connection, &main_address, error) == -39);

	/* In memory. */
	count = 8;
	CHECK(GetMemFragment(&count, 4, nil, 5, &connection, &main_address, error) == -2806);
	return 0;
}
