package ladspa

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/crossplug/crossplug"
	raw "github.com/crossplug/crossplug/hosts/ladspa/raw"
)

const bounded = BoundedBelow | BoundedAbove

var inf, nan = float32(math.Inf(1)), float32(math.NaN())

// TestDefault goes through LADSPA_HINT_DEFAULT_… of ladspa.h: the sums are
// written out as its comments give them.
func TestDefault(t *testing.T) {
	exp, log := math.Exp, math.Log
	for _, tt := range []struct {
		name         string
		hint         Hint
		lower, upper float32
		rate         int
		want         float64
		ok           bool
	}{
		{"none", 0, 0, 0, 1, 0, false},
		{"none, bounded above 0", bounded, 2, 5, 1, 2, false},
		{"none, bounded below 0", bounded, -5, -2, 1, -2, false},
		{"none, bounded around 0", bounded, -5, 5, 1, 0, false},
		{"minimum", bounded | defaultMinimum, -3, 5, 1, -3, true},
		{"maximum", bounded | defaultMaximum, -3, 5, 1, 5, true},
		{"low", bounded | defaultLow, -4, 4, 1, -4*0.75 + 4*0.25, true},
		{"middle", bounded | defaultMiddle, -4, 6, 1, 1, true},
		{"high", bounded | defaultHigh, -4, 4, 1, -4*0.25 + 4*0.75, true},
		{"logarithmic low", bounded | Logarithmic | defaultLow, 10, 1000, 1, exp(log(10)*0.75 + log(1000)*0.25), true},
		{"logarithmic middle", bounded | Logarithmic | defaultMiddle, 10, 1000, 1, 100, true},
		{"logarithmic high", bounded | Logarithmic | defaultHigh, 10, 1000, 1, exp(log(10)*0.25 + log(1000)*0.75), true},
		{"logarithmic minimum", bounded | Logarithmic | defaultMinimum, 10, 1000, 1, 10, true},
		{"logarithmic from 0", bounded | Logarithmic | defaultMiddle, 0, 1000, 1, 0, true}, // log(0) is -infinity
		{"logarithmic from below 0", bounded | Logarithmic | defaultMiddle, -1, 1000, 1, 0, false},
		{"sample rate", bounded | SampleRate | defaultHigh, 0, 0.5, 48000, 18000, true},
		{"logarithmic of the sample rate", bounded | SampleRate | Logarithmic | defaultMiddle, 0.0001, 0.01, 44100, 44.1, true},
		{"0", bounded | default0, 2, 5, 1, 0, true},
		{"1", default1, 0, 0, 1, 1, true},
		{"100", default100, 0, 0, 1, 100, true},
		{"440", default440, 0, 0, 1, 440, true},
		{"440 whatever the sample rate", bounded | SampleRate | default440, 0, 0.5, 48000, 440, true},
		{"whole", bounded | Integer | defaultMiddle, -0.1, 3.2, 1, 2, true},
		{"whole low", bounded | Integer | defaultLow, 0, 10, 1, 3, true},
		{"whole minimum", bounded | Integer | defaultMinimum, -0.1, 3.1, 1, 0, true},
		{"on", Toggled | default1, 0, 0, 1, 1, true},
		{"off", Toggled | default0, 0, 0, 1, 0, true},
		{"minimum of none", BoundedAbove | defaultMinimum, 7, 9, 1, 0, false},
		{"low of half", BoundedBelow | defaultLow, 7, 9, 1, 7, false},
		{"unknown", bounded | 0x300, 7, 9, 1, 7, false},
		{"not a number", bounded | defaultMinimum, nan, 9, 1, 0, false},
		{"middle of infinity", bounded | defaultMiddle, 1, inf, 1, 1, false},
		{"maximum beyond float", bounded | SampleRate | defaultMaximum, 0, math.MaxFloat32, 48000, 0, false},
		{"the wrong way round", bounded | defaultMaximum, 5, 3, 1, 0, false},
	} {
		p := Port{Input: true, Control: true, Hint: tt.hint, Lower: tt.lower, Upper: tt.upper}
		got, ok := p.Default(tt.rate)
		if math.Abs(float64(got)-tt.want) > 1e-6*math.Abs(tt.want) || ok != tt.ok || got != got {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestRange(t *testing.T) {
	for _, tt := range []struct {
		hint         Hint
		lower, upper float32
		min, max     float32
		text         string
	}{
		{0, 1, 2, -inf, inf, "any"},
		{Integer, 1, 2, -inf, inf, "whole numbers"},
		{BoundedBelow, -90, 2, -90, inf, "at least -90"},
		{BoundedAbove, 1, 0.1, -inf, 0.1, "at most 0.1"},
		{bounded, 0, 1, 0, 1, "0 to 1"},
		{bounded | Integer, 1, 8, 1, 8, "whole numbers, 1 to 8"},
		{bounded | SampleRate, 0, 0.5, 0, 24000, "0 to 24000"},
		{Toggled, 0, 0, -inf, inf, "on (above 0) or off"},
		{bounded, nan, 5, -inf, 5, "at most 5"},
		{bounded, nan, nan, -inf, inf, "any"},
		{bounded, inf, inf, -inf, inf, "any"},
		{bounded, 3, -3, -inf, inf, "any"},
		{bounded | SampleRate, -math.MaxFloat32, 1, -inf, 48000, "at most 48000"},
		{^Hint(0), 1, 2, 48000, 96000, "on (above 0) or off"},
	} {
		p := Port{Input: true, Control: true, Hint: tt.hint, Lower: tt.lower, Upper: tt.upper}
		lower, upper := p.Range(48000)
		if text := p.RangeText(48000); lower != tt.min || upper != tt.max || text != tt.text {
			t.Errorf("hint %#x of %v and %v: %v to %v, %q; want %v to %v, %q", tt.hint, tt.lower, tt.upper, lower, upper, text, tt.min, tt.max, tt.text)
		}
	}
}

// FuzzHints: whatever a plug-in says, the default is a number within the bounds
// or one that ladspa.h gives.
func FuzzHints(f *testing.F) {
	f.Add(uint32(bounded|Logarithmic|defaultLow), float32(0), float32(20000), 48000)
	f.Add(uint32(bounded|SampleRate|Integer|defaultMaximum), nan, inf, 1)
	f.Add(uint32(bounded|defaultMiddle), float32(-math.MaxFloat32), float32(math.MaxFloat32), math.MaxInt32)
	f.Fuzz(func(t *testing.T, hint uint32, lower, upper float32, rate int) {
		p := Port{Input: true, Control: true, Hint: Hint(hint), Lower: lower, Upper: upper}
		min, max := p.Range(rate)
		if !(min <= max) {
			t.Fatalf("from %v to %v", min, max)
		}
		v, ok := p.Default(rate)
		if v != v || math.IsInf(float64(v), 0) {
			t.Errorf("default %v", v)
		}
		if !ok && (v < min || v > max) {
			t.Errorf("default %v is not from %v to %v", v, min, max)
		}
		_ = p.RangeText(rate)
	})
}

func TestCheck(t *testing.T) {
	in := Port{Name: "p", Input: true, Control: true}
	with := func(hint Hint, lower, upper float32) Port {
		p := in
		p.Hint, p.Lower, p.Upper = hint, lower, upper
		return p
	}
	for _, tt := range []struct {
		port Port
		v    float32
		want string // of the error; "" for none
	}{
		{in, 1e30, ""},
		{in, nan, "cannot be NaN"},
		{in, inf, "cannot be +Inf"},
		{with(bounded, 0, 1), 1, ""},
		{with(bounded, 0, 1), 1.1, `port "p" cannot be 1.1: 0 to 1`},
		{with(bounded|SampleRate, 0, 0.5), 24000, ""},
		{with(bounded|Integer, -0.1, 3.1), 4, "whole numbers, -0.1 to 3.1"},
		{with(bounded|Toggled, 0, 0), 5, ""}, // anything above 0 is on
		{Port{Name: "p", Output: true, Control: true}, 0, "not a control input"},
		{Port{Name: "p", Input: true, Audio: true}, 0, "not a control input"},
	} {
		err := tt.port.check(tt.v, 48000)
		if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, crossplug.ErrMismatch) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v = %v: %v, want %q", tt.port, tt.v, err, tt.want)
		}
	}
}

func TestNewPort(t *testing.T) {
	const input, output, control, audio = raw.PortDescriptorPortInput, raw.PortDescriptorPortOutput, raw.PortDescriptorPortControl, raw.PortDescriptorPortAudio
	for kind := range raw.PortDescriptor(16) {
		p, err := newPort(3, "p", kind, raw.PortRangeHint{HintDescriptor: 5, LowerBound: -1, UpperBound: 2})
		switch kind {
		case input | audio, output | audio, input | control, output | control:
			if err != nil || p.Index != 3 || p.Hint != 5 || p.Lower != -1 || p.Upper != 2 || p.Input == p.Output || p.Audio == p.Control {
				t.Errorf("kind %d: %+v, %v", kind, p, err)
			}
		default:
			if !errors.Is(err, crossplug.ErrBadImage) || !strings.Contains(err.Error(), `port 3 ("p")`) {
				t.Errorf("kind %d: %v", kind, err)
			}
		}
	}
}

func TestFindPort(t *testing.T) {
	d := &Descriptor{Label: "eq", Ports: []Port{
		{Name: "Gain", Input: true, Control: true},
		{Name: "Gain (dB)", Input: true, Control: true},
		{Name: "Freq", Input: true, Audio: true},
		{Name: "Frequency", Input: true, Control: true},
		{Name: "latency", Output: true, Control: true},
		{Name: "", Input: true, Control: true},
		{Name: "Größe", Input: true, Control: true},
	}}
	for i := range d.Ports {
		d.Ports[i].Index = i
	}
	for name, want := range map[string]int{"Gain": 0, "Gain (dB)": 1, "gain (": 1, "freq": 3, "FREQUENCY": 3, "": 5, "gr": 6, "Größe": 6} {
		if p, err := d.FindPort(name); err != nil || p.Index != want {
			t.Errorf("%q: %v, %v; want port %d", name, p, err, want)
		}
	}
	for name, want := range map[string]string{
		"g":          `several ports begin with "g": "Gain", "Gain (dB)", "Größe"`,
		"latency":    `no control input is named "latency"; it has: "Gain", "Gain (dB)", "Frequency"`,
		"Gain (dB)x": "no control input is named",
	} {
		if _, err := d.FindPort(name); !errors.Is(err, crossplug.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if _, err := new(Descriptor).FindPort("x"); !errors.Is(err, crossplug.ErrNotFound) || !strings.Contains(err.Error(), "has no control inputs") {
		t.Errorf("no ports: %v", err)
	}
}
