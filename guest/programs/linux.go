package programs

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/memory"
)

// ErrExit ends the run of a program that has called exit.
var ErrExit = errors.New("the program has ended")

// Linux is as much of a Linux as the programs ask for: write and exit, by SC on a
// PowerPC and TRAP #0 on a 68K. It is a cpu.Host.
type Linux struct {
	Memory *memory.Space
	Output bytes.Buffer
	Status int32 // given to exit
}

// calls says in which registers processors have a call's number and arguments,
// the first of which also gets the result of a 68K; and how long the
// instruction is.
var calls = map[cpu.EventKind]struct {
	registers [4]string
	result    string
	size      uint32
}{
	cpu.SystemCall: {[4]string{"r0", "r3", "r4", "r5"}, "r3", 4},
	cpu.Trap:       {[4]string{"D0", "D1", "D2", "D3"}, "D0", 2},
}

// Handle implements cpu.Host.
func (l *Linux) Handle(e cpu.Engine, ev cpu.Event) (bool, error) {
	convention, ok := calls[ev.Kind]
	if !ok || ev.Kind == cpu.Trap && ev.Code != 0 {
		return false, nil
	}
	var v [4]uint32
	found := 0
	for _, r := range e.Registers() {
		for i, name := range convention.registers {
			if r.Name == name {
				v[i] = uint32(r.Value)
				found++
			}
		}
	}
	if found != len(v) {
		return false, nil // a TW, which also is a Trap
	}
	switch number := v[0]; number {
	case 1:
		l.Status = int32(v[1])
		return true, ErrExit
	case 4:
		text, err := l.Memory.View(v[2], v[3], memory.Read)
		if err != nil {
			return true, err
		}
		l.Output.Write(text)
		e.SetPC(ev.PC + convention.size)
		return true, e.SetRegister(convention.result, uint64(v[3]))
	default:
		return true, fmt.Errorf("at %#x: system call %d: only write and exit are there", ev.PC, number)
	}
}
