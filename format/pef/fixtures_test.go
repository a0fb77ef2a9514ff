package pef

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fixture returns a fragment with a bit of everything: what a linker makes of a
// small plug-in.
func fixture(arch Architecture) *Fragment {
	data := make([]byte, 64)
	binary.BigEndian.PutUint32(data[0:], 0x10) // a transition vector: code at 0x10, data at 0
	binary.BigEndian.PutUint32(data[8:], 0x20) // a pointer into data
	copy(data[32:], "text in the data section")
	return &Fragment{
		Header: Header{Architecture: arch, Date: 0xb0000000, OldDefVersion: 0x01008000, OldImpVersion: 0x01108000, CurrentVersion: 0x01236004},
		Sections: []FragmentSection{
			{Kind: CodeSection, Share: GlobalShare, Alignment: 4, Data: bytes.Repeat([]byte{0x4e, 0x80, 0x00, 0x20}, 8)},
			{Name: "data", Kind: PackedDataSection, Share: ProcessShare, Alignment: 3, Data: data, Zeros: 100},
			{Kind: LoaderSection, Share: GlobalShare, Alignment: 4},
		},
		Loader: &Loader{
			Main: &Entry{1, 0}, Init: &Entry{1, 8}, Term: &Entry{1, 16},
			Libraries: []Library{
				{"InterfaceLib", 0, 0, 0},
				{"QuickTimeLib", 0x02008000, 0x02508000, WeakLibrary},
				{"InterfaceLib", 0, 0, InitBefore},
				{"UnusedLib", 0, 0, WeakLibrary | InitBefore},
			},
			Imports: []Import{
				{"NewPtr", TVectorSymbol, false, 0}, {"qd", DataSymbol, false, 0},
				{"EnterMovies", TVectorSymbol, true, 1}, {"toc", TOCSymbol, false, 1}, {"glue", GlueSymbol, true, 1},
				{"code", CodeSymbol, false, 2}, {"NewPtr", TVectorSymbol, true, 2}, {"", UndefinedSymbol, false, 2},
			},
			Relocations: []Relocations{{Section: 1, Program: Program{
				{TVector8, 0, 1}, {BySectDWithSkip, 0, 1}, {ImportRun, 0, 2},
			}}},
			Exports: []Export{
				{"main", TVectorSymbol, 1, 0}, {"entry", CodeSymbol, 0, 0x10}, {"text", DataSymbol, 1, 32},
				{"again", TVectorSymbol, ReexportedImport, 6}, {"lowmem", DataSymbol, AbsoluteExport, 0x904},
				{"TOC", TOCSymbol, 1, 0}, {"glue", GlueSymbol, 0, 4}, {"none", UndefinedSymbol, AbsoluteExport, 0},
			},
		},
	}
}

// stubLibrary returns a definition of a library for linkers.
func stubLibrary() *Fragment {
	f := &Fragment{Header: Header{Architecture: PowerPC}, Sections: []FragmentSection{{Kind: LoaderSection, Share: GlobalShare}}, Loader: &Loader{}}
	for _, name := range []string{"NewPtr", "DisposePtr", "Debugger"} {
		f.Loader.Exports = append(f.Loader.Exports, Export{name, TVectorSymbol, AbsoluteExport, 0})
	}
	return f
}

// families returns fragments that together have everything that a container can
// have.
func families() map[string]*Fragment {
	all := map[string]*Fragment{
		"nothing": {Header: Header{Architecture: PowerPC}},
		"stub":    stubLibrary(),
		"no loader": {Header: Header{Architecture: M68K}, Sections: []FragmentSection{
			{Kind: CodeSection, Share: ProcessShare, Data: []byte{0x4e, 0x75}}}},
		"loader only": {Header: Header{Architecture: PowerPC}, Sections: []FragmentSection{{Kind: LoaderSection}}, Loader: &Loader{}},
	}
	add := func(name string, change func(*Fragment)) {
		for _, arch := range []Architecture{PowerPC, M68K} {
			f := fixture(arch)
			change(f)
			all[fmt.Sprintf("%v %s", arch, name)] = f
		}
	}
	add("fixture", func(*Fragment) {})
	add("all kinds of sections", func(f *Fragment) {
		f.Sections = nil
		for k := CodeSection; k <= TracebackSection; k++ {
			if k.Instantiated() {
				f.Sections = append(f.Sections, FragmentSection{Name: k.String(), Kind: k, Share: GlobalShare, Alignment: uint8(k) * 5,
					DefaultAddress: 0x1000 * uint32(k), Data: []byte(k.String()), Zeros: uint32(k) * 0x100})
			}
		}
		f.Sections = append(f.Sections, FragmentSection{Kind: DebugSection, Data: []byte("debug")}, FragmentSection{Kind: LoaderSection, Name: "loader"},
			FragmentSection{Kind: ExceptionSection, Data: []byte("exception")}, FragmentSection{Kind: TracebackSection, Data: []byte("traceback")},
			FragmentSection{Kind: 9, Share: 2, Data: []byte("a kind that nobody knows")})
	})
	add("all kinds of sharing", func(f *Fragment) {
		for i, k := range []ShareKind{ProcessShare, GlobalShare, ProtectedShare} {
			f.Sections[i].Share = k
		}
	})
	add("empty sections", func(f *Fragment) {
		for i := range f.Sections {
			f.Sections[i].Data = nil
			f.Sections[i].Zeros = 0
		}
		f.Sections[1].Zeros = 0xffff0000
	})
	add("no entries", func(f *Fragment) { f.Loader.Main, f.Loader.Init, f.Loader.Term = nil, nil, nil })
	add("no imports", func(f *Fragment) {
		f.Loader.Libraries, f.Loader.Imports, f.Loader.Relocations = nil, nil, nil
		f.Loader.Exports = f.Loader.Exports[:1]
	})
	add("no exports", func(f *Fragment) { f.Loader.Exports = nil })
	add("every relocation", func(f *Fragment) {
		f.Sections[1].Zeros = 1 << 16
		f.Loader.Relocations = append(f.Loader.Relocations, Relocations{Section: 1, Program: everyInstruction()}, Relocations{Section: 0})
	})
	add("every class", func(f *Fragment) {
		f.Loader.Imports, f.Loader.Exports = nil, nil
		for class := range SymbolClass(0x80) {
			for _, weak := range []bool{false, true} {
				f.Loader.Imports = append(f.Loader.Imports, Import{fmt.Sprintf("import %v %v", class, weak), class, weak, int(class) / 32})
			}
		}
		for class := range 0x100 {
			f.Loader.Exports = append(f.Loader.Exports, Export{fmt.Sprintf("export %d", class), SymbolClass(class), class % 2, uint32(class) << 24})
		}
	})
	add("every option", func(f *Fragment) {
		for i := range f.Loader.Libraries {
			f.Loader.Libraries[i] = Library{strings.Repeat("L", i), Version(i), Version(i << 24), LibraryOptions(i << 6)}
		}
	})
	add("libraries out of order", func(f *Fragment) {
		for i := range f.Loader.Imports {
			f.Loader.Imports[i].Library = 3 - i/2
		}
	})
	add("many exports", func(f *Fragment) {
		f.Loader.Exports = nil
		for i := range 5000 {
			f.Loader.Exports = append(f.Loader.Exports, Export{fmt.Sprintf("function%d", i*i), TVectorSymbol, 1, uint32(i)})
		}
		f.Loader.Exports = append(f.Loader.Exports, Export{strings.Repeat("x", maxNameHash), DataSymbol, 1, 0}, Export{"", DataSymbol, 1, 0})
	})
	add("much data", func(f *Fragment) { f.Sections[1].Data = randomData(rand.New(rand.NewPCG(1, 2)), 20000) })
	return all
}

// everyInstruction returns a program with each instruction, with numbers at both
// ends of what it can hold where a section of 64 KiB and eight imports let it.
func everyInstruction() Program {
	return Program{
		{BySectDWithSkip, 0, 0}, {BySectDWithSkip, 255, 63}, {BySectC, 0, 1}, {BySectC, 0, 512}, {BySectD, 0, 1}, {BySectD, 0, 512},
		{SetPosition, 0, 2}, {TVector12, 0, 1}, {TVector12, 0, 512}, {TVector8, 0, 1}, {TVector8, 0, 512}, {VTable8, 0, 1}, {VTable8, 0, 512},
		{ImportRun, 0, 8}, {SmByImport, 0, 0}, {ImportRun, 0, 1}, {SmByImport, 0, 7}, {SmSetSectC, 0, 1}, {SmSetSectC, 0, 511}, {SmSetSectD, 0, 0},
		{SmSetSectD, 0, 511}, {SmBySection, 0, 1}, {IncrPosition, 0, 1}, {IncrPosition, 0, 4096}, {SmRepeat, 1, 1}, {SetPosition, 0, 0},
		{LgByImport, 0, 7}, {SmRepeat, 2, 256}, {LgBySection, 0, 1}, {LgSetSectC, 0, 1}, {LgSetSectD, 0, 0}, {BySectC, 0, 1}, {LgRepeat, 7, 3},
		{LgSetSectC, 0, 1<<22 - 1}, {LgSetSectD, 0, 1<<22 - 1}, {SetPosition, 0, 1<<26 - 1}, {IncrPosition, 0, 1}, {LgRepeat, 1, 0}, {LgRepeat, 1, 100},
	}
}

// randomData returns n bytes as data sections have them: zeros, text, tables.
func randomData(r *rand.Rand, n int) []byte {
	var b []byte
	for len(b) < n {
		switch r.IntN(5) {
		case 0:
			b = append(b, make([]byte, r.IntN(300))...)
		case 1:
			for range r.IntN(100) {
				b = append(b, byte(r.Uint32()))
			}
		case 2:
			b = append(b, bytes.Repeat([]byte("pattern"[:1+r.IntN(7)]), r.IntN(100))...)
		case 3:
			for range r.IntN(40) {
				b = append(b, 0, 0, 0, byte(r.Uint32()))
			}
		case 4:
			for range r.IntN(40) {
				b = append(append(b, "field"...), byte(r.Uint32()), byte(r.Uint32()))
			}
		}
	}
	return b[:n]
}

// encode returns a file of the fragments.
func encode(t testing.TB, fragments ...*Fragment) []byte {
	t.Helper()
	b, err := Encode(fragments...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open reads the containers of a file, strictly.
func open(t testing.TB, file []byte) []*Container {
	t.Helper()
	f, err := NewFile(bytes.NewReader(file), int64(len(file)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f.Containers
}
