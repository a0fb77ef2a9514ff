/* A plug-in of examples/tone's API that misbehaves if its frequency says so. */
#include <stdlib.h>
#include <string.h>

#include "tone.h"

struct tone {
	float next;
};

tone *tone_open(double frequency, double rate)
{
	tone *t = frequency > 0 ? malloc(sizeof *t) : NULL;
	(void)rate;
	if (frequency == -1)
		abort();
	if (t != NULL)
		t->next = (float)frequency;
	return t;
}

/* As many numbers in a row. */
uint32_t tone_fill(tone *t, float *samples, uint32_t n)
{
	uint32_t i;
	for (i = 0; i < n; i++)
		samples[i] = t->next++;
	return n;
}

int32_t tone_render(tone *t, uint32_t blocks, tone_progress progress, void *user)
{
	int32_t stop = 0;
	uint32_t i;
	for (i = 0; i < blocks && stop == 0; i++) {
		t->next += 64;
		stop = progress(user, i + 1);
	}
	return stop;
}

void tone_close(tone *t)
{
	memset(t, 0xff, sizeof *t);
	free(t);
}
