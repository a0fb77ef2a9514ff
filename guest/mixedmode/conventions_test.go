package mixedmode

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
)

// The tests here know by themselves how 68K code passes values, as the manuals say: a
// value is where a text says, such as
//
//	D0:l  A3:l  D1:s      in a register: a byte, signed or unsigned short, or long
//	D2lo:s  D2hi:s        in half of one
//	Z:b                   in a condition bit
//	S4:s                  on the stack, so far above the return address
//	P4:s                  there as the last bytes of four
//	>D3:u  <>D0:b         given back, or both ways
type value struct {
	kind  byte // D or A (a register), S, P, or the letter of a flag
	n     int  // register from 0 to 15, or offset
	half  byte // l or h
	width byte // b, s, u or l
	flow  flow
}

func parseValue(t testing.TB, text string) value {
	v := value{}
	rest, given := strings.CutPrefix(text, "<>")
	if given {
		v.flow = inOut
	} else if rest, given = strings.CutPrefix(text, ">"); given {
		v.flow = out
	}
	where, width, ok := strings.Cut(rest, ":")
	if !ok || len(width) != 1 {
		t.Fatalf("%q is no value", text)
	}
	v.width, v.kind = width[0], where[0]
	if w, ok := strings.CutSuffix(where, "lo"); ok {
		where, v.half = w, 'l'
	} else if w, ok := strings.CutSuffix(where, "hi"); ok {
		where, v.half = w, 'h'
	}
	if strings.ContainsRune("DASP", rune(v.kind)) {
		if _, err := fmt.Sscan(where[1:], &v.n); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	if v.kind == 'A' {
		v.n += 8
	}
	return v
}

func (v value) register() bool { return v.kind == 'D' || v.kind == 'A' }
func (v value) bytes() int     { return map[byte]int{'b': 1, 's': 2, 'u': 2, 'l': 4}[v.width] }
func (v value) flag() uint32 {
	return 1 << strings.IndexByte("CVZNX", v.kind)
}

// extended is a number as 32 bits of the value.
func (v value) extended(n uint32) uint32 {
	switch v.width {
	case 'b':
		return n & 0xff
	case 's':
		return uint32(int32(int16(n)))
	case 'u':
		return n & 0xffff
	}
	return n
}

// routineType is a way to call a routine.
type routineType struct {
	info   coderes.ProcInfo
	args   []value
	result value // of no width, if there is none
	stack  int   // bytes of arguments
	slot   int   // of the place for the result above them
	popped bool
}

// specialTypes are the special cases as the manuals list them.
var specialTypes = []struct{ args, result string }{
	0:  {"S0:l A3:l", ""},
	1:  {"D0:b A3:l A4:l", "Z:b"},
	2:  {"D0:u D1:u A0:l A3:l A4:l", "D1:u"},
	3:  {"D0:u D1:u D2lo:s D2hi:s A0:l A2:l A3:l A4:l", "D1:u"},
	4:  {"D0:u D1:u A0:l A3:l A4:l", ""},
	5:  {"D0:u D1:u D2:u A0:l A3:l A4:l >D0lo:u >D1:u >D2:b", "D0hi:b"},
	6:  {"D0:u D2:s A3:l A4:l >D0:u >D1:u", ""},
	7:  {"A0:l A1:l A2:l A3:l A4:l D1:s", "Z:b"},
	8:  {"A0:l A1:l A2:l A3:l A4:l D0:b D1:s", "Z:b"},
	9:  {"A3:l D7:u >D2:u >D3:u >D4:u", ""},
	10: {"A3:l D3:u D4:u D7:s >A0:l >D0:s", ""},
	11: {"A1:l <>D0:b", ""},
	12: {"S0:l", "D0:s"},
}

// sizes of ProcInfos and the widths of their values.
const sizeWidths = " bsl"

// stackType is a type of a convention with its parameters on the stack.
func stackType(c coderes.Convention, selector, result coderes.Size, parameters []coderes.Size) (routineType, coderes.Signature) {
	s := coderes.Signature{Convention: c, Selector: selector, Result: result}
	r := routineType{result: value{kind: 'D', width: sizeWidths[result]}}
	if result == 0 {
		r.result.width = 0
	}
	var values []value
	for _, p := range parameters {
		s.Parameters = append(s.Parameters, coderes.Parameter{Size: p})
		values = append(values, value{kind: 'S', width: sizeWidths[p]})
	}
	place := func(i int) {
		v := &values[i]
		v.n = r.stack
		switch {
		case c == coderes.CStack || c == coderes.D0DispatchC:
			v.kind = 'P'
			r.stack += 4
		default:
			r.stack += max(2, v.bytes()) // a byte is the first of two
		}
	}
	pascal := c != coderes.CStack && c != coderes.D0DispatchC && c != coderes.ThinkCStack
	if c == coderes.StackDispatch {
		values = append(values, value{kind: 'S', width: sizeWidths[selector]})
	}
	for i := range values {
		if pascal { // the last that was pushed comes first
			i = len(values) - 1 - i
		}
		place(i)
	}
	switch c {
	case coderes.StackDispatch:
		last := len(values) - 1
		values = append(values[last:], values[:last]...)
	case coderes.D0DispatchPascal, coderes.D0DispatchC:
		values = append([]value{{kind: 'D', width: sizeWidths[selector]}}, values...)
	case coderes.D1DispatchPascal:
		values = append([]value{{kind: 'D', n: 1, width: sizeWidths[selector]}}, values...)
	}
	r.args, r.popped = values, pascal
	if pascal && result != 0 {
		r.result.kind, r.result.n = 'S', r.stack
		r.slot = max(2, r.result.bytes())
	}
	return r, s
}

// lists returns all lists of up to n sizes of parameters, and some of the longest.
func lists(n, most int) [][]coderes.Size {
	all := [][]coderes.Size{nil}
	for begin, i := 0, 0; i < n; i++ {
		end := len(all)
		for _, l := range all[begin:end] {
			for size := coderes.OneByte; size <= coderes.FourBytes; size++ {
				all = append(all, append(l[:len(l):len(l)], size))
			}
		}
		begin = end
	}
	for first := range coderes.Size(3) {
		for step := range coderes.Size(3) {
			var l []coderes.Size
			for i := range coderes.Size(most) {
				l = append(l, 1+(first+i*step)%3)
			}
			all = append(all, l)
		}
	}
	return all
}

// types generates every convention with every size of result.
func types(t testing.TB) []routineType {
	most := 4
	if testing.Short() {
		most = 2
	}
	var all []routineType
	add := func(r routineType, s coderes.Signature) {
		var err error
		if r.info, err = s.ProcInfo(); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	for result := coderes.None; result <= coderes.FourBytes; result++ {
		for _, c := range []coderes.Convention{coderes.PascalStack, coderes.CStack, coderes.ThinkCStack} {
			for _, l := range lists(most, 13) {
				add(stackType(c, 0, result, l))
			}
		}
		for _, c := range []coderes.Convention{coderes.D0DispatchPascal, coderes.D0DispatchC, coderes.D1DispatchPascal, coderes.StackDispatch} {
			for selector := coderes.OneByte; selector <= coderes.FourBytes; selector++ {
				for _, l := range lists(most-1, 12) {
					add(stackType(c, selector, result, l))
				}
			}
		}
		for number, register := range strings.Fields("D0 D1 D2 D3 A0 A1 A2 A3 D4 D5 D6 D7 A4 A5 A6 - C V Z N X") {
			if register == "-" || result > coderes.OneByte && len(register) == 1 {
				continue
			}
			for i, l := range lists(most-1, 4) {
				s := coderes.Signature{Convention: coderes.RegisterBased, Result: result, ResultRegister: coderes.Register(number)}
				r := routineType{}
				if result != coderes.None {
					r.result = parseValue(t, register+":"+sizeWidths[result:result+1])
				}
				for j, size := range l {
					in := (number + i + 3*j) % 8 // each another
					s.Parameters = append(s.Parameters, coderes.Parameter{Size: size, Register: coderes.Register(in)})
					r.args = append(r.args, parseValue(t, []string{"D0", "D1", "D2", "D3", "A0", "A1", "A2", "A3"}[in]+":"+sizeWidths[size:size+1]))
				}
				add(r, s)
			}
		}
	}
	for n, special := range specialTypes {
		r := routineType{}
		for _, a := range strings.Fields(special.args) {
			v := parseValue(t, a)
			if v.kind == 'S' {
				r.stack, r.popped = 4, true
			}
			r.args = append(r.args, v)
		}
		if special.result != "" {
			r.result = parseValue(t, special.result)
		}
		add(r, coderes.Signature{Convention: coderes.SpecialCase, Special: uint8(n)})
	}
	return all
}

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
		case callee != "Go" && v.flow == inOut && callee == "PowerPC":
			number = s.peek(s.seen+uint32(4*(i+16)), v.bytes())
		case callee == "Go" && v.flow == inOut:
			number = s.called[more]
			more++
		case v.flow == out:
			continue
		case callee == "Go":
			number = s.called[i]
		case callee == "PowerPC" || v.kind == 'P':
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
// of every size, from Go and from code of each processor, which are themselves one or
// the other.
func TestEveryConvention(t *testing.T) {
	s := newStage(t)
	all := types(t)
	callers := map[string]func(*routineType, uint32) error{"Go": s.fromGo, "68K": s.from68K, "PowerPC": s.fromPPC}
	calls, bad := 0, 0
	for i := range all {
		r := &all[i]
		for _, callee := range []string{"Go", "68K", "PowerPC"} {
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
