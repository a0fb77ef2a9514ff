package bridge

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// TestClient uses the client as code generated for another plug-in family
// would: see testdata/nest.c.
func TestClient(t *testing.T) {
	aboutC(t)
	dir := t.TempDir()
	gcc, err := exec.LookPath(compilers[arch.Host()])
	if err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	nest := filepath.Join(dir, "nest")
	build := exec.Command(gcc, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined,address", "-fno-sanitize-recover=all",
		"-Inative", "-I../helper/native", "-DSOURCE_HASH=test", "-DAPI_HASH="+hashConstants(t),
		"-o", nest, "testdata/nest.c", "native/client.c", "native/lane.c", "native/spawn.c")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	store, err := sysroot.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range guests {
		t.Run(a.String(), func(t *testing.T) {
			plugin := compile(t, a, "testdata/nest_plugin.c", "-shared", "-fPIC")
			launch, err := helper.Find(a, nil, store)
			if err != nil {
				t.Skip(err)
			}
			image, err := helper.Binary(a)
			if err != nil {
				t.Fatal(err)
			}
			executable := filepath.Join(t.TempDir(), "helper")
			if err := os.WriteFile(executable, image, 0o755); err != nil {
				t.Fatal(err)
			}
			big := "0"
			if a.Order == arch.BigEndian {
				big = "1"
			}
			words := []string{nest, plugin, fmt.Sprint(a.Bits), big}
			for _, w := range launch.Command {
				words = append(words, strings.ReplaceAll(w, "{helper}", executable))
			}
			if o := run(t, nil, words...); o.err != nil {
				t.Errorf("%v\n%s", o.err, o.stderr)
			}
		})
	}
}

// hashConstants is the hash of protocol.h as build.sh makes it.
func hashConstants(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `sha256sum ../helper/native/protocol.h | cut -c1-32 | sed 's/../0x&,/g'`).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
