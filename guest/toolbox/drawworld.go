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

// SetGDevice makes a device the current one.
func (t *Toolbox) SetGDevice(device uint32) {
	if device == 0 {
		device = t.GetMainDevice()
	}
	t.draw.device = device
	t.put32(lowTheGDevice, device)
}

// GetMainDevice returns the main screen's device.
func (t *Toolbox) GetMainDevice() uint32 {
	if s := t.screen(); s != nil {
		return s.device
	}
	return 0
}

// GetMaxDevice returns the deepest device that a rectangle is on, which is the only one.
func (t *Toolbox) GetMaxDevice(uint32) uint32 { return t.GetMainDevice() }

// GetDeviceList returns the first device.
func (t *Toolbox) GetDeviceList() uint32 { return t.GetMainDevice() }

// GetNextDevice returns the device after another, 0 if that is the last.
func (t *Toolbox) GetNextDevice(device uint32) uint32 {
	if device == 0 {
		return 0
	}
	return t.u32(t.u32(device) + deviceNext)
}

// TestDeviceAttribute says whether a device has an attribute, which is the number of a
// flag.
func (t *Toolbox) TestDeviceAttribute(device uint32, attribute int16) bool {
	return device != 0 && attribute >= 0 && attribute < 16 && t.u16(t.u32(device)+deviceFlags)&(1<<attribute) != 0
}

// world is what a graphics world has beside its port.
type world struct {
	pixels, device uint32
}

// cDepthErr is a depth that there is not.
const cDepthErr = -157

// NewGWorld makes a port with pixels of its own, of a depth, or as deep as the screen if
// that is 0. Its pixels never move, whatever the flags.
func (t *Toolbox) NewGWorld(to uint32, depth int16, bounds, table, device, flags uint32) int16 {
	result := func(err int16) int16 {
		t.setQDErr(err)
		return err
	}
	b := t.rectAt(bounds)
	switch depth {
	case 0:
		depth = screenDepth
	case 1, 2, 4, 8, 16, 32:
	default:
		return result(cDepthErr)
	}
	rowBytes := (b.Width()*int(depth) + 31) / 32 * 4
	if b.Empty() || rowBytes > rowBytesMask {
		return result(paramErr)
	}
	if t.screen() == nil {
		return result(memFullErr)
	}
	w := world{pixels: t.newPtr(uint32(rowBytes*b.Height()), false)}
	port := t.newPtr(portSize, false)
	if w.pixels == 0 || port == 0 {
		t.DisposePtr(w.pixels)
		t.DisposePtr(port)
		return result(memFullErr)
	}
	colors := uint32(0)
	if depth <= 8 {
		c := standardColors(int(depth), false)
		if table != 0 {
			c = t.colors(table, int(depth))
		}
		colors = t.newTable(c, uint32(depth))
	}
	saved := t.u32(t.globals())
	t.openCPort(port)
	pixMap := t.u32(t.u32(port + portBits))
	made := t.newPixMap(w.pixels, rowBytes, b, int(depth), colors)
	if made == 0 {
		return result(memFullErr)
	}
	t.write(pixMap, t.copyOf(t.u32(made), pixMapSize))
	t.put32(t.u32(made)+mapTable, 0)
	t.DisposeHandle(made)
	t.putRectAt(port+portPortRect, b)
	t.setRegion(t.u32(port+portVisRgn), quickdraw.FromRect(b))
	t.setPort(saved)
	// Where pixels are colors, zeros would be black.
	if depth > 8 {
		t.write(w.pixels, fill(uint32(rowBytes*b.Height()), 0xff))
	}
	w.device = t.newDevice(t.u32(port+portBits), b)
	if w.device != 0 {
		t.put16(t.u32(w.device)+deviceFlags, 1<<flagActive|1<<flagAllInit|1<<flagColor)
	}
	if t.draw.worlds == nil {
		t.draw.worlds = map[uint32]world{}
	}
	t.draw.worlds[port] = w
	t.put32(to, port)
	return result(0)
}

// DisposeGWorld frees a graphics world.
func (t *Toolbox) DisposeGWorld(port uint32) {
	w, ok := t.draw.worlds[port]
	if !ok {
		return
	}
	delete(t.draw.worlds, port)
	if t.draw.device == w.device {
		t.SetGDevice(0)
	}
	if table := t.u32(t.u32(t.u32(port+portBits)) + mapTable); table != 0 {
		t.DisposeHandle(table)
	}
	t.closePort(port)
	if w.device != 0 {
		t.DisposeHandle(w.device)
	}
	t.DisposePtr(w.pixels)
	t.DisposePtr(port)
}

// GetGWorld writes the current port and device.
func (t *Toolbox) GetGWorld(port, device uint32) {
	t.put32(port, t.port())
	t.put32(device, t.GetGDevice())
}

// SetGWorld makes a port and a device the current ones; a graphics world has its own.
func (t *Toolbox) SetGWorld(port, device uint32) {
	if w, ok := t.draw.worlds[port]; ok {
		device = w.device
	}
	t.setPort(port)
	t.SetGDevice(device)
}

// GetGWorldPixMap returns the PixMap of a graphics world.
func (t *Toolbox) GetGWorldPixMap(port uint32) uint32 { return t.u32(port + portBits) }

// GetGWorldDevice returns the device of a graphics world.
func (t *Toolbox) GetGWorldDevice(port uint32) uint32 {
	if w, ok := t.draw.worlds[port]; ok {
		return w.device
	}
	return t.GetGDevice()
}

// LockPixels says that pixels are where they are.
func (t *Toolbox) LockPixels(pixMap uint32) bool { return pixMap != 0 }

// UnlockPixels has nothing to do.
func (t *Toolbox) UnlockPixels(uint32) {}

// GetPixBaseAddr returns where pixels are.
func (t *Toolbox) GetPixBaseAddr(pixMap uint32) uint32 {
	if pixMap == 0 {
		return 0
	}
	return t.u32(t.u32(pixMap) + mapBase)
}

// GetCTable returns a copy of a color table: a resource, or one that every system has.
func (t *Toolbox) GetCTable(id int16) uint32 {
	const colorTable = 0x636c7574 // 'clut'
	if h := t.GetResource(colorTable, id); h != 0 {
		t.LoadResource(h)
		copied := t.NewHandle(t.GetHandleSize(h))
		if copied != 0 {
			t.write(t.u32(copied), t.copyOf(t.u32(h), t.GetHandleSize(h)))
		}
		return copied
	}
	if depth := int(id) &^ (grayTable | systemTable); depth == 1 || depth == 2 || depth == 4 || depth == 8 {
		return t.newTable(standardColors(depth, id&grayTable != 0), uint32(id))
	}
	return 0
}

// DisposeCTable frees a color table.
func (t *Toolbox) DisposeCTable(table uint32) { t.DisposeHandle(table) }
