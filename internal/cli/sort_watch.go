package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"
)

// A replay takes longestReplay at most; short ones make an exchange a frame.
const (
	framesPerSecond = 30
	longestReplay   = 8 * time.Second
	highestBars     = 16 // lines
)

// bars shows values as bars on a terminal, in place.
type bars struct {
	w             io.Writer
	paint         func(style, string) string
	heights       []int16
	width, height int // of the picture, in characters
	drawn         bool
}

func newBars(w io.Writer, heights []int16) *bars {
	b := &bars{w: w, paint: painter(w), heights: slices.Clone(heights), width: 80, height: highestBars}
	if o, ok := w.(*output); ok {
		w = o.w
	}
	if f, ok := w.(*os.File); ok {
		if columns, rows, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 && rows > 0 {
			b.width, b.height = max(1, columns-1), max(1, min(highestBars, rows-3))
		}
	}
	return b
}

// replay makes the exchanges, a frame at each tick.
func (b *bars) replay(ctx context.Context, exchanges [][2]int, tick <-chan time.Time) error {
	frames := int(longestReplay.Seconds() * framesPerSecond)
	step := max(1, (len(exchanges)+frames-1)/frames)
	b.draw()
	for chunk := range slices.Chunk(exchanges, step) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
		}
		for _, e := range chunk {
			b.heights[e[0]], b.heights[e[1]] = b.heights[e[1]], b.heights[e[0]]
		}
		last := chunk[len(chunk)-1]
		b.draw(last[:]...)
	}
	b.draw()
	return nil
}

// draw shows the values, those in the marked places in another colour, over what was
// drawn before. If there are more values than columns, some are left out.
func (b *bars) draw(marked ...int) {
	const eighths = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
	blocks := []rune(eighths)
	low, high := slices.Min(b.heights), slices.Max(b.heights)
	columns := min(b.width, len(b.heights))
	var frame bytes.Buffer
	if b.drawn {
		fmt.Fprintf(&frame, "\x1b[%dA", b.height)
	}
	b.drawn = true
	for row := b.height - 1; row >= 0; row-- {
		var line strings.Builder
		for column := range columns {
			at := column * len(b.heights) / columns
			// From one eighth of a line, so that the lowest is seen too.
			eighth := 8 * b.height
			if high > low {
				eighth = 1 + (int(b.heights[at])-int(low))*(8*b.height-1)/(int(high)-int(low))
			}
			text := " "
			if part := min(eighth-8*row, 8); part > 0 {
				text = string(blocks[part-1])
			}
			if slices.Contains(marked, at) {
				text = b.paint(red, text)
			}
			line.WriteString(text)
		}
		fmt.Fprintf(&frame, "%s\x1b[K\n", line.String())
	}
	_, _ = b.w.Write(frame.Bytes()) // the command's output remembers errors
}
