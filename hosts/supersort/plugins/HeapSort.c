/* Heapsort: the largest of a heap goes to its end, again and again. */
#include "SortPlugIn.h"

static void sift(DataPoint *data, short root, short size, SwapProc swap)
{
	short child;

	while ((child = 2 * root + 1) < size && child > 0) {
		if (child + 1 < size && data[child].n < data[child + 1].n)
			child++;
		if (data[root].n >= data[child].n)
			return;
		CALL_SWAP(swap, &data[root], &data[child]);
		root = child;
	}
}

void SortMain(DataPoint *data, short size, SwapProc swap)
{
	short i;

	for (i = size / 2 - 1; i >= 0; i--)
		sift(data, i, size, swap);
	for (i = size - 1; i > 0; i--) {
		CALL_SWAP(swap, &data[0], &data[i]);
		sift(data, 0, i, swap);
	}
}
