//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/internal/macfixture"

	"golang.org/x/sys/unix"
)

// TestInspectColour sees that a terminal gets colours and that nothing else
// does, nor a terminal whose user wants none.
func TestInspectColour(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fragment.pef")
	if err := os.WriteFile(path, macfixture.Files()["fragment.pef"], 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"inspect", "--relocations", "--disassemble", "all", path}
	var plain, errs bytes.Buffer
	if status := Main(args, strings.NewReader(""), &plain, &errs); status != 0 || strings.Contains(plain.String(), "\x1b") {
		t.Errorf("status %d, %q", status, plain.String())
	}
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	colourful := onTerminal(t, args)
	if !strings.Contains(colourful, "\x1b[1m") || !strings.Contains(colourful, "\x1b[32m") {
		t.Errorf("no colours in %.200q", colourful)
	}
	t.Setenv("NO_COLOR", "1")
	if got := onTerminal(t, args); got != strings.ReplaceAll(plain.String(), "\n", "\r\n") {
		t.Errorf("with NO_COLOR: %.200q", got)
	}
}

// onTerminal returns what a command writes to a terminal.
func onTerminal(t *testing.T, args []string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	got := make(chan string, 1)
	go func() {
		var all []byte
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			if all = append(all, b[:n]...); err != nil { // the other end is closed
				got <- string(all)
				return
			}
		}
	}()
	status := Main(args, strings.NewReader(""), slave, &bytes.Buffer{})
	slave.Close()
	if status != 0 {
		t.Errorf("status %d", status)
	}
	select {
	case text := <-got:
		return text
	case <-time.After(time.Minute):
		t.Fatal("the terminal does not end")
		return ""
	}
}
