/* Functions as values: tables, objects with methods, closures, tail calls. */
#include "program.h"

struct shape;

struct methods {
	const char *name;
	double (*area)(const struct shape *);
	void (*scale)(struct shape *, double);
};

struct shape {
	const struct methods *is;
	double a, b;
};

static double square_area(const struct shape *s) { return s->a * s->a; }
static double box_area(const struct shape *s) { return s->a * s->b; }
static double circle_area(const struct shape *s) { return 3.141592653589793 * s->a * s->a; }
static void scale_one(struct shape *s, double by) { s->a *= by; }
static void scale_both(struct shape *s, double by) { s->a *= by, s->b *= by; }

static const struct methods square = { "square", square_area, scale_one }, box = { "box", box_area, scale_both }, circle = { "circle", circle_area, scale_one };

struct closure {
	int (*call)(struct closure *, int);
	int state;
};

static int adds(struct closure *c, int v) { return c->state += v; }
static int multiplies(struct closure *c, int v) { return c->state *= v; }
static int forgets(struct closure *c, int v) { int old = c->state; c->state = v; return old; }

static NOINLINE int fold(struct closure *c, const int *p, int n)
{
	int last = 0;
	while (n--)
		last = c->call(c, *p++);
	return last;
}

/* A machine whose states call each other last. */
static int letters(const char *s, int n);
static NOINLINE int blanks(const char *s, int n) { return !*s ? n : *s == ' ' ? blanks(s + 1, n) : letters(s + 1, n + 1); }
static NOINLINE int letters(const char *s, int n) { return !*s ? n : *s == ' ' ? blanks(s + 1, n) : letters(s + 1, n); }

static int plus(int a, int b) { return a + b; }
static int minus(int a, int b) { return a - b; }
static int times(int a, int b) { return a * b; }
static int (*const operations[])(int, int) = { plus, minus, times };

static int (*select(char c))(int, int)
{
	return operations[c == '+' ? 0 : c == '-' ? 1 : 2];
}

static NOINLINE int reverse_polish(const char *s)
{
	int stack[16], n = 0;
	for (; *s; s++)
		if (*s >= '0' && *s <= '9')
			stack[n++] = *s - '0';
		else {
			n--;
			stack[n - 1] = select(*s)(stack[n - 1], stack[n]);
		}
	return stack[0];
}

static NOINLINE u32 down(u32 n, u32 sum) { return n ? down(n - 1, sum * 3 + n) : sum; }

int main(void)
{
	struct shape shapes[] = { { &square, 3, 0 }, { &box, 2, 5.5 }, { &circle, 1.25, 0 } };
	for (int i = 0; i < 6; i++) {
		struct shape *s = &shapes[i % 3];
		print("%s %.9f", s->is->name, s->is->area(s));
		s->is->scale(s, 1.5);
	}
	struct closure closures[] = { { adds, 10 }, { multiplies, 1 }, { forgets, -1 } };
	static const int numbers[] = { 3, 1, 4, 1, 5, 9, 2, 6 };
	for (int i = 0; i < COUNT(closures); i++) {
		int last = fold(&closures[i], numbers, COUNT(numbers));
		print("fold %d, state %d", last, closures[i].state);
	}
	print("words %d %d", blanks("  call it as if  it were local ", 0), blanks("", 0));
	print("polish %d %d", reverse_polish("34+5*2-"), reverse_polish("99*9*1+8-"));
	print("down %08x", down(300, 1));
	const char *text = "pointer";
	const char **p = &text, ***q = &p;
	print("%c %c %s", **p, *(**q + 3), **q + 2);
	return 0;
}
