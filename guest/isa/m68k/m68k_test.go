package m68k

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestText decodes instructions at 0x1000 and writes them both ways.
func TestText(t *testing.T) {
	names := Names{
		Address: func(addr uint32) string { return map[uint32]string{0x1010: "loop", 0x1014: "table"}[addr] },
		Global:  func(disp int32) string { return map[int32]string{-0x20: "gCount"}[disp] },
	}
	for _, tt := range []struct {
		code          string
		model         Model
		motorola, gnu string
	}{
		{"2b6cffe00004", M68000, "MOVE.L (-$20,A4),(4,A5)", "movel %a4@(-32),%a5@(4)"},
		{"2b6effe0ffe0", M68000, "MOVE.L (-$20,A6),(gCount,A5)", "movel %fp@(-32),%a5@(gCount)"},
		{"660e", M68000, "BNE.S loop", "bnes loop"},
		{"60000102", M68000, "BRA.W $00001104", "braw 0x1104"},
		{"61ff00000010", M68020, "BSR.L $00001012", "bsrl 0x1012"},
		{"41fa0012", M68000, "LEA (table,PC),A0", "lea %pc@(table),%a0"},
		{"51c8fffe", M68000, "DBF D0,$00001000", "dbf %d0,0x1000"},
		{"48e7f0e0", M68000, "MOVEM.L D0-D3/A0-A2,-(A7)", "moveml %d0-%d3/%a0-%a2,%sp@-"},
		{"4cdf0301", M68000, "MOVEM.L (A7)+,D0/A0-A1", "moveml %sp@+,%d0/%a0-%a1"},
		{"303c8000", M68000, "MOVE.W #-$8000,D0", "movew #-32768,%d0"},
		{"70ff", M68000, "MOVEQ #-1,D0", "moveq #-1,%d0"},
		{"46fc2700", M68000, "MOVE.W #$2700,SR", "movew #9984,%sr"},
		{"30300a10", M68020, "MOVE.W ($10,A0,D0.L*2),D0", "movew %a0@(16,%d0:l:2),%d0"},
		{"20301d260008000c", M68020, "MOVE.L ([8,A0],D1.L*4,$C),D0", "movel %a0@(8)@(12,%d1:l:4),%d0"},
		{"20301d220008000c", M68020, "MOVE.L ([8,A0,D1.L*4],$C),D0", "movel %a0@(8,%d1:l:4)@(12),%d0"},
		{"203001f100001234", M68020, "MOVE.L ([$1234]),D0", "movel @(4660)@(0),%d0"},
		{"2030017000001014", M68020, "MOVE.L ($1014,A0),D0", "movel %a0@(4116),%d0"},
		{"203801a0", M68000, "MOVE.L ($01A0).W,D0", "movel 0x1a0:w,%d0"},
		{"203900001014", M68000, "MOVE.L (table).L,D0", "movel table,%d0"},
		{"4c402801", M68020, "DIVSL.L D0,D1:D2", "divsll %d0,%d1,%d2"},
		{"e9c01042", M68020, "BFEXTU D0{1:2},D1", "bfextu %d0{1:2},%d1"},
		{"4e7a0801", M68010, "MOVEC VBR,D0", "movec %vbr,%d0"},
		{"f23c55223ff8000000000000", M68020, "FADD.D #1.5,FP2", "faddd #0e1.5,%fp2"},
		{"f2000131", M68020, "FSINCOS.X FP0,FP1:FP2", "fsincosx %fp0,%fp1,%fp2"},
		{"f2106c05", M68020, "FMOVE.P FP0,(A0){#5}", "fmovep %fp0,%a0@{#5}"},
		{"f227e00f", M68020, "FMOVEM.X FP0-FP3,-(A7)", "fmovemx %fp0-%fp3,%sp@-"},
		{"f281000e", M68020, "FBEQ.W loop", "fbeq loop"},
		{"a11e", M68000, "_NewPtr", ".short 0xa11e"},
		{"a71e", M68000, "_NewPtrSysClear", ".short 0xa71e"},
		{"a9a0", M68000, "_GetResource", ".short 0xa9a0"},
		{"ada0", M68000, "_GetResource,AUTOPOP", ".short 0xada0"},
		{"a400", M68000, "_Open,ASYNC", ".short 0xa400"},
		{"f620a000", M68040, "MOVE16 (A0)+,(A2)+", "move16 %a0@+,%a2@+"},
		{"f620a000", M68020, "DC.W $F620", ".short 0xf620"},
		{"0efc108090c1", M68020, "CAS2.L D0:D1,D2:D3,(D1):(A1)", "cas2l %d0,%d1,%d2,%d3,(%d1),(%a1)"},
	} {
		code, err := hex.DecodeString(tt.code)
		if err != nil {
			t.Fatal(err)
		}
		inst, err := Decode(code, 0x1000, tt.model)
		if err != nil {
			t.Errorf("%s: %v", tt.code, err)
			continue
		}
		want := len(code)
		if inst.Op == LINEF {
			want = 2
		}
		if int(inst.Len) != want {
			t.Errorf("%s has a length of %d, want %d", tt.code, inst.Len, want)
		}
		if got := inst.Text(Motorola, names); got != tt.motorola {
			t.Errorf("%s: %s, want %s", tt.code, got, tt.motorola)
		}
		if got := inst.Text(GNU, names); got != tt.gnu {
			t.Errorf("%s: %s, want %s", tt.code, got, tt.gnu)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		code  string
		model Model
		err   error
	}{
		{"", M68000, ErrShort}, {"4e", M68000, ErrShort}, {"4e71", M68000, nil}, {"303c", M68000, ErrShort}, {"2030", M68000, ErrShort},
		{"f200", M68000, ErrShort}, {"48e7", M68000, ErrShort}, {"4afb", M68000, ErrUnknown}, {"49c0", M68000, ErrUnknown}, {"49c0", M68020, nil},
		{"4e7a0002", M68010, ErrUnknown}, {"4e7a0002", M68020, nil}, {"4e7a0003", M68030, ErrUnknown}, {"20300108", M68020, ErrUnknown}, {"20300108", M68000, nil},
		{"ffff", M68000, nil}, {"f2", M68000, ErrShort}, {"60ff", M68000, nil}, {"60ff", M68020, ErrShort},
	} {
		code, err := hex.DecodeString(tt.code)
		if err != nil {
			t.Fatal(err)
		}
		if inst, err := Decode(code, 0, tt.model); err != tt.err || err == nil && int(inst.Len) != len(code) {
			t.Errorf("%s on a %v: %v of %d bytes, want %v", tt.code, tt.model, err, inst.Len, tt.err)
		}
	}
}

// TestEveryOpIsReached sees that no row hides behind others.
func TestEveryOpIsReached(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		reached := false
		for n := 0; n < 20_000 && !reached; n++ {
			m := Model(rng.IntN(5))
			slot := encoding(&rows[i], rng)
			inst, err := Decode(slot, 0, m)
			reached = err == nil && int(inst.row) == i
		}
		if !reached {
			t.Errorf("row %d (%v) is never decoded", i, rows[i].op)
		}
	}
}

// TestObjdumpAgreesOnCompiledCode compiles C for several models, and compares
// every instruction, in sequence, so that a wrong length shows at once.
func TestObjdumpAgreesOnCompiledCode(t *testing.T) {
	needObjdump(t)
	if _, err := exec.LookPath("m68k-linux-gnu-gcc"); err != nil {
		t.Skip("no m68k-linux-gnu-gcc (scripts/need oracles installs it)")
	}
	for _, tt := range []struct {
		cpu, machine string
		model        Model
	}{{"68000", "m68k:68000", M68000}, {"68020", "m68k:68020", M68020}, {"68040", "m68k:68040", M68040}} {
		for _, o := range []string{"-O0", "-O2"} {
			t.Run(tt.cpu+o, func(t *testing.T) {
				dir := t.TempDir()
				object, raw := filepath.Join(dir, "x.o"), filepath.Join(dir, "x.bin")
				cc := exec.Command("m68k-linux-gnu-gcc", "-m"+tt.cpu, o, "-ffreestanding", "-c", "-o", object, "testdata/sample.c")
				if out, err := cc.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				if out, err := exec.Command("m68k-linux-gnu-objcopy", "-O", "binary", "-j", ".text", object, raw).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				code, err := os.ReadFile(raw)
				if err != nil {
					t.Fatal(err)
				}
				lines := objdump(t, code, tt.machine)
				n := 0
				for at := 0; at < len(code); n++ {
					inst, err := Decode(code[at:], uint32(at), tt.model)
					if err != nil {
						t.Fatalf("at %#x: %v; objdump: %s", at, err, lines[at].text)
					}
					if got, want := canonical(inst.Text(GNU, Names{}), &inst, false), canonical(lines[at].text, &inst, true); got != want {
						t.Fatalf("at %#x: %s; objdump: %s", at, got, want)
					}
					at += int(inst.Len)
				}
				if n < 200 {
					t.Errorf("only %d instructions", n)
				}
			})
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"4e71", "20301d260008000c", "f23c55223ff8000000000000", "4c402801", "0efc108090c1", "2030", "a9a0", "f620a000"} {
		code, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(code, uint32(0x1000), uint8(2))
	}
	f.Fuzz(func(t *testing.T, code []byte, pc uint32, model uint8) {
		m := Model(model % 5)
		inst, err := Decode(code, pc, m)
		if err != nil {
			if err != ErrShort && err != ErrUnknown {
				t.Fatal(err)
			}
			return
		}
		if inst.Len < 2 || inst.Len > MaxLen || inst.Len&1 != 0 || int(inst.Len) > len(code) {
			t.Fatalf("length %d of %d bytes", inst.Len, len(code))
		}
		// What line F's next word says decides whether the first is all there is.
		if again, err := Decode(code[:inst.Len], pc, m); inst.Op != LINEF && (err != nil || again != inst) {
			t.Fatalf("%v from its own bytes: %v", again, err)
		}
		for _, s := range []Syntax{Motorola, GNU} {
			if text := inst.Text(s, Names{}); text == "" || strings.ContainsAny(text, "?\x00") {
				t.Fatalf("text %q", text)
			}
		}
	})
}

var sink Inst

func BenchmarkDecode(b *testing.B) {
	mix, err := hex.DecodeString("2b6cffe00004" + "660e" + "48e7f0e0" + "303c8000" + "70ff" + "41fa0012" + "d081" + "4e75" + "30300a10" + "51c8fffe" + "4eba0010" + "5289" + "b0bc00000001" + "a9a0" + "e588" + "4e5e")
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name string
		code []byte
	}{{"integer", mix}, {"float", binary.BigEndian.AppendUint32(nil, 0xf20000a2)}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			at := 0
			for b.Loop() {
				inst, err := Decode(bb.code[at:], uint32(at), M68020)
				if err != nil {
					b.Fatal(err)
				}
				sink = inst
				if at += int(inst.Len); at >= len(bb.code) {
					at = 0
				}
			}
		})
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	code := []byte{0x20, 0x30, 0x1d, 0x26, 0, 8, 0, 12}
	if n := testing.AllocsPerRun(100, func() { sink, _ = Decode(code, 0, M68020) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOpsAndModels(t *testing.T) {
	seen := map[string]bool{}
	for o := Op(1); int(o) <= Ops; o++ {
		if o.String() == "" {
			t.Errorf("operation %d has no name", o)
		}
		seen[o.String()] = true
	}
	if !seen["move"] || !seen["fsincos"] || Op(0).String() != "" || Op(9999).String() != "" || M68040.String() != "68040" {
		t.Error(strconv.Itoa(len(seen)) + " operations, without the ones expected")
	}
}
