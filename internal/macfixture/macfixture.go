// Package macfixture makes files of the classic Mac OS for tests and
// measurements: containers, resource forks, and what wraps them. They hold code
// that a compiler could have made, but nothing of anybody's.
package macfixture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// Sort is what the routine in the fixtures is called by: long proc(short, long),
// of THINK C.
const Sort coderes.ProcInfo = 0x3b5

func words(w ...uint32) []byte {
	var b []byte
	for _, v := range w {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func halves(w ...uint16) []byte {
	var b []byte
	for _, v := range w {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// powerPC is the code of Fragment: .sort, .init, then glue to call NewPtr.
var powerPC = func() []byte {
	var b []byte
	b = append(b, words( // .sort at 0x00
		0x7c0802a6, // mflr  r0
		0x90010008, // stw   r0,8(r1)
		0x9421ffc0, // stwu  r1,-64(r1)
		0x80620008, // lwz   r3,8(r2)     text
		0x48000049, // bl    NewPtr
		0x80410014, // lwz   r2,20(r1)
		0x2c030000, // cmpwi r3,0
		0x41820008, // beq   .+8
		0x80820010, // lwz   r4,16(r2)    table
		0x80010048, // lwz   r0,72(r1)
		0x38210040, // addi  r1,r1,64
		0x7c0803a6, // mtlr  r0
		0x4e800020, // blr
	)...)
	b = append(b, traceback(".sort", 2, len(b))...)
	return append(b, words(
		0x38600000, // li    r3,0         init, at 0x50
		0x4e800020, // blr
		0x81820004, // lwz   r12,4(r2)    glue for NewPtr, at 0x58
		0x90410014, // stw   r2,20(r1)
		0x800c0000, // lwz   r0,0(r12)
		0x804c0004, // lwz   r2,4(r12)
		0x7c0903a6, // mtctr r0
		0x4e800420, // bctr
	)...)
}()

const initAt = 0x50 // in the code

// traceback is the traceback table of a function in C of the given size.
func traceback(name string, parameters byte, size int) []byte {
	const hasOffset, hasName, backChain = 0x20, 0x40, 0x80
	b := words(0)
	b = append(b, 0, 0, hasOffset, hasName, backChain, 0, parameters, 0)
	b = append(b, words(0, uint32(size))...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
	b = append(b, name...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// Fragment returns a fragment as a linker makes it of a small plug-in: code, a
// table of contents with what it needs, transition vectors, imports from
// libraries old and weak, and exports.
func Fragment() *pef.Fragment {
	data := make([]byte, 0x80)
	put := func(off int, v uint32) { binary.BigEndian.PutUint32(data[off:], v) }
	put(0x08, 0x40)   // the text
	put(0x10, 0x60)   // the table
	put(0x20, 0)      // sort: its code, the table of contents
	put(0x28, initAt) // init
	copy(data[0x40:], "Hello, sorted world!")
	put(0x60, 0x20) // a table of virtual functions
	put(0x64, 0x28)
	section := func(n uint32) pef.Target { return pef.Target{Index: n} }
	imported := func(n uint32) pef.Target { return pef.Target{Import: true, Index: n} }
	program, err := pef.Compress([]pef.Fixup{
		{Offset: 0x00, Target: imported(1)}, {Offset: 0x04, Target: imported(0)}, {Offset: 0x08, Target: section(1)}, {Offset: 0x0c, Target: imported(2)},
		{Offset: 0x10, Target: section(1)}, {Offset: 0x20, Target: section(0)}, {Offset: 0x24, Target: section(1)}, {Offset: 0x28, Target: section(0)},
		{Offset: 0x2c, Target: section(1)}, {Offset: 0x60, Target: section(1)}, {Offset: 0x64, Target: section(1)},
	})
	Must(err)
	return &pef.Fragment{
		Header: pef.Header{Architecture: pef.PowerPC, Date: 0xad7f0000, OldDefVersion: 0x01008000, OldImpVersion: 0x01008000, CurrentVersion: 0x01236004},
		Sections: []pef.FragmentSection{
			{Kind: pef.CodeSection, Share: pef.GlobalShare, Alignment: 4, Data: powerPC},
			{Kind: pef.PackedDataSection, Share: pef.ProcessShare, Alignment: 4, Data: data, Zeros: 0x40},
			{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
		},
		Loader: &pef.Loader{
			Main: &pef.Entry{Section: 1, Offset: 0x20}, Init: &pef.Entry{Section: 1, Offset: 0x28},
			Libraries: []pef.Library{
				{Name: "InterfaceLib"},
				{Name: "QuickTimeLib", OldImpVersion: 0x02008000, CurrentVersion: 0x02508000, Options: pef.WeakLibrary},
				{Name: "SortLib", OldImpVersion: 0x01008000, CurrentVersion: 0x01008000, Options: pef.InitBefore},
			},
			Imports: []pef.Import{
				{Name: "NewPtr", Class: pef.TVectorSymbol}, {Name: "qd", Class: pef.DataSymbol},
				{Name: "EnterMovies", Class: pef.TVectorSymbol, Weak: true, Library: 1},
				{Name: "compare__6SorterCFPCvT1", Class: pef.TVectorSymbol, Library: 2},
			},
			Relocations: []pef.Relocations{{Section: 1, Program: program}},
			Exports: []pef.Export{
				{Name: "sort", Class: pef.TVectorSymbol, Section: 1, Value: 0x20}, {Name: "greeting", Class: pef.DataSymbol, Section: 1, Value: 0x40},
				{Name: "sort__6SorterFPvUl", Class: pef.TVectorSymbol, Section: 1, Value: 0x20}, {Name: "lowMemory", Class: pef.DataSymbol, Section: pef.AbsoluteExport, Value: 0x904},
				{Name: "EnterMovies", Class: pef.TVectorSymbol, Section: pef.ReexportedImport, Value: 2},
			},
		},
	}
}

// CFM68K returns a fragment of 68K code.
func CFM68K() *pef.Fragment {
	f := Fragment()
	f.Architecture = pef.M68K
	f.Sections[0].Data = append(halves(0x4e56, 0, 0x206d, 0x0004, 0x2250, 0x4e91, 0x4e5e), halves(0x4e75)...)
	f.Loader.Init = nil
	return f
}

// Stub returns a library for linkers.
func Stub() *pef.Fragment {
	f := &pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}, Sections: []pef.FragmentSection{{Kind: pef.LoaderSection, Share: pef.GlobalShare}}, Loader: &pef.Loader{}}
	for _, name := range []string{"NewPtr", "DisposePtr", "Debugger"} {
		f.Loader.Exports = append(f.Loader.Exports, pef.Export{Name: name, Class: pef.TVectorSymbol, Section: pef.AbsoluteExport})
	}
	return f
}

// Large returns a fragment with so many exports, imports and relocations, and
// bytes of code that its container is a few per cent larger than size.
func Large(size int) *pef.Fragment {
	f := Fragment()
	const functions = 20000
	f.Sections[0].Data = bytes.Repeat(powerPC, max(1, (size-functions*60)/len(powerPC)))
	data := make([]byte, 8*functions)
	var fixups []pef.Fixup
	f.Loader.Exports = nil
	for i := range uint32(functions) {
		binary.BigEndian.PutUint32(data[8*i:], i*uint32(len(powerPC))%uint32(len(f.Sections[0].Data)))
		fixups = append(fixups, pef.Fixup{Offset: 8 * i}, pef.Fixup{Offset: 8*i + 4, Target: pef.Target{Index: 1}})
		f.Loader.Exports = append(f.Loader.Exports, pef.Export{Name: fmt.Sprintf("function_%d__6SorterFPvUl", i), Class: pef.TVectorSymbol, Section: 1, Value: 8 * i})
	}
	program, err := pef.Compress(fixups)
	Must(err)
	f.Sections[1].Data = data
	f.Loader.Relocations = []pef.Relocations{{Section: 1, Program: program}}
	return f
}

// Encode returns a file of the fragments.
func Encode(fragments ...*pef.Fragment) []byte {
	b, err := pef.Encode(fragments...)
	Must(err)
	return b
}

// Sort68K is a code resource with the header of a compiler.
var Sort68K = append(append(halves(0x600a, 0), "SORT"...), halves(128, 1,
	0x4e56, 0xfffc, //  LINK   A6,#-4
	0x202e, 0x0008, //  MOVE.L 8(A6),D0
	0xa11e,         //  _NewPtr
	0x2d48, 0xfffc, //  MOVE.L A0,-4(A6)
	0x6602, //          BNE.S  .+4
	0x7000, //          MOVEQ  #0,D0
	0x4e5e, //          UNLK   A6
	0x4e75, //          RTS
)...)

func osType(s string) resource.OSType { return resource.OSType(binary.BigEndian.Uint32([]byte(s))) }

// CFrag is a 'cfrg' resource for one fragment at the start of the data fork.
func CFrag(name string, usage coderes.FragmentUsage) []byte {
	c := coderes.CFrag{Members: []coderes.CFragMember{{Name: name, Architecture: osType("pwpc"), CurrentVersion: 0x01236004, OldDefVersion: 0x01008000,
		Usage: usage, Where: coderes.InDataFork}}}
	b, err := c.Encode()
	Must(err)
	return b
}

// Fork encodes a resource fork of the resources.
func Fork(all ...*resource.Resource) []byte {
	f := resource.Fork{Resources: all}
	b, err := f.Encode()
	Must(err)
	return b
}

// Resource returns a resource.
func Resource(kind string, id int16, name string, data []byte) *resource.Resource {
	return &resource.Resource{Type: osType(kind), ID: id, Name: name, Data: data}
}

// Resources are the ways for resources to hold code, and some that describe it.
func Resources() []*resource.Resource {
	fragment := Encode(Fragment())
	version, err := (&coderes.Version{Number: 0x01236004, Short: "1.2.3b4", Long: "1.2.3b4, © 1996 Nobody"}).Encode()
	Must(err)
	packed := resource.CompressedHeader{Version: 8, Attributes: 1, Length: 1000, Decompressor: 1}
	compressed := Resource("DLOG", 128, "", append(packed.Encode(), "packed"...))
	compressed.Attributes = resource.Compressed | resource.Purgeable
	return []*resource.Resource{
		Resource("SORT", 128, "ShellSort", coderes.NewAccelerated(Sort, fragment)),
		Resource("SORT", 129, "QuickSort", coderes.NewFat(Sort, Sort68K, Sort, fragment)),
		Resource("SORT", 130, "../Bubble/Sort", coderes.NewSafeFat(Sort, Sort68K, Sort, fragment)),
		Resource("SORT", 131, "", Sort68K),
		Resource("WDEF", 1, "round", halves(0x4e56, 0, 0x4e5e, 0x4e74, 0x000c)),
		Resource("STR ", 0, "", []byte("\x05Hello")),
		Resource("vers", 1, "", version),
		compressed,
	}
}

// Application returns the resources of a 68K application.
func Application() []*resource.Resource {
	code0 := append(words(0x30, 0x200, 0x10, 0x20), halves(0, 0x3f3c, 1, 0xa9f0, 4, 0x3f3c, 2, 0xa9f0)...)
	segment := func(first uint16) []byte {
		return halves(first, 1, 0x4e56, 0, 0x4eba, 6, 0x4e5e, 0x4e75, 0x7001, 0x4e75)
	}
	return []*resource.Resource{
		Resource("CODE", 0, "", code0), Resource("CODE", 1, "Main", segment(0)), Resource("CODE", 2, "Other", segment(8)),
	}
}

// File returns a file with the forks.
func File(name string, data, fork []byte) *macfile.File {
	section := func(b []byte) *io.SectionReader { return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))) }
	return &macfile.File{Name: name, Data: section(data), Resource: section(fork), Finder: macfile.FinderInfo{Type: osType("shlb"), Creator: osType("xplg"), Flags: macfile.HasBundle},
		Created: time.Date(1996, 2, 29, 12, 0, 0, 0, time.UTC), Modified: time.Date(1997, 7, 28, 8, 53, 20, 0, time.UTC)}
}

// Wrapped returns the file as write writes it.
func Wrapped(f *macfile.File, write func(*macfile.File, io.Writer) error) []byte {
	var b bytes.Buffer
	Must(write(f, &b))
	return b.Bytes()
}

// Files returns a file of each kind, by name. Those with a companion have it
// under a name that tells so.
func Files() map[string][]byte {
	fragment := Encode(Fragment())
	library := File("Sort Library", fragment, Fork(append(Resources(), Resource("cfrg", 0, "", CFrag("SortLib", coderes.ImportLibrary)))...))
	resources := Fork(Resources()...)
	all := map[string][]byte{
		"fragment.pef":    fragment,
		"fat.pef":         Encode(Fragment(), CFM68K()),
		"stub.pef":        Encode(Stub()),
		"every.pef":       Encode(Every()),
		"library.bin":     Wrapped(library, (*macfile.File).WriteMacBinary),
		"library.hqx":     Wrapped(library, (*macfile.File).WriteBinHex),
		"library.single":  Wrapped(library, (*macfile.File).WriteAppleSingle),
		"library":         fragment,
		"._library":       Wrapped(library, (*macfile.File).WriteAppleDouble),
		"plug-ins.rsrc":   resources,
		"application.bin": Wrapped(File("Application", nil, Fork(Application()...)), (*macfile.File).WriteMacBinary),
	}
	nested := File("library.hqx", all["library.hqx"], nil)
	all["nested.bin"] = Wrapped(nested, (*macfile.File).WriteMacBinary)
	return all
}

// Every returns a fragment with each kind of section, and a program of each
// relocation instruction.
func Every() *pef.Fragment {
	f := Fragment()
	f.Sections = f.Sections[:2]
	for _, k := range []pef.SectionKind{pef.UnpackedDataSection, pef.ConstantSection, pef.ExecDataSection, pef.LoaderSection, pef.DebugSection, pef.ExceptionSection, pef.TracebackSection} {
		s := pef.FragmentSection{Name: k.String(), Kind: k, Share: pef.ProtectedShare, Alignment: 2}
		if k != pef.LoaderSection {
			s.Data = []byte("contents of " + k.String())
		}
		f.Sections = append(f.Sections, s)
	}
	f.Sections[1].Zeros = 0x1000
	f.Loader.Relocations = append(f.Loader.Relocations, pef.Relocations{Section: 1, Program: pef.Program{
		{Op: pef.BySectDWithSkip, Span: 2, Value: 3}, {Op: pef.BySectC, Value: 2}, {Op: pef.BySectD, Value: 2}, {Op: pef.TVector12, Value: 2},
		{Op: pef.TVector8, Value: 1}, {Op: pef.VTable8, Value: 2}, {Op: pef.ImportRun, Value: 3}, {Op: pef.SmByImport, Value: 1}, {Op: pef.SmSetSectC, Value: 2},
		{Op: pef.SmSetSectD, Value: 3}, {Op: pef.SmBySection, Value: 4}, {Op: pef.IncrPosition, Value: 16}, {Op: pef.SmRepeat, Span: 2, Value: 2},
		{Op: pef.SetPosition, Value: 0x800}, {Op: pef.LgByImport, Value: 3}, {Op: pef.LgRepeat, Span: 2, Value: 1}, {Op: pef.LgBySection, Value: 1},
		{Op: pef.LgSetSectC, Value: 0}, {Op: pef.LgSetSectD, Value: 1}, {Op: pef.SmByImport, Value: 99},
	}})
	return f
}

// Must stops a test whose fixture is wrong.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Endless are relocation instructions that relocate nothing, as often as they
// can.
var Endless = pef.Program{{Op: pef.SmSetSectC, Value: 0}, {Op: pef.LgRepeat, Span: 1, Value: 1<<22 - 1}}
