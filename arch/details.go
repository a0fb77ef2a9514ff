package arch

import (
	"io"
	"slices"

	"github.com/crossplug/crossplug/internal/bin"
)

// Details is what a loader needs to know of an image, and what tells plug-ins
// from other code.
type Details struct {
	Name     string   // that the image gives itself: soname, install name, DLL or module name
	Needed   []string // libraries or modules it is linked to, in its own order
	Exports  []string // symbols others can look up, sorted, each once
	Families []string // plug-in families whose entry points it exports; see Families
}

// ReadDetails reads the details of an image that Images found in r. A static
// program, an object file or a core has none. Neither has a PEF container or a
// WebAssembly component: of these only what Images says is known so far.
func ReadDetails(r io.ReaderAt, img Image) (*Details, error) {
	v := bin.NewView(r, img.Offset, img.Size)
	read := map[Format]func(bin.View) (*Details, error){
		FormatELF:   elfDetails,
		FormatMachO: machoDetails,
		FormatPE:    peDetails,
		FormatWasm:  wasmDetails,
	}[img.Format]
	if read == nil {
		return &Details{}, nil
	}
	d, err := read(v)
	if err != nil {
		return nil, err
	}
	slices.Sort(d.Exports)
	d.Exports = slices.Compact(d.Exports)
	d.Families = Families(d.Exports)
	return d, nil
}
