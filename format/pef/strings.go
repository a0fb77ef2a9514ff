package pef

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// LoaderString is a name in the loader string table, and what has it.
type LoaderString struct {
	Offset int64 // in the file
	Text   string
	Of     []string // "library 0", "import 3", "export 1"
}

// Strings returns the names in the loader string table, in the order in which
// they lie there. One that is a part of another, or is used twice, is there
// once for each length.
func (c *Container) Strings() ([]LoaderString, error) {
	if c.Loader == nil {
		return nil, nil
	}
	section := c.Sections[slices.IndexFunc(c.Sections, func(s *Section) bool { return s.Kind == LoaderSection })]
	data, err := section.Raw()
	if err != nil || len(data) < loaderHeaderSize {
		return nil, err
	}
	l := c.Loader
	table := int64(binary.BigEndian.Uint32(data[40:]))
	base := c.Offset + int64(section.ContainerOffset) + table
	found := map[stringKey]*LoaderString{}
	add := func(record uint64, mask uint32, text, kind string, i int) {
		if record+4 > uint64(len(data)) {
			return // the file changed since its headers were read
		}
		key := stringKey{base + int64(binary.BigEndian.Uint32(data[record:])&mask), len(text)}
		if found[key] == nil {
			found[key] = &LoaderString{Offset: key.offset, Text: text}
		}
		found[key].Of = append(found[key].Of, fmt.Sprintf("%s %d", kind, i))
	}
	at := uint64(loaderHeaderSize)
	for i, lib := range l.Libraries {
		add(at, 1<<32-1, lib.Name, "library", i)
		at += librarySize
	}
	for i, imp := range l.Imports {
		add(at, maxNameOffset, imp.Name, "import", i)
		at += importSize
	}
	at = uint64(binary.BigEndian.Uint32(data[44:])) + slotSize<<l.Hash.Power + keySize*uint64(binary.BigEndian.Uint32(data[52:]))
	for i, e := range l.Exports {
		add(at, maxNameOffset, e.Name, "export", i)
		at += exportSize
	}
	all := make([]LoaderString, 0, len(found))
	for _, s := range found {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b LoaderString) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(len(a.Text), len(b.Text)))
	})
	return all, nil
}

// stringKey tells names apart.
type stringKey struct {
	offset int64
	length int
}
