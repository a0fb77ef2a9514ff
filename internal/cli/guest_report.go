package cli

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/isa/m68k"
	"github.com/crossplug/crossplug/guest/isa/ppc"
)

// lister disassembles the instruction at the beginning of code, which lies at pc. Where
// the code ends within one, the size is 0.
type lister func(code []byte, pc uint32) (text string, size int)

func listPPC(code []byte, pc uint32) (string, int) {
	if len(code) < 4 {
		return "", 0
	}
	i, _ := ppc.Decode(binary.BigEndian.Uint32(code)) // a word that is none becomes data
	return i.Text(pc, ppc.Motorola, ppc.Names{}), 4
}

func list68K(model m68k.Model) lister {
	return func(code []byte, pc uint32) (string, int) {
		i, err := m68k.Decode(code, pc, model)
		if err != nil && i.Len == 0 {
			return "", 0
		}
		return i.Text(m68k.Motorola, m68k.Names{}), int(i.Len)
	}
}

// beside is how many instructions are shown before and after one.
const beside = 5

// at returns the line of the instruction at an address, and its size: 0 where there
// is none.
func (m *guestMachine) at(pc uint32) (string, int) {
	code, err := m.space.Fetch(pc, m68k.MaxLen)
	if err != nil {
		return fmt.Sprintf("%08x  no code is here", pc), 0
	}
	text, size := m.list(code, pc)
	if size == 0 {
		return fmt.Sprintf("%08x  the code ends here", pc), 0
	}
	return fmt.Sprintf("%08x  %-20x  %s", pc, code[:size], text), size
}

// around returns lines of the instructions before and after an address, which is
// marked. Where instructions before it begin is a guess on a 68K: from as far back as
// one leads to the address.
func (m *guestMachine) around(pc uint32) []string {
	var before []string
	for back := uint32(beside * 4); back >= 2 && before == nil; back -= 2 {
		var lines []string
		at := pc - back
		for at < pc {
			line, size := m.at(at)
			if size == 0 {
				break
			}
			lines = append(lines, "  "+line)
			at += uint32(size)
		}
		if at == pc {
			before = lines
		}
	}
	lines := before[max(0, len(before)-beside):]
	mark := "> "
	for range beside + 1 {
		line, size := m.at(pc)
		lines = append(lines, mark+line)
		if size == 0 {
			break
		}
		pc, mark = pc+uint32(size), "  "
	}
	return lines
}

// guestReport is how a run ended.
type guestReport struct {
	Reason       string            `json:"reason"`
	PC           string            `json:"pc"`
	Instructions int64             `json:"instructions"`
	Error        string            `json:"error,omitempty"`
	Registers    map[string]string `json:"registers"`
	Around       []string          `json:"around,omitempty"`

	failure              error
	registers, untouched []cpu.Register
}

func (m *guestMachine) report(exit cpu.Exit, instructions int64) *guestReport {
	r := &guestReport{
		Reason: exit.Reason.String(), PC: fmt.Sprintf("0x%08x", exit.PC), Instructions: instructions,
		Registers: map[string]string{}, registers: m.engine.Registers(), untouched: m.untouched,
	}
	for _, x := range r.registers {
		r.Registers[x.Name] = fmt.Sprintf("0x%0*x", x.Bits/4, x.Value)
	}
	if exit.Reason != cpu.Returned {
		r.Around = m.around(exit.PC)
	}
	if exit.Reason != cpu.AtBreakpoint {
		r.failure = exit.Failure()
	}
	return r
}

// print writes the report for people, without the registers of floating point that are
// as they were when the processor was made.
func (r *guestReport) print(w io.Writer) {
	fmt.Fprintf(w, "%s at %s after %d instructions\n", r.Reason, r.PC, r.Instructions)
	const columns = 4
	var cells []string
	for _, x := range r.registers {
		if x.Bits < 64 {
			cells = append(cells, fmt.Sprintf("%-6s %-8s", x.Name, fmt.Sprintf("%0*x", x.Bits/4, x.Value)))
		}
	}
	for row := range slices.Chunk(cells, columns) {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "   "), " "))
	}
	for i, x := range r.registers {
		if x.Bits == 64 && x.Value != r.untouched[i].Value {
			fmt.Fprintf(w, "%-6s %016x   %v\n", x.Name, x.Value, math.Float64frombits(x.Value))
		}
	}
	for _, line := range r.Around {
		fmt.Fprintln(w, line)
	}
}

// traceTo writes every instruction from now on, once it is known what it changed. The
// function that it returns writes the last one.
func (m *guestMachine) traceTo(path string, stdout io.Writer) (end func() error, err error) {
	out := newBuffered(stdout)
	file := (*os.File)(nil)
	if path != "-" {
		if file, err = os.Create(path); err != nil {
			return nil, err
		}
		out = newBuffered(file)
	}
	line, before := "", []cpu.Register(nil)
	finish := func() {
		after := m.engine.Registers()
		if line != "" {
			fmt.Fprintf(out, "%s\n", strings.TrimRight(fmt.Sprintf("%-64s%s", line, changes(before, after)), " "))
		}
		before = after
	}
	m.control.Trace = func(_ cpu.Engine, pc uint32) {
		finish()
		line, _ = m.at(pc)
	}
	return func() error {
		finish()
		err := out.Flush()
		if file != nil {
			if e := file.Close(); err == nil {
				err = e
			}
		}
		return err
	}, nil
}

// changes lists the registers that changed, but for the program counter.
func changes(before, after []cpu.Register) string {
	var s strings.Builder
	for i, r := range after {
		if r.Value != before[i].Value && !strings.EqualFold(r.Name, "pc") {
			fmt.Fprintf(&s, "  %s=%0*x", r.Name, r.Bits/4, r.Value)
		}
	}
	return s.String()
}
