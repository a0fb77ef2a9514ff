/* Scenes, each of which is drawn to the upper left of the screen: the argument is
 * which. draw.txtar has what they look like. */
#include "test.h"

static QDGlobals qd;

static Rect *rect(short left, short top, short right, short bottom)
{
	static Rect rects[4];
	static short next;
	Rect *r = &rects[next++ & 3];
	SetRect(r, left, top, right, bottom);
	return r;
}

static void line(short h, short v, short toH, short toV)
{
	MoveTo(h, v);
	LineTo(toH, toV);
}

static void lines(void)
{
	line(0, 0, 20, 0);
	line(0, 2, 20, 7);
	line(0, 12, 20, 7);
	line(22, 0, 26, 12);
	line(34, 0, 30, 12);
	line(36, 3, 36, 3);
	PenSize(3, 2);
	line(40, 0, 50, 4);
	line(50, 8, 40, 12);
	PenSize(0, 5);
	line(0, 0, 50, 12);
}

static void rectangles(void)
{
	Pattern grid = { { 0xff, 0x80, 0x80, 0x80, 0xff, 0x80, 0x80, 0x80 } };
	FrameRect(rect(0, 0, 10, 6));
	PenSize(3, 1);
	FrameRect(rect(12, 0, 24, 6));
	PenNormal();
	PaintRect(rect(26, 0, 32, 6));
	FillRect(rect(34, 0, 46, 12), &qd.gray);
	EraseRect(rect(37, 3, 43, 9));
	InvertRect(rect(30, 2, 40, 5));
	FillRect(rect(1, 8, 19, 18), &grid);
	PenMode(patXor);
	PenPat(&qd.gray);
	PaintRect(rect(10, 10, 28, 14));
	PaintRect(rect(9, 9, 9, 20)); /* empty */
	PaintRect(rect(20, 20, 10, 10)); /* inverted */
}

static void ovals(void)
{
	short i;
	for (i = 1; i < 9; i++)
		PaintOval(rect(i * (i - 1) / 2 + i, 0, i * (i + 1) / 2 + i, i));
	FrameOval(rect(0, 9, 16, 20));
	PenSize(3, 2);
	FrameOval(rect(18, 9, 34, 20));
	InvertOval(rect(36, 9, 59, 20));
}

static void roundRectangles(void)
{
	FrameRoundRect(rect(0, 0, 20, 10), 8, 8);
	PaintRoundRect(rect(22, 0, 42, 10), 12, 6);
	FillRoundRect(rect(0, 11, 20, 20), 40, 40, &qd.ltGray);
	PenSize(2, 2);
	FrameRoundRect(rect(22, 11, 42, 20), 10, 10);
	EraseRoundRect(rect(26, 3, 38, 7), 4, 4);
	PaintRoundRect(rect(44, 0, 54, 10), 0, 0);
}

static void arcs(void)
{
	PaintArc(rect(0, 0, 19, 19), 0, 45);
	PaintArc(rect(0, 0, 19, 19), 90, 45);
	PaintArc(rect(0, 0, 19, 19), -45, -90);
	FrameArc(rect(20, 0, 39, 19), 90, 180);
	FillArc(rect(40, 0, 60, 10), 45, 90, &qd.black);
	InvertArc(rect(40, 10, 60, 20), 0, 360);
}

static void polygons(void)
{
	PolyHandle star = OpenPoly();
	line(0, 7, 18, 7);
	LineTo(3, 18);
	LineTo(9, 0);
	LineTo(15, 18);
	LineTo(0, 7);
	ClosePoly();
	PaintPoly(star);
	OffsetPoly(star, 20, 0);
	FramePoly(star);
	OffsetPoly(star, 20, 0);
	FillPoly(star, &qd.gray);
	KillPoly(star);
}

static void regions(void)
{
	RgnHandle a = NewRgn(), b = NewRgn();
	OpenRgn();
	FrameOval(rect(0, 0, 20, 18));
	FrameRect(rect(6, 5, 14, 12));
	CloseRgn(a);
	PaintRgn(a);
	OffsetRgn(a, 21, 0);
	CopyRgn(a, b);
	InsetRgn(b, 2, 2);
	FrameRgn(a);
	PaintRgn(b);
	OffsetRgn(a, 19, 0);
	OpenRgn();
	line(42, 2, 58, 10);
	LineTo(42, 18);
	LineTo(42, 2);
	CloseRgn(b);
	XorRgn(a, b, a);
	FillRgn(a, &qd.gray);
	SetClip(b);
	PaintRect(rect(0, 9, 60, 11));
	DisposeRgn(a);
	DisposeRgn(b);
}

static void modes(void)
{
	short mode;
	PenPat(&qd.ltGray);
	for (mode = patCopy; mode <= notPatBic; mode++) {
		short h = (mode - patCopy) * 7;
		FillRect(rect(h, 0, h + 6, 6), &qd.dkGray);
		PenMode(mode);
		PaintRect(rect(h + 2, 2, h + 6, 10));
	}
	PenNormal();
	ForeColor(redColor);
	BackColor(blueColor);
	PenPat(&qd.gray);
	for (mode = patCopy; mode <= notPatBic; mode++) {
		short h = (mode - patCopy) * 7;
		PenMode(mode);
		PaintRect(rect(h + 2, 12, h + 6, 16));
	}
}

static void texts(void)
{
	MoveTo(1, 11);
	DrawString("\x04" "Ag\x8e.");
	TextFace(bold);
	DrawChar('B');
	TextFace(italic);
	DrawChar('I');
	TextFont(4);
	TextSize(9);
	TextFace(underline);
	MoveTo(1, 22);
	DrawText("xxjoyxx", 2, 3);
	TextFace(outline);
	DrawString("\x01O");
	TextFace(0);
	PaintRect(rect(34, 12, 60, 24));
	TextMode(srcBic);
	MoveTo(36, 20);
	DrawString("\x03" "bic");
}

static UInt16 face[16] = { 0x07e0, 0x1818, 0x2004, 0x4002, 0x4662, 0x8661, 0x8001, 0x8001, 0x8001, 0x9009, 0x8811, 0x4422, 0x43c2, 0x2004, 0x1818, 0x07e0 };

static void copies(void)
{
	BitMap bits = { (Ptr)face, 2, { 0, 0, 16, 16 } };
	GrafPtr port;
	RgnHandle half = NewRgn();
	GetPort(&port);
	CopyBits(&bits, &port->portBits, &bits.bounds, rect(0, 0, 16, 16), srcCopy, nil);
	FillRect(rect(18, 0, 34, 16), &qd.ltGray);
	CopyBits(&bits, &port->portBits, &bits.bounds, rect(18, 0, 34, 16), srcOr, nil);
	SetRectRgn(half, 36, 0, 44, 16);
	CopyBits(&bits, &port->portBits, &bits.bounds, rect(36, 0, 52, 16), notSrcCopy, half);
	CopyBits(&bits, &port->portBits, rect(0, 0, 8, 8), rect(54, 0, 70, 16), srcCopy, nil);
	CopyBits(&bits, &port->portBits, &bits.bounds, rect(72, 0, 80, 8), srcCopy, nil);
	CopyMask(&bits, &bits, &port->portBits, &bits.bounds, &bits.bounds, rect(72, 9, 80, 17));
	/* onto itself */
	CopyBits(&port->portBits, &port->portBits, rect(0, 0, 16, 16), rect(1, 3, 17, 19), srcCopy, nil);
	DisposeRgn(half);
}

static long worlds(void)
{
	static const short depths[] = { 1, 2, 4, 8, 16, 32 };
	short i;
	GrafPtr screen;
	GDHandle device;
	GetGWorld(&screen, &device);
	for (i = 0; i < 6; i++) {
		GWorldPtr world;
		PixMapHandle map;
		CHECK(NewGWorld(&world, depths[i], rect(0, 0, 10, 8), nil, nil, 0) == noErr);
		SetGWorld(world, nil);
		map = (PixMapHandle)GetGWorldPixMap(world);
		CHECK(LockPixels((Handle)map) && (*map)->pixelSize == depths[i] && GetPixBaseAddr((Handle)map) == (*map)->baseAddr);
		EraseRect(rect(0, 0, 10, 8));
		FrameOval(rect(0, 0, 10, 8));
		ForeColor(redColor);
		PaintRect(rect(3, 2, 7, 6));
		SetGWorld(screen, device);
		CopyBits(&((GrafPtr)world)->portBits, &screen->portBits, rect(0, 0, 10, 8), rect(i * 11, 0, i * 11 + 10, 8), srcCopy, nil);
		CopyBits(&((GrafPtr)world)->portBits, &screen->portBits, rect(0, 0, 10, 8), rect(i * 11, 10, i * 11 + 10, 18), i & 1 ? srcOr : notSrcCopy, nil);
		UnlockPixels((Handle)map);
		DisposeGWorld(world);
	}
	return 0;
}

static long pictures(void)
{
	PicHandle picture;
	Rect frame;
	BitMap bits = { (Ptr)face, 2, { 0, 0, 16, 16 } };
	GrafPtr port;
	GetPort(&port);
	SetRect(&frame, 0, 0, 40, 20);
	picture = OpenPicture(&frame);
	ClipRect(&frame);
	FrameRect(&frame);
	PenSize(2, 1);
	line(2, 2, 18, 6);
	PenNormal();
	PaintOval(rect(2, 8, 12, 18));
	FillRoundRect(rect(14, 8, 24, 18), 6, 6, &qd.gray);
	CopyBits(&bits, &port->portBits, &bits.bounds, rect(22, 2, 38, 18), srcOr, nil);
	ForeColor(redColor);
	MoveTo(26, 19);
	TextSize(9);
	DrawString("\x02pt");
	ClosePicture();
	CHECK(GetHandleSize(picture) > 100);
	ClipRect(rect(0, 0, 200, 200));
	DrawPicture(picture, rect(1, 0, 41, 20));
	DrawPicture(picture, rect(45, 1, 65, 11));
	CHECK(port->pnSize.h == 1);
	KillPicture(picture);
	return 0;
}

static void origin(void)
{
	SetOrigin(-10, -4);
	FrameRect(rect(0, 0, 20, 10));
	ClipRect(rect(2, 2, 30, 8));
	FillOval(rect(0, 0, 20, 10), &qd.gray);
	SetOrigin(0, 0);
	FillRect(rect(0, 0, 60, 20), &qd.black);
}

static void scrolling(void)
{
	RgnHandle update = NewRgn();
	FillRect(rect(2, 2, 40, 18), &qd.ltGray);
	FrameOval(rect(4, 4, 30, 16));
	ScrollRect(rect(2, 2, 40, 18), 6, -3, update);
	FillRgn(update, &qd.black);
	DisposeRgn(update);
}

static void arithmetic(void)
{
	static const short mode[] = { blend, addPin, addOver, subPin, transparent, addMax, subOver, adMin };
	RGBColor half = { 0x8000, 0x8000, 0x8000 }, some = { 0x4000, 0xc000, 0x4000 }, other = { 0xc000, 0x4000, 0xc000 };
	short i;
	OpColor(&half);
	for (i = 0; i < 8; i++) {
		RGBForeColor(&some);
		PaintRect(rect(i * 3, 0, i * 3 + 2, 4));
		RGBForeColor(&other);
		PenMode(mode[i]);
		PaintRect(rect(i * 3, 1, i * 3 + 2, 4));
		PenNormal();
	}
}

long test(long scene)
{
	CGrafPort port;
	volatile long which = scene;
	InitGraf(&qd.thePort);
	InitFonts();
	InitCursor();
	OpenCPort((Ptr)&port);
	/* Volatile, or compilers make a table of it, with addresses. */
	if (which == 0)
		lines();
	if (which == 1)
		rectangles();
	if (which == 2)
		ovals();
	if (which == 3)
		roundRectangles();
	if (which == 4)
		arcs();
	if (which == 5)
		polygons();
	if (which == 6)
		regions();
	if (which == 7)
		modes();
	if (which == 8)
		texts();
	if (which == 9)
		copies();
	if (which == 10)
		return worlds();
	if (which == 11)
		return pictures();
	if (which == 12)
		origin();
	if (which == 13)
		scrolling();
	if (which == 14)
		arithmetic();
	CHECK(QDError() == noErr);
	ClosePort((Ptr)&port);
	return 0;
}
