package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"time"

	"github.com/crossplug/crossplug/fault"
)

// On a machine that others use too, a time means little and a mean nothing. So
// the contestants of a group take turns, round after round; each round times
// every one of them for a moment; and what is reported is the median of the
// rounds, and for ratios the median of the ratios within a round: what slows
// the machine down for a second slows both sides of a ratio.

// contestant is what one line reports on.
type contestant struct {
	name  string
	unit  unit
	peers []string // names of those in the group that it is compared with
	count int      // operations in a round; as many as take a moment, if 0

	// start prepares the contestant, outside of what is measured.
	start func(ctx context.Context) (running, error)
}

// running is a contestant that is ready.
type running struct {
	// run does the operation n times and says how long that took.
	run  func(ctx context.Context, n int) (time.Duration, error)
	stop func()
}

// unit turns the time of one operation into the number that is reported.
type unit struct {
	name string
	of   func(seconds float64) float64
	rate bool // more is better
}

var (
	nanoseconds  = unit{name: "ns", of: func(s float64) float64 { return s * 1e9 }}
	microseconds = unit{name: "µs", of: func(s float64) float64 { return s * 1e6 }}
	milliseconds = unit{name: "ms", of: func(s float64) float64 { return s * 1e3 }}
)

// perSecond is how much of something an operation does, as a rate.
func perSecond(name string, amount float64) unit {
	return unit{name: name, of: func(s float64) float64 { return amount / s }, rate: true}
}

// better says how many times better ours is than the peer's.
func (u unit) better(ours, peers float64) float64 {
	if u.rate {
		return ours / peers
	}
	return peers / ours
}

// result is what is reported of a contestant.
type result struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"` // median of the rounds
	Unit   string  `json:"unit"`
	Spread float64 `json:"spread"` // interquartile range / median
	Rounds int     `json:"rounds"`
	Ratios []ratio `json:"ratios,omitempty"`
	// Missing says why there is no value.
	Missing string `json:"missing,omitempty"`
}

// ratio compares with a peer: above 1, ours is better.
type ratio struct {
	Peer   string  `json:"peer"`
	Better float64 `json:"better"`
}

// settings say how much is measured.
type settings struct {
	rounds int
	slice  time.Duration // of one contestant's part of a round
}

// measure lets contestants take turns. done is called after each of their
// rounds. Those that cannot run here are reported as missing; the error joins
// those that should have.
func measure(ctx context.Context, all []contestant, s settings, done func(name string)) ([]result, error) {
	results := make([]result, len(all))
	values := make([][]float64, len(all)) // by contestant and round; NaN in all if it is missing
	runs := make([]running, len(all))
	counts := make([]int, len(all))
	var failed error
	fail := func(i int, err error) {
		results[i].Missing = err.Error()
		if !notHere(err) {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", all[i].name, err))
		}
	}
	defer func() {
		for _, r := range runs {
			if r.stop != nil {
				r.stop()
			}
		}
	}()
	for i, c := range all {
		results[i].Name, results[i].Unit = c.name, c.unit.name
		r, err := c.start(ctx)
		if err == nil {
			runs[i] = r
			if counts[i] = c.count; counts[i] == 0 {
				counts[i], err = calibrate(ctx, r, s.slice)
			}
		}
		if err != nil {
			fail(i, err)
		}
	}
	for round := range s.rounds {
		for k := range all {
			i := (k + round) % len(all) // so that nobody always comes after the same one
			if results[i].Missing != "" {
				continue
			}
			d, err := runs[i].run(ctx, counts[i])
			if err != nil {
				fail(i, err)
				continue
			}
			values[i] = append(values[i], all[i].unit.of(d.Seconds()/float64(counts[i])))
			done(all[i].name)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	for i, c := range all {
		if results[i].Missing != "" {
			continue
		}
		results[i].summarise(values[i])
		for _, peer := range c.peers {
			k := slices.IndexFunc(all, func(o contestant) bool { return o.name == peer })
			if k >= 0 && results[k].Missing == "" {
				results[i].Ratios = append(results[i].Ratios, ratio{peer, better(c.unit, values[i], values[k])})
			}
		}
	}
	return results, failed
}

// notHere says whether an error only means that this machine lacks something.
func notHere(err error) bool {
	return errors.Is(err, fault.ErrNoRuntime) || errors.Is(err, exec.ErrNotFound)
}

// calibrate finds how many operations take about as long as a slice.
func calibrate(ctx context.Context, r running, slice time.Duration) (int, error) {
	const most = 1 << 24
	for n := 1; ; {
		d, err := r.run(ctx, n)
		if err != nil {
			return 0, err
		}
		if d >= slice/8 || n >= most {
			return min(max(int(float64(n)*float64(slice)/float64(max(d, 1))), 1), most), nil
		}
		n *= 4
	}
}

func (r *result) summarise(values []float64) {
	r.Rounds = len(values)
	r.Value = quantile(values, 0.5)
	if r.Value != 0 {
		r.Spread = (quantile(values, 0.75) - quantile(values, 0.25)) / r.Value
	}
}

// better is the median over the rounds of how much better ours was.
func better(u unit, ours, peers []float64) float64 {
	var ratios []float64
	for i := range min(len(ours), len(peers)) {
		ratios = append(ratios, u.better(ours[i], peers[i]))
	}
	return quantile(ratios, 0.5)
}

// quantile interpolates between the two nearest values.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	at := q * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}
