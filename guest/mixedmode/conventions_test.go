package mixedmode

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
)

// stage is a machine on which routines of any type are called in every direction. Each
// side is written for the type: callers and callees of the 68K and the PowerPC.
type stage struct {
	*machine
	code, seen, kept, given uint32 // places for code, what a callee saw, what a caller kept, addresses to give values back at
	vector                  uint32
	called                  []uint32 // what a Go callee saw
}

// Places after code.
const (
	calleeCode = 0x800
	saidSP     = 64 // of kept: the stack pointer before the call
	saidFlags  = 68 // the CCR after it
	saidResult = 72 // the result, if it was on the stack
	kept68K    = 0x5a000000
	keptPPC    = 0x7e000000
)

func newStage(t testing.TB) *stage {
	s := &stage{machine: newMachine(t)}
	s.code, s.seen, s.kept, s.given = s.load(make([]byte, 0x1000)), s.load(make([]byte, 256)), s.load(make([]byte, 512)), s.load(make([]byte, 256))
	s.vector = s.load(make([]byte, 16))
	return s
}

func (s *stage) poke(at uint32, data []byte) {
	if err := s.space.Store(at, data); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) peek(at uint32, size int) uint32 {
	var b [4]byte
	if err := s.space.Load(b[4-size:], at); err != nil {
		s.t.Fatal(err)
	}
	return binary.BigEndian.Uint32(b[:])
}

// Numbers that are told apart, with all their bits.
func argument32(i int) uint32 { return 0x9182a3b4 + uint32(i)*0x13579bdf }
func given32(i int) uint32    { return 0xc8d7e6f5 - uint32(i)*0x1a2b3c4d }

const result32 = 0xe1d2c3b4

// resultOf is what a callee returns: as much as has room.
func (r *routineType) resultOf() uint32 {
	if r.result.width == 0 {
		return 0
	}
	if r.result.kind != 'S' && !r.result.register() { // a flag
		return 1
	}
	return r.result.extended(result32)
}

// callee68K writes a routine of the 68K.
func (s *stage) callee68K(r *routineType) uint32 {
	var c code68K
	for i, v := range r.args {
		at := s.seen + uint32(4*i)
		switch {
		case v.flow == out:
		case v.register():
			c.keepRegister(v.n, at)
		case v.kind == 'P':
			c.keepStack(4, 4+v.n, at)
		default:
			c.keepStack(v.bytes(), 4+v.n, at)
		}
	}
	for _, n := range []int{0, 1, 2, 8, 9} {
		c.setRegister(n, 0x0bad0000+uint32(n))
	}
	halves := map[int]uint32{}
	half := func(v value, number uint32) {
		number = number&0xffff | 0x77770000 // above is what nobody may look at
		if v.width == 'b' {
			number |= 0x4400
		}
		switch old, ok := halves[v.n]; {
		case v.half == 'h' && ok:
			number = old&0xffff | number<<16
		case v.half == 'h':
			number <<= 16
		case ok:
			number = old&^0xffff | number&0xffff
		}
		halves[v.n] = number
	}
	for i, v := range r.args {
		if v.flow != in {
			if v.width == 'l' {
				halves[v.n] = given32(i)
			} else {
				half(v, given32(i))
			}
		}
	}
	flags := uint32(0)
	switch v := r.result; {
	case v.width == 0:
	case v.kind == 'S':
		c.setStack(v.bytes(), 4+v.n, result32)
	case v.half != 0:
		half(v, result32)
	case v.register():
		halves[v.n] = result32
	default:
		flags = v.flag()
	}
	for n, number := range halves {
		c.setRegister(n, number)
	}
	if r.popped && r.stack > 0 {
		c.returnsPopping(r.stack)
	} else {
		c.setFlags(flags)
		c.returns()
	}
	s.poke(s.code+calleeCode, c)
	return s.code + calleeCode
}

// calleePPC writes a routine of the PowerPC and returns its transition vector.
func (s *stage) calleePPC(r *routineType) uint32 {
	var c codePPC
	c.set(11, s.seen)
	for i := range r.args {
		register := 3 + i
		if i >= inRegisters {
			register = 0
			c.memory(lwz, register, 1, firstParameter+4*i)
		}
		c.memory(stw, register, 11, 4*i)
	}
	for i, v := range r.args {
		if v.flow != in {
			c.memory(lwz, 10, 11, 4*i)
			c.memory(lwz, 12, 10, 0)
			if v.flow == inOut {
				c.memory(stw, 12, 11, 4*(i+16))
			}
			c.set(12, given32(i))
			c.memory(map[int]uint32{1: stb, 2: sth, 4: stw}[v.bytes()], 12, 10, 0)
		}
	}
	for n := 4; n <= 12; n++ {
		c.set(n, 0x0bad1000+uint32(n))
	}
	c.set(3, result32)
	if r.result.width != 0 && r.resultOf() == 1 {
		c.set(3, 1)
	}
	c.returns()
	s.poke(s.code+calleeCode, c)
	if err := s.space.Store32(s.vector, s.code+calleeCode); err != nil {
		s.t.Fatal(err)
	}
	return s.vector
}

// calleeCFM68K writes a routine of a fragment for the 68K and returns its transition vector.
func (s *stage) calleeCFM68K(r *routineType) uint32 {
	var c code68K
	for i := range r.args {
		c.keepStack(4, 4+4*i, s.seen+uint32(4*i))
	}
	for i, v := range r.args {
		if v.flow != in {
			c.loadA0(s.seen + uint32(4*i))
			c.keepAtA0(v.bytes(), s.seen+uint32(4*(i+17)-v.bytes())) // the last bytes of a word
			c.setAtA0(v.bytes(), given32(i))
		}
	}
	for _, n := range []int{1, 2, 8, 9} {
		c.setRegister(n, 0x0bad0000+uint32(n))
	}
	c.setRegister(0, result32)
	if r.result.width != 0 && r.resultOf() == 1 {
		c.setRegister(0, 1)
	}
	c.words(0x4e74, uint32(4*len(r.args))) // rtd
	s.poke(s.code+calleeCode, c)
	if err := s.space.Store32(s.vector, s.code+calleeCode); err != nil {
		s.t.Fatal(err)
	}
	return s.vector
}

// fromCFM68K lets a caller of a fragment for the 68K call by CallUniversalProc.
func (s *stage) fromCFM68K(r *routineType, target uint32) error {
	var c code68K
	c.save()
	c.keepRegister(15, s.kept+saidSP)
	for i := len(r.args) - 1; i >= 0; i-- {
		c.push(4, s.pass(i, r.args[i]))
	}
	c.push(4, uint32(r.info))
	c.push(4, target)
	for n := 3; n <= 14; n++ {
		if n != 8 && n != 9 {
			c.setRegister(n, kept68K+uint32(n))
		}
	}
	c.call(s.control.HostGate(0))
	c.keepAll(s.kept)
	c.setSP(s.kept + saidSP)
	c.restore()
	c.returns()
	s.poke(s.code, c)
	if _, err := s.Call(s.code, 0); err != nil {
		return err
	}
	if number := s.peek(s.kept, 4); r.result.width != 0 && number != r.resultOf() {
		return fmt.Errorf("the result is %#x, not %#x", number, r.resultOf())
	}
	if is, want := s.peek(s.kept+15*4, 4), s.peek(s.kept+saidSP, 4)-uint32(4*(len(r.args)+2)); is != want {
		return fmt.Errorf("the stack is at %#x, not %#x", is, want)
	}
	for n := 3; n <= 14; n++ {
		if is := s.peek(s.kept+uint32(4*n), 4); n != 8 && n != 9 && is != kept68K+uint32(n) {
			return fmt.Errorf("register %d is %#x, not %#x", n, is, kept68K+n)
		}
	}
	return s.givenBack(r)
}

// calleeGo returns the transition vector of a Go routine.
func (s *stage) calleeGo(r *routineType) *Routine {
	routine, err := s.NewRoutine("callee", r.info, func(args []uint32) (uint32, error) {
		s.called = append(s.called[:0], args...)
		for i, v := range r.args {
			if v.flow == inOut {
				s.called = append(s.called, s.peek(args[i], v.bytes()))
			}
			if v.flow != in {
				var b [4]byte
				binary.BigEndian.PutUint32(b[:], given32(i))
				s.poke(args[i], b[4-v.bytes():])
			}
		}
		if r.result.width != 0 && r.resultOf() == 1 {
			return 1, nil
		}
		return result32, nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return routine
}

// from68K lets a 68K caller call an address.
func (s *stage) from68K(r *routineType, target uint32) error {
	var c code68K
	c.save()
	c.keepRegister(15, s.kept+saidSP)
	registers := map[int]uint32{}
	for n := 3; n <= 14; n++ {
		if n != 8 && n != 9 {
			registers[n] = kept68K + uint32(n)
		}
	}
	if r.slot > 0 {
		c.push(r.slot, 0x0bad0bad)
	}
	stack := make([]byte, r.stack)
	for i, v := range r.args {
		number := argument32(i)
		switch {
		case v.flow == out:
		case v.half == 'l':
			registers[v.n] = registers[v.n]&^0xffff | number&0xffff
		case v.half == 'h':
			registers[v.n] = registers[v.n]&0xffff | number<<16
		case v.register():
			registers[v.n] = number
		case v.kind == 'P':
			binary.BigEndian.PutUint32(stack[v.n:], number)
		default:
			var b [4]byte
			binary.BigEndian.PutUint32(b[:], number)
			copy(stack[v.n:], b[4-v.bytes():])
		}
	}
	for at := len(stack) - 2; at >= 0; at -= 2 {
		c.push(2, uint32(binary.BigEndian.Uint16(stack[at:])))
	}
	for n, number := range registers {
		c.setRegister(n, number)
	}
	c.call(target)
	c.keepFlags(s.kept + saidFlags)
	c.keepAll(s.kept)
	if r.slot > 0 {
		c.keepStack(r.slot, 0, s.kept+saidResult)
	}
	c.setSP(s.kept + saidSP)
	c.restore()
	c.returns()
	s.poke(s.code, c)
	if _, err := s.Call(s.code, 0); err != nil {
		return err
	}
	// What the caller has kept must be as it was, but for what is given back.
	want := s.peek(s.kept+saidSP, 4) - uint32(r.slot)
	if !r.popped {
		want -= uint32(r.stack)
	}
	if is := s.peek(s.kept+15*4, 4); is != want {
		return fmt.Errorf("the stack is at %#x, not %#x", is, want)
	}
	back := func(v value) uint32 {
		number := s.peek(s.kept+uint32(4*v.n), 4)
		if v.half == 'h' {
			number >>= 16
		}
		delete(registers, v.n)
		return v.extended(number)
	}
	for i, v := range r.args {
		if v.flow != in {
			if number := back(v); number != v.extended(given32(i)) {
				return fmt.Errorf("argument %d gives back %#x, not %#x", i, number, v.extended(given32(i)))
			}
		}
	}
	if v := r.result; v.width != 0 {
		number := uint32(0)
		switch {
		case v.register():
			number = back(v)
		case v.kind == 'S':
			number = v.extended(s.peek(s.kept+saidResult, v.bytes()))
		case s.peek(s.kept+saidFlags, 2)&v.flag() != 0:
			number = 1
		}
		if number != r.resultOf() {
			return fmt.Errorf("the result is %#x, not %#x", number, r.resultOf())
		}
	}
	for _, n := range []int{0, 1, 2, 8, 9} {
		delete(registers, n)
	}
	for n, number := range registers {
		if is := s.peek(s.kept+uint32(4*n), 4); is != number {
			return fmt.Errorf("register %d is %#x, not %#x", n, is, number)
		}
	}
	return nil
}

// pass is what Go and PowerPC code pass: a number, or where one is given back.
func (s *stage) pass(i int, v value) uint32 {
	if v.flow == in {
		return argument32(i)
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], argument32(i))
	at := s.given + uint32(4*i)
	s.poke(at, b[4-v.bytes():])
	return at
}

// givenBack checks what is there.
func (s *stage) givenBack(r *routineType) error {
	for i, v := range r.args {
		if v.flow != in {
			if number := s.peek(s.given+uint32(4*i), v.bytes()); v.extended(number) != v.extended(given32(i)) {
				return fmt.Errorf("argument %d gives back %#x, not %#x", i, number, given32(i))
			}
		}
	}
	return nil
}

// fromPPC lets a PowerPC caller call by CallUniversalProc.
func (s *stage) fromPPC(r *routineType, target uint32) error {
	const frame, saved = 256, 160
	var c codePPC
	c.linkTo(0)
	c.memory(stw, 0, 1, 8)
	c.getCR(0)
	c.memory(stw, 0, 1, 4)
	c.memory(stwu, 1, 1, -frame)
	c.memory(stmw, 13, 1, saved)
	c.set(11, keptPPC)
	c.setCR(11)
	words := []uint32{target, uint32(r.info)}
	for i, v := range r.args {
		words = append(words, s.pass(i, v))
	}
	for i, w := range words {
		register := 3 + i
		if i >= inRegisters {
			register = 11
		}
		c.set(register, w)
		if i >= inRegisters {
			c.memory(stw, register, 1, firstParameter+4*i)
		}
	}
	for n := 13; n < 32; n++ {
		c.set(n, keptPPC+uint32(n))
	}
	c.call(s.control.HostGate(0))
	c.getCR(4)
	c.set(11, s.kept)
	c.memory(stw, 3, 11, 0)
	c.memory(stw, 1, 11, 4)
	c.memory(stw, 4, 11, 8)
	c.memory(stmw, 13, 11, 12)
	c.memory(lmw, 13, 1, saved)
	c.memory(addi, 1, 1, frame)
	c.memory(lwz, 0, 1, 4)
	c.setCR(0)
	c.memory(lwz, 0, 1, 8)
	c.linkFrom(0)
	c.returns()
	s.poke(s.code, c)
	if err := s.space.Store32(s.vector+8, s.code); err != nil {
		return err
	}
	before := s.ppc.R[1]
	if _, err := s.CallVector(s.vector+8, 1); err != nil {
		return err
	}
	if number := s.peek(s.kept, 4); r.result.width != 0 && number != r.resultOf() {
		return fmt.Errorf("the result is %#x, not %#x", number, r.resultOf())
	}
	if is := s.peek(s.kept+4, 4); is >= before || before-is > 2*frame {
		return fmt.Errorf("the stack is at %#x", is)
	}
	if is := s.peek(s.kept+8, 4); is>>16&0xfff0 != keptPPC>>16&0xfff0 {
		return fmt.Errorf("CR is %#x, not %#x", is, uint32(keptPPC))
	}
	for n := 13; n < 32; n++ {
		if is := s.peek(s.kept+uint32(12+4*(n-13)), 4); is != keptPPC+uint32(n) {
			return fmt.Errorf("R%d is %#x, not %#x", n, is, keptPPC+n)
		}
	}
	return s.givenBack(r)
}

func (s *stage) fromGo(r *routineType, target uint32) error {
	var args []uint32
	for i, v := range r.args {
		args = append(args, s.pass(i, v))
	}
	registers68K, registersPPC := s.m68k.M68K, s.ppc.PPC
	number, err := s.Call(target, r.info, args...)
	switch {
	case err != nil:
		return err
	case r.result.width != 0 && number != r.resultOf():
		return fmt.Errorf("the result is %#x, not %#x", number, r.resultOf())
	case s.m68k.M68K != registers68K || s.ppc.PPC != registersPPC:
		return fmt.Errorf("registers have changed")
	}
	return s.givenBack(r)
}

// saw checks the arguments that a callee saw.
func (s *stage) saw(r *routineType, callee string) error {
	more := len(r.args)
	for i, v := range r.args {
		number := uint32(0)
		switch {
		case v.flow == inOut && callee == "PowerPC":
			number = s.peek(s.seen+uint32(4*(i+16)), v.bytes())
		case v.flow == inOut && callee == "CFM-68K":
			number = s.peek(s.seen+uint32(4*(i+17)-v.bytes()), v.bytes())
		case callee == "Go" && v.flow == inOut:
			number = s.called[more]
			more++
		case v.flow == out:
			continue
		case callee == "Go":
			number = s.called[i]
		case callee == "PowerPC" || callee == "CFM-68K" || v.kind == 'P':
			number = s.peek(s.seen+uint32(4*i), 4)
		case v.half == 'h':
			number = v.extended(s.peek(s.seen+uint32(4*i), 2))
		case v.register():
			number = v.extended(s.peek(s.seen+uint32(4*i), 4))
		default:
			number = v.extended(s.peek(s.seen+uint32(4*i), v.bytes()))
		}
		if want := v.extended(argument32(i)); number != want {
			return fmt.Errorf("argument %d is %#x, not %#x", i, number, want)
		}
	}
	return nil
}

// TestEveryConvention calls routines of every convention, with results and parameters
// of every size, from Go and from code of each processor and runtime architecture, which
// are themselves each of these.
func TestEveryConvention(t *testing.T) {
	s := newStage(t)
	all := types(t)
	callers := map[string]func(*routineType, uint32) error{"Go": s.fromGo, "68K": s.from68K, "PowerPC": s.fromPPC, "CFM-68K": s.fromCFM68K}
	calls, bad := 0, 0
	for i := range all {
		r := &all[i]
		for _, callee := range []string{"Go", "68K", "PowerPC", "CFM-68K"} {
			var upp uint32
			var routine *Routine
			var err error
			switch callee {
			case "Go":
				routine = s.calleeGo(r)
				upp = routine.UPP
			case "68K":
				upp, err = s.NewRoutineDescriptor(s.callee68K(r), r.info, coderes.M68K)
			case "PowerPC":
				upp, err = s.NewRoutineDescriptor(s.calleePPC(r), r.info, coderes.PowerPC)
			case "CFM-68K":
				upp, err = s.NewDescriptor(coderes.RoutineRecord{ProcInfo: r.info, ISA: coderes.M68K, RTA: coderes.CFM68K, Flags: coderes.UseNativeISA, Proc: s.calleeCFM68K(r)})
			}
			if err != nil {
				t.Fatal(err)
			}
			for caller, call := range callers {
				s.poke(s.seen, make([]byte, 256))
				s.called = nil
				calls++
				err := call(r, upp)
				if err == nil {
					err = s.saw(r, callee)
				}
				if err != nil {
					t.Errorf("%s calls %s, %v: %v", caller, callee, r.info, err)
					bad++
				}
			}
			if routine != nil {
				err = s.DisposeRoutine(routine)
			} else {
				err = s.DisposeRoutineDescriptor(upp)
			}
			if err != nil {
				t.Fatal(err)
			}
			if bad > 20 {
				t.FailNow()
			}
		}
	}
	if s.control.Depth() != 0 || len(s.arena) != 0 {
		t.Errorf("depth %d, %d words of arguments are left", s.control.Depth(), len(s.arena))
	}
	t.Logf("%d types, %d calls", len(all), calls)
}
