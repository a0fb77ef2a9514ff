package plug

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/crossplug/crossplug/guest"
)

// Bounds on windows.
const (
	mostWindows = 64
	mostSide    = 4096
)

// The parts of a CGrafPort and a PixMap that plug-ins look at; "Imaging With
// QuickDraw", chapter 4.
const (
	portSize    = 108
	portPixMap  = 2
	portVersion = 6 // its highest two bits tell it from a GrafPort
	portRect    = 16
	portVisible = 0xc000

	pixMapSize  = 50
	mapBase     = 0
	mapRowBytes = 4
	mapBounds   = 6
	mapType     = 30
	mapDepth    = 32
	mapCount    = 34
	mapBits     = 36
	isPixMap    = 0x8000
	direct      = 16
)

// Window is a window of the program.
type Window struct {
	machine       *guest.Machine
	port          uint32
	pixMap        uint32 // a handle
	base          uint32 // of the pixels
	width, height int
}

// newWindow makes a window whose pixels are white.
func newWindow(m *guest.Machine, width, height int) (*Window, error) {
	w := &Window{machine: m, width: width, height: height}
	var err error
	if w.base, err = m.Allocate(uint32(4 * width * height)); err != nil {
		return nil, err
	}
	if w.port, err = m.Allocate(portSize); err != nil {
		return nil, errors.Join(err, m.Free(w.base))
	}
	if w.pixMap = m.System().NewHandleClear(pixMapSize); w.pixMap == 0 {
		return nil, errors.Join(m.System().Err(), errors.New("plug: no memory for a window"), m.Free(w.base), m.Free(w.port))
	}
	white := make([]byte, 4*width*height)
	for i := range white {
		if i%4 > 0 {
			white[i] = 0xff
		}
	}
	memory := m.Memory()
	at, err := memory.Load32(w.pixMap)
	rectangle := uint64(uint16(height))<<16 | uint64(uint16(width)) // top, left, bottom, right
	return w, errors.Join(err, memory.Store(w.base, white),
		memory.Store32(w.port+portPixMap, w.pixMap), memory.Store16(w.port+portVersion, portVisible), memory.Store64(w.port+portRect, rectangle),
		memory.Store32(at+mapBase, w.base), memory.Store16(at+mapRowBytes, uint16(4*width)|isPixMap), memory.Store64(at+mapBounds, rectangle),
		memory.Store16(at+mapType, direct), memory.Store16(at+mapDepth, 32), memory.Store16(at+mapCount, 3), memory.Store16(at+mapBits, 8))
}

// free gives a closed window's memory back.
func (w *Window) free() error {
	w.machine.System().DisposeHandle(w.pixMap)
	return errors.Join(w.machine.System().Err(), w.machine.Free(w.base), w.machine.Free(w.port))
}

// Image returns a copy of what the window shows.
func (w *Window) Image() (image.Image, error) {
	pixels := make([]byte, 4*w.width*w.height)
	if err := w.machine.Memory().Load(pixels, w.base); err != nil {
		return nil, err
	}
	picture := image.NewNRGBA(image.Rect(0, 0, w.width, w.height))
	for i := 0; i < len(pixels); i += 4 {
		picture.SetNRGBA(i/4%w.width, i/4/w.width, color.NRGBA{pixels[i+1], pixels[i+2], pixels[i+3], 0xff})
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
