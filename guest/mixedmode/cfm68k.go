package mixedmode

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
)

// CFM-68K is the 68K's runtime architecture with fragments. A routine is called
// through a transition vector, of its code's address and its fragment's A5:
//
//	movea.l vector(a5),a1
//	movea.l (a1)+,a0
//	jsr     (a0)
//
// so that it finds its A5 at (A1), and loads it if it needs one; its caller has kept
// its own. Each parameter takes four bytes of the stack, the first next to the return
// address, and is in their last ones if it is shorter. The routine removes its
// parameters; its result is in D0.
//
// Source: "Mac OS Runtime Architectures", chapter 2, "CFM-68K Runtime Conventions".

// slot is how many bytes a parameter takes.
const slot = 4

// CallVector68K calls code of a CFM-68K fragment through its transition vector. Of
// info only the sizes count.
func (m *Manager) CallVector68K(vector uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	return m.callCFM68K("Go", vector, info, args)
}

func (m *Manager) callCFM68K(from string, vector uint32, info coderes.ProcInfo, args []uint32) (uint32, error) {
	fail := func(err error) (uint32, error) {
		return 0, fmt.Errorf("68K transition vector 0x%08x: %w", vector, err)
	}
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
	switch n := len(s.args); {
	case m.processors.M68K == nil:
		return fail(ErrNoProcessor)
	case len(args) < n:
		return fail(fmt.Errorf("%w: %d arguments for %v", ErrConvention, len(args), info))
	default:
		args = args[:n]
	}
	if m.Trace != nil {
		m.Trace(from, "CFM-68K", vector, info, args)
	}
	until, err := m.control.Enter()
	if err != nil {
		return 0, err
	}
	regs := m.processors.M68KRegisters
	before := *regs
	v, err := m.runCFM68K(s, code, vector, until, args)
	*regs = before
	m.control.Leave()
	return v, err
}

// runCFM68K is callCFM68K, but for what surrounds it.
func (m *Manager) runCFM68K(s *plan, code, vector, until uint32, args []uint32) (uint32, error) {
	regs := m.processors.M68KRegisters
	for i := len(args) - 1; i >= 0; i-- {
		regs.A[7] -= slot
		if err := m.space.Store32(regs.A[7], s.args[i].passed(args[i])); err != nil {
			return 0, fmt.Errorf("68K transition vector 0x%08x: its parameters: %w", vector, err)
		}
	}
	regs.A[7] -= slot
	if err := m.space.Store32(regs.A[7], until); err != nil {
		return 0, fmt.Errorf("68K transition vector 0x%08x: its return address: %w", vector, err)
	}
	regs.A[0], regs.A[1] = code, vector+4
	entry := *regs
	m.processors.M68K.SetPC(code)
	if err := m.processors.M68K.Run(until).Failure(); err != nil {
		return 0, err
	}
	if m.Checked {
		entry.A[5] = regs.A[5] // the caller's to keep
		if err := m.check68K(code, s.info, 0, entry.A[7]+slot+slot*uint32(len(args)), &entry); err != nil {
			return 0, err
		}
	}
	return s.result.extend(regs.D[0]), nil
}

// fromCFM68K says whether a Go function was called through its transition vector, as
// only CFM-68K code calls it.
func (m *Manager) fromCFM68K(r *Routine) bool {
	return m.processors.M68KRegisters.A[1] == r.Vector+4
}

// gateCFM68K serves CFM-68K code that calls a Go function.
func (m *Manager) gateCFM68K(r *Routine) error {
	s, regs := r.plan, m.processors.M68KRegisters
	back, err := m.space.Load32(regs.A[7])
	if err != nil {
		return err
	}
	defer m.leave(len(m.arena))
	args, at := m.room(len(s.args)), regs.A[7]+slot
	for i := range args {
		v, err := m.space.Load32(at)
		if err != nil {
			return err
		}
		args[i] = s.args[i].passed(v)
		at += slot
	}
	v, err := m.callGo("CFM-68K", r, args)
	if err != nil {
		return err
	}
	m.returnCFM68K(s, v, at, back)
	return nil
}

// returnCFM68K returns to CFM-68K code from a routine that it called; the stack is at sp
// then.
func (m *Manager) returnCFM68K(s *plan, v, sp, back uint32) {
	regs := m.processors.M68KRegisters
	if s.result.width != nothing {
		regs.D[0] = v
	}
	regs.A[7] = sp
	m.processors.M68K.SetPC(back)
}

// CallFromCFM68K serves CallUniversalProc, called by CFM-68K code with the UPP, the
// ProcInfo and the routine's own parameters. All these are the caller's to remove, as
// those of any routine with a varying number of them.
func (m *Manager) CallFromCFM68K() error {
	regs := m.processors.M68KRegisters
	var words [3]uint32 // the return address, the UPP, the ProcInfo
	for i := range words {
		var err error
		if words[i], err = m.space.Load32(regs.A[7] + uint32(slot*i)); err != nil {
			return err
		}
	}
	back, upp, info := words[0], words[1], coderes.ProcInfo(words[2])
	s, err := m.plan(info)
	if err != nil {
		return err
	}
	defer m.leave(len(m.arena))
	args := m.room(len(s.args))
	for i := range args {
		v, err := m.space.Load32(regs.A[7] + uint32(slot*(len(words)+i)))
		if err != nil {
			return err
		}
		args[i] = s.args[i].passed(v)
	}
	sp := regs.A[7] + slot
	v, err := m.call("CFM-68K", upp, info, args)
	if err != nil {
		return err
	}
	m.returnCFM68K(s, v, sp, back)
	return nil
}
