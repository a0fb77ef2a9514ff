package plug

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"

	"github.com/crossplug/crossplug/guest"
)

// Bounds on windows.
const (
	mostWindows = 64
	mostSide    = 4095 // as many pixels of 32 bits as fit rows of a PixMap
)

// Window is a window of the program.
type Window struct {
	machine *guest.Machine
	port    uint32
}

// newWindow makes a window whose pixels are white: a graphics world, which is a color
// port with pixels of its own.
func newWindow(m *guest.Machine, width, height int) (*Window, error) {
	const port, rectangle, size, depth = 0, 4, 12, 32
	at, err := m.Allocate(size)
	if err != nil {
		return nil, err
	}
	system := m.System()
	system.SetRect(at+rectangle, 0, 0, int16(width), int16(height))
	code := system.NewGWorld(at+port, depth, at+rectangle, 0, 0, 0)
	made, err := m.Memory().Load32(at + port)
	if err := errors.Join(err, system.Err(), m.Free(at)); err != nil {
		return nil, err
	}
	if code != 0 {
		return nil, fmt.Errorf("plug: no memory for a window of %d by %d pixels (error %d)", width, height, code)
	}
	return &Window{m, made}, nil
}

// free gives a closed window's memory back.
func (w *Window) free() error {
	w.machine.System().DisposeGWorld(w.port)
	return w.machine.System().Err()
}

// Image returns a copy of what the window shows.
func (w *Window) Image() (image.Image, error) {
	system := w.machine.System()
	picture := system.PortImage(w.port)
	if err := system.Err(); err != nil {
		return nil, err
	}
	if picture == nil {
		return nil, errors.New("plug: the window's port has no pixels any more")
	}
	return picture, nil
}

// WritePNG writes what the window shows.
func (w *Window) WritePNG(to io.Writer) error {
	picture, err := w.Image()
	if err != nil {
		return err
	}
	return png.Encode(to, picture)
}
