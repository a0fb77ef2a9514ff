package header_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/api/header"
	"github.com/crossplug/crossplug/arch"
)

var update = flag.Bool("update", false, "rewrite the drafts in testdata")

// TestImport drafts definitions of headers: one with everything that headers
// leave out, one with what is hard to say, and LADSPA's as Debian's package ladspa-sdk installs it.
func TestImport(t *testing.T) {
	for _, tt := range []struct {
		header, draft string
		opts          header.Options
	}{
		{"testdata/studio.h", "testdata/studio.xml", header.Options{Prefix: "studio_"}},
		{"testdata/odd.h", "testdata/odd.xml", header.Options{}},
		{"/usr/include/ladspa.h", "testdata/ladspa.xml", header.Options{Prefix: "LADSPA_"}},
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

// write writes headers into a new directory.
func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestImportErrors expects errors that help, also of headers which would bring the
// front end down.
func TestImportErrors(t *testing.T) {
	many := strings.Repeat
	const deep = 40_000
	dir := write(t, map[string]string{
		"broken.h":    "int f(struct {;\n",
		"star.h":      "*",
		"open.h":      "int f(void) {\n",
		"semicolon.h": "int f(void)",
		"include.h":   "#include \"nowhere.h\"\n",
		"lacks.h":     "int f(FILE *file);\n",
		"class.h":     "class A {};\n",
		"iostream.h":  "#include <iostream>\n",
		"error.h":     "#error \"Never include this.\"\n",
		"itself.h":    "#include \"itself.h\"\n",
		"zero.h":      "#include \"/dev/zero\"\n",
		"nested.h":    "int a = " + many("(", deep) + "1" + many(")", deep) + ";\n",
		"macro.h":     "#define P ((((((((((\n#define Q P P P P P P P P P P\n#define R Q Q Q Q\nint a = R R R 1;\n",
		"condition.h": "#if " + many("(", deep) + "1" + many(")", deep) + "\n#endif\n",
		"spliced.h":   "#if " + many("(\\\n", deep) + "1" + many(")", deep) + "\n#endif\n",
		"included.h":  "#include \"condition.h\"\nint f(void);\n",
		"minus.h":     "enum { A = " + many("- ", deep) + "1 };\n",
		"double.h":    "#define A0 x x x x\n" + doubling(40) + "A40\n",
		"functions.h": many("int f(void);\n", 1) + numbered(60_000),
		"quo\"te.h":   "",
		"large.h":     many(" ", 4<<20+1),
	})
	for _, tt := range []struct {
		file, want string
		opts       header.Options
	}{
		{"missing.h", "missing.h: no such file or directory", header.Options{}},
		{".", ".: not a file of at most 4194304 bytes", header.Options{}},
		{"large.h", "large.h: not a file of at most 4194304 bytes", header.Options{}},
		{"broken.h", "broken.h: it ends within brackets", header.Options{}},
		{"star.h", "star.h: it ends too early\nif the header counts on another one, name that with --before; macros with -D", header.Options{}},
		{"open.h", "open.h: it ends within brackets", header.Options{}},
		{"include.h", "include.h:1:10: include file not found: \"nowhere.h\"\nsay where it is with -I", header.Options{}},
		{"lacks.h", "lacks.h:1:12: unexpected '*', expected ')'\nif the header counts on another one, name that with --before; macros with -D", header.Options{}},
		{"lacks.h", "<before>:1:10: include file not found: <nowhere.h>\nsay where it is with -I", header.Options{Before: []string{"nowhere.h"}}},
		{"lacks.h", "header \"a>b\": write its name as in #include", header.Options{Before: []string{"a>b"}}},
		{"lacks.h", "macro \"1x\": write NAME or NAME=VALUE", header.Options{Define: []string{"1x"}}},
		{"class.h", "class.h:1:7: unexpected identifier, expected external declaration\nit looks like C++, and import reads C: what C++ alone may see belongs between #ifdef __cplusplus and #endif", header.Options{}},
		{"iostream.h", "iostream.h:1:10: include file not found: <iostream>\nit looks like C++, and import reads C: what C++ alone may see belongs between #ifdef __cplusplus and #endif", header.Options{}},
		{"error.h", "error.h:1:2: \"Never include this.\"", header.Options{}},
		{"itself.h", "itself.h: more than 5000 files are included; one may include itself", header.Options{}},
		{"zero.h", "zero.h:1:10: include file not found: \"/dev/zero\"\nsay where it is with -I", header.Options{}},
		{"nested.h", "nested.h: more than 200 brackets within each other", header.Options{}},
		{"macro.h", "macro.h: more than 200 brackets within each other", header.Options{}},
		{"condition.h", "condition.h: more than 200 brackets within each other", header.Options{}},
		{"spliced.h", "spliced.h: more than 200 brackets within each other", header.Options{}},
		{"included.h", "condition.h: more than 200 brackets within each other", header.Options{}},
		{"minus.h", "minus.h: more than 65536 bytes without a comma or semicolon", header.Options{}},
		{"double.h", "double.h:42:1: macro expansion limit exceeded", header.Options{}},
		{"functions.h", "functions.h: too much for one definition: more than 50000 elements", header.Options{}},
	} {
		_, err := header.Import([]string{filepath.Join(dir, tt.file)}, tt.opts)
		if err == nil {
			t.Errorf("%s: no error, want %s", tt.file, tt.want)
		} else if got := strings.ReplaceAll(err.Error(), dir+"/", ""); got != tt.want && got != dir+": "+strings.TrimPrefix(tt.want, ".: ") {
			t.Errorf("%s:\n got:  %.500s\n want: %s", tt.file, got, tt.want)
		}
	}
	if _, err := header.Import([]string{filepath.Join(dir, "semicolon.h")}, header.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := header.Import(nil, header.Options{}); err == nil {
		t.Error("no headers are imported")
	}
	if _, err := header.Import([]string{filepath.Join(dir, "quo\"te.h")}, header.Options{}); err == nil || !strings.Contains(err.Error(), "a name that #include cannot have") {
		t.Errorf("error %v of a name with quotes", err)
	}
}

// doubling defines macros of which each is the one before it twice.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "#define A%d A%d A%[2]d\n", i+1, i)
	}
	return b.String()
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "int f%d(void);\n", i)
	}
	return b.String()
}

// TestSeveral imports headers that belong together.
func TestSeveral(t *testing.T) {
	dir := write(t, map[string]string{
		"all.h":    "#include \"types.h\"\n#include \"calls.h\"\n#include <others.h>\n",
		"types.h":  "#pragma once\n#define MOST 3\ntypedef struct thing thing;\nstruct other { int a; };\n",
		"calls.h":  "#ifndef MOST\n#error \"Include all.h.\"\n#endif\nvoid call(thing *t, struct other *o, FILE *f);\nenum { CALLS = MOST };\n",
		"others.h": "void others(void);\n",
	})
	name := func(base string) string { return filepath.Join(dir, base) }
	files := []string{name("all.h"), name("calls.h"), name("types.h"), name("./calls.h")}
	draft, err := header.Import(files, header.Options{Name: "both", Include: []string{dir}, Before: []string{"stdio.h"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<api name="both" version="1.0" header="all.h">`, "<doc>A draft from all.h, calls.h, types.h, calls.h.", `<const name="MOST" value="3"/>`, `<const name="CALLS" value="3"/>`,
		`<handle name="thing" owner="plugin">`, `<struct name="other">`, `<function name="call">`,
	} {
		if n := bytes.Count(draft, []byte(want)); n != 1 {
			t.Errorf("the draft has %s %d times:\n%s", want, n, draft)
		}
	}
	if bytes.Contains(draft, []byte("others")) || bytes.Contains(draft, []byte("printf")) {
		t.Errorf("the draft has what is declared in other headers:\n%s", draft)
	}
}

// TestRealHeaders drafts definitions of what the system has, and lets its compiler
// compare the structs with the headers themselves.
func TestRealHeaders(t *testing.T) {
	m, err := abi.ModelOf(arch.LinuxAMD64)
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("the structs are those of amd64")
	}
	for _, tt := range []struct {
		header    string
		functions int // at least
	}{
		{"/usr/include/stdio.h", 60}, {"/usr/include/stdlib.h", 60}, {"/usr/include/elf.h", 0}, {"/usr/include/netdb.h", 30}, {"/usr/include/pthread.h", 80}, {"/usr/include/netinet/in.h", 5},
		{"/usr/include/zlib.h", 50}, {"/usr/include/frei0r.h", 10}, {"/usr/include/alsa/pcm.h", 300}, {"/usr/include/X11/Xlib.h", 300}, {"/usr/include/png.h", 200},
	} {
		t.Run(filepath.Base(tt.header), func(t *testing.T) {
			if _, err := os.Stat(tt.header); err != nil {
				t.Skip(err)
			}
			opts := header.Options{Before: []string{"sys/types.h", "stdio.h"}}
			if strings.Contains(tt.header, "alsa") {
				opts.Before = append(opts.Before, "alsa/asoundlib.h")
			}
			draft, err := header.Import([]string{tt.header}, opts)
			if err != nil {
				t.Fatal(err)
			}
			a, err := api.ParseFS(fstest.MapFS{"draft.xml": {Data: draft}}, "draft.xml")
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Functions) < tt.functions {
				t.Errorf("%d functions, want %d", len(a.Functions), tt.functions)
			}
			var b strings.Builder
			for _, file := range append(opts.Before, tt.header, "stddef.h") {
				fmt.Fprintf(&b, "#include <%s>\n", file)
			}
			for _, s := range a.Structs {
				offsets, size, align := api.Layout(s, m)
				fmt.Fprintf(&b, "_Static_assert(sizeof(%s) == %d && _Alignof(%[1]s) == %[3]d, \"%[1]s\");\n", s.CType, size, align)
				for i, f := range s.Fields {
					fmt.Fprintf(&b, "_Static_assert(offsetof(%s, %s) == %d, \"%[1]s.%[2]s\");\n", s.CType, f.Name, offsets[i])
				}
			}
			cmd := exec.Command("cc", "-std=gnu11", "-fsyntax-only", "-xc", "-")
			cmd.Stdin = strings.NewReader(b.String())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%.2000s", err, out)
			}
		})
	}
}

// TestDefine lets macros and included files decide what a header declares.
func TestDefine(t *testing.T) {
	dir := write(t, map[string]string{
		"a.h":     "#include <b.h>\n#ifdef A\nlong a(b_number n);\n#endif\nint c(int [A_SIZE]);\n",
		"sub/b.h": "typedef unsigned b_number;\nint b(void);\n",
	})
	draft, err := header.Import([]string{filepath.Join(dir, "a.h")}, header.Options{Include: []string{filepath.Join(dir, "sub")}, Define: []string{"A", "A_SIZE=3"}})
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
