/* Hash tables: open addressing that grows, chains, and deletion. */
#include "program.h"

struct entry {
	u32 key, value;
	u8 state; /* 0 never used, 1 used, 2 deleted */
};

static struct entry space[2][2048];
static struct entry *table = space[0];
static u32 size = 16, used;

static u32 murmur(u32 h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

static struct entry *find(u32 key)
{
	struct entry *grave = NULL;
	for (u32 i = murmur(key), n = 1;; i += n++) {
		struct entry *e = &table[i & (size - 1)];
		if (e->state == 1 && e->key == key)
			return e;
		if (e->state == 2 && !grave)
			grave = e;
		if (e->state == 0)
			return grave ? grave : e;
	}
}

static void set(u32 key, u32 value)
{
	if (used * 3 >= size * 2) {
		struct entry *old = table;
		u32 n = size;
		table = old == space[0] ? space[1] : space[0];
		size *= 2;
		used = 0;
		memset(table, 0, size * sizeof *table);
		for (u32 i = 0; i < n; i++)
			if (old[i].state == 1)
				set(old[i].key, old[i].value);
	}
	struct entry *e = find(key);
	if (e->state == 0)
		used++;
	*e = (struct entry){ key, value, 1 };
}

static int get(u32 key, u32 *value)
{
	struct entry *e = find(key);
	if (e->state != 1)
		return 0;
	*value = e->value;
	return 1;
}

static void drop(u32 key)
{
	struct entry *e = find(key);
	if (e->state == 1)
		e->state = 2;
}

struct word {
	struct word *next;
	char text[12];
	int count;
};

static struct word *chains[61], words[200];
static int word_count;

static void count(const char *text)
{
	u32 h = mix(2166136261u, text, strlen(text));
	struct word **p = &chains[h % COUNT(chains)];
	for (; *p; p = &(*p)->next)
		if (!strcmp((*p)->text, text)) {
			(*p)->count++;
			return;
		}
	struct word *w = &words[word_count++];
	strcpy(w->text, text);
	w->count = 1;
	*p = w;
}

int main(void)
{
	u32 seed = 4, hits = 0, sum = 0, v = 0;
	for (u32 i = 0; i < 900; i++)
		set(next_random(&seed) >> 22, i);
	for (u32 k = 0; k < 1024; k += 3)
		drop(k);
	for (u32 k = 0; k < 1200; k++)
		if (get(k, &v)) {
			hits++;
			sum = sum * 31 + v;
		}
	print("size %u hits %u sum %08x", size, hits, sum);
	for (u32 k = 0; k < 1024; k += 5)
		set(k, k * k);
	int there = get(15, &v);
	print("%d %u, %d", there, v, get(3, &sum));
	for (int i = 0; i < 500; i++) {
		char text[12];
		u32 r = next_random(&seed);
		format_into(text, "%x%s", r >> 28, r & 0x100000 ? "ing" : "ed");
		count(text);
	}
	for (int i = 0; i < word_count; i++)
		print("%-8s|%4d", words[i].text, words[i].count);
	return 0;
}
