package coderes_test

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
)

// A window definition for 68K and PowerPC, put together and taken apart.
func Example() {
	info, err := coderes.ParsePrototype("pascal long main(short, long, short, long)")
	if err != nil {
		fmt.Println(err)
		return
	}
	container := append([]byte("Joy!peffpwpc"), make([]byte, 28)...) // which package pef writes
	resource := coderes.NewSafeFat(info, []byte{0x4e, 0x75}, info, container)

	code, err := coderes.Recognise(resource)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(code.Kind)
	for _, p := range code.Parts {
		fmt.Printf("%v at %d, %d bytes, PEF %t: %v\n", p.ISA, p.Offset, p.Size, p.PEF, p.ProcInfo)
	}
	// Output:
	// safe fat
	// 68K at 108, 4 bytes, PEF false: pascal long proc(short, long, short, long)
	// PowerPC at 112, 40 bytes, PEF true: pascal long proc(short, long, short, long)
}
