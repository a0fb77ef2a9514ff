/* The game of life on a torus, by cells and by words of bits. */
#include "program.h"

enum { SIDE = 32 };

static u8 cells[SIDE][SIDE], next[SIDE][SIDE];
static u32 rows[SIDE], after[SIDE];

static void by_cells(void)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			int n = 0;
			for (int dy = -1; dy <= 1; dy++)
				for (int dx = -1; dx <= 1; dx++)
					n += (dx || dy) && cells[(y + dy) & (SIDE - 1)][(x + dx) & (SIDE - 1)];
			next[y][x] = (u8)(n == 3 || (n == 2 && cells[y][x]));
		}
	memcpy(cells, next, sizeof cells);
}

static u32 around(u32 v, int left) { return left ? v << 1 | v >> 31 : v >> 1 | v << 31; }

static void by_words(void)
{
	for (int y = 0; y < SIDE; y++) {
		u32 ones = 0, twos = 0, fours = 0;
		for (int dy = -1; dy <= 1; dy++) {
			u32 r = rows[(y + dy) & (SIDE - 1)];
			u32 three[3] = { around(r, 1), around(r, 0), dy ? r : 0 };
			for (int k = 0; k < 3; k++) {
				u32 c = ones & three[k], d = twos & c;
				ones ^= three[k];
				twos ^= c;
				fours |= d;
			}
		}
		after[y] = twos & ~fours & (ones | rows[y]);
	}
	memcpy(rows, after, sizeof rows);
}

int main(void)
{
	u32 seed = 2024;
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			cells[y][x] = next_random(&seed) >> 30 == 0;
			rows[y] |= (u32)cells[y][x] << x;
		}
	for (int t = 0; t < 24; t++) {
		int alive = 0, same = 1;
		by_cells();
		by_words();
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) {
				alive += cells[y][x];
				same &= (rows[y] >> x & 1) == cells[y][x];
			}
		print("generation %d: %d alive, same %d", t, alive, same);
	}
	for (int y = 0; y < SIDE; y += 2) {
		char line[SIDE + 1];
		for (int x = 0; x < SIDE; x++)
			line[x] = cells[y][x] ? '#' : '.';
		line[SIDE] = 0;
		put(line);
	}
	return 0;
}
