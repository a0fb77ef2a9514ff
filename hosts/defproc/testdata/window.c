/* A window definition that does sums. It counts its calls, in a variable of its own,
 * and keeps what message 7 gives it. */


static long calls, kept;

long window(short variation, long the_window, short message, long parameter)
{
	calls++;
	switch (message) {
	case 2: /* wCalcRgns */
		return variation * 1000L + parameter - the_window;
	case 3: /* wNew */
		return calls;
	case 7:
		kept = parameter;
		return 0;
	case 8:
		return kept;
	}
	return -1;
}

/* A list definition: it leaves a sum of all parameters where the rectangle is. */
void list(short message, char selected, long *rectangle, long cell, short offset, short length, long the_list)
{
	rectangle[0] = message * 2L + selected * 3L + cell * 5L + offset * 7L + length * 11L + the_list * 13L;
}
