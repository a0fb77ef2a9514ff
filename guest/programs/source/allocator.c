/* A heap with a free list, lists in it, and an arena. */
#include "program.h"

struct block {
	u32 size; /* in units */
	struct block *next;
};

static struct block heap[8192], *free_list;
static u32 splits, joins;

static void *allocate(u32 bytes)
{
	u32 units = (u32)((bytes + sizeof(struct block) - 1) / sizeof(struct block)) + 1;
	struct block **p = &free_list;
	for (; *p; p = &(*p)->next) {
		struct block *b = *p;
		if (b->size < units)
			continue;
		if (b->size == units)
			*p = b->next;
		else {
			b->size -= units;
			b += b->size;
			b->size = units;
			splits++;
		}
		return b + 1;
	}
	return NULL;
}

static void release(void *v)
{
	struct block *b = (struct block *)v - 1, **p = &free_list, *before = NULL;
	while (*p && *p < b) {
		before = *p;
		p = &(*p)->next;
	}
	b->next = *p;
	*p = b;
	if (b->next && b + b->size == b->next) {
		b->size += b->next->size;
		b->next = b->next->next;
		joins++;
	}
	if (before && before + before->size == b) {
		before->size += b->size;
		before->next = b->next;
		joins++;
	}
}

struct node {
	struct node *next, *previous;
	int value;
};

static struct node *sort(struct node *list) /* merge sort, by next alone */
{
	if (!list || !list->next)
		return list;
	struct node *slow = list, *fast = list->next;
	while (fast && fast->next) {
		slow = slow->next;
		fast = fast->next->next;
	}
	struct node *b = sort(slow->next), *first = NULL, **tail = &first;
	slow->next = NULL;
	struct node *a = sort(list);
	while (a || b) {
		struct node **smaller = !b || (a && a->value <= b->value) ? &a : &b;
		*tail = *smaller;
		*smaller = (*smaller)->next;
		tail = &(*tail)->next;
	}
	*tail = NULL;
	return first;
}

int main(void)
{
	u32 seed = 99;
	struct node *list = NULL;
	heap[0].size = COUNT(heap);
	free_list = heap;
	/* Blocks of many sizes come and go. */
	void *held[64] = { 0 };
	u32 failures = 0;
	for (int i = 0; i < 2000; i++) {
		u32 k = next_random(&seed) >> 26;
		if (held[k])
			release(held[k]);
		u32 bytes = next_random(&seed) >> 23;
		held[k] = allocate(bytes);
		if (held[k])
			memset(held[k], (int)k, bytes);
		else
			failures++;
	}
	for (int k = 0; k < 64; k++)
		if (held[k])
			release(held[k]);
	int whole = free_list == heap && free_list->size == COUNT(heap) && !free_list->next;
	print("heap whole again: %d", whole);
	print("failed: %u, split: %d, joined: %d", failures, splits > 500, joins > 500);
	for (int i = 0; i < 300; i++) {
		struct node *n = allocate(sizeof *n);
		n->value = (int)(next_random(&seed) >> 20);
		n->next = list;
		list = n;
	}
	list = sort(list);
	struct node *previous = NULL;
	u32 sum = 2166136261u;
	int sorted = 1;
	for (struct node *n = list; n; n = n->next) {
		n->previous = previous;
		if (previous && previous->value > n->value)
			sorted = 0;
		sum = mix32(sum, (u32)n->value);
		previous = n;
	}
	print("sorted %d, first %d, last %d, sum %08x", sorted, list->value, previous->value, sum);
	while (previous) {
		struct node *n = previous;
		previous = n->previous;
		release(n);
	}
	print("free again: %d", free_list->size == COUNT(heap));
	return 0;
}
