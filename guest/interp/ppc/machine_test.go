package ppc

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
)

// Where things are in the machines of these tests.
const (
	codeBase  = 0x10000
	codeSize  = 0x10000
	dataBase  = 0x40000
	dataSize  = 0x20000
	spaceSize = 1 << 20
	gatesBase = 0xf0000000
)

// machine is a processor with memory and a host that tests may set.
type machine struct {
	mem     *memory.Space
	control *cpu.Control
	cpu     *CPU
	handle  func(e cpu.Engine, ev cpu.Event) (bool, error)
}

func (m *machine) Handle(e cpu.Engine, ev cpu.Event) (bool, error) {
	if m.handle == nil {
		return false, nil
	}
	return m.handle(e, ev)
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	mem, err := memory.New(spaceSize)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []memory.Region{
		{Name: "code", Base: codeBase, Size: codeSize, Perm: memory.RWX},
		{Name: "data", Base: dataBase, Size: dataSize, Perm: memory.RW},
	} {
		if err := mem.Map(r); err != nil {
			t.Fatal(err)
		}
	}
	m := &machine{mem: mem}
	m.control = cpu.NewControl(m, cpu.Range{Base: gatesBase, Size: 0x10000})
	m.cpu = New(mem, m.control)
	t.Cleanup(func() {
		m.cpu.Close()
		if err := mem.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// put writes instructions from an address on.
func (m *machine) put(t testing.TB, addr uint32, words ...uint32) {
	t.Helper()
	var b []byte
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	if err := m.mem.Poke(addr, b); err != nil {
		t.Fatal(err)
	}
}

// step executes one instruction at the beginning of the code.
func (m *machine) step(word uint32) error {
	if err := m.mem.Store32(codeBase, word); err != nil {
		return err
	}
	m.cpu.SetPC(codeBase)
	m.control.Fuel = 1
	if exit := m.cpu.Run(gatesBase); exit.Reason != cpu.OutOfFuel {
		return fmt.Errorf("%v: %w", exit.Reason, exit.Err)
	}
	return nil
}

// call runs the code at an address until it returns.
func (m *machine) call(addr uint32, args ...uint32) (uint32, error) {
	until, err := m.control.Enter()
	if err != nil {
		return 0, err
	}
	defer m.control.Leave()
	copy(m.cpu.R[3:], args)
	m.cpu.LR = until
	m.cpu.SetPC(addr)
	if exit := m.cpu.Run(until); exit.Reason != cpu.Returned {
		return 0, fmt.Errorf("%v at %#x: %w", exit.Reason, exit.PC, exit.Err)
	}
	return m.cpu.R[3], nil
}
