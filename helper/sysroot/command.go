package sysroot

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// command is a call of one of the package manager's programs.
type command struct {
	name   string
	args   []string
	env    []string              // added to this process's
	status func(done float64)    // if not nil, gets apt's download progress, 0 to 1
	output func(io.Reader) error // if not nil, gets standard output; otherwise run returns it
}

// maxOutput bounds what a program may say: the description of a package takes
// about 2 kB, of which some hundred are asked for at once.
const maxOutput = 16 << 20

// run runs a command and returns its standard output. When ctx is done the
// program is asked to stop and given time to leave its partial downloads
// usable; the error is then ctx's.
func run(ctx context.Context, c command) ([]byte, error) {
	path, err := exec.LookPath(c.name)
	if err != nil {
		return nil, fmt.Errorf("%w: it takes Debian or a system derived from it to fetch packages", err)
	}
	// The kernel sends the parent-death signal when the thread ends that
	// started the program.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	cmd := exec.CommandContext(ctx, path, c.args...)
	cmd.Env = append(os.Environ(), append(c.env, "LC_ALL=C", "LANGUAGE=C")...)
	// apt's methods, its children, write the downloads. They handle SIGTERM
	// by giving the partial file the time stamp that resuming depends on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	stderr := &limited{max: maxOutput}
	cmd.Stderr = stderr
	stdout := &limited{max: maxOutput}
	var pipe io.Reader
	if c.output == nil {
		cmd.Stdout = stdout
	} else if pipe, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	if c.status == nil {
		close(done)
	} else {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		cmd.Args = append(cmd.Args, "-o", "APT::Status-Fd=3")
		cmd.ExtraFiles = []*os.File{w}
		defer func() {
			r.SetReadDeadline(time.Now().Add(time.Second)) // in case a stray child still has the other end
			<-done
			r.Close()
		}()
		defer w.Close()
		go func() {
			defer close(done)
			readStatus(r, c.status)
		}()
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for _, w := range cmd.ExtraFiles {
		w.Close()
	}
	var outputErr error
	if c.output != nil {
		if outputErr = c.output(pipe); outputErr != nil && !errors.Is(outputErr, io.ErrUnexpectedEOF) {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // it would wait for a reader
		}
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case outputErr != nil && !errors.Is(outputErr, io.ErrUnexpectedEOF):
		return nil, outputErr
	case err != nil: // also the reason for an early end of the output
		return nil, commandError(c, err, stderr.String())
	case outputErr != nil:
		return nil, outputErr
	case stdout.full:
		return nil, fmt.Errorf("%s %s: printed more than %d bytes", c.name, c.args[0], maxOutput)
	}
	return stdout.Bytes(), nil
}

// limited keeps the beginning of what is written to it.
type limited struct {
	bytes.Buffer
	max  int
	full bool
}

func (l *limited) Write(p []byte) (int, error) {
	if room := l.max - l.Len(); len(p) > room {
		l.full = true
		l.Buffer.Write(p[:room])
	} else {
		l.Buffer.Write(p)
	}
	return len(p), nil
}

// readStatus passes on the percentages in the lines that apt writes to
// APT::Status-Fd: "dlstatus:ITEM:PERCENT:DESCRIPTION".
func readStatus(r io.Reader, status func(float64)) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		f := strings.SplitN(lines.Text(), ":", 4)
		if len(f) < 4 || f[0] != "dlstatus" {
			continue
		}
		if p, err := strconv.ParseFloat(f[2], 64); err == nil && p >= 0 && p <= 100 {
			status(p / 100)
		}
	}
	io.Copy(io.Discard, r) // a line too long for the scanner must not stop apt
}

// commandError tells a program's failure in its own words.
func commandError(c command, err error, stderr string) error {
	var words []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"E: ", "dpkg-deb: error: "} {
			if text, ok := strings.CutPrefix(line, prefix); ok && !slices.Contains(words, text) { // apt repeats itself
				words = append(words, text)
			}
		}
	}
	if len(words) == 0 {
		if text := strings.TrimSpace(stderr); text != "" {
			words = []string{text}
		} else {
			words = []string{err.Error()}
		}
	}
	text := strings.Join(words, "; ")
	if strings.Contains(text, "No space left on device") || strings.Contains(text, "enough free space") {
		return fmt.Errorf("%s %s: %s: %w", c.name, c.args[0], text, syscall.ENOSPC)
	}
	return errors.New(c.name + " " + c.args[0] + ": " + text)
}
