// Package crosstest is for tests that need what cross compilers make: of one source,
// classic Mac OS code in any form; and committed binaries, which are compared with what
// their sources give.
//
// Its functions end the test if something fails, and skip it if a program is not
// installed.
package crosstest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/link"
)

// madeWith is the version of gcc that made the committed binaries. Another one makes
// other code.
const madeWith = "12.2.0"

// Need skips a test that needs a program which is not here.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed; scripts/need run cross installs it", p)
		}
	}
}

// NeedSame skips a test that compares committed binaries with what compilers make of
// their sources, if these are other versions than made them.
func NeedSame(t testing.TB, compilers ...string) {
	t.Helper()
	Need(t, compilers...)
	for _, gcc := range compilers {
		out, err := exec.CommandContext(t.Context(), gcc, "-dumpfullversion").Output()
		if err != nil {
			t.Fatalf("%s: %v", gcc, err)
		}
		if v := strings.TrimSpace(string(out)); v != madeWith {
			t.Skipf("%s is version %s; what is committed was made with %s", gcc, v, madeWith)
		}
	}
}

// Native compiles sources for the computer that runs the test, and returns what the
// program says.
func Native(t testing.TB, flags []string, sources ...string) string {
	t.Helper()
	Need(t, "gcc")
	program := filepath.Join(t.TempDir(), "native")
	args := append(append(append([]string{}, flags...), sources...), "-o", program)
	if out, err := exec.CommandContext(t.Context(), "gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program).Output()
	if err != nil {
		t.Fatalf("what gcc has made: %v", err)
	}
	return string(out)
}

// Objects compiles sources, of which the compiler must have nothing to say.
func Objects(t testing.TB, c *link.Compiler, flags []string, sources ...string) []*link.Object {
	t.Helper()
	Need(t, c.Program)
	var objects []*link.Object
	for _, source := range sources {
		o, warnings, err := c.Compile(t.Context(), source, flags, t.TempDir())
		if err != nil || warnings != "" {
			t.Fatal(err, warnings)
		}
		objects = append(objects, o)
	}
	return objects
}

// Build makes a product of sources, each compiled for each of the product's parts. in
// says what else there is to link; its Objects are not used.
func Build(t testing.TB, p *link.Product, in link.Input, flags []string, sources ...string) *link.Product {
	t.Helper()
	for _, part := range p.Form.Parts() {
		in.Objects = Objects(t, part.Compiler(), flags, sources...)
		if _, err := p.Link(part, &in); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// File makes a file of a product, of the product's name.
func File(t testing.TB, p *link.Product) *macfile.File {
	t.Helper()
	f, err := p.File()
	if err != nil {
		t.Fatal(err)
	}
	f.Name = p.Name
	return f
}

// Resource returns the resource of a product that has one.
func Resource(t testing.TB, p *link.Product) *resource.Resource {
	t.Helper()
	f := File(t, p)
	fork, err := resource.Read(f.Resource, f.Resource.Size())
	if err != nil {
		t.Fatal(err)
	}
	r := fork.Get(p.Type, p.ID)
	if r == nil {
		t.Fatalf("%v: no resource '%v' %d", p.Form, p.Type, p.ID)
	}
	return r
}

// Write writes a file in the wrapping that the path asks for, see link.Write.
func Write(t testing.TB, f *macfile.File, path string) {
	t.Helper()
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(link.Write(to, f, path), to.Close()); err != nil {
		t.Fatal(err)
	}
}
