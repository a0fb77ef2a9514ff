package sysroot

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
)

// The distribution's own archive gives a tree in which another architecture's
// loader finds all that a plug-in needs.
func TestAddFromDistribution(t *testing.T) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("this system has no apt-get")
	}
	if testing.Short() {
		t.Skip("fetches 12 MB")
	}
	s := Store{t.TempDir()}
	systemState := stateOf(t, "/var/lib/apt/lists", "/var/cache/apt/archives", "/var/lib/dpkg/arch", "/etc/apt")
	tree, err := s.Add(context.Background(), arch.LinuxS390X, []string{"swh-plugins"}, Options{Progress: func(p Progress) {
		if p.Done == 0 || p.Done == 1 {
			t.Logf("%+v", p)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if after := stateOf(t, "/var/lib/apt/lists", "/var/cache/apt/archives", "/var/lib/dpkg/arch", "/etc/apt"); after != systemState {
		t.Errorf("the system's apt was touched: before\n%s\nafter\n%s", systemState, after)
	}
	checkInside(t, filepath.Join(mustMove(t, tree.Root), "tree"))
	files, err := tree.Files("swh-plugins")
	if err != nil {
		t.Fatal(err)
	}
	plugin := ""
	for _, f := range files {
		if info, err := os.Lstat(f); err != nil || info.IsDir() {
			t.Errorf("%s: listed, but %v", f, err)
		}
		if strings.HasSuffix(f, "/sc4_1882.so") {
			plugin = f
		}
	}
	if plugin == "" {
		t.Fatalf("no sc4_1882.so among %d files", len(files))
	}

	qemu, err := exec.LookPath("qemu-s390x-static")
	if err != nil {
		t.Skip("the tree is there, but qemu-s390x-static is not, which would run its loader")
	}
	out, err := exec.Command(qemu, "-L", tree.Root, tree.Path(tree.Loader), "--list", plugin).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "libm.so.6 => /lib/s390x-linux-gnu/libm.so.6") || strings.Contains(string(out), "not found") {
		t.Errorf("the loader says: %v\n%s", err, out)
	}
}

// stateOf describes directories: the names, sizes and times of what is in them.
func stateOf(t *testing.T, dirs ...string) string {
	t.Helper()
	var b strings.Builder
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir) // /var/lib/dpkg/arch need not exist
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				b.WriteString(dir + "/" + e.Name() + " " + info.ModTime().String() + "\n")
			}
		}
		if info, err := os.Stat(dir); err == nil {
			b.WriteString(dir + " " + info.ModTime().String() + "\n")
		}
	}
	return b.String()
}
