/* Comb sort: bubble sort over ever smaller distances. */
#include "SortPlugIn.h"

void SortMain(DataPoint *data, short size, SwapProc swap)
{
	short gap = size, i, swapped = 1;

	while (gap > 1 || swapped) {
		gap = gap > 1 ? (short)(gap * 10L / 13) : 1;
		swapped = 0;
		for (i = 0; i + gap < size; i++)
			if (data[i].n > data[i + gap].n) {
				CALL_SWAP(swap, &data[i], &data[i + gap]);
				swapped = 1;
			}
	}
}
