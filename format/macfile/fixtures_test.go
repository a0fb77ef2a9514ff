package macfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// fork is a fork of the bytes.
func fork(b []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

// content reads a fork.
func content(t testing.TB, s *io.SectionReader) []byte {
	t.Helper()
	b := make([]byte, s.Size())
	if n, err := s.ReadAt(b, 0); n < len(b) || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%d of %d bytes: %v", n, len(b), err)
	}
	return b
}

func code(s string) OSType {
	t, err := ParseOSType(s)
	if err != nil {
		panic(err)
	}
	return t
}

// resources is the smallest resource fork.
func resources() []byte {
	b := make([]byte, 286)
	for i, v := range map[int]byte{2: 1, 6: 1, 15: 30, 256 + 25: 28, 256 + 27: 30, 256 + 28: 0xff, 256 + 29: 0xff} {
		b[i] = v
	}
	copy(b[256:], b[:16])
	return b
}

// named is a file to wrap.
type named struct {
	name string
	file *File
}

// files are a family of files: of all contents that a wrapping could harm.
func files() []named {
	random := make([]byte, 5000)
	rand.NewChaCha8([32]byte{1}).Read(random)
	var runs []byte
	for _, c := range []byte{0, 'a', 0x90} {
		for _, n := range []int{1, 2, 3, 4, 5, 254, 255, 256, 257, 300, 511, 512} {
			runs = append(append(runs, bytes.Repeat([]byte{c}, n)...), c+1)
		}
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	full := FinderInfo{Type: code("shlb"), Creator: code(`©\x00\x5c\xff`), Flags: HasBundle | Inited | Alias | 6, V: -1, H: 300, Folder: -2}
	copy(full.Extended[:], every[100:])
	created, modified := time.Date(1994, 3, 14, 15, 9, 26, 0, time.UTC), time.Date(2039, 12, 31, 23, 59, 59, 0, time.UTC)

	var all []named
	add := func(name string, data, resource []byte, change func(*File)) {
		f := &File{Name: "Plug-in", Data: fork(data), Resource: fork(resource), Finder: FinderInfo{Type: code("TEXT"), Creator: code("ttxt")}}
		if change != nil {
			change(f)
		}
		all = append(all, named{name, f})
	}
	add("both", []byte("the data fork"), resources(), func(f *File) {
		f.Finder, f.Created, f.Modified, f.Comment = full, created, modified, "a comment, “quoted”"
	})
	add("empty", nil, nil, nil)
	add("data", random, nil, nil)
	add("resource", nil, random, nil)
	add("runs", runs, every, nil)
	add("nineties", bytes.Repeat([]byte{0x90}, 1000), []byte{0x90, 0, 0x90, 0x90}, nil)
	add("zeros", make([]byte, 10000), make([]byte, 1), nil)
	add("short name", every, nil, func(f *File) { f.Name = "x" })
	add("long name", every, nil, func(f *File) { f.Name = strings.Repeat("ƒ", 63) })
	add("strange name", every, every, func(f *File) { f.Name = "../a/b:\u00a0é\uf8ff" })
	add("no type", every, every, func(f *File) { f.Finder = FinderInfo{} })
	for _, n := range []int{127, 128, 129, 255, 256} {
		add(fmt.Sprint("size ", n), random[:n], random[n:2*n-1], func(f *File) { f.Comment = "padded" })
	}
	return all
}

// format is a way to write a file, and what it loses.
type format struct {
	wrapping Wrapping
	write    func(*File, io.Writer) error
	loses    func(*File)
}

var formats = []format{
	{AppleSingle, (*File).WriteAppleSingle, func(f *File) {}},
	{MacBinaryIII, (*File).WriteMacBinary, losesExtended},
	{MacBinaryII, writeMacBinaryII, func(f *File) { f.Finder.Extended = [16]byte{} }},
	{MacBinaryI, writeMacBinaryI, func(f *File) { f.Finder.Extended, f.Comment = [16]byte{}, ""; f.Finder.Flags &= 0xff00 }},
	{BinHex, (*File).WriteBinHex, func(f *File) {
		f.Finder = FinderInfo{Type: f.Finder.Type, Creator: f.Finder.Creator, Flags: f.Finder.Flags}
		f.Created, f.Modified, f.Comment = time.Time{}, time.Time{}, ""
	}},
}

func losesExtended(f *File) {
	kept := f.Finder.Extended[8:10]
	f.Finder.Extended = [16]byte{8: kept[0], 9: kept[1]}
}

// Of MacBinary, the third version is written; the others are made of it.
func writeMacBinaryII(f *File, w io.Writer) error { return olderMacBinary(f, w, MacBinaryII) }
func writeMacBinaryI(f *File, w io.Writer) error  { return olderMacBinary(f, w, MacBinaryI) }

func olderMacBinary(f *File, w io.Writer, version Wrapping) error {
	var b bytes.Buffer
	g := *f
	if version == MacBinaryI {
		g.Comment = ""
	}
	if err := g.WriteMacBinary(&b); err != nil {
		return err
	}
	h := b.Bytes()
	clear(h[102:116])
	h[122] = macBinary2
	bigEndian.PutUint16(h[macBinaryCRC:], crc16(0, h[:macBinaryCRC]...))
	if version == MacBinaryI {
		clear(h[99:128])
	}
	_, err := w.Write(h)
	return err
}

// wrap writes the file.
func (fm format) wrap(t testing.TB, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := fm.write(f, &b); err != nil {
		t.Fatalf("%v: %v", fm.wrapping, err)
	}
	return b.Bytes()
}

// open is New for bytes.
func openBytes(b []byte) (*File, error) { return New(bytes.NewReader(b), int64(len(b))) }

// describe shows all there is to a file.
func describe(t testing.TB, f *File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %v '%v' '%v' %v at %d,%d in %d %x\n", f.Name, f.Wrappings, f.Finder.Type, f.Finder.Creator, f.Finder.Flags, f.Finder.V, f.Finder.H, f.Finder.Folder, f.Finder.Extended)
	date := func(t time.Time) string {
		if t.IsZero() {
			return "unknown"
		}
		return t.Format(time.DateTime)
	}
	fmt.Fprintf(&b, "\tcreated %s, modified %s, comment %q\n", date(f.Created), date(f.Modified), f.Comment)
	fmt.Fprintf(&b, "\tdata %.40q, resource %.40q\n", content(t, f.Data), content(t, f.Resource))
	for _, p := range f.Problems {
		fmt.Fprintf(&b, "\t%v\n", p)
	}
	return b.String()
}
