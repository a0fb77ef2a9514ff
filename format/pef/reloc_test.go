package pef

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// TestProgramRoundTrip decodes every possible first chunk.
func TestProgramRoundTrip(t *testing.T) {
	for _, second := range []uint16{0, 0xffff, 0x1234} {
		for first := range 1 << 16 {
			b := binary.BigEndian.AppendUint16(nil, uint16(first))
			p, err := DecodeProgram(b)
			if err != nil && strings.Contains(err.Error(), "needs 2 chunks") {
				b = binary.BigEndian.AppendUint16(b, second)
				p, err = DecodeProgram(b)
			}
			if err != nil {
				want := fmt.Sprintf("relocation 0 at 0x0: chunk %#04x begins no instruction", first)
				if err.Error() != want || len(p) != 0 {
					t.Fatalf("%#04x: %v, %v, want %s", first, p, err, want)
				}
				continue
			}
			again, err := p.Encode()
			if err != nil || !bytes.Equal(again, b) || p.Chunks()*chunkSize != len(b) {
				t.Fatalf("%x is %v is %x, %v", b, p, again, err)
			}
		}
	}
}

// TestInstructions compares encodings with those made by hand from the format's
// bit fields.
func TestInstructions(t *testing.T) {
	for _, tt := range []struct {
		in       Instruction
		encoding string
		text     string
		mnemonic string
	}{
		{Instruction{BySectDWithSkip, 3, 10}, "00ca", "BySectDWithSkip 3,10", "DDAT"},
		{Instruction{BySectDWithSkip, 255, 63}, "3fff", "BySectDWithSkip 255,63", "DDAT"},
		{Instruction{BySectC, 0, 1}, "4000", "BySectC 1", "CODE"},
		{Instruction{BySectD, 0, 512}, "43ff", "BySectD 512", "DATA"},
		{Instruction{TVector12, 0, 2}, "4401", "TVector12 2", "DESC"},
		{Instruction{TVector8, 0, 2}, "4601", "TVector8 2", "DSC2"},
		{Instruction{VTable8, 0, 2}, "4801", "VTable8 2", "VTBL"},
		{Instruction{ImportRun, 0, 512}, "4bff", "ImportRun 512", "SYMR"},
		{Instruction{SmByImport, 0, 9}, "6009", "SmByImport 9", "SYMB"},
		{Instruction{SmSetSectC, 0, 2}, "6202", "SmSetSectC 2", "CDIS"},
		{Instruction{SmSetSectD, 0, 2}, "6402", "SmSetSectD 2", "DTIS"},
		{Instruction{SmBySection, 0, 511}, "67ff", "SmBySection 511", "SECN"},
		{Instruction{IncrPosition, 0, 4096}, "8fff", "IncrPosition 4096", "DELT"},
		{Instruction{SmRepeat, 16, 256}, "9fff", "SmRepeat 16,256", "RPT"},
		{Instruction{SmRepeat, 2, 5}, "9104", "SmRepeat 2,5", "RPT"},
		{Instruction{SetPosition, 0, 0x1234567}, "a1234567", "SetPosition 19088743", "LABS"},
		{Instruction{LgByImport, 0, 0x10000}, "a4010000", "LgByImport 65536", "LSYM"},
		{Instruction{LgRepeat, 2, 5}, "b0400005", "LgRepeat 2,5", "LRPT"},
		{Instruction{LgRepeat, 16, 0x3fffff}, "b3ffffff", "LgRepeat 16,4194303", "LRPT"},
		{Instruction{LgBySection, 0, 512}, "b4000200", "LgBySection 512", "LSEC"},
		{Instruction{LgSetSectC, 0, 512}, "b4400200", "LgSetSectC 512", "LSEC"},
		{Instruction{LgSetSectD, 0, 0x3fffff}, "b4bfffff", "LgSetSectD 4194303", "LSEC"},
	} {
		b, err := tt.in.Append(nil)
		if got := fmt.Sprintf("%x", b); err != nil || got != tt.encoding {
			t.Errorf("%v: %s, %v, want %s", tt.in, got, err, tt.encoding)
		}
		if tt.in.String() != tt.text || tt.in.Op.Mnemonic() != tt.mnemonic {
			t.Errorf("%s %v, want %s %s", tt.in.Op.Mnemonic(), tt.in, tt.mnemonic, tt.text)
		}
	}
}

func TestInstructionsThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		in   Instruction
		want string
	}{
		{Instruction{BySectD, 0, 0}, "BySectD 0: 0 is not within 1–512"},
		{Instruction{BySectD, 0, 513}, "BySectD 513: 513 is not within 1–512"},
		{Instruction{BySectD, 1, 1}, "BySectD 1: 1 is not within 0–0"},
		{Instruction{BySectDWithSkip, 0, 64}, "BySectDWithSkip 0,64: 64 is not within 0–63"},
		{Instruction{SmRepeat, 0, 1}, "SmRepeat 0,1: 0 is not within 1–16"},
		{Instruction{SmRepeat, 17, 1}, "SmRepeat 17,1: 17 is not within 1–16"},
		{Instruction{SmRepeat, 1, 0}, "SmRepeat 1,0: 0 is not within 1–256"},
		{Instruction{LgRepeat, 1, 1 << 22}, "LgRepeat 1,4194304: 4194304 is not within 0–4194303"},
		{Instruction{SetPosition, 0, 1 << 26}, "SetPosition 67108864: 67108864 is not within 0–67108863"},
		{Instruction{LgSetSectD + 1, 0, 0}, "LgSetSectD+1 0 is no relocation instruction"},
	} {
		if _, err := (Program{tt.in}).Encode(); err == nil || err.Error() != "relocation 0: "+tt.want {
			t.Errorf("%v: %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestDecodeProgramErrors(t *testing.T) {
	for _, tt := range []struct {
		data string
		n    int
		want string
	}{
		{"\x40\x00\x40", 1, "relocation 1 at 0x2: ends within a chunk"},
		{"\x40\x00\xa0\x00", 1, "relocation 1 at 0x2: SetPosition needs 2 chunks, but 1 is left"},
		{"\xa0\x00\x00\x04\x4c\x00", 1, "relocation 1 at 0x4: chunk 0x4c00 begins no instruction"},
		{"\xb4\xc0\x00\x00", 0, "relocation 0 at 0x0: chunk 0xb4c0 begins no instruction"},
	} {
		p, err := DecodeProgram([]byte(tt.data))
		if err == nil || err.Error() != tt.want || len(p) != tt.n {
			t.Errorf("%x: %v, %v, want %d instructions and %s", tt.data, p, err, tt.n, tt.want)
		}
	}
}
