package toolbox_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

func TestPatches(t *testing.T) { run(t, "patches.c", nil) }

// TestUniversalProcs needs both processors: the system's traps are 68K code.
func TestUniversalProcs(t *testing.T) {
	m := newMachine(t, guest.Options{System: toolbox.Options{Gestalt: map[coderes.OSType]uint32{osType(t, "host"): 99}}})
	line, err := compile(t, "universal.c").call(t, m, true, 0)
	if err != nil {
		t.Fatal(err)
	}
	if line != 0 {
		t.Errorf("universal.c:%d found something wrong", line)
	}
}

// words makes code of instructions.
func words(w ...uint16) []byte {
	var b []byte
	for _, v := range w {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// TestNotImplemented expects errors that name the call and what called it.
func TestNotImplemented(t *testing.T) {
	for _, c := range []struct {
		code []uint16
		want string
	}{
		{[]uint16{0xa839}, "trap 0xa839, SeedFill, called at 0x"},
		{[]uint16{0x4e71, 0xa839}, "('test' 1+0x2): "},
		{[]uint16{0xa89f}, "trap 0xa89f, Unimplemented, called at 0x"},
		{[]uint16{0x3f3c, 0x0099, 0xa9ee}, "selector 153 of trap 0xa9ee, "},
		{[]uint16{0xa0fa}, "trap 0xa0fa, which no system had"},
		{[]uint16{0x303c, 0xa839, 0xa746, 0x4e90}, "trap 0xa89f"}, // by the address that GetToolTrapAddress has
		{[]uint16{0xaa59}, "trap 0xaa59"},                         // the Mixed Mode Manager of a machine without a PowerPC
	} {
		m := newMachine(t, guest.Options{Without: guest.PowerPC})
		at, err := m.Code("'test' 1", words(append(c.code, 0x4e75)...))
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Call(t.Context(), at, proc(t, "void test(void)"))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "crossplug does not have this call") {
			t.Errorf("%#x: %v, not %s", c.code, err, c.want)
		}
	}
}

// TestStubs expects symbols that the real library had to be there, and to say
// their name when they are called; unless the machine is strict.
func TestStubs(t *testing.T) {
	l := newMachine(t, guest.Options{}).System().Library("InterfaceLib")
	for name, want := range map[string][2]bool{"NewHandle": {true, true}, "SeedFill": {true, false}, "NoSuchCall": {false, false}, "": {false, false}, "SeedFill\n": {false, false}} {
		at, _, reason, ok := l.Export(name)
		if ok != want[0] || (reason == "") != want[1] && ok || (at != 0) != ok {
			t.Errorf("%q: %#x, %q, %v", name, at, reason, ok)
		}
	}
	m := newMachine(t, guest.Options{})
	vector, _, _, _ := m.System().Library("InterfaceLib").Export("SeedFill")
	if _, err := m.CallVector(t.Context(), vector, proc(t, "void proc(long)"), 1); err == nil || !strings.Contains(err.Error(), "SeedFill of InterfaceLib, called at 0x") {
		t.Error(err)
	}
}

// TestCFM68K calls imports as CFM-68K code does.
func TestCFM68K(t *testing.T) {
	m := newMachine(t, guest.Options{Without: guest.PowerPC})
	l := m.System().Library("InterfaceLib")
	call := func(name string) []uint16 {
		at, _, _, ok := l.Export(name)
		if !ok {
			t.Fatal(name)
		}
		return []uint16{
			0x227c, uint16(at >> 16), uint16(at), // MOVEA.L #vector,A1
			0x2059, // MOVEA.L (A1)+,A0
			0x4e90, // JSR (A0)
		}
	}
	for _, c := range []struct {
		second, want string
	}{{"GetPtrSize", ""}, {"SeedFill", "SeedFill of InterfaceLib, called by 68K code at 0x"}} {
		code := append([]uint16{0x2f3c, 0, 123}, call("NewPtr")...) // MOVE.L #123,-(SP)
		code = append(code, 0x2f00)                                 // MOVE.L D0,-(SP)
		code = append(append(code, call(c.second)...), 0x4e75)
		at, err := m.Code("'test' 1", words(code...))
		if err != nil {
			t.Fatal(err)
		}
		v, err := m.Call(t.Context(), at, proc(t, "long test(void)"))
		if c.want == "" && (err != nil || v != 123) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %d, %v", c.second, v, err)
		}
	}
}
