package pef

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// damage is a change to a file.
type damage struct {
	name   string
	change func(b []byte) []byte
}

// put32 returns a change of the big-endian word at off.
func put32(off int, v uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		binary.BigEndian.PutUint32(b[off:], v)
		return b
	}
}

func put16(off int, v uint16) func([]byte) []byte {
	return func(b []byte) []byte {
		binary.BigEndian.PutUint16(b[off:], v)
		return b
	}
}

func put8(off int, v byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b[off] = v
		return b
	}
}

func cut(n int) func([]byte) []byte {
	return func(b []byte) []byte { return b[:n] }
}

// readAll reads all there is in a file and returns the first error, or all that
// was tolerated.
func readAll(b []byte, lenient bool) (problems []string) {
	var o Options
	if lenient {
		o.Tolerate = func(err error) { problems = append(problems, err.Error()) }
	}
	fail := func(err error) []string { return append(problems, err.Error()) }
	f, err := NewFile(bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		return fail(err)
	}
	for _, c := range f.Containers {
		for i, s := range c.Sections {
			data, err := s.Data()
			if err != nil {
				return fail(err)
			}
			if i >= c.Instantiated || s.TotalLength > 1<<20 {
				continue
			}
			mem := make([]byte, s.TotalLength)
			if err := s.Load(mem); err != nil {
				return fail(err)
			}
			if s.Kind.Instantiated() && !bytes.Equal(data, mem[:len(data)]) {
				return fail(errors.New("Load and Data differ"))
			}
			at := Addresses{Sections: make([]uint32, c.Instantiated)}
			if c.Loader != nil {
				at.Imports = make([]uint32, len(c.Loader.Imports))
			}
			if err := c.Relocate(i, mem, at); err != nil {
				return fail(err)
			}
		}
		if c.Loader != nil {
			for _, e := range c.Loader.Exports {
				c.Loader.Lookup(e.Name)
			}
		}
	}
	return problems
}

// TestMalformed damages each field of a file. testdata/malformed.txt has the
// error of reading it strictly, then what else is reported if that is tolerated.
func TestMalformed(t *testing.T) {
	file := encode(t, fixture(PowerPC))
	c := open(t, file)[0]
	loader := int(c.Sections[2].ContainerOffset)
	word := func(off int) int { return int(binary.BigEndian.Uint32(file[loader+off:])) }
	var (
		section1  = headerSize + sectionHeaderSize
		data      = int(c.Sections[1].ContainerOffset)
		libraries = loader + loaderHeaderSize
		imports   = libraries + 4*librarySize
		relocs    = imports + 8*importSize
		programs  = loader + word(36)
		hash      = loader + word(44)
		exports   = hash + slotSize + 8*keySize // eight exports, one slot
		strs      = word(44) - word(40)         // of the string table and what pads it
	)
	tests := []damage{
		{"nothing", func(b []byte) []byte { return b }},

		{"empty", cut(0)},
		{"tag", put8(7, 'F')},
		{"header cut", cut(39)},
		{"architecture", put32(8, 0x69333836)},
		{"format version", put32(12, 2)},
		{"section count huge", put16(32, 0xffff)},
		{"section count one less", put16(32, 2)},
		{"section count less than instantiated", put16(32, 1)},
		{"instantiated count one more", put16(34, 3)},
		{"instantiated count huge", put16(34, 0xffff)},
		{"instantiated count one less", put16(34, 1)},
		{"section headers cut", cut(headerSize + 2*sectionHeaderSize)},

		{"name offset one more", put32(section1, 5)},
		{"name offset huge", put32(section1, 0x7fffffff)},
		{"name offset negative", put32(section1, 0xfffffffe)},
		{"total length one less", put32(section1+8, 63)},
		{"total length zero", put32(section1+8, 0)},
		{"unpacked length one less", put32(section1+12, 63)},
		{"unpacked length one more", put32(section1+12, 65)},
		{"unpacked length huge", put32(section1+12, 0xffffffff)},
		{"both lengths huge", func(b []byte) []byte { return put32(section1+8, 0xffffffff)(put32(section1+12, 0xffffffff)(b)) }},
		{"container length one less", put32(section1+16, c.Sections[1].ContainerLength-1)},
		{"container length huge", put32(section1+16, 0xffffffff)},
		{"container offset huge", put32(section1+20, 0x80000000)},
		{"contents within the headers", put32(section1+20, 0x60)},
		{"contents over one another", put32(section1+20, uint32(loader)+1)},
		{"code one less", put32(headerSize+16, 31)},
		{"code one more", put32(headerSize+16, 33)},
		{"alignment", put8(section1+26, 32)},
		{"second loader section", put8(section1+24, byte(LoaderSection))},

		{"packed data ends early", put8(data, 0xff)},

		{"file cut", cut(len(file) - 1)},
		{"loader section cut", func(b []byte) []byte { return put32(headerSize+2*sectionHeaderSize+16, 55)(b) }},
		{"main section", put32(loader, 2)},
		{"init section negative", put32(loader+8, 0xfffffffe)},
		{"term section huge", put32(loader+16, 0x7fffffff)},
		{"library count one less", put32(loader+24, 3)},
		{"library count huge", put32(loader+24, 0x80000000)},
		{"import count one less", put32(loader+28, 7)},
		{"import count huge", put32(loader+28, 0xffffffff)},
		{"relocation count one more", put32(loader+32, 2)},
		{"relocation count huge", put32(loader+32, 0xffffffff)},
		{"programs over headers", put32(loader+36, 0x20)},
		{"programs offset huge", put32(loader+36, 0xfffffff0)},
		{"strings offset huge", put32(loader+40, 0xffffffff)},
		{"strings over programs", put32(loader+40, uint32(programs-loader+2))},
		{"hash offset huge", put32(loader+44, 0xfffffff0)},
		{"hash offset one more", put32(loader+44, uint32(hash-loader+1))},
		{"hash over strings", put32(loader+44, uint32(word(40)-4))},
		{"hash power one more", put32(loader+48, 1)},
		{"hash power huge", put32(loader+48, 31)},
		{"hash power large", put32(loader+48, 30)},
		{"export count one more", put32(loader+52, 9)},
		{"export count one less", put32(loader+52, 7)},
		{"export count huge", put32(loader+52, 0xffffffff)},

		{"library name", put32(libraries, uint32(strs))},
		{"library has too many", put32(libraries+12, 9)},
		{"library has one too many", put32(libraries+12, 3)},
		{"library has one too few", put32(libraries+12, 1)},
		{"library begins too far", put32(libraries+16, 0xffffffff)},
		{"import name", put32(imports, 0x02ffffff)},
		{"import name without end", func(b []byte) []byte {
			for i := hash - 1; b[i] == 0; i-- {
				b[i] = 'x'
			}
			return put32(imports, 0x02000000|uint32(strs-1))(b)
		}},
		{"relocation section", put16(relocs, 2)},
		{"relocation chunks one less", put32(relocs+4, 2)},
		{"relocation chunks huge", put32(relocs+4, 0xffffffff)},
		{"relocation offset huge", put32(relocs+8, 0xffffffff)},
		{"relocation instruction", put16(programs+2, 0xffff)},
		{"relocation of what is not there", put16(programs+2, 0x61ff)},
		{"slot count one less", put32(hash, 7<<18)},
		{"slot count huge", put32(hash, 0x3fff<<18)},
		{"slot first", put32(hash, 8<<18|0x3ffff)},
		{"key", put32(hash+slotSize, 0x0004_ffff)},
		{"name length one less", put16(hash+slotSize, 3)},
		{"name length huge", put16(hash+slotSize, 0xffff)},
		{"export name", put32(exports, 0x02ffffff)},
		{"export section", put16(exports+8, 2)},
		{"export section huge", put16(exports+8, 0x7fff)},
		{"export undefined", put16(exports+8, 0xffff)},
		{"export section negative", put16(exports+8, 0x8000)},
		{"re-export", put32(exports+30+4, 8)},
	}
	var got strings.Builder
	for _, tt := range tests {
		cheap(t, tt.name, tt.change(bytes.Clone(file)))
		strict, lenient := readAll(tt.change(bytes.Clone(file)), false), readAll(tt.change(bytes.Clone(file)), true)
		fmt.Fprintf(&got, "== %s\n", tt.name)
		if len(strict) == 0 && len(lenient) == 0 {
			got.WriteString("is well-formed\n")
			continue
		}
		if len(strict) != 1 || len(lenient) == 0 || strict[0] != lenient[0] {
			t.Errorf("%s: strictly %q, leniently %q", tt.name, strict, lenient)
			continue
		}
		fmt.Fprintf(&got, "%s\n", strict[0])
		for i, problem := range lenient[1:] {
			if i == 4 {
				fmt.Fprintf(&got, "    and %d more\n", len(lenient)-1-i)
				break
			}
			fmt.Fprintf(&got, "    %s\n", problem)
		}
	}
	golden(t, "malformed.txt", got.String())
}

// cheap sees that opening a small file costs little memory, whatever it claims.
func cheap(t *testing.T, name string, file []byte) {
	t.Helper()
	o := Options{Tolerate: func(error) {}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = NewFile(bytes.NewReader(file), int64(len(file)), o)
	runtime.ReadMemStats(&after)
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 200_000 {
		t.Errorf("%s: %d bytes cost %d to open", name, len(file), cost)
	}
}
