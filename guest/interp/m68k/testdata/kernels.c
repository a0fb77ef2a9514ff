/* Four loops to measure by: integers, bytes, floating point, calls. */

#define N 20000

static long v[N];
static unsigned char bytes[65536];
static double samples[20000];

unsigned sort(unsigned seed)
{
	int gap, i, j;
	unsigned sum = 0;
	for (i = 0; i < N; i++) {
		seed = seed * 1664525 + 1013904223;
		v[i] = seed >> 8;
	}
	for (gap = N / 2; gap; gap /= 2)
		for (i = gap; i < N; i++) {
			long t = v[i];
			for (j = i; j >= gap && v[j - gap] > t; j -= gap)
				v[j] = v[j - gap];
			v[j] = t;
		}
	for (i = 0; i < N; i++)
		sum = sum * 31 + v[i];
	return sum;
}

unsigned crc(unsigned seed)
{
	unsigned c = ~0u;
	int i, k;
	for (i = 0; i < (int)sizeof bytes; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = seed >> 24;
	}
	for (i = 0; i < (int)sizeof bytes; i++) {
		c ^= bytes[i];
		for (k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

unsigned biquad(unsigned seed)
{
	double x1 = 0, x2 = 0, y1 = 0, y2 = 0, sum = 0;
	int i;
	for (i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		samples[i] = (int)(seed >> 16) - 32768;
	}
	for (i = 0; i < 20000; i++) {
		double x = samples[i];
		double y = 0.2 * x + 0.4 * x1 + 0.2 * x2 + 0.37 * y1 - 0.19 * y2;
		x2 = x1, x1 = x, y2 = y1, y1 = y;
		sum += y > 0 ? y : -y;
	}
	return (unsigned)(sum / 20000);
}

__attribute__((noinline)) static unsigned fib_of(unsigned n) { return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2); }

unsigned fib(unsigned seed) { return fib_of(24 + (seed & 1)); }
