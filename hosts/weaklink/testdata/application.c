/* An application that can show pictures if there is a library for it, and can turn
 * them if that library is new enough. What it returns says what it found, and has the
 * library's answer in its upper half. */

enum {
	kSelector = 1,     /* Gestalt knows 'pict' */
	kShows = 2,        /* ShowPicture is there */
	kTurns = 4         /* so is TurnPicture, which came with version 2 */
};

extern short Gestalt(unsigned long selector, long *response);
extern long ShowPicture(long) WEAK;
extern long TurnPicture(long) WEAK;

long main(void)
{
	long (*volatile show)(long) = ShowPicture; /* or the compiler knows better */
	long (*volatile turn)(long) = TurnPicture;
	long found = 0, answer;

	if (Gestalt('pict', &answer) == 0)
		found |= kSelector;
	if (show)
		found |= kShows;
	if (turn)
		found |= kTurns;
#ifdef TRUSTING
	if (found & kSelector) /* not enough */
#else
	if ((found & kSelector) && (found & kShows))
#endif
		found |= show(7) << 16;
	return found;
}
