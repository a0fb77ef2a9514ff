package toolbox

// The cursor ("Imaging With QuickDraw", chapter 8), which is kept but not drawn: what
// the screen shows is what was drawn to it.

const (
	cursorSize = 68
	lowCursor  = 0x844
)

type cursor struct {
	level int16 // negative while it is hidden
}

// InitCursor shows the cursor, an arrow.
func (t *Toolbox) InitCursor() {
	t.draw.cursor.level = 0
	t.write(lowCursor, arrow())
}

// SetCursor gives the cursor another shape.
func (t *Toolbox) SetCursor(shape uint32) { t.write(lowCursor, t.copyOf(shape, cursorSize)) }

// HideCursor hides the cursor until as many calls of ShowCursor.
func (t *Toolbox) HideCursor() { t.draw.cursor.level = max(t.draw.cursor.level-1, -0x4000) }

// ShowCursor undoes a HideCursor.
func (t *Toolbox) ShowCursor() { t.draw.cursor.level = min(t.draw.cursor.level+1, 0) }

// ShieldCursor hides the cursor while it is over a rectangle.
func (t *Toolbox) ShieldCursor(uint32, uint32) { t.HideCursor() }

// ObscureCursor hides the cursor until it moves, which it never does.
func (t *Toolbox) ObscureCursor() {}

// GetCCursor returns a copy of a 'crsr' resource, 0 if there is none.
func (t *Toolbox) GetCCursor(id int16) uint32 {
	const colorCursor = 0x63727372
	h := t.GetResource(colorCursor, id)
	if h == 0 {
		return 0
	}
	t.LoadResource(h)
	copied := t.NewHandle(t.GetHandleSize(h))
	if copied != 0 {
		t.write(t.u32(copied), t.copyOf(t.u32(h), t.GetHandleSize(h)))
	}
	return copied
}

// SetCCursor gives the cursor another shape, the one in black and white.
func (t *Toolbox) SetCCursor(shape uint32) {
	const old, oldSize, hotSpot = 20, 32, 84
	k := t.handles[shape]
	if k == nil || k.block == nil || k.block.used < hotSpot+4 {
		return
	}
	t.write(lowCursor, t.copyOf(k.block.at+old, 2*oldSize+4))
}

// DisposeCCursor frees a color cursor.
func (t *Toolbox) DisposeCCursor(shape uint32) { t.DisposeHandle(shape) }
