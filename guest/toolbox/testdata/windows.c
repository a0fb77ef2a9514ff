#include "test.h"

/* Windows and controls: see TestWindows. The screen has 640 by 480 pixels. */

#define POINT(v, h) ((Point)(UInt16)(v) << 16 | (UInt16)(h))
#define FRONT ((Ptr)-1)

static Boolean is(Rect *r, short top, short left, short bottom, short right)
{
	return r->top == top && r->left == left && r->bottom == bottom && r->right == right;
}

static Boolean box(Handle region, short top, short left, short bottom, short right)
{
	return is((Rect *)(*region + 2), top, left, bottom, right);
}

static long update(WindowRecord *w)
{
	EventRecord e;
	CHECK(GetNextEvent(1 << updateEvt, &e) && (WindowRecord *)e.message == w);
	BeginUpdate((Ptr)w);
	EndUpdate((Ptr)w);
	CHECK(!EventAvail(1 << updateEvt, &e) || (WindowRecord *)e.message != w);
	return 0;
}

static long stacking(void)
{
	static WindowRecord storage;
	Rect r = {50, 20, 250, 320}, half = {100, 200, 300, 400};
	WindowRecord *a, *b;
	EventRecord e;
	Ptr found;
	Str255 title;
	long line;

	a = (WindowRecord *)NewWindow(&storage, &r, "\x03One", true, documentProc, FRONT, true, 77);
	CHECK(a == &storage && FrontWindow() == (Ptr)a);
	CHECK(is(&a->port.portRect, 0, 0, 200, 300) && a->windowKind == userKind && a->visible && a->goAwayFlag);
	CHECK(box(a->contRgn, 50, 20, 250, 320) && box(a->port.visRgn, 0, 0, 200, 300));
	CHECK(((Rect *)(*a->strucRgn + 2))->top == 31);
	CHECK(GetWRefCon((Ptr)a) == 77);
	/* It becomes active, and has to be drawn. */
	CHECK(GetNextEvent(1 << activateEvt, &e) && (WindowRecord *)e.message == a && (e.modifiers & activeFlag));
	CHECK(!GetNextEvent(1 << activateEvt, &e));
	if ((line = update(a)) != 0)
		return line;

	b = (WindowRecord *)NewCWindow(nil, &half, "\x03Two", true, plainDBox, FRONT, false, 0);
	CHECK(b != nil && FrontWindow() == (Ptr)b && a->nextWindow == nil && b->nextWindow == a);
	CHECK(GetNextEvent(everyEvent, &e) && e.what == activateEvt && (WindowRecord *)e.message == a && !(e.modifiers & activeFlag));
	CHECK(GetNextEvent(everyEvent, &e) && e.what == activateEvt && (WindowRecord *)e.message == b && (e.modifiers & activeFlag));
	CHECK(a->hilited == 0 && b->hilited != 0);
	if ((line = update(b)) != 0)
		return line;
	/* What b covers of a cannot be seen. */
	CHECK(box(a->port.visRgn, 0, 0, 200, 300) && *(short *)*a->port.visRgn > 10);
	CHECK(PtInRgn(POINT(10, 10), a->port.visRgn) && !PtInRgn(POINT(150, 250), a->port.visRgn));

	CHECK(FindWindow(POINT(10, 100), &found) == inMenuBar && found == nil);
	CHECK(FindWindow(POINT(150, 250), &found) == inContent && found == (Ptr)b);
	CHECK(FindWindow(POINT(60, 30), &found) == inContent && found == (Ptr)a);
	CHECK(FindWindow(POINT(40, 150), &found) == inDrag && found == (Ptr)a);
	CHECK(FindWindow(POINT(400, 600), &found) == inDesk && found == nil);

	SelectWindow((Ptr)a);
	CHECK(FrontWindow() == (Ptr)a && EmptyRgn(b->updateRgn) && !EmptyRgn(a->updateRgn));
	CHECK(box(a->updateRgn, 99, 199, 250, 320));
	CHECK(FindWindow(POINT(40, 33), &found) == inGoAway);
	CHECK(FindWindow(POINT(245, 315), &found) == inGrow);
	BeginUpdate((Ptr)a);
	CHECK(box(a->port.visRgn, 49, 179, 200, 300));
	EndUpdate((Ptr)a);
	CHECK(box(a->port.visRgn, 0, 0, 200, 300));

	HideWindow((Ptr)a);
	CHECK(FrontWindow() == (Ptr)b && !a->visible && EmptyRgn(a->strucRgn) && b->nextWindow == a);
	ShowWindow((Ptr)a);
	SendBehind((Ptr)b, nil);
	CHECK(FrontWindow() == (Ptr)a && a->nextWindow == b);

	MoveWindow((Ptr)a, 100, 200, false);
	CHECK(box(a->contRgn, 200, 100, 400, 400));
	SizeWindow((Ptr)a, 150, 120, true);
	CHECK(box(a->contRgn, 200, 100, 320, 250) && is(&a->port.portRect, 0, 0, 120, 150));
	update(a);
	SetPort((Ptr)a);
	r.top = 5, r.left = 6, r.bottom = 50, r.right = 500;
	InvalRect(&r);
	CHECK(box(a->updateRgn, 205, 106, 250, 250));
	r.bottom = 20;
	ValidRect(&r);
	CHECK(box(a->updateRgn, 220, 106, 250, 250));
	SetWTitle((Ptr)a, "\x05Other");
	GetWTitle((Ptr)a, title);
	CHECK(same(title, "\x05Other", 6));

	/* The host drags it by 30 to the right and 5 up, and makes it larger. */
	CHECK(GetNextEvent(1 << mouseDown, &e));
	CHECK(FindWindow(POINT(e.where.v, e.where.h), &found) == inDrag && found == (Ptr)a);
	r.top = 20, r.left = 4, r.bottom = 476, r.right = 636;
	DragWindow((Ptr)a, POINT(e.where.v, e.where.h), &r);
	CHECK(box(a->contRgn, 195, 130, 315, 280));
	CHECK(GetNextEvent(1 << mouseUp, &e));
	CHECK(GetNextEvent(1 << mouseDown, &e));
	CHECK(FindWindow(POINT(e.where.v, e.where.h), &found) == inGrow);
	r.top = 50, r.left = 50, r.bottom = 130, r.right = 500;
	CHECK(GrowWindow((Ptr)a, POINT(e.where.v, e.where.h), &r) == (129L << 16 | 160));
	CHECK(GetNextEvent(1 << mouseUp, &e));

	CloseWindow((Ptr)a);
	CHECK(FrontWindow() == (Ptr)b);
	DisposeWindow((Ptr)b);
	CHECK(FrontWindow() == nil);
	return 0;
}

static long counted;

#if TARGET_RT_MAC_CFM
static void action(Handle control, short part)
{
	counted += part;
}
#define ACTION NewRoutineDescriptor(action, 0x2c0, GetCurrentArchitecture())
#else
extern void action(void);
void action_body(long part)
{
	counted += part;
}
__asm__("action: move.l (%sp)+,%a0\n\tmove.w (%sp)+,%d0\n\taddq.l #4,%sp\n\text.l %d0\n\tmove.l %a0,-(%sp)\n\tmove.l %d0,-(%sp)\n\tbsr action_body\n\taddq.l #4,%sp\n\trts");
#define ACTION ((UniversalProcPtr)action)
#endif

static long controls(void)
{
	Rect r = {60, 20, 300, 320}, button = {10, 10, 30, 90}, check = {40, 10, 60, 90}, bar = {0, 284, 160, 300};
	Ptr w = NewWindow(nil, &r, "\x01", true, documentProc, FRONT, true, 0);
	Handle ok, on, scroll, found;
	ControlRecord *c;
	EventRecord e;

	SetPort(w);
	ok = NewControl(w, &button, "\x02OK", true, 0, 0, 1, pushButProc, 5);
	on = NewControl(w, &check, "\x02On", true, 1, 0, 1, checkBoxProc, 0);
	scroll = NewControl(w, &bar, "\x00", true, 0, 0, 100, scrollBarProc, 0);
	CHECK(ok && on && scroll && ((WindowRecord *)w)->controlList == scroll);
	c = *(ControlRecord **)on;
	CHECK(c->nextControl == (ControlRecord **)ok && c->contrlOwner == w && c->contrlValue == 1 && c->contrlVis);
	CHECK(GetControlReference(ok) == 5);
	CHECK(FindControl(POINT(20, 50), w, &found) == inButton && found == ok);
	CHECK(FindControl(POINT(50, 20), w, &found) == inCheckBox && found == on);
	CHECK(FindControl(POINT(100, 20), w, &found) == 0 && found == nil);
	HiliteControl(ok, 255);
	CHECK(TestControl(ok, POINT(20, 50)) == 0);
	HiliteControl(ok, 0);
	SetControlValue(scroll, 500);
	CHECK(GetControlValue(scroll) == 100);
	SetControlMaximum(scroll, 50);
	CHECK(GetControlValue(scroll) == 50 && GetControlMaximum(scroll) == 50);
	SetControlMaximum(scroll, 100);
	SetControlValue(scroll, 0);
	CHECK(TestControl(scroll, POINT(5, 290)) == inUpButton && TestControl(scroll, POINT(155, 290)) == inDownButton);
	CHECK(TestControl(scroll, POINT(20, 290)) == inThumb && TestControl(scroll, POINT(100, 290)) == inPageDown);

	/* The host presses the button and lets it go elsewhere, then in it. */
	CHECK(GetNextEvent(1 << mouseDown, &e));
	GlobalToLocal((Point *)(void *)&e.where);
	CHECK(TrackControl(ok, POINT(e.where.v, e.where.h), nil) == 0);
	CHECK(GetNextEvent(1 << mouseUp, &e));
	CHECK(GetNextEvent(1 << mouseDown, &e));
	GlobalToLocal((Point *)(void *)&e.where);
	CHECK(FindControl(POINT(e.where.v, e.where.h), w, &found) == inButton);
	CHECK(TrackControl(ok, POINT(e.where.v, e.where.h), nil) == inButton);
	CHECK(GetNextEvent(1 << mouseUp, &e));
	/* It holds the arrow for three looks. */
	CHECK(GetNextEvent(1 << mouseDown, &e));
	GlobalToLocal((Point *)(void *)&e.where);
	CHECK(TrackControl(scroll, POINT(e.where.v, e.where.h), ACTION) == inDownButton && counted == 3 * inDownButton);
	CHECK(GetNextEvent(1 << mouseUp, &e));
	/* It moves the thumb to the end. */
	CHECK(GetNextEvent(1 << mouseDown, &e));
	GlobalToLocal((Point *)(void *)&e.where);
	CHECK(TrackControl(scroll, POINT(e.where.v, e.where.h), nil) == inThumb && GetControlValue(scroll) == 100);
	CHECK(GetNextEvent(1 << mouseUp, &e));
	DisposeControl(on);
	CHECK(((ControlRecord **)scroll)[0]->nextControl == (ControlRecord **)ok);
	DisposeWindow(w);
	return 0;
}

long test(long argument)
{
	Ptr globals = NewPtrClear(256);
	long line;

	(void)argument;
	InitGraf(globals + 202);
	InitWindows();
	line = stacking();
	return line != 0 ? line : controls();
}
