package mixedmode

import (
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
)

// mostRecords is how many routines a descriptor may have to be looked at.
const mostRecords = 256

// Call calls a universal procedure pointer with arguments of 32 bits each and
// returns its result: CallUniversalProc. info is how the caller means to call it;
// a routine descriptor knows better how the routine is called.
func (m *Manager) Call(upp uint32, info coderes.ProcInfo, args ...uint32) (uint32, error) {
	return m.call("Go", upp, info, args)
}

func (m *Manager) call(from string, upp uint32, info coderes.ProcInfo, args []uint32) (uint32, error) {
	if r := m.routineAt(upp); r != nil {
		return m.callGo(from, r, args)
	}
	word, err := m.space.Load16(upp)
	if err != nil {
		return 0, fmt.Errorf("universal procedure pointer 0x%08x: %w", upp, err)
	}
	if word != trap {
		return m.call68K(from, upp, info, args)
	}
	record, err := m.choose(upp, info, args)
	if err != nil {
		return 0, err
	}
	return m.callRecord(from, upp, record, args)
}

// callRecord calls the routine of a record.
func (m *Manager) callRecord(from string, upp uint32, record *coderes.RoutineRecord, args []uint32) (uint32, error) {
	target := record.Proc
	if record.Flags&coderes.Relative != 0 {
		target += upp
	}
	if record.Flags&coderes.DropSelector != 0 && len(args) > 0 {
		if s, err := m.plan(record.ProcInfo); err == nil && s.Selector != coderes.None {
			args = args[1:]
		}
	}
	switch {
	case record.Flags&coderes.ProcIsIndex != 0:
		return 0, fmt.Errorf("%w: 0x%08x: the routine is an index into a table that nothing says where to find", ErrDescriptor, upp)
	case record.ISA == coderes.M68K && record.RTA == coderes.CFM68K:
		return m.callCFM68K(from, target, record.ProcInfo, args)
	case record.ISA == coderes.M68K:
		return m.call68K(from, target, record.ProcInfo, args)
	case record.Flags&coderes.NeedsPreparing != 0:
		if m.Prepare == nil {
			return 0, fmt.Errorf("%w: 0x%08x: its code is a fragment that has to be prepared, and nothing here does that", ErrDescriptor, upp)
		}
		vector, err := m.Prepare(target)
		if err != nil {
			return 0, err
		}
		if err := m.prepared(upp, record, vector); err != nil {
			return 0, err
		}
		target = vector
	}
	return m.callPowerPC(from, target, record.ProcInfo, args)
}

// descriptor reads the routine descriptor at an address.
func (m *Manager) descriptor(upp uint32) (*coderes.RoutineDescriptor, []byte, error) {
	const header, record = 12, 20
	count, err := m.space.Load16(upp + 10)
	if err != nil {
		return nil, nil, fmt.Errorf("%w at 0x%08x: %w", ErrDescriptor, upp, err)
	}
	if count >= mostRecords {
		return nil, nil, fmt.Errorf("%w at 0x%08x: it claims %d routines (at most %d)", ErrDescriptor, upp, int(count)+1, mostRecords)
	}
	data := make([]byte, header+record*(int(count)+1))
	if err := m.space.Load(data, upp); err != nil {
		return nil, nil, fmt.Errorf("%w at 0x%08x: %w", ErrDescriptor, upp, err)
	}
	d, err := coderes.DecodeRoutineDescriptor(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%w at 0x%08x: %w", ErrDescriptor, upp, err)
	}
	return d, data, nil
}

// choose chooses among a descriptor's routines: by the selector if they are
// dispatched, otherwise the one for the better processor that there is.
func (m *Manager) choose(upp uint32, info coderes.ProcInfo, args []uint32) (*coderes.RoutineRecord, error) {
	d, _, err := m.descriptor(upp)
	if err != nil {
		return nil, err
	}
	// The routines of a fat descriptor are one for each processor, not for each
	// selector.
	bySelector := slices.ContainsFunc(d.Routines, func(r coderes.RoutineRecord) bool {
		return r.Selector != d.Routines[0].Selector || r.Flags&coderes.IsDefault != 0
	})
	var best *coderes.RoutineRecord
	for i := range d.Routines {
		r := &d.Routines[i]
		s, err := m.plan(r.ProcInfo)
		dispatched := bySelector && err == nil && s.Selector != coderes.None
		if r.ISA == coderes.PowerPC && m.processors.PPC == nil || r.ISA == coderes.M68K && m.processors.M68K == nil {
			if m.routineOf(upp, r) == nil {
				continue
			}
		}
		switch {
		case dispatched && len(args) > 0 && r.Selector == extend(args[0], s.Selector):
			return r, nil
		case dispatched && r.Flags&coderes.IsDefault == 0:
		case best == nil, r.ISA == coderes.PowerPC && best.ISA != coderes.PowerPC:
			best = r
		}
	}
	if best == nil {
		return nil, fmt.Errorf("universal procedure pointer 0x%08x: %w for any of its %d routines, or the selector", upp, ErrNoProcessor, len(d.Routines))
	}
	return best, nil
}

// routineOf returns the Go function that a record leads to.
func (m *Manager) routineOf(upp uint32, r *coderes.RoutineRecord) *Routine {
	target := r.Proc
	if r.Flags&coderes.Relative != 0 {
		target += upp
	}
	if r.ISA == coderes.M68K || r.Flags&coderes.NeedsPreparing != 0 {
		return nil
	}
	code, err := m.space.Load32(target)
	if err != nil {
		return nil
	}
	return m.routineAt(code)
}

// prepared notes in a descriptor that a fragment is ready.
func (m *Manager) prepared(upp uint32, record *coderes.RoutineRecord, vector uint32) error {
	d, _, err := m.descriptor(upp)
	if err != nil {
		return err
	}
	for i := range d.Routines {
		if d.Routines[i] == *record {
			d.Routines[i].Flags &^= coderes.NeedsPreparing | coderes.Relative
			d.Routines[i].Proc = vector
			data, err := d.Encode()
			if err != nil {
				return err
			}
			return m.space.Poke(upp, data)
		}
	}
	return nil
}

// callGo calls a Go function.
func (m *Manager) callGo(from string, r *Routine, args []uint32) (uint32, error) {
	s, err := m.plan(r.ProcInfo)
	if err != nil {
		return 0, err
	}
	if len(args) < len(s.sizes) {
		return 0, fmt.Errorf("%s: %w: %d arguments for %v", r.Name, ErrConvention, len(args), r.ProcInfo)
	}
	if m.Trace != nil {
		m.Trace(from, "Go", r.Code, r.ProcInfo, args)
	}
	v, err := r.call(args)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", r.Name, err)
	}
	return extend(v, s.Result), nil
}

// Handle deals with the events that are mode switches: gates of Go functions, and
// the trap of routine descriptors. A machine's Host calls it first.
func (m *Manager) Handle(e cpu.Engine, ev cpu.Event) (handled bool, err error) {
	switch {
	case ev.Kind == cpu.Gate:
		r := m.routineAt(ev.Code)
		if r == nil {
			return false, nil
		}
		if e == m.processors.PPC {
			return true, m.gatePowerPC(r)
		}
		if m.fromCFM68K(r) {
			return true, m.gateCFM68K(r)
		}
		return true, m.gate68K(r)
	case ev.Kind == cpu.LineA && ev.Code == trap:
		return true, m.descriptor68K(ev.PC)
	}
	return false, nil
}

// gatePowerPC serves PowerPC code that calls a Go function.
func (m *Manager) gatePowerPC(r *Routine) error {
	regs := m.processors.PPCRegisters
	s, err := m.plan(r.ProcInfo)
	if err != nil {
		return err
	}
	args, err := m.takePowerPC(s, 0)
	if err != nil {
		return err
	}
	back := regs.LR
	v, err := m.callGo("PowerPC", r, args)
	if err != nil {
		return err
	}
	if s.Result != coderes.None {
		regs.R[3] = v
	}
	m.processors.PPC.SetPC(back)
	return nil
}

// CallFromPowerPC serves CallUniversalProc, called by PowerPC code with the UPP,
// the ProcInfo and the routine's own parameters.
func (m *Manager) CallFromPowerPC() error {
	regs := m.processors.PPCRegisters
	upp, info := regs.R[3], coderes.ProcInfo(regs.R[4])
	s, err := m.plan(info)
	if err != nil {
		return err
	}
	args, err := m.takePowerPC(s, 2)
	if err != nil {
		return err
	}
	back := regs.LR
	v, err := m.call("PowerPC", upp, info, args)
	if err != nil {
		return err
	}
	if s.Result != coderes.None {
		regs.R[3] = v
	}
	m.processors.PPC.SetPC(back)
	return nil
}

// gate68K serves 68K code that calls a Go function.
func (m *Manager) gate68K(r *Routine) error {
	s, err := m.plan(r.ProcInfo)
	if err != nil {
		return err
	}
	args, err := m.take68K(s)
	if err != nil {
		return err
	}
	v, err := m.callGo("68K", r, args)
	if err != nil {
		return err
	}
	return m.return68K(s, v)
}

// descriptor68K serves 68K code that calls a routine descriptor.
func (m *Manager) descriptor68K(upp uint32) error {
	// The selector, if any, is where all the routines have it: their conventions
	// differ in nothing else.
	d, _, err := m.descriptor(upp)
	if err != nil {
		return err
	}
	s, err := m.plan(d.Routines[0].ProcInfo)
	if err != nil {
		return err
	}
	args, err := m.take68K(s)
	if err != nil {
		return err
	}
	record, err := m.choose(upp, d.Routines[0].ProcInfo, args)
	if err != nil {
		return err
	}
	if record.ProcInfo != d.Routines[0].ProcInfo {
		if s, err = m.plan(record.ProcInfo); err != nil {
			return err
		}
		if args, err = m.take68K(s); err != nil {
			return err
		}
	}
	v, err := m.callRecord("68K", upp, record, args)
	if err != nil {
		return err
	}
	return m.return68K(s, v)
}
