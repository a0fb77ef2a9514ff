package inspect

import (
	"io"
	"slices"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/pef"
)

// newImage adds an image of a fork to the file.
func (f *File) newImage(img arch.Image, r io.ReaderAt, fork string) *Image {
	i := &Image{Architecture: img.Arch.String(), Image: img, Fork: fork, Needed: []string{}, Families: []string{},
		file: f, content: io.NewSectionReader(r, img.Offset, img.Size)}
	f.Images = append(f.Images, i)
	return i
}

// describe adds what a loader needs to know.
func (i *Image) describe(d *arch.Details, demangled func(string) string) {
	i.Name, i.Exported = d.Name, len(d.Exports)
	i.Needed = append(i.Needed, d.Needed...)
	i.Families = append(i.Families, d.Families...)
	if !i.file.options.Symbols {
		return
	}
	i.Symbols = d.Exports
	for _, s := range d.Exports {
		if plain := demangled(s); plain != s {
			if i.Demangled == nil {
				i.Demangled = map[string]string{}
			}
			i.Demangled[s] = plain
		}
	}
}

// pefArchs are the architectures of PEF containers.
var pefArchs = map[pef.Architecture]arch.Arch{
	pef.PowerPC: {Processor: arch.PowerPC, Bits: 32, Order: arch.BigEndian, OS: arch.Classic},
	pef.M68K:    {Processor: arch.M68K, Bits: 32, Order: arch.BigEndian, OS: arch.Classic, ABI: "cfm"},
}

// classic68K is the architecture of 68K code outside PEF containers.
var classic68K = arch.Arch{Processor: arch.M68K, Bits: 32, Order: arch.BigEndian, OS: arch.Classic}

// pefImage describes a container as package arch does.
func pefImage(c *pef.Container) arch.Image {
	a, ok := pefArchs[c.Architecture]
	if !ok {
		a = arch.Arch{Processor: arch.Processor(c.Architecture.String()), Bits: 32, Order: arch.BigEndian, OS: arch.Classic}
	}
	return arch.Image{Arch: a, Format: arch.FormatPEF, Kind: arch.KindContainer, Offset: c.Offset, Size: c.Size}
}

// exportedNames returns the names of exports, sorted, each once.
func exportedNames(exports []pef.Export) []string {
	names := make([]string, 0, len(exports))
	for _, e := range exports {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
