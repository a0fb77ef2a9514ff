package abi

import (
	"reflect"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
)

func TestStruct(t *testing.T) {
	m68k, err := arch.Parse("m68k")
	if err != nil {
		t.Fatal(err)
	}
	fields := []Type{ULong, Pointer, I32, Pointer, U8, F64, I16, I64}
	for _, tt := range []struct {
		arch    arch.Arch
		offsets []int
		size    int
	}{
		// Checked against offsetof of gcc for each target.
		{arch.LinuxAMD64, []int{0, 8, 16, 24, 32, 40, 48, 56}, 64},
		{arch.LinuxI386, []int{0, 4, 8, 12, 16, 20, 28, 32}, 40},
		{arch.LinuxARMHF, []int{0, 4, 8, 12, 16, 24, 32, 40}, 48},
		{arch.LinuxS390X, []int{0, 8, 16, 24, 32, 40, 48, 56}, 64},
		{m68k, []int{0, 4, 8, 12, 16, 18, 26, 28}, 36},
	} {
		m, err := ModelOf(tt.arch)
		if err != nil {
			t.Fatal(err)
		}
		offsets, size := m.Struct(fields...)
		if !reflect.DeepEqual(offsets, tt.offsets) || size != tt.size {
			t.Errorf("%v: %v size %d, want %v size %d", tt.arch, offsets, size, tt.offsets, tt.size)
		}
	}
}

func TestModelRefusesOddWords(t *testing.T) {
	if _, err := ModelOf(arch.Arch{Processor: arch.M68K, Bits: 16}); err == nil {
		t.Error("a 16-bit data model was made up")
	}
}

func TestUint(t *testing.T) {
	big, _ := ModelOf(arch.LinuxS390X)
	little, _ := ModelOf(arch.LinuxI386)
	for _, tt := range []struct {
		m     Model
		t     Type
		bytes []byte
		want  uint64
	}{
		{big, I8, []byte{0xff}, 0xffff_ffff_ffff_ffff},
		{big, U8, []byte{0xff}, 0xff},
		{big, I16, []byte{0x80, 0x01}, 0xffff_ffff_ffff_8001},
		{big, U32, []byte{1, 2, 3, 4}, 0x01020304},
		{big, ULong, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 0x0102030405060708},
		{little, Long, []byte{0xfe, 0xff, 0xff, 0xff}, 0xffff_ffff_ffff_fffe},
		{little, Pointer, []byte{0xfe, 0xff, 0xff, 0xff}, 0xffff_fffe},
		{little, F64, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, 0x3ff0_0000_0000_0000},
	} {
		if got := tt.m.Uint(tt.t, tt.bytes); got != tt.want {
			t.Errorf("Uint(%v, % x) = %#x, want %#x", tt.t, tt.bytes, got, tt.want)
		}
		back := make([]byte, len(tt.bytes))
		tt.m.PutUint(tt.t, back, tt.want)
		if !reflect.DeepEqual(back, tt.bytes) {
			t.Errorf("PutUint(%v, %#x) = % x, want % x", tt.t, tt.want, back, tt.bytes)
		}
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"void ()", "ptr (ptr, ulong)", "f64 (f32, i8, u16, str, long)"} {
		sig, err := Parse(s)
		if err != nil {
			t.Errorf("Parse(%q): %v", s, err)
		} else if sig.String() != s {
			t.Errorf("Parse(%q) prints as %q", s, sig)
		}
	}
	for s, want := range map[string]string{
		"":                "want RESULT (ARG",
		"void":            "want RESULT (ARG",
		"void (i32":       "want RESULT (ARG",
		"void (i32) x":    "want RESULT (ARG",
		"int (i32)":       `unknown type "int"`,
		"void (void)":     "cannot be void",
		"void (i32,,i32)": `unknown type ""`,
		"void (" + strings.Repeat("i32,", MaxArgs) + "i32)": "at most 14",
	} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): error %v, want one with %q", s, err, want)
		}
	}
}
