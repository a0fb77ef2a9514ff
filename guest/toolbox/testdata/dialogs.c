#include "test.h"

/* Dialogs, alerts and TextEdit: see TestDialogs. */

#define POINT(v, h) ((Point)(UInt16)(v) << 16 | (UInt16)(h))
#define FRONT ((Ptr)-1)

static long filtered;

static Boolean choose(EventRecord *e, short *item)
{
	filtered++;
	if (e->what == keyDown && (e->message & 0xff) == '!') {
		*item = 9;
		return true;
	}
	return false;
}

#if TARGET_RT_MAC_CFM
static Boolean filter(Ptr dialog, EventRecord *e, short *item)
{
	return choose(e, item);
}
#define FILTER NewRoutineDescriptor(filter, 0xfd0, GetCurrentArchitecture())
#else
extern void filter(void);
long filter_body(short *item, EventRecord *e)
{
	return choose(e, item);
}
__asm__("filter: move.l (%sp)+,%a0\n\tmove.l (%sp)+,%d0\n\tmove.l (%sp)+,%d1\n\taddq.l #4,%sp\n\t"
	"move.l %a0,-(%sp)\n\tmove.l %d1,-(%sp)\n\tmove.l %d0,-(%sp)\n\tbsr filter_body\n\taddq.l #8,%sp\n\t"
	"move.l (%sp)+,%a0\n\tmove.b %d0,(%sp)\n\tjmp (%a0)");
#define FILTER ((UniversalProcPtr)filter)
#endif

static long dialog(void)
{
	Ptr d = GetNewDialog(128, nil, FRONT);
	short kind, item;
	Handle h, edit;
	Rect r;
	Str255 text;
	EventRecord e;

	CHECK(d != nil && ((WindowRecord *)d)->windowKind == dialogKind && FrontWindow() == d);
	GetDialogItem(d, 1, &kind, &h, &r);
	CHECK(kind == ctrlItem + btnCtrl && (*(ControlRecord **)h)->contrlTitle[0] == 2 && r.top == 100 && r.right == 280);
	GetDialogItem(d, 4, &kind, &edit, &r);
	CHECK(kind == editText);
	GetDialogItemText(edit, text);
	CHECK(same(text, "\x04text", 5));
	/* The host types, over what is selected; then the return key. */
	ModalDialog(nil, &item);
	CHECK(item == 4);
	ModalDialog(nil, &item);
	CHECK(item == 4);
	GetDialogItemText(edit, text);
	CHECK(same(text, "\x02xy", 3));
	ModalDialog(nil, &item);
	CHECK(item == 1);
	/* The filter has the next key. */
	ModalDialog(FILTER, &item);
	CHECK(item == 9 && filtered >= 1);
	/* The host clicks on Cancel, and on the check box. */
	ModalDialog(nil, &item);
	CHECK(item == 2);
	ModalDialog(nil, &item);
	CHECK(item == 3);
	GetDialogItem(d, 3, &kind, &h, &r);
	SetControlValue(h, !GetControlValue(h));
	CHECK(GetControlValue(h) == 1);
	/* Nothing is left: the host answers. */
	ModalDialog(nil, &item);
	CHECK(item == 2);
	SetDialogItemText(edit, "\x03new");
	GetDialogItemText(edit, text);
	CHECK(same(text, "\x03new", 4) && same(*(*(TERec **)((DialogRecord *)d)->textH)->hText, "new", 3));
	HideDialogItem(d, 2);
	GetDialogItem(d, 2, &kind, &h, &r);
	CHECK(r.left > 16000);
	ShowDialogItem(d, 2);
	GetDialogItem(d, 2, &kind, &h, &r);
	CHECK(r.left == 20 && FindDialogItem(d, POINT(110, 30)) == 1);
	CHECK(PostEvent(keyDown, 'z') == noErr && GetNextEvent(1 << keyDown, &e) && IsDialogEvent(&e));
	{
		Ptr hit;
		CHECK(DialogSelect(&e, &hit, &item) && hit == d && item == 4);
	}
	GetDialogItemText(edit, text);
	CHECK(same(text, "\x04newz", 5));
	DisposeDialog(d);
	CHECK(FrontWindow() == nil);
	return 0;
}

static long alerts(void)
{
	ParamText("\x03one", "\x03two", "\x00", "\x00");
	CHECK(Alert(128, nil) == 1);
	CHECK(StopAlert(128, nil) == -1); /* its second stage is not shown */
	CHECK(CautionAlert(128, nil) == 2);
	CHECK(NoteAlert(1, nil) == -1);
	CHECK(FrontWindow() == nil);
	return 0;
}

static Boolean has(Handle h, const char *text)
{
	TERec *te = *(TERec **)h;
	short n = 0;
	while (text[n] != 0)
		n++;
	return te->teLength == n && same(*te->hText, text, n);
}

static long edit(void)
{
	Rect r = {50, 50, 200, 250}, dest = {0, 0, 100, 150};
	Ptr w = NewWindow(nil, &r, "\x01", true, documentProc, FRONT, true, 0);
	Handle te, scrap = NewHandle(0);
	TERec *p;
	long offset, i;

	SetPort(w);
	TEInit();
	te = TENew(&dest, &dest);
	CHECK(te != nil);
	TESetText("hello\rworld", 11, te);
	p = *(TERec **)te;
	CHECK(has(te, "hello\rworld") && p->nLines == 2 && p->lineStarts[0] == 0 && p->lineStarts[1] == 6 && p->lineStarts[2] == 11);
	TEActivate(te);
	TESetSelect(0, 5, te);
	TECut(te);
	CHECK(has(te, "\rworld"));
	TESetSelect(32767, 32767, te);
	TEPaste(te);
	CHECK(has(te, "\rworldhello"));
	TEKey(8, te);
	TEKey('!', te);
	CHECK(has(te, "\rworldhell!"));
	TESetSelect(0, 1, te);
	TEDelete(te);
	TEInsert("abc", 3, te);
	CHECK(has(te, "abcworldhell!") && (*(TERec **)te)->selStart == 3);
	TEKey(28, te);
	TEKey('-', te);
	CHECK(has(te, "ab-cworldhell!"));
	TEUpdate(&dest, te);
	TEDeactivate(te);
#if TARGET_RT_MAC_CFM
	CHECK(ZeroScrap() == 0 && TEToScrap() == noErr && GetScrap(scrap, 'TEXT', &offset) == 5 && same(*scrap, "hello", 5));
	CHECK(TEFromScrap() == noErr && TEGetScrapLength() == 5);
#else
	(void)scrap;
	(void)offset;
#endif
	/* Many words are broken into lines, at blanks. */
	TESetText("", 0, te);
	for (i = 0; i < 40; i++)
		TEInsert("several ", 8, te), TESetSelect(32767, 32767, te);
	p = *(TERec **)te;
	CHECK(p->teLength == 320 && p->nLines > 10 && p->nLines < 41);
	for (i = 1; i < p->nLines; i++)
		CHECK((*p->hText)[p->lineStarts[i] - 1] == ' ');
	TESetSelect(10, 200, te);
	TECopy(te);
	TESetText("", 0, te);
	TEPaste(te);
	CHECK((*(TERec **)te)->teLength == 190);
	TETextBox("some text", 9, &dest, 1);
	TEDispose(te);
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
	InitDialogs(nil);
	line = dialog();
	if (line == 0)
		line = alerts();
	return line != 0 ? line : edit();
}
