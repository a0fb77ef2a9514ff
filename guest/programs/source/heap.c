/* A binary heap, and shortest paths by it. */
#include "program.h"

enum { SIDE = 20, N = SIDE * SIDE };

struct item {
	u32 key;
	u16 node;
};

static struct item heap[N * 4];
static int n;

static void push(u32 key, u16 node)
{
	int i = n++;
	for (; i && heap[(i - 1) / 2].key > key; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = (struct item){ key, node };
}

static struct item pop(void)
{
	struct item top = heap[0], last = heap[--n];
	int i = 0;
	for (;;) {
		int k = 2 * i + 1;
		if (k >= n)
			break;
		if (k + 1 < n && heap[k + 1].key < heap[k].key)
			k++;
		if (heap[k].key >= last.key)
			break;
		heap[i] = heap[k];
		i = k;
	}
	heap[i] = last;
	return top;
}

static u8 cost[N];
static u32 distance[N];

int main(void)
{
	u32 seed = 31, sum = 2166136261u;
	for (int i = 0; i < 300; i++)
		push(next_random(&seed) >> 12, (u16)i);
	u32 before = 0;
	int sorted = 1;
	while (n) {
		struct item t = pop();
		sorted &= t.key >= before;
		before = t.key;
		sum = mix32(sum, t.key ^ t.node);
	}
	print("sorted %d sum %08x", sorted, sum);
	for (int i = 0; i < N; i++) {
		cost[i] = (u8)(1 + (next_random(&seed) >> 29));
		distance[i] = ~0u;
	}
	distance[0] = 0;
	push(0, 0);
	int settled = 0;
	while (n) {
		struct item t = pop();
		if (t.key != distance[t.node])
			continue;
		settled++;
		static const i8 dx[] = { 1, -1, 0, 0 }, dy[] = { 0, 0, 1, -1 };
		int x = t.node % SIDE, y = t.node / SIDE;
		for (int k = 0; k < 4; k++) {
			int u = x + dx[k], v = y + dy[k];
			if (u < 0 || v < 0 || u >= SIDE || v >= SIDE)
				continue;
			int to = v * SIDE + u;
			if (t.key + cost[to] < distance[to]) {
				distance[to] = t.key + cost[to];
				push(distance[to], (u16)to);
			}
		}
	}
	print("settled %d", settled);
	for (int y = 0; y < SIDE; y += 3) {
		char line[100];
		int k = 0;
		for (int x = 0; x < SIDE; x += 2)
			k += format_into(line + k, "%4u", distance[y * SIDE + x]);
		put(line);
	}
	return 0;
}
