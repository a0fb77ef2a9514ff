/* A plug-in that shows pictures: portable graymaps (P5, of at most 255 grays), in files
 * of the type 'PGM '. The key i inverts what is shown.
 *
 * Compiled for PowerPC it is an import library, in the data fork of a file whose 'PLUG'
 * resource is stub.c; compiled for the 68K, it is the 'PLUG' resource. */
#include "PlugIn.h"

enum { kMost = 65536 };

static CGrafPort *window;
static unsigned char inverted;
static unsigned char *picture; /* kMost bytes */
static long width, height;

/* The program's callback is 68K code, and is called as such from either processor. */
static Boolean ask(PlugInParamBlock *pb, CallbackParamBlock *request)
{
#ifdef __powerpc__
	UniversalProcPtr callback = NewRoutineDescriptor((Ptr)pb->callback, kPlugInProcInfo, 0);
	Boolean answer = CallUniversalProc(callback, kPlugInProcInfo, request);

	DisposeRoutineDescriptor(callback);
	return answer;
#else
	/* Pascal's convention: room for the result, the parameter; the callee removes that. */
	register UniversalProcPtr callback __asm__("a0") = pb->callback;
	register short answer __asm__("d0");

	__asm__ volatile("clr.w -(%%sp)\n\tmove.l %2,-(%%sp)\n\tjsr (%1)\n\tmove.w (%%sp)+,%0"
		: "=d"(answer), "+a"(callback) : "d"(request) : "d1", "d2", "a1", "memory", "cc");
	return answer >> 8; /* a byte is in the upper half of its word */
#endif
}

static void draw(void)
{
	PixMap *map = *window->portPixMap;
	long row_bytes = (UInt16)map->rowBytes & 0x3fff, x, y;

	for (y = 0; y < map->bounds.bottom; y++)
		for (x = 0; x < map->bounds.right; x++) {
			unsigned char *pixel = (unsigned char *)map->baseAddr + y * row_bytes + 4 * x, gray = 255;

			if (x < width && y < height)
				gray = picture[y * width + x];
			gray ^= inverted;
			pixel[1] = pixel[2] = pixel[3] = gray;
		}
}

/* A number of the header, and the blank behind it. */
static long number(const unsigned char **text, const unsigned char *end)
{
	long n = 0;

	while (*text < end && **text >= '0' && **text <= '9' && n < 10000)
		n = 10 * n + *(*text)++ - '0';
	++*text;
	return n;
}

static Boolean parse(long size)
{
	const unsigned char *text = picture + 3, *end = picture + size;
	long i;

	if (size < 11 || picture[0] != 'P' || picture[1] != '5')
		return false;
	width = number(&text, end);
	height = number(&text, end);
	if (number(&text, end) != 255 || width <= 0 || height <= 0 || text + width * height > end)
		return false;
	for (i = 0; i < width * height; i++)
		picture[i] = text[i];
	return true;
}

static Boolean load(PlugInParamBlock *pb)
{
	static IOParam io;
	FSSpec *spec = (FSSpec *)pb->param[0];
	CallbackParamBlock request;
	FInfo info;
	short ref;
	OSErr error;

	if (FSpGetFInfo(spec, &info) != noErr || info.fdType != 'PGM ' || FSpOpenDF(spec, 1, &ref) != noErr)
		return false;
	width = height = 0;
	if (!picture && !(picture = (unsigned char *)NewPtr(kMost)))
		return false;
	io.ioRefNum = ref;
	io.ioBuffer = (Ptr)picture;
	io.ioReqCount = kMost;
	io.ioPosMode = 1;
	io.ioPosOffset = 0;
	error = PBReadSync((void *)&io);
	PBCloseSync((void *)&io);
	if ((error != noErr && error != -39 /* eofErr */) || !parse(io.ioActCount))
		return false;
	if (!window) {
		request.message = createWindow;
		if (!ask(pb, &request))
			return false;
		window = (CGrafPort *)request.param[0];
		if ((window->portVersion & 0xc000) != 0xc000 || (*window->portPixMap)->pixelSize != 32)
			return false;
	}
	draw();
	return true;
}

Boolean PlugInMain(PlugInParamBlock *pb)
{
	EventRecord *event = (EventRecord *)pb->param[0];

	switch (pb->message) {
	case plugInInit:
		return true;
	case plugInExit:
		if (picture)
			DisposePtr((Ptr)picture);
		picture = 0;
		return true;
	case plugInLoadFile:
		return load(pb);
	case plugInWindowClosed:
		if (!window || (CGrafPort *)pb->param[0] != window)
			return false;
		window = 0;
		return true;
	case plugInEvt:
		if (!window || event->what != 3 || (event->message & 0xff) != 'i')
			return false;
		inverted ^= 0xff;
		draw();
		return true;
	}
	return false;
}
