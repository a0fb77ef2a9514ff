package toolbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode"

	"github.com/crossplug/crossplug/internal/bin"
)

// The Menu Manager ("Inside Macintosh: Macintosh Toolbox Essentials", chapter 3). A
// menu is a handle, and what is in its block is what a 'MENU' resource has:
//
//	ID 2, width 2, height 2, definition procedure 4 (its ID 2 and two bytes, in a
//	resource), enabled 4 (bit 0 is the menu's), title, and for each item its text,
//	icon 1, command key 1, mark 1, style 1; a 0 ends it. Texts are Pascal's.
//
// The menu bar is the handle MenuList in low memory: offset of the last menu 2, right
// end 2, ID of the 'MBAR' 2; for each menu its handle 4 and left end 2; offset of the
// last submenu 2, 4 bytes of the system's; for each submenu its handle 4 and 2 bytes.
// The offsets are from the beginning to the entry, or to before the first if there is
// none.

// Global variables in low memory.
const (
	lowMenuList   = 0xa1c
	lowTheMenu    = 0xa26
	lowMBarHeight = 0xbaa
	lowMenuChoice = 0xb54 // MenuDisable
)

const (
	menuBarHeight = 20
	menuHeader    = 14
	mostItems     = 1024
	itemHeight    = 16
)

type menuItem struct {
	text                       []byte
	icon, command, mark, style byte
}

type menu struct {
	id            int16
	width, height uint16
	proc          uint32
	enabled       uint32
	title         []byte
	items         []menuItem
}

// errMenu is what is wrong with a menu.
var errMenu = errors.New("the menu is damaged")

// decodeMenu reads what is in the block of a menu, or in a resource.
func decodeMenu(b []byte) (*menu, error) {
	if len(b) < menuHeader+1 {
		return nil, fmt.Errorf("%w: it has %d bytes (at least %d)", errMenu, len(b), menuHeader+1)
	}
	m := &menu{
		id: int16(binary.BigEndian.Uint16(b)), width: binary.BigEndian.Uint16(b[2:]), height: binary.BigEndian.Uint16(b[4:]),
		proc: binary.BigEndian.Uint32(b[6:]), enabled: binary.BigEndian.Uint32(b[10:]),
	}
	at := menuHeader
	text := func() ([]byte, bool) {
		n := int(b[at])
		if at+1+n > len(b) {
			return nil, false
		}
		s := b[at+1 : at+1+n : at+1+n]
		at += 1 + n
		return s, true
	}
	var ok bool
	if m.title, ok = text(); !ok {
		return nil, fmt.Errorf("%w: its title at 0x%x has %d bytes, of %d that are left", errMenu, at, b[at], len(b)-at-1)
	}
	for at < len(b) && b[at] != 0 {
		n := len(m.items) + 1
		if n > mostItems {
			return nil, fmt.Errorf("%w: it has more than %d items", errMenu, mostItems)
		}
		var it menuItem
		if it.text, ok = text(); !ok || at+4 > len(b) {
			return nil, fmt.Errorf("%w: item %d ends behind its end, at 0x%x", errMenu, n, len(b))
		}
		it.icon, it.command, it.mark, it.style = b[at], b[at+1], b[at+2], b[at+3]
		at += 4
		m.items = append(m.items, it)
	}
	return m, nil
}

func (m *menu) encode() []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(m.id))
	b = binary.BigEndian.AppendUint16(b, m.width)
	b = binary.BigEndian.AppendUint16(b, m.height)
	b = binary.BigEndian.AppendUint32(b, m.proc)
	b = binary.BigEndian.AppendUint32(b, m.enabled)
	b = append(append(b, uint8(len(m.title))), m.title...)
	for _, it := range m.items {
		b = append(append(b, uint8(len(it.text))), it.text...)
		b = append(b, it.icon, it.command, it.mark, it.style)
	}
	return append(b, 0)
}

// item returns an item from 1, nil if there is none.
func (m *menu) item(n int16) *menuItem {
	if m == nil || n < 1 || int(n) > len(m.items) {
		return nil
	}
	return &m.items[n-1]
}

// isEnabled says whether an item can be chosen, or the menu for 0. Those beyond 31
// can, if the menu can.
func (m *menu) isEnabled(n int16) bool {
	return m.enabled&1 != 0 && (n > 31 || m.enabled>>n&1 != 0)
}

// menu reads a menu; a damaged one ends the run.
func (t *Toolbox) menu(h uint32) *menu {
	m, err := decodeMenu(t.contents(h))
	if err != nil && t.err == nil {
		t.fail(fmt.Errorf("menu 0x%08x: %w", h, err))
	}
	if err != nil {
		return nil
	}
	t.work(16 * len(m.items))
	return m
}

func (t *Toolbox) putMenu(h uint32, m *menu) { t.setContents(h, m.encode()) }

// changeItem changes an item.
func (t *Toolbox) changeItem(h uint32, n int16, f func(*menuItem)) {
	m := t.menu(h)
	if it := m.item(n); it != nil {
		f(it)
		t.putMenu(h, m)
	}
}

// InitMenus empties the menu bar, and draws it.
func (t *Toolbox) InitMenus() {
	if t.u32(lowMenuList) == 0 {
		t.put32(lowMenuList, t.NewHandle(0))
		t.put16(lowMBarHeight, menuBarHeight)
	}
	t.setBar(&menuBar{})
	t.put16(lowTheMenu, 0)
	t.DrawMenuBar()
}

// NewMenu makes an empty menu.
func (t *Toolbox) NewMenu(id int16, title uint32) uint32 {
	m := &menu{id: id, enabled: 0xffffffff, title: t.pstring(title)}
	h := t.newContents(m.encode())
	if h != 0 {
		t.CalcMenuSize(h)
	}
	return h
}

// GetMenu gets a menu of a resource.
func (t *Toolbox) GetMenu(id int16) uint32 {
	h := t.GetResource(code4("MENU"), id)
	if h == 0 {
		return 0
	}
	m := t.menu(h)
	if m == nil {
		return 0
	}
	// Its procedure is told by ID until it is there.
	if proc := t.menuProc(m); m.proc != proc {
		m.proc = proc
		t.putMenu(h, m)
	}
	t.CalcMenuSize(h)
	return h
}

// menuProc gets a menu's definition procedure, 0 if it is that of the system.
func (t *Toolbox) menuProc(m *menu) uint32 {
	if m.proc&0xffff != 0 { // a handle, from an earlier GetMenu
		return m.proc
	}
	if id := int16(m.proc >> 16); id != 0 {
		return t.GetResource(code4("MDEF"), id)
	}
	return 0
}

// DisposeMenu frees a menu.
func (t *Toolbox) DisposeMenu(h uint32) {
	if _, ok := t.resources[h]; ok {
		t.ReleaseResource(h)
		return
	}
	t.DisposeHandle(h)
}

// parseItems reads what AppendMenu takes: items with ';' or a return between them,
// with marks for what they are like:
//
//	^ icon   ! mark   < style   / command key   ( disabled
func parseItems(text []byte) (items []menuItem, disabled []bool) {
	items, disabled = append(items, menuItem{}), append(disabled, false)
	next := func(i *int) byte {
		*i++
		if *i < len(text) {
			return text[*i]
		}
		return 0
	}
	styles := map[byte]byte{'B': 1, 'I': 2, 'U': 4, 'O': 8, 'S': 16}
	for i := 0; i < len(text); i++ {
		it := &items[len(items)-1]
		switch c := text[i]; c {
		case ';', '\r':
			items, disabled = append(items, menuItem{}), append(disabled, false)
		case '^':
			it.icon = next(&i) - '0'
		case '!':
			it.mark = next(&i)
		case '<':
			it.style |= styles[next(&i)]
		case '/':
			it.command = next(&i)
		case '(':
			disabled[len(disabled)-1] = true
		default:
			it.text = append(it.text, c)
		}
	}
	return items, disabled
}

// insertItems puts items behind one.
func (t *Toolbox) insertItems(h uint32, items []menuItem, disabled []bool, after int16) {
	m := t.menu(h)
	if m == nil || len(m.items)+len(items) > mostItems {
		return
	}
	n := min(max(int(after), 0), len(m.items))
	m.items = slices.Insert(m.items, n, items...)
	for i := range items {
		bit := n + 1 + i
		if bit > 31 {
			break
		}
		below := uint32(1)<<bit - 1
		m.enabled = m.enabled&below | m.enabled&^below<<1 | 1<<bit
		if disabled != nil && disabled[i] {
			m.enabled &^= 1 << bit
		}
	}
	t.putMenu(h, m)
	t.CalcMenuSize(h)
}

// AppendMenu adds items, which a text describes.
func (t *Toolbox) AppendMenu(h, text uint32) { t.InsertMenuItem(h, text, mostItems) }

// InsertMenuItem adds items behind one; several are in the opposite order.
func (t *Toolbox) InsertMenuItem(h, text uint32, after int16) {
	items, disabled := parseItems(t.pstring(text))
	if after < mostItems && len(items) > 1 {
		slices.Reverse(items)
		slices.Reverse(disabled)
	}
	t.insertItems(h, items, disabled, after)
}

// AppendResMenu adds the names of the resources of a type, in alphabetical order.
// Those that begin with '.' or '%' are not shown. Fonts are of two types.
func (t *Toolbox) AppendResMenu(h, kind uint32) { t.InsertResMenu(h, kind, mostItems) }

// InsertResMenu adds them behind an item.
func (t *Toolbox) InsertResMenu(h, kind uint32, after int16) {
	var names [][]byte
	kinds := []uint32{kind}
	if kind == code4("FONT") || kind == code4("FOND") {
		kinds = []uint32{code4("FOND"), code4("FONT")}
	}
	seen := map[string]bool{}
	for _, k := range kinds {
		for _, name := range t.resourceNames(k) {
			if len(name) == 0 || name[0] == '.' || name[0] == '%' || seen[string(name)] {
				continue
			}
			seen[string(name)] = true
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b []byte) int { return slices.Compare(fold(a, false, false), fold(b, false, false)) })
	var items []menuItem
	for _, name := range names[:min(len(names), mostItems)] {
		items = append(items, menuItem{text: name})
	}
	t.insertItems(h, items, nil, after)
}

// DeleteMenuItem takes an item out.
func (t *Toolbox) DeleteMenuItem(h uint32, n int16) {
	m := t.menu(h)
	if m.item(n) == nil {
		return
	}
	m.items = slices.Delete(m.items, int(n)-1, int(n))
	if n <= 31 {
		below := uint32(1)<<n - 1
		m.enabled = m.enabled&below | m.enabled>>1&^below | 1<<31
	}
	t.putMenu(h, m)
	t.CalcMenuSize(h)
}

// CountMItems returns how many items there are.
func (t *Toolbox) CountMItems(h uint32) int16 {
	m := t.menu(h)
	if m == nil {
		return 0
	}
	return int16(len(m.items))
}

// CalcMenuSize works out how large a menu is when it is open.
func (t *Toolbox) CalcMenuSize(h uint32) {
	m := t.menu(h)
	if m == nil {
		return
	}
	width := 0
	for _, it := range m.items {
		w := t.systemWidth(it.text) + 30
		if it.command > 0x20 {
			w += 30
		}
		width = max(width, w)
	}
	t.put16(t.u32(h)+2, uint16(width))
	t.put16(t.u32(h)+4, uint16(itemHeight*len(m.items)))
}

// EnableItem lets an item be chosen, or the menu for 0.
func (t *Toolbox) EnableItem(h uint32, n int16) { t.enable(h, n, true) }

// DisableItem does not let it.
func (t *Toolbox) DisableItem(h uint32, n int16) { t.enable(h, n, false) }

func (t *Toolbox) enable(h uint32, n int16, on bool) {
	if n < 0 || n > 31 || t.menu(h) == nil {
		return
	}
	at := t.u32(h) + 10
	v := t.u32(at) &^ (1 << n)
	if on {
		v |= 1 << n
	}
	t.put32(at, v)
}

const checkMark = 0x12

// CheckItem sets or removes a check mark.
func (t *Toolbox) CheckItem(h uint32, n int16, checked bool) {
	t.changeItem(h, n, func(it *menuItem) { it.mark = checkMark * uint8(boolean(checked)) })
}

// GetMenuItemText writes an item's text.
func (t *Toolbox) GetMenuItemText(h uint32, n int16, text uint32) {
	var s []byte
	if it := t.menu(h).item(n); it != nil {
		s = it.text
	}
	t.putPString(text, s, 255)
}

// SetMenuItemText changes an item's text.
func (t *Toolbox) SetMenuItemText(h uint32, n int16, text uint32) {
	s := t.pstring(text)
	if len(s) == 0 {
		s = []byte(" ") // an empty one would be the menu's end
	}
	t.changeItem(h, n, func(it *menuItem) { it.text = s })
	t.CalcMenuSize(h)
}

// itemByte returns one of what an item is like.
func (t *Toolbox) itemByte(h uint32, n int16, f func(*menuItem) byte) byte {
	if it := t.menu(h).item(n); it != nil {
		return f(it)
	}
	return 0
}

// GetItemMark writes an item's mark.
func (t *Toolbox) GetItemMark(h uint32, n int16, at uint32) {
	t.put16(at, uint16(t.itemByte(h, n, func(it *menuItem) byte { return it.mark })))
}

// SetItemMark changes it.
func (t *Toolbox) SetItemMark(h uint32, n, mark int16) {
	t.changeItem(h, n, func(it *menuItem) { it.mark = byte(mark) })
}

// GetItemIcon writes the number of an item's icon.
func (t *Toolbox) GetItemIcon(h uint32, n int16, at uint32) {
	t.put16(at, uint16(t.itemByte(h, n, func(it *menuItem) byte { return it.icon })))
}

// SetItemIcon changes it.
func (t *Toolbox) SetItemIcon(h uint32, n, icon int16) {
	t.changeItem(h, n, func(it *menuItem) { it.icon = byte(icon) })
}

// GetItemStyle writes the style of an item's text.
func (t *Toolbox) GetItemStyle(h uint32, n int16, at uint32) {
	t.put8(at, t.itemByte(h, n, func(it *menuItem) byte { return it.style }))
}

// SetItemStyle changes it.
func (t *Toolbox) SetItemStyle(h uint32, n, style int16) {
	t.changeItem(h, n, func(it *menuItem) { it.style = byte(style) })
}

// GetItemCmd writes an item's command key.
func (t *Toolbox) GetItemCmd(h uint32, n int16, at uint32) {
	t.put16(at, uint16(t.itemByte(h, n, func(it *menuItem) byte { return it.command })))
}

// SetItemCmd changes it.
func (t *Toolbox) SetItemCmd(h uint32, n, command int16) {
	t.changeItem(h, n, func(it *menuItem) { it.command = byte(command) })
}

// upperKey is a command key as menus have it.
func upperKey(c byte) byte {
	r := []rune(bin.MacRoman([]byte{c}))
	if len(r) == 1 && unicode.IsLower(r[0]) {
		return upper()[c]
	}
	return c
}
