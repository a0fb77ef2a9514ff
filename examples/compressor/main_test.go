package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper/sysroot"
)

func TestCompress(t *testing.T) {
	const plugin = "/usr/lib/ladspa/sc4_1882.so"
	for _, a := range []arch.Arch{arch.LinuxAMD64, arch.LinuxI386, arch.LinuxS390X} {
		t.Run(a.String(), func(t *testing.T) {
			path := plugin
			if a != arch.Host() {
				tree, err := sysroot.Lookup(a)
				if err != nil {
					t.Skip(err)
				}
				path = tree.Path(plugin)
			}
			if _, err := os.Stat(path); err != nil {
				t.Skipf("%v (scripts/need run and scripts/sysroots install it)", err)
			}
			var out strings.Builder
			if err := compress(t.Context(), path, &out); err != nil {
				t.Fatal(err)
			}
			var before, after float64
			if _, err := fmt.Sscanf(out.String(), "SC4, "+a.String()+": from %f dB to %f dB\n", &before, &after); err != nil || after > before-10 {
				t.Errorf("it said %q (%v)", out.String(), err)
			}
		})
	}
}

// TestReadme compares the example in the README with this program, line by line:
// the README leaves out how errors are handed on.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(readme), "```go\n")
	if !ok {
		t.Fatal("the README has no example")
	}
	example, _, _ = strings.Cut(example, "```")
	_, rest, _ := strings.Cut(string(source), "// README: from here\n")
	rest, _, ok = strings.Cut(rest, "// README: to here")
	if !ok {
		t.Fatal("main.go does not mark the README's part")
	}
	for line := range strings.Lines(example) {
		line = strings.TrimSpace(line)
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("the README's line %q is not in main.go, or not in that order", line)
			continue
		}
		rest = after
	}
}
