/* Base64 both ways, hexadecimal dumps, and percent escapes. */
#include "program.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int encode(char *out, const u8 *in, int n)
{
	char *o = out;
	for (int i = 0; i < n; i += 3) {
		u32 v = (u32)in[i] << 16 | (i + 1 < n ? in[i + 1] : 0u) << 8 | (i + 2 < n ? in[i + 2] : 0u);
		*o++ = digits[v >> 18];
		*o++ = digits[v >> 12 & 63];
		*o++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*o++ = i + 2 < n ? digits[v & 63] : '=';
	}
	*o = 0;
	return (int)(o - out);
}

static int value(char c)
{
	for (int i = 0; i < 64; i++)
		if (digits[i] == c)
			return i;
	return -1;
}

static int decode(u8 *out, const char *in)
{
	int n = 0, bits = 0;
	u32 v = 0;
	for (; *in && *in != '='; in++) {
		int d = value(*in);
		if (d < 0)
			return -1;
		v = v << 6 | (u32)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (u8)(v >> bits);
		}
	}
	return n;
}

int main(void)
{
	static const char *texts[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar", "Many hands make light work." };
	char line[200];
	u8 back[200], data[90];
	for (int i = 0; i < COUNT(texts); i++) {
		int n = encode(line, (const u8 *)texts[i], (int)strlen(texts[i]));
		int m = decode(back, line);
		print("%s %d %d %d", line, n, m, !memcmp(back, texts[i], (size_t)m));
	}
	u32 seed = 5;
	for (int i = 0; i < COUNT(data); i++)
		data[i] = (u8)(next_random(&seed) >> 24);
	encode(line, data, COUNT(data));
	put(line);
	int length = decode(back, line);
	print("%d, same %d", length, !memcmp(back, data, COUNT(data)));
	print("bad: %d", decode(back, "ab?d"));
	for (int row = 0; row < 3; row++) {
		int n = format_into(line, "%04x:", row * 16);
		for (int i = 0; i < 16; i++)
			n += format_into(line + n, " %02x", data[row * 16 + i]);
		n += format_into(line + n, "  ");
		for (int i = 0; i < 16; i++) {
			u8 c = data[row * 16 + i];
			n += format_into(line + n, "%c", c >= 32 && c < 127 ? c : '.');
		}
		put(line);
	}
	return 0;
}
