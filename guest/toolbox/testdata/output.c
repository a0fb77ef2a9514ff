#include "test.h"

long test(long argument)
{
	DebugStr("\x05Gr\x9f\xa7" "e");
	ExitToShell();
	return 0;
}
