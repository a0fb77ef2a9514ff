/* A parser of JSON into a tree, which is printed again. */
#include "program.h"

enum kind { NIL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT };

struct value {
	enum kind kind;
	union {
		int boolean;
		double number;
		const char *string;
		struct value *first;
	} u;
	const char *name;
	struct value *next;
};

static struct value values[200];
static char strings[2000];
static int value_count, string_count;
static const char *at, *failure;

static struct value *parse(void);

static void blanks(void)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
}

static void *fail(const char *why)
{
	if (!failure)
		failure = why;
	return NULL;
}

static void utf8(u32 c)
{
	if (c < 0x80)
		strings[string_count++] = (char)c;
	else if (c < 0x800) {
		strings[string_count++] = (char)(0xc0 | c >> 6);
		strings[string_count++] = (char)(0x80 | (c & 63));
	} else {
		strings[string_count++] = (char)(0xe0 | c >> 12);
		strings[string_count++] = (char)(0x80 | (c >> 6 & 63));
		strings[string_count++] = (char)(0x80 | (c & 63));
	}
}

static const char *string(void)
{
	char *begin = strings + string_count;
	for (at++; *at != '"'; at++) {
		if (!*at)
			return fail("string has no end");
		if (*at != '\\') {
			strings[string_count++] = *at;
			continue;
		}
		switch (*++at) {
		case 'n': utf8('\n'); break;
		case 't': utf8('\t'); break;
		case 'r': utf8('\r'); break;
		case 'b': utf8('\b'); break;
		case 'f': utf8('\f'); break;
		case 'u': {
			u32 c = 0;
			for (int i = 0; i < 4; i++) {
				char d = *++at;
				c <<= 4;
				if (d >= '0' && d <= '9')
					c |= (u32)(d - '0');
				else if (d >= 'a' && d <= 'f')
					c |= (u32)(d - 'a' + 10);
				else
					return fail("bad escape");
			}
			utf8(c);
			break;
		}
		case '"': case '\\': case '/': utf8((u8)*at); break;
		default: return fail("bad escape");
		}
	}
	at++;
	strings[string_count++] = 0;
	return begin;
}

static double number(void)
{
	double v = 0, scale = 1;
	int negative = *at == '-', e = 0, down = 0;
	if (negative)
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		v = v * 10 + (*at - '0');
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++) {
			v = v * 10 + (*at - '0');
			scale *= 10;
		}
	v /= scale;
	if (*at == 'e' || *at == 'E') {
		at++;
		if (*at == '-' || *at == '+')
			down = *at++ == '-';
		for (; *at >= '0' && *at <= '9'; at++)
			e = e * 10 + (*at - '0');
		for (; e > 0; e--)
			v = down ? v / 10 : v * 10;
	}
	return negative ? -v : v;
}

static struct value *list(struct value *v, char end)
{
	struct value **tail = &v->u.first;
	v->u.first = NULL;
	at++;
	blanks();
	if (*at == end) {
		at++;
		return v;
	}
	for (;;) {
		const char *name = NULL;
		blanks();
		if (end == '}') {
			if (*at != '"')
				return fail("name expected");
			name = string();
			blanks();
			if (*at++ != ':')
				return fail("colon expected");
		}
		struct value *e = parse();
		if (!e)
			return NULL;
		e->name = name;
		*tail = e;
		tail = &e->next;
		blanks();
		if (*at == end) {
			at++;
			return v;
		}
		if (*at++ != ',')
			return fail("comma expected");
	}
}

static int word(const char *w)
{
	size_t n = strlen(w);
	if (memcmp(at, w, n))
		return 0;
	at += n;
	return 1;
}

static struct value *parse(void)
{
	struct value *v = &values[value_count++];
	v->next = NULL;
	v->name = NULL;
	blanks();
	switch (*at) {
	case '{': v->kind = OBJECT; return list(v, '}');
	case '[': v->kind = ARRAY; return list(v, ']');
	case '"': v->kind = STRING; v->u.string = string(); return v->u.string ? v : NULL;
	case 't': case 'f':
		v->kind = BOOLEAN;
		v->u.boolean = *at == 't';
		return word(v->u.boolean ? "true" : "false") ? v : fail("unknown word");
	case 'n': v->kind = NIL; return word("null") ? v : fail("unknown word");
	case '-': case '0' ... '9': v->kind = NUMBER; v->u.number = number(); return v;
	}
	return fail("value expected");
}

static void show(const struct value *v, int depth)
{
	char head[80];
	int n = 0;
	for (int i = 0; i < depth; i++)
		n += format_into(head + n, "  ");
	if (v->name)
		n += format_into(head + n, "%s: ", v->name);
	head[n] = 0;
	switch (v->kind) {
	case NIL: print("%snull", head); break;
	case BOOLEAN: print("%s%s", head, v->u.boolean ? "true" : "false"); break;
	case NUMBER: print("%s%.6f", head, v->u.number); break;
	case STRING: print("%s'%s'", head, v->u.string); break;
	case ARRAY: case OBJECT:
		print("%s%s", head, v->kind == ARRAY ? "array" : "object");
		for (const struct value *e = v->u.first; e; e = e->next)
			show(e, depth + 1);
	}
}

int main(void)
{
	static const char *const texts[] = {
		"{\"name\": \"gverb\", \"ports\": [1, 2.5, -3e2, 0.125, 1e-3], \"on\": true, \"off\": false,\n\t\"nothing\": null, \"deep\": [[[{}]], []]}",
		"[\"tab\\tquote\\\"slash\\/\", \"\\u0041\\u00e9\\u20ac\", \"\"]",
		"  123456789.25 ",
		"[1, 2", "{\"a\" 1}", "[tru]", "\"open", "[\"\\x\"]", "", "{1: 2}",
	};
	for (int i = 0; i < COUNT(texts); i++) {
		value_count = string_count = 0;
		failure = NULL;
		at = texts[i];
		struct value *v = parse();
		if (v)
			show(v, 0);
		else
			print("failed at %d: %s", (int)(at - texts[i]), failure);
	}
	return 0;
}
