package macfile_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/crossplug/crossplug/format/macfile"
)

// A file with two forks is sent by mail, and arrives.
func Example() {
	sent := &macfile.File{Name: "Read Me", Data: io.NewSectionReader(strings.NewReader("Hello!"), 0, 6)}
	sent.Finder.Type, _ = macfile.ParseOSType("TEXT")
	var mail bytes.Buffer
	if err := sent.WriteBinHex(&mail); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(mail.String())

	f, err := macfile.New(bytes.NewReader(mail.Bytes()), int64(mail.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v: %q '%v', data %d bytes, resources %d bytes, %d problems\n",
		f.Wrappings, f.Name, f.Finder.Type, f.Data.Size(), f.Resource.Size(), len(f.Problems))
	// Output:
	// (This file must be converted with BinHex 4.0)
	//
	// :"e*PB@3J6@8!9%9B9!#3#3B!N!5+!%KPE'a[)BTN!!!:
	// [BinHex 4.0]: "Read Me" 'TEXT', data 6 bytes, resources 0 bytes, 0 problems
}
