package supersort

import (
	"context"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug"
)

// Open opens a plug-in of any kind. Close it.
func Open(ctx context.Context, path string, o Options) (*Sorter, error) {
	r, classic, err := openClassic(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if classic {
		return &Sorter{Name: path, Runs: r.runs, run: r.sort, close: r.machine.Close}, nil
	}
	p, err := crossplug.Open(ctx, path, o.Native...)
	if err != nil {
		return nil, err
	}
	main, err := p.Lookup(ctx, "SortMain", "void (ptr, i16, ptr)")
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	n := &native{p, main}
	return &Sorter{Name: path, Runs: fmt.Sprintf("%v code (%s)", p.Arch(), p.Runtime()), run: n.sort, close: p.Close}, nil
}

// native is a plug-in in a helper host.
type native struct {
	plugin *crossplug.Plugin
	main   crossplug.Proc
}

// sort lets the plug-in sort a copy of the values in memory that it shares with us.
func (n *native) sort(ctx context.Context, v *values) (err error) {
	block, err := n.plugin.Share(max(1, len(v.points)) * pointSize)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, block.Free()) }()
	order := n.plugin.Model().Order
	for i, p := range v.points {
		p.put(block.Bytes[i*pointSize:], order)
	}
	var wrong error // the first thing; a callback cannot end the call it is in
	swap, release, err := n.plugin.Func(ctx, "swap", "void (ptr, ptr)", func(_ context.Context, args []crossplug.Value) any {
		i, errI := v.place(uint64(block.Address), uint64(args[0].Pointer()))
		j, errJ := v.place(uint64(block.Address), uint64(args[1].Pointer()))
		if wrong = errors.Join(wrong, errI, errJ); wrong != nil {
			return nil
		}
		a, b := block.Bytes[i*pointSize:][:pointSize], block.Bytes[j*pointSize:][:pointSize]
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
		v.swap(i, j)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = n.main.Call(ctx, block, int16(len(v.points)), swap)
	if err = errors.Join(err, wrong); err != nil {
		return errors.Join(err, release(ctx))
	}
	for i := range v.points {
		v.points[i].get(block.Bytes[i*pointSize:], order)
	}
	return release(ctx)
}
