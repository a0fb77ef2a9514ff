package link

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestInterruptedCompiler stops a compiler that waits for a program of its own. What
// it says is read until all have ended that could say something.
func TestInterruptedCompiler(t *testing.T) {
	dir := t.TempDir()
	compiler, started := filepath.Join(dir, "gcc"), filepath.Join(dir, "started")
	script := "#!/bin/sh\n(echo started; exec sleep 600) >&2 &\nmkdir " + started + "\nwait\n"
	if err := os.WriteFile(compiler, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(started); err == nil {
				cancel()
			}
		}
	}()
	_, _, err := (&Compiler{Program: compiler}).Compile(ctx, "x.c", nil, dir)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it canceled", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "crossplug-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}
