package supersort

import (
	"context"
	"slices"
	"strings"
)

// algorithms are those that need no plug-in.
var algorithms = map[string]func(ctx context.Context, v *values) error{
	"bubble": bubble,
	"quick":  quick,
}

// Algorithms returns the names that Builtin knows, in order.
func Algorithms() []string {
	var names []string
	for name := range algorithms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Builtin returns one of the two algorithms that SuperSort has itself, nil if there
// is none of that name.
func Builtin(name string) *Sorter {
	run, ok := algorithms[strings.ToLower(name)]
	if !ok {
		return nil
	}
	return &Sorter{Name: strings.ToLower(name), Runs: "Go", run: run}
}

func bubble(ctx context.Context, v *values) error {
	for end := len(v.points); end > 1; {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := 0
		for i := 1; i < end; i++ {
			if v.points[i-1].n > v.points[i].n {
				v.swap(i-1, i)
				last = i
			}
		}
		end = last
	}
	return nil
}

func quick(ctx context.Context, v *values) error {
	v.quick(0, len(v.points))
	return ctx.Err()
}

// quick sorts the points from lo to before hi: the shorter part first, so that the
// stack stays short, whatever the values.
func (v *values) quick(lo, hi int) {
	for hi-lo > 1 {
		pivot := v.points[lo+(hi-lo)/2].n
		i, j := lo, hi-1
		for i <= j {
			for v.points[i].n < pivot {
				i++
			}
			for v.points[j].n > pivot {
				j--
			}
			if i <= j {
				if i != j {
					v.swap(i, j)
				}
				i++
				j--
			}
		}
		if j-lo < hi-i {
			v.quick(lo, j+1)
			lo = i
		} else {
			v.quick(i, hi)
			hi = j + 1
		}
	}
}
