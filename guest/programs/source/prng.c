/* Sources of random numbers: Mersenne twister, xorshift, PCG, lagged Fibonacci. */
#include "program.h"

static u32 state[624];
static int at = 624;

static void seed_twister(u32 s)
{
	for (u32 i = 0; i < 624; i++) {
		state[i] = s;
		s = 1812433253u * (s ^ s >> 30) + i + 1;
	}
	at = 624;
}

static u32 twister(void)
{
	if (at == 624) {
		for (int i = 0; i < 624; i++) {
			u32 y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
			state[i] = state[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
		}
		at = 0;
	}
	u32 y = state[at++];
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680;
	y ^= y << 15 & 0xefc60000;
	return y ^ y >> 18;
}

static u32 xorshift(u32 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	return *s ^= *s << 5;
}

static u64 xorshift_star(u64 *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 2685821657736338717ull;
}

static u32 pcg(u64 *s)
{
	u64 old = *s;
	*s = old * 6364136223846793005ull + 1442695040888963407ull;
	u32 x = (u32)((old >> 18 ^ old) >> 27), r = (u32)(old >> 59);
	return x >> r | x << (-r & 31);
}

int main(void)
{
	u32 x = 2463534242u, sum = 2166136261u;
	u64 y = 88172645463325252ull, z = 42;
	seed_twister(5489);
	for (int i = 0; i < 8; i++) {
		u32 t = twister(), a = xorshift(&x), c = pcg(&z);
		u64 b = xorshift_star(&y);
		print("%u %u %lu %u", t, a, b, c);
	}
	for (int i = 8; i < 9999; i++)
		twister();
	print("the twister's 10000th is %u", twister()); /* 4123659995 */
	int buckets[8] = { 0 };
	double inside = 0;
	for (int i = 0; i < 1000; i++) {
		u32 a = xorshift(&x), c = pcg(&z);
		u64 b = xorshift_star(&y);
		sum = mix32(mix32(mix32(sum, a), c), (u32)(b >> 32));
		buckets[a >> 29]++;
		double u = a / 4294967296.0, v = c * (1.0 / 4294967296.0);
		inside += u * u + v * v < 1;
	}
	for (int i = 0; i < 8; i++)
		print("bucket %d: %d", i, buckets[i]);
	print("pi is about %f, sum %08x", inside * 4 / 1000, sum);
	return 0;
}
