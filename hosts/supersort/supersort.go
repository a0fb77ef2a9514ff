// Package supersort is a program that sorts, and lets plug-ins do it: the
// SuperSort of "Standalone Code on PowerPC" (develop 17, 1994), which showed how
// one plug-in serves 68K and PowerPC programs alike.
//
//	sorter, err := supersort.Open(ctx, "ShellSort.bin", supersort.Options{})
//	defer sorter.Close()
//	sorted, err := sorter.Sort(ctx, []int16{3, 1, 2}, func(i, j int) { … })
//
// A plug-in is a C function,
//
//	void SortMain(DataPoint *data, short size, SwapProc swap);
//
// which asks its host to exchange two points by calling swap. plugins/SortPlugIn.h
// makes one source of it for all that Open takes:
//
//   - a PowerPC fragment in a data fork, with the routine as its main symbol
//   - a 'SORT' resource: 68K code, or accelerated, fat or safe-fat code
//   - both in one file, which is what the article calls a universal plug-in
//   - a shared object of any architecture that crossplug has helper hosts for,
//     which exports SortMain
//
// A plug-in can do nothing to its host but sort badly, and that is an error.
package supersort

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/guest"
)

// MaxPoints is how many values can be sorted: plug-ins count them by a short.
const MaxPoints = math.MaxInt16

// ErrUnsorted: what the plug-in left is not in order, or not what it was given.
var ErrUnsorted = errors.New("it did not sort")

// Sorter is an algorithm that is ready to sort, by one goroutine at a time.
type Sorter struct {
	Name string // for people: the plug-in's file, or the algorithm's name
	// Runs says for people what the sorter's code is and how it runs: "Go",
	// "PowerPC code", "s390x code (qemu-s390x-static)".
	Runs string

	run   func(ctx context.Context, v *values) error
	close func() error
}

// Options say how to open a plug-in.
type Options struct {
	// Without is a processor that the machine for classic code lacks: a
	// universal plug-in without PowerPC is its 68K code.
	Without guest.Processor
	// Fuel is how many instructions classic code may execute in one sort;
	// unlimited if 0.
	Fuel int64
	// Native are for plug-ins that are shared objects.
	Native []crossplug.Option
}

// Sort returns heights in ascending order. It calls swapped, if it is not nil,
// after each exchange of the points in two places.
//
// The error wraps ErrUnsorted if the algorithm does not sort.
func (s *Sorter) Sort(ctx context.Context, heights []int16, swapped func(i, j int)) ([]int16, error) {
	if len(heights) > MaxPoints {
		return nil, fmt.Errorf("supersort: %d values (at most %d)", len(heights), MaxPoints)
	}
	v := &values{points: make([]point, len(heights)), swapped: swapped}
	for i, h := range heights {
		v.points[i] = point{h, int16(i)}
	}
	if err := s.run(ctx, v); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	if err := v.check(heights); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	sorted := make([]int16, len(heights))
	for i, p := range v.points {
		sorted[i] = p.n
	}
	return sorted, nil
}

// Close frees what the sorter needs.
func (s *Sorter) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// point is a DataPoint: what to sort by, and where it was at first.
type point struct{ n, origin int16 }

const pointSize = 4 // bytes, on every architecture

// values are what is being sorted.
type values struct {
	points  []point
	swapped func(i, j int)
}

// swap exchanges two points.
func (v *values) swap(i, j int) {
	v.points[i], v.points[j] = v.points[j], v.points[i]
	if v.swapped != nil {
		v.swapped(i, j)
	}
}

// check says whether the points are what was given, in order.
func (v *values) check(given []int16) error {
	seen := make([]bool, len(given))
	for i, p := range v.points {
		if p.origin < 0 || int(p.origin) >= len(given) || seen[p.origin] || p.n != given[p.origin] {
			return fmt.Errorf("%w: place %d has a point that it was not given, or has given twice", ErrUnsorted, i)
		}
		seen[p.origin] = true
	}
	if !slices.IsSortedFunc(v.points, func(a, b point) int { return int(a.n) - int(b.n) }) {
		return fmt.Errorf("%w: the values are not in order", ErrUnsorted)
	}
	return nil
}

// place returns which point is at an address, where the first is at base.
func (v *values) place(base, address uint64) (int, error) {
	offset := address - base
	if offset%pointSize != 0 || offset/pointSize >= uint64(len(v.points)) {
		return 0, fmt.Errorf("it swaps what is at 0x%x, where no point is (there are %d from 0x%x on)", address, len(v.points), base)
	}
	return int(offset / pointSize), nil
}
