package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

const (
	inspectRoot = "/usr/lib"
	mostFiles   = 2000
)

// inspectGroup measures how fast files are recognised, all of them in the
// page cache, against programs that do it, one process for all files.
func inspectGroup(l *lab) []contestant {
	files := sampleFiles(inspectRoot, mostFiles)
	list := strings.Join(files, "\n") + "\n"
	rate := perSecond("files/s", float64(len(files)))
	return append(classicContestants(l), []contestant{
		{name: "inspect/arch", unit: rate, peers: []string{"inspect/file", "inspect/readelf"}, start: func(context.Context) (running, error) {
			return running{run: func(_ context.Context, n int) (time.Duration, error) {
				return repeat(n, func() (time.Duration, error) { return inspectAll(files) })
			}}, nil
		}},
		{name: "inspect/file", unit: rate, start: func(context.Context) (running, error) {
			// -e leaves out tests for what no code is: text, archives, office documents.
			return startProgram(list, "file", "--brief", "--exclude", "text", "--exclude", "tar", "--exclude", "cdf", "--exclude", "compress", "--files-from", "-")
		}},
		{name: "inspect/readelf", unit: rate, start: func(context.Context) (running, error) {
			return startProgram("", "readelf", append([]string{"--file-header"}, files...)...)
		}},
	}...)
}

// sampleFiles returns regular files below a directory, at most as many as said,
// evenly chosen.
func sampleFiles(root string, most int) []string {
	var all []string
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.Contains(path, "\n") {
			all = append(all, path)
		}
		return nil // what cannot be read is passed over
	})
	if len(all) <= most {
		return all
	}
	files := make([]string, most)
	for i := range files {
		files[i] = all[i*len(all)/most]
	}
	return files
}

// inspectAll lists the images in every file, as crossplug inspect does.
func inspectAll(files []string) (time.Duration, error) {
	begin := time.Now()
	images := 0
	for _, path := range files {
		f, err := arch.Open(path)
		var none *arch.NotImageError
		if errors.As(err, &none) || errors.Is(err, fault.ErrBadImage) {
			continue
		}
		if err != nil {
			return 0, err
		}
		images += len(f.Images)
		if err := f.Close(); err != nil {
			return 0, err
		}
	}
	if images == 0 && len(files) > 100 {
		return 0, fmt.Errorf("no code among %d files below %s", len(files), inspectRoot)
	}
	return time.Since(begin), nil
}

// startProgram measures whole runs of a program that is given names of files.
func startProgram(in, name string, args ...string) (running, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return running{}, err
	}
	return running{run: func(ctx context.Context, n int) (time.Duration, error) {
		return repeat(n, func() (time.Duration, error) {
			cmd := exec.CommandContext(ctx, path, args...)
			cmd.Env = append(os.Environ(), "LC_ALL=C")
			cmd.Stdin = strings.NewReader(in)
			begin := time.Now()
			err := cmd.Run()
			var status *exec.ExitError
			if errors.As(err, &status) && status.ExitCode() == 1 {
				err = nil // it did not know some of the files
			}
			return time.Since(begin), err
		})
	}}, nil
}
