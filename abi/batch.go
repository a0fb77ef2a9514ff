package abi

import (
	"fmt"

	"github.com/crossplug/crossplug/fault"
)

// Batch is a list of calls that cross to a runtime together and run there in
// order, on one thread. It is plain data; a runtime fills in the results. A
// Batch is reused by Reset and allocates only to grow. It must not be used
// concurrently.
type Batch struct {
	calls   []batched
	args    []uint64
	Results []uint64 // of the calls that were run, in order
}

type batched struct {
	fn    Procedure
	first int // index of its first argument in args
}

// Add appends a call. Arguments are the bits of the values: integers extended
// to 64 bits by their signedness, a float in the low 32 bits.
func (b *Batch) Add(fn Procedure, args ...uint64) error {
	if len(args) != len(fn.Type.Args) {
		return fmt.Errorf("%s: %w: %d arguments for %v", fn.Name, fault.ErrMismatch, len(args), fn.Type)
	}
	b.calls = append(b.calls, batched{fn, len(b.args)})
	b.args = append(b.args, args...)
	return nil
}

// Len returns the number of calls.
func (b *Batch) Len() int { return len(b.calls) }

// Call returns the i-th call. The caller must not change the arguments.
func (b *Batch) Call(i int) (fn *Procedure, args []uint64) {
	c := &b.calls[i]
	return &c.fn, b.args[c.first : c.first+len(c.fn.Type.Args)]
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.calls, b.args, b.Results = b.calls[:0], b.args[:0], b.Results[:0]
}
