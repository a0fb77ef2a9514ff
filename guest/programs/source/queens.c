/* Queens, a Sudoku and a knight's tour, by trying. */
#include "program.h"

static u32 tried;

static int queens(u32 all, u32 columns, u32 left, u32 right)
{
	int n = 0;
	if (columns == all)
		return 1;
	for (u32 free = all & ~(columns | left | right); free; free &= free - 1) {
		u32 bit = free & -free;
		tried++;
		n += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
	}
	return n;
}

static char grid[82] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

static int allowed(int at, char c)
{
	int row = at / 9, column = at % 9, box = row / 3 * 27 + column / 3 * 3;
	for (int i = 0; i < 9; i++)
		if (grid[row * 9 + i] == c || grid[i * 9 + column] == c || grid[box + i / 3 * 9 + i % 3] == c)
			return 0;
	return 1;
}

static int sudoku(int at)
{
	while (at < 81 && grid[at] != '.')
		at++;
	if (at == 81)
		return 1;
	for (char c = '1'; c <= '9'; c++)
		if (allowed(at, c)) {
			tried++;
			grid[at] = c;
			if (sudoku(at + 1))
				return 1;
			grid[at] = '.';
		}
	return 0;
}

static u8 board[6][6];
static const i8 jumps[8][2] = { { 1, 2 }, { 2, 1 }, { 2, -1 }, { 1, -2 }, { -1, -2 }, { -2, -1 }, { -2, 1 }, { -1, 2 } };

static int can(int x, int y) { return x >= 0 && y >= 0 && x < 6 && y < 6 && !board[y][x]; }

static int tour(int x, int y, int n) /* to the square with the fewest ways on first */
{
	board[y][x] = (u8)n;
	if (n == 36)
		return 1;
	for (int ways = 0; ways < 8; ways++)
		for (int i = 0; i < 8; i++) {
			int u = x + jumps[i][0], v = y + jumps[i][1], w = 0;
			if (!can(u, v))
				continue;
			for (int k = 0; k < 8; k++)
				w += can(u + jumps[k][0], v + jumps[k][1]);
			if (w == ways && tour(u, v, n + 1))
				return 1;
		}
	board[y][x] = 0;
	return 0;
}

int main(void)
{
	for (int n = 1; n <= 8; n++)
		print("%d queens: %d", n, queens((1u << n) - 1, 0, 0, 0));
	print("sudoku %d", sudoku(0));
	for (int i = 0; i < 9; i++) {
		char line[10];
		memcpy(line, grid + 9 * i, 9);
		line[9] = 0;
		put(line);
	}
	print("tour %d", tour(0, 0, 1));
	for (int y = 0; y < 6; y++)
		print("%3d%3d%3d%3d%3d%3d", board[y][0], board[y][1], board[y][2], board[y][3], board[y][4], board[y][5]);
	print("tried %u", tried);
	return 0;
}
