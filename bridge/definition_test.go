package bridge

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/generate"
)

// TestShimFollowsDefinition makes what the shim knows of LADSPA anew from its
// definition, and compares what is written by hand about the same: how a
// description is encoded.
func TestShimFollowsDefinition(t *testing.T) {
	definition, err := api.Parse("../hosts/ladspa/raw/ladspa.xml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate.Run("direct", definition)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("native/" + files[0].Name)
	if err != nil || !bytes.Equal(got, files[0].Data) {
		t.Errorf("native/%s is not what the definition gives: make generate (%v)", files[0].Name, err)
	}
	i := slices.IndexFunc(definition.Structs, func(s *api.Struct) bool { return s.Name == "LADSPA_Descriptor" })
	var fields, functions, own []string
	for _, f := range definition.Structs[i].Fields {
		switch {
		case f.Func != nil:
			functions = append(functions, f.Name)
		case !f.Opaque:
			fields = append(fields, f.Name)
		}
	}
	for _, m := range methods {
		own = append(own, m.name)
	}
	if !slices.Equal(own, functions) {
		t.Errorf("descriptions have bits for %v, the definition has %v", own, functions)
	}
	encoded := []string{"UniqueID", "Label", "Properties", "Name", "Maker", "Copyright", "PortCount", "PortDescriptors", "PortNames", "PortRangeHints"}
	if !slices.Equal(encoded, fields) {
		t.Errorf("descriptions have %v, the definition has %v", encoded, fields)
	}
}
