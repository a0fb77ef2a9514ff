package mixedmode

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
)

// width is how many bits a value has, and how they are extended to 32.
type width uint8

const (
	nothing width = iota
	byte8
	signed16
	unsigned16
	word32
)

// widthOf is the width of a size in a ProcInfo.
func widthOf(size coderes.Size) width {
	return [4]width{nothing, byte8, signed16, word32}[size&3]
}

// extend makes 32 bits of a value.
func (w width) extend(v uint32) uint32 {
	switch w {
	case nothing:
		return 0
	case byte8:
		return v & 0xff
	case signed16:
		return uint32(int32(int16(v)))
	case unsigned16:
		return v & 0xffff
	}
	return v
}

// placeKind is what kind of place 68K code has a value in.
type placeKind uint8

const (
	inRegister placeKind = iota // all of it
	inLow                       // the low half of a register; the other half is another's
	inHigh                      // the high half
	inFlag                      // a condition bit
	onStack
	inSlot // the last bytes of four on the stack
)

// place is where 68K code has a value.
type place struct {
	kind placeKind
	n    uint8  // D0 to D7 are 0 to 7, A0 to A7 8 to 15
	flag uint16 // of the SR
	at   uint32 // on the stack, from above the return address
}

// flow says which way an argument's value goes. One that a routine gives back is in a
// place of the 68K's; Go and PowerPC code pass the address where it shall be stored.
type flow uint8

const (
	in flow = iota
	out
	inOut
)

// argument is a parameter, or a result.
type argument struct {
	width
	place
	flow flow
}

// plan is how a ProcInfo has parameters passed, worked out once.
type plan struct {
	info coderes.ProcInfo
	// args are the parameters; the selector of a dispatched routine is the first.
	args       []argument
	dispatched bool
	result     argument
	size       uint32 // of the parameters on the stack
	slot       uint32 // of the place for the result above them
	popped     bool   // by the routine
	// either says that sources differ on who removes the parameters.
	either bool
	// scratch is room for the values that are given back, for 68K code's callees.
	scratch uint32
	// changes has a bit for each register that values are given back in.
	changes uint16
}

// mostPlans is how many are kept: guests may make up ProcInfos.
const mostPlans = 4096

// plan returns what a ProcInfo means.
func (m *Manager) plan(info coderes.ProcInfo) (*plan, error) {
	if p := m.latest; p != nil && p.info == info {
		return p, nil
	}
	p := m.plans[info]
	if p == nil {
		s, ok := info.Signature()
		if !ok || s.Convention == coderes.SpecialCase && int(s.Special) >= len(specials) {
			return nil, fmt.Errorf("%w: %v", ErrConvention, info)
		}
		if s.Convention == coderes.SpecialCase {
			p = specials[s.Special].plan()
		} else {
			p = newPlan(s)
		}
		p.info = info
		p.total()
		if m.plans == nil || len(m.plans) == mostPlans {
			m.plans = map[coderes.ProcInfo]*plan{}
		}
		m.plans[info] = p
	}
	m.latest = p
	return p, nil
}

// newPlan is for all conventions but the special cases.
func newPlan(s coderes.Signature) *plan {
	l := s.Stack()
	p := &plan{size: uint32(l.Size), popped: l.Popped, dispatched: s.Selector != coderes.None}
	p.result = argument{width: widthOf(s.Result)}
	switch {
	case l.Result >= 0:
		p.result.place, p.slot = place{kind: onStack, at: uint32(l.Result)}, uint32(s.ResultSlot())
	case s.Convention == coderes.RegisterBased:
		p.result.place = registerPlace(s.ResultRegister)
	}
	if p.dispatched {
		a := argument{width: widthOf(s.Selector)}
		switch {
		case l.Selector >= 0:
			a.place = place{kind: onStack, at: uint32(l.Selector)}
		case s.Convention == coderes.D1DispatchPascal:
			a.n = 1
		}
		p.args = append(p.args, a)
	}
	for i, parameter := range s.Parameters {
		a := argument{width: widthOf(parameter.Size)}
		at := l.Parameters[i]
		switch {
		case at < 0:
			a.place = registerPlace(parameter.Register)
		case s.Convention == coderes.CStack || s.Convention == coderes.D0DispatchC:
			a.place = place{kind: inSlot, at: uint32(at) - uint32(4-parameter.Size.Bytes())}
		default:
			a.place = place{kind: onStack, at: uint32(at)}
		}
		p.args = append(p.args, a)
	}
	return p
}

// registerPlace is the place that a ProcInfo's number of a register means.
func registerPlace(r coderes.Register) place {
	name := r.String()
	if len(name) == 2 {
		n := name[1] - '0'
		if name[0] == 'A' {
			n += 8
		}
		return place{kind: inRegister, n: n}
	}
	flags := map[string]uint16{"CCR.C": cpu.FlagC, "CCR.V": cpu.FlagV, "CCR.Z": cpu.FlagZ, "CCR.N": cpu.FlagN, "CCR.X": cpu.FlagX}
	return place{kind: inFlag, flag: flags[name]}
}

// total works out what follows from the arguments.
func (p *plan) total() {
	note := func(a argument) {
		if a.kind == inRegister || a.kind == inLow || a.kind == inHigh {
			p.changes |= 1 << a.n
		}
	}
	if p.result.width != nothing {
		note(p.result)
	}
	for _, a := range p.args {
		if a.flow != in {
			p.scratch += 4
			note(a)
		}
	}
}
