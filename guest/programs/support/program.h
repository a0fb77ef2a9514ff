/*
 * program.h - what every program has: numbers of fixed width, a way to print,
 * the standard functions that the compiler itself calls.
 *
 * A program is one main, prints the same lines on every processor, and
 * therefore never shows byte order, sizes of structs, pointers, the sign of a
 * char or of a NaN.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef __SIZE_TYPE__ size_t;

#define NULL ((void *)0)
#define NOINLINE __attribute__((noinline))
#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

/* Prints a line; the newline is added. */
void put(const char *line);

/*
 * Prints a line by a format: %d %u %x %c %s, with l for 64 bits, 0, - and a
 * width; %f and %e with a precision, exact to the last digit; %b, the bits of
 * a double in hexadecimal ("nan" for all of those).
 */
void print(const char *format, ...);
int format_into(char *out, const char *format, ...);

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
char *strcpy(char *to, const char *from);

static inline u64 bits_of(double d)
{
	union { double d; u64 u; } v = { d };
	return v.u;
}

static inline double of_bits(u64 u)
{
	union { u64 u; double d; } v = { u };
	return v.d;
}

static inline u32 bits_of_float(float f)
{
	union { float f; u32 u; } v = { f };
	return v.u;
}

static inline float float_of_bits(u32 u)
{
	union { u32 u; float f; } v = { u };
	return v.f;
}

/* The sequence of numbers that programs are fed with. */
static inline u32 next_random(u32 *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state;
}

/* Adds bytes to a checksum (FNV-1a). Begins with 2166136261. */
static inline u32 mix(u32 sum, const void *data, size_t n)
{
	const u8 *p = data;
	while (n--)
		sum = (sum ^ *p++) * 16777619u;
	return sum;
}

static inline u32 mix32(u32 sum, u32 v)
{
	for (int i = 0; i < 4; i++, v >>= 8)
		sum = (sum ^ (v & 255)) * 16777619u;
	return sum;
}
#endif
