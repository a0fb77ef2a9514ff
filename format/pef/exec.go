package pef

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// Fixup is an addition that relocation makes: the address of an import, or the
// distance that a section was moved by, to the 32-bit word at Offset.
type Fixup struct {
	Offset      uint32 // of the word in its section; not always a multiple of 4
	Target      Target
	Instruction int // the number of the one in the program that makes it; Compress ignores it
}

// Target is what a fixup adds.
type Target struct {
	Import bool   // an import, otherwise a section
	Index  uint32 // its number
}

// String returns "import 3" or "section 1".
func (t Target) String() string {
	if t.Import {
		return fmt.Sprintf("import %d", t.Index)
	}
	return fmt.Sprintf("section %d", t.Index)
}

// Scope is what a relocation program may refer to.
type Scope struct {
	Size     uint32 // bytes of the section that it relocates
	Sections int    // how many are instantiated
	Imports  int
}

// Fixups runs the program and returns what it adds, in order. The additions
// must be made in that order if words lie over one another.
//
// What cannot be done, such as an addition to a word that is not wholly in the
// section, comes with an error instead, a *[FormatError] whose offset is that
// in the encoded program; a caller that goes on gets the fixups after it. There
// are none after a repeat of what is no sequence of instructions before it,
// after a thousand errors, or once the program has taken more steps than one for
// each chunk and each byte of the section: no useful program does, as each step
// at least moves on.
//
// A repeat within what another repeats is forbidden by the format. It runs in
// full each time round; what it repeats must also be within the other.
func (p Program) Fixups(s Scope) iter.Seq2[Fixup, error] {
	return func(yield func(Fixup, error) bool) {
		m := newMachine(p, s, yield)
		m.run(0, len(p), 0)
	}
}

// State is what the relocation machine remembers from one instruction to the
// next.
type State struct {
	Position     uint64 // in the section
	SectC, SectD uint32 // the sections that BySectC and BySectD add
	NextImport   uint32 // what ImportRun adds first
}

// Step is one execution of an instruction. A repeat is a step before those that
// it executes again.
type Step struct {
	Instruction int   // its number in the program
	Chunk       int   // where it begins, in chunks
	Before      State // when it is executed
	Fixups      []Fixup
	Errs        []error // of fixups that cannot be done: see Fixups
}

// Steps runs the program as Fixups does, and returns each instruction that is
// executed, in order, with what it adds.
func (p Program) Steps(s Scope) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		var step *Step
		m := newMachine(p, s, func(f Fixup, err error) bool {
			if err != nil {
				step.Errs = append(step.Errs, err)
			} else {
				step.Fixups = append(step.Fixups, f)
			}
			return true
		})
		stopped := false
		m.enter = func() bool {
			stopped = step != nil && !yield(*step)
			step = &Step{Instruction: m.instruction, Chunk: m.chunk, Before: m.State}
			return !stopped
		}
		m.run(0, len(p), 0)
		if step != nil && !stopped {
			yield(*step)
		}
	}
}

// spareSteps is added to the limit of steps for programs that set sections
// often and relocate little.
const spareSteps = 1024

// maxFailures is how many errors a program may come with: after so many it is
// nonsense, and to describe them all would take long.
const maxFailures = 1000

// machine is the relocation machine. Its methods say whether to go on.
type machine struct {
	program Program
	scope   Scope
	yield   func(Fixup, error) bool
	steps   uint64      // that are left
	failed  int         // errors so far
	enter   func() bool // if not nil, called before each instruction

	State
	instruction int // the present one
	chunk       int // where it begins
}

func newMachine(p Program, s Scope, yield func(Fixup, error) bool) *machine {
	return &machine{program: p, scope: s, yield: yield, State: State{SectD: 1},
		steps: uint64(s.Size) + uint64(p.Chunks()) + spareSteps}
}

// fail reports an error in the present instruction.
func (m *machine) fail(format string, args ...any) bool {
	m.failed++
	return m.yield(Fixup{}, &FormatError{Offset: int64(m.chunk) * chunkSize,
		Item: fmt.Sprintf("relocation %d", m.instruction), Msg: fmt.Sprintf(format, args...)}) && m.failed < maxFailures
}

// run runs the instructions from first up to end. The first begins at chunk.
func (m *machine) run(first, end, chunk int) bool {
	for i := first; i < end; i++ {
		m.instruction, m.chunk = i, chunk
		if m.enter != nil && !m.enter() || !m.step() {
			return false
		}
		in := m.program[i]
		switch in.Op {
		case SmRepeat, LgRepeat:
			start := i
			for left := int(in.Span); left > 0; left -= m.program[start].Chunks() {
				if start--; start < first {
					m.repeatBeforeStart(first)
					return false
				}
				if left < m.program[start].Chunks() {
					m.fail("repeats from the middle of the instruction %v", m.program[start])
					return false
				}
			}
			for range in.Value {
				if !m.run(start, i, chunk-int(in.Span)) {
					return false
				}
			}
		default:
			if !m.execute(in) {
				return false
			}
		}
		chunk += in.Chunks()
	}
	return true
}

func (m *machine) repeatBeforeStart(first int) {
	if first == 0 {
		m.fail("repeats %d chunks, but there are %d before it", m.program[m.instruction].Span, m.chunk)
	} else {
		m.fail("repeats more than the repeat around it, which begins with relocation %d", first)
	}
}

// step takes one from the steps that are left.
func (m *machine) step() bool {
	if m.steps == 0 {
		m.fail("the program does not end in %d steps", uint64(m.scope.Size)+uint64(m.program.Chunks())+spareSteps)
		return false
	}
	m.steps--
	return true
}

// execute carries out an instruction that is no repeat.
func (m *machine) execute(in Instruction) bool {
	switch in.Op {
	case BySectDWithSkip:
		m.Position += 4 * uint64(in.Span)
		return m.times(in.Value, m.addD)
	case BySectC:
		return m.times(in.Value, m.addC)
	case BySectD:
		return m.times(in.Value, m.addD)
	case TVector12:
		return m.times(in.Value, func() bool { return m.addC() && m.addD() && m.pass() })
	case TVector8:
		return m.times(in.Value, func() bool { return m.addC() && m.addD() })
	case VTable8:
		return m.times(in.Value, func() bool { return m.addD() && m.pass() })
	case ImportRun:
		return m.times(in.Value, func() bool { return m.addImport(m.NextImport) })
	case SmByImport, LgByImport:
		return m.addImport(in.Value)
	case SmBySection, LgBySection:
		return m.add(Target{Index: in.Value})
	case SmSetSectC, LgSetSectC:
		m.SectC = in.Value
	case SmSetSectD, LgSetSectD:
		m.SectD = in.Value
	case IncrPosition:
		m.Position += uint64(in.Value)
	case SetPosition:
		m.Position = uint64(in.Value)
	default:
		return m.fail("%v is no relocation instruction", in.Op)
	}
	return true
}

func (m *machine) times(n uint32, do func() bool) bool {
	for range n {
		if !do() {
			return false
		}
	}
	return true
}

func (m *machine) addC() bool { return m.add(Target{Index: m.SectC}) }
func (m *machine) addD() bool { return m.add(Target{Index: m.SectD}) }

func (m *machine) pass() bool {
	m.Position += 4
	return true
}

func (m *machine) addImport(i uint32) bool {
	m.NextImport = i + 1
	return m.add(Target{Import: true, Index: i})
}

func (m *machine) add(t Target) bool {
	at := m.Position
	m.Position += 4
	if !m.step() {
		return false
	}
	switch {
	case at+4 > uint64(m.scope.Size):
		return m.fail("relocates the word at %#x of a section of %#x bytes", at, m.scope.Size)
	case t.Import && uint64(t.Index) >= uint64(m.scope.Imports):
		return m.fail("import index %d out of range (%d imports)", t.Index, m.scope.Imports)
	case !t.Import && uint64(t.Index) >= uint64(m.scope.Sections):
		return m.fail("section index %d out of range (%d instantiated sections)", t.Index, m.scope.Sections)
	}
	return m.yield(Fixup{uint32(at), t, m.instruction}, nil)
}

// Fixups returns what number i of the loader's Relocations adds, as
// [Program.Fixups] does. The offsets of errors are those in the file.
func (c *Container) Fixups(i int) iter.Seq2[Fixup, error] {
	r, scope := c.Loader.Relocations[i], c.Scope(i)
	return func(yield func(Fixup, error) bool) {
		for f, err := range r.Program.Fixups(scope) {
			if err != nil {
				fe := err.(*FormatError)
				fe.Offset += r.offset
				fe.Item = fmt.Sprintf("loader section: relocations %d: %s", i, fe.Item)
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// Scope returns what number i of the loader's Relocations may refer to.
func (c *Container) Scope(i int) Scope {
	return Scope{c.Sections[c.Loader.Relocations[i].Section].TotalLength, c.Instantiated, len(c.Loader.Imports)}
}

// Addresses say where a fragment is in memory.
type Addresses struct {
	Sections []uint32 // of the instances of instantiated sections
	Imports  []uint32 // of what is imported; 0 for what is weak and missing
}

// Relocate makes all additions that the loader section asks for in mem, the
// instance of a section that Load made. To do so twice corrupts it. If what
// cannot be done is tolerated, the rest is; otherwise mem is of no use after an
// error.
func (c *Container) Relocate(section int, mem []byte, at Addresses) error {
	if c.Loader == nil {
		return nil
	}
	if section < 0 || section >= c.Instantiated || uint64(len(mem)) != uint64(c.Sections[section].TotalLength) {
		return fmt.Errorf("section %d of %d instantiated ones cannot have an instance of %d bytes", section, c.Instantiated, len(mem))
	}
	if len(at.Sections) != c.Instantiated || len(at.Imports) != len(c.Loader.Imports) {
		return fmt.Errorf("addresses of %d sections and %d imports are not those of %d and %d",
			len(at.Sections), len(at.Imports), c.Instantiated, len(c.Loader.Imports))
	}
	moved := make([]uint32, c.Instantiated)
	for i := range moved {
		moved[i] = at.Sections[i] - c.Sections[i].DefaultAddress
	}
	for i, r := range c.Loader.Relocations {
		if r.Section != section {
			continue
		}
		for f, err := range c.Fixups(i) {
			if err != nil {
				if err := c.options.tolerate(err); err != nil {
					return err
				}
				continue
			}
			by := moved
			if f.Target.Import {
				by = at.Imports
			}
			word := mem[f.Offset : f.Offset+4]
			binary.BigEndian.PutUint32(word, binary.BigEndian.Uint32(word)+by[f.Target.Index])
		}
	}
	return nil
}
