package cli

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFullDisk writes files of several commands to a file system of 64 KiB of its own
// that has no room for them: they are as they were, and nothing else is there.
func TestFullDisk(t *testing.T) {
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", t.TempDir()).CombinedOutput(); err != nil {
		t.Skipf("no private file systems here: %v %s", err, out)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	plugin := filepath.Join(root, "hosts/supersort/plugins/ShellSort.bin")
	viewer := filepath.Join(root, "hosts/plug/viewer/Viewer.bin")
	for _, test := range []struct{ name, command, file, before string }{
		{"plug", "crossplug plug --png out " + viewer + " picture.pgm >&2", "out", "older"},
		{"generate", "crossplug generate --backend go -o . " + filepath.Join(root, "examples/tone/tone.xml"), "zapi_tone.go", "older"},
		{"import", "crossplug api import --name x -o out ladspa.h", "out", "older"},
		{"dump", "crossplug guest run --arch ppc --at 0x10000 --mem 0x10000=ladspa.h --step 1 --room 0x20000=0x10000 --dump 0x20000,0x10000=out >&2", "out", "older"},
		{"extract", "crossplug inspect --extract . " + plugin, "ShellSort.bin/data", ""},
		{"extract, replacing", "crossplug inspect --force --extract . " + plugin, "ShellSort.bin/data", "older"},
	} {
		t.Run(test.name, func(t *testing.T) {
			script := `mount -t tmpfs -o size=64k none "$1" && cd "$1" && mkdir -p "$(dirname "$2")" || exit 9
				printf 'P5\n4 4\n255\n0123456789abcdef' >picture.pgm
				echo 'int f(int);' >ladspa.h
				[ -z "$4" ] || printf %s "$4" >"$2"
				head -c 100000 /dev/zero >filling 2>/dev/null # as much as there is room for
				sh -c "$3"
				echo "status $?"; find . -name '.crossplug-*'; [ ! -e "$2" ] || cat "$2"`
			cmd := exec.Command("unshare", "-rm", "sh", "-c", script, "sh", t.TempDir(), test.file, test.command, test.before)
			var said strings.Builder
			cmd.Stderr = &said
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s", err, out, &said)
			}
			if want := "status 1\n" + test.before; string(out) != want {
				t.Errorf("got\n%s\nwant\n%s\n%s", out, want, &said)
			}
			if strings.Count(said.String(), "no space left on device") != 1 {
				t.Errorf("it says %s", &said)
			}
		})
	}
}
