/* A plug-in: a sine wave by a recurrence, without a table and without the maths library. */
#include <stdlib.h>

#include "tone.h"

struct tone {
	double a, b, turn; /* the last two samples; 2 cos of the angle between samples */
};

static double cosine(double x)
{
	double term = 1, sum = 1;
	int i;
	for (i = 1; i < 20; i++)
		sum += term *= -x * x / ((2 * i - 1) * (2 * i));
	return sum;
}

tone *tone_open(double frequency, double rate)
{
	double angle = 2 * 3.14159265358979323846 * frequency / rate;
	tone *t = angle > 0 && angle < 3 ? malloc(sizeof *t) : NULL;
	if (t != NULL)
		*t = (tone){cosine(angle), 1, 2 * cosine(angle)};
	return t;
}

uint32_t tone_fill(tone *t, float *samples, uint32_t n)
{
	uint32_t i;
	for (i = 0; i < n; i++) {
		double next = t->turn * t->b - t->a;
		samples[i] = (float)t->b;
		t->a = t->b, t->b = next;
	}
	return n;
}

int32_t tone_render(tone *t, uint32_t blocks, tone_progress progress, void *user)
{
	float block[64];
	uint32_t i;
	for (i = 0; i < blocks; i++) {
		int32_t stop;
		tone_fill(t, block, 64);
		if ((stop = progress(user, i + 1)) != 0)
			return stop;
	}
	return 0;
}

void tone_close(tone *t) { free(t); }
