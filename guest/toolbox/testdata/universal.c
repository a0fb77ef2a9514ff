/* PowerPC only: routines of the system, and patches of it, as universal procedure
 * pointers. */
#include "test.h"

enum {
	ticksInfo = 3 << 4,                                                          /* pascal long(void) */
	newPtrInfo = 2 | 3 << 4 | 4 << 6 | (2 | 1 << 2) << 11 | 3 << 16,             /* A0 of (D1 short, D0 long) */
	gestaltInfo = 2 << 4 | 3 << 6 | 3 << 8                                       /* pascal OSErr(OSType, long *) */
};

static UInt32 my_ticks(void) { return 4711; }
static OSErr my_gestalt(OSType selector, long *response)
{
	*response = selector == 'mine' ? 42 : 0;
	return noErr;
}

long test(long argument)
{
	UniversalProcPtr old, upp;
	Ptr p;
	long response;

	old = NGetTrapAddress(0xa975, 1);
	CHECK(old != NGetTrapAddress(0xa89f, 1) && old == GetToolTrapAddress(0xa975));
	CHECK((UInt32)CallUniversalProc(old, ticksInfo) - TickCount() + 100 < 200);
	p = (Ptr)CallOSTrapUniversalProc(GetOSTrapAddress(0xa11e), newPtrInfo, 0xa31e, 123);
	CHECK(p != nil && GetPtrSize(p) == 123);
	upp = NewRoutineDescriptor(my_ticks, ticksInfo, GetCurrentArchitecture());
	SetToolTrapAddress(upp, 0xa975);
	CHECK(CallUniversalProc(NGetTrapAddress(0xa975, 1), ticksInfo) == 4711);
	NSetTrapAddress(old, 0xa975, 1);
	DisposeRoutineDescriptor(upp);

	upp = NewRoutineDescriptor(my_gestalt, gestaltInfo, GetCurrentArchitecture());
	CHECK(Gestalt('mine', &response) == -5551);
	CHECK(NewGestalt('mine', upp) == noErr && NewGestalt('mine', upp) == -5552);
	CHECK(Gestalt('mine', &response) == noErr && response == 42);
	CHECK(Gestalt('host', &response) == noErr && response == 99);
	CHECK(NewGestaltValue('made', 7) == noErr && NewGestaltValue('made', 8) == -5552 && ReplaceGestaltValue('made', 9) == noErr);
	CHECK(Gestalt('made', &response) == noErr && response == 9);
	CHECK(DeleteGestaltValue('made') == noErr && Gestalt('made', &response) == -5551);
	CHECK(ReplaceGestalt('host', upp, &old) == noErr && old == nil);
	CHECK(Gestalt('host', &response) == noErr && response == 0);
	return 0;
}
