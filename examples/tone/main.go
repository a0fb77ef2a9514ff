// Command tone plays with a plug-in of an API of our own: tone.xml describes it, and
// package tone is generated from that. docs/describe.md tells how.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/crossplug/crossplug/examples/tone/tone"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tone PLUGIN.so")
		os.Exit(2)
	}
	if err := play(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tone:", err)
		os.Exit(1)
	}
}

func play(ctx context.Context, path string, w io.Writer) error {
	plugin, err := tone.Open(ctx, path)
	if err != nil {
		return err
	}
	defer plugin.Close()
	t, err := plugin.Open(ctx, 8000, 48000)
	if err != nil {
		return err
	}
	_, samples, err := t.Fill(ctx, 4)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %.1f\n", plugin.Link().Plugin().Arch(), samples)
	stopped, err := t.Render(ctx, 100, func(_ context.Context, done uint32) int32 {
		if done == 3 {
			return int32(done) // enough
		}
		return 0
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "stopped after %d blocks\n", stopped)
	return t.Close(ctx)
}
