/* tone.h - plug-ins that make tones. */
#include <stdint.h>

typedef struct tone tone;
typedef int32_t (*tone_progress)(void *user, uint32_t done);

tone *tone_open(double frequency, double rate); /* null if it cannot */
uint32_t tone_fill(tone *t, float *samples, uint32_t n);
int32_t tone_render(tone *t, uint32_t blocks, tone_progress progress, void *user);
void tone_close(tone *t);
