package mixedmode

import (
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
