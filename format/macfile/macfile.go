// Package macfile finds the two forks of a classic Mac OS file, and what the
// Finder knew of it, whatever carried them through systems that have but one:
// AppleSingle, AppleDouble, MacBinary, BinHex, a raw resource fork beside the
// data, the folders of emulators and file servers, or macOS itself.
//
//	f, err := macfile.Open("Plug-in.bin")
//	defer f.Close()
//	f.Data, f.Resource // io.ReaderAt, each with its Size
//	f.Finder.Type      // 'shlb'
//
// Open looks at a path and what lies beside it, New at one stream. Wrappings
// within wrappings, such as a MacBinary file that was sent by mail as BinHex,
// are taken off too. What a wrapping says wrongly — a checksum, a length — is
// in File.Problems, and what can be read is read all the same.
//
// Files can be written as AppleSingle, AppleDouble, MacBinary III and BinHex
// 4.0.
//
// # Archives and disk images
//
// StuffIt archives and HFS volumes hold many files. They are not read here:
// Archive only says what they are. A package that reads one would make a File
// of each of its files — all fields are exported — and everything that takes
// Files would work with it.
package macfile

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/crossplug/crossplug/internal/bin"
)

// OSType is a code of four characters, the first in the most significant byte.
// Its String, which ParseOSType reverses, is those characters; what does not
// print, and the backslash, is written \xNN. It is text in JSON.
type OSType = bin.OSType

// ParseOSType returns the OSType written as its String writes it.
func ParseOSType(s string) (OSType, error) { return bin.ParseOSType(s) }

// FormatError says where in a file what is wrong. It is a fault.ErrBadImage.
// Within nested wrappings, the offset counts from the start of the innermost.
type FormatError = bin.FormatError

// Wrapping is a way in which a file with two forks is kept as one or more
// without.
type Wrapping uint8

const (
	AppleSingle Wrapping = iota + 1
	AppleDouble          // the file has the data fork; all else is in a second, ._NAME, %NAME or of one of the names in Open
	MacBinaryI
	MacBinaryII
	MacBinaryIII
	BinHex     // 4.0, the one with the line "This file must be converted with BinHex 4.0"
	RawFork    // the resource fork is a file of its own: NAME.rsrc, .rsrc/NAME or RESOURCE.FRK/NAME
	FinderFile // the 32 bytes of Finder information are a file of their own: .finf/NAME
	NamedFork  // none: macOS gives the resource fork the name NAME/..namedfork/rsrc
)

var wrappingNames = []bin.Name{
	{Value: 1, Text: "AppleSingle"}, {Value: 2, Text: "AppleDouble"}, {Value: 3, Text: "MacBinary I"}, {Value: 4, Text: "MacBinary II"},
	{Value: 5, Text: "MacBinary III"}, {Value: 6, Text: "BinHex 4.0"}, {Value: 7, Text: "resource fork file"},
	{Value: 8, Text: "Finder information file"}, {Value: 9, Text: "named fork"},
}

// String names the wrapping: "MacBinary II".
func (w Wrapping) String() string { return bin.EnumName(uint32(w), wrappingNames) }

// File is a file of the classic Mac OS. It may be read by several goroutines at
// a time, if its forks are read by ReadAt.
type File struct {
	// Name is what the innermost wrapping that has one calls the file, else
	// the name under which it was opened. It is in UTF-8 and anything a Mac
	// allows, slashes included: not safe to use as a path.
	Name string
	// Data and Resource are the forks. Read never leaves them nil; an absent
	// fork has no bytes. Writing takes nil for that, too.
	Data, Resource *io.SectionReader
	// Finder is zero where no wrapping has it.
	Finder FinderInfo
	// Created and Modified are what the file's Mac said, zero if unknown.
	// Except in AppleSingle and AppleDouble, that was local time of an unknown
	// place, which is given as if it were UTC.
	Created, Modified time.Time
	Comment           string     // the Finder's, in UTF-8
	Wrappings         []Wrapping // outermost first; none of a plain file
	// Problems are what was wrong and could be read all the same, in the order
	// met: checksums, lengths that exceed the file, overlaps.
	Problems []*FormatError
	// Paths are the files that Open took something from: first the one with
	// the data fork, then its companions.
	Paths []string

	closers  []io.Closer
	expanded uint64 // bytes that BinHex decoded so far
}

// Limits on what is read, to keep hostile files cheap.
const (
	maxNesting = 4     // wrappings within wrappings
	headSize   = 16384 // bytes in which to look for signs of a wrapping: mail headers precede BinHex

	// MaxExpanded is the most bytes that the forks of a BinHex file, and of
	// those within it, may have together. Its run-length code makes 63 bytes of
	// one, and they are kept in memory.
	MaxExpanded = 64 << 20
)

// New finds the forks in a stream of size bytes, which must stay readable as
// long as the File is used. A stream that is not a wrapping is a data fork; if
// it looks like a resource fork, it is one.
//
// The error is a *FormatError if it is a wrapping of which nothing can be read.
func New(r io.ReaderAt, size int64) (*File, error) {
	f := &File{Data: io.NewSectionReader(r, 0, max(size, 0)), Resource: empty()}
	if err := f.unwrap(); err != nil {
		return nil, err
	}
	if len(f.Wrappings) == 0 && looksLikeResources(f.Data) {
		f.isResources()
	}
	return f, nil
}

// isResources makes the data fork the resource fork.
func (f *File) isResources() {
	f.Wrappings = append(f.Wrappings, RawFork)
	f.Data, f.Resource = empty(), f.Data
}

// Close closes what Open opened.
func (f *File) Close() error {
	var errs []error
	for _, c := range f.closers {
		errs = append(errs, c.Close())
	}
	f.closers = nil
	return errors.Join(errs...)
}

// reader takes one kind of wrapping off. It is given the first bytes of the
// data fork, and returns false if that is no such wrapping. Otherwise it sets
// what the wrapping says, and returns an error if that is nothing.
type reader func(f *File, head []byte) (bool, error)

var readers = []reader{(*File).readApple, (*File).readMacBinary, (*File).readBinHex}

// unwrap takes wrappings off the data fork, as long as there is one and no
// resource fork. An inner one of which nothing can be read stays the data fork.
func (f *File) unwrap() error {
	for range maxNesting {
		if f.Resource.Size() > 0 {
			return nil
		}
		head := make([]byte, min(headSize, f.Data.Size()))
		n, err := f.Data.ReadAt(head, 0)
		if n < len(head) && err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		found := false
		for _, read := range readers {
			if found, err = read(f, head[:n]); found || err != nil {
				break
			}
		}
		var e *FormatError
		if errors.As(err, &e) && len(f.Wrappings) > 0 { // what is around it is sound
			f.Problems = append(f.Problems, e)
			return nil
		}
		if !found || err != nil {
			return err
		}
	}
	return nil
}

// view is a view of a fork.
func view(s *io.SectionReader) bin.View { return bin.NewView(s, 0, s.Size()) }

// empty is a fork without bytes.
func empty() *io.SectionReader { return io.NewSectionReader(noBytes{}, 0, 0) }

// noBytes is a reader of nothing.
type noBytes struct{}

func (noBytes) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// part returns the n bytes of a fork at off, and notes what of it is missing.
func (f *File) part(from *io.SectionReader, item string, off, n uint64) *io.SectionReader {
	size := uint64(from.Size())
	switch {
	case n == 0:
		return empty()
	case off > size:
		f.problem(off, item, "of %d bytes begins beyond the end of the file at %#x", n, size)
		return empty()
	case n > size-off:
		f.problem(off, item, "claims %d bytes, but the file ends after %d", n, size-off)
		n = size - off
	}
	return io.NewSectionReader(from, int64(off), int64(n))
}

// problem notes what is wrong with what is at off.
func (f *File) problem(off uint64, item, format string, args ...any) {
	f.Problems = append(f.Problems, damage(off, item, format, args...))
}

func damage(off uint64, item, format string, args ...any) *FormatError {
	return &FormatError{Offset: int64(off), Item: item, Msg: fmt.Sprintf(format, args...)}
}

// looksLikeResources says whether a fork is a resource fork: it begins with a
// header that describes two parts which lie in it and do not overlap, one of
// which can be a map. (The layout is in package resource.)
func looksLikeResources(s *io.SectionReader) bool {
	c := view(s).Cursor("resource header", 0, 16, bigEndian)
	data, mapAt := uint64(c.U32()), uint64(c.U32())
	dataLen, mapLen := uint64(c.U32()), uint64(c.U32())
	if c.Err() != nil || data < 16 || mapAt < 16 || mapLen < 30 || data+dataLen > uint64(s.Size()) || mapAt+mapLen > uint64(s.Size()) ||
		data < mapAt+mapLen && mapAt < data+dataLen {
		return false
	}
	c = view(s).Cursor("resource map", mapAt+24, 4, bigEndian)
	types, names := uint64(c.U16()), uint64(c.U16())
	return c.Err() == nil && types >= 28 && types+2 <= mapLen && names <= mapLen
}
