package cli

import (
	"fmt"
	"iter"

	"github.com/crossplug/crossplug/inspect"
)

// listing is disassembled code in JSON.
type listing struct {
	Title string         `json:"title"`
	Lines []inspect.Line `json:"lines"`
}

// disassembled yields the code of a file that was asked for.
func (in *inspector) disassembled(f *inspect.File) iter.Seq[*inspect.Listing] {
	if in.disassemble == "" {
		return func(func(*inspect.Listing) bool) {}
	}
	all := f.Disassemble(in.disassemble)
	if in.chosen != nil {
		all = in.chosenCode(f)
	}
	return func(yield func(*inspect.Listing) bool) {
		found := false
		for l := range all {
			found = true
			if !yield(l) {
				return
			}
		}
		if !found {
			in.report(fmt.Sprintf("%s: has no code called %q; the tree lists symbols and sections, and \"all\" is all code of PEF containers and 68K resources", f.Path, in.disassemble))
			in.failed = in.failed || in.bar == nil
		}
	}
}

// chosenCode yields the code that was asked for in the resources that --resources
// chooses. That of which nothing says that it is code, the user may know to be.
func (in *inspector) chosenCode(f *inspect.File) iter.Seq[*inspect.Listing] {
	return func(yield func(*inspect.Listing) bool) {
		segments := map[string]bool{}
		for _, r := range in.chosen.filter(f.Resources) {
			for _, i := range r.Images() {
				for _, l := range i.Disassemble(in.disassemble) {
					if !yield(l) {
						return
					}
				}
			}
			switch {
			case r.Segment != nil:
				segments[fmt.Sprintf("'%v' %d", r.Type, r.ID)] = true
			case r.Code == nil && (in.disassemble == "all" || in.disassemble == "main"):
				if l := r.Disassemble(); l != nil && !yield(l) {
					return
				}
			}
		}
		for _, i := range f.Images {
			if i.Kind != inspect.KindApplication || len(segments) == 0 {
				continue
			}
			for _, l := range i.Disassemble(in.disassemble) {
				if segments[l.Title] && !yield(l) {
					return
				}
			}
		}
	}
}

func (in *inspector) listings(f *inspect.File) []listing {
	var all []listing
	for l := range in.disassembled(f) {
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
	for l := range in.disassembled(f) {
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
