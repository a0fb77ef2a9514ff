package helper

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// foreign is some architecture that needs an emulator on every host.
func foreign() arch.Arch {
	if arch.Host() == arch.LinuxS390X {
		return arch.LinuxARM64
	}
	return arch.LinuxS390X
}

func names(ways []Way) (n []string) {
	for _, w := range ways {
		n = append(n, w.Launch.Strategy)
	}
	return n
}

func TestWays(t *testing.T) {
	empty := sysroot.Store{Dir: t.TempDir()}
	ways, err := Ways(arch.Host(), nil, empty)
	if err != nil || len(ways) != 1 || ways[0].Launch.String() != "native" || ways[0].Missing != "" {
		t.Errorf("for the host: %+v, %v", ways, err)
	}
	ways, err = Ways(arch.Host(), []string{"qemu"}, empty)
	if got := names(ways); err != nil || !slices.Equal(got, []string{"qemu", "qemu", "native"}) {
		t.Errorf("for the host, preferring qemu: %v, %v", got, err)
	}
	ways, err = Ways(foreign(), nil, empty)
	if got := names(ways); err != nil || !slices.Equal(got, []string{"qemu", "qemu"}) {
		t.Errorf("for %v: %v, %v", foreign(), got, err)
	}
	if arch.Host() == arch.LinuxAMD64 {
		for prefer, want := range map[string]string{"": "compat", "compat": "compat", "qemu": "qemu"} {
			ways, err := Ways(arch.LinuxI386, strings.Fields(prefer), empty)
			if err != nil || ways[0].Launch.Strategy != want {
				t.Errorf("for i386, preferring %q: %v first, %v", prefer, names(ways), err)
			}
		}
	}
	if _, err := Ways(foreign(), []string{"magic"}, empty); err == nil || !strings.Contains(err.Error(), "known: native, compat, qemu") {
		t.Errorf("an unknown strategy: %v", err)
	}
}

func TestFindSaysWhatToInstall(t *testing.T) {
	a := foreign()
	t.Setenv("PATH", t.TempDir()) // no qemu
	empty := sysroot.Store{Dir: t.TempDir()}
	if _, err := empty.Lookup(a); err == nil {
		t.Skip("this system has the architecture's libraries")
	}
	_, err := Find(a, nil, empty)
	var none *fault.NoRuntime
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
	want := "install the Debian package qemu-user-static and run: crossplug sysroot add " + a.String()
	if none.Hint != want || len(none.Tried) != 2 {
		t.Errorf("hint %q, want %q; tried %q", none.Hint, want, none.Tried)
	}
}

// TestBrokenEmulator has an emulator that is none.
func TestBrokenEmulator(t *testing.T) {
	a := foreign()
	store, err := sysroot.Default()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Lookup(a); err != nil {
		t.Skip(err)
	}
	qemu := qemuNames[a]
	if qemu == "" {
		qemu = a.String()
	}
	want := map[string]string{"exits": "no such luck", "babbles": "within 2s", "no image": "exec format error"}
	for what, script := range map[string]string{
		"exits":    "#!/bin/sh\necho no such luck >&2\nexit 1\n",
		"babbles":  "#!/bin/sh\necho hello; exec sleep 100\n",
		"no image": "this is not a program",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "qemu-"+qemu+"-static"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		var opt Options
		if what == "babbles" {
			opt.StartTimeout = 2 * time.Second
		}
		p, err := Start(t.Context(), a, opt)
		if err == nil {
			p.Close()
			t.Fatalf("%s: it started", what)
		}
		if !strings.Contains(err.Error(), want[what]) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
