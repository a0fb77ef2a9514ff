package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/inspect"
	"github.com/crossplug/crossplug/internal/macfixture"
)

// How much is inspected.
const (
	classicFiles  = 10_000
	containerSize = 4 << 20
)

// classicContestants measure how fast files of the classic Mac OS are looked
// into, generated ones of all kinds, and how much memory that takes at most.
// No other program in Debian reads PEF; file(1) tells only what a file is.
func classicContestants(l *lab) []contestant {
	files := sync.OnceValues(func() ([]string, error) { return writeClassics(filepath.Join(l.dir, "classics")) })
	rate := perSecond("files/s", classicFiles)
	memory := unit{name: "MiB", of: func(s float64) float64 { return s * 1e9 / (1 << 20) }}
	// -e leaves out tests for what none of them is.
	fileArgs := []string{"--brief", "--exclude", "text", "--exclude", "tar", "--exclude", "cdf", "--exclude", "compress", "--files-from", "-"}
	list := func() (string, error) {
		names, err := files()
		return strings.Join(names, "\n") + "\n", err
	}
	return []contestant{
		{name: "inspect/classic", unit: rate, peers: []string{"inspect/classic-file"}, start: func(context.Context) (running, error) {
			names, err := files()
			return running{run: func(_ context.Context, n int) (time.Duration, error) {
				return repeat(n, func() (time.Duration, error) { return lookInto(names) })
			}}, err
		}},
		{name: "inspect/classic-file", unit: rate, start: func(context.Context) (running, error) {
			in, err := list()
			if err != nil {
				return running{}, err
			}
			return startProgram(in, "file", fileArgs...)
		}},
		{name: "inspect/classic-memory", unit: memory, peers: []string{"inspect/classic-file-memory"}, start: func(ctx context.Context) (running, error) {
			if _, err := files(); err != nil {
				return running{}, err
			}
			command := filepath.Join(l.dir, "crossplug")
			if said, err := exec.CommandContext(ctx, "go", "build", "-C", "..", "-o", command, "./cmd/crossplug").CombinedOutput(); err != nil {
				return running{}, fmt.Errorf("building the command: %w %s", err, said)
			}
			return peakMemory("", command, "inspect", filepath.Join(l.dir, "classics")), nil
		}},
		{name: "inspect/classic-file-memory", unit: memory, start: func(context.Context) (running, error) {
			path, err := exec.LookPath("file")
			if err != nil {
				return running{}, err
			}
			in, err := list()
			return peakMemory(in, path, fileArgs...), err
		}},
		{name: "inspect/pef", unit: milliseconds, start: func(context.Context) (running, error) {
			b := macfixture.Encode(macfixture.Large(containerSize))
			return running{run: func(_ context.Context, n int) (time.Duration, error) {
				return repeat(n, func() (time.Duration, error) { return parse(b) })
			}}, nil
		}},
	}
}

// writeClassics writes files of all kinds, each a little different.
func writeClassics(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	kinds := macfixture.Files()
	names := slices.Sorted(maps.Keys(kinds))
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "._") })
	r := rand.New(rand.NewPCG(1, 2))
	var paths []string
	for i := range classicFiles {
		name := names[i%len(names)]
		content := append(bytes.Clone(kinds[name]), make([]byte, r.IntN(4096))...)
		path := filepath.Join(dir, fmt.Sprintf("%05d-%s", i, name))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// lookInto looks into every file, as crossplug inspect does.
func lookInto(files []string) (time.Duration, error) {
	begin := time.Now()
	for _, path := range files {
		f, err := inspect.Open(path, inspect.Options{})
		if err != nil {
			return 0, err
		}
		if len(f.Images) == 0 {
			return 0, fmt.Errorf("%s: no code is found", path)
		}
		if err := f.Close(); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

// parse reads all that the headers of a container say.
func parse(b []byte) (time.Duration, error) {
	begin := time.Now()
	f, err := pef.NewFile(bytes.NewReader(b), int64(len(b)), pef.Options{})
	if err != nil {
		return 0, err
	}
	if len(f.Containers) != 1 || len(f.Containers[0].Loader.Exports) == 0 {
		return 0, fmt.Errorf("%d containers", len(f.Containers))
	}
	return time.Since(begin), nil
}

// peakMemory measures the most memory that a program has at a time. What it
// returns as nanoseconds are bytes. What the system says when a program has
// ended counts the program that started it, too; so it is asked before, and
// again and again.
func peakMemory(in, program string, args ...string) running {
	return running{run: func(ctx context.Context, n int) (time.Duration, error) {
		return repeat(n, func() (time.Duration, error) {
			cmd := exec.CommandContext(ctx, program, args...)
			cmd.Env = append(os.Environ(), "LC_ALL=C")
			cmd.Stdin = strings.NewReader(in)
			if err := cmd.Start(); err != nil {
				return 0, err
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
			var peak int64
			for {
				select {
				case err := <-ended:
					if err == nil && peak == 0 {
						err = fmt.Errorf("%s was too fast to be measured", program)
					}
					return time.Duration(peak), err
				case <-time.After(2 * time.Millisecond):
					peak = max(peak, highWater(status))
				}
			}
		})
	}}
}

// highWater returns the most bytes that a process had in memory so far, 0 if
// that is not known.
func highWater(status string) int64 {
	text, _ := os.ReadFile(status)
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib * 1024
		}
	}
	return 0
}
