// Command compressor runs a LADSPA compressor of any architecture on a burst of
// noise and shows how much quieter the loud part becomes:
//
//	go run ./examples/compressor /usr/lib/ladspa/sc4_1882.so
//	go run ./examples/compressor "$(crossplug sysroot path s390x)/usr/lib/ladspa/sc4_1882.so"
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: compressor SC4.so")
		os.Exit(2)
	}
	if err := compress(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compressor:", err)
		os.Exit(1)
	}
}

func compress(ctx context.Context, path string, out io.Writer) error {
	// README: from here
	library, err := ladspa.Open(ctx, path) // "/opt/s390x/sc4_1882.so": a helper is started; nothing else differs
	if err != nil {
		return err
	}
	defer library.Close()
	plugin, err := library.Find("sc4")
	if err != nil {
		return err
	}
	stage, err := library.NewStage(ctx, plugin, 48000, 1024, 2) // Hz, frames in a block, channels
	if err != nil {
		return err
	}
	if err := stage.Set("Threshold level (dB)", -30); err != nil {
		return err
	}
	if err := stage.Set("Ratio (1:n)", 8); err != nil {
		return err
	}
	var loudness []float64
	for range 100 {
		block := noise(2, 1024)
		result, err := stage.Process(ctx, block)
		if errors.Is(err, crossplug.ErrCrashed) {
			return fmt.Errorf("the compressor is gone, this program is not: %w", err)
		}
		// README: to here
		if err != nil {
			return err
		}
		loudness = append(loudness, level(result))
	}
	fmt.Fprintf(out, "%s, %v: from %.1f dB to %.1f dB\n", plugin.Name, library.Plugin().Arch(), loudness[0], loudness[len(loudness)-1])
	return stage.Close(ctx)
}

// noise returns a block of loud noise.
func noise(channels, frames int) [][]float32 {
	block := make([][]float32, channels)
	for c := range block {
		block[c] = make([]float32, frames)
		for i := range block[c] {
			block[c][i] = 2*rand.Float32() - 1
		}
	}
	return block
}

// level returns the loudness of a block in dB, by its mean square.
func level(block [][]float32) float64 {
	sum, n := 0.0, 0
	for _, channel := range block {
		for _, v := range channel {
			sum += float64(v) * float64(v)
			n++
		}
	}
	return 10 * math.Log10(sum/float64(n))
}
