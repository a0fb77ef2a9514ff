package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest/isa/m68k"
)

// Types of resources that are looked into, beside those with code.
var (
	typeCODE = osType("CODE")
	typeCfrg = osType("cfrg")
	typeVers = osType("vers")
	typeRseg = osType("rseg")
)

func osType(s string) resource.OSType { return resource.OSType(binary.BigEndian.Uint32([]byte(s))) }

// readFork reads the resource fork.
func (f *File) readFork() (*resource.Fork, error) {
	if f.fork.Size() == 0 {
		return &resource.Fork{}, nil
	}
	fork, err := resource.Read(f.fork, f.fork.Size())
	if err != nil {
		return &resource.Fork{}, err
	}
	for _, p := range fork.Problems {
		f.problem("resource fork", p)
	}
	segments := 0
	for _, r := range fork.Resources {
		n := f.readResource(fork, r)
		if r.Type == typeCODE {
			segments++
		}
		if f.options.Tree {
			f.Resources = append(f.Resources, n)
		}
	}
	if segments > 0 {
		f.application(fork)
	}
	return fork, nil
}

// Images returns those images of the file that are in the resource, but for an
// application, which is in several.
func (r *Resource) Images() []*Image { return r.images }

// label names a resource as problems and images do.
func label(t resource.OSType, id int16) string { return fmt.Sprintf("'%v' %d", t, id) }

// readResource looks into one resource of a fork.
func (f *File) readResource(fork *resource.Fork, r *resource.Resource) *Resource {
	n := &Resource{Type: r.Type, ID: r.ID, Name: r.Name, Offset: r.Offset, Size: len(r.Data), data: r.Data}
	if r.Attributes != 0 {
		n.Attributes = r.Attributes.String()
	}
	problem := func(err error) { f.resourceProblem(n, inFork(err, r.Offset)) }
	if f.options.Contents != nil && f.options.Contents(r.Type, r.ID) {
		n.Data = r.Data
	}
	c, _, err := r.Compression()
	problem(err)
	if c != nil {
		n.Compressed = &Compression{Version: int(c.Version), Decompressor: c.Decompressor, Size: c.Length}
		if f.options.Expand != nil {
			n.expand = func() ([]byte, error) { return f.options.Expand(fork, r) }
		}
	}
	if c != nil || err != nil || len(r.Data) == 0 {
		return n // what it holds only its 'dcmp' can tell
	}
	switch r.Type {
	case typeCfrg:
		c, err := coderes.DecodeCFrag(r.Data)
		n.Fragments = fragments(c)
		problem(err)
	case typeVers:
		v, err := coderes.DecodeVersion(r.Data)
		n.Version = &Version{Number: v.Number.String(), Region: v.Region, Short: v.Short, Long: v.Long}
		problem(err)
	case typeRseg:
		s, err := coderes.DecodeSegmentFragment(r.Data)
		problem(err)
		if s != nil && s.Whole {
			f.fragmentAt(n, r, s.Container, len(r.Data)-s.Container)
		}
	case typeCODE:
		f.segment(n, r, problem)
	default:
		f.code(n, r, problem)
	}
	return n
}

// resourceProblem notes what is wrong with a resource.
func (f *File) resourceProblem(n *Resource, err error) {
	if err != nil {
		n.Problems = append(n.Problems, err.Error())
		f.problem("resource "+label(n.Type, n.ID), err)
	}
}

// inFork makes an error with an offset in a resource, which begins at off, one
// with an offset in the fork.
func inFork(err error, off int64) error {
	var e *resource.FormatError
	if !errors.As(err, &e) || e.Offset < 0 {
		return err
	}
	return &resource.FormatError{Offset: e.Offset + off, Item: e.Item, Msg: e.Msg}
}

// segment describes a part of a 68K application.
func (f *File) segment(n *Resource, r *resource.Resource, problem func(error)) {
	if r.ID == 0 {
		t, err := coderes.DecodeJumpTable(r.Data)
		problem(err)
		n.JumpTable = &JumpTable{AboveA5: t.AboveA5, BelowA5: t.BelowA5, Offset: t.Offset, Entries: []JumpEntry{}}
		for _, e := range t.Entries {
			n.JumpTable.Entries = append(n.JumpTable.Entries, JumpEntry(e))
		}
		for _, p := range t.Problems {
			problem(p)
		}
		return
	}
	s, err := coderes.DecodeSegment(r.Data)
	problem(err)
	n.Segment = &Segment{Model: s.Model.String(), NearOffset: s.NearOffset, NearEntries: s.NearEntries, FarOffset: s.FarOffset,
		FarEntries: s.FarEntries, CodeOffset: s.CodeOffset}
}

// application adds the image that all 'CODE' resources are together. It begins
// with number 0, if there is one.
func (f *File) application(fork *resource.Fork) {
	var first *resource.Resource
	size := int64(0)
	for r := range fork.OfType(typeCODE) {
		if first == nil || r.ID == 0 {
			first = r
		}
		size += int64(len(r.Data))
	}
	i := f.newImage(arch.Image{Arch: classic68K, Format: FormatCode, Kind: KindApplication, Offset: first.Offset, Size: size}, f.fork, ResourceFork)
	i.Resource = label(first.Type, first.ID)
}

// code looks for code in a resource. Any bytes may be plain 68K code, so what
// says that they are is the type, a header that repeats it, or how they begin.
func (f *File) code(n *Resource, r *resource.Resource, problem func(error)) {
	c, err := coderes.Recognise(r.Data)
	purpose, known := coderes.Describe(r.Type)
	if c.Kind == coderes.Plain {
		h := c.Parts[0].Header
		if !known && (h == nil || h.Type != r.Type) && (err != nil || !looksLike68K(r.Data, c.Parts[0].Entry)) {
			return
		}
		if _, e := coderes.DecodeDecompressor(r.Data); r.Type.String() == "dcmp" && e == nil {
			err = nil // some begin with a table, not with code
		}
	}
	problem(err)
	n.Code = &Code{Kind: c.Kind.String(), Purpose: purpose, Parts: []Part{}}
	if c.Descriptor != nil {
		n.Code.Descriptor = &c.DescriptorOffset
		for _, x := range c.Descriptor.Routines {
			n.Code.Routines = append(n.Code.Routines, Routine{Prototype: x.ProcInfo.String(), ProcInfo: uint32(x.ProcInfo), ISA: x.ISA.String(),
				RTA: x.RTA.String(), Flags: x.Flags.String(), Proc: x.Proc, Selector: x.Selector})
		}
	}
	for _, p := range c.Parts {
		part := Part{ISA: p.ISA.String(), Offset: p.Offset, Size: p.Size, Fragment: p.PEF}
		if p.Header != nil {
			part.Header = &CodeHeader{Flags: p.Header.Flags, Type: p.Header.Type, ID: p.Header.ID, Version: p.Header.Version}
		}
		var i *Image
		if p.PEF {
			i = f.fragmentAt(n, r, p.Offset, p.Size)
		} else {
			part.Entry = &p.Entry
			i = f.newImage(arch.Image{Arch: classic68K, Format: FormatCode, Kind: KindCodeResource, Offset: r.Offset + int64(p.Offset), Size: int64(p.Size)}, f.fork, ResourceFork)
			i.Resource = label(r.Type, r.ID)
			i.Name = r.Name
			entry := int64(p.Entry - p.Offset)
			i.Entry = &entry
			n.images = append(n.images, i)
		}
		n.Code.Parts = append(n.Code.Parts, part)
		if i == nil {
			continue
		}
		if c.Descriptor != nil {
			i.Prototype = p.ProcInfo.String()
		}
		if known {
			i.Families = append(i.Families, purpose)
		}
	}
}

// 68K instructions by which compiled routines begin and end.
const (
	linkA6      = 0x4e56
	saveMany    = 0x48e7 // MOVEM.L registers,-(SP)
	braW        = 0x6000
	returnRTS   = 0x4e75
	returnRTD   = 0x4e74
	returnJMPA0 = 0x4ed0 // behind MOVEA.L (SP)+,A0
)

// maxGuess is how many instructions are looked at to guess whether they are.
const maxGuess = 1000

// looksLike68K says whether bytes of which nothing says so are 68K code: the
// entry saves registers or makes a frame, and all from there to where it
// returns, past branches forward, are instructions.
func looksLike68K(data []byte, entry int) bool {
	word := func(at int) uint16 { return binary.BigEndian.Uint16(data[at:]) }
	if entry+2 > len(data) || word(entry) != linkA6 && word(entry) != saveMany {
		return false
	}
	at := entry
	for range maxGuess {
		if at+2 > len(data) {
			return false
		}
		inst, err := m68k.Decode(data[at:], uint32(at), m68k.M68040)
		if err != nil {
			return false
		}
		next := at + int(inst.Len)
		switch w := word(at); {
		case w == returnRTS, w == returnRTD, w == returnJMPA0:
			return true
		case w == braW && int16(word(at+2)) > 2:
			next = at + 2 + int(word(at+2))
		case w>>8 == braW>>8 && int8(w) > 0:
			next = at + 2 + int(int8(w))
		}
		at = next
	}
	return false
}

// fragmentAt adds the PEF container at off in a resource.
func (f *File) fragmentAt(n *Resource, r *resource.Resource, off, size int) *Image {
	where := label(r.Type, r.ID)
	s := f.sink("resource " + where)
	c, err := pef.Read(f.fork, r.Offset+int64(off), int64(size), s.options())
	if err != nil {
		f.resourceProblem(n, err)
		return nil
	}
	i := f.newImage(pefImage(c), f.fork, ResourceFork)
	i.Resource = where
	i.readPEF(c)
	i.Name = r.Name
	s.close()
	n.images = append(n.images, i)
	return i
}

// fragments lists the members of a 'cfrg' resource.
func fragments(c *coderes.CFrag) []Fragment {
	all := []Fragment{}
	for _, m := range c.Members {
		x := Fragment{Name: m.Name, Architecture: m.Architecture, Usage: m.Usage.String(), CurrentVersion: m.CurrentVersion.String(),
			OldDefVersion: m.OldDefVersion.String(), UpdateLevel: int(m.UpdateLevel), StackSize: m.StackSize, Where: m.Where.String(),
			Offset: m.Offset, Length: m.Length}
		if t, id, ok := m.Resource(); ok {
			x.Resource, x.Offset, x.Length = label(t, id), 0, 0
		}
		for _, e := range m.Extensions {
			if e.LibraryKind == 0 {
				continue
			}
			x.Search = append(x.Search, e.LibraryKind.String())
			x.Search = append(x.Search, e.Qualifiers[:]...)
		}
		all = append(all, x)
	}
	return all
}

// nameFragments gives containers the names and uses that the 'cfrg' resource
// has for them.
func (f *File) nameFragments(fork *resource.Fork) {
	r := fork.Get(typeCfrg, 0)
	if r == nil {
		return
	}
	inData, inResource := map[int64]*Image{}, map[string][]*Image{}
	for _, i := range f.Images {
		switch {
		case i.Format != arch.FormatPEF:
		case i.Fork == DataFork:
			inData[i.Offset] = i
		default:
			inResource[i.Resource] = append(inResource[i.Resource], i)
		}
	}
	c, _ := coderes.DecodeCFrag(r.Data) // what is wrong has been said
	for _, m := range fragments(c) {
		var found []*Image
		if m.Resource == label(typeRseg, 0) {
			m.Resource = label(typeRseg, 1) // number 0 is a copy of its header
		}
		switch {
		case m.Resource != "":
			found = inResource[m.Resource]
			delete(inResource, m.Resource) // the first member's name counts
		case m.Where == coderes.InDataFork.String() && inData[int64(m.Offset)] != nil:
			found = []*Image{inData[int64(m.Offset)]}
		}
		for _, i := range found {
			if i.Name == "" {
				i.Name = m.Name
			}
			if i.Usage == "" {
				i.Usage = m.Usage
			}
		}
	}
}
