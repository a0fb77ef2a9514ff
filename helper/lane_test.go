package helper

import (
	"slices"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/helper/ring"
)

func TestLaneLayout(t *testing.T) {
	if err := ring.Check(laneLayout); err != nil {
		t.Error(err)
	}
	last := laneLayout[len(laneLayout)-1]
	if last.Offset+last.Size != laneSize {
		t.Errorf("the layout ends at %#x, a lane at %#x", last.Offset+last.Size, laneSize)
	}
	if abi.MaxArgs != maxArgs {
		t.Errorf("signatures have up to %d arguments, the helper %d", abi.MaxArgs, maxArgs)
	}
	// The layout says what protocol.h says: a mistake in it must not go unseen.
	wrong := slices.Clone(laneLayout)
	wrong[1].Offset = laneRequest + 4
	if ring.Check(wrong) == nil {
		t.Error("two writers on one line went unseen")
	}
}
