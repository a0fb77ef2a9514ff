/* values.c - the exercise plug-in: numbers, strings, structs, arrays, unions. */
#include "plugin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ------------------------------------------------------------ */

int64_t ex_sum_integers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h)
{
	return a + b + c + d + e + (int64_t)f + g + (int64_t)h;
}

long ex_long(long a, unsigned long b) { return a - (long)b; }
size_t ex_size(size_t n) { return n + 1; }
double ex_mix(float a, double b) { return a + b; }
float ex_half(float v) { return v / 2; }
bool ex_not(bool v) { return !v; }
char ex_upper(char c) { return (char)toupper((unsigned char)c); }

ex_type ex_type_of(const char *text)
{
	ex_type type = 0;
	int i;
	for (i = 0; i < 4 && text[i]; i++)
		type = type << 8 | (unsigned char)text[i];
	return type;
}

ex_color ex_next_color(ex_color c) { return c == EX_RED ? EX_GREEN : c == EX_GREEN ? EX_BLUE : EX_RED; }
ex_flags ex_toggle(ex_flags flags, ex_flags which) { return flags ^ which; }

/* ---- strings ------------------------------------------------------------ */

const char *ex_greet(const char *name)
{
	static char text[300];
	if (name == NULL)
		return NULL;
	strcpy(text, "hello, ");
	strncat(text, name, sizeof text - 8);
	return text;
}

char *ex_copy(const char *text) { return strdup(text); }

uint32_t ex_roman(const char *text, char *upper, size_t room)
{
	uint32_t n = 0;
	size_t i;
	for (i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char up = c == 0x8a ? 0x80 : c == 0x9a ? 0x85 : c == 0x9f ? 0x86 : (unsigned char)toupper(c); /* umlauts */
		n += up != c || isalpha(c);
		if (i + 1 < room)
			upper[i] = (char)up;
	}
	if (room > 0)
		upper[i < room ? i : room - 1] = 0;
	return n;
}

uint32_t ex_pascal(const unsigned char *text)
{
	uint32_t sum = 0;
	int i;
	for (i = 1; i <= text[0]; i++)
		sum += text[i];
	return sum;
}

size_t ex_name(char *text, size_t room)
{
	static const char name[] = "exercise";
	if (text != NULL && room > 0) {
		strncpy(text, name, room);
		text[room - 1] = 0;
	}
	return sizeof name - 1;
}

void ex_split(const char *text, const char **word, const char **rest)
{
	static char first[100];
	const char *blank = strchr(text, ' ');
	size_t n = blank ? (size_t)(blank - text) : strlen(text);
	if (n >= sizeof first)
		n = sizeof first - 1;
	memcpy(first, text, n);
	first[n] = 0;
	*word = first;
	*rest = blank ? blank + 1 : NULL;
}

/* ---- structs ------------------------------------------------------------ */

void ex_echo_numbers(const struct ex_numbers *in, struct ex_numbers *out) { *out = *in; }
void ex_echo_packed(const struct ex_packed68k *in, struct ex_packed68k *out) { *out = *in; }
void ex_echo_power(const struct ex_power *in, struct ex_power *out) { *out = *in; }

ex_status ex_move(struct ex_point *point, const struct ex_point *by, struct ex_point *old)
{
	if (old != NULL)
		*old = *point;
	point->x += by->x;
	point->y += by->y;
	return by->tag == 0 ? 0 : by->tag;
}

double ex_weigh(const struct ex_shape *s)
{
	double sum = s->corners[0].x + s->corners[0].y + s->corners[1].x + s->corners[1].y;
	uint32_t i;
	for (i = 0; i < s->count; i++)
		sum += s->weights[i];
	for (i = 0; i < sizeof s->raw; i++)
		sum += s->raw[i];
	return sum + (s->name ? (double)strlen(s->name) : 0) + (double)strnlen(s->label, EX_LABEL) + s->flags;
}

const struct ex_shape *ex_unit_square(void)
{
	static float weights[] = {0.5f, 0.25f, 0.125f};
	static const struct ex_shape square = {
		.corners = {{1, 0, 0}, {2, 1, 1}}, .label = "8letters", .name = "unit square", .count = 3,
		.weights = weights, .raw = {1, 2, 3, 4, 5, 6}, .flags = EX_LOUD | EX_LATE,
	};
	return &square;
}

int32_t ex_sized_sum(const struct ex_sized *s)
{
	return s->first + (s->size >= sizeof *s ? s->second : 0);
}

void ex_sized_fill(struct ex_sized *s)
{
	s->first = 1;
	if (s->size >= sizeof *s)
		s->second = 2;
}

void ex_divide(int32_t a, int32_t b, int32_t *quotient, int32_t *remainder)
{
	int64_t wide = a;
	*quotient = b ? (int32_t)(wide / b) : 0;
	if (remainder != NULL)
		*remainder = b ? (int32_t)(wide % b) : 0;
}

void ex_double_it(int64_t *v) { *v *= 2; }

/* ---- arrays ------------------------------------------------------------- */

double ex_total(const float *v, uint32_t rows, uint32_t columns)
{
	double sum = 0;
	size_t i;
	for (i = 0; i < (size_t)rows * columns; i++)
		sum += v[i];
	return sum;
}

int64_t ex_grid(const int16_t *v, const struct ex_extent *extent)
{
	int64_t sum = 0;
	size_t i;
	for (i = 0; i < (size_t)extent->rows * extent->columns; i++)
		sum += v[i];
	return sum;
}

void ex_ramp(uint8_t *v, uint32_t n, uint32_t limit)
{
	uint32_t i;
	for (i = 0; i < n && i < limit; i++)
		v[i] = (uint8_t)i;
}

void ex_vowels(const char *text, bool *vowel)
{
	for (; *text; text++)
		*vowel++ = strchr("aeiouAEIOU", *text) != NULL;
}

void ex_reverse(long *v, size_t n)
{
	size_t i;
	for (i = 0; i < n / 2; i++) {
		long other = v[n - 1 - i];
		v[n - 1 - i] = v[i];
		v[i] = other;
	}
}

static int is_prime(uint32_t n)
{
	uint32_t d;
	for (d = 2; d * d <= n; d++)
		if (n % d == 0)
			return 0;
	return n > 1;
}

int32_t ex_primes(uint32_t *v, int32_t room)
{
	int32_t count = 0;
	uint32_t n;
	for (n = 2; n < 100; n++)
		if (is_prime(n)) {
			if (v != NULL && count < room)
				v[count] = n;
			count++;
		}
	return count;
}

ex_status ex_divisors(uint32_t of, uint32_t *v, uint32_t room, uint32_t *count)
{
	uint32_t n, found = 0;
	if (of > 100000)
		return 2;
	for (n = 1; n <= of; n++)
		if (of % n == 0) {
			if (found == room)
				return 1;
			v[found++] = n;
		}
	*count = found;
	if (bad_count) {
		bad_count = 0;
		*count = room + 1;
	}
	return 0;
}

uint32_t ex_longest(const char *const *words, uint32_t n)
{
	uint32_t i, best = 0;
	for (i = 1; i < n; i++)
		if (strlen(words[i]) > strlen(words[best]))
			best = i;
	return best;
}

void ex_middle(const struct ex_point *points, uint32_t n, struct ex_point *middle)
{
	uint32_t i;
	middle->tag = (int16_t)n;
	middle->x = middle->y = 0;
	for (i = 0; i < n; i++) {
		middle->x += points[i].x / n;
		middle->y += points[i].y / n;
	}
}

const double *ex_constants(uint32_t *n)
{
	static const double values[] = {3.25, 2.5, -1};
	*n = 3;
	return values;
}

/* ---- unions ------------------------------------------------------------- */

double ex_any_value(int32_t kind, const union ex_any *v)
{
	switch (kind) {
	case EX_INTEGER:
		return (double)v->integer;
	case EX_REAL:
		return v->real;
	case EX_POINT:
		return v->point.x + v->point.y;
	case EX_TEXT:
		return (double)strnlen(v->text, EX_LABEL);
	}
	return -1;
}

double ex_value(const struct ex_variant *v) { return ex_any_value(v->kind, &v->value); }

ex_status ex_convert(const struct ex_variant *from, int32_t kind, struct ex_variant *to)
{
	double v = ex_value(from);
	to->kind = kind;
	switch (kind) {
	case EX_INTEGER:
		to->value.integer = (int64_t)v;
		break;
	case EX_REAL:
		to->value.real = v;
		break;
	case EX_POINT:
		to->value.point = (struct ex_point){3, v, 0};
		break;
	case EX_TEXT:
		memset(to->value.text, 'x', EX_LABEL);
		break;
	default:
		to->kind = EX_INTEGER;
		to->value.integer = 0;
		return 1;
	}
	if (bad_union) {
		bad_union = 0;
		to->kind = 99;
	}
	return 0;
}
