package pef

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := encode(t, fixture(PowerPC), fixture(M68K))
	good, bad := filepath.Join(dir, "good.pef"), filepath.Join(dir, "bad.pef")
	for path, b := range map[string][]byte{good: file, bad: file[:len(file)-1]} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(good, Options{})
	if err != nil || len(f.Containers) != 2 {
		t.Fatal(err)
	}
	if _, err := f.Containers[1].Sections[0].Data(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Containers[1].Sections[0].Data(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}

	want := fmt.Sprintf("%s: section 2 at 0x2f0: contents lie at 0xe0–0x290 of the container, but the file ends 0x28f bytes after its start; it is truncated", bad)
	if _, err := Open(bad, Options{}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	var problems []string
	f, err = Open(bad, Options{Tolerate: func(p error) { problems = append(problems, p.Error()) }})
	if err != nil || len(problems) == 0 || problems[0] != want {
		t.Errorf("%v, %q", err, problems)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	memory, err := NewFile(bytes.NewReader(file), int64(len(file)), Options{})
	if err != nil || memory.Close() != nil {
		t.Error(err)
	}
}

// failing is a reader that fails from some offset on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, io.ErrClosedPipe
	}
	return f.ReaderAt.ReadAt(p, off)
}

// TestReadErrors fails at each read: the error is the reader's, and no fault of
// the file.
func TestReadErrors(t *testing.T) {
	file := encode(t, fixture(PowerPC))
	for from := range int64(len(file)) {
		r := failing{bytes.NewReader(file), from}
		for _, o := range []Options{{}, {Tolerate: func(err error) { t.Errorf("tolerated %v", err) }}} {
			_, err := Read(r, 0, int64(len(file)), o)
			if fe := (*FormatError)(nil); !errors.Is(err, io.ErrClosedPipe) || errors.As(err, &fe) {
				t.Fatalf("failing from %d on: %v", from, err)
			}
		}
	}
	if _, err := NewFile(failing{bytes.NewReader(file), 0}, int64(len(file)), Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	if _, err := Read(bytes.NewReader(file), 16, int64(len(file)), Options{}); err == nil || !strings.HasPrefix(err.Error(), `PEF header at 0x10: begins with "\xb0`) {
		t.Error(err)
	}
}

// zeros is a reader of a file that goes on with zeros for ever.
type zeros []byte

func (z zeros) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(z)) {
		copy(p, z[off:])
	}
	return len(p), nil
}

// TestLimits goes to the bounds of what is read.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("reads as much as there may be")
	}
	const huge = 1 << 40
	check := func(name string, err error, want string) {
		t.Helper()
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}

	file := encode(t, families()["no loader"])
	for off, v := range map[int]uint32{8: MaxSection + 1, 12: MaxSection + 1, 16: MaxSection + 1} {
		binary.BigEndian.PutUint32(file[headerSize+off:], v)
	}
	c, err := Read(zeros(file), 0, huge, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Sections[0].Raw()
	check("stored", err, "section 0 at 0x50: is 67108865 bytes long; at most 67108864 are read")

	f := &Fragment{Header: Header{Architecture: PowerPC}}
	for range 2 {
		f.Sections = append(f.Sections, FragmentSection{Kind: PackedDataSection, Data: make([]byte, MaxSection/2+1)})
	}
	file = encode(t, f)
	if len(file) > 200 {
		t.Fatalf("zeros need %d bytes", len(file))
	}
	_, err = open(t, file)[0].Fragment()
	check("all sections", err, "section 1 at 0x44: contents and those of sections before it are more than 67108864 bytes")

	// A name that many exports have is in the file once.
	f = stubLibrary()
	f.Loader.Exports = make([]Export, 1200)
	for i := range f.Loader.Exports {
		f.Loader.Exports[i] = Export{Name: strings.Repeat("x", 60000), Section: AbsoluteExport}
	}
	file = encode(t, f)
	_, err = NewFile(bytes.NewReader(file), int64(len(file)), Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "loader section: export 1118 at ") || !strings.HasSuffix(err.Error(), ": name and those before it are more than 67108864 bytes") {
		t.Error(err)
	}
	f.Loader.Exports = nil
	f.Loader.Libraries = []Library{{Name: "library"}}
	for range 1200 {
		f.Loader.Imports = append(f.Loader.Imports, Import{Name: strings.Repeat("x", 60000)})
	}
	file = encode(t, f)
	_, err = NewFile(bytes.NewReader(file), int64(len(file)), Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "loader section: import 1118 at ") || !strings.HasSuffix(err.Error(), ": name and those before it are more than 67108864 bytes") {
		t.Error(err)
	}

	// Programs that are all the same chunks would be decoded over and over.
	f = fixture(PowerPC)
	f.Loader.Relocations = f.Loader.Relocations[:0]
	for i := range 3 {
		f.Loader.Relocations = append(f.Loader.Relocations, Relocations{Section: 1, Program: make(Program, 200*(1-min(i, 1)))})
	}
	file = encode(t, f)
	loader := open(t, file)[0].Sections[2]
	headers := int(loader.ContainerOffset) + loaderHeaderSize + 4*librarySize + 8*importSize
	for i := range 3 {
		binary.BigEndian.PutUint32(file[headers+relocationHeaderSize*i+4:], 200)
		binary.BigEndian.PutUint32(file[headers+relocationHeaderSize*i+8:], 0)
	}
	budget := int(loader.ContainerLength)/chunkSize - 400
	_, err = NewFile(bytes.NewReader(file), int64(len(file)), Options{})
	if budget < 0 || budget >= 200 {
		check("programs", err, fmt.Sprintf("loader section: relocation header 1 at %#x: has 200 chunks, more than the headers before it leave in the section (%d)", headers+relocationHeaderSize, budget+200))
	} else {
		check("programs", err, fmt.Sprintf("loader section: relocation header 2 at %#x: has 200 chunks, more than the headers before it leave in the section (%d)", headers+2*relocationHeaderSize, budget))
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	file := encode(t, fixture(PowerPC))
	c := open(t, file)[0]
	want, err := c.Fragment()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := c.Fragment()
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Error(err)
			}
			if problems := readAll(file, false); len(problems) > 0 {
				t.Error(problems)
			}
			if _, ok := c.Loader.Lookup("main"); !ok {
				t.Error("main is missing")
			}
			mem := make([]byte, c.Sections[1].TotalLength)
			if err := c.Relocate(1, mem, Addresses{make([]uint32, 2), make([]uint32, 8)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
