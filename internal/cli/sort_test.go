package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestBars replays a sort and reads the pictures.
func TestBars(t *testing.T) {
	ticks := make(chan time.Time, 10)
	for range cap(ticks) {
		ticks <- time.Time{}
	}
	var out bytes.Buffer
	b := newBars(&out, []int16{16, 1, 8})
	b.height = 2
	if err := b.replay(t.Context(), [][2]int{{0, 1}, {1, 2}}, ticks); err != nil {
		t.Fatal(err)
	}
	up := "\x1b[2A"
	clear := "\x1b[K\n"
	want := strings.Join([]string{
		"█  " + clear + "█▁█" + clear,
		" █ " + clear + "▁██" + clear,
		"  █" + clear + "▁██" + clear,
		"  █" + clear + "▁██" + clear,
	}, up)
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
	b = newBars(&out, []int16{5, 5, 5, 5})
	b.width = 2
	out.Reset()
	b.height = 1
	b.draw()
	if want := "██" + clear; out.String() != want {
		t.Errorf("%q, not %q", out.String(), want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.replay(ctx, make([][2]int, 5), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestLongReplay sees that many exchanges take no longer than they may.
func TestLongReplay(t *testing.T) {
	ticks := make(chan time.Time)
	done := make(chan error)
	var out bytes.Buffer
	b := newBars(&out, make([]int16, 10))
	go func() { done <- b.replay(t.Context(), make([][2]int, 100_000), ticks) }()
	for n := 0; ; n++ {
		select {
		case ticks <- time.Time{}:
		case err := <-done:
			if most := int(longestReplay.Seconds() * framesPerSecond); err != nil || n > most || n < most/2 {
				t.Errorf("%d frames (at most %d): %v", n, most, err)
			}
			return
		}
	}
}
