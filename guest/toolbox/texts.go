package toolbox

import (
	"bytes"
	"cmp"
	"strconv"
	"sync"
	"unicode"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/internal/bin"
)

// Texts ("Inside Macintosh: Text", chapter 5), in Mac OS Roman.

// unmarked are the letters from 0x80 on without their marks, and some later ones.
const unmarked = "AACENOUaaaaaaceeeeiiiinooooouuuu"

var unmarkedToo = map[byte]byte{
	0xcb: 'A', 0xcc: 'A', 0xcd: 'O', 0xd8: 'y', 0xd9: 'Y', 0xe5: 'A', 0xe6: 'E', 0xe7: 'A', 0xe8: 'E', 0xe9: 'E',
	0xea: 'I', 0xeb: 'I', 0xec: 'I', 0xed: 'I', 0xee: 'O', 0xef: 'O', 0xf1: 'O', 0xf2: 'U', 0xf3: 'U', 0xf4: 'U',
}

// upper are the capitals of all letters.
var upper = sync.OnceValue(func() *[256]byte {
	var table [256]byte
	for i := range table {
		table[i] = byte(i)
		for _, c := range bin.MacRoman([]byte{byte(i)}) {
			if b, err := bin.EncodeMacRoman(string(unicode.ToUpper(c))); err == nil && len(b) == 1 {
				table[i] = b[0]
			}
		}
	}
	return &table
})

// fold makes texts that count as equal the same.
func fold(text []byte, caseSensitive, marks bool) []byte {
	out := bytes.Clone(text)
	for i, c := range out {
		if !marks {
			if c >= 0x80 && int(c-0x80) < len(unmarked) {
				c = unmarked[c-0x80]
			} else if plain, ok := unmarkedToo[c]; ok {
				c = plain
			}
		}
		if !caseSensitive {
			c = upper()[c]
		}
		out[i] = c
	}
	return out
}

// EqualString says whether two Pascal texts are equal.
func (t *Toolbox) EqualString(a, b uint32, caseSensitive, marks bool) bool {
	return bytes.Equal(fold(t.pstring(a), caseSensitive, marks), fold(t.pstring(b), caseSensitive, marks))
}

// RelString compares two Pascal texts, whose letters are in the order of their
// codes: -1, 0 or 1.
func (t *Toolbox) RelString(a, b uint32, caseSensitive, marks bool) int16 {
	return int16(bytes.Compare(fold(t.pstring(a), caseSensitive, marks), fold(t.pstring(b), caseSensitive, marks)))
}

// Flags of the traps' words.
const (
	ignoreMarks   = 0x200
	caseSensitive = 0x400
)

// compare68K compares the texts at A0 and A1, whose lengths are the halves of D0.
func (t *Toolbox) compare68K(r *cpu.M68K) int {
	a, b := t.copyOf(r.A[0], r.D[0]>>16), t.copyOf(r.A[1], r.D[0]&0xffff)
	exact, marks := t.word&caseSensitive != 0, t.word&ignoreMarks == 0
	return bytes.Compare(fold(a, exact, marks), fold(b, exact, marks))
}

func (t *Toolbox) equalString68K(r *cpu.M68K) { r.D[0] = boolean(t.compare68K(r) != 0) }

func (t *Toolbox) relString68K(r *cpu.M68K) { r.D[0] = uint32(int32(t.compare68K(r))) }

// IUMagString compares texts as the international utilities do for English, case and
// marks only deciding between what is equal otherwise: -1, 0 or 1.
func (t *Toolbox) IUMagString(a, b uint32, aLength, bLength int16) int16 {
	x, y := t.copyOf(a, uint32(uint16(aLength))), t.copyOf(b, uint32(uint16(bLength)))
	return int16(cmp.Or(bytes.Compare(fold(x, false, false), fold(y, false, false)), bytes.Compare(x, y)))
}

// IUMagIDString says whether texts are equal but for case and marks: 0, else 1.
func (t *Toolbox) IUMagIDString(a, b uint32, aLength, bLength int16) int16 {
	x, y := t.copyOf(a, uint32(uint16(aLength))), t.copyOf(b, uint32(uint16(bLength)))
	return int16(boolean(!bytes.Equal(fold(x, false, false), fold(y, false, false))))
}

// UpperString makes a Pascal text capitals.
func (t *Toolbox) UpperString(at uint32, marks bool) {
	text := t.pstring(at)
	t.write(at+1, fold(text, false, marks))
}

func (t *Toolbox) upperString68K(r *cpu.M68K) {
	t.write(r.A[0], fold(t.copyOf(r.A[0], r.D[0]&0xffff), false, t.word&ignoreMarks == 0))
}

// C2pstr makes a C text a Pascal text, in its place.
func (t *Toolbox) C2pstr(at uint32) uint32 {
	if at != 0 {
		t.putPString(at, t.cstring(at), 255)
	}
	return at
}

// P2cstr makes a Pascal text a C text, in its place.
func (t *Toolbox) P2cstr(at uint32) uint32 {
	if at != 0 {
		t.write(at, append(t.pstring(at), 0))
	}
	return at
}

// NumToString writes a number as a Pascal text.
func (t *Toolbox) NumToString(n int32, at uint32) {
	t.putPString(at, strconv.AppendInt(nil, int64(n), 10), 255)
}

// StringToNum writes the number that a Pascal text is.
func (t *Toolbox) StringToNum(text, at uint32) { t.put32(at, uint32(number32(t.pstring(text)))) }

func (t *Toolbox) stringToNum68K(r *cpu.M68K) { r.D[0] = uint32(number32(t.pstring(r.A[0]))) }

// number32 takes anything for digits, as the original does.
func number32(text []byte) int32 {
	n, negative := int32(0), false
	for i, c := range text {
		if i == 0 && (c == '-' || c == '+') {
			negative = c == '-'
			continue
		}
		n = n*10 + int32(c&0x0f)
	}
	if negative {
		return -n
	}
	return n
}

// StuffHex writes the bytes whose hexadecimal digits a Pascal text has.
func (t *Toolbox) StuffHex(to, digits uint32) {
	var b []byte
	text := t.pstring(digits)
	for i := 0; i+1 < len(text); i += 2 {
		v, err := strconv.ParseUint(string(text[i:i+2]), 16, 8)
		if err != nil {
			break
		}
		b = append(b, byte(v))
	}
	t.write(to, b)
}

// PackBits compresses bytes, and moves both pointers behind what was read and
// written: a byte n from 0 to 127 and n+1 bytes, or one of -n and a byte that
// stands for n+1.
func (t *Toolbox) PackBits(from, to uint32, size int16) {
	data := t.copyOf(t.u32(from), uint32(max(size, 0)))
	packed := pack(data)
	t.write(t.u32(to), packed)
	t.put32(from, t.u32(from)+uint32(len(data)))
	t.put32(to, t.u32(to)+uint32(len(packed)))
}

func pack(data []byte) []byte {
	var out []byte
	run := func(i int) int {
		n := 1
		for i+n < len(data) && n < 128 && data[i+n] == data[i] {
			n++
		}
		return n
	}
	for i := 0; i < len(data); {
		if n := run(i); n >= 3 {
			out = append(out, byte(1-n), data[i])
			i += n
			continue
		}
		n := 1
		for i+n < len(data) && n < 128 && run(i+n) < 3 {
			n++
		}
		out = append(append(out, byte(n-1)), data[i:i+n]...)
		i += n
	}
	return out
}

// UnpackBits undoes PackBits until size bytes are there.
func (t *Toolbox) UnpackBits(from, to uint32, size int16) {
	in := t.u32(from)
	var out []byte
	for len(out) < int(size) && t.err == nil {
		switch n := int8(t.u8(in)); {
		case n >= 0:
			out = append(out, t.copyOf(in+1, uint32(n)+1)...)
			in += uint32(n) + 2
		case n == -128:
			in++
		default:
			out = append(out, bytes.Repeat([]byte{t.u8(in + 1)}, 1-int(n))...)
			in += 2
		}
	}
	out = out[:min(len(out), max(int(size), 0))]
	t.write(t.u32(to), out)
	t.put32(from, in)
	t.put32(to, t.u32(to)+uint32(len(out)))
}

// mostQueued is how long a queue may be.
const mostQueued = 1 << 16

// Enqueue appends an element to a queue: flags 2, head 4, tail 4; an element
// begins with the address of the next.
func (t *Toolbox) Enqueue(element, queue uint32) {
	t.put32(element, 0)
	if tail := t.u32(queue + 6); tail != 0 {
		t.put32(tail, element)
	} else {
		t.put32(queue+2, element)
	}
	t.put32(queue+6, element)
}

// Dequeue takes an element out of a queue.
func (t *Toolbox) Dequeue(element, queue uint32) int16 {
	const qErr = -1
	before := uint32(0)
	at := t.u32(queue + 2)
	for n := 0; at != element; n++ {
		if at == 0 || n == mostQueued || t.err != nil {
			return qErr
		}
		before, at = at, t.u32(at)
	}
	next := t.u32(element)
	t.put32(cmp.Or(before, queue+2), next) // the link, or the head
	if next == 0 {
		t.put32(queue+6, before)
	}
	return 0
}
