// Command bench measures crossplug beside other ways to do the same.
//
//	go run . [--filter REGEXP] [--quick] [--rounds N] [--json]
//
// It prints a line for each figure: name, value (the median of the rounds),
// unit, spread (the distance between the quartiles, in percent of the value),
// then how many times better that is than its peers, each by its name: above
// 1, crossplug is better. Lines without ratios are the peers' own.
//
// It is a module of its own, so that what it is compared with does not become
// a dependency of crossplug.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/crossplug/crossplug/helper"
)

func main() {
	if servePeer() || helper.Serve(streamProcs) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	stderr := os.Stderr
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null // for go-plugin's streams, which complain there when their plug-in is ended
	}
	var progress io.Writer = io.Discard
	if term.IsTerminal(int(stderr.Fd())) {
		progress = stderr
	}
	if err := bench(ctx, os.Args[1:], os.Stdout, progress); err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// groups are the figures; the contestants of one take turns.
var groups = []struct {
	name string
	make func(*lab) []contestant
}{
	{"call", callGroup},
	{"start", startGroup},
	{"block", blockGroup},
	{"batch", batchGroup},
	{"stream", streamGroup},
	{"inspect", inspectGroup},
	{"generated", generatedGroup},
	{"bridge", bridgeGroup},
	{"machine", machineGroup},
	{"guest", kernelGroup},
}

func bench(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, `usage: bench [--filter REGEXP] [--quick] [--rounds N] [--json]

Measures crossplug beside other ways to do the same, and prints a line for each
figure: its name, value (the median of the rounds), unit, spread (between the
quartiles, in percent of the value), then pairs of a ratio and the peer that it
compares with. Above 1, a ratio is in crossplug's favour. What is missing here
is said, with what would help.

`)
		flags.PrintDefaults()
	}
	filter := flags.String("filter", "", "measure only what this regular `expression` matches, and its peers")
	quick := flags.Bool("quick", false, "measure a little of everything")
	rounds := flags.Int("rounds", 15, "let everybody take `N` turns")
	asJSON := flags.Bool("json", false, "print JSON, one object a line")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() > 0 || *rounds < 1 {
		return fmt.Errorf("usage: bench [--filter REGEXP] [--quick] [--rounds N] [--json]; N is at least 1")
	}
	wanted, err := regexp.Compile(*filter)
	if err != nil {
		return err
	}
	s := settings{rounds: *rounds, slice: 20 * time.Millisecond}
	if *quick {
		s = settings{rounds: min(*rounds, 3), slice: 4 * time.Millisecond}
	}
	l, err := newLab()
	if err != nil {
		return err
	}
	defer l.close()

	print := printTable
	if *asJSON {
		print = printJSON
	}
	var failed error
	if !*asJSON {
		fmt.Fprintf(out, "# %s/%s, %d processors%s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
		fmt.Fprintf(out, "# medians of %d rounds; above 1, a ratio is in crossplug's favour\n", s.rounds)
	}
	for _, g := range groups {
		all := choose(g.make(l), wanted)
		if len(all) == 0 {
			continue
		}
		n := 0
		results, err := measure(ctx, all, s, func(name string) {
			n++
			fmt.Fprintf(progress, "\r\x1b[K%s: %d %%  %s", g.name, 100*n/(len(all)*s.rounds), name)
		})
		fmt.Fprint(progress, "\r\x1b[K")
		if results == nil {
			return err
		}
		failed = errors.Join(failed, err)
		if err := print(out, results); err != nil {
			return err
		}
	}
	return failed
}

// load says how busy others kept the machine lately, if it tells.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	minute, _, _ := strings.Cut(string(text), " ")
	return ", load " + minute + " before the start"
}

// choose keeps the contestants whose names match, and their peers.
func choose(all []contestant, wanted *regexp.Regexp) []contestant {
	keep := map[string]bool{}
	for _, c := range all {
		if wanted.MatchString(c.name) {
			keep[c.name] = true
			for _, p := range c.peers {
				keep[p] = true
			}
		}
	}
	var kept []contestant
	for _, c := range all {
		if keep[c.name] {
			kept = append(kept, c)
		}
	}
	return kept
}

func printJSON(w io.Writer, results []result) error {
	for _, r := range results {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}

func printTable(w io.Writer, results []result) error {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "# name\tvalue\tunit\tspread\tratio\tpeer")
	for _, r := range results {
		if r.Missing != "" {
			continue
		}
		fmt.Fprintf(t, "%s\t%.4g\t%s\t%.0f%%", r.Name, r.Value, r.Unit, 100*r.Spread)
		for _, q := range r.Ratios {
			fmt.Fprintf(t, "\t%.3g\t%s", q.Better, q.Peer)
		}
		if len(r.Ratios) == 0 {
			fmt.Fprint(t, "\t-\t-")
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if r.Missing != "" {
			fmt.Fprintf(w, "# %s was not measured: %s\n", r.Name, strings.ReplaceAll(r.Missing, "\n", "; "))
		}
	}
	return nil
}
