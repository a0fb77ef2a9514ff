package guest

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/isa/ppc"
)

// Report says where guest code failed, for whoever has to find out why.
type Report struct {
	Processor string // "68K" or "PowerPC"
	Err       string // what is wrong
	Place     Place
	Around    []Line  // the instructions before and after, and that at fault
	Calls     []Place // return addresses, innermost first
	Registers []cpu.Register
}

// Place is an address and what is there: "Sorts: .sort+0x24".
type Place struct {
	Address uint32
	Name    string // "" if it is in nothing that is known
}

func (p Place) String() string {
	if p.Name == "" {
		return fmt.Sprintf("0x%08x", p.Address)
	}
	return fmt.Sprintf("0x%08x %s", p.Address, p.Name)
}

// Line is a disassembled instruction.
type Line struct {
	Place
	Text string
	Here bool
}

// How much a report shows.
const (
	linesBefore = 4
	linesAfter  = 4
	mostCalls   = 32
	mostStack   = 1024 // bytes that are searched for return addresses
)

// Report explains an error of a call: nil if it is no fault of guest code. It reads
// the machine's memory, so it comes before anything else is called.
func (m *Machine) Report(err error) *Report {
	var f *cpu.Fault
	if !errors.As(err, &f) || len(f.Registers) == 0 {
		return nil
	}
	registers := map[string]uint32{}
	for _, r := range f.Registers {
		registers[strings.ToLower(r.Name)] = uint32(r.Value)
	}
	r := &Report{Err: f.Err.Error(), Place: m.place(f.PC), Registers: f.Registers}
	if _, ok := registers["r1"]; ok {
		r.Processor = "PowerPC"
		r.Around = m.aroundPowerPC(f.PC)
		r.Calls = m.callsPowerPC(registers)
	} else {
		r.Processor = "68K"
		r.Around = m.around68K(f.PC)
		r.Calls = m.calls68K(registers["a7"])
	}
	return r
}

// place names an address.
func (m *Machine) place(address uint32) Place { return Place{address, m.system.Name(address)} }

func (m *Machine) aroundPowerPC(pc uint32) []Line {
	var lines []Line
	names := ppc.Names{Address: func(at uint32) string { return m.place(at).Name }}
	for at := pc - 4*linesBefore; at != pc+4*(linesAfter+1); at += 4 {
		word, err := m.space.Load32(at)
		if err != nil {
			continue
		}
		inst, _ := ppc.Decode(word)
		if inst.Op == 0 {
			inst.Word = word
		}
		lines = append(lines, Line{m.place(at), string(inst.AppendText(nil, at, ppc.Motorola, names)), at == pc})
	}
	return lines
}

// around68K finds the instructions before an address by trying: of the places from
// which decoding gets to the address exactly, the farthest is most likely right.
func (m *Machine) around68K(pc uint32) []Line {
	var lines []Line
	for back := uint32(linesBefore * m68k.MaxLen); back > 0; back -= 2 {
		if lines = m.decode68K(pc-back, pc); lines != nil {
			break
		}
	}
	if len(lines) > linesBefore {
		lines = lines[len(lines)-linesBefore:]
	}
	at := pc
	for range linesAfter + 1 {
		line, size, ok := m.line68K(at)
		if !ok {
			break
		}
		line.Here = at == pc
		lines = append(lines, line)
		at += size
	}
	return lines
}

// decode68K decodes from one address to another, nil if that is in the middle of an
// instruction or there is what is none.
func (m *Machine) decode68K(from, to uint32) []Line {
	var lines []Line
	for at := from; at != to; {
		line, size, ok := m.line68K(at)
		if !ok || size > to-at {
			return nil
		}
		lines = append(lines, line)
		at += size
	}
	return lines
}

func (m *Machine) line68K(at uint32) (line Line, size uint32, ok bool) {
	code, err := m.space.Fetch(at, m68k.MaxLen)
	if err != nil {
		return Line{}, 0, false
	}
	inst, err := m68k.Decode(code, at, m68k.M68020)
	if err != nil {
		return Line{}, 0, false
	}
	return Line{Place: m.place(at), Text: inst.Text(m68k.Motorola, m68k.Names{})}, uint32(inst.Len), true
}

// callsPowerPC follows the back chain: each frame holds the address of its caller's,
// and that its return address.
func (m *Machine) callsPowerPC(registers map[string]uint32) []Place {
	var calls []Place
	add := func(address uint32) {
		if p := m.place(address); p.Name != "" {
			calls = append(calls, p)
		}
	}
	// A function that has called no other has its return address in LR; one that has
	// saved LR may have something else there.
	link := registers["lr"]
	add(link)
	frame := registers["r1"]
	for range mostCalls {
		next, err := m.space.Load32(frame)
		if err != nil || next <= frame {
			break
		}
		lr, err := m.space.Load32(next + 8)
		if err != nil {
			break
		}
		if lr != link {
			add(lr)
		}
		link, frame = 0, next
	}
	return calls
}

// calls68K searches the stack for addresses behind an instruction that calls: there
// is no chain to follow that all compilers keep.
func (m *Machine) calls68K(sp uint32) []Place {
	var calls []Place
	for at := sp; at-sp < mostStack && len(calls) < mostCalls; at += 2 {
		address, err := m.space.Load32(at)
		if err != nil {
			break
		}
		if address&1 != 0 || !m.afterCall(address) {
			continue
		}
		if p := m.place(address); p.Name != "" {
			calls = append(calls, p)
			at += 2
		}
	}
	return calls
}

func (m *Machine) afterCall(address uint32) bool {
	for size := uint32(2); size <= m68k.MaxLen; size += 2 {
		code, err := m.space.Fetch(address-size, m68k.MaxLen)
		if err != nil {
			continue
		}
		inst, err := m68k.Decode(code, address-size, m68k.M68020)
		if err == nil && uint32(inst.Len) == size && (inst.Op == m68k.JSR || inst.Op == m68k.BSR) {
			return true
		}
	}
	return false
}

// Write writes the report as text.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s code at %v: %s\n\n", r.Processor, r.Place, r.Err)
	width := 0
	for _, l := range r.Around {
		width = max(width, len(l.Place.String()))
	}
	for _, l := range r.Around {
		mark := "  "
		if l.Here {
			mark = "> "
		}
		fmt.Fprintf(&b, "%s%-*s  %s\n", mark, width, l.Place, l.Text)
	}
	if len(r.Calls) > 0 {
		fmt.Fprintf(&b, "\ncalled from\n")
		for _, p := range r.Calls {
			fmt.Fprintf(&b, "  %v\n", p)
		}
	}
	b.WriteString("\n")
	column := 0
	for _, g := range r.Registers {
		if g.Bits > 32 {
			continue
		}
		fmt.Fprintf(&b, "%7s %08x", g.Name, g.Value)
		if column++; column%6 == 0 {
			b.WriteString("\n")
		}
	}
	if column%6 != 0 {
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
