package sysroot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lock takes the lock file that serialises the changes to one tree, waiting
// for its holder until ctx is done. It calls waiting once if it has to.
// Closing the file releases the lock; so does the end of the process.
func lock(ctx context.Context, name string, waiting func()) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", name, err)
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// replace puts the directory fresh in the place of the directory at, and the
// one that was there, if any, where fresh was. At no moment is there something
// else at its place than the whole old or the whole new directory, on file
// systems that can exchange names; on others it is missing for a moment.
func replace(fresh, at string) error {
	// Names must not get to the disk before what they name.
	f, err := os.Open(fresh)
	if err != nil {
		return err
	}
	err = unix.Syncfs(int(f.Fd()))
	f.Close()
	if err != nil {
		return fmt.Errorf("writing %s to the disk: %w", fresh, err)
	}
	err = unix.Renameat2(unix.AT_FDCWD, fresh, unix.AT_FDCWD, at, unix.RENAME_EXCHANGE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOENT):
		return os.Rename(fresh, at)
	case !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS):
		return &os.LinkError{Op: "exchange", Old: fresh, New: at, Err: err}
	}
	old := at + ".old"
	if err := os.Rename(at, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, at); err != nil {
		return errors.Join(err, os.Rename(old, at))
	}
	return os.Rename(old, fresh)
}
