/* Regular expressions: by backtracking, and by sets of states compiled from the same text. */
#include "program.h"

static int here(const char *re, const char *s);

static int one(const char *re, char c, const char **rest)
{
	int yes = 0, negative;
	if (*re == '\\') {
		*rest = re + 2;
		return c && (re[1] == 'd' ? c >= '0' && c <= '9' : re[1] == 'w' ? (c >= 'a' && c <= 'z') || c == '_' : c == re[1]);
	}
	if (*re != '[') {
		*rest = re + 1;
		return c && (*re == '.' || *re == c);
	}
	negative = *++re == '^';
	if (negative)
		re++;
	for (; *re != ']'; re++)
		if (re[1] == '-' && re[2] != ']') {
			yes |= re[0] <= c && c <= re[2];
			re += 2;
		} else
			yes |= *re == c;
	*rest = re + 1;
	return c && yes != negative;
}

static u32 steps;

static int here(const char *re, const char *s)
{
	const char *rest, *p;
	steps++;
	if (!*re)
		return 1;
	if (*re == '$' && !re[1])
		return !*s;
	one(re, 'x', &rest);
	switch (*rest) {
	case '*':
	case '+':
		for (p = s; one(re, *p, &rest); p++)
			;
		for (int least = *rest == '+'; p - s >= least; p--)
			if (here(rest + 1, p))
				return 1;
		return 0;
	case '?':
		if (one(re, *s, &rest) && here(rest + 1, s + 1))
			return 1;
		return here(rest + 1, s);
	}
	return one(re, *s, &rest) && here(rest, s + 1);
}

static int search(const char *re, const char *s)
{
	if (*re == '^')
		return here(re + 1, s) ? 0 : -1;
	for (const char *p = s;; p++) {
		if (here(re, p))
			return (int)(p - s);
		if (!*p)
			return -1;
	}
}

/* The other way: states are items of the expression, a set of them is a word. */
static const char *items[32];
static u8 repeats[32];
static int item_count;

static void compile(const char *re)
{
	for (item_count = 0; *re && !(*re == '$' && !re[1]); item_count++) {
		const char *rest;
		items[item_count] = re;
		one(re, 'x', &rest);
		u8 r = (u8)*rest;
		repeats[item_count] = r == '*' || r == '+' || r == '?' ? r : 0;
		re = repeats[item_count] ? rest + 1 : rest;
	}
}

static u32 closure(u32 set)
{
	for (int i = 0; i < item_count; i++)
		if (set >> i & 1 && (repeats[i] == '*' || repeats[i] == '?'))
			set |= 2u << i;
	return set;
}

static int whole(const char *s)
{
	u32 set = closure(1);
	for (; *s; s++) {
		u32 next = 0;
		const char *rest;
		for (int i = 0; i < item_count; i++)
			if (set >> i & 1 && one(items[i], *s, &rest)) {
				next |= 2u << i;
				if (repeats[i] == '*' || repeats[i] == '+')
					next |= 1u << i;
			}
		set = closure(next);
	}
	return set >> item_count & 1;
}

int main(void)
{
	static const char *const expressions[] = { "abc", "a.c", "^ab*c$", "[a-c]+x?$", "\\d+\\.\\d*", "^[^ ]+ [^ ]+$", "a?a?a?a?aaaa", "x*y*z*$", "\\w\\w+", "" };
	static const char *const texts[] = { "abc", "xxabcxx", "abbbbbc", "ac", "aaaa", "version 12.5", "3.14159", "two words", "cabx", "" };
	for (int i = 0; i < COUNT(expressions); i++) {
		char line[200];
		int n = format_into(line, "%-16s", expressions[i]);
		compile(expressions[i][0] == '^' ? expressions[i] + 1 : expressions[i]);
		for (int k = 0; k < COUNT(texts); k++)
			n += format_into(line + n, "%4d%c", search(expressions[i], texts[k]), whole(texts[k]) ? '!' : ' ');
		put(line);
	}
	print("steps %u", steps);
	return 0;
}
