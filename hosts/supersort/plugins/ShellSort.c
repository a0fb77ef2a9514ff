/* Shell's sort: insertion sort over ever smaller distances. */
#include "SortPlugIn.h"

void SortMain(DataPoint *data, short size, SwapProc swap)
{
	short gap, i, j;

	for (gap = size / 2; gap > 0; gap /= 2)
		for (i = gap; i < size; i++)
			for (j = i - gap; j >= 0 && data[j].n > data[j + gap].n; j -= gap)
				CALL_SWAP(swap, &data[j], &data[j + gap]);
}
