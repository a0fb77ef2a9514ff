package cli

import (
	"errors"
	"fmt"
	"image/png"
	"os"

	"github.com/crossplug/crossplug/guest/toolbox"
)

// writeScreen writes what a system's screen shows as a PNG file. That there is none is
// an error, unless there was another already.
func writeScreen(file string, s *toolbox.Toolbox, failed bool) error {
	picture := s.Screen()
	if err := s.Err(); err != nil || picture == nil && failed {
		return err
	}
	if picture == nil {
		return fmt.Errorf("--screen %s: the code has drawn nothing", file)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, picture), f.Close())
}
