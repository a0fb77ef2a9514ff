package pef

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// FuzzOpen reads everything in a file, strictly and leniently, and relocates
// it. What reads strictly is written again and must read the same.
func FuzzOpen(f *testing.F) {
	for _, fragment := range families() {
		if b := encode(f, fragment); len(b) < 10_000 {
			f.Add(b)
		}
	}
	f.Add(encode(f, fixture(PowerPC), stubLibrary()))
	f.Fuzz(func(t *testing.T, b []byte) {
		strict, lenient := readAll(b, false), readAll(b, true)
		if len(strict) == 0 && len(lenient) > 0 {
			t.Fatalf("strictly nothing is wrong, leniently %q", lenient)
		}
		if len(strict) > 0 && (len(lenient) == 0 || lenient[0] != strict[0]) {
			t.Fatalf("strictly %q, leniently %q", strict, lenient)
		}
		file, err := NewFile(bytes.NewReader(b), int64(len(b)), Options{})
		if err != nil {
			if fe := (*FormatError)(nil); !errors.As(err, &fe) || fe.Offset < 0 || fe.Item == "" {
				t.Fatalf("%v is no FormatError with its place", err)
			}
			return
		}
		for _, c := range file.Containers {
			for _, s := range c.Sections {
				if s.UnpackedLength > 1<<20 {
					return
				}
			}
			fragment, err := c.Fragment()
			if err != nil {
				continue
			}
			again, err := Encode(fragment)
			if err != nil {
				continue // sections of unusual order
			}
			back, err := open(t, again)[0].Fragment()
			if err != nil {
				t.Fatal(err)
			}
			if d := same(sorted(fragment), back); d != "" {
				t.Fatal(d)
			}
		}
	})
}

// FuzzRelocations decodes a program, encodes it again, runs it, and compresses
// what it does.
func FuzzRelocations(f *testing.F) {
	for _, fragment := range families() {
		if fragment.Loader == nil {
			continue
		}
		for _, r := range fragment.Loader.Relocations {
			if b, err := r.Program.Encode(); err == nil {
				f.Add(b, uint16(1000))
			}
		}
	}
	f.Add([]byte{0x40, 0, 0x90, 0xff, 0x91, 0xff, 0x92, 0xff, 0x93, 0xff, 0x94, 0xff}, uint16(60000))
	f.Fuzz(func(t *testing.T, b []byte, size uint16) {
		p, err := DecodeProgram(b)
		if err != nil {
			fe := err.(*FormatError)
			b = b[:fe.Offset]
		}
		if again, err := p.Encode(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x is %v is %x, %v", b, p, again, err)
		}
		s := Scope{uint32(size), 3, 20}
		var fixups []Fixup
		n := 0
		for f, err := range p.Fixups(s) {
			if n++; err != nil {
				continue
			}
			if f.Offset > s.Size-4 || f.Target.Import && f.Target.Index >= 20 || !f.Target.Import && f.Target.Index >= 3 {
				t.Fatalf("%+v", f)
			}
			f.Instruction = 0
			fixups = append(fixups, f)
		}
		if limit := int(size) + p.Chunks() + spareSteps + 1; n > limit {
			t.Fatalf("%d fixups and errors, more than %d", n, limit)
		}
		short, err := Compress(fixups)
		if err != nil {
			t.Fatal(err)
		}
		// Where words are relocated over and over, more steps may be needed
		// than are reasonable.
		s.Size += uint32(8 * len(fixups))
		if got := plain(t, short, s); !slices.Equal(got, fixups) {
			t.Fatalf("%v does\n%v\nwant\n%v", short, got, fixups)
		}
	})
}

// FuzzPattern expands packed data, packs the result and expands that; and it
// packs the input as it is.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"", "\x03", "\x00\x81\x00", "\x23abc", "\x42\x02ab", "\x62\x01\x03--123", "\x82\x02\x02abcd", "\xa0", "\x40\x8f\xff\xff\xff\x7f\x01a"} {
		f.Add([]byte(s))
	}
	for _, fragment := range families() {
		for _, s := range fragment.Sections {
			if len(s.Data) < 1000 {
				f.Add(Pack(s.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		const limit = 1 << 16
		data, err := Unpack(packed, limit)
		if len(data) > limit {
			t.Fatalf("%d bytes", len(data))
		}
		var again []byte
		size := uint64(0)
		for p, err := range Patterns(packed) {
			if err == nil {
				again, size = p.Append(again), size+p.Size()
			}
			if size > limit {
				break
			}
		}
		if err == nil {
			if size != uint64(len(data)) {
				t.Fatalf("%d bytes, not %d", len(data), size)
			}
			if other, err := Unpack(again, limit); err != nil || !bytes.Equal(other, data) || len(again) > len(packed) {
				t.Fatalf("%x encoded again is %x, %v", packed, again, err)
			}
		}
		for _, plain := range [][]byte{data, packed} {
			if got, err := Unpack(Pack(plain), len(plain)); err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("%x packs to %x, %v", plain, Pack(plain), err)
			}
		}
	})
}

// FuzzTracebacks looks for tables in any code.
func FuzzTracebacks(f *testing.F) {
	f.Add(function(3, "\x00\x09\x28\xe3\x92\x13\x02\x05"+"PARM"+"\x00\x00\x00\x0c"+"HAND"+"\x00\x00\x00\x02CTL1CTL2"+"\x00\x03.f1"+"\x1f"))
	f.Fuzz(func(t *testing.T, code []byte) {
		end := 0
		for tb := range Tracebacks(code) {
			if tb.Start != -1 && (tb.Start < end || tb.Start >= tb.End || tb.Start%4 != 0) || tb.End < end || tb.End%4 != 0 || tb.End+4 != tb.Table ||
				tb.Size < 8 || tb.Table+tb.Size > len(code) || binary.BigEndian.Uint32(code[tb.End:]) != 0 {
				t.Fatalf("%+v", tb)
			}
			end = tb.Table + tb.Size
		}
	})
}
