package mixedmode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
)

// misdeed is a routine that does not do what its ProcInfo says, and what is said of it.
type misdeed struct {
	name string
	isa  coderes.ISA
	rta  coderes.RTA
	code []byte
	want string
}

// misdeeds smash each register that is the caller's, and leave the stack wrong in each
// way. Their ProcInfo is that of a Pascal routine with one long for another.
func misdeeds() []misdeed {
	var all []misdeed
	add68K := func(name, want string, write func(*code68K)) {
		var c code68K
		write(&c)
		all = append(all, misdeed{name: "68K " + name, isa: coderes.M68K, code: c, want: want})
	}
	for n := 3; n <= 14; n++ {
		if n == 8 || n == 9 {
			continue
		}
		name := fmt.Sprintf("%c%d", "DA"[n/8], n%8)
		add68K(name, "changes "+name+" from", func(c *code68K) { c.setRegister(n, 0x1bad); c.returnsPopping(4) })
	}
	for n := 4; n <= 7; n++ {
		name := fmt.Sprint("FP", n)
		add68K(name, "changes "+name, func(c *code68K) { c.words(0xf23c, uint32(0x4000|n<<7)); c.long(3); c.returnsPopping(4) })
	}
	add68K("does not remove its parameter", "4 bytes too few removed for pascal long proc(long)", func(c *code68K) { c.returns() })
	add68K("removes its result", "4 bytes too many removed for pascal long proc(long)", func(c *code68K) { c.returnsPopping(8) })
	add68K("removes half of its parameter", "2 bytes too few removed", func(c *code68K) { c.returnsPopping(2) })

	addPPC := func(name, want string, write func(*codePPC)) {
		var c codePPC
		write(&c)
		c.returns()
		all = append(all, misdeed{name: "PowerPC " + name, isa: coderes.PowerPC, code: c, want: want})
	}
	for n := 13; n < 32; n++ {
		addPPC(fmt.Sprint("R", n), fmt.Sprintf("changes R%d from", n), func(c *codePPC) { c.set(n, 0x1bad) })
	}
	for n := 14; n < 32; n++ {
		addPPC(fmt.Sprint("F", n), fmt.Sprintf("changes F%d from", n), func(c *codePPC) {
			c.memory(50, n, 1, 0) // lfd fn,0(r1): the back chain, which is not 0
		})
	}
	for field := 2; field <= 4; field++ {
		addPPC(fmt.Sprint("CR", field), fmt.Sprintf("changes CR%d from", field), func(c *codePPC) {
			c.getCR(0)
			bit := uint32(8) << (28 - 4*field)
			c.word(0x68000000 | bit&0xffff) // xori r0,r0,bit
			c.word(0x6c000000 | bit>>16)    // xoris r0,r0,bit
			c.setCR(0)
		})
	}
	addPPC("leaves a frame", "leaves the stack at", func(c *codePPC) { c.memory(stwu, 1, 1, -64) })
	addPPC("removes a frame", "leaves the stack at", func(c *codePPC) { c.memory(addi, 1, 1, 64) })

	addCFM := func(name, want string, write func(*code68K)) {
		var c code68K
		write(&c)
		all = append(all, misdeed{name: "CFM-68K " + name, isa: coderes.M68K, rta: coderes.CFM68K, code: c, want: want})
	}
	addCFM("D3", "changes D3 from", func(c *code68K) { c.setRegister(3, 0x1bad); c.words(0x4e74, 4) })
	addCFM("A6", "changes A6 from", func(c *code68K) { c.setRegister(14, 0x1bad); c.words(0x4e74, 4) })
	addCFM("does not remove its parameter", "4 bytes too few removed", func(c *code68K) { c.returns() })
	return all
}

// TestMisdeeds expects what is wrong with a routine to be named, whoever calls it; and
// nothing to be said if it is not asked for, or of a routine that does nothing wrong.
func TestMisdeeds(t *testing.T) {
	info := proc(t, "pascal long proc(long)")
	s := newStage(t)
	try := func(m misdeed, expect func(caller string, err error)) {
		at := s.load(m.code)
		if m.isa == coderes.PowerPC || m.rta == coderes.CFM68K {
			at = s.load(binary.BigEndian.AppendUint64(nil, uint64(at)<<32))
		}
		upp, err := s.NewDescriptor(coderes.RoutineRecord{ProcInfo: info, ISA: m.isa, RTA: m.rta, Flags: coderes.UseNativeISA, Proc: at})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Call(upp, info, 1)
		expect("Go", err)
		_, err = s.Call(s.loop68K(upp, 1), 0)
		expect("68K", err)
		_, err = s.CallVector(s.loopPPC(upp, info, 1), 1)
		expect("PowerPC", err)
	}
	for _, m := range misdeeds() {
		before68K, beforePPC := s.m68k.M68K, s.ppc.PPC
		s.Checked = true
		try(m, func(caller string, err error) {
			if !errors.Is(err, ErrUnbalanced) || !strings.Contains(err.Error(), m.want) {
				t.Errorf("%s, called by %s: %v, want %q", m.name, caller, err, m.want)
			}
		})
		s.Checked = false
		try(m, func(caller string, err error) {
			if errors.Is(err, ErrUnbalanced) {
				t.Errorf("%s, called by %s, unchecked: %v", m.name, caller, err)
			}
		})
		if s.m68k.M68K != before68K || s.ppc.PPC != beforePPC {
			t.Errorf("%s: the registers have changed", m.name)
		}
	}
	s.Checked = true
	var good code68K
	good.setRegister(0, 1) // what anybody may change
	good.setRegister(2, 1)
	good.setRegister(9, 1)
	good.words(0xf23c, 0x4180, 0, 3) // fmove.l #3,fp3
	good.returnsPopping(4)
	var goodPPC codePPC
	for n := 3; n <= 12; n++ {
		goodPPC.set(n, 0x1bad)
	}
	goodPPC.memory(50, 13, 1, 0)
	goodPPC.word(0x2c030000) // cmpwi r3,0
	goodPPC.returns()
	for _, m := range []misdeed{{name: "68K", isa: coderes.M68K, code: good}, {name: "PowerPC", isa: coderes.PowerPC, code: goodPPC}} {
		try(m, func(caller string, err error) {
			if err != nil {
				t.Errorf("a good routine for %s, called by %s: %v", m.name, caller, err)
			}
		})
	}
}
