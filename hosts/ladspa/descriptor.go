package ladspa

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug"
	raw "github.com/crossplug/crossplug/hosts/ladspa/raw"
)

// Properties of a plug-in.
type Properties uint32

const (
	Realtime            Properties = 1 << iota // LADSPA_PROPERTY_REALTIME: it depends on time passing as audio does
	InplaceBroken                              // LADSPA_PROPERTY_INPLACE_BROKEN: inputs and outputs must not share memory
	HardRealtimeCapable                        // LADSPA_PROPERTY_HARD_RT_CAPABLE
)

// Functions are those of a plug-in that it need not have.
type Functions uint32

const (
	HasActivate Functions = 1 << iota
	HasRunAdding
	HasSetRunAddingGain
	HasDeactivate
)

// Descriptor describes a plug-in. It stays valid after its library is closed.
type Descriptor struct {
	Index      int    // in the library
	UniqueID   uint64 // registered, if below 2^24
	Label      string // its name for programs, unique in the library
	Name       string // its name for people
	Maker      string
	Copyright  string
	Properties Properties
	Functions  Functions
	Ports      []Port

	raw *raw.Descriptor
}

// Port describes a port. Exactly one of Input and Output, and one of Audio and
// Control, is true.
type Port struct {
	Index   int
	Name    string
	Input   bool
	Output  bool
	Audio   bool
	Control bool
	Hint    Hint
	Lower   float32 // as the plug-in gives it; Range knows the sample rate
	Upper   float32
}

// Hint says what values make sense at a port.
type Hint uint32

// The flags and defaults of LADSPA_HINT_….
const (
	BoundedBelow Hint = 1 << iota
	BoundedAbove
	Toggled
	SampleRate // the bounds are multiples of the sample rate
	Logarithmic
	Integer

	defaultMask    Hint = 0x3c0
	defaultMinimum Hint = 0x040
	defaultLow     Hint = 0x080
	defaultMiddle  Hint = 0x0c0
	defaultHigh    Hint = 0x100
	defaultMaximum Hint = 0x140
	default0       Hint = 0x200
	default1       Hint = 0x240
	default100     Hint = 0x280
	default440     Hint = 0x2c0
)

// newPort makes a Port of what a plug-in says of it.
func newPort(index int, name string, kind raw.PortDescriptor, hint raw.PortRangeHint) (Port, error) {
	is := func(bit raw.PortDescriptor) bool { return kind&bit != 0 }
	p := Port{
		Index: index, Name: name,
		Input: is(raw.PortDescriptorPortInput), Output: is(raw.PortDescriptorPortOutput), Audio: is(raw.PortDescriptorPortAudio), Control: is(raw.PortDescriptorPortControl),
		Hint: Hint(hint.HintDescriptor), Lower: hint.LowerBound, Upper: hint.UpperBound,
	}
	if p.Input == p.Output || p.Audio == p.Control {
		return p, fmt.Errorf("%w: port %d (%q) is neither input nor output, or neither audio nor control: descriptor %#x", crossplug.ErrBadImage, index, name, int32(kind))
	}
	return p, nil
}

// bounds returns the bounds of a port at a sample rate, NaN where there is none.
// One that no finite number satisfies, and a pair the wrong way round, count as
// none: they are hints, and a plug-in may be wrong.
func (p *Port) bounds(rate int) (lower, upper float64) {
	scale := 1.0
	if p.Hint&SampleRate != 0 {
		scale = float64(rate)
	}
	bound := func(flag Hint, v float32) float64 {
		if b := float64(v) * scale; p.Hint&flag != 0 && math.Abs(b) <= math.MaxFloat32 {
			return b
		}
		return math.NaN()
	}
	lower, upper = bound(BoundedBelow, p.Lower), bound(BoundedAbove, p.Upper)
	if lower > upper {
		return math.NaN(), math.NaN()
	}
	return lower, upper
}

// Range returns the bounds of a control port at a sample rate in hertz; an
// infinity where there is none.
func (p *Port) Range(rate int) (lower, upper float32) {
	lower, upper = float32(math.Inf(-1)), float32(math.Inf(1))
	lo, up := p.bounds(rate)
	if !math.IsNaN(lo) {
		lower = float32(lo)
	}
	if !math.IsNaN(up) {
		upper = float32(up)
	}
	return lower, upper
}

// Default returns the value that the plug-in suggests for a control input at a
// sample rate in hertz, by the rules of LADSPA_HINT_DEFAULT_…. If it suggests
// none, or by a bound that it does not have, ok is false and the value is the
// one nearest to 0 within the bounds.
func (p *Port) Default(rate int) (value float32, ok bool) {
	lo, up := p.bounds(rate)
	between := func(part float64) float64 { // of the way from lower to upper
		if p.Hint&Logarithmic != 0 {
			return math.Exp(math.Log(lo)*(1-part) + math.Log(up)*part)
		}
		return lo*(1-part) + up*part
	}
	v := math.NaN()
	switch p.Hint & defaultMask {
	case defaultMinimum:
		v = lo
	case defaultLow:
		v = between(0.25)
	case defaultMiddle:
		v = between(0.5)
	case defaultHigh:
		v = between(0.75)
	case defaultMaximum:
		v = up
	case default0:
		v = 0
	case default1:
		v = 1
	case default100:
		v = 100
	case default440:
		v = 440
	}
	if math.IsNaN(v) {
		lower, upper := p.Range(rate)
		return min(max(0, lower), upper), false
	}
	if p.Hint&Integer != 0 {
		v = math.Round(v)
	}
	return float32(v), true
}

// check reports whether a value may be set.
func (p *Port) check(v float32, rate int) error {
	lower, upper := p.Range(rate)
	switch {
	case p.Audio || p.Output:
		return fmt.Errorf("%w: port %q is not a control input", crossplug.ErrMismatch, p.Name)
	case v != v || math.IsInf(float64(v), 0):
		return fmt.Errorf("%w: port %q cannot be %v", crossplug.ErrMismatch, p.Name, v)
	case p.Hint&Toggled == 0 && (v < lower || v > upper):
		return fmt.Errorf("%w: port %q cannot be %v: %s", crossplug.ErrMismatch, p.Name, v, p.RangeText(rate))
	}
	return nil
}

// RangeText says for people what values a control port takes at a sample rate:
// "0 to 1", "at least -90", "whole numbers, 1 to 8", "on (above 0) or off".
func (p *Port) RangeText(rate int) string {
	lower, upper := p.Range(rate)
	low, high := !math.IsInf(float64(lower), 0), !math.IsInf(float64(upper), 0)
	var s string
	switch {
	case p.Hint&Toggled != 0:
		return "on (above 0) or off"
	case low && high:
		s = number(lower) + " to " + number(upper)
	case low:
		s = "at least " + number(lower)
	case high:
		s = "at most " + number(upper)
	default:
		s = "any"
	}
	if p.Hint&Integer != 0 {
		if s == "any" {
			return "whole numbers"
		}
		return "whole numbers, " + s
	}
	return s
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// FindPort finds a control input by its name: the exact name, or the only one
// that begins so, in any case. The error lists what there is.
func (d *Descriptor) FindPort(name string) (*Port, error) {
	var all, found []string
	var port *Port
	for i := range d.Ports {
		p := &d.Ports[i]
		if !p.Control || !p.Input {
			continue
		}
		if p.Name == name {
			return p, nil
		}
		if len(name) > 0 && len(p.Name) >= len(name) && strings.EqualFold(p.Name[:len(name)], name) {
			port = p
			found = append(found, strconv.Quote(p.Name))
		}
		all = append(all, strconv.Quote(p.Name))
	}
	switch {
	case len(found) == 1:
		return port, nil
	case len(found) > 1:
		return nil, fmt.Errorf("%s: %w: several ports begin with %q: %s", d.Label, crossplug.ErrNotFound, name, strings.Join(found, ", "))
	case len(all) == 0:
		return nil, fmt.Errorf("%s: %w: it has no control inputs", d.Label, crossplug.ErrNotFound)
	}
	return nil, fmt.Errorf("%s: %w: no control input is named %q; it has: %s", d.Label, crossplug.ErrNotFound, name, strings.Join(all, ", "))
}

// AudioPorts returns how many audio inputs and outputs the plug-in has.
func (d *Descriptor) AudioPorts() (inputs, outputs int) {
	for _, p := range d.Ports {
		switch {
		case p.Audio && p.Input:
			inputs++
		case p.Audio:
			outputs++
		}
	}
	return inputs, outputs
}
