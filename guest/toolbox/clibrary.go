package toolbox

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/internal/bin"
)

// The C library of PowerPC code (ISO/IEC 9899:1990, section 7). Characters are
// those of the "C" locale.

// Strlen returns the length of a text.
func (t *Toolbox) Strlen(s uint32) uint32 { return uint32(len(t.cstring(s))) }

// Strcpy copies a text.
func (t *Toolbox) Strcpy(to, from uint32) uint32 {
	t.write(to, append(t.cstring(from), 0))
	return to
}

// bounded returns a text of at most n bytes, which need not end with a NUL.
func (t *Toolbox) bounded(s, n uint32) []byte {
	var b []byte
	for i := uint32(0); i < min(n, mostText) && t.err == nil; i++ {
		c := t.u8(s + i)
		if c == 0 {
			break
		}
		b = append(b, c)
	}
	return b
}

// zeros checks that there is room before it makes as many.
func (t *Toolbox) zeros(at, n uint32) {
	if n > 0 {
		t.write(at, make([]byte, len(t.copyOf(at, n))))
	}
}

// Strncpy copies a text of at most n bytes, with NULs up to there.
func (t *Toolbox) Strncpy(to, from, n uint32) uint32 {
	b := t.bounded(from, n)
	t.zeros(to, n)
	t.write(to, b)
	return to
}

// Strcat appends a text.
func (t *Toolbox) Strcat(to, from uint32) uint32 {
	t.write(to+t.Strlen(to), append(t.cstring(from), 0))
	return to
}

// Strncat appends a text of at most n bytes, and a NUL.
func (t *Toolbox) Strncat(to, from, n uint32) uint32 {
	t.write(to+t.Strlen(to), append(t.bounded(from, n), 0))
	return to
}

// Strcmp compares texts.
func (t *Toolbox) Strcmp(a, b uint32) int32 { return int32(bytes.Compare(t.cstring(a), t.cstring(b))) }

// Strncmp compares texts of at most n bytes.
func (t *Toolbox) Strncmp(a, b, n uint32) int32 {
	return int32(bytes.Compare(t.bounded(a, n), t.bounded(b, n)))
}

// place returns the address of an index, 0 for none.
func place(s uint32, i int) uint32 {
	if i < 0 {
		return 0
	}
	return s + uint32(i)
}

// Strchr finds a character, which may be the NUL.
func (t *Toolbox) Strchr(s uint32, c int32) uint32 {
	return place(s, bytes.IndexByte(append(t.cstring(s), 0), byte(c)))
}

// Strrchr finds the last of a character.
func (t *Toolbox) Strrchr(s uint32, c int32) uint32 {
	return place(s, bytes.LastIndexByte(append(t.cstring(s), 0), byte(c)))
}

// Strstr finds a text in another.
func (t *Toolbox) Strstr(s, what uint32) uint32 {
	return place(s, bytes.Index(t.cstring(s), t.cstring(what)))
}

// span counts the characters that are in a set, or not.
func (t *Toolbox) span(s, set uint32, in bool) (uint32, bool) {
	text := t.cstring(s)
	var has [256]bool
	for _, c := range t.cstring(set) {
		has[c] = true
	}
	for i, c := range text {
		if has[c] != in {
			return uint32(i), true
		}
	}
	return uint32(len(text)), false
}

// Strpbrk finds the first character of a set.
func (t *Toolbox) Strpbrk(s, set uint32) uint32 {
	n, ok := t.span(s, set, false)
	if !ok {
		return 0
	}
	return s + n
}

// Strspn counts the characters at the start that are in a set.
func (t *Toolbox) Strspn(s, set uint32) uint32 { n, _ := t.span(s, set, true); return n }

// Strcspn counts the characters at the start that are not in a set.
func (t *Toolbox) Strcspn(s, set uint32) uint32 { n, _ := t.span(s, set, false); return n }

// Memcpy copies bytes.
func (t *Toolbox) Memcpy(to, from, n uint32) uint32 {
	t.write(to, t.copyOf(from, n))
	return to
}

// Memmove copies bytes.
func (t *Toolbox) Memmove(to, from, n uint32) uint32 { return t.Memcpy(to, from, n) }

// Memset sets bytes.
func (t *Toolbox) Memset(to uint32, c int32, n uint32) uint32 {
	b := t.copyOf(to, n)
	for i := range b {
		b[i] = byte(c)
	}
	t.write(to, b)
	return to
}

// Memcmp compares bytes.
func (t *Toolbox) Memcmp(a, b, n uint32) int32 {
	return int32(bytes.Compare(t.copyOf(a, n), t.copyOf(b, n)))
}

// Memchr finds a byte.
func (t *Toolbox) Memchr(s uint32, c int32, n uint32) uint32 {
	return place(s, bytes.IndexByte(t.copyOf(s, n), byte(c)))
}

// PLstrcpy copies a Pascal text.
func (t *Toolbox) PLstrcpy(to, from uint32) uint32 {
	t.putPString(to, t.pstring(from), 255)
	return to
}

// PLstrcat appends a Pascal text, as far as there is room.
func (t *Toolbox) PLstrcat(to, from uint32) uint32 {
	t.putPString(to, append(t.pstring(to), t.pstring(from)...), 255)
	return to
}

// PLstrcmp compares Pascal texts.
func (t *Toolbox) PLstrcmp(a, b uint32) int16 {
	return int16(bytes.Compare(t.pstring(a), t.pstring(b)))
}

// PLstrncmp compares the first n characters of Pascal texts.
func (t *Toolbox) PLstrncmp(a, b uint32, n int16) int16 {
	x, y := t.pstring(a), t.pstring(b)
	n = max(n, 0)
	return int16(bytes.Compare(x[:min(len(x), int(n))], y[:min(len(y), int(n))]))
}

// PLstrlen returns the length of a Pascal text.
func (t *Toolbox) PLstrlen(s uint32) int16 { return int16(t.u8(s)) }

// Abs returns an absolute value.
func (t *Toolbox) Abs(n int32) int32 { return max(n, -n) }

// Labs returns an absolute value.
func (t *Toolbox) Labs(n int32) int32 { return max(n, -n) }

// Classes of characters.
func isLower(c int32) bool { return c >= 'a' && c <= 'z' }
func isUpper(c int32) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c int32) bool { return c >= '0' && c <= '9' }
func isGraph(c int32) bool { return c > ' ' && c < 0x7f }
func isSpace(c int32) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isAlnum(c int32) bool { return isLower(c) || isUpper(c) || isDigit(c) }

func truth(b bool) int32 { return int32(boolean(b)) }

// Tolower makes a capital a small letter.
func (t *Toolbox) Tolower(c int32) int32 {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}

// Toupper makes a small letter a capital.
func (t *Toolbox) Toupper(c int32) int32 {
	if isLower(c) {
		return c - 'a' + 'A'
	}
	return c
}

// Isalnum says whether a character is a letter or a digit.
func (t *Toolbox) Isalnum(c int32) int32 { return truth(isAlnum(c)) }

// Isalpha says whether a character is a letter.
func (t *Toolbox) Isalpha(c int32) int32 { return truth(isLower(c) || isUpper(c)) }

// Iscntrl says whether a character is a control character.
func (t *Toolbox) Iscntrl(c int32) int32 { return truth(c >= 0 && c < ' ' || c == 0x7f) }

// Isdigit says whether a character is a digit.
func (t *Toolbox) Isdigit(c int32) int32 { return truth(isDigit(c)) }

// Isgraph says whether a character prints something.
func (t *Toolbox) Isgraph(c int32) int32 { return truth(isGraph(c)) }

// Islower says whether a character is a small letter.
func (t *Toolbox) Islower(c int32) int32 { return truth(isLower(c)) }

// Isprint says whether a character prints something, or is a blank.
func (t *Toolbox) Isprint(c int32) int32 { return truth(isGraph(c) || c == ' ') }

// Ispunct says whether a character prints something other than letters and digits.
func (t *Toolbox) Ispunct(c int32) int32 { return truth(isGraph(c) && !isAlnum(c)) }

// Isspace says whether a character is white space.
func (t *Toolbox) Isspace(c int32) int32 { return truth(isSpace(c)) }

// Isupper says whether a character is a capital.
func (t *Toolbox) Isupper(c int32) int32 { return truth(isUpper(c)) }

// Isxdigit says whether a character is a hexadecimal digit.
func (t *Toolbox) Isxdigit(c int32) int32 {
	return truth(isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
}

// integer parses as much of a text as is a number, and says how many bytes that
// is, and whether it fits 64 bits.
func integer(text []byte, base int32) (v int64, used int) {
	i := 0
	for i < len(text) && isSpace(int32(text[i])) {
		i++
	}
	negative := i < len(text) && text[i] == '-'
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		i++
	}
	hex := i+2 < len(text) && text[i] == '0' && text[i+1]|0x20 == 'x' && digit(text[i+2]) < 16
	switch {
	case hex && (base == 0 || base == 16):
		base, i = 16, i+2
	case base == 0 && i < len(text) && text[i] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	for ; i < len(text) && digit(text[i]) < base; i++ {
		if v < 1<<48 { // what is larger is too large for anything
			v = v*int64(base) + int64(digit(text[i]))
		}
		used = i + 1
	}
	if negative {
		v = -v
	}
	return v, used
}

func digit(c byte) int32 {
	switch v := int32(c); {
	case isDigit(v):
		return v - '0'
	case isLower(v | 0x20):
		return v | 0x20 - 'a' + 10
	}
	return 99
}

func (t *Toolbox) end(s, end uint32, used int) {
	if end != 0 {
		t.put32(end, s+uint32(used))
	}
}

// Atoi returns the number that a text begins with.
func (t *Toolbox) Atoi(s uint32) int32 { return t.Strtol(s, 0, 10) }

// Atol returns the number that a text begins with.
func (t *Toolbox) Atol(s uint32) int32 { return t.Strtol(s, 0, 10) }

// Strtol returns the number that a text begins with, and where it ends.
func (t *Toolbox) Strtol(s, end uint32, base int32) int32 {
	v, used := integer(t.cstring(s), base)
	t.end(s, end, used)
	return saturate(v)
}

// Strtoul returns the number that a text begins with, and where it ends.
func (t *Toolbox) Strtoul(s, end uint32, base int32) uint32 {
	v, used := integer(t.cstring(s), base)
	t.end(s, end, used)
	if v > math.MaxUint32 || v < -math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(v)
}

// Atof returns the number that a text begins with.
func (t *Toolbox) Atof(s uint32) float64 { return t.Strtod(s, 0) }

// Strtod returns the number that a text begins with, and where it ends.
func (t *Toolbox) Strtod(s, end uint32) float64 {
	text := t.cstring(s)
	from := 0
	for from < len(text) && isSpace(int32(text[from])) {
		from++
	}
	n := decimalLength(text[from:])
	if n == 0 {
		t.end(s, end, 0)
		return 0
	}
	t.end(s, end, from+n)
	v, err := strconv.ParseFloat(string(text[from:from+n]), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return v
}

// decimalLength says how many bytes at the start of a text are a decimal number.
func decimalLength(text []byte) int {
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		i++
	}
	digits := 0
	for point := false; i < len(text); i++ {
		if text[i] == '.' && !point {
			point = true
			continue
		}
		if !isDigit(int32(text[i])) {
			break
		}
		digits++
	}
	if digits == 0 {
		return 0
	}
	n := i
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '-' || text[i] == '+') {
			i++
		}
		for ; i < len(text) && isDigit(int32(text[i])); i++ {
			n = i + 1
		}
	}
	return n
}

// Malloc returns a new block, 0 if there is no room.
func (t *Toolbox) Malloc(n uint32) uint32 { return t.NewPtr(n) }

// Calloc returns a new block of zeros.
func (t *Toolbox) Calloc(n, size uint32) uint32 {
	if v := uint64(n) * uint64(size); v <= math.MaxUint32 {
		return t.NewPtr(uint32(v))
	}
	return 0
}

// Realloc returns a block of another size with the same bytes.
func (t *Toolbox) Realloc(p, n uint32) uint32 {
	if p == 0 {
		return t.NewPtr(n)
	}
	b := t.pointer(p)
	switch {
	case b == nil:
		return 0
	case t.heap.resize(b, n):
		return p
	}
	to := t.NewPtr(n)
	if to != 0 {
		t.write(to, t.copyOf(p, min(b.used, n)))
		t.DisposePtr(p)
	}
	return to
}

// CFree frees a block: free, whose name the host's Free has.
func (t *Toolbox) CFree(p uint32) {
	if p != 0 {
		t.DisposePtr(p)
	}
}

// compareProc is the type of a comparison: int proc(const void *, const void *).
const compareProc = coderes.ProcInfo(1 | 3<<4 | 3<<6 | 3<<8)

// compare calls a routine by its transition vector, which is the caller's processor's.
func (t *Toolbox) compare(vector, a, b uint32) int32 {
	if t.err != nil {
		return 0
	}
	call := t.modes.CallVector
	if t.vectors68K {
		call = t.modes.CallVector68K
	}
	v, err := call(vector, compareProc, a, b)
	if err != nil {
		t.fail(err)
	}
	return int32(v)
}

// Qsort sorts, by a heap.
func (t *Toolbox) Qsort(base, n, size, compare uint32) {
	if uint64(n)*uint64(size) > t.space.Size() || n < 2 || size == 0 {
		return
	}
	at := func(i uint32) uint32 { return base + i*size }
	swap := func(i, j uint32) {
		x, y := t.copyOf(at(i), size), t.copyOf(at(j), size)
		t.write(at(i), y)
		t.write(at(j), x)
	}
	sink := func(i, n uint32) {
		for t.err == nil {
			child := 2*i + 1
			if child >= n {
				return
			}
			if child+1 < n && t.compare(compare, at(child), at(child+1)) < 0 {
				child++
			}
			if t.compare(compare, at(i), at(child)) >= 0 {
				return
			}
			swap(i, child)
			i = child
		}
	}
	for i := n / 2; i > 0 && t.err == nil; i-- {
		sink(i-1, n)
	}
	for i := n - 1; i > 0 && t.err == nil; i-- {
		swap(0, i)
		sink(0, i)
	}
}

// Bsearch finds something in what is sorted.
func (t *Toolbox) Bsearch(what, base, n, size, compare uint32) uint32 {
	if uint64(n)*uint64(size) > t.space.Size() {
		return 0
	}
	low, high := uint32(0), n
	for low < high && t.err == nil {
		i := low + (high-low)/2
		switch c := t.compare(compare, what, base+i*size); {
		case c == 0:
			return base + i*size
		case c < 0:
			high = i
		default:
			low = i + 1
		}
	}
	return 0
}

// Rand returns a random number, from 0 to 32767.
func (t *Toolbox) Rand() int32 {
	t.seed = t.seed*1103515245 + 12345
	return int32(t.seed >> 16 & 0x7fff)
}

// Srand begins another series of random numbers.
func (t *Toolbox) Srand(seed uint32) { t.seed = seed }

// Time returns the time in seconds since 1904, which is the epoch here.
func (t *Toolbox) Time(to uint32) uint32 {
	v := seconds(t.now())
	if to != 0 {
		t.put32(to, v)
	}
	return v
}

// Clock returns the time in 60ths of a second.
func (t *Toolbox) Clock() uint32 { return t.TickCount() }

// Exit ends the run with ErrExit.
func (t *Toolbox) Exit(status int32) { t.fail(fmt.Errorf("%w with status %d", ErrExit, status)) }

// Abort ends the run with an error.
func (t *Toolbox) Abort() { t.fail(errors.New("the program aborted itself")) }

// Puts prints a text and a new line.
func (t *Toolbox) Puts(s uint32) int32 {
	t.print(lines(t.cstring(s)) + "\n")
	return 0
}

// Putchar prints a character.
func (t *Toolbox) Putchar(c int32) int32 {
	t.print(lines([]byte{byte(c)}))
	return c & 0xff
}

// lines is what a text is to people: a Macintosh's lines end with a CR, which its
// compilers wrote for '\n'.
func lines(text []byte) string { return strings.ReplaceAll(bin.MacRoman(text), "\r", "\n") }

// Printf prints.
func (t *Toolbox) Printf(format uint32, rest *variadic) int32 {
	text := t.format(t.cstringWithin(format, mostFormat), rest)
	t.print(lines(text))
	return int32(len(text))
}

// Sprintf writes a text.
func (t *Toolbox) Sprintf(to, format uint32, rest *variadic) int32 {
	text := t.format(t.cstringWithin(format, mostFormat), rest)
	t.write(to, append(text, 0))
	return int32(len(text))
}

// Vsprintf is Sprintf with arguments at an address.
func (t *Toolbox) Vsprintf(to, format, list uint32) int32 {
	return t.Sprintf(to, format, &variadic{t: t, memory: list, inMemory: true})
}
