package exercise

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/glue"
)

// small makes a plug-in that exports little.
func small(t *testing.T, source string) string {
	t.Helper()
	gcc := crossCompilers[arch.Host()]
	if _, err := exec.LookPath(gcc); err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	dir := t.TempDir()
	c, so := filepath.Join(dir, "small.c"), filepath.Join(dir, "small.so")
	if err := os.WriteFile(c, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-shared", "-fPIC", "-I.", "-o", so, c).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return so
}

// TestAbsent opens plug-ins that do not export all that the definition has.
func TestAbsent(t *testing.T) {
	ctx := t.Context()
	p, err := Open(ctx, small(t, `
		#include "exercise.h"
		ex_instance *ex_open(const char *name) { return (ex_instance *)name; }
		void ex_close(ex_instance *instance) {}
		double ex_mix(float a, double b) { return a - b; }`), &host{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	equal(t, "what is there", must[float64](t)(p.Mix(ctx, 2, 0.5)), 1.5)
	if _, err := p.Half(ctx, 1); !errors.Is(err, glue.ErrNotProvided) || !errors.Is(err, crossplug.ErrMismatch) {
		t.Errorf("what is not there: %v", err)
	}
	if p.Link().Provides(fnHalf) || !p.Link().Provides(fnMix) {
		t.Error("it provides the wrong functions")
	}
	if _, err := Open(ctx, small(t, `#include "exercise.h"
		ex_instance *ex_open(const char *name) { return 0; }`), &host{}); !errors.Is(err, crossplug.ErrBadImage) {
		t.Errorf("without a function that it must have: %v", err)
	}
}

// TestAlone is that its dispatcher defines the host's functions, which a process
// can have once.
func TestAlone(t *testing.T) {
	var group crossplug.Group
	if _, err := Open(t.Context(), compile(t, arch.Host()), &host{}, crossplug.InGroup(&group)); !errors.Is(err, crossplug.ErrMismatch) {
		t.Errorf("in a group: %v", err)
	}
}
