package toolbox_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
)

// A host of plug-ins finds their code as an application of the time did: it opens
// the resource file, gets the resource, locks it, and calls its first byte.
func Example() {
	m, err := guest.New(guest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	kind, _ := coderes.ParseOSType("PLUG")
	fork, err := (&resource.Fork{Resources: []*resource.Resource{
		{Type: kind, ID: 128, Data: []byte{0x70, 0x00, 0xa0, 0x2e, 0x70, 0x2a, 0x4e, 0x75}}, // MOVEQ #0,D0; _BlockMove; MOVEQ #42,D0; RTS
	}}).Encode()
	if err != nil {
		log.Fatal(err)
	}
	file := &macfile.File{Name: "Answer", Resource: io.NewSectionReader(bytes.NewReader(fork), 0, int64(len(fork)))}

	s := m.System()
	if err := s.AddFile(file); err != nil {
		log.Fatal(err)
	}
	s.OpenResources("Answer")
	h := s.Get1Resource(uint32(kind), 128)
	s.HLock(h)
	code, err := m.Memory().Load32(h)
	if err != nil {
		log.Fatal(err)
	}
	info, err := coderes.ParsePrototype("long proc(long)")
	if err != nil {
		log.Fatal(err)
	}
	answer, err := m.Call(context.Background(), code, info, 7)
	if err != nil {
		log.Fatal(err)
	}
	s.ReleaseResource(h)
	fmt.Println(answer)
	// Output: 42
}
