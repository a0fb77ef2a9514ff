#include "test.h"

/* A 'WDEF' of a window's own: a frame of 5 pixels, all of which drags it. */

#define POINT(v, h) ((Point)(UInt16)(v) << 16 | (UInt16)(h))

enum { wDraw, wHit, wCalcRgns, wNew, wDispose };

static long told;

long definition(short variation, WindowRecord *w, short message, Point at)
{
	Rect r = w->port.portRect;

	told |= 1L << message;
	switch (message) {
	case wCalcRgns:
		/* Its port is at (40, 60) of the screen. */
		SetRectRgn(w->contRgn, 60, 40, 60 + r.right, 40 + r.bottom);
		SetRectRgn(w->strucRgn, 55, 35, 65 + r.right, 45 + r.bottom);
		break;
	case wDraw:
		PaintRgn(w->strucRgn);
		break;
	case wHit:
		return PtInRgn(at, w->contRgn) ? 1 : PtInRgn(at, w->strucRgn) ? 2 : 0;
	case 99:
		return told | (long)variation << 16;
	}
	return 0;
}
