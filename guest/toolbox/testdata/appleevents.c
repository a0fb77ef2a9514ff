#include "test.h"

/* Apple events: descriptors, lists, and events sent to oneself and by the host. */

static long seen, refConSeen;

static OSErr handle(const AppleEvent *event, AppleEvent *reply, long refCon)
{
	long n = 0;
	OSType kind;
	Size size;
	OSErr err = AEGetParamPtr(event, '----', 'long', &kind, &n, sizeof n, &size);
	if (err != noErr)
		return err;
	if (kind != 'long' || size != 4)
		return -2;
	seen += n;
	refConSeen = refCon;
	n *= 2;
	err = AEPutParamPtr(reply, '----', 'long', &n, sizeof n);
	return n == 26 ? -13 : err;
}

#if TARGET_RT_MAC_CFM
#define HANDLER NewRoutineDescriptor(handle, 0xfe0, GetCurrentArchitecture())
#else
/* Pascal's convention: the first parameter was pushed first, the callee removes them. */
extern void handler(void);
OSErr handle_pascal(long refCon, AppleEvent *reply, const AppleEvent *event)
{
	return handle(event, reply, refCon);
}
__asm__("handler: move.l (%sp)+,%a0\n\tmove.l (%sp)+,%d0\n\tmove.l (%sp)+,%d1\n\tmove.l (%sp)+,%d2\n\t"
	"move.l %a0,-(%sp)\n\tmove.l %d2,-(%sp)\n\tmove.l %d1,-(%sp)\n\tmove.l %d0,-(%sp)\n\t"
	"bsr handle_pascal\n\tlea 12(%sp),%sp\n\tmove.l (%sp)+,%a0\n\tmove.w %d0,(%sp)\n\tjmp (%a0)");
#define HANDLER ((UniversalProcPtr)handler)
#endif

static long descriptors(void)
{
	AEDesc d, e, list, record, sub;
	long n, count;
	short s;
	OSType keyword, kind;
	Size size;
	char text[16];

	CHECK(AECreateDesc('TEXT', "1234", 4, &d) == noErr && d.descriptorType == 'TEXT' && GetHandleSize(d.dataHandle) == 4);
	CHECK(AECoerceDesc(&d, 'long', &e) == noErr && e.descriptorType == 'long' && **(long **)e.dataHandle == 1234);
	CHECK(AEDisposeDesc(&d) == noErr && d.descriptorType == 'null' && d.dataHandle == nil);
	CHECK(AECoerceDesc(&e, 'shor', &d) == noErr && **(short **)d.dataHandle == 1234);
	AEDisposeDesc(&d);
	n = 100000;
	CHECK(AECoercePtr('long', &n, 4, 'shor', &d) == -1700 && d.descriptorType == 'null');
	CHECK(AECoercePtr('long', &n, 4, 'TEXT', &d) == noErr && GetHandleSize(d.dataHandle) == 6 && same(*d.dataHandle, "100000", 6));
	AEDisposeDesc(&d);
	CHECK(AEDuplicateDesc(&e, &d) == noErr && d.dataHandle != e.dataHandle && **(long **)d.dataHandle == 1234);
	AEDisposeDesc(&d);

	CHECK(AECreateList(nil, 0, false, &list) == noErr && list.descriptorType == 'list');
	CHECK(AECountItems(&list, &count) == noErr && count == 0);
	CHECK(AEPutDesc(&list, 0, &e) == noErr);
	CHECK(AEPutPtr(&list, 0, 'TEXT', "odd", 3) == noErr);
	s = -7;
	CHECK(AEPutPtr(&list, 3, 'shor', &s, 2) == noErr);
	CHECK(AEPutPtr(&list, 5, 'shor', &s, 2) == -1719);
	CHECK(AECountItems(&list, &count) == noErr && count == 3);
	CHECK(AEGetNthPtr(&list, 2, '****', &keyword, &kind, text, 2, &size) == noErr);
	CHECK(keyword == '****' && kind == 'TEXT' && size == 3 && same(text, "od", 2));
	CHECK(AEGetNthPtr(&list, 3, 'long', &keyword, &kind, &n, 4, &size) == noErr && n == -7 && kind == 'long' && size == 4);
	CHECK(AEGetNthDesc(&list, 4, '****', &keyword, &d) == -1701);
	CHECK(AESizeOfNthItem(&list, 2, &kind, &size) == noErr && kind == 'TEXT' && size == 3);
	CHECK(AEPutPtr(&list, 1, 'TEXT', "first", 5) == noErr && AECountItems(&list, &count) == noErr && count == 3);
	CHECK(AEDeleteItem(&list, 2) == noErr && AEGetNthPtr(&list, 2, 'shor', &keyword, &kind, &s, 2, &size) == noErr && s == -7);

	CHECK(AECreateList(nil, 0, true, &record) == noErr && record.descriptorType == 'reco');
	CHECK(AEPutParamDesc(&record, 'list', &list) == noErr && AEPutParamPtr(&record, 'text', 'TEXT', "abc", 3) == noErr);
	CHECK(AEPutParamPtr(&record, 'text', 'TEXT', "de", 2) == noErr && AECountItems(&record, &count) == noErr && count == 2);
	CHECK(AEGetParamDesc(&record, 'list', 'list', &sub) == noErr && AECountItems(&sub, &count) == noErr && count == 2);
	CHECK(AEGetParamPtr(&record, 'none', '****', &kind, text, 16, &size) == -1701);
	CHECK(AESizeOfParam(&record, 'text', &kind, &size) == noErr && size == 2);
	CHECK(AEDeleteParam(&record, 'text') == noErr && AESizeOfParam(&record, 'text', &kind, &size) == -1701);
	CHECK(AEPutPtr(&record, 1, 'shor', &s, 2) == -1703);
	CHECK(AECountItems(&e, &count) == -1703);
	/* A list that somebody has damaged. */
	**(long **)list.dataHandle = 0x7fffffff;
	CHECK(AECountItems(&list, &count) == -1702);
	AEDisposeDesc(&sub);
	AEDisposeDesc(&record);
	AEDisposeDesc(&list);
	AEDisposeDesc(&e);
	return 0;
}

static long events(void)
{
	ProcessSerialNumber psn = {0, 2};
	AEDesc target;
	AppleEvent event, reply;
	UniversalProcPtr proc;
	OSType kind;
	UInt32 refCon;
	long n;
	Size size;

	CHECK(AEInstallEventHandler('test', 'add ', HANDLER, 77, false) == noErr);
	CHECK(AEGetEventHandler('test', 'add ', &proc, &refCon, false) == noErr && refCon == 77);
	CHECK(AEGetEventHandler('test', 'sub ', &proc, &refCon, false) == -1717);
	CHECK(AECreateDesc('psn ', &psn, 8, &target) == noErr);
	CHECK(AECreateAppleEvent('test', 'add ', &target, -1, 0, &event) == noErr && event.descriptorType == 'aevt');
	CHECK(AEGetAttributePtr(&event, 'evid', 'type', &kind, &n, 4, &size) == noErr && n == 'add ');
	n = 12;
	CHECK(AEPutParamPtr(&event, '----', 'long', &n, 4) == noErr);
	seen = 0;
	CHECK(AESend(&event, &reply, 3, 0, -1, nil, nil) == noErr && seen == 12 && refConSeen == 77);
	CHECK(AEGetParamPtr(&reply, '----', 'long', &kind, &n, 4, &size) == noErr && n == 24);
	AEDisposeDesc(&reply);
	n = 13;
	CHECK(AEPutParamPtr(&event, '----', 'long', &n, 4) == noErr);
	CHECK(AESend(&event, &reply, 3, 0, -1, nil, nil) == noErr);
	CHECK(AEGetParamPtr(&reply, 'errn', 'long', &kind, &n, 4, &size) == noErr && n == -13);
	AEDisposeDesc(&reply);
	AEDisposeDesc(&event);
	AEDisposeDesc(&target);
	CHECK(AECreateDesc('sign', "MACS", 4, &target) == noErr);
	CHECK(AECreateAppleEvent('test', 'add ', &target, 5, 0, &event) == noErr);
	CHECK(AESend(&event, &reply, 1, 0, -1, nil, nil) == -600);
	AEDisposeDesc(&event);
	AEDisposeDesc(&target);
	return 0;
}

long test(long argument)
{
	long line = 0, posted = 0;
	EventRecord e;

	if (argument == 0) {
		line = descriptors();
		if (line == 0)
			line = events();
		return line;
	}
	/* The host has posted events and calls the handler itself when this is over. */
	CHECK(AEInstallEventHandler('test', '****', HANDLER, 78, true) == noErr);
	seen = 0;
	while (WaitNextEvent(everyEvent, &e, 60, nil))
		if (e.what == kHighLevelEvent) {
			posted++;
			CHECK(e.message == 'test' && e.where.v == 'su' && e.where.h == 'm ');
			CHECK(AEProcessAppleEvent(&e) == noErr);
			CHECK(AEProcessAppleEvent(&e) == -607 || posted < 2);
		}
	CHECK(posted == 2 && seen == argument && refConSeen == 78);
	return 0;
}
