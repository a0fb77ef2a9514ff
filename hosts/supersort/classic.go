package supersort

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
)

// sortResource is the type of the resources, 'SORT'.
const sortResource resource.OSType = 0x534f5254

// How the routines are called, by C's convention: codes of the parameters' sizes,
// which TestProcInfo spells out.
const (
	sortProc = coderes.ProcInfo(1 | 3<<6 | 2<<8 | 3<<10)
	swapProc = coderes.ProcInfo(1 | 3<<6 | 3<<8)
)

// routine is a plug-in's routine in a machine.
type routine struct {
	machine *guest.Machine
	call    func(ctx context.Context, info coderes.ProcInfo, args ...uint32) (uint32, error)
	runs    string
}

// openClassic opens a plug-in of the classic Mac OS. The file is one if ok.
func openClassic(ctx context.Context, path string, o Options) (r *routine, ok bool, err error) {
	f, err := macfile.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	var magic [4]byte
	n, err := f.Data.ReadAt(magic[:], 0)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	fragment := bytes.Equal(magic[:n], []byte("Joy!"))
	if f.Data.Size() > 0 && !fragment && f.Resource.Size() == 0 {
		return nil, false, nil
	}
	m, err := guest.New(guest.Options{Without: o.Without, Fuel: o.Fuel})
	if err != nil {
		return nil, true, err
	}
	r = &routine{machine: m}
	// As the article has it: a program that consists of fragments looks for one
	// first, any program for a resource.
	var c *pef.Container
	if fragment {
		c, err = choose(f, o.Without)
	}
	switch {
	case err != nil:
	case c != nil:
		err = r.fragment(ctx, f.Name, c)
	default:
		err = r.resource(f, o)
	}
	if err != nil {
		return nil, true, errors.Join(err, m.Close())
	}
	return r, true, nil
}

// choose returns the fragment for PowerPC, or if there is none for the processors of
// the machine, the one for the 68K; or nil.
func choose(f *macfile.File, without guest.Processor) (*pef.Container, error) {
	all, err := pef.NewFile(f.Data, f.Data.Size(), pef.Options{})
	if err != nil {
		return nil, err
	}
	for _, choice := range []struct {
		architecture pef.Architecture
		processor    guest.Processor
	}{{pef.PowerPC, guest.PowerPC}, {pef.M68K, guest.M68K}} {
		for _, c := range all.Containers {
			if c.Architecture == choice.architecture && without != choice.processor {
				return c, nil
			}
		}
	}
	return nil, nil
}

func (r *routine) fragment(ctx context.Context, name string, c *pef.Container) error {
	conn, main, err := r.machine.Fragment(ctx, name, c)
	if err != nil {
		return err
	}
	if main == 0 {
		return errors.New("the fragment has no main symbol, which would be its sort routine")
	}
	r.runs = "PowerPC code"
	if c.Architecture == pef.M68K {
		r.runs = "CFM-68K code"
	}
	r.call = func(ctx context.Context, info coderes.ProcInfo, args ...uint32) (uint32, error) {
		return r.machine.CallSymbol(ctx, conn, main, info, args...)
	}
	return nil
}

func (r *routine) resource(f *macfile.File, o Options) error {
	fork, err := resource.Read(f.Resource, f.Resource.Size())
	if err != nil {
		return err
	}
	for res := range fork.OfType(sortResource) {
		code, err := coderes.Recognise(res.Data)
		if err != nil {
			return fmt.Errorf("'SORT' %d: %w", res.ID, err)
		}
		upp, err := r.machine.Code(fmt.Sprintf("'SORT' %d", res.ID), res.Data)
		if err != nil {
			return fmt.Errorf("'SORT' %d: %w", res.ID, err)
		}
		if code.Kind == coderes.Fragment {
			return fmt.Errorf("'SORT' %d: a fragment without a routine descriptor", res.ID)
		}
		r.runs = runs(code.Kind, res.ID, o)
		r.call = func(ctx context.Context, info coderes.ProcInfo, args ...uint32) (uint32, error) {
			return r.machine.Call(ctx, upp, info, args...)
		}
		return nil
	}
	return errors.New("it has neither a fragment nor a 'SORT' resource for the processors of this machine")
}

// runs says what of a resource runs.
func runs(k coderes.Kind, id int16, o Options) string {
	switch {
	case k == coderes.Plain:
		return fmt.Sprintf("68K code ('SORT' %d)", id)
	case k != coderes.Accelerated && o.Without == guest.PowerPC:
		return fmt.Sprintf("68K code (%v 'SORT' %d)", k, id)
	}
	return fmt.Sprintf("PowerPC code (%v 'SORT' %d)", k, id)
}

// sort lets the routine sort a copy of the values in the machine's memory.
func (r *routine) sort(ctx context.Context, v *values) error {
	base, err := r.machine.Allocate(uint32(max(1, len(v.points)) * pointSize))
	if err != nil {
		return err
	}
	memory := r.machine.Memory()
	data := make([]byte, len(v.points)*pointSize)
	for i, p := range v.points {
		p.put(data[i*pointSize:], binary.BigEndian)
	}
	if err := memory.Store(base, data); err != nil {
		return err
	}
	swap, err := r.machine.NewRoutine("swap", swapProc, func(args []uint32) (uint32, error) {
		i, err := v.place(uint64(base), uint64(args[0]))
		if err != nil {
			return 0, err
		}
		j, err := v.place(uint64(base), uint64(args[1]))
		if err != nil {
			return 0, err
		}
		a, err := memory.Load32(args[0])
		if err != nil {
			return 0, err
		}
		b, err := memory.Load32(args[1])
		if err != nil {
			return 0, err
		}
		v.swap(i, j)
		return 0, errors.Join(memory.Store32(args[0], b), memory.Store32(args[1], a))
	})
	if err != nil {
		return err
	}
	_, err = r.call(ctx, sortProc, base, uint32(len(v.points)), swap.UPP)
	if err == nil {
		if err = memory.Load(data, base); err == nil {
			for i := range v.points {
				v.points[i].get(data[i*pointSize:], binary.BigEndian)
			}
		}
	}
	return errors.Join(err, r.machine.DisposeRoutine(swap), r.machine.Free(base))
}

func (p point) put(b []byte, order binary.ByteOrder) {
	order.PutUint16(b, uint16(p.n))
	order.PutUint16(b[2:], uint16(p.origin))
}

func (p *point) get(b []byte, order binary.ByteOrder) {
	p.n, p.origin = int16(order.Uint16(b)), int16(order.Uint16(b[2:]))
}
