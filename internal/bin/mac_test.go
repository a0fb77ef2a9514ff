package bin

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// allBytes is every byte once.
func allBytes() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func TestMacRomanIsReversible(t *testing.T) {
	text := MacRoman(allBytes())
	back, err := EncodeMacRoman(text)
	if err != nil || !bytes.Equal(back, allBytes()) {
		t.Errorf("%v: got %x back", err, back)
	}
}

// TestMacRomanAgreesWithPython compares the table with another's.
func TestMacRomanAgreesWithPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: ", err)
	}
	out, err := exec.Command(python, "-c",
		"import sys; sys.stdout.buffer.write(bytes(range(256)).decode('mac_roman').encode())").Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != MacRoman(allBytes()) {
		t.Errorf("Python decodes\n%q, this\n%q", out, MacRoman(allBytes()))
	}
}

func TestEncodeMacRomanErrors(t *testing.T) {
	for in, want := range map[string]string{
		"abж":    `"abж" has 'ж' at byte 2, which is not in Mac OS Roman`,
		"a\xffb": `"a\xffb" is not valid UTF-8 at byte 1`,
	} {
		if b, err := EncodeMacRoman(in); err == nil || err.Error() != want {
			t.Errorf("%q: %x, %v, want %s", in, b, err, want)
		}
	}
}

func TestOSType(t *testing.T) {
	for _, tt := range []struct {
		value OSType
		text  string
	}{
		{0x434f4445, "CODE"},
		{0x736e6420, "snd "},
		{0x00010d7f, `\x00\x01\x0d\x7f`},
		{0x5c275c22, `\x5c'\x5c"`},
		{0xa9f0cadb, "©\uf8ff\\xca€"}, // the logo of Apple prints, a no-break space does not
	} {
		if got := tt.value.String(); got != tt.text {
			t.Errorf("%#x is shown as %q, want %q", uint32(tt.value), got, tt.text)
		}
		text, _ := tt.value.MarshalText()
		var back OSType
		if err := back.UnmarshalText(text); err != nil || back != tt.value {
			t.Errorf("%q is read as %#x, %v, want %#x", text, uint32(back), err, uint32(tt.value))
		}
	}
}

func TestEveryOSTypeIsReversible(t *testing.T) {
	for place := 0; place < 32; place += 8 {
		for c := range 256 {
			v := OSType(c<<place) | 0x41<<((place+8)%32)
			if back, err := ParseOSType(v.String()); err != nil || back != v {
				t.Errorf("%#x is shown as %q, read as %#x, %v", uint32(v), v, uint32(back), err)
			}
		}
	}
}

func TestParseOSTypeErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":          `type "" has 0 characters, but a type has four`,
		"snd":       `type "snd" has 3 characters, but a type has four`,
		"CODES":     `type "CODES" has 5 characters, but a type has four`,
		`abc\x4`:    `type "abc\\x4" ends within \x and two hexadecimal digits`,
		`abc\xg0`:   `type "abc\\xg0" has \xg0, but \x and two hexadecimal digits stand for a byte`,
		"abcж":      `type "abcж": "ж" has 'ж' at byte 0, which is not in Mac OS Roman`,
		"abc\xff":   `type "abc\xff": "�" is not valid UTF-8 at byte 0`,
		`abc\x+1de`: `type "abc\\x+1de" has \x+1, but \x and two hexadecimal digits stand for a byte`,
	} {
		if v, err := ParseOSType(in); err == nil || err.Error() != want {
			t.Errorf("%q: %v, %v\nwant %s", in, v, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	names := []Name{{1, "one"}, {2, "two"}, {8, "eight"}}
	for v, want := range map[uint32]string{0: "0", 1: "one", 2: "two", 5: "two+3", 8: "eight", 9: "eight+1"} {
		if got := EnumName(v, names); got != want {
			t.Errorf("%d is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[uint32]string{0: "0x0", 1: "one", 10: "two+eight", 0x50: "0x50", 0x51: "one+0x50"} {
		if got := FlagNames(v, names); got != want {
			t.Errorf("%#x has %q, want %q", v, got, want)
		}
	}
	if got := EnumName(7, nil); !strings.Contains(got, "7") {
		t.Errorf("without names, 7 is %q", got)
	}
}
