package cli

import (
	"errors"
	"fmt"
	"image/png"
	"os"

	"github.com/crossplug/crossplug/guest"
)

// writeScreen writes what a machine's screen shows as a PNG file.
func writeScreen(file string, m *guest.Machine) error {
	picture := m.System().Screen()
	if picture == nil {
		return errors.Join(m.System().Err(), fmt.Errorf("--screen %s: the code has drawn nothing", file))
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, picture), f.Close())
}
