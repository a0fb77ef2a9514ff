package bin

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

func TestCursorReads(t *testing.T) {
	data := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 'h', 'i', 0, 0xe5, 0x8e, 0x26}
	for _, tt := range []struct {
		order binary.ByteOrder
		u16   uint16
		u32   uint32
		u64   uint64
	}{
		{binary.BigEndian, 0x0203, 0x04050607, 0x08090a0b0c0d0e0f},
		{binary.LittleEndian, 0x0302, 0x07060504, 0x0f0e0d0c0b0a0908},
	} {
		c := NewCursor("record", data, tt.order)
		if v := c.U8(); v != 1 {
			t.Errorf("%v: U8 = %#x", tt.order, v)
		}
		if v := c.U16(); v != tt.u16 {
			t.Errorf("%v: U16 = %#x, want %#x", tt.order, v, tt.u16)
		}
		if v := c.U32(); v != tt.u32 {
			t.Errorf("%v: U32 = %#x, want %#x", tt.order, v, tt.u32)
		}
		if v := c.U64(); v != tt.u64 {
			t.Errorf("%v: U64 = %#x, want %#x", tt.order, v, tt.u64)
		}
		if s := c.CString(); s != "hi" {
			t.Errorf("%v: CString = %q", tt.order, s)
		}
		if n := c.Uleb128(32); n != 624485 {
			t.Errorf("%v: Uleb128 = %d", tt.order, n)
		}
		c.Seek(3)
		if v := c.Word(4); v != uint64(tt.u32) {
			t.Errorf("%v: Word(4) = %#x, want %#x", tt.order, v, tt.u32)
		}
		if v := c.Word(8); v != tt.u64 {
			t.Errorf("%v: Word(8) = %#x, want %#x", tt.order, v, tt.u64)
		}
		if c.Err() != nil || c.Pos() != 15 || c.Len() != 6 {
			t.Errorf("%v: err %v at %d, %d left", tt.order, c.Err(), c.Pos(), c.Len())
		}
	}
}

func TestCursorFailsOnceAndStays(t *testing.T) {
	for _, tt := range []struct {
		name string
		data string
		read func(*Cursor)
		want string
	}{
		{"U8", "", func(c *Cursor) { c.U8() }, "record at 0x0: needs 1 bytes, but 0 are left"},
		{"U64", "1234567", func(c *Cursor) { c.U64() }, "record at 0x0: needs 8 bytes, but 7 are left"},
		{"Skip", "12", func(c *Cursor) { c.U8(); c.Skip(1 << 63) }, "record at 0x1: needs 9223372036854775808 bytes, but 1 are left"},
		{"Seek", "12", func(c *Cursor) { c.Seek(3) }, "record at 0x0: points to byte 3 of 2"},
		{"CString", "x", func(c *Cursor) { c.CString() }, "record at 0x0: is a text without an end"},
		{"Count", "12345", func(c *Cursor) { c.U8(); c.Count(2, 4) }, "record at 0x1: claims 2 records of 4 bytes, but 4 bytes are left"},
		{"Uleb128 cut", "\x80\x80", func(c *Cursor) { c.Uleb128(32) }, "record at 0x2: needs 1 bytes, but 0 are left"},
		{"Uleb128 wide", "\xff\xff\xff\xff\x1f", func(c *Cursor) { c.Uleb128(32) }, "record at 0x0: is a LEB128 number of more than 32 bits"},
		{"Uleb128 long", "\x80\x80\x80\x80\x80\x00", func(c *Cursor) { c.Uleb128(32) }, "record at 0x0: is a LEB128 number of more than 32 bits"},
		{"Fail", "12", func(c *Cursor) { c.U8(); c.Item("field %d", 7); c.Fail("no") }, "field 7 at 0x1: no"},
	} {
		c := NewCursor("record", []byte(tt.data), binary.BigEndian)
		tt.read(c)
		if c.Err() == nil || c.Err().Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.name, c.Err(), tt.want)
			continue
		}
		if !errors.Is(c.Err(), fault.ErrBadImage) {
			t.Errorf("%s: error is no ErrBadImage", tt.name)
		}
		c.Seek(0)
		c.Fail("again")
		if c.U8() != 0 || c.U16() != 0 || c.U32() != 0 || c.U64() != 0 || c.Uleb128(64) != 0 || c.CString() != "" ||
			c.Bytes(0) != nil || c.Count(0, 1) != 0 || c.Len() != 0 || c.Err().Error() != tt.want {
			t.Errorf("%s: the failure did not stick", tt.name)
		}
	}
}

func TestFailed(t *testing.T) {
	c := Failed("dynamic section", "needs %d bytes at address %#x", 8, 0x1000)
	if want := "dynamic section: needs 8 bytes at address 0x1000"; c.Err() == nil || c.Err().Error() != want || c.U32() != 0 {
		t.Errorf("error %v, want %s", c.Err(), want)
	}
}

func TestSub(t *testing.T) {
	c := NewCursor("record", []byte("\x01\x02\x03\x04\x05"), binary.BigEndian)
	c.U8()
	sub := c.Sub(2)
	if sub.Len() != 2 || sub.U16() != 0x0203 || c.Pos() != 3 {
		t.Errorf("sub ends at %d, cursor at %d", sub.Pos(), c.Pos())
	}
	sub.U8()
	if want := "record at 0x3: needs 1 bytes, but 0 are left"; sub.Err() == nil || sub.Err().Error() != want || c.Err() != nil {
		t.Errorf("errors %v and %v, want %s and none", sub.Err(), c.Err(), want)
	}
	if sub = c.Sub(3); c.Err() == nil || sub.Err() != c.Err() || sub.U8() != 0 {
		t.Errorf("errors %v and %v", c.Err(), sub.Err())
	}
}

func TestPart(t *testing.T) {
	v := NewView(strings.NewReader("0123456789"), 1, 6)
	for _, tt := range []struct {
		off, n     uint64
		base, size int64
	}{{2, 3, 3, 3}, {2, 9, 3, 4}, {9, 1, 7, 0}, {1 << 63, 1 << 63, 7, 0}} {
		if p := v.Part(tt.off, tt.n); p.Base() != tt.base || p.Size() != tt.size {
			t.Errorf("Part(%d, %d) = %d+%d, want %d+%d", tt.off, tt.n, p.Base(), p.Size(), tt.base, tt.size)
		}
	}
}

func TestCountAllowsWhatFits(t *testing.T) {
	c := NewCursor("record", make([]byte, 8), binary.BigEndian)
	if n := c.Count(2, 4); n != 2 || c.Err() != nil {
		t.Errorf("Count(2, 4) = %d, %v", n, c.Err())
	}
}

func TestUleb128Of64Bits(t *testing.T) {
	c := NewCursor("n", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), binary.LittleEndian)
	if n := c.Uleb128(64); n != 1<<64-1 || c.Err() != nil {
		t.Errorf("got %#x, %v", n, c.Err())
	}
}

func TestViewGivesOffsetsInTheFile(t *testing.T) {
	v := NewView(strings.NewReader("0123456789"), 4, 4)
	if b, err := v.Bytes("field", 1, 3); err != nil || string(b) != "567" {
		t.Errorf("got %q, %v", b, err)
	}
	_, err := v.Bytes("field", 1, 4)
	if want := "field at 0x5: needs 4 bytes, but the image ends at 0x8"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	c := v.Cursor("field", 2, 2, binary.BigEndian)
	c.U16()
	c.U8()
	if want := "field at 0x8: needs 1 bytes, but 0 are left"; c.Err() == nil || c.Err().Error() != want {
		t.Errorf("got %v, want %s", c.Err(), want)
	}
	if c := v.Cursor("field", 1<<63, 1<<63, binary.BigEndian); c.Err() == nil || c.U8() != 0 {
		t.Errorf("a cursor over nothing works")
	}
}

func TestViewCString(t *testing.T) {
	long := strings.Repeat("x", 1000)
	v := NewView(strings.NewReader("ab\x00"+long+"\x00tail"), 0, 1008)
	for _, tt := range []struct {
		off  uint64
		want string
	}{{0, "ab"}, {1, "b"}, {2, ""}, {3, long}} {
		if s, err := v.CString("name", tt.off); err != nil || s != tt.want {
			t.Errorf("at %d: %q, %v", tt.off, s, err)
		}
	}
	for _, off := range []uint64{1004, 1008, 1009, 1 << 63} {
		if s, err := v.CString("name", off); err == nil {
			t.Errorf("at %d: %q without an end", off, s)
		}
	}
	endless := NewView(repeat('x'), 0, 1<<40)
	if _, err := endless.CString("name", 0); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("endless text: %v", err)
	}
}

// repeat is a reader that repeats one byte for ever.
type repeat byte

func (z repeat) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = byte(z)
	}
	return len(p), nil
}

func TestLyingSizeCostsLittle(t *testing.T) {
	v := NewView(strings.NewReader("short"), 0, 1<<40)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := v.Bytes("table", 0, MaxRead)
	runtime.ReadMemStats(&after)
	if want := "table at 0x0: needs 67108864 bytes, but the file ends after 5 of them"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 3<<20 {
		t.Errorf("five bytes that claim 64 MiB cost %d bytes", cost)
	}
	if _, err := v.Bytes("table", 0, MaxRead+1); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a read above the limit: %v", err)
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestReadErrorIsNoFormatError(t *testing.T) {
	_, err := NewView(broken{}, 0, 10).Bytes("header", 0, 4)
	if !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, fault.ErrBadImage) {
		t.Errorf("got %v", err)
	}
}

func TestReadInChunks(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcde"), 200_000)
	got, err := NewView(bytes.NewReader(want), 0, int64(len(want))).Bytes("data", 0, uint64(len(want)))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d of %d bytes: %v", len(got), len(want), err)
	}
}

func TestStrings(t *testing.T) {
	table := "\x00one\x00two\x00" + strings.Repeat("x", maxString+1) + "\x00cut"
	new := func() *Strings {
		c := NewCursor("strings", []byte("12"+table), binary.BigEndian)
		c.Skip(2)
		return c.Strings()
	}
	s := new()
	for off, want := range map[uint64]string{0: "", 1: "one", 2: "ne", 5: "two", 10: strings.Repeat("x", maxString)} {
		if got := s.At("symbol", off); got != want {
			t.Errorf("At(%d) = %.20q, want %.20q", off, got, want)
		}
	}
	if s.Err() != nil {
		t.Error(s.Err())
	}
	for off, want := range map[uint64]string{
		9:                      "symbol at 0xb: names a text of more than 65536 bytes",
		uint64(len(table) - 3): "symbol at 0x1000d: names a text that does not end before its table does",
		uint64(len(table)):     "symbol at 0x2: names text 65550 of a string table of 65550 bytes",
		1 << 63:                "symbol at 0x2: names text 9223372036854775808 of a string table of 65550 bytes",
	} {
		s := new()
		if got := s.At("symbol", off); got != "" || s.Err() == nil || s.Err().Error() != want {
			t.Errorf("At(%d) = %.20q, %v, want %s", off, got, s.Err(), want)
		}
		if got := s.At("symbol", 1); got != "" {
			t.Errorf("after a failure: %q", got)
		}
	}
	s = new()
	for range MaxRead / maxString {
		s.At("symbol", 10)
	}
	if s.Err() != nil {
		t.Error(s.Err())
	}
	if s.At("symbol", 1); s.Err() == nil {
		t.Error("texts without bound")
	}

	c := NewCursor("strings", nil, binary.BigEndian)
	c.U8()
	if s := c.Strings(); s.Err() == nil || s.At("symbol", 0) != "" {
		t.Error("a failed cursor makes a working table")
	}
}
