#include "test.h"

/* Timer tasks, vertical retrace tasks and notifications. */

typedef struct {
	TMTask task;
	long count, again;
	UInt32 at[8];
} Timer;

#if TARGET_RT_MAC_CFM
static void tick(Timer *t)
#else
void tick_body(Timer *t)
#endif
{
	if (t->count < 8)
		t->at[t->count] = TickCount();
	t->count++;
	if (t->count < t->again)
		PrimeTime(&t->task, 100);
}

typedef struct {
	VBLTask task;
	long count;
} Retrace;

#if TARGET_RT_MAC_CFM
static void retrace(Retrace *r)
#else
void retrace_body(Retrace *r)
#endif
{
	if (++r->count < 3)
		r->task.vblCount = 2;
}

#if TARGET_RT_MAC_CFM
#define TICK NewRoutineDescriptor(tick, 0xb802, GetCurrentArchitecture())
#define RETRACE NewRoutineDescriptor(retrace, 0x9802, GetCurrentArchitecture())
#else
/* The task is in A1 or A0, and the registers but D0 to D3 and A0 to A3 are kept. */
extern void tick(void), retrace(void);
__asm__("tick: move.l %a1,-(%sp)\n\tbsr tick_body\n\taddq.l #4,%sp\n\trts");
__asm__("retrace: move.l %a0,-(%sp)\n\tbsr retrace_body\n\taddq.l #4,%sp\n\trts");
#define TICK ((UniversalProcPtr)tick)
#define RETRACE ((UniversalProcPtr)retrace)
#endif

long test(long argument)
{
	static Timer t, x;
	static Retrace r;
	static NMRec note;
	UInt32 start;
	long final;

	(void)argument;
	t.task.tmAddr = TICK;
	InsTime(&t.task);
	CHECK(!(t.task.qType & 0x8000));
	start = TickCount();
	t.again = 3;
	PrimeTime(&t.task, 100);
	CHECK(t.task.qType & 0x8000);
	Delay(60, &final);
	CHECK(t.count == 3 && !(t.task.qType & 0x8000));
	CHECK(t.at[0] - start >= 5 && t.at[1] - t.at[0] >= 5 && t.at[2] - t.at[1] >= 5);
	CHECK(final - start >= 60);

	/* What is left of a task's time. */
	PrimeTime(&t.task, 30000);
	RmvTime(&t.task);
	CHECK(t.count == 3 && t.task.tmCount < 0 && t.task.tmCount > -30000001);
	InsTime(&t.task);
	PrimeTime(&t.task, -1000);
	Delay(1, &final);
	CHECK(t.count == 4);
	RmvTime(&t.task);
	CHECK(t.task.tmCount == 0);
	PrimeTime(&t.task, 1);
	Delay(10, &final);
	CHECK(t.count == 4);

	/* One that keeps its rate. */
	x.task.tmAddr = TICK;
	x.again = 8;
	InsXTime(&x.task);
	PrimeTime(&x.task, 100);
	Delay(50, &final);
	CHECK(x.count == 8 && x.task.tmWakeUp != 0);
	RmvTime(&x.task);

	r.task.qType = 1;
	r.task.vblAddr = RETRACE;
	r.task.vblCount = 5;
	CHECK(VInstall(&r.task) == noErr);
	Delay(60, &final);
	CHECK(r.count == 3);
	CHECK(VRemove(&r.task) == noErr && VRemove(&r.task) == -1);

	note.qType = 8;
	note.nmStr = (unsigned char *)"\x05Hello";
	note.nmResp = (UniversalProcPtr)-1;
	CHECK(NMInstall(&note) == noErr);
	{
		EventRecord e;
		CHECK(!WaitNextEvent(everyEvent, &e, 0, nil));
	}
	CHECK(NMRemove(&note) == -1);
	return 0;
}
