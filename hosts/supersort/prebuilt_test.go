package supersort

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

var update = flag.Bool("update", false, "build the plug-ins in plugins anew")

// TestPrebuilt sees that each committed plug-in is what its source gives.
func TestPrebuilt(t *testing.T) {
	crosstest.NeedSame(t, link.PowerPC().Program, link.M68K().Program)
	sources, err := filepath.Glob("plugins/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, source := range sources {
		want, err := os.ReadFile(build(t, link.Universal, source))
		if err != nil {
			t.Fatal(err)
		}
		path := source[:len(source)-len(".c")] + ".bin"
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s gives: go test ./hosts/supersort -run Prebuilt -update (%v)", path, source, err)
		}
	}
}
