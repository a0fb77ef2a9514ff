package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/inspect"
	"github.com/crossplug/crossplug/internal/macfixture"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const inspectSchema = "../../docs/inspect.schema.json"

// TestInspectSchema sees that what inspect writes as JSON is what the schema
// says, and that the schema knows each field of the package that has it.
func TestInspectSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(inspectSchema)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range macfixture.Files() {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	everything := []string{"--tree", "--symbols", "--relocations", "--hash", "--strings", "--disassemble", "all"}
	for _, args := range [][]string{
		{dir}, {"--tree", dir}, append(everything, dir), {"--resources", "vers", dir}, {"--symbols", self}, {"--tree", self}, {filepath.Join(dir, "missing")},
		{filepath.Join(dir, "missing"), dir}, {t.TempDir()},
	} {
		var out, errs bytes.Buffer
		Main(append([]string{"inspect", "--json"}, args...), strings.NewReader(""), &out, &errs)
		v, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		if files := v.(map[string]any)["files"].([]any); len(files) == 0 && len(args) > 1 {
			t.Errorf("%q: no files", args)
		}
	}
}

// TestInspectSchemaFields sees that the schema knows each field of the model,
// and none besides.
func TestInspectSchemaFields(t *testing.T) {
	f, err := os.Open(inspectSchema)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || typ.String() == "time.Time" {
			return
		}
		seen[typ] = true
		var names []string
		for _, field := range reflect.VisibleFields(typ) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				continue // not exported, or embedded and visited by its fields
			}
			names = append(names, name)
			visit(field.Type)
		}
		def := typ.Name()
		switch def {
		case "fileReport":
			def = "File"
		case "listing":
			def = "Listing"
		case "File":
			return // visited with the fields that the command adds
		}
		properties, ok := v.(map[string]any)["$defs"].(map[string]any)[def].(map[string]any)["properties"].(map[string]any)
		if !ok {
			missing = append(missing, def)
			return
		}
		for _, n := range names {
			if properties[n] == nil {
				missing = append(missing, def+"."+n)
			}
		}
		for n := range properties {
			if !slices.Contains(names, n) {
				missing = append(missing, fmt.Sprintf("%s.%s, which is not in the model", def, n))
			}
		}
	}
	visit(reflect.TypeFor[fileReport]())
	if len(seen) < 20 || !seen[reflect.TypeFor[inspect.Step]()] {
		t.Errorf("only %d types were visited", len(seen))
	}
	if missing != nil {
		t.Errorf("%s and the model differ: %s", inspectSchema, strings.Join(missing, "; "))
	}
}

// TestAdds sees that what relocation adds is told briefly, and all of it.
func TestAdds(t *testing.T) {
	section := func(at, n uint32) inspect.Fixup { return inspect.Fixup{Offset: at, Section: &n} }
	imported := func(at, n uint32) inspect.Fixup { return inspect.Fixup{Offset: at, Import: &n} }
	vectors := func(n, stride uint32) (all []inspect.Fixup) {
		for i := range n {
			all = append(all, section(i*stride, 0), section(i*stride+4, 1))
		}
		return all
	}
	for want, fixups := range map[string][]inspect.Fixup{
		"":                  nil,
		"0x10 += section 1": {section(0x10, 1)},
		"0x10 += import 7":  {imported(0x10, 7)},
		"0x10–0x1b += section 2, 0x1c += section 3":                                         {section(0x10, 2), section(0x14, 2), section(0x18, 2), section(0x1c, 3)},
		"0x0–0xb += import 3–5, 0xc += import 3":                                            {imported(0, 3), imported(4, 4), imported(8, 5), imported(12, 3)},
		"0x0 += import 3, 0x8 += import 4":                                                  {imported(0, 3), imported(8, 4)},
		"0x0 += section 1, 3 times every 8 bytes":                                           {section(0, 1), section(8, 1), section(16, 1)},
		"0x0 += section 1, 0x8 += section 1":                                                {section(0, 1), section(8, 1)},
		"0x0 += section 0, 0x4 += section 1":                                                vectors(1, 8),
		"0x0 += section 0, 0x4 += section 1, 0xc += section 0, 0x10 += section 1":           vectors(2, 12),
		"0x0 += section 0, 0x4 += section 1, 512 times every 12 bytes":                      vectors(512, 12),
		"0x0 += section 0, 0x4 += section 1, 3 times every 8 bytes, 0x18–0x1f += section 0": append(vectors(3, 8), section(24, 0), section(28, 0)),
	} {
		if got := adds(fixups); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
