package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/inspect"
)

// tree writes what is in a file, indented by what it is in.
type tree struct {
	w      io.Writer
	paint  func(style, string) string
	indent string
}

// line writes one line. What comes from the file must be made printable by the
// caller; styles add characters that are not.
func (t *tree) line(format string, args ...any) {
	fmt.Fprintln(t.w, t.indent+strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// under calls write with everything indented one step further.
func (t *tree) under(write func()) {
	before := t.indent
	t.indent += "  "
	write()
	t.indent = before
}

// table writes a table at the present indentation.
func (t *tree) table(x table) {
	x.indent = t.indent
	x.print(t.w)
}

// quoted is a name from a file, in quotation marks.
func quoted(s string) string { return "“" + printable(s) + "”" }

// showTree writes all that is in a file.
func (in *inspector) showTree(f *inspect.File) error {
	resources := f.Resources
	if in.chosen != nil {
		if resources = in.chosen.filter(resources); len(resources) == 0 {
			return nil
		}
	}
	out := in.out
	t := &tree{w: out, paint: painter(out)}
	t.line("%s", t.paint(bold, printable(f.Path)))
	t.under(func() {
		for _, p := range f.Problems {
			t.problem(strings.TrimPrefix(p, f.Path+": "))
		}
		t.mac(f.Mac)
		if in.chosen == nil {
			t.dataFork(f)
		}
		if len(resources) > 0 {
			t.line("resource fork, %d bytes, %s", f.Mac.ResourceSize, plural(len(f.Resources), "resource"))
			t.under(func() {
				t.applications(f)
				for _, r := range resources {
					t.resource(r)
				}
			})
		}
	})
	return in.showCode(f)
}

func (t *tree) problem(text string) {
	t.line("%s %s", t.paint(red, "problem:"), printable(strings.ReplaceAll(text, "\n", "; ")))
}

// mac describes a file of the classic Mac OS.
func (t *tree) mac(m *inspect.Mac) {
	if m == nil {
		return
	}
	var about []string
	add := func(format, value string) {
		if value != "" {
			about = append(about, fmt.Sprintf(format, printable(value)))
		}
	}
	inner := slices.Clone(m.Wrappings)
	slices.Reverse(inner)
	add("%s", strings.Join(inner, " in "))
	add("“%s”", m.Name)
	add("type '%s'", m.Type)
	add("creator '%s'", m.Creator)
	add("%s", m.Flags)
	if m.Created != nil {
		add("created %s", m.Created.Format("2006-01-02 15:04:05"))
	}
	if m.Modified != nil {
		add("modified %s", m.Modified.Format("2006-01-02 15:04:05"))
	}
	t.line("%s", strings.Join(about, ", "))
	for _, c := range m.Companions {
		t.line("with %s", printable(c))
	}
	if m.Comment != "" {
		t.line("comment %s", quoted(m.Comment))
	}
}

func (t *tree) dataFork(f *inspect.File) {
	show := func() {
		for _, i := range f.Images {
			if i.Resource == "" {
				t.image(i)
			}
		}
	}
	switch {
	case f.Mac == nil:
		show()
	case f.Mac.DataSize > 0:
		what := ""
		if f.Mac.Archive != "" {
			what = ": " + f.Mac.Archive
		}
		t.line("data fork, %d bytes%s", f.Mac.DataSize, what)
		t.under(show)
	}
}

// applications describes the images that are made of several resources.
func (t *tree) applications(f *inspect.File) {
	for _, i := range f.Images {
		if i.Kind == inspect.KindApplication {
			t.image(i)
		}
	}
}

// image describes an image and what is in it.
func (t *tree) image(i *inspect.Image) {
	about := fmt.Sprintf("%s %s %s, %d bytes at %#x", t.paint(green, printable(i.Architecture)), i.Format, i.Kind, i.Size, i.Offset)
	if i.Name != "" {
		about += ", " + t.paint(bold, quoted(i.Name))
	}
	for _, more := range []string{i.Usage, i.Prototype} {
		if more != "" {
			about += ", " + printable(more)
		}
	}
	if i.Entry != nil && *i.Entry != 0 {
		about += fmt.Sprintf(", entry at %#x", *i.Entry)
	}
	if len(i.Families) > 0 && i.Resource == "" {
		about += ": " + t.paint(bold, printable(strings.Join(i.Families, ", ")))
	}
	t.line("%s", about)
	t.under(func() {
		if i.PEF != nil {
			t.pef(i.PEF)
			return
		}
		if len(i.Needed) > 0 {
			t.line("needs %s", printable(strings.Join(i.Needed, " ")))
		}
		if i.Format == inspect.FormatCode {
			return
		}
		t.line("%s", plural(i.Exported, "exported symbol"))
		t.under(func() {
			for _, s := range i.Symbols {
				t.line("%s%s", printable(s), t.paint(dim, demangled(i.Demangled[s])))
			}
		})
	})
}

// resource describes a resource and what is in it.
func (t *tree) resource(r *inspect.Resource) {
	about := fmt.Sprintf("%s %d", t.paint(bold, "'"+printable(r.Type.String())+"'"), r.ID)
	if r.Name != "" {
		about += " " + quoted(r.Name)
	}
	about += fmt.Sprintf(", %d bytes at %#x", r.Size, r.Offset)
	if r.Attributes != "" {
		about += ", " + r.Attributes
	}
	if c := r.Compressed; c != nil {
		about += fmt.Sprintf(", expands to %d bytes by 'dcmp' %d", c.Size, c.Decompressor)
	}
	if r.Code != nil {
		about += ": " + t.paint(green, r.Code.Kind)
		if r.Code.Purpose != "" {
			about += ", " + r.Code.Purpose
		}
	}
	t.line("%s", about)
	t.under(func() {
		for _, p := range r.Problems {
			t.problem(p)
		}
		t.code(r)
		t.version(r.Version)
		t.fragments(r.Fragments)
		t.segments(r)
		if r.Data != nil {
			for line := range strings.Lines(hex.Dump(r.Data)) {
				t.line("%s", strings.TrimSuffix(line, "\n"))
			}
		}
	})
}

// code describes the routines of a resource and the code for each processor.
func (t *tree) code(r *inspect.Resource) {
	if r.Code != nil {
		for n, x := range r.Code.Routines {
			selector := ""
			if x.Selector != 0 {
				selector = fmt.Sprintf(", selector %#x", x.Selector)
			}
			t.line("routine %d: %s, %s at +%#x (%s)%s", n, t.paint(yellow, x.Prototype), isaName(x), x.Proc, x.Flags, selector)
		}
		for _, p := range r.Code.Parts {
			if h := p.Header; h != nil {
				t.line("header '%s' %d, version %d, flags %#x", printable(h.Type.String()), h.ID, h.Version, h.Flags)
			}
		}
	}
	for _, i := range r.Images() {
		t.image(i)
	}
}

func isaName(x inspect.Routine) string {
	if x.RTA == "classic" {
		return x.ISA
	}
	return x.ISA + " " + x.RTA
}

func (t *tree) version(v *inspect.Version) {
	if v != nil {
		t.line("version %s, region %d, %s, %s", v.Number, v.Region, quoted(v.Short), quoted(v.Long))
	}
}

// fragments lists the members of a 'cfrg'.
func (t *tree) fragments(all []inspect.Fragment) {
	if len(all) == 0 {
		return
	}
	x := table{header: []string{"FRAGMENT", "ARCH", "USAGE", "VERSION", "CLIENTS FROM", "WHERE", "SEARCH"}}
	for _, m := range all {
		where := m.Where
		switch {
		case m.Resource != "":
			where += " " + m.Resource
		case m.Length == 0:
			where += fmt.Sprintf(" from %#x", m.Offset)
		default:
			where += fmt.Sprintf(" %#x–%#x", m.Offset, uint64(m.Offset)+uint64(m.Length))
		}
		if m.StackSize != 0 {
			where += fmt.Sprintf(", stack %d bytes", m.StackSize)
		}
		x.addCells(cell{m.Name, bold}, cell{m.Architecture.String(), green}, cell{m.Usage, plain}, cell{m.CurrentVersion, plain}, cell{m.OldDefVersion, plain},
			cell{where, plain}, cell{strings.Join(m.Search, " "), dim})
	}
	x.dropEmpty(6)
	t.table(x)
}

// segments describes what 'CODE' resources say of an application.
func (t *tree) segments(r *inspect.Resource) {
	if j := r.JumpTable; j != nil {
		t.line("%d bytes above A5, %d below; jump table at A5+%#x, %s", j.AboveA5, j.BelowA5, j.Offset, entries(len(j.Entries)))
		t.under(func() {
			x := table{right: map[int]bool{0: true}}
			for _, e := range j.Entries {
				model := ""
				if e.Far {
					model = "far"
				}
				x.add(strconv.Itoa(e.Index), fmt.Sprintf("A5+%#x", uint64(j.Offset)+8*uint64(e.Index)), fmt.Sprintf("segment %d + %#x", e.Segment, e.Offset), model)
			}
			if len(x.rows) > 0 {
				t.table(x)
			}
		})
	}
	if s := r.Segment; s != nil {
		far := ""
		if s.FarEntries > 0 {
			far = fmt.Sprintf(", %s from %#x far", entries(int(s.FarEntries)), s.FarOffset)
		}
		t.line("%s segment, code from %#x, jump table: %s from %#x%s", s.Model, s.CodeOffset, entries(int(s.NearEntries)), s.NearOffset, far)
	}
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
