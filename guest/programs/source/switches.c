/* Switches: dense, sparse, on wide and negative numbers; a machine with computed jumps. */
#include "program.h"

static NOINLINE int dense(int v)
{
	switch (v) {
	case 0: return 17;
	case 1: return v + 4;
	case 2: case 3: return 99;
	case 4: v *= 3; /* fall through */
	case 5: return v - 1;
	case 6: return -v;
	case 7: return v << 3;
	case 8: return v ^ 0x55;
	case 9: return 1000;
	case 10: return 4;
	case 11: return v * v;
	default: return -1;
	}
}

static NOINLINE int sparse(i32 v)
{
	switch (v) {
	case -2147483647 - 1: return 1;
	case -1000: return 2;
	case -1: return 3;
	case 0x6d6f6f76: return 4; /* four characters each */
	case 0x50454646: return 5;
	case 0x4150504c: return 6;
	case 2147483647: return 7;
	case 100 ... 200: return 8;
	}
	return 0;
}

static NOINLINE int wide(u64 v)
{
	switch (v) {
	case 0: return 1;
	case 1ull << 40: return 2;
	case (1ull << 40) + 1: return 3;
	case ~0ull: return 4;
	}
	return 0;
}

static NOINLINE int small(i8 c)
{
	switch (c) {
	case 'a': case 'e': case 'i': case 'o': case 'u': return 1;
	case '0' ... '9': return 2;
	case ' ': case '\t': return 3;
	case -128: return 4;
	}
	return 0;
}

enum op { PUSH, ADD, SUB, MUL, DUP, SWAP, LESS, JUMP_IF, JUMP, PRINT, STOP };

static NOINLINE i32 by_switch(const i8 *code)
{
	i32 stack[32], n = 0, at = 0, steps = 0;
	for (;; steps++)
		switch ((enum op)code[at++]) {
		case PUSH: stack[n++] = code[at++]; break;
		case ADD: n--; stack[n - 1] += stack[n]; break;
		case SUB: n--; stack[n - 1] -= stack[n]; break;
		case MUL: n--; stack[n - 1] *= stack[n]; break;
		case DUP: stack[n] = stack[n - 1]; n++; break;
		case SWAP: { i32 t = stack[n - 1]; stack[n - 1] = stack[n - 2]; stack[n - 2] = t; break; }
		case LESS: n--; stack[n - 1] = stack[n - 1] < stack[n]; break;
		case JUMP_IF: at = stack[--n] ? code[at] : at + 1; break;
		case JUMP: at = code[at]; break;
		case PRINT: print("%d", stack[n - 1]); break;
		case STOP: return steps;
		}
}

static NOINLINE i32 by_labels(const i8 *code)
{
	static const void *const labels[] = { &&push, &&add, &&sub, &&mul, &&dup, &&swap, &&less, &&jump_if, &&jump, &&print, &&stop };
	i32 stack[32], n = 0, at = 0, steps = -1, t;
#define NEXT do { steps++; goto *labels[code[at++]]; } while (0)
	NEXT;
push: stack[n++] = code[at++]; NEXT;
add: n--; stack[n - 1] += stack[n]; NEXT;
sub: n--; stack[n - 1] -= stack[n]; NEXT;
mul: n--; stack[n - 1] *= stack[n]; NEXT;
dup: stack[n] = stack[n - 1]; n++; NEXT;
swap: t = stack[n - 1]; stack[n - 1] = stack[n - 2]; stack[n - 2] = t; NEXT;
less: n--; stack[n - 1] = stack[n - 1] < stack[n]; NEXT;
jump_if: at = stack[--n] ? code[at] : at + 1; NEXT;
jump: at = code[at]; NEXT;
print: NEXT;
stop: return steps;
}

int main(void)
{
	for (int i = -2; i < 14; i++)
		print("dense %d %d", i, dense(i));
	static const i32 values[] = { -2147483647 - 1, -1000, -999, -1, 0, 99, 100, 150, 200, 201, 0x50454646, 0x6d6f6f76, 0x4150504c, 2147483647 };
	for (int i = 0; i < COUNT(values); i++)
		print("sparse %d %d", values[i], sparse(values[i]));
	print("wide %d %d %d %d %d", wide(0), wide(1ull << 40), wide((1ull << 40) + 1), wide(~0ull), wide(1));
	const char *text = "case of 10 tabs\t";
	int sum = 0;
	for (const char *p = text; *p; p++)
		sum = sum * 5 + small((i8)*p);
	print("small %d %d", sum, small(-128));
	/* Squares of 1 to 9. */
	static const i8 code[] = { PUSH, 1, DUP, DUP, MUL, PRINT, SUB, PUSH, 0, PUSH, 1, SWAP, SUB, STOP };
	static const i8 loop[] = { PUSH, 1, DUP, PUSH, 10, LESS, JUMP_IF, 9, STOP, DUP, DUP, DUP, MUL, PRINT, SUB, ADD, PUSH, 1, ADD, PUSH, 100, LESS, JUMP_IF, 26, STOP, STOP, PUSH, 3, PRINT, STOP };
	print("steps %d", by_switch(code));
	print("steps %d", by_switch(loop));
	print("steps %d %d", by_labels(code), by_labels(loop));
	return 0;
}
