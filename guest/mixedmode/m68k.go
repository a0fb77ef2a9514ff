package mixedmode

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
)

// register returns a register by its number in a place.
func register(regs *cpu.M68K, n uint8) *uint32 {
	if n < 8 {
		return &regs.D[n]
	}
	return &regs.A[n&7]
}

// load reads a value from memory.
func (m *Manager) load(at uint32, w width) (uint32, error) {
	switch w {
	case nothing:
		return 0, nil
	case byte8:
		v, err := m.space.Load8(at)
		return uint32(v), err
	case signed16, unsigned16:
		v, err := m.space.Load16(at)
		return w.extend(uint32(v)), err
	}
	return m.space.Load32(at)
}

// store writes a value to memory.
func (m *Manager) store(at uint32, w width, v uint32) error {
	switch w {
	case nothing:
		return nil
	case byte8:
		return m.space.Store8(at, uint8(v))
	case signed16, unsigned16:
		return m.space.Store16(at, uint16(v))
	}
	return m.space.Store32(at, v)
}

// get reads a value from where 68K code has it. first is where its parameters on the
// stack begin.
func (m *Manager) get(a *argument, first uint32) (uint32, error) {
	regs := m.processors.M68KRegisters
	switch a.kind {
	case inRegister, inLow:
		return a.extend(*register(regs, a.n)), nil
	case inHigh:
		return a.extend(*register(regs, a.n) >> 16), nil
	case inFlag:
		if regs.SR&a.flag != 0 {
			return 1, nil
		}
		return 0, nil
	case inSlot:
		v, err := m.space.Load32(first + a.at)
		return a.extend(v), err
	}
	return m.load(first+a.at, a.width)
}

// put writes a value to where 68K code expects it.
func (m *Manager) put(a *argument, first, v uint32) error {
	regs := m.processors.M68KRegisters
	v = a.extend(v)
	switch a.kind {
	case inRegister:
		*register(regs, a.n) = v
	case inLow:
		if a.width == word32 {
			*register(regs, a.n) = v
			break
		}
		r := register(regs, a.n)
		*r = *r&^0xffff | v&0xffff
	case inHigh:
		r := register(regs, a.n)
		*r = *r&0xffff | v<<16
	case inFlag:
		regs.SR &^= a.flag
		if v != 0 {
			regs.SR |= a.flag
		}
	case inSlot: // all of the four bytes
		return m.space.Store32(first+a.at, v)
	default:
		return m.store(first+a.at, a.width, v)
	}
	return nil
}

// take68K takes the arguments of a routine that 68K code has just called: the
// return address is on top of the stack. Values that the routine gives back get room
// below it, which return68K takes away.
func (m *Manager) take68K(s *plan) ([]uint32, error) {
	regs := m.processors.M68KRegisters
	first, scratch := regs.A[7]+4, regs.A[7]-s.scratch
	args := m.room(len(s.args))
	for i := range s.args {
		a := &s.args[i]
		v, err := uint32(0), error(nil)
		if a.flow != out {
			if v, err = m.get(a, first); err != nil {
				return nil, err
			}
		}
		if a.flow != in {
			if err := m.store(scratch, a.width, v); err != nil {
				return nil, err
			}
			v = scratch
			scratch += 4
		}
		args[i] = v
	}
	regs.A[7] -= s.scratch
	return args, nil
}

// return68K returns to 68K code from a routine that it called with arguments.
func (m *Manager) return68K(s *plan, v uint32, args []uint32) error {
	regs := m.processors.M68KRegisters
	regs.A[7] += s.scratch
	back, err := m.space.Load32(regs.A[7])
	if err != nil {
		return err
	}
	regs.A[7] += 4
	first := regs.A[7]
	if s.result.width != nothing {
		if err := m.put(&s.result, first, v); err != nil {
			return err
		}
	}
	if s.scratch > 0 {
		for i := range s.args {
			if a := &s.args[i]; a.flow != in {
				v, err := m.load(args[i], a.width)
				if err == nil {
					err = m.put(a, first, v)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	if s.popped {
		regs.A[7] += s.size
	}
	m.processors.M68K.SetPC(back)
	return nil
}

// call68K runs 68K code at an address.
func (m *Manager) call68K(from string, address uint32, info coderes.ProcInfo, args []uint32) (uint32, error) {
	if r := m.routineAt(address); r != nil {
		return m.callRoutine(from, r, args)
	}
	s, err := m.plan(info)
	switch {
	case err != nil:
		return 0, err
	case m.processors.M68K == nil:
		return 0, fmt.Errorf("68K code at 0x%08x: %w", address, ErrNoProcessor)
	case len(args) < len(s.args):
		return 0, fmt.Errorf("68K code at 0x%08x: %w: %d arguments for %v", address, ErrConvention, len(args), info)
	}
	if m.Trace != nil {
		m.Trace(from, "68K", address, info, args)
	}
	regs := m.processors.M68KRegisters
	until, err := m.control.Enter()
	if err != nil {
		return 0, err
	}
	before := *regs
	v, err := m.run68K(s, address, until, args)
	*regs = before
	m.control.Leave()
	return v, err
}

// run68K is call68K, but for what surrounds it.
func (m *Manager) run68K(s *plan, address, until uint32, args []uint32) (uint32, error) {
	if err := m.push68K(s, args, until); err != nil {
		return 0, fmt.Errorf("68K code at 0x%08x: its parameters: %w", address, err)
	}
	regs := m.processors.M68KRegisters
	first := regs.A[7] + 4
	var entry cpu.M68K
	if m.Checked {
		entry = *regs
	}
	m.processors.M68K.SetPC(address)
	if err := m.processors.M68K.Run(until).Failure(); err != nil {
		return 0, err
	}
	if m.Checked {
		want := first
		if s.popped && !(s.either && regs.A[7] == first) {
			want += s.size
		}
		if err := m.check68K(address, s.info, s.changes, want, &entry); err != nil {
			return 0, err
		}
	}
	if s.scratch > 0 {
		for i := range s.args {
			if a := &s.args[i]; a.flow != in {
				v, err := m.get(a, first)
				if err == nil {
					err = m.store(args[i], a.width, v)
				}
				if err != nil {
					return 0, fmt.Errorf("68K code at 0x%08x: where its values go: %w", address, err)
				}
			}
		}
	}
	if s.result.width == nothing {
		return 0, nil
	}
	return m.get(&s.result, first)
}

// push68K puts arguments and the return address where 68K code expects them.
func (m *Manager) push68K(s *plan, args []uint32, back uint32) error {
	regs := m.processors.M68KRegisters
	first := regs.A[7] - s.slot - s.size
	for at := first; at < regs.A[7]; at += 2 {
		if err := m.space.Store16(at, 0); err != nil {
			return err
		}
	}
	for i := range s.args {
		a, v := &s.args[i], args[i]
		switch a.flow {
		case out:
			continue
		case inOut:
			var err error
			if v, err = m.load(v, a.width); err != nil {
				return err
			}
		}
		if err := m.put(a, first, v); err != nil {
			return err
		}
	}
	regs.A[7] = first - 4
	return m.space.Store32(regs.A[7], back)
}

// check68K verifies what a routine has left. It may change the registers whose bits are
// in changes.
func (m *Manager) check68K(address uint32, info coderes.ProcInfo, changes uint16, stack uint32, before *cpu.M68K) error {
	regs := m.processors.M68KRegisters
	if difference, removed := int32(regs.A[7]-stack), "many removed"; difference != 0 {
		if difference < 0 {
			difference, removed = -difference, "few removed"
		}
		return fmt.Errorf("%w: 68K code at 0x%08x leaves the stack at 0x%08x instead of 0x%08x: %d bytes too %s for %v", ErrUnbalanced, address, regs.A[7], stack,
			difference, removed, info)
	}
	for n := uint8(3); n < 15; n++ { // D3 to D7, A2 to A6
		if n == 8 || n == 9 || changes&(1<<n) != 0 {
			continue
		}
		if is, was := *register(regs, n), *register(before, n); is != was {
			return fmt.Errorf("%w: 68K code at 0x%08x changes %c%d from %#x to %#x", ErrUnbalanced, address, "DA"[n/8], n%8, was, is)
		}
	}
	for n := 4; n < 8; n++ {
		if regs.FP[n] != before.FP[n] {
			return fmt.Errorf("%w: 68K code at 0x%08x changes FP%d", ErrUnbalanced, address, n)
		}
	}
	return nil
}
