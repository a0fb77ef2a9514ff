package header_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/api/header"
)

var update = flag.Bool("update", false, "rewrite the drafts in testdata")

// TestImport drafts definitions of headers: one with everything that headers
// leave out, and LADSPA's as Debian's package ladspa-sdk installs it.
func TestImport(t *testing.T) {
	for _, tt := range []struct {
		header, draft string
		opts          header.Options
	}{
		{"testdata/studio.h", "testdata/studio.xml", header.Options{Name: "studio", Prefix: "studio_"}},
		{"/usr/include/ladspa.h", "testdata/ladspa.xml", header.Options{Name: "ladspa", Prefix: "LADSPA_"}},
	} {
		t.Run(tt.draft, func(t *testing.T) {
			if _, err := os.Stat(tt.header); err != nil {
				t.Skipf("%v; scripts/need run", err)
			}
			got, err := header.Import([]string{tt.header}, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(tt.draft, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(tt.draft)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the draft is not %s (-update rewrites it):\n%s", tt.draft, got)
			}
			if _, err := api.Parse(tt.draft); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDraftGuessesNothing expects of the header's functions that exactly those
// which say enough cross.
func TestDraftGuessesNothing(t *testing.T) {
	r, err := api.Check("testdata/studio.xml")
	if err != nil {
		t.Fatal(err)
	}
	var crossing []string
	for _, v := range r.Functions {
		if v.Crosses {
			crossing = append(crossing, v.Name)
		}
	}
	want := []string{
		"studio_host.add", "studio_host.open",
		"studio_new", "studio_free", "studio_state_of", "studio_position", "studio_name", "studio_hash", "studio_resize", "studio_record",
	}
	if !slices.Equal(crossing, want) {
		t.Errorf("these cross: %q\nwant: %q", crossing, want)
	}
}

func TestImportErrors(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.h")
	missing := filepath.Join(dir, "missing.h")
	if err := os.WriteFile(broken, []byte("#include \"nowhere.h\"\nint f(struct {;\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file, want string
		opts       header.Options
	}{
		{missing, "missing.h: no such file", header.Options{}},
		{dir, "not a file", header.Options{}},
		{broken, "broken.h:", header.Options{}},
		{broken, `macro "1x"`, header.Options{Define: []string{"1x"}}},
	} {
		if _, err := header.Import([]string{tt.file}, tt.opts); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.file, err, tt.want)
		}
	}
}

// TestDefine lets macros and included files decide what a header declares.
func TestDefine(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(dir, "a.h"): "#include <b.h>\n#ifdef A\nlong a(b_number n);\n#endif\nint c(int [A_SIZE]);\n",
		filepath.Join(sub, "b.h"): "typedef unsigned b_number;\nint b(void);\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	draft, err := header.Import([]string{filepath.Join(dir, "a.h")}, header.Options{Include: []string{sub}, Define: []string{"A", "A_SIZE=3"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<function name="a">`, `<param name="n" type="u32"/>`, `<param name="p1" type="int *"/>`} {
		if !bytes.Contains(draft, []byte(want)) {
			t.Errorf("the draft lacks %s:\n%s", want, draft)
		}
	}
	if bytes.Contains(draft, []byte(`name="b"`)) {
		t.Errorf("the draft has what an included file declares:\n%s", draft)
	}
}
