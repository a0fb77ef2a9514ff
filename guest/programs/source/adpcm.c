/* Sound at four bits a sample: 16-bit arithmetic, tables, saturation. */
#include "program.h"

static const i16 steps[89] = {
	7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97,
	107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796,
	876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871,
	5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623,
	27086, 29794, 32767,
};
static const i8 next_step[8] = { -1, -1, -1, -1, 2, 4, 6, 8 };

struct state {
	i16 sample;
	i8 index;
};

static i16 clamp(i32 v) { return (i16)(v > 32767 ? 32767 : v < -32768 ? -32768 : v); }

static i16 decode(struct state *s, u8 code)
{
	i32 step = steps[s->index], d = step >> 3;
	if (code & 4)
		d += step;
	if (code & 2)
		d += step >> 1;
	if (code & 1)
		d += step >> 2;
	s->sample = clamp(s->sample + (code & 8 ? -d : d));
	int i = s->index + next_step[code & 7];
	s->index = (i8)(i < 0 ? 0 : i > 88 ? 88 : i);
	return s->sample;
}

static u8 encode(struct state *s, i16 sample)
{
	i32 step = steps[s->index], d = sample - s->sample;
	u8 code = 0;
	if (d < 0) {
		code = 8;
		d = -d;
	}
	for (u8 bit = 4; bit; bit >>= 1, step >>= 1)
		if (d >= step) {
			code |= bit;
			d -= step;
		}
	decode(s, code);
	return code;
}

int main(void)
{
	struct state in = { 0, 0 }, out = { 0, 0 };
	u32 sum = 2166136261u, seed = 3;
	i32 worst = 0, phase = 0, speed = 0;
	for (int i = 0; i < 4000; i++) {
		/* A sweep with noise, by an oscillator of integers. */
		speed -= phase >> 6;
		phase += speed + 40 * (i % 7 == 0);
		i16 sample = clamp(phase * 20 + (i32)(next_random(&seed) >> 24) - 128);
		u8 code = encode(&in, sample);
		i16 back = decode(&out, code);
		i32 d = back - sample;
		if (d < 0)
			d = -d;
		if (i > 100 && d > worst)
			worst = d;
		sum = mix32(mix32(sum, code), (u32)(u16)back);
		if (i % 500 == 0)
			print("%d: %d -> %x -> %d step %d", i, sample, code, back, steps[out.index]);
	}
	print("worst %d sum %08x", worst, sum);
	return 0;
}
