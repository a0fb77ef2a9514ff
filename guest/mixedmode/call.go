package mixedmode

import (
	"bytes"
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
		return m.callRoutine(from, r, args)
	}
	word, err := m.space.Load16(upp)
	if err != nil {
		return 0, fmt.Errorf("universal procedure pointer 0x%08x: %w", upp, err)
	}
	if word != trap {
		return m.call68K(from, upp, info, args)
	}
	k, err := m.descriptor(upp)
	if err != nil {
		return 0, err
	}
	record, err := m.choose(from, upp, k, args)
	if err != nil {
		return 0, err
	}
	return m.callRecord(from, upp, record, args)
}

// callRecord calls the routine of a record.
func (m *Manager) callRecord(from string, upp uint32, record *coderes.RoutineRecord, args []uint32) (uint32, error) {
	target, info := record.Proc, record.ProcInfo
	if record.Flags&coderes.Relative != 0 {
		target += upp
	}
	if record.Flags&coderes.DropSelector != 0 && len(args) > 0 {
		if s, err := m.plan(info); err == nil && s.dispatched {
			info, args = undispatched(info), args[1:]
		}
	}
	switch {
	case record.Flags&coderes.ProcIsIndex != 0:
		// <MixedMode.h> has this flag's name and value. The manual has neither it nor a
		// table, and no code was found that uses it.
		return 0, fmt.Errorf("%w: 0x%08x: the routine is an index into a table that nothing says where to find", ErrDescriptor, upp)
	case record.ISA == coderes.M68K && record.RTA == coderes.CFM68K:
		return m.callCFM68K(from, target, info, args)
	case record.ISA == coderes.M68K:
		return m.call68K(from, target, info, args)
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
	return m.callPowerPC(from, target, info, args)
}

// undispatched is the ProcInfo of a dispatched routine that does not get its selector.
func undispatched(info coderes.ProcInfo) coderes.ProcInfo {
	convention := coderes.PascalStack
	if coderes.Convention(info&0xf) == coderes.D0DispatchC {
		convention = coderes.CStack
	}
	return coderes.ProcInfo(convention) | info&0x30 | info>>8<<6
}

// known is a routine descriptor that was read, and may be looked at again if it has not
// changed.
type known struct {
	image      []byte
	descriptor *coderes.RoutineDescriptor
	plans      []*plan // of its routines, nil of one that cannot be called
	bySelector bool
	// indexed says that the selectors are the numbers of the routines, and nothing else.
	indexed bool
}

// mostKnown is how many are kept.
const mostKnown = 4096

// descriptor reads the routine descriptor at an address.
func (m *Manager) descriptor(upp uint32) (*known, error) {
	const header, record = 12, 20
	count, err := m.space.Load16(upp + 10)
	if err != nil {
		return nil, fmt.Errorf("%w at 0x%08x: %w", ErrDescriptor, upp, err)
	}
	if count >= mostRecords {
		return nil, fmt.Errorf("%w at 0x%08x: it claims %d routines (at most %d)", ErrDescriptor, upp, int(count)+1, mostRecords)
	}
	image, size := m.image[:], header+record*(int(count)+1)
	if size > len(image) {
		image = make([]byte, size)
	}
	image = image[:size]
	if err := m.space.Load(image, upp); err != nil {
		return nil, fmt.Errorf("%w at 0x%08x: %w", ErrDescriptor, upp, err)
	}
	if k := m.known[upp]; k != nil && bytes.Equal(k.image, image) {
		return k, nil
	}
	d, err := coderes.DecodeRoutineDescriptor(image)
	if err != nil {
		return nil, fmt.Errorf("%w at 0x%08x: %w", ErrDescriptor, upp, err)
	}
	k := &known{image: bytes.Clone(image), descriptor: d}
	for i := range d.Routines {
		r := &d.Routines[i]
		// The routines of a fat descriptor are one for each processor, not for each
		// selector.
		k.bySelector = k.bySelector || r.Selector != d.Routines[0].Selector || r.Flags&coderes.IsDefault != 0
		k.indexed = (i == 0 || k.indexed) && d.Indexable && r.ISA == d.Routines[0].ISA
		s, _ := m.plan(r.ProcInfo)
		k.plans = append(k.plans, s)
	}
	k.indexed = k.indexed && !k.bySelector
	if m.known == nil || len(m.known) == mostKnown {
		m.known = map[uint32]*known{}
	}
	m.known[upp] = k
	return k, nil
}

// choose chooses among a descriptor's routines: if they are dispatched, those for the
// selector, or else the default ones; of these the one for the better processor that
// there is, the PowerPC, but for 68K code its own, if that does not ask for the better
// one.
func (m *Manager) choose(from string, upp uint32, k *known, args []uint32) (*coderes.RoutineRecord, error) {
	if s := k.plans[0]; k.indexed && s != nil && s.dispatched && len(args) > 0 {
		n := s.args[0].extend(args[0])
		if int64(n) >= int64(len(k.descriptor.Routines)) {
			return nil, fmt.Errorf("universal procedure pointer 0x%08x: %w: selector %d of %d routines", upp, ErrDescriptor, n, len(k.descriptor.Routines))
		}
		return &k.descriptor.Routines[n], nil
	}
	var best, other *coderes.RoutineRecord // other is a default one
	for i := range k.descriptor.Routines {
		r, s := &k.descriptor.Routines[i], k.plans[i]
		if r.ISA == coderes.PowerPC && m.processors.PPC == nil || r.ISA == coderes.M68K && m.processors.M68K == nil {
			if m.routineOf(upp, r) == nil {
				continue
			}
		}
		to := &best
		if k.bySelector && s != nil && s.dispatched && (len(args) == 0 || r.Selector != s.args[0].extend(args[0])) {
			if r.Flags&coderes.IsDefault == 0 {
				continue
			}
			to = &other
		}
		if *to == nil || better(from, *to, r) {
			*to = r
		}
	}
	if best == nil {
		best = other
	}
	if best == nil {
		return nil, fmt.Errorf("universal procedure pointer 0x%08x: %w for any of its %d routines, or the selector", upp, ErrNoProcessor, len(k.descriptor.Routines))
	}
	return best, nil
}

// better says whether a routine is better than another for who calls it.
func better(from string, than, r *coderes.RoutineRecord) bool {
	own := than.ISA == coderes.M68K && than.Flags&coderes.UseNativeISA == 0 && from == "68K"
	return r.ISA == coderes.PowerPC && than.ISA != coderes.PowerPC && !own ||
		r.ISA == coderes.M68K && than.ISA != coderes.M68K && r.Flags&coderes.UseNativeISA == 0 && from == "68K"
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
	k, err := m.descriptor(upp)
	if err != nil {
		return err
	}
	d := *k.descriptor
	i := slices.Index(d.Routines, *record)
	if i < 0 {
		return nil // the routine has been changed meanwhile
	}
	d.Routines = slices.Clone(d.Routines)
	d.Routines[i].Flags &^= coderes.NeedsPreparing | coderes.Relative
	d.Routines[i].Proc = vector
	data, err := d.Encode()
	if err != nil {
		return err
	}
	return m.space.Poke(upp, data)
}

// callRoutine calls a Go function with arguments that nobody has extended yet.
func (m *Manager) callRoutine(from string, r *Routine, args []uint32) (uint32, error) {
	if len(args) < len(r.plan.args) {
		return m.callGo(from, r, args)
	}
	defer m.leave(len(m.arena))
	own := m.room(len(r.plan.args))
	for i := range own {
		own[i] = r.plan.args[i].passed(args[i])
	}
	return m.callGo(from, r, own)
}

// callGo calls a Go function.
func (m *Manager) callGo(from string, r *Routine, args []uint32) (uint32, error) {
	if n := len(r.plan.args); len(args) < n {
		return 0, fmt.Errorf("%s: %w: %d arguments for %v", r.Name, ErrConvention, len(args), r.ProcInfo)
	}
	if m.Trace != nil {
		m.Trace(from, "Go", r.Code, r.ProcInfo, args)
	}
	v, err := r.call(args)
	if err != nil {
		return 0, &Switched{fmt.Errorf("%s: %w", r.Name, err)}
	}
	return r.plan.result.extend(v), nil
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
		if err := m.descriptor68K(ev.PC); err != nil {
			return true, &Switched{err}
		}
		return true, nil
	}
	return false, nil
}

// Switched is an error that has ended a mode switch, or a function of the host's.
type Switched struct{ Err error }

func (s *Switched) Error() string { return s.Err.Error() }

// Unwrap returns the error.
func (s *Switched) Unwrap() error { return s.Err }

// gatePowerPC serves PowerPC code that calls a Go function.
func (m *Manager) gatePowerPC(r *Routine) error {
	defer m.leave(len(m.arena))
	args, err := m.takePowerPC(r.plan, 0)
	if err != nil {
		return err
	}
	back := m.processors.PPCRegisters.LR
	v, err := m.callGo("PowerPC", r, args)
	if err != nil {
		return err
	}
	m.returnPowerPC(r.plan, v, back)
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
	defer m.leave(len(m.arena))
	args, err := m.takePowerPC(s, 2)
	if err != nil {
		return err
	}
	back := regs.LR
	v, err := m.call("PowerPC", upp, info, args)
	if err != nil {
		return err
	}
	m.returnPowerPC(s, v, back)
	return nil
}

// gate68K serves 68K code that calls a Go function.
func (m *Manager) gate68K(r *Routine) error {
	defer m.leave(len(m.arena))
	args, err := m.take68K(r.plan)
	if err != nil {
		return err
	}
	v, err := m.callGo("68K", r, args)
	if err != nil {
		return err
	}
	return m.return68K(r.plan, v, args)
}

// descriptor68K serves 68K code that calls a routine descriptor.
func (m *Manager) descriptor68K(upp uint32) error {
	k, err := m.descriptor(upp)
	if err != nil {
		return err
	}
	// The selector, if any, is where all the routines have it: their conventions
	// differ in nothing else.
	info := k.descriptor.Routines[0].ProcInfo
	s, err := m.plan(info)
	if err != nil {
		return err
	}
	defer m.leave(len(m.arena))
	args, err := m.take68K(s)
	if err != nil {
		return err
	}
	record, err := m.choose("68K", upp, k, args)
	if err != nil {
		return err
	}
	if record.ProcInfo != info {
		m.processors.M68KRegisters.A[7] += s.scratch
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
	return m.return68K(s, v, args)
}
