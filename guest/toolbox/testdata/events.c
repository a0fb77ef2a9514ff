#include "test.h"

/* Events that the host has posted: see TestEvents. */

static long clicks(void)
{
	EventRecord e;
	Point p;
	UInt32 keys[4];
	long moves = 0;

	CHECK(EventAvail(everyEvent, &e) && e.what == mouseDown && e.where.h == 100 && e.where.v == 50);
	CHECK(Button() && !StillDown());
	CHECK(!GetNextEvent(1 << keyDown, &e) || e.what == keyDown);
	CHECK(e.what == keyDown && (e.message & 0xff) == 'x' && (e.modifiers & (cmdKey | btnState)) == (cmdKey | btnState));
	GetKeys(keys);
	CHECK(((UInt8 *)keys)[7 >> 3] == 0x80);
	CHECK(WaitNextEvent(everyEvent, &e, 0, nil) && e.what == mouseDown && !(e.modifiers & btnState));
	/* Two moves, then it is released. */
	while (StillDown())
		moves++;
	GetMouse(&p);
	CHECK(moves == 2 && p == 0x00500082);
	CHECK(!WaitMouseUp());
	CHECK(!EventAvail(1 << mouseUp, &e));
	/* A press that nobody releases. */
	CHECK(GetNextEvent(everyEvent, &e) && e.what == mouseDown);
	CHECK(!StillDown() && GetNextEvent(everyEvent, &e) && e.what == mouseUp);
	return 0;
}

long test(long argument)
{
	EventRecord e;
	UInt32 before;
	long line = clicks();

	(void)argument;
	if (line != 0)
		return line;
	before = TickCount();
	CHECK(!WaitNextEvent(everyEvent, &e, 600, nil) && e.what == nullEvent);
	CHECK(TickCount() - before >= 600);
	CHECK(PostEvent(keyDown, 'a') == noErr && PostEvent(keyDown, 'b') == noErr && PostEvent(12, 99) == noErr);
	CHECK(PostEvent(keyUp, 'a') == 1);
	CHECK(FlushEvents((1 << keyDown) | (1 << 12 << 16)) == 12);
	CHECK(GetNextEvent(everyEvent, &e) && e.what == 12 && e.message == 99);
	CHECK(!GetNextEvent(everyEvent, &e));
	SystemTask();
	CHECK(OpenDeskAcc("\x05" "Clock") == 0);
	return 0;
}
