package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/format/wav"
	"github.com/crossplug/crossplug/hosts/ladspa"

	"github.com/spf13/cobra"
)

// Bounds on --block and --tail: what somebody could mean.
const (
	maxBlock = 1 << 16   // frames
	maxTail  = 24 * 3600 // seconds
)

func newProcessCommand() *cobra.Command {
	p := processing{block: 1024}
	var asJSON bool
	var format string
	cmd := &cobra.Command{
		Use:   "process --plugin FILE[:LABEL] [--set PORT=VALUE]... [--plugin ...] IN OUT",
		Short: "Process a recording with LADSPA plug-ins of any architecture",
		Long: `process sends the sound in the WAVE file IN through LADSPA plug-ins, one after
the other in the order given, and writes the result to the WAVE file OUT. The
plug-ins may be built for different architectures. Each --set belongs to the
--plugin before it. "crossplug ladspa FILE" lists labels and what can be set; a
port's name may be shortened. A plug-in's FILE without a directory is also
looked for in those of $LADSPA_PATH.

A plug-in with as many inputs as outputs is used as often as the channels
require: one instance for each channel, or for each pair. Others must fit. A
single channel goes into all inputs of a plug-in.

IN may have samples of 8, 16, 24 or 32 bits, or floats of 32 or 64 bits. OUT gets
the same unless --format says otherwise. Plug-ins compute with floats, and samples
that are too loud for integers are clipped; how many is said. Only the sound
is kept, not tags and cue points.

OUT is replaced when the work is complete. If it fails or is interrupted, OUT
stays as it was; a plug-in that crashes does no other harm. OUT may be IN, or
/dev/stdout; what is said about the work goes to standard error then.

With --json the result is one object. "input" and "output" have "path",
"channels", "rate", "format", "frames" and "seconds"; "output" also "peak" (1 is
full scale), "peakSeconds" (when), "clipped" and "notFinite" (numbers of
samples). "plugins" have "path", "label", "name", "architecture", "run" (how),
"instances", "channels" (that come out), "seconds" (spent), "realTime",
"latency" (frames, as the plug-in says), "controls" (what they were set to) and
"readings" (control outputs, at the end). "seconds" is the time that all took,
"startSeconds" the part of it before the first block, and "realTime" how many
times faster than the sound lasts.`,
		Example: `  crossplug process --plugin gverb_1216.so --set "Roomsize (m)=80" --tail 3 dry.wav wet.wav
  crossplug process --plugin gverb_1216.so --plugin sc4_1882.so --set "Threshold level (dB)=-20" in.wav out.wav
  crossplug process --plugin plugin.so:label --format f32 --json in.wav out.wav`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.in, p.out = args[0], args[1]
			if err := p.check(format); err != nil {
				return err
			}
			to := cmd.OutOrStdout()
			if isFile(to, p.out) { // such as /dev/stdout, where the sound goes then
				to = cmd.ErrOrStderr()
			}
			report, err := p.run(cmd)
			if err != nil {
				if cmd.Context().Err() != nil {
					err = errors.New("interrupted")
				}
				return fmt.Errorf("%w; %s was not written", err, p.out)
			}
			if asJSON {
				return printJSON(to, report)
			}
			report.print(to)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.Var((*pluginFlag)(&p.plugins), "plugin", "send the sound through a plug-in: `FILE[:LABEL]`; the label may be left out if the file has one plug-in")
	flags.Var((*setFlag)(&p.plugins), "set", "set a control of the plug-in before it: `PORT=VALUE`")
	flags.IntVar(&p.block, "block", p.block, "process `FRAMES` at a time")
	flags.Float64Var(&p.tail, "tail", 0, "go on for some `SECONDS` after the end of the sound, for echoes to die away")
	flags.StringVar(&format, "format", "", "write samples as `FORMAT`: u8, s16, s24, s32, f32 or f64")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	flags.SortFlags = false
	addPreferFlag(cmd, &p.prefer)
	_ = cmd.RegisterFlagCompletionFunc("plugin", completeLabel)
	_ = cmd.RegisterFlagCompletionFunc("set", func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(p.plugins) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return completePort(cmd, p.plugins[len(p.plugins)-1].arg)
	})
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(sampleNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check checks what was asked for, so far as that is possible without looking at
// any file.
func (p *processing) check(format string) error {
	if len(p.plugins) == 0 {
		return usagef("no --plugin given")
	}
	if p.block < 1 || p.block > maxBlock {
		return usagef("--block %d: it must be from 1 to %d frames", p.block, maxBlock)
	}
	if !(p.tail >= 0 && p.tail <= maxTail) {
		return usagef("--tail %v: it must be from 0 to %d seconds", p.tail, maxTail)
	}
	if format != "" {
		var err error
		if p.format, err = wav.ParseSample(format); err != nil {
			return usagef("--format: %w", err)
		}
	}
	return nil
}

// chosen is a plug-in of the command line.
type chosen struct {
	arg  string // FILE[:LABEL]
	sets []setting
}

type setting struct {
	port  string
	value float32
}

// pluginFlag and setFlag are the values of --plugin and --set. Both work on the
// same list, because their order on the command line says which set belongs to
// which plug-in.
type (
	pluginFlag []chosen
	setFlag    []chosen
)

func (f *pluginFlag) Set(arg string) error {
	if arg == "" {
		return errors.New("no file is named")
	}
	*f = append(*f, chosen{arg: arg})
	return nil
}

func (f *setFlag) Set(arg string) error {
	if len(*f) == 0 {
		return errors.New("it must follow the --plugin it is for")
	}
	// Names of ports have "=" in them more often than numbers do.
	i := strings.LastIndexByte(arg, '=')
	if i < 1 {
		return errors.New(`it must be of the form "PORT=VALUE"`)
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(arg[i+1:]), 32)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return fmt.Errorf("%q is not a number", arg[i+1:])
	}
	last := &(*f)[len(*f)-1]
	last.sets = append(last.sets, setting{strings.TrimSpace(arg[:i]), float32(v)})
	return nil
}

func (f *pluginFlag) String() string { return "" }
func (f *setFlag) String() string    { return "" }
func (f *pluginFlag) Type() string   { return "FILE[:LABEL]" }
func (f *setFlag) Type() string      { return "PORT=VALUE" }

// soundInfo, peakInfo, stageInfo and processReport are the JSON schema,
// documented in the help.
type soundInfo struct {
	Path     string  `json:"path"`
	Channels int     `json:"channels"`
	Rate     uint32  `json:"rate"`
	Format   string  `json:"format"`
	Frames   int64   `json:"frames"`
	Seconds  float64 `json:"seconds"`
}

type outputInfo struct {
	soundInfo
	Peak        float64 `json:"peak"`
	PeakSeconds float64 `json:"peakSeconds"`
	Clipped     int64   `json:"clipped"`
	NotFinite   int64   `json:"notFinite"`
}

type stageInfo struct {
	Path         string             `json:"path"`
	Label        string             `json:"label"`
	Name         string             `json:"name"`
	Architecture string             `json:"architecture"`
	Run          string             `json:"run"`
	Instances    int                `json:"instances"`
	Channels     int                `json:"channels"`
	Seconds      float64            `json:"seconds"`
	RealTime     float64            `json:"realTime"`
	Latency      int                `json:"latency"`
	Controls     map[string]float32 `json:"controls"`
	Readings     map[string]float32 `json:"readings"`
}

type processReport struct {
	Input        soundInfo   `json:"input"`
	Plugins      []stageInfo `json:"plugins"`
	Output       outputInfo  `json:"output"`
	Seconds      float64     `json:"seconds"`
	StartSeconds float64     `json:"startSeconds"`
	RealTime     float64     `json:"realTime"`
}

func newSoundInfo(path string, f wav.Format, frames int64) soundInfo {
	return soundInfo{path, f.Channels, f.Rate, f.Sample.String(), frames, float64(frames) / float64(f.Rate)}
}

// newStageInfo describes a stage that has done its work on seconds of sound.
func newStageInfo(path string, l *ladspa.Library, s *ladspa.Stage, seconds float64) stageInfo {
	first := s.Instances()[0]
	d := first.Descriptor()
	info := stageInfo{
		Path: path, Label: d.Label, Name: d.Name, Architecture: l.Plugin().Arch().String(), Run: l.Plugin().Runtime(),
		Instances: len(s.Instances()), Channels: s.Channels(), Seconds: s.Spent.Seconds(), RealTime: times(seconds, s.Spent.Seconds()),
		Latency: s.Latency(), Controls: map[string]float32{}, Readings: map[string]float32{},
	}
	for _, p := range d.Ports {
		if v := finite(first.Get(p.Index)); p.Control && v != nil {
			if p.Input {
				info.Controls[p.Name] = *v
			} else {
				info.Readings[p.Name] = *v
			}
		}
	}
	return info
}

// times is how many times a goes into b, and 0 where that means nothing.
func times(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

// factor says for people how many times faster than real time something is.
func factor(x float64) string {
	if x < 100 {
		return fmt.Sprintf("%.1fx", x)
	}
	return fmt.Sprintf("%.0fx", x)
}

// decibels says a level for people.
func decibels(level float64) string {
	if level == 0 {
		return "silent"
	}
	return fmt.Sprintf("%.1f dB", 20*math.Log10(level))
}

func (s soundInfo) String() string {
	channels := "1 channel"
	if s.Channels != 1 {
		channels = fmt.Sprintf("%d channels", s.Channels)
	}
	return fmt.Sprintf("%s: %s, %d Hz, %s, %.2f s", printable(s.Path), channels, s.Rate, s.Format, s.Seconds)
}

// print writes the report for people.
func (r *processReport) print(w io.Writer) {
	fmt.Fprintln(w, r.Input)
	t := table{header: []string{"PLUG-IN", "ARCHITECTURE", "HOW", "INSTANCES", "CHANNELS", "TIME", "REAL TIME"}, right: map[int]bool{3: true, 4: true, 5: true, 6: true}}
	for _, p := range r.Plugins {
		t.addCells(cell{p.Label, bold}, cell{p.Architecture, green}, cell{p.Run, plain}, cell{strconv.Itoa(p.Instances), plain},
			cell{strconv.Itoa(p.Channels), plain}, cell{fmt.Sprintf("%.3f s", p.Seconds), plain}, cell{factor(p.RealTime), plain})
	}
	t.print(w)
	for _, p := range r.Plugins {
		var names []string
		for name := range p.Readings {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(w, "%s says: %s = %.6g\n", printable(p.Label), printable(name), p.Readings[name])
		}
	}
	fmt.Fprintf(w, "%v; peak %s at %.2f s\n", r.Output.soundInfo, decibels(r.Output.Peak), r.Output.PeakSeconds)
	fmt.Fprintf(w, "took %.3f s, %.3f s of it to start: %s real time\n", r.Seconds, r.StartSeconds, factor(r.RealTime))
}
