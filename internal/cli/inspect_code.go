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
	if in.chosen == nil {
		all = f.Disassemble(in.disassemble)
	} else {
		for _, r := range in.chosen.filter(f.Resources) {
			all = append(all, in.inResource(f, r)...)
		}
	}
	if len(all) == 0 {
		in.report(fmt.Sprintf("%s: has no code called %q; the tree lists symbols and sections, and \"all\" is all code of PEF containers and 68K resources", f.Path, in.disassemble))
		in.failed = in.failed || in.bar == nil
	}
	return all
}

// inResource returns the code that was asked for in one resource. That of which
// nothing says that it is code, the user may know to be.
func (in *inspector) inResource(f *inspect.File, r *inspect.Resource) []*inspect.Listing {
	var all []*inspect.Listing
	for _, i := range r.Images() {
		all = append(all, i.Disassemble(in.disassemble)...)
	}
	for _, i := range f.Images {
		if r.Segment == nil || i.Kind != inspect.KindApplication {
			continue
		}
		for _, l := range i.Disassemble(in.disassemble) {
			if l.Title == fmt.Sprintf("'%v' %d", r.Type, r.ID) {
				all = append(all, l)
			}
		}
	}
	if r.Code == nil && r.Segment == nil && (in.disassemble == "all" || in.disassemble == "main") {
		if l := r.Disassemble(); l != nil {
			all = append(all, l)
		}
	}
	return all
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
var codeWidth = map[string]int{"PowerPC": 8, "68K": 20, "data": 8}

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
