package inspect

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/inspect/demangle"
)

// readPEF adds what is in a PEF container.
func (i *Image) readPEF(c *pef.Container) {
	i.container = c
	loader := c.Loader
	if loader == nil {
		loader = &pef.Loader{}
	}
	d := &arch.Details{Exports: exportedNames(loader.Exports)}
	for _, l := range loader.Libraries {
		if !slices.Contains(d.Needed, l.Name) {
			d.Needed = append(d.Needed, l.Name)
		}
	}
	d.Families = arch.Families(d.Exports)
	i.describe(d, demangle.Classic)
	if c.Stub() {
		i.Usage = "stub library"
	}
	if !i.file.options.Tree {
		return
	}
	i.PEF = &PEF{
		CurrentVersion: c.CurrentVersion.String(), OldDefVersion: c.OldDefVersion.String(), OldImpVersion: c.OldImpVersion.String(),
		Instantiated: c.Instantiated, Sections: sections(c), Libraries: libraries(loader), Exports: exports(loader),
		Main: entry(loader, loader.Main), Init: entry(loader, loader.Init), Term: entry(loader, loader.Term),
	}
	if c.Date != 0 {
		i.PEF.Made = c.Date.Time().Format("2006-01-02T15:04:05")
	}
	o := i.file.options
	if o.Relocations {
		i.PEF.Relocations = i.relocations(c)
	}
	if o.Hash && c.Loader != nil {
		i.PEF.Hash = hashTable(c.Loader)
	}
	if o.Strings {
		i.PEF.Strings = i.strings()
	}
}

func sections(c *pef.Container) []Section {
	all := []Section{}
	for _, s := range c.Sections {
		all = append(all, Section{
			Index: s.Index, Name: s.Name, Kind: s.Kind.String(), Share: s.Share.String(), Alignment: int(s.Alignment), DefaultAddress: s.DefaultAddress,
			Offset: c.Offset + int64(s.ContainerOffset), Stored: s.ContainerLength, Unpacked: s.UnpackedLength, Total: s.TotalLength,
		})
	}
	return all
}

// entry describes an entry by what is exported from the same place.
func entry(l *pef.Loader, e *pef.Entry) *Place {
	if e == nil {
		return nil
	}
	p := &Place{Section: e.Section, Offset: e.Offset}
	for _, x := range l.Exports {
		if x.Section == e.Section && x.Value == e.Offset {
			p.Symbol = x.Name
			break
		}
	}
	return p
}

// libraries lists libraries with what is imported from each. What belongs to
// none, which breaks the rules, is left out.
func libraries(l *pef.Loader) []Library {
	all := []Library{}
	for _, lib := range l.Libraries {
		all = append(all, Library{Name: lib.Name, OldImpVersion: lib.OldImpVersion.String(), CurrentVersion: lib.CurrentVersion.String(),
			Weak: lib.Options&pef.WeakLibrary != 0, InitBefore: lib.Options&pef.InitBefore != 0, Imports: []Import{}})
	}
	for i, imp := range l.Imports {
		if imp.Library >= 0 {
			to := &all[imp.Library].Imports
			*to = append(*to, Import{Index: i, Name: imp.Name, Demangled: mangled(imp.Name), Class: imp.Class.String(), Weak: imp.Weak})
		}
	}
	return all
}

// mangled returns what a mangled name means, "" for others.
func mangled(name string) string {
	if plain := demangle.Classic(name); plain != name {
		return plain
	}
	return ""
}

func exports(l *pef.Loader) []Export {
	all := []Export{}
	for _, e := range l.Exports {
		x := Export{Name: e.Name, Demangled: mangled(e.Name), Class: e.Class.String(), Value: e.Value}
		switch {
		case e.Section >= 0:
			x.Section = &e.Section
		case e.Section == pef.ReexportedImport:
			i := int(e.Value)
			x.Import, x.Value = &i, 0
		case e.Section == pef.AbsoluteExport:
			x.Absolute = true
		}
		all = append(all, x)
	}
	return all
}

// maxSteps is how many steps of relocation are followed in a file. Real ones
// have a few thousand; a crafted one as many as its sections claim to have bytes.
const maxSteps = 1 << 20

// relocations runs the relocation programs. What cannot be done is a problem.
func (i *Image) relocations(c *pef.Container) []Relocations {
	if c.Loader == nil {
		return nil
	}
	var all []Relocations
	taken := &i.file.steps
	for n, r := range c.Loader.Relocations {
		one := Relocations{Section: r.Section, Steps: []Step{}}
		for s := range r.Program.Steps(c.Scope(n)) {
			if *taken += 1 + len(s.Fixups); *taken > maxSteps {
				i.file.problem(i.where(), fmt.Errorf("loader section: relocations %d: after %d steps in all, further ones are not listed", n, maxSteps))
				return append(all, one)
			}
			for _, err := range s.Errs {
				var format *pef.FormatError
				if errors.As(err, &format) {
					format.Offset += r.Offset() // it counts from the program's start
				}
				i.file.problem(i.where(), fmt.Errorf("loader section: relocations %d: %w", n, err))
			}
			one.Steps = append(one.Steps, step(r, s))
		}
		all = append(all, one)
	}
	return all
}

func step(r pef.Relocations, s pef.Step) Step {
	in := r.Program[s.Instruction]
	code, _ := in.Append(nil) // it was decoded from a file
	t := Step{
		Index: s.Instruction, Offset: r.Offset() + 2*int64(s.Chunk), Code: hex.EncodeToString(code), Mnemonic: in.Op.Mnemonic(), Text: in.String(),
		Position: s.Before.Position, SectionC: s.Before.SectC, SectionD: s.Before.SectD, Next: s.Before.NextImport,
	}
	for _, f := range s.Fixups {
		x := Fixup{Offset: f.Offset}
		if f.Target.Import {
			x.Import = &f.Target.Index
		} else {
			x.Section = &f.Target.Index
		}
		t.Fixups = append(t.Fixups, x)
	}
	for _, err := range s.Errs {
		t.Errors = append(t.Errors, err.Error())
	}
	return t
}

func hashTable(l *pef.Loader) *HashTable {
	h := &HashTable{Power: l.Hash.Power, Slots: []Slot{}, Keys: append([]uint32{}, l.Hash.Keys...)}
	for _, s := range l.Hash.Slots {
		h.Slots = append(h.Slots, Slot(s))
	}
	return h
}

// maxTexts is how many bytes of texts of one section are listed, maxSearched how
// many bytes of a file's sections are searched for them: a few can expand to
// many.
const (
	maxTexts    = 1 << 20
	maxSearched = 1 << 28
)

// strings lists the loader's names, then texts in sections of data.
func (i *Image) strings() []String {
	var all []String
	names, err := i.container.Strings()
	i.file.problem(i.where(), err)
	loader := slices.IndexFunc(i.container.Sections, func(s *pef.Section) bool { return s.Kind == pef.LoaderSection })
	for _, n := range names {
		all = append(all, String{Section: loader, Offset: n.Offset, Text: n.Text, Of: n.Of})
	}
	for _, s := range i.container.Sections {
		if !s.Kind.Instantiated() {
			continue
		}
		if i.file.searched += int64(s.UnpackedLength); i.file.searched > maxSearched {
			i.file.problem(i.where(), fmt.Errorf("section %d: after %d bytes in all, no more are searched for texts", s.Index, maxSearched))
			break
		}
		data, err := s.Data()
		if err != nil {
			i.file.problem(i.where(), err)
			continue
		}
		left := maxTexts
		for at, text := range texts(data) {
			if isCode(s) && !framed(data, at, len(text)) {
				continue
			}
			if left -= len(text); left < 0 {
				break
			}
			all = append(all, String{Section: s.Index, Offset: int64(at), Text: text})
		}
	}
	return all
}

// framed says whether a text has a NUL behind it or its length before it. Code
// has much that reads like text.
func framed(data []byte, at, length int) bool {
	end := at + length
	return end < len(data) && data[end] == 0 || at > 0 && int(data[at-1]) == length
}

// where is what problems of the image begin with.
func (i *Image) where() string {
	if i.Resource != "" {
		return "resource " + i.Resource
	}
	return i.file.dataFork()
}

// minText is how many characters make a text.
const minText = 4

// texts yields what reads like text in data: runs of printable ASCII, with
// where each begins.
func texts(data []byte) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		start := 0
		for at := 0; at <= len(data); at++ {
			if at < len(data) && (data[at] >= ' ' && data[at] < 0x7f || data[at] == '\t') {
				continue
			}
			if at-start >= minText && !yield(start, string(data[start:at])) {
				return
			}
			start = at + 1
		}
	}
}
