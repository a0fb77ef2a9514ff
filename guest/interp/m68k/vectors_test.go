package m68k

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/memory"
)

// state is a processor's in a vector: D0 to D7, A0 to A6, USP, SSP, SR, PC, and
// words of memory.
type state struct {
	Regs [19]uint32  `json:"regs"`
	RAM  [][2]uint32 `json:"ram"`
}

// vector is one instruction's effect.
type vector struct {
	Name    string `json:"name"`
	Initial state  `json:"initial"`
	Final   state  `json:"final"`
}

// adapt is about what is not a difference of processors.
func adapt(v *vector) {
	// A stopped processor's program counter is still at STOP in the vectors; here
	// it is where an interrupt's frame would have it.
	if strings.Contains(v.Name, "STOP") && v.Final.Regs[18] == v.Initial.Regs[18] {
		v.Final.Regs[18] += 4
	}
}

// differs says why a 68020 does not do what the vector has.
func differs(v vector) string {
	name := strings.Fields(v.Name)[1]
	first, last := v.Initial.Regs, v.Final.Regs
	var code []byte
	for i := range uint32(isa.MaxLen / 2) {
		for _, w := range v.Initial.RAM {
			if w[0] == first[18]&0xffffff+2*i {
				code = binary.BigEndian.AppendUint16(code, uint16(w[1]))
			}
		}
	}
	old, _ := isa.Decode(code, 0, isa.M68000)
	later, err := isa.Decode(code, 0, isa.M68020)
	switch {
	case last[16] == first[16]-6 && name != "MOVEM.w" || name == "CHK" && last[18] != first[18]+uint32(old.Len):
		return "stack frames have a format word"
	case name == "RTE":
		return "stack frames have a format word"
	case (name == "MOVEfromSR" || name == "MOVE" && old.Args[0].Kind == isa.SR) && first[17]&cpu.FlagSuper == 0:
		return "MOVE from SR is privileged"
	case err != nil || later.Op != old.Op || later.Args != old.Args || later.Len != old.Len:
		return "extension words say more, and long branches exist"
	case strings.HasSuffix(name, "toSR") || name == "STOP":
		return "the status register has two bits more"
	case name == "DIVS" || name == "DIVU":
		if last[17]&cpu.FlagV != 0 {
			return "the manual leaves N and Z open after overflow"
		}
	case strings.HasPrefix(name, "MOVEM") && old.Args[1].Kind == isa.PreDecrement && old.Args[0].Disp>>(8+old.Args[1].Reg)&1 != 0:
		return "what MOVEM to -(An) stores of An"
	}
	return ""
}

// TestVectors runs single-instruction tests that were made on another model of
// the 68000, which are not part of this project.
func TestVectors(t *testing.T) {
	dir := os.Getenv("CROSSPLUG_VECTORS")
	if dir == "" {
		t.Skip("CROSSPLUG_VECTORS is not set to a folder with m68000/*.jsonl.gz")
	}
	names, err := filepath.Glob(filepath.Join(dir, "m68000", "*.jsonl.gz"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no vectors in %s: %v", dir, err)
	}
	for _, m := range []isa.Model{isa.M68000, isa.M68020} {
		total := 0
		for _, name := range names {
			t.Run(m.String()+"/"+strings.TrimSuffix(filepath.Base(name), ".jsonl.gz"), func(t *testing.T) {
				total += runVectors(t, name, m)
			})
		}
		t.Logf("%d vectors pass with a %v", total, m)
	}
}

func runVectors(t *testing.T, name string, m isa.Model) int {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s, err := memory.New(16 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Map(memory.Region{Name: "all", Size: 16 << 20, Perm: memory.RWX}); err != nil {
		t.Fatal(err)
	}
	control := cpu.NewControl(untraced{}, cpu.Range{})
	c := New(s, control, m)
	defer c.Close()
	c.mask = 0xffffff // as the vectors have it: the 68EC020 has 24 bits of address, too
	reasons := map[string]int{}
	passed, failed := 0, 0
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		adapt(&v)
		if why := differs(v); why != "" && m != isa.M68000 {
			reasons[why]++
			continue
		}
		if diff := runVector(t, c, v); diff == "" {
			passed++
		} else if failed++; failed <= 3 {
			t.Errorf("%s: %s", v.Name, diff)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(reasons) > 0 {
		t.Logf("left out: %v", reasons)
	}
	if failed > 0 {
		t.Errorf("%d of %d fail", failed, failed+passed)
	}
	return passed
}

// untraced goes on after a trace exception, which the vectors do not take.
type untraced struct{}

func (untraced) Handle(e cpu.Engine, ev cpu.Event) (bool, error) {
	return ev.Kind == cpu.Exception && ev.Code == vectorTrace, nil
}

// runVector executes a vector's instruction and returns what is not as it
// should be.
func runVector(t *testing.T, c *CPU, v vector) string {
	put := func(addr, word uint32) {
		if err := c.Memory().Store16(addr, uint16(word)); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range v.Initial.RAM {
		put(w[0], w[1])
	}
	r := v.Initial.Regs
	copy(c.D[:], r[:8])
	copy(c.A[:7], r[8:15])
	c.USP, c.ISP, c.SR = r[15], r[16], uint16(r[17])
	c.A[7] = r[15]
	if c.SR&cpu.FlagSuper != 0 {
		c.A[7] = r[16]
	}
	c.SetPC(r[18])
	c.control.Fuel = 1
	exit := c.Run(0xffffffff)
	if c.SR&cpu.FlagSuper != 0 {
		c.ISP = c.A[7]
	} else {
		c.USP = c.A[7]
	}
	var got [19]uint32
	copy(got[:], c.D[:])
	copy(got[8:], c.A[:7])
	got[15], got[16], got[17], got[18] = c.USP, c.ISP, uint32(c.SR), c.PC()
	var diff []string
	if exit.Err != nil {
		diff = append(diff, exit.Err.Error())
	}
	for i, name := range []string{"D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "A0", "A1", "A2", "A3", "A4", "A5", "A6", "USP", "SSP", "SR", "PC"} {
		if got[i] != v.Final.Regs[i] {
			diff = append(diff, fmt.Sprintf("%s is %#x, want %#x (was %#x)", name, got[i], v.Final.Regs[i], r[i]))
		}
	}
	for _, w := range v.Final.RAM {
		if got, err := c.Memory().Load16(w[0]); err != nil || uint32(got) != w[1] {
			diff = append(diff, fmt.Sprintf("memory at %#x is %#x, want %#x", w[0], got, w[1]))
		}
	}
	for _, w := range append(v.Initial.RAM, v.Final.RAM...) {
		put(w[0], 0)
	}
	return strings.Join(diff, "; ")
}
