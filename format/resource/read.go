package resource

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/crossplug/crossplug/internal/bin"
)

// Read reads a resource fork of size bytes. A fork without any bytes, which
// most files have, is one without resources.
//
// The error is a *FormatError if the header or the beginning of the map leads
// nowhere, so that nothing can be read; damage of single items is in Problems.
// What they keep and lose:
//
//   - data that goes beyond the data's end: kept as far as there is some;
//   - data that overlaps other data: kept, as long as all resources together
//     are no more than twice as large as the fork, lost after that;
//   - a list of references that overlaps another list: lost, as two types with
//     one list would be a loop or a bomb;
//   - a name that is beyond the map: lost.
//
// Forks of more than 64 MiB are refused; the format's own limit is 16 MiB of
// data.
func Read(r io.ReaderAt, size int64) (*Fork, error) {
	data, err := bin.NewView(r, 0, size).Bytes("resource fork", 0, uint64(max(size, 0)))
	if err != nil {
		return nil, err
	}
	return Parse(data)
}

// Parse is Read for a fork that is in memory. The resources share it.
func Parse(data []byte) (*Fork, error) {
	f := &Fork{}
	if len(data) == 0 {
		return f, nil
	}
	rd := &reader{fork: f, data: data, budget: 2 * int64(len(data))}
	if err := rd.header(); err != nil {
		return nil, err
	}
	if err := rd.types(); err != nil {
		return nil, err
	}
	rd.overlapping()
	return f, nil
}

// reader is what reading one fork must remember.
type reader struct {
	fork *Fork
	data []byte // the whole fork

	dataOff, dataLen uint64 // the data of the resources
	mapOff, mapLen   uint64
	typeOff, nameOff uint64 // of the lists, from the map's start

	lists  spans // of the map's bytes, what lists occupy
	items  []item
	budget int64 // bytes that resources may still have, overlapping ones counted twice
}

// item is where the data of a resource lies: its length field and its bytes.
type item struct {
	span
	resource *Resource
}

// at returns a cursor over the n bytes at off in the fork. What must lie within
// a part of it has been checked before.
func (rd *reader) at(off, n uint64, format string, args ...any) *bin.Cursor {
	c := bin.NewCursor(fmt.Sprintf(format, args...), rd.data[:min(off+n, uint64(len(rd.data)))], binary.BigEndian)
	c.Seek(off)
	return c
}

// problem notes what is wrong with what is at off in the fork.
func (rd *reader) problem(off uint64, item, format string, args ...any) {
	rd.fork.Problems = append(rd.fork.Problems, damage(off, item, format, args...))
}

// damage is what is wrong with what is at off in the fork.
func damage(off uint64, item, format string, args ...any) *FormatError {
	return &FormatError{Offset: int64(off), Item: item, Msg: fmt.Sprintf(format, args...)}
}

// note keeps a cursor's error as a problem, and says whether there was one.
func (rd *reader) note(c *bin.Cursor) bool {
	if e, ok := c.Err().(*FormatError); ok {
		rd.fork.Problems = append(rd.fork.Problems, e)
	}
	return c.Err() != nil
}

// header reads the fork's header and the map's.
func (rd *reader) header() error {
	size := uint64(len(rd.data))
	c := rd.at(0, size, "resource header")
	rd.dataOff, rd.mapOff = uint64(c.U32()), uint64(c.U32())
	rd.dataLen, rd.mapLen = uint64(c.U32()), uint64(c.U32())
	switch {
	case c.Err() != nil:
		return c.Err()
	case rd.dataOff < headerSize || rd.dataOff > size:
		return damage(0, "resource header", "puts the data at %#x of a fork of %#x bytes", rd.dataOff, size)
	case rd.mapOff < headerSize || rd.mapOff > size:
		return damage(4, "resource header", "puts the map at %#x of a fork of %#x bytes", rd.mapOff, size)
	}
	if rd.dataOff+rd.dataLen > size {
		rd.problem(8, "resource header", "claims %d bytes of data at %#x, but the fork ends at %#x", rd.dataLen, rd.dataOff, size)
		rd.dataLen = size - rd.dataOff
	}
	if rd.mapOff+rd.mapLen > size {
		rd.problem(12, "resource header", "claims a map of %d bytes at %#x, but the fork ends at %#x", rd.mapLen, rd.mapOff, size)
		rd.mapLen = size - rd.mapOff
	}
	if rd.dataOff < rd.mapOff+rd.mapLen && rd.mapOff < rd.dataOff+rd.dataLen {
		rd.problem(rd.mapOff, "resource map", "overlaps the data, which is from %#x to %#x", rd.dataOff, rd.dataOff+rd.dataLen)
	}
	// What follows the header is not to be trusted: small forks of some tools
	// begin their data within it.
	if min(rd.dataOff, rd.mapOff) >= headerSize+systemSize+userSize {
		copy(rd.fork.System[:], rd.data[headerSize:])
		copy(rd.fork.User[:], rd.data[headerSize+systemSize:])
	}
	c = rd.at(rd.mapOff, rd.mapLen, "resource map")
	c.Skip(headerSize + 4 + 2) // of the map in memory
	rd.fork.Attributes = ForkAttributes(c.U16())
	rd.typeOff, rd.nameOff = uint64(c.U16()), uint64(c.U16())
	return c.Err()
}

// types reads the type list and the list of references of each type.
func (rd *reader) types() error {
	c := rd.at(rd.mapOff, rd.mapLen, "type list")
	if rd.typeOff > rd.mapLen {
		return damage(rd.mapOff+24, "resource map", "puts the type list at %#x of a map of %#x bytes", rd.typeOff, rd.mapLen)
	}
	c.Seek(rd.mapOff + rd.typeOff)
	count := uint64(c.U16() + 1) // 0xffff is none
	if c.Err() != nil {
		return c.Err()
	}
	if fit := uint64(c.Len() / typeSize); count > fit {
		rd.problem(uint64(c.Pos())-2, "type list", "claims %d types, but the map ends after %d", count, fit)
		count = fit
	}
	rd.lists.add(span{0, mapHeaderSize})
	rd.lists.add(span{rd.typeOff, rd.typeOff + 2 + count*typeSize})
	for range count {
		rd.references(OSType(c.U32()), uint64(c.U16())+1, uint64(c.U16()))
	}
	return nil
}

// references reads the list of count references of one type, which begins at
// off from the type list.
func (rd *reader) references(t OSType, count, off uint64) {
	list := fmt.Sprintf("type '%v': reference list", t)
	off += rd.typeOff
	c := rd.at(rd.mapOff, rd.mapLen, "%s", list)
	c.Seek(rd.mapOff + min(off, rd.mapLen))
	if fit := uint64(c.Len() / refSize); count > fit {
		rd.problem(rd.mapOff+off, list, "claims %d references, but the map ends after %d", count, fit)
		count = fit
	}
	if count == 0 {
		return
	}
	if other, ok := rd.lists.add(span{off, off + count*refSize}); !ok {
		rd.problem(rd.mapOff+off, list, "overlaps what is from %#x to %#x", rd.mapOff+other.start, rd.mapOff+other.end)
		return
	}
	for range count {
		r := &Resource{Type: t, ID: int16(c.U16())}
		name := uint64(c.U16())
		word := c.U32()
		c.Skip(4) // of the map in memory
		r.Attributes = Attributes(word >> 24)
		r.Name = rd.name(r, name)
		rd.content(r, uint64(word&maxData))
		rd.fork.Resources = append(rd.fork.Resources, r)
	}
}

// name returns the name at off in the name list.
func (rd *reader) name(r *Resource, off uint64) string {
	if off == noName {
		return ""
	}
	at := rd.nameOff + off
	if at >= rd.mapLen {
		rd.problem(rd.mapOff+at, fmt.Sprintf("resource %v: name", r), "begins beyond the end of the map at %#x", rd.mapOff+rd.mapLen)
		return ""
	}
	c := rd.at(rd.mapOff, rd.mapLen, "resource %v: name", r)
	c.Seek(rd.mapOff + at)
	text := c.Bytes(uint64(c.U8()))
	rd.note(c)
	return bin.MacRoman(text)
}

// content sets the data of a resource, which is at off in the data.
func (rd *reader) content(r *Resource, off uint64) {
	what := fmt.Sprintf("resource %v: data", r)
	at := rd.dataOff + off
	r.Offset = int64(at)
	if off > rd.dataLen {
		rd.problem(at, what, "begins beyond the end of all data at %#x", rd.dataOff+rd.dataLen)
		return
	}
	c := rd.at(rd.dataOff, rd.dataLen, "%s", what)
	c.Seek(at)
	n := uint64(c.U32())
	if rd.note(c) {
		return
	}
	if have := uint64(c.Len()); n > have {
		rd.problem(at, what, "claims %d bytes, but all data ends after %d", n, have)
		n = have
	}
	if int64(n) > rd.budget {
		rd.problem(at, what, "of %d bytes is dropped: with it, resources that overlap would be twice as large as the fork", n)
		return
	}
	rd.budget -= int64(n)
	r.Offset = int64(c.Pos())
	r.Data = c.Bytes(n)
	rd.items = append(rd.items, item{span{at, at + 4 + n}, r})
}

// overlapping notes which resources share bytes. Each is compared with the one
// before it that reaches farthest, so one complaint a resource is the most.
func (rd *reader) overlapping() {
	slices.SortStableFunc(rd.items, func(a, b item) int { return cmp.Compare(a.start, b.start) })
	for i, last := 1, 0; i < len(rd.items); i++ {
		if rd.items[i].start < rd.items[last].end {
			rd.problem(rd.items[i].start, fmt.Sprintf("resource %v: data", rd.items[i].resource), "overlaps that of resource %v, which is from %#x to %#x",
				rd.items[last].resource, rd.items[last].start, rd.items[last].end)
		}
		if rd.items[i].end > rd.items[last].end {
			last = i
		}
	}
}

// span is a range of bytes, without its end.
type span struct{ start, end uint64 }

// spans are ranges of bytes that do not overlap, in order.
type spans []span

// add adds n to the spans if it overlaps none of them, else returns the first
// that it does.
func (s *spans) add(n span) (other span, ok bool) {
	i, _ := slices.BinarySearchFunc(*s, n, func(a, b span) int {
		if a.end <= b.start {
			return -1
		}
		return 1
	})
	if i < len(*s) && (*s)[i].start < n.end {
		return (*s)[i], false
	}
	*s = slices.Insert(*s, i, n)
	return span{}, true
}
