package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/fault"
)

// fixed is a contestant whose operations take what it says, round by round;
// calibration takes the first.
func fixed(name string, u unit, took []time.Duration, note func(string), peers ...string) contestant {
	return contestant{name: name, unit: u, peers: peers, start: func(context.Context) (running, error) {
		i := 0
		return running{
			run: func(_ context.Context, n int) (time.Duration, error) {
				note(name)
				d := took[i]
				i++
				return d * time.Duration(n), nil
			},
			stop: func() { note("stop " + name) },
		}, nil
	}}
}

func TestMeasure(t *testing.T) {
	const ms = time.Millisecond
	var order []string
	note := func(s string) { order = append(order, s) }
	missing := contestant{name: "missing", unit: milliseconds, peers: []string{"peer"}, start: func(context.Context) (running, error) {
		return running{}, fmt.Errorf("here: %w", fault.ErrNoRuntime)
	}}
	all := []contestant{
		fixed("peer", milliseconds, []time.Duration{10 * ms, 20 * ms, 40 * ms, 60 * ms}, note),
		fixed("ours", milliseconds, []time.Duration{10 * ms, 10 * ms, 10 * ms, 12 * ms}, note, "peer", "missing"),
		missing,
	}
	results, err := measure(t.Context(), all, settings{rounds: 3, slice: 10 * ms}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	want := []result{
		{Name: "peer", Value: 40, Unit: "ms", Spread: 0.5, Rounds: 3},
		{Name: "ours", Value: 10, Unit: "ms", Spread: 0.1, Rounds: 3, Ratios: []ratio{{"peer", 4}}},
		{Name: "missing", Unit: "ms", Missing: "here: " + fault.ErrNoRuntime.Error()},
	}
	for i, r := range results {
		if fmt.Sprint(r) != fmt.Sprint(want[i]) {
			t.Errorf("got %+v, want %+v", r, want[i])
		}
	}
	wantOrder := "peer ours / peer ours / ours peer / peer ours / stop peer stop ours"
	if got := strings.Join(order, " "); got != strings.ReplaceAll(wantOrder, "/ ", "") {
		t.Errorf("the order is %s\nwant %s", got, wantOrder)
	}
}

func TestMeasureReportsFailures(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		err  error // from the second run on
		want error
	}{
		{"a failure", broken, broken},
		{"what is not installed", fault.ErrNoRuntime, nil},
	} {
		runs := 0
		c := contestant{name: "x", unit: nanoseconds, start: func(context.Context) (running, error) {
			return running{run: func(context.Context, int) (time.Duration, error) {
				if runs++; runs > 1 {
					return 0, tt.err
				}
				return time.Second, nil
			}}, nil
		}}
		results, err := measure(t.Context(), []contestant{c}, settings{rounds: 3, slice: time.Millisecond}, func(string) {})
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if results[0].Missing == "" || runs != 2 {
			t.Errorf("%s: result %+v after %d runs", tt.name, results[0], runs)
		}
	}
}

func TestBetter(t *testing.T) {
	for _, tt := range []struct {
		unit        unit
		ours, peers []float64
		want        float64
	}{
		{microseconds, []float64{2}, []float64{10}, 5},
		{perSecond("GB/s", 1), []float64{10}, []float64{2}, 5},
		{microseconds, []float64{1, 10, 1}, []float64{4, 40, 8}, 4}, // a slow round changes nothing
	} {
		if got := better(tt.unit, tt.ours, tt.peers); got != tt.want {
			t.Errorf("%s %v against %v: %v, want %v", tt.unit.name, tt.ours, tt.peers, got, tt.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{3}, 0.5, 3},
		{[]float64{9, 1, 5}, 0.5, 5},
		{[]float64{4, 1, 2, 3}, 0.5, 2.5},
		{[]float64{1, 2, 3, 4, 5}, 0.25, 2},
		{[]float64{1, 2}, 1, 2},
	} {
		if got := quantile(tt.values, tt.q); got != tt.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", tt.values, tt.q, got, tt.want)
		}
	}
	if !math.IsNaN(quantile(nil, 0.5)) {
		t.Error("nothing has a median")
	}
}

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		unit unit
		want float64 // of 2 ms
	}{
		{nanoseconds, 2e6}, {microseconds, 2e3}, {milliseconds, 2}, {perSecond("files/s", 4), 2000},
	} {
		if got := tt.unit.of(2e-3); math.Abs(got/tt.want-1) > 1e-12 {
			t.Errorf("2 ms are %v %s, want %v", got, tt.unit.name, tt.want)
		}
	}
}

func TestChoose(t *testing.T) {
	all := []contestant{{name: "call/floor"}, {name: "call/peer"}, {name: "call/a", peers: []string{"call/peer"}}, {name: "call/b", peers: []string{"call/floor"}}}
	for _, tt := range []struct{ filter, want string }{
		{"", "call/floor call/peer call/a call/b"},
		{"/a$", "call/peer call/a"},
		{"none", ""},
	} {
		var got []string
		for _, c := range choose(all, regexp.MustCompile(tt.filter)) {
			got = append(got, c.name)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q chooses %v, want %s", tt.filter, got, tt.want)
		}
	}
}

func TestPrint(t *testing.T) {
	results := []result{
		{Name: "call/peer", Value: 131.87, Unit: "µs", Spread: 0.08, Rounds: 15},
		{Name: "call/ours", Value: 0.28291, Unit: "µs", Spread: 1.5, Rounds: 15, Ratios: []ratio{{"call/peer", 466.12}, {"call/floor", 0.5}}},
		{Name: "call/none", Unit: "µs", Missing: "two\nlines"},
	}
	for _, tt := range []struct {
		name  string
		print func(*strings.Builder) error
		want  string
	}{
		{"table", func(b *strings.Builder) error { return printTable(b, results) }, `
# name     value   unit  spread  ratio  peer
call/peer  131.9   µs    8%      -      -
call/ours  0.2829  µs    150%    466    call/peer  0.5  call/floor
# call/none was not measured: two; lines
`},
		{"json", func(b *strings.Builder) error { return printJSON(b, results) },
			`{"name":"call/peer","value":131.87,"unit":"µs","spread":0.08,"rounds":15}
{"name":"call/ours","value":0.28291,"unit":"µs","spread":1.5,"rounds":15,"ratios":[{"peer":"call/peer","better":466.12},{"peer":"call/floor","better":0.5}]}
{"name":"call/none","value":0,"unit":"µs","spread":0,"rounds":0,"missing":"two\nlines"}
`},
	} {
		var b strings.Builder
		if err := tt.print(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("%s is\n%s\nwant\n%s", tt.name, b.String(), tt.want)
		}
	}
}

// TestGroups sees that names are unique and peers exist.
func TestGroups(t *testing.T) {
	l := &lab{dir: t.TempDir(), built: map[string]string{}}
	var names []string
	for _, g := range groups {
		all := g.make(l)
		if len(all) == 0 {
			t.Errorf("group %s is empty", g.name)
		}
		for _, c := range all {
			if !strings.HasPrefix(c.name, g.name+"/") {
				t.Errorf("%s is in group %s", c.name, g.name)
			}
			if slices.Contains(names, c.name) {
				t.Errorf("there are two %s", c.name)
			}
			names = append(names, c.name)
			for _, p := range c.peers {
				if !slices.ContainsFunc(all, func(o contestant) bool { return o.name == p }) {
					t.Errorf("%s has the peer %s, which is not there", c.name, p)
				}
			}
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"--rounds", "0"}, {"--filter", "("}, {"--nonsense"}} {
		var out, progress strings.Builder
		if err := bench(t.Context(), args, &out, &progress); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
