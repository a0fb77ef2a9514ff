package generate

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/api"
)

// committed is where the exercise's generated files are, for these back ends.
var committed = map[string]string{"go": "../hosts/exercise", "markdown": "../hosts/exercise", "layout": "../hosts/exercise/c"}

// TestGenerated makes sure that the committed files are what the generator
// gives, and that it gives the same twice.
func TestGenerated(t *testing.T) {
	for backend, dir := range committed {
		files, err := Run(backend, exercise(t))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Run(backend, exercise(t))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range files {
			if !bytes.Equal(f.Data, again[i].Data) {
				t.Errorf("%s: differs from one time to the next", f.Name)
			}
			path := filepath.Join(dir, f.Name)
			if *update {
				if err := os.WriteFile(path, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, f.Data) {
				t.Errorf("%s is not what the generator gives: make generate (%v)", path, err)
			}
		}
	}
}

// layoutCompilers are those whose structs the layout is compared with.
var layoutCompilers = []string{
	"x86_64-linux-gnu-gcc", "i686-linux-gnu-gcc", "aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc", "powerpc64le-linux-gnu-gcc",
	"s390x-linux-gnu-gcc", "powerpc-linux-gnu-gcc", "m68k-linux-gnu-gcc",
}

// TestLayout lets every compiler check every offset, and makes sure that it
// would notice.
func TestLayout(t *testing.T) {
	files, err := Run("layout", exercise(t))
	if err != nil {
		t.Fatal(err)
	}
	text := files[0].Data
	wrong := regexp.MustCompile(`(offsetof\(struct ex_packed68k, d\)) == \d+`).ReplaceAll(text, []byte("$1 == 3"))
	for _, gcc := range layoutCompilers {
		t.Run(gcc, func(t *testing.T) {
			if _, err := exec.LookPath(gcc); err != nil {
				t.Skipf("%v (scripts/need cross installs it)", err)
			}
			compile := func(text []byte) ([]byte, error) {
				cmd := exec.Command(gcc, "-std=gnu11", "-fsyntax-only", "-I../hosts/exercise", "-x", "c", "-")
				cmd.Stdin = bytes.NewReader(text)
				return cmd.CombinedOutput()
			}
			if out, err := compile(text); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if out, err := compile(wrong); err == nil || !bytes.Contains(out, []byte("ex_packed68k, d")) {
				t.Errorf("a wrong offset went unnoticed: %v\n%s", err, out)
			}
		})
	}
}

// definition parses a definition of a few elements.
func definition(t *testing.T, elements string) *api.API {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.xml")
	text := `<api name="t" version="1.0" header="t.h" prefix="t_">` + elements + `</api>`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := api.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestGoRefusals are what the Go back end cannot do, told with the place.
func TestGoRefusals(t *testing.T) {
	for _, tt := range []struct{ elements, want string }{
		{`<function name="t_f" thread="rt"><param name="v" type="u8" dir="out" capacity="n" count-return="true" nullable="true" null-means="query-size"/><param name="n" type="u32"/><return type="u32"/></function>`, "real-time thread"},
		{`<function name="t_f" batchable="true"><param name="v" type="u8" dir="out" capacity="n" count-return="true" nullable="true" null-means="query-size"/><param name="n" type="u32"/><return type="u32"/></function>`, "batchable"},
		{`<callback name="t_c" side="host" scope="call"><param name="user" type="userdata"/></callback>
		  <function name="t_f" batchable="true"><param name="c" type="t_c"/><param name="user" type="userdata" for="c"/></function>`, "batchable"},
	} {
		if _, err := Run("go", definition(t, tt.elements)); err == nil || !strings.Contains(err.Error(), "t.xml:") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\ngave %v; want %s", tt.elements, err, tt.want)
		}
	}
}

// TestGoCompiles type-checks what is made of constructs that hosts/exercise has
// on the other side only, or not at all.
func TestGoCompiles(t *testing.T) {
	a, err := api.Parse("testdata/mirror.xml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := Run("go", a)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, files[0].Name, files[0].Data, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil), Error: func(err error) { t.Error(err) }}
	if _, err := conf.Check("mirror", fset, []*ast.File{file}, nil); err != nil {
		t.Logf("%s", files[0].Data)
	}
	for _, backend := range []string{"dispatcher", "shim", "markdown", "layout"} {
		if _, err := Run(backend, a); err != nil {
			t.Errorf("%s: %v", backend, err)
		}
	}
}

// TestGoNames are names that would not do in Go.
func TestGoNames(t *testing.T) {
	files, err := Run("go", definition(t, `
		<const name="T_HOST" value="1"/>
		<handle name="t_plugin" owner="plugin"/>
		<struct name="t_open"><field name="type_of_it" type="u8"/></struct>
		<function name="t_do"><param name="type" type="u8"/><param name="len" type="u8"/><param name="h" type="t_plugin" nullable="true"/><param name="call" type="t_open"/></function>
		<function name="t_plugin_range"><param name="func" type="t_plugin"/></function>
		<function name="t_until" until="0.9"/>`))
	if err != nil {
		t.Fatal(err)
	}
	text := string(files[0].Data)
	for _, want := range []string{
		"func (p *Plugin) Do(ctx context.Context, typeArg uint8, lenArg uint8, hArg PluginType, callArg *OpenType) error",
		"func (h PluginType) PluginRange(ctx context.Context) error", "TypeOfIt uint8",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "t_until") {
		t.Error("there is what the version has no more")
	}
}
