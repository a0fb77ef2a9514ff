package ladspa

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/glue"
)

// Stage is a plug-in applied to all channels of a signal: as many instances as
// that takes, which run in one crossing. How channels meet ports:
//
//	plug-in            signal             result
//	1 in, 1 out        n channels         n instances, n channels
//	k in, k out        multiple of k      n/k instances, n channels
//	k in, m out        k channels         1 instance, m channels
//	k in, m out        1 channel          1 instance, the channel in every input; m channels
//	0 in, 1 out        n channels         1 instance, its output in all n channels
//	0 in, n out        n channels         1 instance, n channels
//	k in, 0 out        as for k in k out  the signal passes unchanged
//
// Anything else is refused.
type Stage struct {
	instances []*Instance
	channels  int // of the signal
	batch     *glue.Batch
	in, out   [][][]float32 // per instance: what its inputs and outputs get
	result    [][]float32   // the stage's output, one slice a channel
	views     [][]float32   // result, cut to the block
	spread    bool          // the first channel of the result goes to all
	pass      bool          // the signal passes unchanged

	// Spent is the time that Process took; Blocks how often it was called.
	Spent  time.Duration
	Blocks int
}

// NewStage makes the instances for a signal of some channels, in blocks of at
// most most frames, at a sample rate in hertz.
func (l *Library) NewStage(ctx context.Context, d *Descriptor, rate, most, channels int) (*Stage, error) {
	ins, outs := d.AudioPorts()
	switch {
	case ins == 0 && outs == 0:
		return nil, fmt.Errorf("%s: %w: it has no audio ports", d.Label, crossplug.ErrMismatch)
	case channels < 1:
		return nil, fmt.Errorf("%s: %w: a signal of %d channels", d.Label, crossplug.ErrMismatch, channels)
	}
	s := &Stage{channels: channels, pass: outs == 0}
	count, channelsOut := 1, outs
	switch {
	case ins > 0 && channels%ins == 0 && (ins == outs || s.pass):
		count, channelsOut = channels/ins, channels
	case s.pass && channels == 1:
		channelsOut = 1
	case ins == channels, ins > 0 && channels == 1: // k in, m out
	case ins == 0 && outs == 1:
		s.spread, channelsOut = true, channels
	case ins == 0 && outs == channels:
	default:
		return nil, fmt.Errorf("%s: %w: %s cannot take a signal of %d channels; it takes %s", d.Label, crossplug.ErrMismatch, portsText(ins, outs), channels, takes(ins, outs))
	}
	for range count {
		i, err := l.New(ctx, d, rate, most)
		if err != nil {
			return nil, errors.Join(err, s.Close(ctx))
		}
		s.instances = append(s.instances, i)
		s.in = append(s.in, make([][]float32, ins))
		s.out = append(s.out, make([][]float32, outs))
	}
	if !s.pass {
		for range channelsOut {
			s.result = append(s.result, make([]float32, most))
		}
	}
	s.views = make([][]float32, channelsOut)
	s.batch = s.instances[0].thread.NewBatch()
	return s, nil
}

func portsText(ins, outs int) string {
	return fmt.Sprintf("a plug-in with %d audio inputs and %d outputs", ins, outs)
}

func takes(ins, outs int) string {
	switch {
	case ins == 0:
		return fmt.Sprint(outs)
	case ins == 1:
		return "1"
	case ins == outs || outs == 0:
		return fmt.Sprintf("1 or a multiple of %d", ins)
	}
	return fmt.Sprintf("1 or %d", ins)
}

// Instances returns the stage's instances.
func (s *Stage) Instances() []*Instance { return s.instances }

// Channels returns the number of channels of the result.
func (s *Stage) Channels() int { return len(s.views) }

// Set sets a control input of all instances, by its name as FindPort finds it.
func (s *Stage) Set(name string, v float32) error {
	port, err := s.instances[0].d.FindPort(name)
	if err != nil {
		return err
	}
	for _, i := range s.instances {
		if err := i.Set(port.Index, v); err != nil {
			return err
		}
	}
	return nil
}

// Latency returns by how many frames the plug-in says that it delays the signal,
// in a control output named "latency", and 0 if it says nothing.
func (s *Stage) Latency() int {
	for _, p := range s.instances[0].d.Ports {
		if p.Control && p.Output && (p.Name == "latency" || p.Name == "_latency") {
			if v := s.instances[0].Get(p.Index); v > 0 && v < 1<<24 {
				return int(v)
			}
		}
	}
	return 0
}

// Process runs the plug-in on one block, given as one slice a channel. The result
// is valid until the next call. It allocates nothing.
func (s *Stage) Process(ctx context.Context, block [][]float32) ([][]float32, error) {
	start := time.Now()
	frames, err := s.frames(block)
	if err != nil {
		return nil, err
	}
	for n, i := range s.instances {
		for p := range s.in[n] {
			// A single channel goes into every input.
			s.in[n][p] = block[min(n*len(s.in[n])+p, len(block)-1)]
		}
		for p := range s.out[n] {
			s.out[n][p] = s.result[n*len(s.out[n])+p][:frames]
		}
		if err := i.Activate(ctx); err != nil {
			return nil, err
		}
		i.fill(s.in[n])
		if err := i.handle.BatchRun(ctx, s.batch, uint64(frames)); err != nil {
			return nil, i.d.named(err)
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	for n, i := range s.instances {
		i.drain(s.out[n])
	}
	s.view(block, frames)
	s.Spent += time.Since(start)
	s.Blocks++
	return s.views, nil
}

// run runs the batch.
func (s *Stage) run(ctx context.Context) error {
	t := s.instances[0].thread
	t.turn.Lock()
	defer t.turn.Unlock()
	return s.instances[0].d.named(s.batch.Run(ctx))
}

// frames checks the shape of a block and returns its length.
func (s *Stage) frames(block [][]float32) (int, error) {
	i := s.instances[0]
	if err := i.open(); err != nil {
		return 0, err
	}
	if len(block) != s.channels {
		return 0, fmt.Errorf("%s: %w: a block of %d channels for a stage of %d", i.d.Label, crossplug.ErrMismatch, len(block), s.channels)
	}
	frames := len(block[0])
	for _, channel := range block {
		if len(channel) != frames {
			return 0, fmt.Errorf("%s: %w: channels of %d and %d frames", i.d.Label, crossplug.ErrMismatch, frames, len(channel))
		}
	}
	if frames > i.most {
		return 0, fmt.Errorf("%s: %w: a block of %d frames (at most %d)", i.d.Label, crossplug.ErrMismatch, frames, i.most)
	}
	return frames, nil
}

// view points views at the block's result.
func (s *Stage) view(block [][]float32, frames int) {
	for c := range s.views {
		switch {
		case s.pass:
			s.views[c] = block[c]
		case s.spread:
			s.views[c] = s.result[0][:frames]
		default:
			s.views[c] = s.result[c][:frames]
		}
	}
}

// Close closes the instances.
func (s *Stage) Close(ctx context.Context) error {
	var errs []error
	if s.batch != nil {
		s.batch.Close()
	}
	for _, i := range s.instances {
		errs = append(errs, i.Close(ctx))
	}
	return errors.Join(errs...)
}

// Chain is a row of stages, each working on the result of the one before. They
// may be of different architectures.
type Chain struct {
	stages []*Stage
}

// NewChain makes a chain. It takes over the stages.
func NewChain(stages ...*Stage) *Chain { return &Chain{stages} }

// Stages returns the stages in order.
func (c *Chain) Stages() []*Stage { return c.stages }

// Process runs a block through all stages. The result is valid until the next
// call.
func (c *Chain) Process(ctx context.Context, block [][]float32) ([][]float32, error) {
	var err error
	for _, s := range c.stages {
		if block, err = s.Process(ctx, block); err != nil {
			return nil, err
		}
	}
	return block, nil
}

// threads returns the threads of the stages, each once: stages of one library
// share theirs.
func (c *Chain) threads() []*thread {
	var threads []*thread
	for _, s := range c.stages {
		if t := s.instances[0].thread; !slices.Contains(threads, t) {
			threads = append(threads, t)
		}
	}
	return threads
}

// Pin puts the calling goroutine and the threads of all stages on one processor,
// where crossing is fastest, until Unpin is called on the same goroutine.
func (c *Chain) Pin(ctx context.Context) error {
	for n, t := range c.threads() {
		if err := t.Pin(ctx); err != nil {
			unpin(c.threads()[:n+1])
			return err
		}
	}
	return nil
}

// Unpin undoes Pin.
func (c *Chain) Unpin() { unpin(c.threads()) }

// unpin goes backwards: each thread's Pin remembers where the goroutine could
// run before it.
func unpin(threads []*thread) {
	for _, t := range slices.Backward(threads) {
		t.Unpin()
	}
}

// Close closes the stages, not their libraries.
func (c *Chain) Close(ctx context.Context) error {
	var errs []error
	for _, s := range c.stages {
		errs = append(errs, s.Close(ctx))
	}
	return errors.Join(errs...)
}
