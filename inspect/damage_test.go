package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/internal/macfixture"
)

// TestDamage damages each length, count and offset of a file, from its wrapping
// down to the fragment in a routine descriptor: off by one, zero, negative,
// huge, over something else. testdata/damage.txt has what is said of each, and
// what is found all the same.
func TestDamage(t *testing.T) {
	fragment := macfixture.Encode(macfixture.Fragment())
	fork := macfixture.Fork(
		macfixture.Resource("SORT", 1, "", coderes.NewFat(macfixture.Sort, macfixture.Sort68K, macfixture.Sort, fragment)),
		macfixture.Resource("cfrg", 0, "", macfixture.CFrag("SortLib", coderes.ImportLibrary)),
		macfixture.Application()[0], macfixture.Application()[1],
	)
	file := macfixture.Wrapped(macfixture.File("File", fragment, fork), (*macfile.File).WriteMacBinary)
	const header = 128
	data := header
	resources := header + (len(fragment)+127)/128*128
	if string(file[data:data+8]) != "Joy!peff" || binary.BigEndian.Uint32(file[resources:]) != 0x100 {
		t.Fatal("the file is not laid out as expected")
	}
	find := func(text string) int {
		i := bytes.Index(file[resources:], []byte(text))
		if i < 0 {
			t.Fatalf("no %q in the fork", text)
		}
		return resources + i
	}
	descriptor := resources + 0x104
	inner := find("Joy!peff")
	resourceMap := resources + int(binary.BigEndian.Uint32(file[resources+4:]))
	types := resourceMap + int(binary.BigEndian.Uint16(file[resourceMap+24:]))
	loader := func(base int) int { return base + int(binary.BigEndian.Uint32(file[base+40+2*28+20:])) }
	cfrg := find("pwpc\x00\x00\x00\x00\x01\x23\x60\x04") - 32
	code0 := find("\x00\x00\x00\x30\x00\x00\x02\x00")

	var b strings.Builder
	try := func(name string, change func([]byte)) {
		damaged := bytes.Clone(file)
		change(damaged)
		fmt.Fprintf(&b, "== %s\n%s", name, outcome(t, damaged))
	}
	try("nothing", func([]byte) {})
	for _, f := range []struct {
		name      string
		at, bytes int
	}{
		{"MacBinary: data length", 83, 4}, {"MacBinary: resource length", 87, 4}, {"MacBinary: second header", 120, 2}, {"MacBinary: name length", 1, 1},
		{"fork: data offset", resources, 4}, {"fork: map offset", resources + 4, 4}, {"fork: data length", resources + 8, 4}, {"fork: map length", resources + 12, 4},
		{"map: type list", resourceMap + 24, 2}, {"map: name list", resourceMap + 26, 2}, {"types: count", types, 2}, {"type: count", types + 2 + 4, 2},
		{"type: reference list", types + 2 + 6, 2}, {"resource: length", descriptor - 4, 4},
		{"descriptor: records", descriptor + 10, 2}, {"descriptor: first offset", descriptor + 20, 4}, {"descriptor: second offset", descriptor + 40, 4},
		{"fragment: sections", inner + 32, 2}, {"fragment: instantiated", inner + 34, 2}, {"fragment: unpacked length", inner + 40 + 28 + 12, 4},
		{"fragment: stored length", inner + 40 + 28 + 16, 4}, {"fragment: stored at", inner + 40 + 28 + 20, 4},
		{"fragment: libraries", loader(inner) + 24, 4}, {"fragment: imports", loader(inner) + 28, 4}, {"fragment: relocation headers", loader(inner) + 32, 4},
		{"fragment: strings", loader(inner) + 40, 4}, {"fragment: hash table", loader(inner) + 44, 4}, {"fragment: hash power", loader(inner) + 48, 4},
		{"fragment: exports", loader(inner) + 52, 4}, {"container: stored length", data + 40 + 28 + 16, 4}, {"container: exports", loader(data) + 52, 4},
		{"cfrg: members", cfrg + 30, 2}, {"cfrg: member size", cfrg + 32 + 40, 2}, {"cfrg: extensions", cfrg + 32 + 38, 2}, {"CODE 0: length", code0 + 8, 4},
	} {
		var was uint64
		for _, c := range file[f.at : f.at+f.bytes] {
			was = was<<8 | uint64(c)
		}
		ones := uint64(1)<<(8*f.bytes) - 1
		for _, v := range []struct {
			name  string
			value uint64
		}{{"one less", was - 1}, {"one more", was + 1}, {"zero", 0}, {"negative", ones}, {"huge", ones >> 1}, {"nearly twice", was*2 - 1}} {
			try(f.name+" "+v.name, func(b []byte) {
				for i := range f.bytes {
					b[f.at+i] = byte(v.value >> (8 * (f.bytes - 1 - i)))
				}
			})
		}
	}
	for _, n := range []int{0, 1, 127, 128, data + 20, data + 200, resources + 10, resources + 0x104, inner + 10, inner + 100, resourceMap, resourceMap + 30, len(file) - 128} {
		fmt.Fprintf(&b, "== cut after %d\n%s", n, outcome(t, file[:n]))
	}
	golden(t, "damage.txt", b.String())
}

// outcome says what is found in a damaged file, and sees that finding it costs
// no more than a small file may.
func outcome(t *testing.T, file []byte) string {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := New("file", bytes.NewReader(file), int64(len(file)), Options{Tree: true, Relocations: true, Hash: true})
	runtime.ReadMemStats(&after)
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 2_000_000 {
		t.Errorf("%d bytes cost %d", len(file), cost)
	}
	if err != nil {
		return fmt.Sprintf("%v\n", err)
	}
	var b strings.Builder
	const most = 6
	for i, p := range f.Problems {
		if i == most {
			fmt.Fprintf(&b, "and %d more\n", len(f.Problems)-most)
			break
		}
		fmt.Fprintln(&b, p)
	}
	fmt.Fprintf(&b, "    %d resources;", len(f.Resources))
	for _, i := range f.Images {
		exports := ""
		if i.PEF != nil {
			exports = fmt.Sprintf(" (%d sections, %d exports)", len(i.PEF.Sections), len(i.PEF.Exports))
		}
		fmt.Fprintf(&b, " %s %s %s%s", i.Fork, i.Resource, i.Format, exports)
	}
	b.WriteString("\n")
	return b.String()
}

// TestSteps sees that a program that would take for ever is cut off.
func TestSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a million steps")
	}
	f := macfixture.Fragment()
	f.Sections[1].Zeros = 0xfffffff0 - uint32(len(f.Sections[1].Data))
	program := f.Loader.Relocations[0].Program
	program = append(program, macfixture.Endless...)
	f.Loader.Relocations[0].Program = program
	file := look(t, macfixture.Encode(f))
	n := 0
	for _, s := range file.Images[0].PEF.Relocations[0].Steps {
		n += 1 + len(s.Fixups)
	}
	if n > maxSteps || n < maxSteps/2 {
		t.Errorf("%d steps and fixups", n)
	}
}

// TestProblems sees that no more problems are kept than anybody reads.
func TestProblems(t *testing.T) {
	f := &File{Path: "file"}
	for range 3 * maxProblems {
		f.problem("", fmt.Errorf("wrong"))
	}
	if len(f.Problems) != maxProblems+1 || f.Problems[maxProblems] != "file: further problems are not listed" {
		t.Errorf("%d problems: %s", len(f.Problems), f.Problems[len(f.Problems)-1])
	}
}
