// Command demo sends a recording through the same LADSPA reverb built for three
// processors, and shows that they say the same: the machine's own, 32-bit x86,
// and s390x, whose bytes are the other way round. scripts/demo fetches what it
// needs and starts it.
//
// It writes the sound and a picture of it to the directory demo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/wav"
	"github.com/crossplug/crossplug/helper/sysroot"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

const (
	recording = "/usr/share/sounds/alsa/Front_Center.wav" // of Debian's package alsa-utils
	plugin    = "/usr/lib/ladspa/gverb_1216.so"           // of swh-plugins
	buggy     = "/usr/lib/ladspa/fm_osc_1415.so"          // also; on i386 it reads outside of its tables
	tail      = 2.5                                       // seconds for the reverb to die away
	block     = 1024                                      // frames
)

var settings = map[string]float32{
	"Roomsize (m)":                60,
	"Reverb time (s)":             4,
	"Early reflection level (dB)": -6,
	"Tail level (dB)":             -12,
}

// architectures are the three, the machine's own first.
func architectures() []arch.Arch {
	all := []arch.Arch{arch.Host()}
	for _, a := range []arch.Arch{arch.LinuxI386, arch.LinuxS390X, arch.LinuxAMD64} {
		if a != arch.Host() && len(all) < 3 {
			all = append(all, a)
		}
	}
	return all
}

func main() {
	dir := flag.String("o", "demo", "write the results to this directory")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "demo: %q is not used; -o DIR says where to write\n", flag.Arg(0))
		os.Exit(2)
	}
	if err := demo(context.Background(), *dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// take is what one architecture made of the recording.
type take struct {
	arch       arch.Arch
	how        string        // it was run
	start      time.Duration // until the plug-in was ready
	spent      time.Duration // on the sound
	sound      sound
	difference float64 // the greatest from the first take, full scale being 1
}

// realTime is how many times faster than the sound lasts it was processed.
func (t *take) realTime() float64 { return t.sound.seconds() / t.spent.Seconds() }

func demo(ctx context.Context, dir string, out io.Writer) error {
	dry, err := readSound(recording)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %.2f s, through the reverb %s\n\n", recording, dry.seconds(), filepath.Base(plugin))

	var takes []*take
	for _, a := range architectures() {
		t, err := reverberate(ctx, a, dry)
		if err != nil {
			return fmt.Errorf("%v: %w", a, err)
		}
		takes = append(takes, t)
		t.difference = t.sound.difference(takes[0].sound)
	}
	printTable(out, takes)
	fmt.Fprintf(out, "\n(Full scale is 0 dB; a recording of 16 bits ends at -96 dB.)\n")

	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var files []string
	for _, t := range takes {
		file := filepath.Join(dir, t.arch.String()+".wav")
		if err := t.sound.write(file); err != nil {
			return err
		}
		files = append(files, file)
	}
	picture := filepath.Join(dir, "demo.png")
	if err := drawPicture(picture, dry, takes); err != nil {
		return err
	}

	if err := crash(ctx, dry, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nLook:   %s\nListen: play %s\n", picture, recording)
	for _, file := range files {
		fmt.Fprintf(out, "        play %s\n", file)
	}
	return nil
}

// find returns where a plug-in is for an architecture: in the system, or in the
// tree of packages that crossplug keeps for another one.
func find(a arch.Arch, path string) (string, error) {
	if a == arch.Host() {
		return path, nil
	}
	tree, err := sysroot.Lookup(a)
	if err != nil {
		return "", err
	}
	return tree.Path(path), nil
}

// reverberate sends the sound through the reverb built for an architecture.
func reverberate(ctx context.Context, a arch.Arch, dry sound) (*take, error) {
	began := time.Now()
	path, err := find(a, plugin)
	if err != nil {
		return nil, err
	}
	library, err := ladspa.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer library.Close()
	d, err := library.Find("")
	if err != nil {
		return nil, err
	}
	stage, err := library.NewStage(ctx, d, dry.rate, block, len(dry.channels))
	if err != nil {
		return nil, err
	}
	for port, value := range settings {
		if err := stage.Set(port, value); err != nil {
			return nil, err
		}
	}
	t := &take{arch: a, how: library.Plugin().Runtime(), start: time.Since(began)}
	t.sound, err = process(ctx, stage, dry.followedBySilence(tail))
	t.spent = stage.Spent
	return t, errors.Join(err, stage.Close(ctx))
}

// process sends a sound through a plug-in, block by block.
func process(ctx context.Context, stage *ladspa.Stage, in sound) (sound, error) {
	chain := ladspa.NewChain(stage)
	if err := chain.Pin(ctx); err != nil { // quickest when one waits for the other
		return sound{}, err
	}
	defer chain.Unpin()
	out := sound{rate: in.rate, channels: make([][]float32, stage.Channels())}
	part := make([][]float32, len(in.channels))
	for at := 0; at < in.frames(); at += block {
		for c := range part {
			part[c] = in.channels[c][at:min(at+block, in.frames())]
		}
		result, err := stage.Process(ctx, part)
		if err != nil {
			return out, err
		}
		for c := range result {
			out.channels[c] = append(out.channels[c], result[c]...)
		}
	}
	return out, nil
}

// crash shows what becomes of a program whose plug-in crashes: nothing. This
// plug-in does so by itself where floats have more digits than its author
// expected.
func crash(ctx context.Context, dry sound, out io.Writer) error {
	path, err := find(arch.LinuxI386, buggy)
	if err != nil {
		return err
	}
	library, err := ladspa.Open(ctx, path)
	if err != nil {
		return err
	}
	defer library.Close()
	d, err := library.Find("")
	if err != nil {
		return err
	}
	stage, err := library.NewStage(ctx, d, dry.rate, block, len(dry.channels))
	if err != nil {
		return err
	}
	_, err = process(ctx, stage, dry)
	if !errors.Is(err, crossplug.ErrCrashed) {
		return errors.Join(err, stage.Close(ctx))
	}
	fmt.Fprintf(out, "\nA plug-in with a bug ends itself, and not this program, which goes on:\n  %v\n", err)
	return nil
}

func printTable(out io.Writer, takes []*take) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "ARCHITECTURE\tBYTES\tHOW\tSTART\tREAL TIME\tGREATEST DIFFERENCE FROM THE FIRST")
	for i, t := range takes {
		difference := "-"
		if i > 0 {
			difference = differenceText(t.difference)
		}
		fmt.Fprintf(w, "%v\t%d-bit, %v\t%s\t%.1f ms\t%.0fx\t%s\n", t.arch, t.arch.Bits, t.arch.Order, t.how, 1000*t.start.Seconds(), t.realTime(), difference)
	}
	w.Flush()
}

func differenceText(d float64) string {
	if d == 0 {
		return "none: the same bits"
	}
	return fmt.Sprintf("%.1g (%.0f dB)", d, 20*math.Log10(d))
}

// sound is some seconds of audio, one slice a channel.
type sound struct {
	rate     int
	channels [][]float32
}

func (s sound) frames() int      { return len(s.channels[0]) }
func (s sound) seconds() float64 { return float64(s.frames()) / float64(s.rate) }

// followedBySilence returns the sound with some seconds of silence at its end.
func (s sound) followedBySilence(seconds float64) sound {
	long := sound{rate: s.rate}
	for _, c := range s.channels {
		long.channels = append(long.channels, append(c[:len(c):len(c)], make([]float32, int(seconds*float64(s.rate)))...))
	}
	return long
}

// difference returns the greatest difference between two samples of the same
// place.
func (s sound) difference(other sound) float64 {
	greatest := 0.0
	for c := range s.channels {
		for i, v := range s.channels[c] {
			greatest = max(greatest, math.Abs(float64(v)-float64(other.channels[c][i])))
		}
	}
	return greatest
}

func readSound(path string) (sound, error) {
	f, err := os.Open(path)
	if err != nil {
		return sound{}, fmt.Errorf("%w (Debian's package alsa-utils has it)", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return sound{}, err
	}
	r, err := wav.NewReader(f, info.Size())
	if err != nil {
		return sound{}, fmt.Errorf("%s: %w", path, err)
	}
	s := sound{rate: int(r.Format().Rate), channels: make([][]float32, r.Format().Channels)}
	for frame := make([]float32, len(s.channels)); ; {
		_, err := r.Read(frame)
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return sound{}, err
		}
		for c, v := range frame {
			s.channels[c] = append(s.channels[c], v)
		}
	}
}

// write writes the sound as floats: nothing is rounded.
func (s sound) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := wav.NewWriter(f, wav.Format{Sample: wav.F32, Channels: len(s.channels), Rate: uint32(s.rate)}, int64(s.frames()))
	if err != nil {
		return err
	}
	frame := make([]float32, len(s.channels))
	for i := range s.frames() {
		for c := range frame {
			frame[c] = s.channels[c][i]
		}
		if err := w.Write(frame); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), f.Close())
}
