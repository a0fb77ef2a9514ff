package toolbox

import "github.com/crossplug/crossplug/guest/quickdraw"

// Devices, and worlds off the screen ("Imaging With QuickDraw", chapters 5 and 6).

// A GDevice.
const (
	deviceType  = 4
	deviceFlags = 20
	devicePMap  = 22
	deviceNext  = 30
	deviceRect  = 34
	deviceMode  = 42
	deviceSize  = 62

	directDevice = 2
	flagActive   = 15
	flagScreen   = 13
	flagAllInit  = 12
	flagMain     = 11
	flagColor    = 0
)

const (
	lowMainDevice = 0x8a4
	lowDeviceList = 0x8a8
	lowTheGDevice = 0xcc8
	lowScrnBase   = 0x824
)

// newPixMap returns a handle to a PixMap.
func (t *Toolbox) newPixMap(base uint32, rowBytes int, bounds quickdraw.Rect, depth int, table uint32) uint32 {
	h := t.NewHandle(pixMapSize)
	if h == 0 {
		return 0
	}
	at := t.u32(h)
	t.put32(at+mapBase, base)
	t.put16(at+mapRowBytes, uint16(rowBytes)|isPixMap)
	t.putRectAt(at+mapBounds, bounds)
	t.put32(at+mapHRes, 72<<16)
	t.put32(at+mapVRes, 72<<16)
	t.put16(at+mapPixelSize, uint16(depth))
	count, size := 1, depth
	switch depth {
	case 16:
		count, size = 3, 5
	case 32:
		count, size = 3, 8
	}
	if count == 3 {
		t.put16(at+mapPixelType, 16) // RGB, direct
	}
	t.put16(at+mapCmpCount, uint16(count))
	t.put16(at+mapCmpSize, uint16(size))
	t.put32(at+mapTable, table)
	return h
}

// newDevice returns a handle to a device for a PixMap.
func (t *Toolbox) newDevice(pixMap uint32, bounds quickdraw.Rect) uint32 {
	h := t.newHandle(deviceSize, true)
	if h == 0 {
		return 0
	}
	at := t.u32(h)
	t.put16(at+deviceType, directDevice)
	t.put16(at+deviceFlags, 1<<flagActive|1<<flagScreen|1<<flagAllInit|1<<flagMain|1<<flagColor)
	t.put32(at+devicePMap, pixMap)
	t.putRectAt(at+deviceRect, bounds)
	t.put32(at+deviceMode, 0x80|5) // as a slot's: 32 bits
	return h
}

// GetGDevice returns the current device.
func (t *Toolbox) GetGDevice() uint32 {
	if s := t.screen(); s != nil && t.draw.device == 0 {
		t.draw.device = s.device
	}
	return t.draw.device
}
