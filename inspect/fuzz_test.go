package inspect

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/internal/macfixture"
)

// FuzzNew looks into any file with all options, makes JSON of what it finds,
// reads all pieces and lists all code.
func FuzzNew(f *testing.F) {
	for _, b := range macfixture.Files() {
		f.Add(b)
	}
	f.Add([]byte("\x7fELF\x01\x01\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if large(t, b) {
			return
		}
		all := Options{Symbols: true, Tree: true, Relocations: true, Hash: true, Strings: true, Contents: func(resource.OSType, int16) bool { return true }}
		file, err := New("file", bytes.NewReader(b), int64(len(b)), all)
		if err != nil {
			if file != nil || !strings.HasPrefix(err.Error(), "file: ") {
				t.Fatalf("%v: %v", file, err)
			}
			return
		}
		if _, err := json.Marshal(file); err != nil {
			t.Fatal(err)
		}
		if len(file.Problems) > maxProblems+1 {
			t.Fatalf("%d problems", len(file.Problems))
		}
		names := map[string]bool{}
		for p := range file.Pieces() {
			if lower := strings.ToLower(p.Name); names[lower] || !isSafe(p.Name) {
				t.Fatalf("a piece is named %q", p.Name)
			} else {
				names[lower] = true
			}
			if r, err := p.Open(); err == nil {
				if _, err := io.Copy(io.Discard, r); err != nil {
					t.Fatal(err)
				}
			}
		}
		var listings []*Listing
		for _, what := range []string{"all", "main", "1"} {
			listings = slices.AppendSeq(listings, file.Disassemble(what))
		}
		for _, r := range file.Resources {
			if l := r.Disassemble(); l != nil {
				listings = append(listings, l)
			}
		}
		for _, l := range listings {
			at := l.start
			for line := range l.Lines() {
				if line.Code == "" && at == l.end {
					continue // not stored
				}
				if int(line.Offset) != at || line.Code == "" {
					t.Fatalf("%s: %+v at %#x", l.Title, line, at)
				}
				at += len(line.Code) / 2
			}
			if at != l.end {
				t.Fatalf("%s: ends at %#x, not %#x", l.Title, at, l.end)
			}
		}
	})
}

// large says whether there is a section that a few bytes expand to a lot: all
// that is bounded, but takes its time.
func large(t *testing.T, b []byte) bool {
	file, err := New("file", bytes.NewReader(b), int64(len(b)), Options{Tree: true})
	if err != nil {
		return false
	}
	for _, i := range file.Images {
		if i.PEF == nil {
			continue
		}
		for _, s := range i.PEF.Sections {
			if s.Unpacked > 1<<16 || s.Total > 1<<20 {
				return true
			}
		}
	}
	return false
}

// isSafe says whether a name is what Piece promises.
func isSafe(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element[0] == '.' || len(element) > 255 || strings.ContainsAny(element, "\\\x00\n\x1b *?<>|:\"'$`&;") {
			return false
		}
	}
	return true
}
