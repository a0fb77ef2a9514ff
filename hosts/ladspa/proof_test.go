package ladspa

// The proof: a plug-in's output through crossplug is, bit for bit, what a C
// program gives that loads the same file itself, on the same processor or under
// the same emulator (direct_test.go).
//
// Between architectures it is not: compilers contract multiplications and
// additions where the processor can, and i386 computes in 80 bits. How far
// plug-ins are from their amd64 build is measured, and must not exceed what
// testdata/differences.txt records.
//
// By default a sample is run. With CROSSPLUG_TEST_ALL=1 it is all plug-ins, and
// -update then writes testdata/differences.txt and docs/proof.md.

import (
	"context"
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
)

var update = flag.Bool("update", false, "write golden files anew; with CROSSPLUG_TEST_ALL=1 also the proof")

// proofSample is run by default: a plain one, one with feedback, one with
// several inputs and labels, one with control outputs.
var proofSample = []string{"amp_1181.so", "sc4_1882.so", "gverb_1216.so", "ringmod_1188.so", "freq_tracker_1418.so"}

const (
	differencesFile = "testdata/differences.txt"
	proofFile       = "../../docs/proof.md"
)

// flaw is what makes a plug-in's output no subject of a comparison. Each is
// verified on the plug-in run directly, without crossplug.
type flaw string

const (
	crashes  flaw = "crashes by itself"
	unset    flaw = "uses variables it never set" // two fillings of unused memory give two results
	strays   flaw = "reads outside of its memory" // forbidden memory around it makes it crash
	measures flaw = "measures time"               // to choose how it computes
)

// flaws are the plug-ins that misbehave by themselves.
var flaws = []struct {
	labels []string
	archs  []arch.Arch // nil: all
	flaw   flaw
	reason string
}{
	{[]string{"chebstortion"}, nil, unset, "its coefficients are on the stack and set in every fifth frame only, not at the start of a block"},
	{[]string{"fmOsc"}, []arch.Arch{arch.LinuxI386}, crashes, "SIGSEGV in run"},
	{[]string{"analogueOsc", "fmOsc", "hermesFilter"}, []arch.Arch{arch.LinuxS390X}, strays, "it takes the halves of its fixed-point phase in little-endian order, and with them indexes a table"},
	{[]string{"imp", "mbeq", "pitchScale", "pitchScaleHQ"}, nil, measures, "FFTW tries which transforms are fastest, and each rounds its own way; under an emulator the trials can take minutes"},
}

// verdict is the result for one plug-in on one architecture.
type verdict struct {
	flaw      flaw // "" if none
	different bool // from the direct program's; the test fails
	out       output
}

// proof collects verdicts: by architecture, then by label.
type proof struct {
	mu       sync.Mutex
	verdicts map[arch.Arch]map[string]verdict
}

func (p *proof) add(t *testing.T, a arch.Arch, label string, v verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.verdicts[a] == nil {
		p.verdicts[a] = map[string]verdict{}
	}
	if _, twice := p.verdicts[a][label]; twice {
		t.Errorf("two plug-ins on %v are labelled %s", a, label)
	}
	p.verdicts[a][label] = v
}

func TestProof(t *testing.T) {
	all := os.Getenv("CROSSPLUG_TEST_ALL") != ""
	p := &proof{verdicts: map[arch.Arch]map[string]verdict{}}
	t.Run("direct", func(t *testing.T) {
		for _, a := range archs {
			t.Run(a.String(), func(t *testing.T) {
				// Some plug-ins share tables in /dev/shm between all programs,
				// and do not wait for each other when they make them: let one
				// architecture come first.
				if a != arch.LinuxAMD64 {
					t.Parallel()
				}
				p.prove(t, a, all)
			})
		}
	})
	if !all {
		recorded := readDifferences(t)
		for label, measured := range p.differences() {
			for a, class := range measured {
				if limit, ok := recorded[label][a]; ok && class > limit {
					t.Errorf("%s on %v: its difference from amd64 is %q; %s has %q", label, a, class, differencesFile, limit)
				}
			}
		}
		return
	}
	golden(t, differencesFile, p.differencesText())
	golden(t, proofFile, p.text())
}

// golden compares text with a file, or writes the file with -update.
func golden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s differs from what was measured (-update writes it):\n%s", path, text)
	}
}

// prove compares plug-ins of one architecture with the direct program.
func (p *proof) prove(t *testing.T, a arch.Arch, all bool) {
	program := compileDirect(t, a)
	first := sample(t, a, proofSample[0])
	var paths []string
	for _, name := range proofSample {
		paths = append(paths, sample(t, a, name))
	}
	if all {
		var err error
		// swh-plugins have their number in the name; ladspa-sdk's have none.
		if paths, err = filepath.Glob(filepath.Join(filepath.Dir(first), "*_*.so")); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range paths {
		l, err := Open(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, d := range l.Plugins() {
			if v, ok := p.compare(t, program, l, d); ok {
				p.add(t, a, d.Label, v)
			}
			if l.Plugin().Err() != nil {
				break
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// compare runs a plug-in both ways.
func (p *proof) compare(t *testing.T, program direct, l *Library, d *Descriptor) (verdict, bool) {
	ctx, path := t.Context(), l.Plugin().Path()
	for _, f := range flaws {
		if !slices.Contains(f.labels, d.Label) || f.archs != nil && !slices.Contains(f.archs, program.arch) {
			continue
		}
		v := verdict{flaw: f.flaw}
		if err := verify(ctx, program, l, d, f.flaw); err != nil {
			t.Errorf("%s on %v is said to be one that %s: %v", d.Label, program.arch, f.flaw, err)
			return v, false
		}
		return v, true
	}
	ours, err := throughUs(ctx, l, d)
	if err != nil {
		t.Errorf("%s: %v", d.Label, err)
		return verdict{}, false
	}
	theirs, err := program.run(ctx, d, path, 0)
	if err != nil {
		t.Errorf("%s: directly: %v", d.Label, err)
		return verdict{}, false
	}
	if !identical(ours, theirs) {
		t.Errorf("%s on %v: not what the plug-in gives directly", d.Label, program.arch)
		return verdict{different: true, out: ours}, true
	}
	return verdict{out: ours}, true
}

// verify reports whether a plug-in, run directly, has a flaw. What we make of
// it must fit: a crash is a crash here too.
func verify(ctx context.Context, program direct, l *Library, d *Descriptor, f flaw) error {
	path := l.Plugin().Path()
	switch f {
	case crashes:
		if _, err := program.run(ctx, d, path, 0); err == nil || ctx.Err() != nil {
			return fmt.Errorf("it does not crash directly: %v", err)
		}
		if _, err := throughUs(ctx, l, d); !errors.Is(err, crossplug.ErrCrashed) {
			return fmt.Errorf("through crossplug: %w", err)
		}
	case strays:
		var exit *exec.ExitError
		if _, err := program.run(ctx, d, path, 0x3f); !errors.As(err, &exit) || exit.ExitCode() != -1 || ctx.Err() != nil {
			return fmt.Errorf("it does not crash directly: %v", err)
		}
		if _, err := throughUs(ctx, l, d); err != nil && !errors.Is(err, crossplug.ErrCrashed) {
			return fmt.Errorf("through crossplug: %w", err)
		}
	case unset:
		a, err := program.run(ctx, d, path, 0x11)
		if err != nil {
			return err
		}
		b, err := program.run(ctx, d, path, 0x3f)
		if err != nil {
			return err
		}
		if identical(a, b) {
			return errors.New("it gives the same whatever is in unused memory")
		}
		if _, err := throughUs(ctx, l, d); err != nil {
			return err
		}
	case measures:
		file, err := elf.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		symbols, err := file.ImportedSymbols()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(symbols, func(s elf.ImportedSymbol) bool { return strings.HasPrefix(s.Name, "fftwf_plan_") }) {
			return errors.New("it plans no transforms")
		}
		if strings.HasPrefix(l.Plugin().Runtime(), "qemu") {
			return nil
		}
		theirs, err := program.run(ctx, d, path, 0)
		if err != nil {
			return err
		}
		ours, err := throughUs(ctx, l, d)
		if err != nil {
			return err
		}
		if c := classOf(ours, theirs); c > lastBits {
			return fmt.Errorf("the difference from a direct run is %q", c)
		}
	}
	return nil
}

// class says how far a plug-in's output is from its amd64 build's.
type class int

const (
	same class = iota
	lastBits
	amplified
	unlike
)

// classes are the bounds: |x-y| ≤ tolerance · max(1, |y|), for every sample and
// control output.
var classes = []struct {
	name, why string
	tolerance float64
}{
	{"same", "nothing but copies, or arithmetic that rounds alike", 0},
	{"last bits", "contracted multiply-add, 80-bit intermediate results", 1e-5},
	{"amplified", "the same, amplified by feedback or by a gain that follows the level", 1e-3},
	{"unlike", "the last bits decide which way a step goes", math.Inf(1)},
}

func (c class) String() string { return classes[c].name }

// classOf compares an output with amd64's. Where both are not a number they
// agree.
func classOf(out, reference output) class {
	if len(out) != len(reference) {
		return unlike
	}
	most := 0.0
	for i := range out {
		x, y := float64(out[i]), float64(reference[i])
		if x == y || math.IsNaN(x) && math.IsNaN(y) {
			continue
		}
		d := math.Abs(x-y) / max(1, math.Abs(y))
		if math.IsNaN(d) {
			return unlike
		}
		most = max(most, d)
	}
	for c := range classes {
		if most <= classes[c].tolerance {
			return class(c)
		}
	}
	return unlike
}

// differences returns the classes of all plug-ins that have no flaw.
func (p *proof) differences() map[string]map[arch.Arch]class {
	found := map[string]map[arch.Arch]class{}
	for label, reference := range p.verdicts[arch.LinuxAMD64] {
		found[label] = map[arch.Arch]class{}
		for _, a := range archs[1:] {
			if v, ok := p.verdicts[a][label]; ok && v.flaw == "" && reference.flaw == "" {
				found[label][a] = classOf(v.out, reference.out)
			}
		}
	}
	return found
}

// differencesText is the table of differences: a line a plug-in, with tabs.
func (p *proof) differencesText() string {
	var b strings.Builder
	b.WriteString("# label")
	for _, a := range archs[1:] {
		fmt.Fprintf(&b, "\t%v", a)
	}
	b.WriteString("\n")
	found := p.differences()
	for _, label := range slices.Sorted(maps.Keys(found)) {
		b.WriteString(label)
		for _, a := range archs[1:] {
			if c, ok := found[label][a]; ok {
				fmt.Fprintf(&b, "\t%v", c)
			} else {
				b.WriteString("\t-")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func readDifferences(t *testing.T) map[string]map[arch.Arch]class {
	t.Helper()
	raw, err := os.ReadFile(differencesFile)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[arch.Arch]class{}
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != len(archs) {
			continue
		}
		found[fields[0]] = map[arch.Arch]class{}
		for n, name := range fields[1:] {
			for c := range classes {
				if classes[c].name == name {
					found[fields[0]][archs[n+1]] = class(c)
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no plug-ins", differencesFile)
	}
	return found
}

// text is docs/proof.md.
func (p *proof) text() string {
	var b strings.Builder
	b.WriteString(`# Proof

What a LADSPA plug-in gives through crossplug is compared, bit for bit, with what it gives to a C program of a hundred
lines that loads the same file itself (hosts/ladspa/testdata/direct.c), natively or under the same emulator. Input, block
sizes (1 to 1024 frames, even and odd) and the values of the control ports are the same; audio and control outputs count.

This file is written by a test: ` + "`CROSSPLUG_TEST_ALL=1 go test ./hosts/ladspa -run Proof -update`" + `. ` + "`make test-all`" + ` checks it
against a new measurement; ` + "`make test`" + ` runs a sample.

## On the same architecture

The plug-ins are those of Debian's package swh-plugins.

| architecture | plug-ins | bit-identical | different | set aside |
|---|---|---|---|---|
`)
	for _, a := range archs {
		identical, different, aside := 0, 0, 0
		for _, v := range p.verdicts[a] {
			switch {
			case v.flaw != "":
				aside++
			case v.different:
				different++
			default:
				identical++
			}
		}
		fmt.Fprintf(&b, "| %v | %d | %d | %d | %d |\n", a, len(p.verdicts[a]), identical, different, aside)
	}
	b.WriteString(`
Set aside are plug-ins that have no one output to compare with. The test verifies the reason on the plug-in run directly:
that it crashes, at once or with forbidden memory around its own; that filling unused memory with one byte or another
changes its output; that it plans transforms. One that measures must still agree with a direct run to the last bits where
no emulator is in the way.

| plug-in | architectures | what it does | why |
|---|---|---|---|
`)
	for _, f := range flaws {
		on := "all"
		if f.archs != nil {
			var names []string
			for _, a := range f.archs {
				names = append(names, a.String())
			}
			on = strings.Join(names, ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(f.labels, ", "), on, f.flaw, f.reason)
	}
	b.WriteString(`
## Between architectures

The same source compiled for another processor need not give the same bits. Number of plug-ins by their largest
difference from the amd64 build, as a fraction of the value or of full scale, whichever is larger:

| class | at most |`)
	for _, a := range archs[1:] {
		fmt.Fprintf(&b, " %v |", a)
	}
	b.WriteString(" why |\n|---|---|" + strings.Repeat("---|", len(archs)-1) + "---|\n")
	found := p.differences()
	for c := range classes {
		most := "any"
		if !math.IsInf(classes[c].tolerance, 0) {
			most = fmt.Sprint(classes[c].tolerance)
		}
		fmt.Fprintf(&b, "| %s | %s |", classes[c].name, most)
		for _, a := range archs[1:] {
			n := 0
			for _, by := range found {
				if got, ok := by[a]; ok && got == class(c) {
					n++
				}
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		fmt.Fprintf(&b, " %s |\n", classes[c].why)
	}
	b.WriteString("\nEach plug-in's class is in hosts/ladspa/testdata/differences.txt. The unlike ones:\n\n")
	for _, label := range slices.Sorted(maps.Keys(found)) {
		var on []string
		for _, a := range archs[1:] {
			if c, ok := found[label][a]; ok && c == unlike {
				on = append(on, a.String())
			}
		}
		if len(on) > 0 {
			fmt.Fprintf(&b, "- %s: %s\n", label, strings.Join(on, ", "))
		}
	}
	return b.String()
}
