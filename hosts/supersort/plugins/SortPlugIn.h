/* What a sort plug-in and its host agree on. One source, compiled once per
 * processor, is a plug-in for all of them: SORT_PLUGIN is what they export, and
 * CALL_SWAP how they call back. */
#ifndef SORT_PLUGIN_H
#define SORT_PLUGIN_H

typedef struct DataPoint {
	short n;      /* to be sorted by */
	short origin; /* the host's */
} DataPoint;

/* Exchanges two points of the data. */
typedef void (*SwapProc)(DataPoint *a, DataPoint *b);

#if defined(__powerpc__) && defined(_CALL_AIXDESC) || defined(__CFM68K__)
/* A fragment gets a universal procedure pointer, which may lead to 68K code. */
extern long CallUniversalProc(SwapProc upp, unsigned long procInfo, ...);
enum { kSwapProcInfo = 1 | 3 << 6 | 3 << 8 }; /* C, two parameters of four bytes */
#define CALL_SWAP(swap, a, b) CallUniversalProc(swap, kSwapProcInfo, a, b)
#else
/* 68K code calls any pointer: the descriptor that it may point to begins with a
 * trap. */
#define CALL_SWAP(swap, a, b) (*(swap))(a, b)
#endif

void SortMain(DataPoint *data, short size, SwapProc swap);

#endif
