package macfile

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; with -update it is rewritten. Got\n%s", file, text)
	}
}

// same compares a file with what it should be.
func same(t *testing.T, got, want *File) {
	t.Helper()
	if got.Name != want.Name || got.Finder != want.Finder || got.Comment != want.Comment ||
		!got.Created.Equal(want.Created) || !got.Modified.Equal(want.Modified) {
		t.Errorf("got\n%swant\n%s", describe(t, got), describe(t, want))
	}
	for _, fork := range []struct {
		name      string
		got, want *io.SectionReader
	}{{"data", got.Data, want.Data}, {"resource", got.Resource, want.Resource}} {
		if a, b := content(t, fork.got), content(t, fork.want); !bytes.Equal(a, b) {
			t.Errorf("%s fork: got %d bytes %.60q, want %d bytes %.60q", fork.name, len(a), a, len(b), b)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, n := range files() {
		for _, fm := range formats {
			t.Run(n.name+"/"+fm.wrapping.String(), func(t *testing.T) {
				if fm.wrapping == MacBinaryI && n.name == "empty" {
					t.Skip("without a byte, the first version of MacBinary cannot be told from anything else")
				}
				want := *n.file
				fm.loses(&want)
				first := fm.wrap(t, n.file)
				f, err := openBytes(first)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(f.Wrappings, []Wrapping{fm.wrapping}) || len(f.Problems) > 0 {
					t.Fatalf("wrappings %v, problems %v", f.Wrappings, f.Problems)
				}
				same(t, f, &want)
				if second := fm.wrap(t, f); !bytes.Equal(first, second) {
					t.Errorf("written again, it differs: %d and %d bytes", len(first), len(second))
				}
			})
		}
	}
}

// TestNested wraps wrapped files: one fork holds the other wrapping, so the
// outer has no resource fork.
func TestNested(t *testing.T) {
	inner := files()[0].file
	for _, in := range formats {
		for _, out := range formats {
			want := *inner
			in.loses(&want)
			outer := &File{Name: "outer", Data: fork(in.wrap(t, inner)), Finder: FinderInfo{Type: code("BINA"), Creator: code("????")}}
			f, err := openBytes(out.wrap(t, outer))
			if err != nil {
				t.Errorf("%v in %v: %v", in.wrapping, out.wrapping, err)
				continue
			}
			if !slices.Equal(f.Wrappings, []Wrapping{out.wrapping, in.wrapping}) || len(f.Problems) > 0 {
				t.Errorf("%v in %v: wrappings %v, problems %v", in.wrapping, out.wrapping, f.Wrappings, f.Problems)
			}
			want.Wrappings = f.Wrappings
			if out.wrapping != BinHex && in.wrapping == BinHex { // which has no dates of its own
				want.Created, want.Modified = f.Created, f.Modified
			}
			same(t, f, &want)

			outer.Resource = fork(resources())
			f, err = openBytes(out.wrap(t, outer))
			if err != nil || !slices.Equal(f.Wrappings, []Wrapping{out.wrapping}) {
				t.Errorf("%v with a resource fork: %v", out.wrapping, err)
			}
		}
	}
}

func TestNestingHasAnEnd(t *testing.T) {
	f := &File{Name: "core", Data: fork([]byte("core"))}
	for range 10 {
		f.Data = fork(formats[0].wrap(t, f))
	}
	f, err := openBytes(content(t, f.Data))
	if err != nil || len(f.Wrappings) != maxNesting || f.Data.Size() < 100 {
		t.Errorf("%v, %v", f, err)
	}
}

func TestPlain(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("x"), []byte("plain text"), make([]byte, 1000), bytes.Repeat([]byte{0xff}, 500)} {
		f, err := openBytes(b)
		if err != nil || len(f.Wrappings) != 0 || !bytes.Equal(content(t, f.Data), b) || f.Resource.Size() != 0 {
			t.Errorf("%.20q: %+v, %v", b, f, err)
		}
	}
	f, err := openBytes(resources())
	if err != nil || !slices.Equal(f.Wrappings, []Wrapping{RawFork}) || f.Data.Size() != 0 || !bytes.Equal(content(t, f.Resource), resources()) {
		t.Errorf("a resource fork: %+v, %v", f, err)
	}
	for i := range 286 { // cut short, it is no longer one
		if f, err := openBytes(resources()[:i]); err != nil || len(f.Wrappings) != 0 {
			t.Errorf("%d bytes: %v, %v", i, f.Wrappings, err)
		}
	}
}

func TestAppleDoubleAlone(t *testing.T) {
	want := files()[0].file
	var b bytes.Buffer
	if err := want.WriteAppleDouble(&b); err != nil {
		t.Fatal(err)
	}
	f, err := openBytes(b.Bytes())
	if err != nil || !slices.Equal(f.Wrappings, []Wrapping{AppleDouble}) {
		t.Fatalf("%+v, %v", f, err)
	}
	alone := *want
	alone.Data = fork(nil)
	same(t, f, &alone)
}

func TestNilForksAreEmpty(t *testing.T) {
	for _, fm := range formats {
		if fm.wrapping == MacBinaryI {
			continue
		}
		f, err := openBytes(fm.wrap(t, &File{Name: "nothing", Finder: FinderInfo{Type: code("TEXT")}}))
		if err != nil || f.Data.Size()+f.Resource.Size() != 0 {
			t.Errorf("%v: %v, %v", fm.wrapping, f, err)
		}
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	huge := func(n int64) *io.SectionReader { return io.NewSectionReader(bytes.NewReader(nil), 0, n) }
	for _, tt := range []struct {
		file  *File
		write func(*File, io.Writer) error
		want  string
	}{
		{&File{}, (*File).WriteMacBinary, `name "" has 0 characters; 1 to 63 are possible`},
		{&File{}, (*File).WriteBinHex, `name "" has 0 characters; 1 to 63 are possible`},
		{&File{Name: strings.Repeat("é", 64)}, (*File).WriteBinHex, `name "` + strings.Repeat("é", 64) + `" has 64 characters; 1 to 63 are possible`},
		{&File{Name: "я"}, (*File).WriteMacBinary, `name: "я" has 'я' at byte 0, which is not in Mac OS Roman`},
		{&File{Name: "я"}, (*File).WriteAppleDouble, `name: "я" has 'я' at byte 0, which is not in Mac OS Roman`},
		{&File{Name: "a", Comment: "я"}, (*File).WriteMacBinary, `comment: "я" has 'я' at byte 0, which is not in Mac OS Roman`},
		{&File{Name: "a", Comment: "я"}, (*File).WriteAppleSingle, `comment: "я" has 'я' at byte 0, which is not in Mac OS Roman`},
		{&File{Name: "a", Comment: strings.Repeat("a", 4097)}, (*File).WriteMacBinary, `comment has 4097 characters; at most 4096 are possible`},
		{&File{Name: "a", Data: huge(1 << 31)}, (*File).WriteMacBinary, `data fork has 2147483648 bytes; at most 2147483647 are possible`},
		{&File{Name: "a", Resource: huge(1 << 32)}, (*File).WriteBinHex, `a fork has 4294967296 bytes; at most 4294967295 are possible`},
		{&File{Name: "a", Resource: huge(math.MaxUint32)}, (*File).WriteAppleDouble, `resource fork of 4294967295 bytes would end at byte 4294967390; at most 4294967295 are possible`},
		{&File{Name: "a", Data: huge(100)}, (*File).WriteMacBinary, `fork of 100 bytes ends after 0: unexpected EOF`},
		{&File{Name: "a", Data: huge(100)}, (*File).WriteBinHex, `fork of 100 bytes ends after 0: unexpected EOF`},
		{&File{Name: "a", Data: huge(100)}, (*File).WriteAppleSingle, `fork of 100 bytes ends after 0: unexpected EOF`},
	} {
		if err := tt.write(tt.file, io.Discard); err == nil || err.Error() != tt.want {
			t.Errorf("got %v\nwant %s", err, tt.want)
		}
	}
}

// TestErrorsOfTheWriter: none is forgotten, at whatever byte it comes.
func TestErrorsOfTheWriter(t *testing.T) {
	f := files()[0].file
	for _, fm := range append(formats[:2:2], formats[4], format{AppleDouble, (*File).WriteAppleDouble, nil}) {
		whole := len(fm.wrap(t, f))
		for n := range whole {
			if err := fm.write(f, &limited{n}); err != io.ErrShortWrite {
				t.Fatalf("%v: after %d bytes of %d: %v", fm.wrapping, n, whole, err)
			}
		}
	}
}

// limited is a writer that fails after so many bytes.
type limited struct{ left int }

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	if n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		when time.Time
		mac  uint32
		ad   int32
	}{
		{time.Time{}, 0, noTime2000},
		{time.Date(1904, 1, 1, 0, 0, 1, 0, time.UTC), 1, noTime2000},
		{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 3029529600, 0},
		{time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), 3029529599, -1},
		{time.Date(2040, 2, 6, 6, 28, 15, 0, time.UTC), math.MaxUint32, 1265437695},
		{time.Date(2068, 1, 19, 3, 14, 7, 0, time.UTC), 0, math.MaxInt32},
		{time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC), 0, noTime2000},
	} {
		mac, ad := to1904(tt.when), to2000(tt.when)
		if mac != tt.mac || ad != tt.ad {
			t.Errorf("%v is %d and %d, want %d and %d", tt.when, mac, ad, tt.mac, tt.ad)
		}
		if back := from1904(tt.mac); tt.mac != 0 && !back.Equal(tt.when) {
			t.Errorf("%d is %v, want %v", tt.mac, back, tt.when)
		}
		if back := from2000(tt.ad); tt.ad != noTime2000 && !back.Equal(tt.when) {
			t.Errorf("%d is %v, want %v", tt.ad, back, tt.when)
		}
	}
}

func TestNames(t *testing.T) {
	for v, want := range map[fmt.Stringer]string{
		AppleSingle: "AppleSingle", NamedFork: "named fork", Wrapping(0): "0", NamedFork + 3: "named fork+3",
		HasBundle | Inited: "bundle+inited", FinderFlags(0): "0x0", Alias | 0x020e: "alias+0x20e",
		datesEntry: "dates", entryID(20): "directory id+5",
	} {
		if got := v.String(); got != want {
			t.Errorf("%#v is %q, want %q", v, got, want)
		}
	}
}

func TestFinderInfoIsReversible(t *testing.T) {
	b := make([]byte, FinderInfoSize)
	for i := range b {
		b[i] = byte(200 + i)
	}
	if got := DecodeFinderInfo(b).Encode(); !bytes.Equal(got, b) {
		t.Errorf("%x", got)
	}
	if got := DecodeFinderInfo(b[:6]); got != (FinderInfo{Type: 0xc8c9cacb, Creator: 0xcccd0000}) {
		t.Errorf("%+v", got)
	}
}

func TestArchive(t *testing.T) {
	at := func(size, off int, sign string) []byte {
		b := make([]byte, size)
		copy(b[off:], sign)
		return b
	}
	disk := at(84+800*1024, 1, "Disk")
	disk[0] = 4
	bigEndian.PutUint32(disk[64:], 800*1024)
	disk[82] = 1
	for want, b := range map[string][]byte{
		"":                                 []byte("nothing of the kind"),
		"StuffIt archive":                  at(100, 10, "rLau"),
		"StuffIt 5 archive":                at(100, 0, "StuffIt (c)1997-2002 Aladdin"),
		"StuffIt X archive":                at(100, 0, "StuffIt!"),
		"PackIt archive":                   at(100, 0, "PMag"),
		"HFS volume":                       at(2000, 1024, "BD"),
		"HFS+ volume":                      at(2000, 1024, "H+\x00\x04"),
		"MFS volume":                       at(2000, 1024, "\xd2\xd7"),
		"disk with an Apple partition map": at(2000, 512, "PM\x00\x00"),
		"DiskCopy 4.2 image":               disk,
	} {
		if got := Archive(bytes.NewReader(b), int64(len(b))); got != want {
			t.Errorf("%q is called %q", want, got)
		}
	}
}
