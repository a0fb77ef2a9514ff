package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/format/wav"
	"github.com/crossplug/crossplug/hosts/ladspa"

	"github.com/spf13/cobra"
)

// processing is one run of "crossplug process". Whatever the length of the
// sound, a few blocks of it are in memory.
type processing struct {
	plugins []chosen
	block   int // frames
	tail    float64
	format  wav.Sample // 0: that of the input
	prefer  []string
	in, out string

	libraries map[string]*ladspa.Library // by file, open
	paths     []string                   // the file of each stage
}

// sharedMemory is what each helper may use of it; only what is used costs
// anything.
const sharedMemory = 64 << 20

// run does the work. If there is an error, nothing was written.
func (p *processing) run(cmd *cobra.Command) (*processReport, error) {
	ctx, began := cmd.Context(), time.Now()
	file, sound, err := openSound(p.in)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if n := sound.Missing(); n > 0 {
		warn(cmd, "%s ends early: %d of its %d frames are missing", p.in, n, n+sound.Frames())
	}
	f := sound.Format()

	p.libraries = map[string]*ladspa.Library{}
	defer func() {
		for _, l := range p.libraries {
			l.Close()
		}
	}()
	chain, err := p.chain(ctx, f)
	if err != nil {
		return nil, err
	}
	stages := chain.Stages()
	outFormat := f
	if outFormat.Channels = stages[len(stages)-1].Channels(); outFormat.Channels != f.Channels {
		outFormat.Speakers = 0
	}
	if p.format != 0 {
		outFormat.Sample = p.format
	}
	frames := sound.Frames() + int64(math.Round(p.tail*float64(f.Rate)))

	out, err := newReplacement(p.out)
	if err != nil {
		return nil, err
	}
	defer out.abandon()
	w, err := wav.NewWriter(out, outFormat, frames)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	peak, err := p.pump(cmd, sound, chain, w, frames)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	seconds := float64(frames) / float64(f.Rate)
	report := &processReport{
		Input:        newSoundInfo(p.in, f, sound.Frames()),
		Output:       outputInfo{newSoundInfo(p.out, outFormat, frames), peak.level, float64(peak.frame) / float64(f.Rate), w.Clipped(), peak.notFinite},
		StartSeconds: started.Sub(began).Seconds(),
	}
	for i, s := range stages {
		report.Plugins = append(report.Plugins, newStageInfo(p.paths[i], p.libraries[p.paths[i]], s, seconds))
	}
	// The sound is complete. What a plug-in does when it is put away must not
	// spoil that.
	if err := chain.Close(ctx); err != nil && ctx.Err() == nil {
		warn(cmd, "after the sound was complete: %s", oneLine(err))
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := out.commit(); err != nil {
		return nil, err
	}
	report.Seconds = time.Since(began).Seconds()
	report.RealTime = times(seconds, report.Seconds)
	if n := report.Output.NotFinite; n > 0 {
		warn(cmd, "%d samples are infinite or not numbers: a plug-in misbehaves", n)
	}
	if n := report.Output.Clipped - report.Output.NotFinite; n > 0 {
		warn(cmd, "%d samples were clipped: the sound is up to %s too loud (--format f32 keeps it whole)", n, decibels(peak.level))
	}
	return report, nil
}

// openSound opens a WAVE file. Errors name it.
func openSound(path string) (*os.File, *wav.Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	r, err := wav.NewReader(file, info.Size())
	if err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, r, nil
}

// chain opens the plug-ins and sets them up for sound of a format.
func (p *processing) chain(ctx context.Context, f wav.Format) (*ladspa.Chain, error) {
	var stages []*ladspa.Stage
	channels := f.Channels
	for _, c := range p.plugins {
		path, label := fileAndLabel(c.arg)
		l := p.libraries[path]
		if l == nil {
			var err error
			if l, err = ladspa.Open(ctx, path, crossplug.Prefer(p.prefer...), crossplug.SharedMemory(sharedMemory)); err != nil {
				return nil, err
			}
			p.libraries[path] = l
		}
		p.paths = append(p.paths, path)
		d, err := l.Find(label)
		if err != nil {
			return nil, err
		}
		s, err := l.NewStage(ctx, d, int(f.Rate), p.block, channels)
		if err != nil {
			return nil, err
		}
		for _, set := range c.sets {
			if err := s.Set(set.port, set.value); err != nil {
				return nil, err
			}
		}
		stages = append(stages, s)
		channels = s.Channels()
	}
	return ladspa.NewChain(stages...), nil
}

// peaks is what is noticed about the samples that pass.
type peaks struct {
	level     float64 // the highest magnitude
	frame     int64   // where
	notFinite int64   // infinite, or not a number
}

// pump moves all sound through the plug-ins, and silence after it up to the
// number of frames.
func (p *processing) pump(cmd *cobra.Command, in *wav.Reader, chain *ladspa.Chain, out *wav.Writer, frames int64) (peaks, error) {
	var peak peaks
	ctx := cmd.Context()
	// A helper that shares the processor with its caller is reached fastest:
	// only one of them has something to do at a time.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := chain.Pin(ctx); err != nil {
		return peak, err
	}
	defer chain.Unpin()

	rate := int64(in.Format().Rate)
	bar := newProgress(cmd.ErrOrStderr(), frames/rate, "Processing (seconds)")
	defer bar.Finish()
	channels := in.Format().Channels
	mixed := make([]float32, p.block*channels) // frames, samples of all channels after each other
	block := make([][]float32, channels)
	for c := range block {
		block[c] = make([]float32, p.block)
	}
	var result []float32
	for done := int64(0); done < frames; {
		if err := ctx.Err(); err != nil {
			return peak, err
		}
		n := int(min(int64(p.block), frames-done))
		got, err := in.Read(mixed[:n*channels])
		if err != nil && !errors.Is(err, io.EOF) {
			return peak, fmt.Errorf("%s: %w", p.in, err)
		}
		clear(mixed[got*channels : n*channels])
		for c := range block {
			block[c] = block[c][:n]
			for i := range block[c] {
				block[c][i] = mixed[i*channels+c]
			}
		}
		processed, err := chain.Process(ctx, block)
		if err != nil {
			return peak, err
		}
		result = result[:0]
		for i := range n {
			for c := range processed {
				result = append(result, processed[c][i])
			}
		}
		peak.note(result, len(processed), done)
		if err := out.Write(result); err != nil {
			return peak, err
		}
		done += int64(n)
		bar.Set64(done / rate)
	}
	return peak, nil
}

// note looks at frames of some channels, the first of which has a number.
func (p *peaks) note(samples []float32, channels int, first int64) {
	for i, v := range samples {
		level := math.Abs(float64(v))
		if !(level <= math.MaxFloat32) {
			p.notFinite++
		} else if level > p.level {
			p.level, p.frame = level, first+int64(i/channels)
		}
	}
}
