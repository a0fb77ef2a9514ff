package pef

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// largeFragment is a container of about 4 MB, as large as those of the largest
// applications.
func largeFragment() *Fragment {
	r := rand.New(rand.NewPCG(5, 6))
	f := fixture(PowerPC)
	f.Sections[0].Data = make([]byte, 2<<20)
	for i := range f.Sections[0].Data {
		f.Sections[0].Data[i] = byte(r.Uint32())
	}
	f.Sections[1].Data = randomData(r, 3<<20)
	l := f.Loader
	l.Imports, l.Exports = nil, nil
	for i := range 4000 {
		l.Imports = append(l.Imports, Import{fmt.Sprintf("ImportedRoutine%d", i), TVectorSymbol, false, i / 1000})
	}
	for i := range 8000 {
		l.Exports = append(l.Exports, Export{fmt.Sprintf("exported__%dClassFv", i), TVectorSymbol, 1, uint32(8 * i)})
	}
	var fixups []Fixup
	for i := range uint32(100_000) {
		switch {
		case i%10 < 4:
			fixups = append(fixups, Fixup{Offset: 24 * i, Target: Target{Index: 0}}, Fixup{Offset: 24*i + 4, Target: Target{Index: 1}})
		default:
			fixups = append(fixups, Fixup{Offset: 24 * i, Target: Target{true, i % 4000}})
		}
	}
	p, err := Compress(fixups)
	if err != nil {
		panic(err)
	}
	l.Relocations = []Relocations{{Section: 1, Program: p}}
	return f
}

func BenchmarkRead(b *testing.B) {
	file := encode(b, largeFragment())
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewFile(bytes.NewReader(file), int64(len(file)), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadAndRelocate(b *testing.B) {
	file := encode(b, largeFragment())
	c := open(b, file)[0]
	mem := make([]byte, c.Sections[1].TotalLength)
	at := Addresses{make([]uint32, c.Instantiated), make([]uint32, len(c.Loader.Imports))}
	b.SetBytes(int64(len(mem)))
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Sections[1].Load(mem); err != nil {
			b.Fatal(err)
		}
		if err := c.Relocate(1, mem, at); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	f := largeFragment()
	for b.Loop() {
		if file, err := Encode(f); err != nil {
			b.Fatal(err)
		} else {
			b.SetBytes(int64(len(file)))
		}
	}
}
