package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

//go:embed native/*.c
var sources embed.FS

// compilers are Debian's names of the C compilers.
var compilers = map[arch.Arch]string{
	arch.LinuxAMD64:   "x86_64-linux-gnu-gcc",
	arch.LinuxI386:    "i686-linux-gnu-gcc",
	arch.LinuxARMHF:   "arm-linux-gnueabihf-gcc",
	arch.LinuxARM64:   "aarch64-linux-gnu-gcc",
	arch.LinuxPPC64EL: "powerpc64le-linux-gnu-gcc",
	arch.LinuxS390X:   "s390x-linux-gnu-gcc",
}

// lab is where programs in C are compiled and run.
type lab struct {
	dir   string // temporary
	store sysroot.Store

	mu    sync.Mutex
	built map[string]string // files by architecture and source
}

func newLab() (*lab, error) {
	store, err := sysroot.Default()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "crossplug-bench-")
	if err != nil {
		return nil, err
	}
	return &lab{dir: dir, store: store, built: map[string]string{}}, nil
}

func (l *lab) close() error { return os.RemoveAll(l.dir) }

// compile compiles one of the sources and returns the path of the result.
func (l *lab) compile(ctx context.Context, a arch.Arch, source string, flags ...string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := filepath.Join(l.dir, strings.TrimSuffix(source, ".c")+"-"+a.String())
	if path, ok := l.built[out]; ok {
		return path, nil
	}
	text, err := sources.ReadFile("native/" + source)
	if err != nil {
		return "", err
	}
	in := filepath.Join(l.dir, source)
	if err := os.WriteFile(in, text, 0o600); err != nil {
		return "", err
	}
	args := append([]string{"-O2", "-Wall", "-Wextra", "-o", out, in}, flags...)
	if said, err := exec.CommandContext(ctx, compilers[a], args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling %s for %v: %w %s", source, a, err, said)
	}
	l.built[out] = out
	return out, nil
}

// meter starts a program that reads numbers of operations, a line each, and
// prints how many nanoseconds they took.
func (l *lab) meter(ctx context.Context, a arch.Arch, program string, args ...string) (running, error) {
	launch, err := helper.Find(a, nil, l.store)
	if err != nil {
		return running{}, err
	}
	var words []string
	for _, w := range launch.Command {
		words = append(words, strings.ReplaceAll(w, "{helper}", program))
	}
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return running{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return running{}, err
	}
	if err := cmd.Start(); err != nil {
		return running{}, err
	}
	lines := bufio.NewScanner(out)
	return running{
		run: func(_ context.Context, n int) (time.Duration, error) {
			if _, err := fmt.Fprintln(in, n); err != nil || !lines.Scan() {
				return 0, fmt.Errorf("%s has ended: %s", filepath.Base(program), said.Bytes())
			}
			ns, err := strconv.ParseInt(lines.Text(), 10, 64)
			return time.Duration(ns), err
		},
		stop: func() {
			in.Close()
			_ = cmd.Wait()
		},
	}, nil
}
