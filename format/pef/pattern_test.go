package pef

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestUnpack(t *testing.T) {
	for _, tt := range []struct {
		packed string
		text   string // of the instructions
		want   string
	}{
		{"", "", ""},
		{"\x03", "Zero 3", "\x00\x00\x00"},
		{"\x00\x81\x00", "Zero 128", strings.Repeat("\x00", 128)},
		{"\x00\x00", "Zero 0", ""},
		{"\x23abc", "Block 3", "abc"},
		{"\x20\x03abc", "Block 3", "abc"},
		{"\x20\x80\x80\x03abc", "Block 3", "abc"},
		{"\x42\x02ab", "Repeat 2,2 (6 bytes)", "ababab"},
		{"\x42\x00ab", "Repeat 2,0 (2 bytes)", "ab"},
		{"\x40\x00\x8f\xff\xff\xff\x7f", "Repeat 0,4294967295 (0 bytes)", ""},
		{"\x62\x01\x03--123", "RepeatBlock 2,1,3 (11 bytes)", "--1--2--3--"},
		{"\x60\x00\x01\x03123", "RepeatBlock 0,1,3 (3 bytes)", "123"},
		{"\x62\x00\x02--", "RepeatBlock 2,0,2 (6 bytes)", "------"},
		{"\x62\x05\x00--", "RepeatBlock 2,5,0 (2 bytes)", "--"},
		{"\x60\x00\x00\x8f\xff\xff\xff\x7f", "RepeatBlock 0,0,4294967295 (0 bytes)", ""},
		{"\x82\x02\x02abcd", "RepeatZero 2,2,2 (10 bytes)", "\x00\x00ab\x00\x00cd\x00\x00"},
		{"\x21a\x01\x21b", "Block 1; Zero 1; Block 1", "a\x00b"},
	} {
		got, err := Unpack([]byte(tt.packed), len(tt.want))
		if err != nil || string(got) != tt.want {
			t.Errorf("%q: %q, %v, want %q", tt.packed, got, err, tt.want)
		}
		var text []string
		for p, err := range Patterns([]byte(tt.packed)) {
			if err != nil {
				t.Error(err)
			}
			text = append(text, p.String())
		}
		if got := strings.Join(text, "; "); got != tt.text {
			t.Errorf("%q: %s, want %s", tt.packed, got, tt.text)
		}
	}
}

func TestUnpackErrors(t *testing.T) {
	for _, tt := range []struct {
		packed string
		got    string
		want   string
	}{
		{"\x21a\xa0", "a", "packed data at 0x2: operation 5 is not defined"},
		{"\xff", "", "packed data at 0x0: operation 7 is not defined"},
		{"\x00", "", "packed data at 0x0: ends within a count"},
		{"\x00\x81", "", "packed data at 0x0: ends within a count"},
		{"\x00\x90\x80\x80\x80\x00", "", "packed data at 0x0: holds a count of more than 32 bits"},
		{"\x00\x80\x80\x80\x80\x80\x00", "", "packed data at 0x0: holds a count of more than 32 bits"},
		{"\x42", "", "packed data at 0x0: ends within a count"},
		{"\x62\x01", "", "packed data at 0x0: ends within a count"},
		{"\x23ab", "", "packed data at 0x0: Block needs 3 bytes of data, but 2 are left"},
		{"\x43\x01ab", "", "packed data at 0x0: Repeat needs 3 bytes of data, but 2 are left"},
		{"\x62\x02\x02abcde", "", "packed data at 0x0: RepeatBlock needs 6 bytes of data, but 5 are left"},
		{"\x82\x02\x02abc", "", "packed data at 0x0: RepeatZero needs 4 bytes of data, but 3 are left"},
		{"\x60\x8f\xff\xff\xff\x7f\x8f\xff\xff\xff\x7f\x8f\xff\xff\xff\x7f", "", "packed data at 0x0: RepeatBlock needs 18446744069414584320 bytes of data, but 0 are left"},
		{"\x21a\x00\x8f\xff\xff\xff\x7f", "a" + strings.Repeat("\x00", 15), "packed data at 0x2: Zero 4294967295 writes more than the 16 bytes allowed"},
		{"\x43\x8f\xff\xff\xff\x7fabc", "abcabcabcabcabca", "packed data at 0x0: Repeat 3,4294967295 (12884901888 bytes) writes more than the 16 bytes allowed"},
		{"\x62\x01\x05--12345", "--1--2--3--4--5-", "packed data at 0x0: RepeatBlock 2,1,5 (17 bytes) writes more than the 16 bytes allowed"},
		{"\x80\x8f\xff\xff\xff\x7f\x00\x8f\xff\xff\xff\x7f", strings.Repeat("\x00", 16), "packed data at 0x0: RepeatZero 4294967295,0,4294967295 (18446744069414584320 bytes) writes more than the 16 bytes allowed"},
	} {
		got, err := Unpack([]byte(tt.packed), 16)
		if err == nil || err.Error() != tt.want || string(got) != tt.got {
			t.Errorf("%x: %q, %v, want %q, %s", tt.packed, got, err, tt.got, tt.want)
		}
		if fe := (*FormatError)(nil); !errors.As(err, &fe) {
			t.Errorf("%x: %T is no FormatError", tt.packed, err)
		}
	}
}

// TestPackUsesEverything gives Pack what each instruction is for.
func TestPackUsesEverything(t *testing.T) {
	for _, tt := range []struct {
		data string
		want string
	}{
		{"", ""},
		{"a", "Block 1"},
		{"\x00", "Block 1"},
		{"\x00\x00\x00", "Zero 3"},
		{"abcdefgh", "Block 8"},
		{"abcdefgh\x00\x00abc", "Block 13"},
		{"abcdefgh\x00\x00\x00\x00abc", "Block 8; Zero 4; Block 3"},
		{strings.Repeat("\xff", 100), "Repeat 1,99 (100 bytes)"},
		{strings.Repeat("abc", 10), "Repeat 3,9 (30 bytes)"},
		{strings.Repeat("abc", 10) + "de", "Repeat 3,9 (30 bytes); Block 2"},
		{"--1--2--3--4--5--", "RepeatBlock 2,1,5 (17 bytes)"},
		{"\x00\x00\x001\x00\x00\x002\x00\x00\x003\x00\x00\x004\x00\x00\x00", "RepeatZero 3,1,4 (19 bytes)"},
		{strings.Repeat("\x00", 1000), "Zero 1000"},
	} {
		packed := Pack([]byte(tt.data))
		var text []string
		for p, err := range Patterns(packed) {
			if err != nil {
				t.Error(err)
			}
			text = append(text, p.String())
		}
		if got := strings.Join(text, "; "); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.data, got, tt.want)
		}
		if got, err := Unpack(packed, len(tt.data)); err != nil || string(got) != tt.data {
			t.Errorf("%q unpacks to %q, %v", tt.data, got, err)
		}
	}
}

func TestPackRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	before, after := 0, 0
	for range 200 {
		data := randomData(r, r.IntN(3000))
		packed := Pack(data)
		if got, err := Unpack(packed, len(data)); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%x\nunpacks to\n%x, %v", data, got, err)
		}
		before, after = before+len(data), after+len(packed)
	}
	if after > before/2 {
		t.Errorf("%d bytes are packed into %d", before, after)
	}
	noise := make([]byte, 1<<16)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	if packed := Pack(noise); len(packed) > len(noise)+len(noise)/1000+4 {
		t.Errorf("%d bytes of noise are packed into %d", len(noise), len(packed))
	}
}

// TestLoadInPlace expands a section into memory that its owner made.
func TestLoadInPlace(t *testing.T) {
	f := fixture(PowerPC)
	c := open(t, encode(t, f))[0]
	mem := bytes.Repeat([]byte{0xaa}, 164)
	s := c.Sections[1]
	if err := s.Load(mem); err != nil || !bytes.Equal(mem[:64], f.Sections[1].Data) || !bytes.Equal(mem[64:], make([]byte, 100)) {
		t.Errorf("%v, %x", err, mem)
	}
	if err := s.Load(mem[:163]); err == nil || err.Error() != "section 1: an instance has 164 bytes, not 163" {
		t.Error(err)
	}
	if n := testing.AllocsPerRun(10, func() { _ = s.Load(mem) }); n > 20 {
		t.Errorf("%v allocations", n)
	}
}
