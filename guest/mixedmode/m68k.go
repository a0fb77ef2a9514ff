package mixedmode

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
)

// register68K returns the register of the 68K that a ProcInfo's number means, nil
// for a condition bit.
func register68K(regs *cpu.M68K, r coderes.Register) *uint32 {
	name := r.String()
	if len(name) != 2 {
		return nil
	}
	n := name[1] - '0'
	switch {
	case name[0] == 'D' && n < 8:
		return &regs.D[n]
	case name[0] == 'A' && n < 8:
		return &regs.A[n]
	}
	return nil
}

// selectorRegister says where a dispatched routine has its selector, if that is a
// register.
func selectorRegister(regs *cpu.M68K, c coderes.Convention) *uint32 {
	if c == coderes.D1DispatchPascal {
		return &regs.D[1]
	}
	return &regs.D[0]
}

// load reads a value of a size from the stack.
func (m *Manager) load(at uint32, size coderes.Size) (uint32, error) {
	switch size.Bytes() {
	case 1:
		v, err := m.space.Load8(at)
		return extend(uint32(v), size), err
	case 2:
		v, err := m.space.Load16(at)
		return extend(uint32(v), size), err
	}
	return m.space.Load32(at)
}

func (m *Manager) store(at uint32, size coderes.Size, v uint32) error {
	switch size.Bytes() {
	case 0:
		return nil
	case 1:
		return m.space.Store8(at, uint8(v))
	case 2:
		return m.space.Store16(at, uint16(v))
	}
	return m.space.Store32(at, v)
}

// take68K takes the arguments of a routine that 68K code has just called: the
// return address is on top of the stack.
func (m *Manager) take68K(s *plan) ([]uint32, error) {
	regs := m.processors.M68KRegisters
	first := regs.A[7] + 4
	l := &s.stack
	args := make([]uint32, 0, len(s.sizes))
	if s.Selector != coderes.None {
		v := extend(*selectorRegister(regs, s.Convention), s.Selector)
		if l.Selector >= 0 {
			var err error
			if v, err = m.load(first+uint32(l.Selector), s.Selector); err != nil {
				return nil, err
			}
		}
		args = append(args, v)
	}
	for i, p := range s.Parameters {
		if l.Parameters[i] < 0 {
			args = append(args, extend(*register68K(regs, p.Register), p.Size))
			continue
		}
		v, err := m.load(first+uint32(l.Parameters[i]), p.Size)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return args, nil
}

// return68K returns to 68K code from a routine that it called.
func (m *Manager) return68K(s *plan, v uint32) error {
	regs := m.processors.M68KRegisters
	back, err := m.space.Load32(regs.A[7])
	if err != nil {
		return err
	}
	l := &s.stack
	regs.A[7] += 4
	switch {
	case s.Result == coderes.None:
	case l.Result >= 0:
		if err := m.store(regs.A[7]+uint32(l.Result), s.Result, v); err != nil {
			return err
		}
	default:
		m.putResult68K(s, v)
	}
	if l.Popped {
		regs.A[7] += uint32(l.Size)
	}
	m.processors.M68K.SetPC(back)
	return nil
}

// putResult68K puts a result into its register, or condition bit.
func (m *Manager) putResult68K(s *plan, v uint32) {
	regs := m.processors.M68KRegisters
	if s.Convention != coderes.RegisterBased {
		regs.D[0] = v
		return
	}
	if r := register68K(regs, s.ResultRegister); r != nil {
		*r = v
		return
	}
	bits := map[string]uint16{"CCR.C": cpu.FlagC, "CCR.V": cpu.FlagV, "CCR.Z": cpu.FlagZ, "CCR.N": cpu.FlagN, "CCR.X": cpu.FlagX}
	bit := bits[s.ResultRegister.String()]
	regs.SR &^= bit
	if v != 0 {
		regs.SR |= bit
	}
}

// result68K takes the result of 68K code that has returned.
func (m *Manager) result68K(s *plan, place uint32) (uint32, error) {
	regs := m.processors.M68KRegisters
	switch {
	case s.Result == coderes.None:
		return 0, nil
	case s.stack.Result >= 0:
		return m.load(place, s.Result)
	case s.Convention != coderes.RegisterBased:
		return extend(regs.D[0], s.Result), nil
	}
	if r := register68K(regs, s.ResultRegister); r != nil {
		return extend(*r, s.Result), nil
	}
	bits := map[string]uint16{"CCR.C": cpu.FlagC, "CCR.V": cpu.FlagV, "CCR.Z": cpu.FlagZ, "CCR.N": cpu.FlagN, "CCR.X": cpu.FlagX}
	if regs.SR&bits[s.ResultRegister.String()] != 0 {
		return 1, nil
	}
	return 0, nil
}

// call68K runs 68K code at an address.
func (m *Manager) call68K(from string, address uint32, info coderes.ProcInfo, args []uint32) (uint32, error) {
	if r := m.routineAt(address); r != nil {
		return m.callGo(from, r, args)
	}
	regs := m.processors.M68KRegisters
	s, err := m.plan(info)
	switch {
	case err != nil:
		return 0, err
	case m.processors.M68K == nil:
		return 0, fmt.Errorf("68K code at 0x%08x: %w", address, ErrNoProcessor)
	case len(args) < len(s.sizes):
		return 0, fmt.Errorf("68K code at 0x%08x: %w: %d arguments for %v", address, ErrConvention, len(args), info)
	}
	if m.Trace != nil {
		m.Trace(from, "68K", address, info, args)
	}
	before := *regs
	defer func() { *regs = before }()
	until, err := m.control.Enter()
	if err != nil {
		return 0, err
	}
	defer m.control.Leave()
	if err := m.push68K(s, args, until); err != nil {
		return 0, fmt.Errorf("68K code at 0x%08x: its parameters: %w", address, err)
	}
	stack, entry := regs.A[7], *regs
	m.processors.M68K.SetPC(address)
	if err := m.processors.M68K.Run(until).Failure(); err != nil {
		return 0, err
	}
	l := &s.stack
	if m.Checked {
		want := stack + 4
		if l.Popped {
			want += uint32(l.Size)
		}
		if r := register68K(&entry, s.ResultRegister); s.Convention == coderes.RegisterBased && r != nil {
			*r = *register68K(regs, s.ResultRegister)
		}
		if err := m.check68K(address, info, want, &entry); err != nil {
			return 0, err
		}
	}
	return m.result68K(s, stack+4+uint32(max(l.Result, 0)))
}

// push68K puts arguments and the return address where 68K code expects them.
func (m *Manager) push68K(s *plan, args []uint32, back uint32) error {
	regs := m.processors.M68KRegisters
	l := &s.stack
	if l.Result >= 0 {
		regs.A[7] -= uint32(s.ResultSlot())
		if err := m.space.Store16(regs.A[7], 0); err != nil {
			return err
		}
		if s.ResultSlot() == 4 {
			if err := m.space.Store32(regs.A[7], 0); err != nil {
				return err
			}
		}
	}
	first := regs.A[7] - uint32(l.Size)
	for at := first; at < regs.A[7]; at += 2 {
		if err := m.space.Store16(at, 0); err != nil {
			return err
		}
	}
	if s.Selector != coderes.None {
		if l.Selector >= 0 {
			if err := m.store(first+uint32(l.Selector), s.Selector, args[0]); err != nil {
				return err
			}
		} else {
			*selectorRegister(regs, s.Convention) = args[0]
		}
		args = args[1:]
	}
	for i, p := range s.Parameters {
		at, v := l.Parameters[i], extend(args[i], p.Size)
		switch {
		case at < 0:
			*register68K(regs, p.Register) = v
		case s.Convention == coderes.CStack || s.Convention == coderes.D0DispatchC:
			// All of the four bytes, of which the value is the last.
			if err := m.space.Store32(first+uint32(at)-uint32(4-p.Size.Bytes()), v); err != nil {
				return err
			}
		default:
			if err := m.store(first+uint32(at), p.Size, v); err != nil {
				return err
			}
		}
	}
	regs.A[7] = first - 4
	return m.space.Store32(regs.A[7], back)
}

// check68K verifies what a routine has left.
func (m *Manager) check68K(address uint32, info coderes.ProcInfo, stack uint32, before *cpu.M68K) error {
	regs := m.processors.M68KRegisters
	if difference, removed := int32(regs.A[7]-stack), "many removed"; difference != 0 {
		if difference < 0 {
			difference, removed = -difference, "few removed"
		}
		return fmt.Errorf("%w: 68K code at 0x%08x leaves the stack at 0x%08x instead of 0x%08x: %d bytes too %s for %v", ErrUnbalanced, address, regs.A[7], stack,
			difference, removed, info)
	}
	for i := range 5 { // D3 to D7, A2 to A6
		if d := i + 3; regs.D[d] != before.D[d] {
			return fmt.Errorf("%w: 68K code at 0x%08x changes D%d from %#x to %#x", ErrUnbalanced, address, d, before.D[d], regs.D[d])
		}
		if a := i + 2; regs.A[a] != before.A[a] {
			return fmt.Errorf("%w: 68K code at 0x%08x changes A%d from %#x to %#x", ErrUnbalanced, address, a, before.A[a], regs.A[a])
		}
	}
	return nil
}
