package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/crossplug/crossplug/inspect"
)

// pef writes what is in a PEF container, in the manner of MPW's DumpPEF.
func (t *tree) pef(p *inspect.PEF) {
	made := ""
	if p.Made != "" {
		made = ", made " + strings.Replace(p.Made, "T", " ", 1)
	}
	if p.CurrentVersion == "0" && p.OldDefVersion == "0" && p.OldImpVersion == "0" {
		t.line("no version%s", made)
	} else {
		t.line("version %s%s", p.CurrentVersion, made)
		t.line("serves clients built with %s and up, which can do with %s and up", p.OldDefVersion, p.OldImpVersion)
	}
	for _, e := range []struct {
		name string
		at   *inspect.Place
	}{{"main", p.Main}, {"init", p.Init}, {"term", p.Term}} {
		if e.at != nil {
			t.line("%s  section %d + %#x%s", e.name, e.at.Section, e.at.Offset, t.symbol(e.at.Symbol))
		}
	}
	t.sections(p)
	t.imports(p.Libraries)
	t.exports(p)
	for _, r := range p.Relocations {
		t.relocations(r)
	}
	t.hash(p)
	t.strings(p.Strings)
}

func (t *tree) symbol(name string) string {
	if name == "" {
		return ""
	}
	return "  " + t.paint(bold, printable(name))
}

func (t *tree) sections(p *inspect.PEF) {
	if len(p.Sections) == 0 {
		return
	}
	x := table{header: []string{"SECTION", "NAME", "KIND", "SHARE", "ALIGN", "ADDRESS", "STORED AT", "STORED", "UNPACKED", "TOTAL"},
		right: map[int]bool{0: true, 4: true, 5: true, 6: true, 7: true, 8: true, 9: true}}
	for _, s := range p.Sections {
		unpacked, total := fmt.Sprintf("%#x", s.Unpacked), fmt.Sprintf("%#x", s.Total)
		if s.Index >= p.Instantiated {
			unpacked, total = "-", "-"
		}
		x.addCells(cell{strconv.Itoa(s.Index), plain}, cell{s.Name, bold}, cell{s.Kind, green}, cell{s.Share, plain}, cell{strconv.FormatUint(1<<s.Alignment, 10), plain},
			cell{fmt.Sprintf("%#x", s.DefaultAddress), plain}, cell{fmt.Sprintf("%#x", s.Offset), plain}, cell{fmt.Sprintf("%#x", s.Stored), plain},
			cell{unpacked, plain}, cell{total, plain})
	}
	t.table(x)
}

func (t *tree) imports(libraries []inspect.Library) {
	for _, l := range libraries {
		about := "imports from " + t.paint(bold, printable(l.Name))
		switch {
		case l.CurrentVersion == "0" && l.OldImpVersion == "0":
			about += ", any version"
		case l.OldImpVersion == l.CurrentVersion:
			about += ", version " + l.CurrentVersion
		default:
			about += fmt.Sprintf(", version %s, down to %s", l.CurrentVersion, l.OldImpVersion)
		}
		if l.Weak {
			about += ", " + t.paint(yellow, "weak")
		}
		if l.InitBefore {
			about += ", initialised before"
		}
		t.line("%s", about)
		t.under(func() {
			x := table{right: map[int]bool{0: true}}
			for _, i := range l.Imports {
				weak := ""
				if i.Weak {
					weak = "weak"
				}
				x.addCells(cell{strconv.Itoa(i.Index), dim}, cell{i.Class, plain}, cell{weak, yellow}, cell{i.Name, plain}, cell{i.Demangled, dim})
			}
			if len(x.rows) > 0 {
				x.dropEmpty(2)
				t.table(x)
			}
		})
	}
}

// imported finds an import by its index.
func imported(p *inspect.PEF, index int) string {
	for _, l := range p.Libraries {
		for _, i := range l.Imports {
			if i.Index == index {
				return l.Name + " " + i.Name
			}
		}
	}
	return ""
}

func (t *tree) exports(p *inspect.PEF) {
	if len(p.Exports) == 0 {
		return
	}
	t.line("exports %s", plural(len(p.Exports), "symbol"))
	t.under(func() {
		var x table
		for _, e := range p.Exports {
			var at string
			switch {
			case e.Import != nil:
				at = fmt.Sprintf("import %d: %s", *e.Import, imported(p, *e.Import))
			case e.Absolute:
				at = fmt.Sprintf("absolute %#x", e.Value)
			case e.Section != nil:
				at = fmt.Sprintf("section %d + %#x", *e.Section, e.Value)
			default:
				at = "nowhere"
			}
			x.addCells(cell{e.Class, plain}, cell{at, plain}, cell{e.Name, bold}, cell{e.Demangled, dim})
		}
		t.table(x)
	})
}

// relocations writes each step of a relocation program with what it adds.
func (t *tree) relocations(r inspect.Relocations) {
	t.line("relocations of section %d, %s", r.Section, plural(len(r.Steps), "step"))
	t.under(func() {
		x := table{header: []string{"AT", "CODE", "", "INSTRUCTION", "POSITION", "C", "D", "IMPORT", "ADDS"},
			right: map[int]bool{0: true, 4: true, 5: true, 6: true, 7: true}}
		for _, s := range r.Steps {
			x.addCells(cell{fmt.Sprintf("%#x", s.Offset), dim}, cell{s.Code, plain}, cell{s.Mnemonic, green}, cell{s.Text, plain},
				cell{fmt.Sprintf("%#x", s.Position), plain}, cell{strconv.Itoa(int(s.SectionC)), dim}, cell{strconv.Itoa(int(s.SectionD)), dim},
				cell{strconv.Itoa(int(s.Next)), dim}, cell{adds(s.Fixups), plain})
			for _, e := range s.Errors {
				x.addCells(cell{}, cell{}, cell{}, cell{}, cell{}, cell{}, cell{}, cell{}, cell{e, red})
			}
		}
		t.table(x)
	})
}

// adds describes fixups, runs of equal ones and of imports together.
func adds(fixups []inspect.Fixup) string {
	var parts []string
	for i := 0; i < len(fixups); {
		first, n := fixups[i], 1
		for i+n < len(fixups) && fixups[i+n].Offset == first.Offset+4*uint32(n) && follows(first, fixups[i+n], uint32(n)) {
			n++
		}
		what, last := "", ""
		if first.Import != nil {
			what = fmt.Sprintf("import %d", *first.Import)
			last = fmt.Sprintf("–%d", *first.Import+uint32(n)-1)
		} else {
			what = fmt.Sprintf("section %d", *first.Section)
		}
		at := fmt.Sprintf("%#x", first.Offset)
		if n > 1 {
			at += fmt.Sprintf("–%#x", first.Offset+4*uint32(n)-1)
			what += last
		}
		parts = append(parts, at+" += "+what)
		i += n
	}
	return strings.Join(parts, ", ")
}

// follows says whether a fixup adds what the one n before it in a run leads to
// expect.
func follows(first, f inspect.Fixup, n uint32) bool {
	if first.Import != nil {
		return f.Import != nil && *f.Import == *first.Import+n
	}
	return f.Section != nil && *f.Section == *first.Section
}

func (t *tree) hash(p *inspect.PEF) {
	if p.Hash == nil {
		return
	}
	t.line("export hash table, %s", plural(len(p.Hash.Slots), "slot"))
	t.under(func() {
		x := table{right: map[int]bool{0: true}}
		for n, s := range p.Hash.Slots {
			for k := s.First; k < s.First+s.Count; k++ {
				slot := ""
				if k == s.First {
					slot = strconv.Itoa(n)
				}
				x.addCells(cell{slot, plain}, cell{fmt.Sprintf("%#08x", p.Hash.Keys[k]), plain}, cell{p.Exports[k].Name, bold})
			}
			if s.Count == 0 {
				x.addCells(cell{strconv.Itoa(n), plain}, cell{"empty", dim})
			}
		}
		if len(x.rows) > 0 {
			t.table(x)
		}
	})
}

func (t *tree) strings(all []inspect.String) {
	if len(all) == 0 {
		return
	}
	t.line("strings")
	t.under(func() {
		x := table{header: []string{"SECTION", "AT", "TEXT", "OF"}, right: map[int]bool{0: true, 1: true}}
		for _, s := range all {
			x.addCells(cell{strconv.Itoa(s.Section), dim}, cell{fmt.Sprintf("%#x", s.Offset), dim}, cell{s.Text, plain}, cell{strings.Join(s.Of, ", "), dim})
		}
		t.table(x)
	})
}
