package helper

import (
	"syscall"
	"testing"

	"github.com/crossplug/crossplug/arch"
)

// TestOwnProcessGroup looks whether an interrupt from the terminal, which goes
// to all processes of the program's group, spares the helper.
func TestOwnProcessGroup(t *testing.T) {
	p, err := Start(t.Context(), arch.Host(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	group, err := syscall.Getpgid(int(mustPID(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	if group == syscall.Getpgrp() {
		t.Error("the helper is in this program's process group")
	}
}
