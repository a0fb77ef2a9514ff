//go:build !unix

package wire

import "io"

// direct is not available here; every frame is written in the background.
type direct struct{}

func newDirect(io.ReadWriteCloser) *direct { return nil }

func (d *direct) write([]byte) (int, error) { return 0, nil }
