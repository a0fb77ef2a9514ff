package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/hosts/ladspa"

	"github.com/spf13/cobra"
)

// defaultRate is the sample rate at which ranges are shown: that of most
// recordings of today.
const defaultRate = 48000

func newLADSPACommand() *cobra.Command {
	var asJSON bool
	var rate int
	var prefer []string
	cmd := &cobra.Command{
		Use:   "ladspa FILE[:LABEL]...",
		Short: "List the plug-ins in LADSPA files and what can be set",
		Long: `ladspa loads LADSPA files, whatever they are built for, and describes the
plug-ins in them. If one plug-in is named, or a file has only one, its ports are
listed, with what "crossplug process --set" takes. A FILE without a directory is
also looked for in those of $LADSPA_PATH.

Some ranges and defaults depend on the sample rate; they are shown for --rate.

With --json the result is one object. Its "plugins" have "path", "architecture",
"run" (how), "label", "name", "maker", "copyright", "id", "audioInputs",
"audioOutputs" and "ports". A port has "index", "name", "direction" ("input" or
"output"), "type" ("audio" or "control") and, if it is a control, "minimum",
"maximum" and "default" where there is one, and "toggled", "integer" and
"logarithmic" where true.`,
		Example: `  crossplug ladspa gverb_1216.so
  crossplug ladspa "$(crossplug sysroot path s390x)"/usr/lib/ladspa/sc4_1882.so:sc4`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeLabel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if rate < 1 || rate > math.MaxInt32 {
				return usagef("--rate %d: it must be from 1 to %d", rate, math.MaxInt32)
			}
			var infos []pluginInfo
			for _, arg := range args {
				some, err := describeLADSPA(cmd.Context(), arg, rate, prefer)
				if err != nil {
					return err
				}
				if !asJSON {
					if infos != nil {
						fmt.Fprintln(cmd.OutOrStdout())
					}
					printLADSPA(cmd, some)
				}
				infos = append(infos, some...)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"plugins": infos})
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&rate, "rate", defaultRate, "show ranges and defaults at a sample rate of `HERTZ`")
	addPreferFlag(cmd, &prefer)
	return cmd
}

// pluginInfo and portInfo are the JSON schema, documented in the help.
type pluginInfo struct {
	Path         string     `json:"path"`
	Architecture string     `json:"architecture"`
	Run          string     `json:"run"`
	Label        string     `json:"label"`
	Name         string     `json:"name"`
	Maker        string     `json:"maker"`
	Copyright    string     `json:"copyright"`
	ID           uint64     `json:"id"`
	AudioInputs  int        `json:"audioInputs"`
	AudioOutputs int        `json:"audioOutputs"`
	Ports        []portInfo `json:"ports"`
}

type portInfo struct {
	Index       int      `json:"index"`
	Name        string   `json:"name"`
	Direction   string   `json:"direction"`
	Type        string   `json:"type"`
	Minimum     *float32 `json:"minimum,omitempty"`
	Maximum     *float32 `json:"maximum,omitempty"`
	Default     *float32 `json:"default,omitempty"`
	Toggled     bool     `json:"toggled,omitempty"`
	Integer     bool     `json:"integer,omitempty"`
	Logarithmic bool     `json:"logarithmic,omitempty"`

	takes string // the range, for people
}

// fileAndLabel splits FILE[:LABEL]. Either may have colons in it: what is a
// file as it stands is one, otherwise the longest beginning that is. A file
// without a directory may be in one of $LADSPA_PATH.
func fileAndLabel(arg string) (file, label string) {
	if path, ok := ladspa.Locate(arg); ok {
		return path, ""
	}
	last := strings.LastIndexByte(arg, ':')
	for i := last; i >= 0; i = strings.LastIndexByte(arg[:i], ':') {
		if path, ok := ladspa.Locate(arg[:i]); ok {
			return path, arg[i+1:]
		}
	}
	if last < 0 {
		return arg, ""
	}
	return arg[:last], arg[last+1:] // which is no file either; say so of the part without the label
}

// describeLADSPA describes the plug-ins of a file, or the one with the label.
func describeLADSPA(ctx context.Context, arg string, rate int, prefer []string) ([]pluginInfo, error) {
	file, label := fileAndLabel(arg)
	l, err := ladspa.Open(ctx, file, crossplug.Prefer(prefer...))
	if err != nil {
		return nil, err
	}
	defer l.Close()
	plugins := l.Plugins()
	if label != "" {
		d, err := l.Find(label)
		if err != nil {
			return nil, err
		}
		plugins = []*ladspa.Descriptor{d}
	}
	infos := []pluginInfo{}
	for _, d := range plugins {
		in, out := d.AudioPorts()
		info := pluginInfo{
			Path: file, Architecture: l.Plugin().Arch().String(), Run: l.Plugin().Runtime(),
			Label: d.Label, Name: d.Name, Maker: d.Maker, Copyright: d.Copyright, ID: d.UniqueID,
			AudioInputs: in, AudioOutputs: out, Ports: []portInfo{},
		}
		for _, p := range d.Ports {
			info.Ports = append(info.Ports, describePort(p, rate))
		}
		infos = append(infos, info)
	}
	return infos, nil
}

func describePort(p ladspa.Port, rate int) portInfo {
	info := portInfo{Index: p.Index, Name: p.Name, Direction: "input", Type: "audio"}
	if p.Output {
		info.Direction = "output"
	}
	if p.Audio {
		return info
	}
	info.Type = "control"
	info.Toggled, info.Integer, info.Logarithmic = p.Hint&ladspa.Toggled != 0, p.Hint&ladspa.Integer != 0, p.Hint&ladspa.Logarithmic != 0
	lower, upper := p.Range(rate)
	info.Minimum, info.Maximum = finite(lower), finite(upper)
	info.takes = p.RangeText(rate)
	if p.Input {
		if v, ok := p.Default(rate); ok {
			info.Default = finite(v)
		}
	}
	return info
}

// finite returns a number that JSON can say, or nil.
func finite(v float32) *float32 {
	if x := float64(v); math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &v
}

// printLADSPA prints what is known of a file's plug-ins: an overview of several,
// or everything about one.
func printLADSPA(cmd *cobra.Command, infos []pluginInfo) {
	out := cmd.OutOrStdout()
	if len(infos) == 0 {
		return
	}
	first := infos[0]
	paint := painter(out)
	fmt.Fprintf(out, "%s: %s, %s\n", printable(first.Path), first.Architecture, first.Run)
	if len(infos) > 1 {
		t := table{header: []string{"LABEL", "NAME", "AUDIO IN", "AUDIO OUT", "CONTROLS"}, right: map[int]bool{2: true, 3: true, 4: true}}
		for _, p := range infos {
			controls := 0
			for _, port := range p.Ports {
				if port.Type == "control" && port.Direction == "input" {
					controls++
				}
			}
			t.addCells(cell{p.Label, bold}, cell{p.Name, plain}, cell{strconv.Itoa(p.AudioInputs), plain}, cell{strconv.Itoa(p.AudioOutputs), plain}, cell{strconv.Itoa(controls), plain})
		}
		t.print(out)
		return
	}
	fmt.Fprintf(out, "%s: %s, by %s\n", paint(bold, printable(first.Label)), printable(first.Name), printable(first.Maker))
	t := table{header: []string{"PORT", "NAME", "TYPE", "TAKES", "DEFAULT"}, right: map[int]bool{0: true, 4: true}}
	for _, p := range first.Ports {
		def, takes := "", p.takes
		if p.Default != nil {
			def = strconv.FormatFloat(float64(*p.Default), 'g', 6, 32)
		}
		name := bold
		if p.Type == "audio" || p.Direction == "output" {
			name, takes = plain, ""
		}
		t.addCells(cell{strconv.Itoa(p.Index), plain}, cell{p.Name, name}, cell{p.Type + " " + p.Direction, plain}, cell{takes, plain}, cell{def, plain})
	}
	t.print(out)
}
