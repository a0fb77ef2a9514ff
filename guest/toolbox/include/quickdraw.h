/* Types of QuickDraw, which classic.h includes. */

typedef Handle RgnHandle, PolyHandle, PicHandle, GDHandle, CTabHandle, CursHandle, CCrsrHandle;
typedef struct { UInt8 pat[8]; } Pattern;
typedef struct { UInt16 red, green, blue; } RGBColor;
typedef struct { UInt16 data[16], mask[16]; PointRecord hotSpot; } Cursor, *CursPtr;
typedef struct { short ascent, descent, widMax, leading; } FontInfo;
typedef struct { PointRecord pnLoc, pnSize; short pnMode; Pattern pnPat; } PenState;

typedef struct {
	Ptr baseAddr;
	short rowBytes;
	Rect bounds;
} BitMap;

typedef struct {
	Ptr baseAddr;
	short rowBytes;
	Rect bounds;
	short pmVersion, packType;
	long packSize;
	Fixed hRes, vRes;
	short pixelType, pixelSize, cmpCount, cmpSize;
	long planeBytes;
	CTabHandle pmTable;
	long pmReserved;
} PixMap, *PixMapPtr, **PixMapHandle;

typedef struct GrafPort {
	short device;
	BitMap portBits;
	Rect portRect;
	RgnHandle visRgn, clipRgn;
	Pattern bkPat, fillPat;
	PointRecord pnLoc, pnSize;
	short pnMode;
	Pattern pnPat;
	short pnVis, txFont;
	UInt8 txFace, filler;
	short txMode, txSize;
	Fixed spExtra;
	long fgColor, bkColor;
	short colrBit, patStretch;
	Handle picSave, rgnSave, polySave;
	Ptr grafProcs;
} GrafPort, *GrafPtr;

typedef struct CGrafPort {
	short device;
	PixMapHandle portPixMap;
	short portVersion;
	Handle grafVars;
	short chExtra, pnLocHFrac;
	Rect portRect;
	RgnHandle visRgn, clipRgn;
	Handle bkPixPat;
	RGBColor rgbFgColor, rgbBkColor;
	PointRecord pnLoc, pnSize;
	short pnMode;
	Handle pnPixPat, fillPixPat;
	short pnVis, txFont;
	UInt8 txFace, filler;
	short txMode, txSize;
	Fixed spExtra;
	long fgColor, bkColor;
	short colrBit, patStretch;
	Handle picSave, rgnSave, polySave;
	Ptr grafProcs;
} CGrafPort, *CGrafPtr, *GWorldPtr;

/* Globals, which InitGraf is given the end of: InitGraf(&qd.thePort). */
typedef struct {
	char privates[76];
	long randSeed;
	BitMap screenBits;
	Cursor arrow;
	Pattern dkGray, ltGray, gray, black, white;
	GrafPtr thePort;
} QDGlobals;

enum { srcCopy, srcOr, srcXor, srcBic, notSrcCopy, notSrcOr, notSrcXor, notSrcBic, patCopy, patOr, patXor, patBic, notPatCopy, notPatOr, notPatXor, notPatBic };
enum { blend = 32, addPin, addOver, subPin, transparent, addMax, subOver, adMin, hilite = 50 };
enum { whiteColor = 30, blackColor = 33, yellowColor = 69, magentaColor = 137, redColor = 205, cyanColor = 273, greenColor = 341, blueColor = 409 };
enum { normal, bold = 1, italic = 2, underline = 4, outline = 8, shadow = 16, condense = 32, extend = 64 };
