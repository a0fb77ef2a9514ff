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
		t.line("for clients built with %s or later; those built with this need %s or later", p.OldDefVersion, p.OldImpVersion)
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

// imported names imports by their index.
func imported(p *inspect.PEF) map[int]string {
	names := map[int]string{}
	for _, l := range p.Libraries {
		for _, i := range l.Imports {
			names[i.Index] = l.Name + " " + i.Name
		}
	}
	return names
}

func (t *tree) exports(p *inspect.PEF) {
	if len(p.Exports) == 0 {
		return
	}
	t.line("exports %s", plural(len(p.Exports), "symbol"))
	t.under(func() {
		var x table
		imports := imported(p)
		for _, e := range p.Exports {
			var at string
			switch {
			case e.Import != nil:
				at = fmt.Sprintf("import %d: %s", *e.Import, imports[*e.Import])
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

// adds describes fixups: runs of equal ones and of imports together, and what
// comes again every few words, such as transition vectors, once.
func adds(fixups []inspect.Fixup) string {
	var parts []string
	for i := 0; i < len(fixups); {
		f := fixups[i:]
		n := again(f, 1)
		pairs := again(f, 2)
		switch {
		case n > 1 && stride(f, 1) == 4:
			parts = append(parts, fmt.Sprintf("%#x–%#x += %s", f[0].Offset, f[n-1].Offset+3, target(f[0], f[n-1])))
			i += n
		case n > 2 && n >= 2*pairs:
			parts = append(parts, fmt.Sprintf("%s, %d times every %d bytes", one(f[0]), n, stride(f, 1)))
			i += n
		case pairs > 2:
			parts = append(parts, fmt.Sprintf("%s, %s, %d times every %d bytes", one(f[0]), one(f[1]), pairs, stride(f, 2)))
			i += 2 * pairs
		default:
			parts = append(parts, one(f[0]))
			i++
		}
	}
	return strings.Join(parts, ", ")
}

// one describes a fixup.
func one(f inspect.Fixup) string { return fmt.Sprintf("%#x += %s", f.Offset, target(f, f)) }

// target says what is added from one fixup to another, which follows it.
func target(first, last inspect.Fixup) string {
	switch {
	case first.Import == nil:
		return fmt.Sprintf("section %d", *first.Section)
	case *first.Import == *last.Import:
		return fmt.Sprintf("import %d", *first.Import)
	}
	return fmt.Sprintf("import %d–%d", *first.Import, *last.Import)
}

// stride is how far the first per fixups are from those behind them.
func stride(f []inspect.Fixup, per int) uint32 { return f[per].Offset - f[0].Offset }

// again says how often the first per fixups are repeated at equal distances,
// counting the first time. The imports of a run of words go up.
func again(f []inspect.Fixup, per int) int {
	n := 1
	for ; len(f) >= (n+1)*per; n++ {
		for i := range per {
			first, f, step := f[i], f[n*per+i], stride(f, per)*uint32(n)
			same := first.Section != nil && f.Section != nil && *f.Section == *first.Section
			if per == 1 && step == 4*uint32(n) {
				same = same || first.Import != nil && f.Import != nil && *f.Import == *first.Import+uint32(n)
			}
			if !same || f.Offset != first.Offset+step {
				return n
			}
		}
	}
	return n
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
