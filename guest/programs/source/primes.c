/* Primes: a sieve of bits, factors, Miller and Rabin's test with products of 64 bits. */
#include "program.h"

enum { N = 6000 };

static u32 sieve[N / 32 + 1];

static u64 multiply_modulo(u64 a, u64 b, u64 m)
{
	u64 r = 0;
	for (; b; b >>= 1) {
		if (b & 1)
			r = r >= m - a ? r - (m - a) : r + a;
		a = a >= m - a ? a - (m - a) : a + a;
	}
	return r;
}

static u64 power_modulo(u64 a, u64 e, u64 m)
{
	u64 r = 1;
	for (; e; e >>= 1) {
		if (e & 1)
			r = multiply_modulo(r, a, m);
		a = multiply_modulo(a, a, m);
	}
	return r;
}

static int is_prime(u64 n)
{
	static const u8 bases[] = { 2, 3, 5, 7 };
	if (n < 2 || n % 2 == 0)
		return n == 2;
	u64 d = n - 1;
	int twos = 0;
	for (; !(d & 1); d >>= 1)
		twos++;
	for (int i = 0; i < COUNT(bases); i++) {
		if (n == bases[i])
			return 1;
		u64 x = power_modulo(bases[i], d, n);
		int k = 0;
		if (x == 1)
			continue;
		for (; k < twos && x != n - 1; k++)
			x = multiply_modulo(x, x, n);
		if (k == twos)
			return 0;
	}
	return 1;
}

int main(void)
{
	int count = 0;
	u32 last = 0, sum = 0;
	for (u32 i = 2; i < N; i++) {
		if (sieve[i / 32] >> (i % 32) & 1)
			continue;
		count++;
		last = i;
		sum += i;
		for (u32 k = i * i; k < N; k += i)
			sieve[k / 32] |= 1u << (k % 32);
	}
	print("%d primes below %d, last %u, sum %u", count, N, last, sum);
	int agree = 1;
	for (u32 i = 3; i < N; i += 97)
		agree &= is_prime(i) == !(sieve[i / 32] >> (i % 32) & 1);
	print("agree %d", agree);
	static const u64 some[] = { 2147483647, 4294967297, 1000000007, 3215031751, 341550071728321 };
	for (int i = 0; i < COUNT(some); i++)
		print("%lu %d", some[i], is_prime(some[i]));
	static const u32 numbers[] = { 720720, 999999, 123456789, 65536 };
	for (int i = 0; i < COUNT(numbers); i++) {
		char line[100];
		int n = 0;
		u32 v = numbers[i];
		for (u32 p = 2; p * p <= v; p++)
			for (; v % p == 0; v /= p)
				n += format_into(line + n, "%u ", p);
		format_into(line + n, "%u", v);
		print("%u = %s", numbers[i], line);
	}
	return 0;
}
