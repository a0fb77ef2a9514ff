package cli

import (
	"fmt"
	"image/png"
	"io"

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
	return replace(file, func(w io.Writer) error { return png.Encode(w, picture) })
}
