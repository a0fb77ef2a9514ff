package cli

import (
	"fmt"

	"github.com/crossplug/crossplug/inspect"
)

// listing is disassembled code in JSON.
type listing struct {
	Title string         `json:"title"`
	Lines []inspect.Line `json:"lines"`
}

// disassembled returns the code of a file that was asked for.
func (in *inspector) disassembled(f *inspect.File) []*inspect.Listing {
	if in.disassemble == "" {
		return nil
	}
	var all []*inspect.Listing
	for _, i := range f.Images {
		if in.chosen == nil || in.chosenImage(f, i) {
			all = append(all, i.Disassemble(in.disassemble)...)
		}
	}
	if len(all) == 0 {
		in.report(fmt.Sprintf("%s: has no code called %q; the tree lists symbols and sections, and \"all\" is all code of PEF containers and 68K resources", f.Path, in.disassemble))
		in.failed = in.failed || in.bar == nil
	}
	return all
}

// chosenImage says whether an image is in a resource that --resources chooses.
func (in *inspector) chosenImage(f *inspect.File, i *inspect.Image) bool {
	for _, r := range in.chosen.filter(f.Resources) {
		for _, other := range r.Images() {
			if other == i {
				return true
			}
		}
	}
	return false
}

func (in *inspector) listings(f *inspect.File) []listing {
	var all []listing
	for _, l := range in.disassembled(f) {
		one := listing{Title: l.Title, Lines: []inspect.Line{}}
		for line := range l.Lines() {
			one.Lines = append(one.Lines, line)
		}
		all = append(all, one)
	}
	return all
}

// codeWidth is how many hexadecimal digits of a line's bytes are shown: those
// of most instructions. The rest is cut off.
var codeWidth = map[string]int{"PowerPC": 8, "68K": 20}

// textWidth is the width of the instructions before a comment.
const textWidth = 28

// showCode lists code.
func (in *inspector) showCode(f *inspect.File) error {
	out := in.out
	paint := painter(out)
	for _, l := range in.disassembled(f) {
		fmt.Fprintln(out, paint(bold, printable(f.Path+": "+l.Title)))
		width := codeWidth[l.ISA]
		for line := range l.Lines() {
			if line.Label != "" {
				fmt.Fprintln(out, paint(green, printable(line.Label)+":")+paint(dim, demangled(line.Demangled)))
			}
			code := line.Code
			if len(code) > width {
				code = code[:width-1] + "…"
			}
			text, comment := printable(line.Text), ""
			if line.Comment != "" {
				text, comment = fmt.Sprintf("%-*s", textWidth, text), "  ; "+printable(line.Comment)
			}
			fmt.Fprintf(out, "%8x  %s  %s%s\n", line.Offset, paint(dim, fmt.Sprintf("%-*s", width, code)), text, paint(dim, comment))
		}
	}
	return nil
}
