package guest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
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
	look := newReporter(m)
	r := &Report{Err: f.Err.Error(), Place: look.place(f.PC), Registers: f.Registers}
	if _, ok := registers["r1"]; ok {
		r.Processor = "PowerPC"
		r.Around = look.aroundPowerPC(f.PC)
		r.Calls = look.callsPowerPC(registers)
	} else {
		r.Processor = "68K"
		r.Around = look.around68K(f.PC)
		r.Calls = look.calls68K(registers["a7"])
	}
	return r
}

// reporter looks things up for one report: what it has read does not change meanwhile.
type reporter struct {
	machine   *Machine
	functions map[uint32][]function // of code sections, by their addresses
}

// function is where a function begins.
type function struct {
	at   uint32
	name string
}

func newReporter(m *Machine) *reporter {
	return &reporter{machine: m, functions: map[uint32][]function{}}
}

// place names an address: by the symbol before it in a fragment, or by the code
// resource that it is in.
func (r *reporter) place(address uint32) Place {
	p := Place{Address: address}
	for _, conn := range r.machine.process.Connections() {
		if conn.Container == nil {
			continue
		}
		for i, s := range conn.Container.Sections {
			base, size, ok := conn.Section(i)
			if !ok || address-base >= size {
				continue
			}
			p.Name = fmt.Sprintf("%s: section %d+0x%x", conn.Name, i, address-base)
			if s.Kind == pef.CodeSection {
				if name, start := r.function(conn, base, size, address); name != "" {
					p.Name = fmt.Sprintf("%s: %s+0x%x", conn.Name, name, address-start)
				}
			}
			return p
		}
	}
	if name, offset, ok := r.machine.system.Block(address); ok {
		p.Name = fmt.Sprintf("%s+0x%x", name, offset)
	}
	return p
}

// function returns the function in a code section that an address is in.
func (r *reporter) function(conn *cfm.Connection, base, size, address uint32) (name string, start uint32) {
	all, ok := r.functions[base]
	if !ok {
		all = r.readFunctions(conn, base, size)
		r.functions[base] = all
	}
	for _, f := range all {
		if f.at <= address {
			name, start = f.name, f.at
		}
	}
	return name, start
}

// readFunctions returns the functions of a code section in their order, as far as
// transition vectors of exports and traceback tables tell.
func (r *reporter) readFunctions(conn *cfm.Connection, base, size uint32) []function {
	var all []function
	for i := range conn.Count() {
		symbol, at, class, err := conn.Symbol(i)
		if err != nil || class != pef.TVectorSymbol {
			continue
		}
		if code, err := r.machine.space.Load32(at); err == nil && code-base < size {
			all = append(all, function{code, symbol})
		}
	}
	code := make([]byte, size)
	if r.machine.space.Load(code, base) == nil {
		for t := range pef.Tracebacks(code) {
			if t.Start >= 0 && t.Name != "" {
				all = append(all, function{base + uint32(t.Start), t.Name})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b function) int { return cmp.Compare(a.at, b.at) })
	return all
}

func (r *reporter) aroundPowerPC(pc uint32) []Line {
	var lines []Line
	names := ppc.Names{Address: func(at uint32) string { return r.place(at).Name }}
	for at := pc - 4*linesBefore; at != pc+4*(linesAfter+1); at += 4 {
		word, err := r.machine.space.Load32(at)
		if err != nil {
			continue
		}
		inst, _ := ppc.Decode(word)
		if inst.Op == 0 {
			inst.Word = word
		}
		lines = append(lines, Line{r.place(at), string(inst.AppendText(nil, at, ppc.Motorola, names)), at == pc})
	}
	return lines
}

// around68K finds the instructions before an address by trying: of the places from
// which decoding gets to the address exactly, the farthest is most likely right.
func (r *reporter) around68K(pc uint32) []Line {
	var lines []Line
	for back := uint32(linesBefore * m68k.MaxLen); back > 0; back -= 2 {
		if lines = r.decode68K(pc-back, pc); lines != nil {
			break
		}
	}
	if len(lines) > linesBefore {
		lines = lines[len(lines)-linesBefore:]
	}
	at := pc
	for range linesAfter + 1 {
		line, size, ok := r.line68K(at)
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
func (r *reporter) decode68K(from, to uint32) []Line {
	var lines []Line
	for at := from; at != to; {
		line, size, ok := r.line68K(at)
		if !ok || size > to-at {
			return nil
		}
		lines = append(lines, line)
		at += size
	}
	return lines
}

func (r *reporter) line68K(at uint32) (line Line, size uint32, ok bool) {
	code, err := r.machine.space.Fetch(at, m68k.MaxLen)
	if err != nil {
		return Line{}, 0, false
	}
	inst, err := m68k.Decode(code, at, m68k.M68020)
	if err != nil {
		return Line{}, 0, false
	}
	return Line{Place: r.place(at), Text: inst.Text(m68k.Motorola, m68k.Names{})}, uint32(inst.Len), true
}

// callsPowerPC follows the back chain: each frame holds the address of its caller's,
// and that its return address.
func (r *reporter) callsPowerPC(registers map[string]uint32) []Place {
	var calls []Place
	add := func(address uint32) {
		if p := r.place(address); p.Name != "" {
			calls = append(calls, p)
		}
	}
	// A function that has called no other has its return address in LR; one that has
	// saved LR may have something else there.
	link := registers["lr"]
	add(link)
	frame := registers["r1"]
	for range mostCalls {
		next, err := r.machine.space.Load32(frame)
		if err != nil || next <= frame {
			break
		}
		lr, err := r.machine.space.Load32(next + 8)
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
func (r *reporter) calls68K(sp uint32) []Place {
	var calls []Place
	for at := sp; at-sp < mostStack && len(calls) < mostCalls; at += 2 {
		address, err := r.machine.space.Load32(at)
		if err != nil {
			break
		}
		if address&1 != 0 || !r.afterCall(address) {
			continue
		}
		if p := r.place(address); p.Name != "" {
			calls = append(calls, p)
			at += 2
		}
	}
	return calls
}

func (r *reporter) afterCall(address uint32) bool {
	for size := uint32(2); size <= m68k.MaxLen; size += 2 {
		code, err := r.machine.space.Fetch(address-size, m68k.MaxLen)
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
