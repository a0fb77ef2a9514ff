#include "test.h"

/* Menus, and the scrap. */

static long marks(Handle m)
{
	Str255 text;
	short v;

	AppendMenu(m, "\x19Open/O;(-;Bold<B;!@Mark^1");
	CHECK(CountMItems(m) == 4);
	GetMenuItemText(m, 1, text);
	CHECK(same(text, "\x04Open", 5));
	GetMenuItemText(m, 3, text);
	CHECK(same(text, "\x04" "Bold", 5));
	GetItemMark(m, 4, &v);
	CHECK(v == '@');
	GetItemIcon(m, 4, &v);
	CHECK(v == 1);
	GetItemCmd(m, 1, &v);
	CHECK(v == 'O');
	CheckItem(m, 1, true);
	GetItemMark(m, 1, &v);
	CHECK(v == 0x12);
	CheckItem(m, 1, false);
	SetItemMark(m, 3, 'x');
	GetItemMark(m, 3, &v);
	CHECK(v == 'x');
	SetMenuItemText(m, 1, "\x08" "Open\xc9 it");
	GetMenuItemText(m, 1, text);
	CHECK(text[0] == 8 && text[5] == 0xc9);
	InsertMenuItem(m, "\x07" "New;Two", 0);
	CHECK(CountMItems(m) == 6);
	GetMenuItemText(m, 1, text);
	CHECK(same(text, "\x03" "Two", 4));
	DeleteMenuItem(m, 1);
	CHECK(CountMItems(m) == 5);
	/* The items of a menu handle's block: behind the title, New's text comes first. */
	CHECK(same(*m + 14, "\x04" "File" "\x03New", 9));
	/* Which can be chosen moves with the items: the line is the third now. */
	CHECK((*(UInt32 **)m)[10 / 4] != 0);
	return 0;
}

static long scrap(void)
{
	Handle h = NewHandle(0);
	long offset;

	CHECK(PutScrap(3, 'TEXT', "abc") == -100);
	CHECK(ZeroScrap() == 0);
	CHECK(PutScrap(3, 'TEXT', "abc") == 0 && PutScrap(5, 'mine', "fives") == 0);
	CHECK(GetScrap(h, 'mine', &offset) == 5 && same(*h, "fives", 5) && GetHandleSize(h) == 5 && offset == 20);
	CHECK(GetScrap(nil, 'TEXT', &offset) == 3 && offset == 8);
	CHECK(GetScrap(h, 'PICT', &offset) == -102);
	DisposeHandle(h);
	return 0;
}

long test(long argument)
{
	Handle file, edit, resource;
	EventRecord e;
	long line;
	Str255 text;

	(void)argument;
	InitMenus();
	file = NewMenu(128, "\x04" "File");
	edit = NewMenu(129, "\x04" "Edit");
	line = marks(file);
	if (line != 0)
		return line;
	AppendMenu(edit, "\x0cUndo/Z;Cut/x");
	InsertMenu(file, 0);
	InsertMenu(edit, 0);
	InsertMenu(edit, 0);
	CHECK(GetMenuHandle(129) == edit && GetMenuHandle(7) == nil);
	CHECK(MenuKey('z') == (129L << 16 | 1) && MenuKey('X') == (129L << 16 | 2) && MenuKey('q') == 0);
	DisableItem(edit, 2);
	CHECK(MenuKey('x') == 0);
	EnableItem(edit, 2);
	DisableItem(edit, 0);
	CHECK(MenuKey('x') == 0 && MenuKey('o') == (128L << 16 | 2));
	EnableItem(edit, 0);
	HiliteMenu(0);

	/* The host has chosen an item, and clicked on another. */
	CHECK(GetNextEvent(1 << mouseDown, &e));
	CHECK(MenuSelect((Point)(UInt16)e.where.v << 16 | (UInt16)e.where.h) == (128L << 16 | 2));
	HiliteMenu(0);

	resource = GetMenu(200);
	CHECK(resource != nil && CountMItems(resource) == 2);
	InsertMenu(resource, 129);
	AppendResMenu(resource, 'snd ');
	CHECK(CountMItems(resource) == 4);
	GetMenuItemText(resource, 3, text);
	CHECK(same(text, "\x01" "a", 2));
	GetMenuItemText(resource, 4, text);
	CHECK(same(text, "\x01Z", 2));
	DeleteMenu(200);
	CHECK(GetMenuHandle(200) == nil);
	DeleteMenu(129);
	DisposeMenu(edit);
	return scrap();
}
