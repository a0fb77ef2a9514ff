package pef_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log"

	"github.com/crossplug/crossplug/format/pef"
)

// A library with one exported routine that calls NewPtr is built, read back,
// and put into memory, as a Code Fragment Manager would.
func Example() {
	program, err := pef.Compress([]pef.Fixup{
		{Offset: 0, Target: pef.Target{Index: 0}},               // the routine's transition vector: code,
		{Offset: 4, Target: pef.Target{Index: 1}},               // table of contents
		{Offset: 8, Target: pef.Target{Import: true, Index: 0}}, // and in this table, NewPtr
	})
	if err != nil {
		log.Fatal(err)
	}
	file, err := pef.Encode(&pef.Fragment{
		Header: pef.Header{Architecture: pef.PowerPC, CurrentVersion: 0x01008000},
		Sections: []pef.FragmentSection{
			{Kind: pef.CodeSection, Share: pef.GlobalShare, Alignment: 4, Data: []byte{0x4e, 0x80, 0x00, 0x20}}, // blr
			{Kind: pef.PackedDataSection, Share: pef.ProcessShare, Alignment: 4, Data: make([]byte, 12), Zeros: 4},
			{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
		},
		Loader: &pef.Loader{
			Libraries:   []pef.Library{{Name: "InterfaceLib", Options: pef.WeakLibrary}},
			Imports:     []pef.Import{{Name: "NewPtr", Class: pef.TVectorSymbol}},
			Relocations: []pef.Relocations{{Section: 1, Program: program}},
			Exports:     []pef.Export{{Name: "Sort", Class: pef.TVectorSymbol, Section: 1, Value: 0}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	f, err := pef.NewFile(bytes.NewReader(file), int64(len(file)), pef.Options{})
	if err != nil {
		log.Fatal(err)
	}
	c := f.Containers[0]
	fmt.Println(c.Architecture, c.CurrentVersion)
	for _, imp := range c.Loader.Imports {
		fmt.Println("imports", imp.Name, "from", c.Loader.Libraries[imp.Library].Name)
	}

	data := c.Sections[1]
	mem := make([]byte, data.TotalLength)
	if err := data.Load(mem); err != nil {
		log.Fatal(err)
	}
	if err := c.Relocate(1, mem, pef.Addresses{Sections: []uint32{0x10000, 0x20000}, Imports: []uint32{0x777}}); err != nil {
		log.Fatal(err)
	}
	sort, _ := c.Loader.Lookup("Sort")
	vector := mem[sort.Value:]
	fmt.Printf("Sort is at %#x, its table of contents at %#x\n", binary.BigEndian.Uint32(vector), binary.BigEndian.Uint32(vector[4:]))
	fmt.Printf("NewPtr is called at %#x\n", binary.BigEndian.Uint32(mem[8:]))
	for _, in := range program {
		fmt.Println(in)
	}
	// Output:
	// pwpc 1.0.0
	// imports NewPtr from InterfaceLib
	// Sort is at 0x10000, its table of contents at 0x20000
	// NewPtr is called at 0x777
	// TVector8 1
	// ImportRun 1
}

// What a file does wrong can be reported instead of refused.
func ExampleOptions() {
	file, err := pef.Encode(&pef.Fragment{
		Header:   pef.Header{Architecture: pef.PowerPC},
		Sections: []pef.FragmentSection{{Kind: pef.UnpackedDataSection, Data: []byte("eight by")}},
	})
	if err != nil {
		log.Fatal(err)
	}
	file = file[:len(file)-3] // a bad copy

	_, err = pef.Read(bytes.NewReader(file), 0, int64(len(file)), pef.Options{})
	fmt.Println("error:", err)

	c, err := pef.Read(bytes.NewReader(file), 0, int64(len(file)), pef.Options{
		Tolerate: func(problem error) { fmt.Println("problem:", problem) },
	})
	if err != nil {
		log.Fatal(err)
	}
	data, err := c.Sections[0].Data()
	fmt.Printf("%q %v\n", data, err)
	// Output:
	// error: section 0 at 0x28: contents lie at 0x50–0x58 of the container, but the file ends 0x55 bytes after its start; it is truncated
	// problem: section 0 at 0x28: contents lie at 0x50–0x58 of the container, but the file ends 0x55 bytes after its start; it is truncated
	// problem: section 0 at 0x28: contents are 8 bytes long, but only 5 are stored
	// "eight\x00\x00\x00" <nil>
}
