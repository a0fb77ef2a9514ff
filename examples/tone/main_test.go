package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGuide does what docs/describe.md says, word for word, in a copy of this
// directory.
func TestGuide(t *testing.T) {
	for _, program := range []string{"s390x-linux-gnu-gcc", "x86_64-linux-gnu-gcc", "qemu-s390x-static"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed; scripts/need run cross installs it", program)
		}
	}
	guide, err := os.ReadFile("../../docs/describe.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	// Inside the module, for the imports; a directory that begins with _ is in
	// nobody's way.
	dir, err := os.MkdirTemp(".", "_guide")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"tone.h", "tone.xml", "main.go", "plugin/tone.c", "host/host.c"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// The copy uses the package that it makes, not the one beside it.
		data = []byte(strings.Replace(string(data), "examples/tone/tone", "examples/tone/"+filepath.Base(dir)+"/tone", 1))
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	bin := t.TempDir()
	run(t, root, nil, "go", "build", "-o", bin, "./cmd/crossplug")
	blocks := strings.Split(string(guide), "```sh\n")[1:]
	if len(blocks) != 2 {
		t.Fatalf("the guide has %d blocks of commands; it should have 2", len(blocks))
	}
	for _, block := range blocks {
		commands, rest, closed := strings.Cut(block, "```")
		_, says, found := strings.Cut(rest, "```\n")
		says, _, ended := strings.Cut(says, "```")
		if !closed || !found || !ended {
			t.Fatalf("the guide does not say what these commands say:\n%s", commands)
		}
		said := run(t, dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, "sh", "-euc", commands)
		if said != says {
			t.Errorf("these commands:\n%sthey said:\n%s\nthe guide says:\n%s", commands, said, says)
		}
	}
	for _, name := range []string{"tone/zapi_tone.go", "tone/dispatch/s390x.so", "tone/dispatch/amd64.so"} {
		got, err1 := os.ReadFile(filepath.Join(dir, name))
		want, err2 := os.ReadFile(name)
		if err1 != nil || err2 != nil || string(got) != string(want) {
			t.Errorf("%s is not what the guide makes of tone.xml: make generate (%v, %v)", name, err1, err2)
		}
	}
}

func run(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}
