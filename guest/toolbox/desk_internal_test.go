package toolbox

import (
	"bytes"
	"testing"
)

// FuzzDecode reads menus, menu bars, items of dialogs, lists of Apple events and scraps
// of any bytes: what can be read can be written and read again.
func FuzzDecode(f *testing.F) {
	f.Add((&menu{id: 128, title: []byte("File"), items: []menuItem{{text: []byte("Open"), command: 'O'}}}).encode())
	f.Add((&menuBar{menus: []uint32{1, 2}, submenus: []uint32{3}}).encode(func(int) uint16 { return 10 }))
	f.Add((&aeList{attributes: []aeItem{{1, 2, []byte("odd")}}, items: []aeItem{{3, 4, nil}}}).encode())
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02\x00\x03\x00\x04\x04\x03odd\x00"))
	f.Add([]byte("TEXT\x00\x00\x00\x03abc\x00PICT\x00\x00\x00\x00"))
	f.Add([]byte("\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := decodeMenu(data); err == nil {
			again, err := decodeMenu(m.encode())
			if err != nil || !bytes.Equal(again.encode(), m.encode()) {
				t.Errorf("a menu: %v", err)
			}
		}
		if b, ok := decodeBar(data); ok {
			if again, ok := decodeBar(b.encode(func(int) uint16 { return 0 })); !ok || len(again.menus) != len(b.menus) || len(again.submenus) != len(b.submenus) {
				t.Error("a menu bar")
			}
		}
		if l, ok := decodeList(typeRecord, data); ok {
			if again, ok := decodeList(typeRecord, l.encode()); !ok || len(again.items) != len(l.items) {
				t.Error("a list")
			}
			for _, it := range l.items {
				for _, to := range []uint32{typeText, typeList, code4("long"), code4("doub"), code4("bool")} {
					coerce(it.kind, it.data, to)
				}
			}
		}
		if items, err := decodeItems(data); err == nil && len(items) > len(data)/14 {
			t.Errorf("%d items of %d bytes", len(items), len(data))
		}
		if found, at, ok := scrapData(data, typeText); ok && !bytes.Equal(data[at:at+len(found)], found) {
			t.Error("a scrap")
		}
	})
}
