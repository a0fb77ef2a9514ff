/* What is seen and waited for: structures of the Event, Time, Menu, Window, Control
 * and Dialog Managers, TextEdit and Apple events. classic.h includes this. */

#ifndef SCREEN_H
#define SCREEN_H

#pragma pack(push, 2)

typedef struct {
	UInt16 what;
	UInt32 message, when;
	PointRecord where;
	UInt16 modifiers;
} EventRecord;

enum {
	nullEvent, mouseDown, mouseUp, keyDown, keyUp, autoKey, updateEvt, diskEvt, activateEvt,
	osEvt = 15, kHighLevelEvent = 23, everyEvent = 0xffff
};
enum { activeFlag = 1, btnState = 0x80, cmdKey = 0x100, shiftKey = 0x200, alphaLock = 0x400, optionKey = 0x800, controlKey = 0x1000 };

typedef struct {
	Ptr qLink;
	short qType;
	UniversalProcPtr tmAddr;
	long tmCount, tmWakeUp, tmReserved;
} TMTask;

typedef struct {
	Ptr qLink;
	short qType;
	UniversalProcPtr vblAddr;
	short vblCount, vblPhase;
} VBLTask;

typedef struct {
	Ptr qLink;
	short qType, nmFlags;
	long nmPrivate;
	short nmReserved, nmMark;
	Handle nmIcon, nmSound;
	unsigned char *nmStr;
	UniversalProcPtr nmResp;
	long nmRefCon;
} NMRec;

typedef struct {
	OSType descriptorType;
	Handle dataHandle;
} AEDesc, AEDescList, AERecord, AppleEvent;

typedef struct WindowRecord {
	GrafPort port; /* or a CGrafPort, which is as large */
	short windowKind;
	Boolean visible, hilited, goAwayFlag, spareFlag;
	Handle strucRgn, contRgn, updateRgn, windowDefProc, dataHandle, titleHandle;
	short titleWidth;
	Handle controlList;
	struct WindowRecord *nextWindow;
	Handle windowPic;
	long refCon;
} WindowRecord;

enum { documentProc, dBoxProc, plainDBox, altDBoxProc, noGrowDocProc, movableDBoxProc, zoomDocProc = 8, rDocProc = 16 };
enum { inDesk, inMenuBar, inSysWindow, inContent, inDrag, inGrow, inGoAway, inZoomIn, inZoomOut };
enum { userKind = 8, dialogKind = 2 };

typedef struct ControlRecord {
	struct ControlRecord **nextControl;
	Ptr contrlOwner;
	Rect contrlRect;
	UInt8 contrlVis, contrlHilite;
	short contrlValue, contrlMin, contrlMax;
	Handle contrlDefProc, contrlData;
	UniversalProcPtr contrlAction;
	long contrlRfCon;
	Str255 contrlTitle;
} ControlRecord;

enum { pushButProc, checkBoxProc, radioButProc, scrollBarProc = 16 };
enum { inButton = 10, inCheckBox = 11, inUpButton = 20, inDownButton = 21, inPageUp = 22, inPageDown = 23, inThumb = 129 };

typedef struct {
	WindowRecord window;
	Handle items, textH;
	short editField, editOpen, aDefItem;
} DialogRecord;

enum { ok = 1, cancel = 2 };
enum { ctrlItem = 4, btnCtrl = 0, chkCtrl = 1, radCtrl = 2, resCtrl = 3, statText = 8, editText = 16, iconItem = 32, picItem = 64, userItem = 0, itemDisable = 128 };

typedef struct {
	Rect destRect, viewRect, selRect;
	short lineHeight, fontAscent;
	PointRecord selPoint;
	short selStart, selEnd, active;
	UniversalProcPtr wordBreak, clikLoop;
	long clickTime;
	short clickLoc;
	long caretTime;
	short caretState, just, teLength;
	Handle hText;
	long hDispatchRec;
	short clikStuff, crOnly, txFont;
	UInt8 txFace, filler;
	short txMode, txSize;
	Ptr inPort;
	UniversalProcPtr highHook, caretHook;
	short nLines, lineStarts[1];
} TERec;

/* Windows are Ptrs and the rest Handles for the calls; what is in them, the records say. */
typedef Ptr WindowPtr, WindowRef, DialogPtr, DialogRef;
typedef WindowRecord *WindowPeek;
typedef DialogRecord *DialogPeek;
typedef Handle MenuHandle, MenuRef, ControlHandle, ControlRef, TEHandle, StringHandle;
typedef unsigned char *StringPtr;
typedef const unsigned char *ConstStringPtr, *ConstStr255Param;

#pragma pack(pop)

#if !TARGET_RT_MAC_CFM
static inline void Delay(long ticks, long *final)
{
	register long d0 __asm__("d0");
	register long a0 __asm__("a0") = ticks;
	__asm__ volatile(".short 0xa03b" : "=r"(d0), "+r"(a0) : : "d1", "d2", "a1", "memory", "cc");
	*final = d0;
}
#endif

#endif
