/*
 * Draws to a window, by the calls of a Mac of 1994. The same source is a PowerPC
 * fragment, a CFM-68K one, and a 68K code resource:
 *
 *     crossplug cc -o Window --main window --import InterfaceLib window.c
 *     crossplug run --screen window.png Window 'void (void)'
 *
 *     crossplug cc -o Window.rsrc --form code --resource CODE,128 --main window window.c
 *     crossplug run --screen window.png 'Window.rsrc#CODE,128' 'void (void)'
 *
 * Texts are Pascal's: a byte that says how long they are comes first.
 */
#include <classic.h>

void window(void)
{
	Rect r;
	RGBColor color;
	WindowPtr w;
	int i;

	SetRect(&r, 60, 60, 420, 300);
	w = NewCWindow(nil, &r, "\017Hello from 1994", true, documentProc, (WindowPtr)-1, true, 0);
	SetPort(w);
	TextSize(24);
	MoveTo(20, 40);
	DrawString("\011crossplug");
	for (i = 0; i < 12; i++) {
		color.red = 5000 * i;
		color.green = 60000 - 5000 * i;
		color.blue = 30000;
		RGBForeColor(&color);
		SetRect(&r, 20, 70, 60, 110);
		OffsetRect(&r, 26 * i, 8 * i);
		PaintOval(&r);
	}
}
