/* What ports, regions, devices and texts say of themselves. */
#include "test.h"

static QDGlobals qd;

long test(long argument)
{
	GrafPort old;
	CGrafPort port;
	GrafPtr current;
	CGrafPtr world;
	GDHandle device;
	PenState pen;
	Rect r, box;
	PointRecord p;
	RGBColor c = { 0x1234, 0x5678, 0x9abc }, got;
	RgnHandle a, b;
	FontInfo info;
	Str255 name;
	short number;
	long before;
	CTabHandle table;

	/* Without InitGraf there is a port, too: all of the screen. */
	GetPort(&current);
	CHECK(current && current->portRect.right == 640);
	InitGraf(&qd.thePort);
	CHECK(qd.screenBits.bounds.bottom == 480 && qd.screenBits.bounds.right == 640 && qd.randSeed == 1);
	CHECK(same(&qd.gray, "\xaa\x55\xaa\x55", 4) && same(&qd.black, "\xff\xff", 2) && qd.white.pat[7] == 0);
	CHECK(qd.thePort == nil && qd.arrow.hotSpot.h == 1);
	CHECK(Random() == 16807 && qd.randSeed == 16807);

	OpenPort(&old);
	CHECK(qd.thePort == &old);
	CHECK(old.portBits.baseAddr == qd.screenBits.baseAddr && old.pnSize.h == 1 && old.pnMode == patCopy && old.txMode == srcOr);
	CHECK(old.fgColor == blackColor && old.bkColor == whiteColor && old.portRect.right == 640);
	RGBForeColor(&c);
	CHECK(old.fgColor == blueColor);
	OpenCPort((Ptr)&port);
	GetPort(&current);
	CHECK(current == (GrafPtr)&port && port.portVersion < 0 && (*port.portPixMap)->pixelSize == 32);
	RGBForeColor(&c);
	GetForeColor(&got);
	CHECK(same(&c, &got, 6) && port.fgColor == 0x12569a);
	RGBBackColor(&c);
	GetBackColor(&got);
	CHECK(same(&c, &got, 6));
	SetCPixel(5, 5, &c);
	GetCPixel(5, 5, &got);
	CHECK(got.red == 0x1212 && got.green == 0x5656 && got.blue == 0x9a9a && GetPixel(5, 5) && !GetPixel(6, 5));

	MoveTo(10, 20);
	Move(5, -5);
	GetPen((Point *)&p);
	CHECK(p.h == 15 && p.v == 15);
	PenSize(2, 3);
	PenMode(patXor);
	PenPat(&qd.ltGray);
	GetPenState(&pen);
	CHECK(pen.pnSize.h == 2 && pen.pnSize.v == 3 && pen.pnMode == patXor && same(&pen.pnPat, &qd.ltGray, 8) && pen.pnLoc.h == 15);
	PenNormal();
	CHECK(port.pnSize.h == 1 && port.pnMode == patCopy);
	SetPenState(&pen);
	CHECK(port.pnSize.v == 3 && port.pnMode == patXor);
	HidePen();
	HidePen();
	ShowPen();
	CHECK(port.pnVis == -1);
	ShowPen();

	SetOrigin(100, 50);
	CHECK(port.portRect.left == 100 && port.portRect.bottom == 530 && (*port.portPixMap)->bounds.top == 50);
	p.h = 110;
	p.v = 55;
	LocalToGlobal((Point *)&p);
	CHECK(p.h == 10 && p.v == 5);
	GlobalToLocal((Point *)&p);
	CHECK(p.h == 110 && p.v == 55);
	SetOrigin(0, 0);

	a = NewRgn();
	b = NewRgn();
	CHECK(EmptyRgn(a) && GetHandleSize(a) == 10);
	SetRect(&r, 0, 0, 20, 20);
	RectRgn(a, &r);
	SetRectRgn(b, 10, 10, 30, 30);
	UnionRgn(a, b, b);
	CHECK(GetHandleSize(b) == *(short *)*b && *(short *)*b > 10);
	CHECK(PtInRgn(25ul << 16 | 25, b) && !PtInRgn(25ul << 16 | 5, b) && PtInRgn(5ul << 16 | 5, b));
	DiffRgn(b, a, b);
	SectRgn(a, b, b);
	CHECK(EmptyRgn(b));
	CopyRgn(a, b);
	CHECK(EqualRgn(a, b));
	OffsetRgn(b, 5, 0);
	CHECK(!EqualRgn(a, b) && RectInRgn(&r, b));
	InsetRgn(a, 2, 3);
	CHECK(same(*a, "\0\x0a\0\x03\0\x02\0\x11\0\x12", 10));
	SetClip(a);
	GetClip(b);
	CHECK(EqualRgn(a, b));
	DisposeRgn(a);
	DisposeRgn(b);
	ClipRect(&port.portRect);

	TextFont(3);
	TextSize(12);
	GetFontInfo(&info);
	CHECK(info.ascent > 8 && info.ascent < 16 && info.descent > 1 && info.descent < 6 && info.leading > 0 && info.widMax >= 9);
	CHECK(StringWidth("\x03" "abc") == CharWidth('a') + CharWidth('b') + CharWidth('c'));
	CHECK(TextWidth("abcd", 1, 2) == CharWidth('b') + CharWidth('c') && StringWidth("\0") == 0);
	TextFace(bold);
	before = CharWidth('a');
	TextFace(0);
	CHECK(before == CharWidth('a') + 1);
	MoveTo(0, 50);
	DrawString("\x03" "abc");
	CHECK(port.pnLoc.h == StringWidth("\x03" "abc") && port.pnLoc.v == 50);
	SpaceExtra(0x18000);
	before = StringWidth("\x02  ");
	SpaceExtra(0);
	CHECK(before == StringWidth("\x02  ") + 3);
	TextFont(4);
	CHECK(CharWidth('i') == CharWidth('m'));
	GetFNum("\x06" "geneva", &number);
	CHECK(number == 3 && RealFont(3, 9));
	GetFontName(4, name);
	CHECK(same(name, "\x06Monaco", 7));

	GetGWorld(&world, &device);
	CHECK(world == &port && device == GetMainDevice() && device == GetDeviceList() && GetNextDevice(device) == nil);
	CHECK(TestDeviceAttribute(device, 13) && TestDeviceAttribute(device, 11) && !TestDeviceAttribute(device, 1));
	SetRect(&box, 0, 0, 30, 20);
	CHECK(NewGWorld(&world, 7, &box, nil, nil, 0) == -157);
	SetRect(&box, 0, 0, 32000, 32000);
	CHECK(NewGWorld(&world, 8, &box, nil, nil, 0) == -50 && NewGWorld(&world, 1, &box, nil, nil, 0) == -108);
	SetRect(&box, 0, 0, 30, 20);
	before = FreeMem();
	CHECK(NewGWorld(&world, 8, &box, nil, nil, 0) == noErr);
	SetGWorld(world, nil);
	CHECK(GetGDevice() == GetGWorldDevice(world) && GetGDevice() != device);
	DisposeGWorld(world);
	CHECK(FreeMem() == before && GetGDevice() == device);
	table = GetCTable(8);
	CHECK(table && GetHandleSize(table) == 8 + 256 * 8 && same(*table + 8, "\0\0\xff\xff\xff\xff\xff\xff", 8));
	CHECK(same(*table + 8 + 255 * 8, "\0\xff\0\0\0\0\0\0", 8));
	DisposeCTable(table);

	CloseCPort((Ptr)&port);
	CHECK(port.visRgn == nil);
	GetPort(&current);
	CHECK(current != (GrafPtr)&port);
	ClosePort(&old);
	return 0;
}
