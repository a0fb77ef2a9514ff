/* Types and calls of classic Mac OS, as far as crossplug has them, for plug-ins
 * that one source makes for both processors. The names are those of Apple's
 * interfaces; this header takes the place of all of them. */

#ifndef CLASSIC_H
#define CLASSIC_H

/* Code fragments import the calls; 68K code resources have traps. */
#if defined __powerpc__ || defined __CFM68K__
#define TARGET_RT_MAC_CFM 1
#else
#define TARGET_RT_MAC_CFM 0
#endif
#define GENERATINGCFM TARGET_RT_MAC_CFM /* its older name */

/* What a routine descriptor says of code that this is compiled with. */
enum { kM68kISA = 0, kPowerPCISA = 1, kOld68kRTA = 0x00, kPowerPCRTA = 0x00, kCFM68kRTA = 0x10 };
#if defined __powerpc__
#define GetCurrentArchitecture() (kPowerPCISA | kPowerPCRTA)
#elif TARGET_RT_MAC_CFM
#define GetCurrentArchitecture() (kM68kISA | kCFM68kRTA)
#else
#define GetCurrentArchitecture() (kM68kISA | kOld68kRTA)
#endif

#pragma pack(push, 2) /* structures are laid out as on a 68K */

typedef unsigned char UInt8, Boolean, Str255[256], Str63[64], Str31[32];
typedef signed char SInt8;
typedef unsigned short UInt16;
typedef short SInt16, OSErr;
typedef unsigned long UInt32, OSType, ResType, ConnectionID;
typedef long SInt32, Fixed, Fract;
typedef __SIZE_TYPE__ size_t;
typedef char *Ptr, **Handle;
typedef long Size;
typedef struct Zone *Zone;
typedef void *UniversalProcPtr;

#ifndef __bool_true_false_are_defined /* by <stdbool.h> */
enum { false, true };
#endif
enum { noErr = 0 };
#define nil ((void *)0)
#ifndef NULL
#define NULL nil
#endif

typedef struct Point { short v, h; } PointRecord;
typedef unsigned long Point; /* v and h, passed as a long */
typedef struct Rect { short top, left, bottom, right; } Rect;
typedef struct { UInt32 hi, lo; } UnsignedWide;
typedef struct { UInt32 highLongOfPSN, lowLongOfPSN; } ProcessSerialNumber;

typedef struct {
	short year, month, day, hour, minute, second, dayOfWeek;
} DateTimeRec;

typedef struct {
	short environsVersion, machineType, systemVersion, processor;
	Boolean hasFPU, hasColorQD;
	short keyBoardType, atDrvrVersNum, sysVRefNum;
} SysEnvRec;

typedef struct {
	short vRefNum;
	long parID;
	Str63 name;
} FSSpec;

typedef struct {
	OSType fdType, fdCreator;
	UInt16 fdFlags;
	PointRecord fdLocation;
	short fdFldr;
} FInfo;

/* Parameter blocks of the File Manager: what begins all of them, and the kinds
 * that its calls here use. */
#define PARAM_BLOCK_HEADER \
	Ptr qLink; \
	short qType, ioTrap; \
	Ptr ioCmdAddr; \
	UniversalProcPtr ioCompletion; \
	OSErr ioResult; \
	unsigned char *ioNamePtr; \
	short ioVRefNum

typedef struct {
	PARAM_BLOCK_HEADER;
	short ioRefNum;
	SInt8 ioVersNum, ioPermssn;
	Ptr ioMisc, ioBuffer;
	long ioReqCount, ioActCount;
	short ioPosMode;
	long ioPosOffset;
} IOParam;

typedef struct {
	PARAM_BLOCK_HEADER;
	short ioFRefNum;
	SInt8 ioFVersNum, filler1;
	short ioFDirIndex;
	SInt8 ioFlAttrib, ioFlVersNum;
	FInfo ioFlFndrInfo;
	long ioDirID;
	UInt16 ioFlStBlk;
	long ioFlLgLen, ioFlPyLen;
	UInt16 ioFlRStBlk;
	long ioFlRLgLen, ioFlRPyLen, ioFlCrDat, ioFlMdDat;
	long pad[12];
} HFileInfo;

typedef struct {
	PARAM_BLOCK_HEADER;
	short ioRefNum, filler;
	short ioFCBIndx, filler1;
	long ioFCBFlNm;
	short ioFCBFlags;
	UInt16 ioFCBStBlk;
	long ioFCBEOF, ioFCBPLen, ioFCBCrPs;
	short ioFCBVRefNum;
	long ioFCBClpSiz, ioFCBParID;
} FCBPBRec;

#include "quickdraw.h"

#pragma pack(pop)

#if !TARGET_RT_MAC_CFM
/* Global variables, whose addresses are hidden from a compiler that takes small
 * ones for mistakes. */
static inline void *low_memory(UInt32 at)
{
	__asm__("" : "+r"(at));
	return (void *)at;
}

#define MemError() (*(volatile OSErr *)low_memory(0x220))
#define LMGetTopMapHndl() (*(Handle volatile *)low_memory(0xa50))

/* Traps whose registers do not fit the generated functions. */

static inline OSErr Gestalt(OSType selector, long *response)
{
	register unsigned long d0 __asm__("d0") = selector;
	register unsigned long a0 __asm__("a0");
	__asm__ volatile(".short 0xa1ad" : "+r"(d0), "=r"(a0) : : "d1", "d2", "a1", "memory", "cc");
	if ((OSErr)d0 == noErr)
		*response = (long)a0;
	return (OSErr)d0;
}

static inline OSErr HandToHand(Handle *h)
{
	register unsigned long d0 __asm__("d0");
	register unsigned long a0 __asm__("a0") = (unsigned long)*h;
	__asm__ volatile(".short 0xa9e1" : "=r"(d0), "+r"(a0) : : "d1", "d2", "a1", "memory", "cc");
	if ((OSErr)d0 == noErr)
		*h = (Handle)a0;
	return (OSErr)d0;
}

static inline OSErr PtrToHand(const void *p, Handle *h, Size size)
{
	register unsigned long d0 __asm__("d0") = (unsigned long)size;
	register unsigned long a0 __asm__("a0") = (unsigned long)p;
	__asm__ volatile(".short 0xa9e3" : "+r"(d0), "+r"(a0) : : "d1", "d2", "a1", "memory", "cc");
	if ((OSErr)d0 == noErr)
		*h = (Handle)a0;
	return (OSErr)d0;
}

static inline Boolean EqualString(const void *a, const void *b, Boolean caseSensitive, Boolean marks)
{
	register unsigned long d0 __asm__("d0") = (unsigned long)*(const UInt8 *)a << 16 | *(const UInt8 *)b;
	register unsigned long a0 __asm__("a0") = (unsigned long)a + 1;
	register unsigned long a1 __asm__("a1") = (unsigned long)b + 1;
	if (caseSensitive)
		__asm__ volatile(".short 0xa43c" : "+r"(d0), "+r"(a0), "+r"(a1) : : "d1", "d2", "memory", "cc");
	else if (marks)
		__asm__ volatile(".short 0xa03c" : "+r"(d0), "+r"(a0), "+r"(a1) : : "d1", "d2", "memory", "cc");
	else
		__asm__ volatile(".short 0xa23c" : "+r"(d0), "+r"(a0), "+r"(a1) : : "d1", "d2", "memory", "cc");
	return d0 == 0;
}
#endif

#include "screen.h"
#include "zcalls.h"

#endif
