/* A general quicksort and binary search, by callbacks, over elements of any size. */
#include "program.h"

typedef int order(const void *, const void *);

static void swap(u8 *a, u8 *b, size_t size)
{
	while (size--) {
		u8 t = *a;
		*a++ = *b;
		*b++ = t;
	}
}

static void sort(void *base, size_t n, size_t size, order *compare)
{
	u8 *p = base;
	while (n > 1) {
		swap(p, p + n / 2 * size, size);
		size_t last = 0;
		for (size_t i = 1; i < n; i++)
			if (compare(p + i * size, p) < 0)
				swap(p + ++last * size, p + i * size, size);
		swap(p, p + last * size, size);
		if (last < n - last - 1) { /* the shorter part by recursion */
			sort(p, last, size, compare);
			p += (last + 1) * size;
			n -= last + 1;
		} else {
			sort(p + (last + 1) * size, n - last - 1, size, compare);
			n = last;
		}
	}
}

static const void *search(const void *key, const void *base, size_t n, size_t size, order *compare)
{
	const u8 *p = base;
	while (n) {
		size_t half = n / 2;
		int c = compare(key, p + half * size);
		if (!c)
			return p + half * size;
		if (c > 0) {
			p += (half + 1) * size;
			n -= half + 1;
		} else
			n = half;
	}
	return NULL;
}

struct record {
	char name[7];
	i16 age;
	double weight;
};

static u32 calls;

static int by_int(const void *a, const void *b)
{
	i32 x = *(const i32 *)a, y = *(const i32 *)b;
	calls++;
	return x < y ? -1 : x > y;
}

static int by_name(const void *a, const void *b) { return strcmp(((const struct record *)a)->name, ((const struct record *)b)->name); }
static int by_age(const void *a, const void *b) { return ((const struct record *)b)->age - ((const struct record *)a)->age; }

static int by_weight(const void *a, const void *b)
{
	double x = ((const struct record *)a)->weight, y = ((const struct record *)b)->weight;
	return x < y ? -1 : x > y;
}

static int by_byte(const void *a, const void *b) { return *(const u8 *)a - *(const u8 *)b; }
static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

int main(void)
{
	static i32 numbers[400];
	static struct record records[30];
	u32 seed = 21, sum = 2166136261u;
	for (int i = 0; i < COUNT(numbers); i++)
		numbers[i] = (i32)next_random(&seed) >> 12;
	sort(numbers, COUNT(numbers), sizeof *numbers, by_int);
	for (int i = 0; i < COUNT(numbers); i++)
		sum = mix32(sum, (u32)numbers[i]);
	print("%d %d %d, %u calls, sum %08x", numbers[0], numbers[200], numbers[399], calls, sum);
	const i32 *found = search(&numbers[123], numbers, COUNT(numbers), sizeof *numbers, by_int);
	i32 missing = 1 << 30;
	print("found %d, missing %d", *found == numbers[123], search(&missing, numbers, COUNT(numbers), sizeof *numbers, by_int) == NULL);
	for (int i = 0; i < COUNT(records); i++) {
		u32 r = next_random(&seed);
		format_into(records[i].name, "n%05x", r >> 12);
		records[i].age = (i16)(i * 37 % 31);
		records[i].weight = (i32)r / 1e7;
	}
	order *const orders[] = { by_name, by_age, by_weight };
	for (int k = 0; k < 3; k++) {
		sort(records, COUNT(records), sizeof *records, orders[k]);
		for (int i = 0; i < COUNT(records); i += 9)
			print("%s %d %.6f", records[i].name, records[i].age, records[i].weight);
	}
	char letters[] = "sphinx of black quartz judge my vow";
	sort(letters, strlen(letters), 1, by_byte);
	put(letters);
	const char *texts[] = { "pear", "fig", "apple", "quince", "date", "figs", "" };
	sort(texts, COUNT(texts), sizeof *texts, by_text);
	for (int i = 0; i < COUNT(texts); i++)
		print("%d '%s'", i, texts[i]);
	return 0;
}
