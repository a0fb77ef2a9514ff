package bridge

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper"
)

// TestEveryGuestHasItsNumber: two architectures of one number would give their
// plug-ins the same ids.
func TestEveryGuestHasItsNumber(t *testing.T) {
	for _, a := range helper.Archs() {
		if !slices.Contains(architectures, a.String()) {
			t.Errorf("%v has no number for unique ids", a)
		}
	}
}

// TestBadPlugins bridges files that do harm as soon as they are looked into.
func TestBadPlugins(t *testing.T) {
	for _, a := range guests {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			in := t.TempDir()
			want := map[string]error{
				"NONE": nil, "EXIT_IN_CONSTRUCTOR": crossplug.ErrCrashed, "CRASH_IN_ENTRY": crossplug.ErrCrashed, "NO_ENTRY": crossplug.ErrBadImage,
				"NO_PLUGINS": crossplug.ErrNotFound, "ENDLESS_LIST": crossplug.ErrBadImage, "HUGE_PORT_COUNT": crossplug.ErrBadImage,
				"BAD_NAME_POINTER": crossplug.ErrCrashed, "HANG_IN_ENTRY": crossplug.ErrHung, "MANY_PORTS": nil, "NULL_NAMES": nil, "STRANGE_NAMES": nil, "NAN_HINTS": nil,
			}
			var files, endless []string
			for defect := range want {
				content, err := os.ReadFile(compile(t, a, "../hosts/ladspa/testdata/bad_library.c", "-shared", "-fPIC", "-w", "-DDEFECT="+defect, "-DDEFECT_"+defect))
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(in, defect+".so")
				if err := os.WriteFile(path, content, 0o644); err != nil {
					t.Fatal(err)
				}
				if defect == "HANG_IN_ENTRY" {
					endless = append(endless, path)
				} else {
					files = append(files, path)
				}
			}
			o, impatient := Options{Dir: t.TempDir(), CallTimeout: time.Minute}, Options{Dir: t.TempDir(), CallTimeout: 2 * time.Second}
			results, err := Add(t.Context(), o, files...)
			if err != nil {
				t.Fatal(err)
			}
			hung, err := Add(t.Context(), impatient, endless...)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range append(results, hung...) {
				defect := strings.TrimSuffix(filepath.Base(r.Path), ".so")
				if errors.Is(r.Err, crossplug.ErrNoRuntime) {
					t.Skip(r.Err)
				}
				if !errors.Is(r.Err, want[defect]) || (r.Err == nil) != (r.Action == Added) || (r.Err == nil) != (r.Shim != "") {
					t.Errorf("%s: %s, %v; want %v", defect, r.Action, r.Err, want[defect])
				}
				if r.Err == nil {
					s, err := readSidecar(r.Shim)
					if err != nil {
						t.Fatal(err)
					}
					host(t, arch.Host(), "look", r.Shim, s.plugins[0].label)
				}
			}
			if left, err := filepath.Glob(filepath.Join(o.Dir, hidden, "new-*")); err != nil || len(left) > 0 {
				t.Errorf("left over: %v, %v", left, err)
			}
		})
	}
}

// TestChangedPlugin: a shim does not run what it does not describe, and goes by
// content, which a copy, a backup or a clock does not change.
func TestChangedPlugin(t *testing.T) {
	in := copyOf(t, sample(t, arch.LinuxS390X, gain))
	content, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: t.TempDir()}
	shim := bridged(t, o, in)
	words := append(program(t, arch.Host(), "testdata/host.c"), "threads", shim, "amp_s390x")
	other := bytes.Clone(content)
	other[len(other)-1] ^= 1
	made := time.Now().Add(-time.Hour)
	for _, tt := range []struct {
		name   string
		change func() error
		state  State
	}{
		{"nothing", func() error { return nil }, Current},
		{"its time", func() error { return os.Chtimes(in, made, made) }, Current},
		{"a byte, neither its length nor its time", func() error { return errors.Join(os.WriteFile(in, other, 0o644), os.Chtimes(in, made, made)) }, Changed},
		{"nothing, again", func() error { return os.WriteFile(in, content, 0o644) }, Current},
		{"its length", func() error { return os.WriteFile(in, append(content, 0), 0o644) }, Changed},
		{"all", func() error { return os.Remove(in) }, Gone},
	} {
		if err := tt.change(); err != nil {
			t.Fatal(err)
		}
		if all, err := List(o); err != nil || len(all) != 1 || all[0].State != tt.state {
			t.Errorf("%s has changed: %+v, %v; want %s", tt.name, all, err, tt.state)
		}
		ran := run(t, nil, words...)
		if tt.state == Current && ran.err != nil || tt.state != Current && (ran.err == nil || ran.signalled() || !strings.Contains(ran.stderr, "run: crossplug bridge sync")) {
			t.Errorf("%s has changed: %v, it says %q", tt.name, ran.err, ran.stderr)
		}
	}
}

// checkFolder looks for what is half-made.
func checkFolder(t *testing.T, dir string) (whole int) {
	t.Helper()
	image, err := shim(arch.Host())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.so"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil || !bytes.Equal(content, image) {
			t.Errorf("%s is half-made: %d bytes, %v", f, len(content), err)
		}
		if _, err := readSidecar(f); err != nil {
			t.Error(err)
		}
		whole++
	}
	return whole
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("crossplug-test", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting a small disk: %v", err)
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	var files []string
	for _, name := range []string{gain, "inv_1429.so", "diode_1185.so", "sc4_1882.so", "gverb_1216.so", "foverdrive_1196.so", "delay_1898.so"} {
		files = append(files, sample(t, arch.LinuxI386, name))
	}
	o := Options{Dir: dir}
	results, err := Add(t.Context(), o, files...)
	if err != nil {
		t.Fatal(err)
	}
	added := 0
	for _, r := range results {
		if r.Err == nil {
			added++
		} else if !errors.Is(r.Err, syscall.ENOSPC) || !strings.Contains(r.Err.Error(), dir) || strings.Contains(r.Err.Error(), "new-") {
			t.Errorf("%s: %v", r.Path, r.Err)
		}
	}
	if whole := checkFolder(t, dir); added == 0 || added == len(files) || whole != added {
		t.Errorf("%d of %d files added, %d shims", added, len(files), whole)
	}
	// There is room for the rest when some go.
	if _, err := Remove(t.Context(), o, gain[:len(gain)-3]+"-i386"); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, hidden, "new-*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	checkFolder(t, dir)
}

func TestInterrupted(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "shims")}
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(int, int, string) { cancel() }
	results, err := Add(ctx, o, sample(t, arch.LinuxI386, gain), sample(t, arch.LinuxS390X, gain), sample(t, arch.LinuxS390X, "sc4_1882.so"))
	if !errors.Is(err, context.Canceled) || results != nil {
		t.Errorf("%v, %v", results, err)
	}
	if n := checkFolder(t, o.Dir); n != 0 {
		t.Errorf("%d shims", n)
	}
}

func TestTwoAtOnce(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	path := sample(t, arch.Host(), gain)
	unlock, err := lockFolder(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Add(ctx, o, path); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "another crossplug") {
		t.Error(err)
	}
	time.AfterFunc(100*time.Millisecond, unlock)
	bridged(t, o, path)
}

// TestSyncTidiesUp finds what a killed program left, and an older version.
func TestSyncTidiesUp(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	shim := bridged(t, o, sample(t, arch.LinuxI386, gain))
	strays := []string{"new-XYZ", "helper-i386-0123456789ab", "nothing-i386.bridge"}
	for _, name := range strays {
		if err := os.WriteFile(filepath.Join(o.Dir, hidden, name), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(shim)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(shim, append(old, "older"...), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, want := range []Action{Refreshed, Kept} {
		results, err := Sync(t.Context(), o)
		if err != nil || len(results) != 1 || results[0].Action != want || results[0].Err != nil {
			t.Errorf("%+v, %v; want %s", results, err, want)
		}
	}
	for _, name := range strays {
		if _, err := os.Stat(filepath.Join(o.Dir, hidden, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A later version of crossplug was here.
	later, err := os.ReadFile(sidecarPath(shim))
	if err != nil {
		t.Fatal(err)
	}
	made, err := decodeSidecar(later)
	if err != nil {
		t.Fatal(err)
	}
	made.command, made.without, made.plugins = nil, nil, nil
	made.prefer = []string{"compat"}
	later = withHead(append(made.encode()[sidecarHead:], "what is new"...))
	later[8] = sidecarLayout + 1
	if err := os.WriteFile(sidecarPath(shim), later, 0o644); err != nil {
		t.Fatal(err)
	}
	if o := run(t, nil, append(program(t, arch.Host(), "testdata/host.c"), "look", shim, "amp_i386")...); o.err == nil || !strings.Contains(o.stderr, "another version of crossplug; run: crossplug bridge sync") {
		t.Errorf("%v, it says %q", o.err, o.stderr)
	}
	if all, err := List(o); err != nil || len(all) != 1 || all[0].State != Old || all[0].Arch != "i386" {
		t.Errorf("%+v, %v", all, err)
	}
	if results, err := Sync(t.Context(), o); err != nil || len(results) != 1 || results[0].Action != Refreshed {
		t.Errorf("%+v, %v", results, err)
	}
	if s, err := readSidecar(shim); err != nil || !slices.Equal(s.prefer, made.prefer) || len(s.plugins) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	// The helper is gone, the one that is there fits no more.
	helpers, err := filepath.Glob(filepath.Join(o.Dir, hidden, "helper-*"))
	if err != nil || len(helpers) != 1 {
		t.Fatalf("%v, %v", helpers, err)
	}
	if err := os.Remove(helpers[0]); err != nil {
		t.Fatal(err)
	}
	if all, err := List(o); err != nil || len(all) != 1 || all[0].State != Old {
		t.Errorf("%+v, %v", all, err)
	}
	if results, err := Sync(t.Context(), o); err != nil || len(results) != 1 || results[0].Action != Refreshed {
		t.Errorf("%+v, %v", results, err)
	}
	host(t, arch.Host(), "threads", shim, "amp_i386")
}

func TestMistakes(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	if _, err := Add(t.Context(), o, "/nowhere/at/all.so"); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe.so")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if results, err := Add(t.Context(), o, pipe); err != nil || len(results) != 1 || !errors.Is(results[0].Err, fault.ErrBadImage) {
		t.Errorf("%+v, %v", results, err)
	}
	shim := bridged(t, Options{}, sample(t, arch.Host(), gain))
	if results, err := Add(t.Context(), o, shim); err != nil || len(results) != 1 || !errors.Is(results[0].Err, fault.ErrBadImage) {
		t.Errorf("%+v, %v", results, err)
	}
	if _, err := Remove(t.Context(), o, "nothing"); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	o.Group = "a\nb"
	if _, err := Add(t.Context(), o, o.Dir); err == nil {
		t.Error("a group with a newline")
	}
	o = Options{Dir: o.Dir, Host: arch.LinuxS390X}
	if _, err := Add(t.Context(), o, o.Dir); err == nil || !strings.Contains(err.Error(), "cannot be bridged to programs for s390x") {
		t.Error(err)
	}
	if all, err := List(Options{Dir: filepath.Join(o.Dir, "nowhere")}); err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
}
