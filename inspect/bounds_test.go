package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/internal/macfixture"
)

// greedy returns many small containers, each of which claims a section of 64 MiB
// and relocates it for as long as it can.
func greedy(n int) []byte {
	f := macfixture.Fragment()
	f.Sections[1].Data = make([]byte, pef.MaxSection)
	f.Sections[1].Zeros = 0xf0000000
	f.Loader.Relocations[0].Program = append(slices.Clone(f.Loader.Relocations[0].Program), macfixture.Endless...)
	b := macfixture.Encode(f)
	return bytes.Repeat(append(b, make([]byte, -len(b)&15)...), n)
}

// inTime fails if do takes longer than any file of a few bytes may.
func inTime(t *testing.T, do func()) {
	t.Helper()
	begin := time.Now()
	do()
	if d := time.Since(begin); d > time.Minute {
		t.Errorf("takes %v", d)
	}
}

// TestGreedy sees that what small containers claim is bounded for all of them
// together.
func TestGreedy(t *testing.T) {
	if testing.Short() {
		t.Skip("expands a few bytes to very many")
	}
	const n = 6
	file := greedy(n)
	inTime(t, func() {
		f, err := New("file", bytes.NewReader(file), int64(len(file)), Options{Tree: true, Relocations: true, Strings: true})
		if err != nil || len(f.Images) != n {
			t.Fatalf("%v", err)
		}
		steps := 0
		for _, i := range f.Images {
			for _, r := range i.PEF.Relocations {
				for _, s := range r.Steps {
					steps += 1 + len(s.Fixups)
				}
			}
		}
		if steps > maxSteps {
			t.Errorf("%d steps", steps)
		}
		for _, want := range []string{"file: loader section: relocations 0: after 1048576 steps in all, further ones are not listed",
			"file: section 1: after 268435456 bytes in all, no more are searched for texts"} {
			if !slices.Contains(f.Problems, want) {
				t.Errorf("no %q in %.300q", want, f.Problems)
			}
		}
		var b strings.Builder
		opened, refused := 0, 0
		for p := range f.Pieces() {
			if !strings.HasSuffix(p.Name, "1-packed-data") {
				continue
			}
			switch _, err := p.Open(); {
			case err == nil:
				opened++
			default:
				refused++
				fmt.Fprintln(&b, err)
			}
		}
		if opened != maxPieces/pef.MaxSection || refused != n-opened || !strings.HasPrefix(b.String(), "with 67108864 bytes, the sections of the file expand to more than 268435456\n") {
			t.Errorf("%d are opened, %d refused: %.200s", opened, refused, b.String())
		}
	})
}

// TestGreedyCode lists code beside much that is claimed.
func TestGreedyCode(t *testing.T) {
	if testing.Short() {
		t.Skip("expands a few bytes to very many")
	}
	const n = 3
	file := greedy(n)
	f, err := New("file", bytes.NewReader(file), int64(len(file)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	inTime(t, func() {
		listings := 0
		for l := range f.Disassemble("all") {
			for range l.Lines() {
			}
			listings++
		}
		if listings != n {
			t.Errorf("%d listings", listings)
		}
	})
}

// TestManyRoutines sees that a container is read once, however many routines are
// said to be in it, and that descriptors within descriptors are not read at all.
func TestManyRoutines(t *testing.T) {
	d := coderes.RoutineDescriptor{}
	for range 1 << 16 {
		d.Routines = append(d.Routines, coderes.RoutineRecord{ProcInfo: macfixture.Sort, ISA: coderes.PowerPC, Flags: coderes.Relative})
	}
	for i := range d.Routines {
		d.Routines[i].Proc = uint32(d.Size())
	}
	b, err := d.Encode()
	macfixture.Must(err)
	b = append(b, macfixture.Encode(macfixture.Fragment())...)
	inTime(t, func() {
		f := look(t, macfixture.Fork(macfixture.Resource("SORT", 1, "", b)))
		if len(f.Images) != 1 || len(f.Resources[0].Code.Routines) != 1<<16 || len(f.Resources[0].Code.Parts) != 1 || len(f.Problems) > 0 {
			t.Errorf("%d images, %d routines, %q", len(f.Images), len(f.Resources[0].Code.Routines), f.Problems)
		}
	})
	preamble := make([]byte, 1<<21)
	for off := 2; off < 1024; off += 12 {
		binary.BigEndian.PutUint32(preamble[off:], 0xaafe0700)
		binary.BigEndian.PutUint16(preamble[off+10:], 0xffff)
	}
	inTime(t, func() {
		for range 20 {
			if c, err := coderes.Recognise(preamble); c.Kind != coderes.Plain {
				t.Errorf("%v, %v", c.Kind, err)
			}
		}
	})
}

// TestManyMembers names many fragments by many members.
func TestManyMembers(t *testing.T) {
	c := coderes.CFrag{}
	for i := range 1<<16 - 1 {
		c.Members = append(c.Members, coderes.CFragMember{Name: fmt.Sprint(i), Architecture: osType("pwpc"), Where: coderes.InDataFork, Offset: uint32(i * 48)})
	}
	cfrg, err := c.Encode()
	macfixture.Must(err)
	data := bytes.Repeat(append(macfixture.Encode(&pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}}), make([]byte, 8)...), 1<<16)
	file := macfixture.Wrapped(macfixture.File("many", data, macfixture.Fork(macfixture.Resource("cfrg", 0, "", cfrg))), (*macfile.File).WriteMacBinary)
	inTime(t, func() {
		f := look(t, file)
		if n := len(f.Images); n != 1<<16 || f.Images[n-2].Name != fmt.Sprint(n-2) || f.Images[n-1].Name != "" {
			t.Errorf("%d images, the last are %q and %q", n, f.Images[n-2].Name, f.Images[n-1].Name)
		}
	})
}
