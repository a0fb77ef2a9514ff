package toolbox

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/internal/bin"
)

// The menu bar. Menus are chosen from as the host posts it: by the place where the
// button is released, or by Toolbox.Choose. An open menu is not drawn.

const mostMenus = 256

// menuBar is what is in a MenuList.
type menuBar struct {
	menus, submenus []uint32 // handles
	id              uint16   // of the 'MBAR'
}

const menuEntry = 6

func decodeBar(b []byte) (*menuBar, bool) {
	if len(b) < 6 {
		return nil, false
	}
	bar := &menuBar{id: binary.BigEndian.Uint16(b[4:])}
	last := int(binary.BigEndian.Uint16(b))
	if last%menuEntry != 0 || last+menuEntry+6 > len(b) {
		return nil, false
	}
	for at := menuEntry; at <= last; at += menuEntry {
		bar.menus = append(bar.menus, binary.BigEndian.Uint32(b[at:]))
	}
	b = b[last+menuEntry:]
	lastSub := int(binary.BigEndian.Uint16(b))
	if lastSub%menuEntry != 0 || lastSub+menuEntry > len(b) {
		return nil, false
	}
	for at := menuEntry; at <= lastSub; at += menuEntry {
		bar.submenus = append(bar.submenus, binary.BigEndian.Uint32(b[at:]))
	}
	return bar, true
}

func (b *menuBar) encode(left func(i int) uint16) []byte {
	out := binary.BigEndian.AppendUint16(nil, uint16(menuEntry*len(b.menus)))
	out = binary.BigEndian.AppendUint16(out, left(len(b.menus)))
	out = binary.BigEndian.AppendUint16(out, b.id)
	for i, h := range b.menus {
		out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(out, h), left(i))
	}
	out = binary.BigEndian.AppendUint16(out, uint16(menuEntry*len(b.submenus)))
	out = binary.BigEndian.AppendUint32(out, 0)
	for _, h := range b.submenus {
		out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(out, h), 0)
	}
	return out
}

// bar reads the menu bar, an empty one before InitMenus.
func (t *Toolbox) bar() *menuBar {
	h := t.u32(lowMenuList)
	if h == 0 {
		return &menuBar{}
	}
	b, ok := decodeBar(t.contents(h))
	if !ok {
		if t.err == nil {
			t.fail(fmt.Errorf("menu bar 0x%08x: it is damaged", h))
		}
		return &menuBar{}
	}
	return b
}

// lefts returns where the title of each menu begins, and where the last ends.
func (t *Toolbox) lefts(b *menuBar) []uint16 {
	x := 10
	at := []uint16{uint16(x)}
	for _, h := range b.menus {
		if m := t.menu(h); m != nil {
			x = min(x+t.systemWidth(m.title)+13, 0x7fff)
		}
		at = append(at, uint16(x))
	}
	return at
}

func (t *Toolbox) setBar(b *menuBar) {
	h := t.u32(lowMenuList)
	if h == 0 {
		return
	}
	at := t.lefts(b)
	t.setContents(h, b.encode(func(i int) uint16 { return at[i] }))
}

// findMenu finds a menu by its ID.
func (t *Toolbox) findMenu(handles []uint32, id int16) int {
	return slices.IndexFunc(handles, func(h uint32) bool { return t.menuID(h) == id })
}

func (t *Toolbox) menuID(h uint32) int16 { return int16(t.u16(t.u32(h))) }

// InsertMenu puts a menu into the bar, before another or at the end, or makes it a
// submenu if before is -1.
func (t *Toolbox) InsertMenu(h uint32, before int16) {
	b := t.bar()
	const submenu = -1
	switch {
	case h == 0, len(b.menus)+len(b.submenus) >= mostMenus:
		return
	case t.findMenu(append(slices.Clone(b.menus), b.submenus...), t.menuID(h)) >= 0:
		return
	case before == submenu:
		b.submenus = append(b.submenus, h)
	default:
		n := t.findMenu(b.menus, before)
		if n < 0 || before == 0 {
			n = len(b.menus)
		}
		b.menus = slices.Insert(b.menus, n, h)
	}
	t.setBar(b)
}

// DeleteMenu takes a menu out of the bar.
func (t *Toolbox) DeleteMenu(id int16) {
	b := t.bar()
	for _, list := range []*[]uint32{&b.submenus, &b.menus} {
		if i := t.findMenu(*list, id); i >= 0 {
			*list = slices.Delete(*list, i, i+1)
			t.setBar(b)
			return
		}
	}
}

// ClearMenuBar takes all menus out of the bar.
func (t *Toolbox) ClearMenuBar() { t.setBar(&menuBar{}) }

// GetNewMBar makes a menu bar of an 'MBAR' resource: a count and IDs of menus, two
// bytes each. The current one stays as it is.
func (t *Toolbox) GetNewMBar(id int16) uint32 {
	h := t.GetResource(code4("MBAR"), id)
	if h == 0 {
		return 0
	}
	data := t.contents(h)
	if len(data) < 2 || 2+2*int(binary.BigEndian.Uint16(data)) > len(data) || binary.BigEndian.Uint16(data) > mostMenus {
		if t.err == nil {
			t.fail(fmt.Errorf("'MBAR' %d: it has %d bytes, too few for its menus", id, len(data)))
		}
		return 0
	}
	b := &menuBar{id: uint16(id)}
	for i := range int(binary.BigEndian.Uint16(data)) {
		if m := t.GetMenu(int16(binary.BigEndian.Uint16(data[2+2*i:]))); m != 0 {
			b.menus = append(b.menus, m)
		}
	}
	at := t.lefts(b)
	return t.newContents(b.encode(func(i int) uint16 { return at[i] }))
}

// GetMenuBar copies the menu bar.
func (t *Toolbox) GetMenuBar() uint32 {
	if h := t.u32(lowMenuList); h != 0 {
		return t.newContents(t.contents(h))
	}
	return 0
}

// SetMenuBar makes a copy of a menu bar the current one.
func (t *Toolbox) SetMenuBar(h uint32) {
	data := t.contents(h)
	if b, ok := decodeBar(data); ok {
		t.setBar(b)
	}
}

// GetMenuHandle finds a menu of the bar.
func (t *Toolbox) GetMenuHandle(id int16) uint32 {
	b := t.bar()
	all := append(slices.Clone(b.menus), b.submenus...)
	if i := t.findMenu(all, id); i >= 0 {
		return all[i]
	}
	return 0
}

// GetMBarHeight returns the height of the menu bar.
func (t *Toolbox) GetMBarHeight() int16 { return int16(t.u16(lowMBarHeight)) }

// LMSetMBarHeight changes it.
func (t *Toolbox) LMSetMBarHeight(height int16) { t.put16(lowMBarHeight, uint16(height)) }

// LMGetTheMenu returns the ID of the menu whose title is highlighted.
func (t *Toolbox) LMGetTheMenu() int16 { return int16(t.u16(lowTheMenu)) }

// InvalMenuBar draws the menu bar.
func (t *Toolbox) InvalMenuBar() { t.DrawMenuBar() }

// HiliteMenu highlights the title of a menu, and no other.
func (t *Toolbox) HiliteMenu(id int16) {
	if int16(t.u16(lowTheMenu)) == id {
		return
	}
	t.put16(lowTheMenu, uint16(id))
	t.DrawMenuBar()
}

// FlashMenuBar highlights a menu's title, or if it is highlighted, none.
func (t *Toolbox) FlashMenuBar(id int16) {
	if int16(t.u16(lowTheMenu)) == id {
		id = 0
	}
	t.HiliteMenu(id)
}

// chosen is what a choice of an item is for the caller, if it can be chosen.
func (t *Toolbox) chosen(h uint32, n int16) int32 {
	m := t.menu(h)
	if m.item(n) == nil {
		return 0
	}
	choice := int32(m.id)<<16 | int32(n)
	t.put32(lowMenuChoice, uint32(choice))
	if !m.isEnabled(n) || string(m.items[n-1].text) == "-" {
		return 0
	}
	t.HiliteMenu(m.id)
	return choice
}

// MenuChoice returns the item that the mouse was released over, even one that cannot
// be chosen.
func (t *Toolbox) MenuChoice() int32 { return int32(t.u32(lowMenuChoice)) }

// MenuSelect follows the mouse from the menu bar, and returns the ID of the menu in
// the upper half and the item in the lower, or 0. The title stays highlighted.
func (t *Toolbox) MenuSelect(start uint32) int32 {
	t.put32(lowMenuChoice, 0)
	choice := t.desk.choice
	t.desk.choice = 0
	b := t.bar()
	at := t.lefts(b)
	open, item := -1, int16(0)
	look := func(p Place) {
		if p.V < int16(t.u16(lowMBarHeight)) {
			open, item = -1, 0
			for i := range b.menus {
				if p.H >= int16(at[i]) && p.H < int16(at[i+1]) {
					open = i
				}
			}
			return
		}
		item = 0
		if open < 0 {
			return
		}
		m := t.menu(b.menus[open])
		if m == nil {
			return
		}
		line := (int(p.V) - int(t.u16(lowMBarHeight))) / itemHeight
		if line < len(m.items) && p.H >= int16(at[open]) && int(p.H) < int(at[open])+int(m.width) {
			item = int16(line + 1)
		}
	}
	for look(placeOf(start)); t.trackMouse() && t.err == nil; {
		look(t.desk.mouse)
	}
	look(t.desk.mouse)
	if choice != 0 {
		if h := t.GetMenuHandle(int16(choice >> 16)); h != 0 {
			return t.chosen(h, int16(choice))
		}
		return 0
	}
	if open < 0 || item == 0 {
		t.HiliteMenu(0)
		return 0
	}
	return t.chosen(b.menus[open], item)
}

// PopUpMenuSelect follows the mouse over a menu whose item is at a place, and returns
// what MenuSelect does.
func (t *Toolbox) PopUpMenuSelect(h uint32, top, left, item int16) int32 {
	m := t.menu(h)
	choice := t.desk.choice
	t.desk.choice = 0
	if m == nil {
		return 0
	}
	for t.trackMouse() && t.err == nil {
		t.poll()
	}
	n := int16(choice)
	if choice == 0 {
		p := t.desk.mouse
		first := int(top) - itemHeight*(int(item)-1)
		if p.H < left || int(p.H) >= int(left)+int(m.width) || int(p.V) < first {
			return 0
		}
		n = int16((int(p.V)-first)/itemHeight + 1)
	}
	if m.item(n) == nil || !m.isEnabled(n) {
		return 0
	}
	return int32(m.id)<<16 | int32(n)
}

// MenuKey finds the item with a command key, in the menus from the right, and returns
// what MenuSelect does.
func (t *Toolbox) MenuKey(key int16) int32 {
	b := t.bar()
	all := append(slices.Clone(b.submenus), b.menus...)
	slices.Reverse(all)
	c := upperKey(byte(key))
	for _, h := range all {
		m := t.menu(h)
		if m == nil || m.enabled&1 == 0 {
			continue
		}
		for i := range m.items {
			// Keys below the blank are no keys: they say that there is a submenu,
			// for example.
			if n := int16(i + 1); m.items[i].command > ' ' && upperKey(m.items[i].command) == c && m.isEnabled(n) {
				return t.chosen(h, n)
			}
		}
	}
	t.HiliteMenu(0)
	return 0
}

// resourceNames returns the names of all resources of a type.
func (t *Toolbox) resourceNames(kind uint32) [][]byte {
	var names [][]byte
	for _, f := range t.all(false) {
		for r := range f.fork.OfType(coderes.OSType(kind)) {
			if name, err := bin.EncodeMacRoman(r.Name); err == nil {
				names = append(names, name)
			}
		}
	}
	return names
}

// MenuItem is an item as the host sees it.
type MenuItem struct {
	Text    string
	Key     byte // with the command key, 0 if none
	Mark    byte
	Enabled bool
}

// Menu is a menu of the bar as the host sees it.
type Menu struct {
	ID      int16
	Title   string
	Enabled bool
	Items   []MenuItem
}

// Menus returns the menu bar.
func (t *Toolbox) Menus() []Menu {
	var out []Menu
	for _, h := range t.bar().menus {
		m := t.menu(h)
		if m == nil {
			continue
		}
		v := Menu{ID: m.id, Title: bin.MacRoman(m.title), Enabled: m.enabled&1 != 0}
		for i, it := range m.items {
			v.Items = append(v.Items, MenuItem{bin.MacRoman(it.text), it.command, it.mark, m.isEnabled(int16(i + 1))})
		}
		out = append(out, v)
	}
	return out
}
