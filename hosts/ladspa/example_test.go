package ladspa_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

// Example runs a stereo signal through a mono plug-in of Debian's package
// swh-plugins. A file of another architecture goes the same way.
func Example() {
	ctx := context.Background()
	library, err := ladspa.Open(ctx, "/usr/lib/ladspa/amp_1181.so")
	if err != nil {
		log.Fatal(err)
	}
	defer library.Close()
	plugin, err := library.Find("amp")
	if err != nil {
		log.Fatal(err)
	}
	stage, err := library.NewStage(ctx, plugin, 48000, 1024, 2) // Hz, frames in a block at most, channels
	if err != nil {
		log.Fatal(err)
	}
	if err := stage.Set("Amps gain (dB)", 20); err != nil {
		log.Fatal(err)
	}

	result, err := stage.Process(ctx, [][]float32{{0.25, 0.5}, {-0.25, -0.5}})
	switch {
	case errors.Is(err, crossplug.ErrCrashed):
		fmt.Println("the plug-in is gone, this program is not:", err)
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(result)
	}
	// Output: [[2.5 5] [-2.5 -5]]
}

// The values that a port takes, for people and for programs.
func ExampleDescriptor_FindPort() {
	ctx := context.Background()
	library, err := ladspa.Open(ctx, "/usr/lib/ladspa/amp_1181.so")
	if err != nil {
		log.Fatal(err)
	}
	defer library.Close()
	plugin, err := library.Find("amp")
	if err != nil {
		log.Fatal(err)
	}
	port, err := plugin.FindPort("amps")
	if err != nil {
		log.Fatal(err)
	}
	value, _ := port.Default(48000)
	fmt.Printf("%s: %s, by default %v\n", port.Name, port.RangeText(48000), value)
	// Output: Amps gain (dB): -70 to 70, by default 0
}

// An instance works on one set of channels, and can add to what is there.
func ExampleInstance_RunAdding() {
	ctx := context.Background()
	library, err := ladspa.Open(ctx, "/usr/lib/ladspa/amp_1181.so")
	if err != nil {
		log.Fatal(err)
	}
	defer library.Close()
	instance, err := library.New(ctx, library.Plugins()[0], 48000, 1024)
	if err != nil {
		log.Fatal(err)
	}
	mix := []float32{1, 1, 1}
	if err := instance.RunAdding(ctx, [][]float32{{0, 0.5, -0.5}}, [][]float32{mix}, 0.5); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mix)
	// Output: [1 1.25 0.75]
}
