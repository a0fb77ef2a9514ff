package resource_test

import (
	"fmt"

	"github.com/crossplug/crossplug/format/resource"
)

// A fork is made, written, read and listed.
func Example() {
	sort, err := resource.ParseOSType("SORT")
	if err != nil {
		fmt.Println(err)
		return
	}
	made := &resource.Fork{Resources: []*resource.Resource{
		{Type: sort, ID: 128, Name: "Shell sort", Attributes: resource.Purgeable, Data: []byte{0x4e, 0x75}},
	}}
	data, err := made.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	fork, err := resource.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range fork.Resources {
		fmt.Printf("%v %q, %v: %d bytes at %d\n", r, r.Name, r.Attributes, len(r.Data), r.Offset)
	}
	for _, p := range fork.Problems {
		fmt.Println(p)
	}
	// Output:
	// 'SORT' 128 "Shell sort", purgeable: 2 bytes at 260
}
