package pef

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const (
	maxRun      = 512       // kPEFRelocRunMaxRunLength
	maxSkip     = 255       // kPEFRelocWithSkipMaxSkipCount, in words
	maxSkipRun  = 63        // kPEFRelocWithSkipMaxRelocCount
	maxSmIndex  = 511       // kPEFRelocSmIndexMaxIndex
	maxIncr     = 4096      // kPEFRelocIncrPositionMaxOffset
	maxPosition = 1<<26 - 1 // kPEFRelocSetPosMaxOffset
	maxLgImport = 1<<26 - 1 // kPEFRelocLgByImportMaxIndex
	maxLgIndex  = 1<<22 - 1 // kPEFRelocLgSetOrBySectionMaxIndex
	maxBlock    = 16        // kPEFRelocSmRepeatMaxChunkCount
	maxSmRepeat = 256       // kPEFRelocSmRepeatMaxRepeatCount
	maxLgRepeat = 1<<22 - 1 // kPEFRelocLgRepeatMaxRepeatCount
)

// Compress returns a short program that makes the fixups in the order given,
// and nothing else. It is shortest for fixups in the order of their offsets.
//
// At each fixup the instruction is taken that makes most fixups for each chunk,
// counting what is needed to go there and to set sections; then sequences of
// instructions that follow themselves become repeats. The result is short, but
// not the shortest possible.
func Compress(fixups []Fixup) (Program, error) {
	for i, f := range fixups {
		switch t := f.Target; {
		case f.Offset > maxPosition:
			return nil, fmt.Errorf("fixup %d: offset %#x is more than %#x, where positions end", i, f.Offset, maxPosition)
		case t.Import && t.Index > maxLgImport:
			return nil, fmt.Errorf("fixup %d: %v is more than %d", i, t, maxLgImport)
		case !t.Import && t.Index > maxLgIndex:
			return nil, fmt.Errorf("fixup %d: %v is more than %d", i, t, maxLgIndex)
		}
	}
	c := compressor{sectD: 1}
	for len(fixups) > 0 {
		s := c.best(fixups)
		c.emit(s)
		fixups = fixups[s.fixups:]
	}
	return foldRepeats(c.program), nil
}

// compressor knows the state that the program so far leaves the machine in.
type compressor struct {
	program      Program
	position     uint32
	sectC, sectD uint32
	next         uint32 // import
}

// choice is an instruction and what has to come before it.
type choice struct {
	Instruction
	at           uint32 // position before it
	skip         bool   // at is reached by the instruction itself
	sectC, sectD uint32 // that it needs
	fixups       int    // that it makes
	advance      uint32 // of the position
}

// best returns the best choice for the first fixups.
func (c *compressor) best(fixups []Fixup) choice {
	first := fixups[0]
	best, bestCost := choice{}, 0
	consider := func(s choice) {
		s.at = first.Offset
		cost := c.cost(s)
		if order := cmp.Or(
			cmp.Compare(s.fixups*bestCost, best.fixups*cost),
			cmp.Compare(s.fixups, best.fixups),
			cmp.Compare(s.advance, best.advance), // spares going there
		); bestCost == 0 || order > 0 {
			best, bestCost = s, cost
		}
	}
	// section considers an instruction that uses sections C and D and makes
	// per fixups at a time.
	section := func(op RelocOp, n, per int, stride, sectC, sectD uint32) {
		if n > 0 {
			n = min(n, maxRun)
			consider(choice{Instruction: Instruction{Op: op, Value: uint32(n)}, sectC: sectC, sectD: sectD, fixups: n * per, advance: stride * uint32(n)})
		}
	}
	if first.Target.Import {
		if first.Target.Index == c.next {
			n := min(run(fixups, 1, 4, true), maxRun)
			consider(choice{Instruction: Instruction{Op: ImportRun, Value: uint32(n)}, sectC: c.sectC, sectD: c.sectD, fixups: n, advance: 4 * uint32(n)})
		}
		consider(choice{Instruction: Instruction{Op: smallOr(first.Target.Index, SmByImport, LgByImport), Value: first.Target.Index},
			sectC: c.sectC, sectD: c.sectD, fixups: 1, advance: 4})
		return best
	}
	s := first.Target.Index
	n := run(fixups, 1, 4, false)
	section(BySectD, n, 1, 4, c.sectC, s)
	section(BySectC, n, 1, 4, s, c.sectD)
	consider(choice{Instruction: Instruction{Op: smallOr(s, SmBySection, LgBySection), Value: s},
		sectC: c.sectC, sectD: c.sectD, fixups: 1, advance: 4})
	if first.Offset >= c.position && (first.Offset-c.position)%4 == 0 && (first.Offset-c.position)/4 <= maxSkip {
		n := min(n, maxSkipRun)
		consider(choice{Instruction: Instruction{BySectDWithSkip, uint8((first.Offset - c.position) / 4), uint32(n)},
			skip: true, sectC: c.sectC, sectD: s, fixups: n, advance: 4 * uint32(n)})
	}
	section(VTable8, runWithGaps(fixups, 1, 8), 1, 8, c.sectC, s)
	if len(fixups) > 1 && !fixups[1].Target.Import && fixups[1].Offset == first.Offset+4 {
		t := fixups[1].Target.Index
		if s != t {
			section(TVector8, run(fixups, 2, 8, false), 2, 8, s, t)
		}
		section(TVector12, runWithGaps(fixups, 2, 12), 2, 12, s, t)
	}
	return best
}

// run returns how often the first per fixups, which are 4 bytes apart, are
// repeated every stride bytes, counting the first time. Imports go up by one
// each time if counting, and are no section's otherwise.
func run(fixups []Fixup, per int, stride uint32, counting bool) int {
	n := 1
	for ; len(fixups) >= (n+1)*per && n < maxRun; n++ {
		for i := range per {
			f, g := fixups[i], fixups[n*per+i]
			f.Target.Index += uint32(n) * b2u(counting)
			if g.Target != f.Target || uint64(g.Offset) != uint64(f.Offset)+uint64(n)*uint64(stride) {
				return n
			}
		}
	}
	return n
}

func b2u(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// runWithGaps is run for instructions that leave the last word of each stride
// alone. The fixup after the run must not be in the last of these, and unless
// there is one right after it a run of one is of no use.
func runWithGaps(fixups []Fixup, per int, stride uint32) int {
	n := run(fixups, per, stride, false)
	var next Fixup // none is as good as one that is before
	if len(fixups) > n*per {
		next = fixups[n*per]
	}
	end := uint64(fixups[0].Offset) + uint64(n)*uint64(stride)
	if last := end - 4; uint64(next.Offset) >= last && uint64(next.Offset) < end {
		n--
	} else if n == 1 && uint64(next.Offset) != end {
		n--
	}
	return n
}

func smallOr(index uint32, small, large RelocOp) RelocOp {
	if index <= maxSmIndex {
		return small
	}
	return large
}

// cost returns the chunks that a choice needs.
func (c *compressor) cost(s choice) int {
	cost := s.Chunks()
	for _, in := range c.before(s) {
		cost += in.Chunks()
	}
	return cost
}

// before returns the instructions that have to come before a choice.
func (c *compressor) before(s choice) []Instruction {
	var p [3]Instruction
	b := p[:0]
	if !s.skip && s.at != c.position {
		if s.at > c.position && s.at-c.position <= maxIncr {
			b = append(b, Instruction{Op: IncrPosition, Value: s.at - c.position})
		} else {
			b = append(b, Instruction{Op: SetPosition, Value: s.at})
		}
	}
	if s.sectC != c.sectC {
		b = append(b, Instruction{Op: smallOr(s.sectC, SmSetSectC, LgSetSectC), Value: s.sectC})
	}
	if s.sectD != c.sectD {
		b = append(b, Instruction{Op: smallOr(s.sectD, SmSetSectD, LgSetSectD), Value: s.sectD})
	}
	return b
}

func (c *compressor) emit(s choice) {
	c.program = append(append(c.program, c.before(s)...), s.Instruction)
	c.position = uint32(min(uint64(s.at)+uint64(s.advance), math.MaxUint32))
	c.sectC, c.sectD = s.sectC, s.sectD
	switch s.Op {
	case SmByImport, LgByImport:
		c.next = s.Value + 1
	case ImportRun:
		c.next += s.Value
	}
}

// foldRepeats makes repeats of sequences that follow themselves in p, which has
// none.
func foldRepeats(p Program) Program {
	var out Program
	for i := 0; i < len(p); {
		var repeat Instruction
		length, saved := 1, 0
		chunks := 0
		for n := 1; i+2*n <= len(p); n++ {
			if chunks += p[i+n-1].Chunks(); chunks > maxBlock {
				break
			}
			block, times := p[i:i+n], 0
			for at := i + n; at+n <= len(p) && times < maxLgRepeat && slices.Equal(p[at:at+n], block); at += n {
				times++
			}
			in := Instruction{SmRepeat, uint8(chunks), uint32(times)}
			if times > maxSmRepeat {
				in.Op = LgRepeat
			}
			if s := times*chunks - in.Chunks(); s > saved {
				repeat, length, saved = in, n, s
			}
		}
		out = append(out, p[i:i+length]...)
		i += length
		if saved > 0 {
			out = append(out, repeat)
			i += length * int(repeat.Value)
		}
	}
	return out
}
