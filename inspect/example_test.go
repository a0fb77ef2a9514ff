package inspect_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/crossplug/crossplug/inspect"
	"github.com/crossplug/crossplug/internal/macfixture"
)

func ExampleNew() {
	file := macfixture.Files()["library.hqx"] // BinHex, as it came by mail
	f, err := inspect.New("library.hqx", bytes.NewReader(file), int64(len(file)), inspect.Options{Tree: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Mac.Name, f.Mac.Type)
	for _, i := range f.Images[1:3] {
		fmt.Println(i.Architecture, i.Format, i.Fork, i.Resource, i.Prototype)
	}
	for _, l := range f.Images[0].PEF.Libraries {
		fmt.Println(l.Name, l.OldImpVersion, l.Weak, len(l.Imports))
	}
	// Output:
	// Sort Library shlb
	// powerpc-32-classic PEF resource 'SORT' 128 think long proc(short, long)
	// m68k-32-classic 68K resource 'SORT' 129 think long proc(short, long)
	// InterfaceLib 0 false 2
	// QuickTimeLib 2.0.0 true 1
	// SortLib 1.0.0 false 1
}

func ExampleFile_Disassemble() {
	file := macfixture.Files()["fragment.pef"]
	f, err := inspect.New("fragment.pef", bytes.NewReader(file), int64(len(file)), inspect.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for l := range f.Disassemble("init") {
		for line := range l.Lines() {
			fmt.Printf("%4x %s %s\n", line.Offset, line.Code, line.Text)
		}
	}
	// Output:
	//   50 38600000 li r3,0
	//   54 4e800020 blr
}
