package mixedmode

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
)

// The PowerOpen convention: eight words of parameters in R3 to R10, all further
// ones in the caller's frame, which has room for the first eight, too:
//
//	0(r1)   back chain       12, 16(r1)  reserved
//	4(r1)   CR               20(r1)      TOC
//	8(r1)   LR               24(r1)      parameters
const (
	firstParameter = 24
	inRegisters    = 8
)

// takePowerPC takes the arguments of a routine that PowerPC code has just called,
// after some others.
func (m *Manager) takePowerPC(s *plan, after int) ([]uint32, error) {
	regs := m.processors.PPCRegisters
	args := m.room(len(s.args))
	for i := range s.args {
		a, n := &s.args[i], after+i
		v := uint32(0)
		if n < inRegisters {
			v = regs.R[3+n]
		} else {
			var err error
			if v, err = m.space.Load32(regs.R[1] + firstParameter + uint32(4*n)); err != nil {
				return nil, err
			}
		}
		args[i] = a.passed(v)
	}
	return args, nil
}

// returnPowerPC returns to PowerPC code from a routine that it called.
func (m *Manager) returnPowerPC(s *plan, v, back uint32) {
	if s.result.width != nothing {
		m.processors.PPCRegisters.R[3] = v
	}
	m.processors.PPC.SetPC(back)
}

// passed is an argument as Go and PowerPC code pass it.
func (a *argument) passed(v uint32) uint32 {
	if a.flow != in {
		return v // an address
	}
	return a.extend(v)
}

// CallVector calls PowerPC code through a transition vector.
func (m *Manager) CallVector(vector uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	return m.callPowerPC("Go", vector, info, args)
}

// callPowerPC runs PowerPC code through its transition vector.
func (m *Manager) callPowerPC(from string, vector uint32, info coderes.ProcInfo, args []uint32) (uint32, error) {
	fail := func(err error) (uint32, error) { return 0, fmt.Errorf("transition vector 0x%08x: %w", vector, err) }
	s, err := m.plan(info)
	if err != nil {
		return fail(err)
	}
	code, err := m.space.Load32(vector)
	if err != nil {
		return fail(err)
	}
	if r := m.routineAt(code); r != nil {
		return m.callRoutine(from, r, args)
	}
	toc, err := m.space.Load32(vector + 4)
	switch {
	case err != nil:
		return fail(err)
	case m.processors.PPC == nil:
		return fail(ErrNoProcessor)
	case len(args) < len(s.args):
		return fail(fmt.Errorf("%w: %d arguments for %v", ErrConvention, len(args), info))
	}
	if m.Trace != nil {
		m.Trace(from, "PowerPC", vector, info, args)
	}
	until, err := m.control.Enter()
	if err != nil {
		return 0, err
	}
	regs := m.processors.PPCRegisters
	before := *regs
	v, err := m.runPowerPC(code, toc, until, s, args[:len(s.args)], &before)
	*regs = before
	m.control.Leave()
	return v, err
}

// runPowerPC is callPowerPC, but for what surrounds it.
func (m *Manager) runPowerPC(code, toc, until uint32, s *plan, args []uint32, before *cpu.PPC) (uint32, error) {
	regs := m.processors.PPCRegisters
	frame := regs.R[1] - firstParameter - uint32(4*max(len(args), inRegisters)) - 8
	frame &^= 15
	if err := m.space.Store32(frame, regs.R[1]); err != nil {
		return 0, fmt.Errorf("PowerPC code at 0x%08x: its stack: %w", code, err)
	}
	for i := range args {
		v := s.args[i].passed(args[i])
		if i < inRegisters {
			regs.R[3+i] = v
		} else if err := m.space.Store32(frame+firstParameter+uint32(4*i), v); err != nil {
			return 0, fmt.Errorf("PowerPC code at 0x%08x: its parameters: %w", code, err)
		}
	}
	regs.R[1], regs.R[2], regs.LR = frame, toc, until
	m.processors.PPC.SetPC(code)
	if err := m.processors.PPC.Run(until).Failure(); err != nil {
		return 0, err
	}
	if m.Checked {
		if err := m.checkPowerPC(code, frame, before); err != nil {
			return 0, err
		}
	}
	return s.result.extend(regs.R[3]), nil
}

// checkPowerPC verifies what a routine has left.
func (m *Manager) checkPowerPC(code, frame uint32, before *cpu.PPC) error {
	regs := m.processors.PPCRegisters
	if regs.R[1] != frame {
		return fmt.Errorf("%w: PowerPC code at 0x%08x leaves the stack at 0x%08x instead of 0x%08x", ErrUnbalanced, code, regs.R[1], frame)
	}
	for i := 13; i < 32; i++ {
		if regs.R[i] != before.R[i] {
			return fmt.Errorf("%w: PowerPC code at 0x%08x changes R%d from %#x to %#x", ErrUnbalanced, code, i, before.R[i], regs.R[i])
		}
	}
	for i := 14; i < 32; i++ {
		if regs.F[i] != before.F[i] {
			return fmt.Errorf("%w: PowerPC code at 0x%08x changes F%d from %#x to %#x", ErrUnbalanced, code, i, before.F[i], regs.F[i])
		}
	}
	for field := 2; field <= 4; field++ {
		shift := 28 - 4*field
		if was, is := before.CR>>shift&15, regs.CR>>shift&15; was != is {
			return fmt.Errorf("%w: PowerPC code at 0x%08x changes CR%d from %#x to %#x", ErrUnbalanced, code, field, was, is)
		}
	}
	return nil
}
