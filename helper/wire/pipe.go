package wire

import (
	"errors"
	"io"
)

// Pipe joins a reader and a writer into one stream, for example a process's
// standard output and standard input. Closing it closes both. Files that are
// not in non-blocking mode work, but a write that the peer does not read can
// then not be interrupted by Close.
func Pipe(r io.ReadCloser, w io.WriteCloser) io.ReadWriteCloser {
	return &pipe{r: r, w: w}
}

type pipe struct {
	r io.ReadCloser
	w io.WriteCloser
}

func (p *pipe) Read(b []byte) (int, error)  { return p.r.Read(b) }
func (p *pipe) Write(b []byte) (int, error) { return p.w.Write(b) }

func (p *pipe) Close() error {
	return errors.Join(p.w.Close(), p.r.Close())
}
