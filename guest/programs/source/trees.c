/* Balanced trees: AVL with rotations, a trie, and a tree in an array. */
#include "program.h"

struct node {
	struct node *child[2];
	i32 key;
	i8 height;
};

static struct node nodes[600], *free_nodes;
static int next_node;

static int height(const struct node *n) { return n ? n->height : 0; }

static void measure(struct node *n)
{
	int a = height(n->child[0]), b = height(n->child[1]);
	n->height = (i8)((a > b ? a : b) + 1);
}

static struct node *rotate(struct node *n, int way)
{
	struct node *top = n->child[!way];
	n->child[!way] = top->child[way];
	top->child[way] = n;
	measure(n);
	measure(top);
	return top;
}

static struct node *balance(struct node *n)
{
	measure(n);
	int lean = height(n->child[1]) - height(n->child[0]);
	if (lean < -1 || lean > 1) {
		int heavy = lean > 0;
		struct node *c = n->child[heavy];
		if (height(c->child[!heavy]) > height(c->child[heavy]))
			n->child[heavy] = rotate(c, heavy);
		n = rotate(n, !heavy);
	}
	return n;
}

static struct node *insert(struct node *n, i32 key)
{
	if (!n) {
		n = free_nodes;
		if (n)
			free_nodes = n->child[0];
		else
			n = &nodes[next_node++];
		*n = (struct node){ { NULL, NULL }, key, 1 };
		return n;
	}
	if (key != n->key)
		n->child[key > n->key] = insert(n->child[key > n->key], key);
	return balance(n);
}

static struct node *take_first(struct node *n, struct node **first)
{
	if (!n->child[0]) {
		*first = n;
		return n->child[1];
	}
	n->child[0] = take_first(n->child[0], first);
	return balance(n);
}

static struct node *drop(struct node *n, i32 key)
{
	if (!n)
		return NULL;
	if (key != n->key) {
		n->child[key > n->key] = drop(n->child[key > n->key], key);
		return balance(n);
	}
	struct node *with = n->child[0];
	if (n->child[1]) {
		struct node *rest = take_first(n->child[1], &with);
		with->child[1] = rest;
		with->child[0] = n->child[0];
		with = balance(with);
	}
	n->child[0] = free_nodes;
	free_nodes = n;
	return with;
}

static u32 sum;
static i32 before;
static int count, wrong;

static void walk(const struct node *n)
{
	if (!n)
		return;
	walk(n->child[0]);
	count++;
	int lean = height(n->child[1]) - height(n->child[0]);
	wrong += n->key <= before || lean < -1 || lean > 1;
	before = n->key;
	sum = mix32(sum, (u32)n->key);
	walk(n->child[1]);
}

static void check(const char *when, const struct node *root)
{
	count = wrong = 0;
	sum = 2166136261u;
	before = -2147483647 - 1;
	walk(root);
	print("%s: %d nodes, height %d, wrong %d, sum %08x", when, count, height(root), wrong, sum);
}

static i16 trie[400][27];
static int tries = 1;

static void learn(const char *w)
{
	int n = 0;
	for (; *w; w++) {
		i16 *next = &trie[n][*w - 'a'];
		if (!*next)
			*next = (i16)tries++;
		n = *next;
	}
	trie[n][26]++;
}

static void list(int n, char *text, int length)
{
	if (trie[n][26]) {
		text[length] = 0;
		print("%s %d", text, trie[n][26]);
	}
	for (int i = 0; i < 26; i++)
		if (trie[n][i]) {
			text[length] = (char)('a' + i);
			list(trie[n][i], text, length + 1);
		}
}

static i32 sums[128]; /* Fenwick's tree */
static void plus(int i, i32 v) { for (i++; i < COUNT(sums); i += i & -i) sums[i] += v; }
static i32 up_to(int i) { i32 s = 0; for (; i; i &= i - 1) s += sums[i]; return s; }

int main(void)
{
	struct node *root = NULL;
	u32 seed = 3;
	for (int i = 0; i < 200; i++)
		root = insert(root, i);
	check("rising", root);
	for (int i = 0; i < 300; i++)
		root = insert(root, (i32)next_random(&seed) >> 16);
	check("random", root);
	for (int i = 0; i < 200; i += 3)
		root = drop(root, i);
	check("dropped", root);
	for (int i = 0; i < 60; i++)
		root = insert(root, (i32)next_random(&seed) >> 20);
	check("again", root);
	while (root)
		root = drop(root, root->key);
	check("empty", root);
	static const char *const words[] = { "host", "hosts", "plug", "in", "plugin", "guest", "gate", "in", "plugins", "guest", "in" };
	char text[20];
	for (int i = 0; i < COUNT(words); i++)
		learn(words[i]);
	list(0, text, 0);
	for (int i = 0; i < 127; i++)
		plus(i, i * i - 50 * i);
	print("%d %d %d", up_to(10), up_to(64), up_to(127));
	return 0;
}
