/* The Mandelbrot set in doubles, floats and fixed point. */
#include "program.h"

enum { WIDTH = 40, HEIGHT = 15, MOST = 40 };

static NOINLINE int in_double(double x, double y)
{
	double a = 0, b = 0;
	int n = 0;
	for (; n < MOST && a * a + b * b <= 4; n++) {
		double t = a * a - b * b + x;
		b = 2 * a * b + y;
		a = t;
	}
	return n;
}

static NOINLINE int in_float(float x, float y)
{
	float a = 0, b = 0;
	int n = 0;
	for (; n < MOST && a * a + b * b <= 4; n++) {
		float t = a * a - b * b + x;
		b = 2 * a * b + y;
		a = t;
	}
	return n;
}

static NOINLINE int in_fixed(i32 x, i32 y) /* 12 bits after the point */
{
	i32 a = 0, b = 0;
	int n = 0;
	for (; n < MOST; n++) {
		i32 aa = a * a >> 12, bb = b * b >> 12;
		if (aa + bb > 4 << 12)
			break;
		b = (a * b >> 11) + y;
		a = aa - bb + x;
	}
	return n;
}

int main(void)
{
	u32 sum = 2166136261u;
	for (int row = 0; row < HEIGHT; row++) {
		char line[WIDTH + 1];
		for (int column = 0; column < WIDTH; column++) {
			double x = -2.2 + column * 3.0 / WIDTH, y = -1.2 + row * 2.4 / HEIGHT;
			int n = in_double(x, y), f = in_float((float)x, (float)y), k = in_fixed((i32)(x * 4096), (i32)(y * 4096));
			sum = mix32(sum, (u32)(n << 16 | f << 8 | k));
			line[column] = n == MOST ? '#' : " .:-=+*%@"[n % 9];
		}
		line[WIDTH] = 0;
		print("|%s|", line);
	}
	print("sum %08x", sum);
	return 0;
}
