package toolbox_test

import (
	"os"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/toolbox"
)

// TestMostImported expects the 150 calls that fragments import most often, in a sample
// of 499, to be there: testdata/imported.txt has a library and a name a line, the one
// that most import first.
func TestMostImported(t *testing.T) {
	text, err := os.ReadFile("testdata/imported.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 150 {
		t.Errorf("%d calls", len(lines))
	}
	for _, line := range lines {
		library, name, ok := strings.Cut(line, " ")
		if _, there := toolbox.Exports(library)[name]; !ok || !there {
			t.Errorf("%s of %s is not there", name, library)
		}
	}
}
