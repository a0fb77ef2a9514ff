package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/internal/macfixture"
)

var everything = Options{Symbols: true, Tree: true, Relocations: true, Hash: true, Strings: true, Contents: func(resource.OSType, int16) bool { return true }}

// look looks into a file in memory.
func look(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := New("file", bytes.NewReader(b), int64(len(b)), everything)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWrappings sees that a file has the same in it whatever it is wrapped in.
func TestWrappings(t *testing.T) {
	files := macfixture.Files()
	want := look(t, files["library.bin"])
	if len(want.Images) != 8 || len(want.Resources) != 9 || len(want.Problems) != 0 {
		t.Fatalf("%d images, %d resources, problems %q", len(want.Images), len(want.Resources), want.Problems)
	}
	dir := t.TempDir()
	for _, name := range []string{"library", "._library"} {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o666); err != nil {
			t.Fatal(err)
		}
	}
	double, err := Open(filepath.Join(dir, "library"), everything)
	if err != nil {
		t.Fatal(err)
	}
	defer double.Close()
	for name, f := range map[string]*File{"BinHex": look(t, files["library.hqx"]), "AppleSingle": look(t, files["library.single"]),
		"nested": look(t, files["nested.bin"]), "AppleDouble": double} {
		if asJSON(t, f.Images) != asJSON(t, want.Images) || asJSON(t, f.Resources) != asJSON(t, want.Resources) {
			t.Errorf("%s:\n%s\nwant\n%s", name, asJSON(t, f), asJSON(t, want))
		}
		if f.Mac.Type != "shlb" || f.Mac.Creator != "xplg" || f.Mac.Name != "Sort Library" {
			t.Errorf("%s: %+v", name, f.Mac)
		}
	}
	if c := double.Mac.Companions; len(c) != 1 || filepath.Base(c[0]) != "._library" {
		t.Errorf("companions %q", c)
	}
}

// TestOpen looks at what is no file, or none of this kind.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing"): "missing: not found",
		pipe:                          "pipe: holds no image: it is a named pipe",
		dir:                           ": holds no image: it is a directory",
		"/dev/null":                   "/dev/null: holds no image: it is a device",
		write("text", "text"):         "text: holds no image: it is a text file",
		write("empty", ""):            "empty: holds no image: it is an empty file",
		write("cut", "Joy!peffpwpc"):  "cut: PEF header at 0x0: needs 40 bytes, but the image ends at 0xc",
		write("elf", "\x7fELF"):       "elf: ELF identification at 0x0: needs 16 bytes, but the image ends at 0x4",
		write("single", "\x00\x05\x16\x00\x00\x02"): "single: ",
	} {
		f, err := Open(path, everything)
		if f != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), dir) > 1 {
			t.Errorf("%s: %v, %v; want %q", path, f, err, want)
		}
	}
	if _, err := Open(filepath.Join(dir, "missing"), Options{}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%v", err)
	}
	var nothing *arch.NotImageError
	if _, err := Open(filepath.Join(dir, "text"), Options{}); !errors.As(err, &nothing) {
		t.Errorf("%v", err)
	}
	// A file without code is one all the same, if it is a Mac's.
	f, err := Open(write("x.rsrc", string(macfixture.Fork(macfixture.Resource("STR ", 1, "", []byte("\x01x"))))), everything)
	if err != nil || len(f.Images) != 0 || len(f.Resources) != 1 || f.Mac.Wrappings[0] != "resource fork file" {
		t.Fatalf("%+v, %v", f, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestNative sees that programs of this system are what package arch says.
func TestNative(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(self, Options{Symbols: true, Tree: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Images) != 1 || f.Images[0].Architecture != arch.Host().String() || f.Mac != nil || f.Images[0].Fork != "" {
		t.Errorf("%s", asJSON(t, f))
	}
	if n := len(slices.Collect(f.Pieces())); n != 0 {
		t.Errorf("a whole file has %d pieces", n)
	}
	for range f.Disassemble("all") {
		t.Error("its code is listed")
	}
}

// TestNativeWithFork sees that a program of another system has its resources,
// too, if they are beside it.
func TestNativeWithFork(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	macho := "\xfe\xed\xfa\xce\x00\x00\x00\x12\x00\x00\x00\x00\x00\x00\x00\x08" + strings.Repeat("\x00", 12)
	for name, content := range map[string]string{path: macho, path + ".rsrc": string(macfixture.Fork(macfixture.Resources()...))} {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for alone, want := range map[bool]int{false: 8, true: 1} {
		f, err := Open(path, Options{Alone: alone})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Images) != want || f.Images[0].Format != arch.FormatMachO || f.Path != path {
			t.Errorf("alone %v: %s", alone, asJSON(t, f))
		}
		f.Close()
	}
}

// TestPieces sees that the pieces are what they are called.
func TestPieces(t *testing.T) {
	file := macfixture.Files()["library.bin"]
	f := look(t, file)
	read := map[string][]byte{}
	for p := range f.Pieces() {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		if read[p.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if !isSafe(p.Name) {
			t.Errorf("%q is not safe", p.Name)
		}
	}
	fragment := macfixture.Encode(macfixture.Fragment())
	plain := macfixture.Fragment()
	for name, want := range map[string][]byte{
		"data": fragment, "powerpc-32-classic@0.pef": fragment, "powerpc-32-classic@0.sections/0-code": plain.Sections[0].Data,
		"powerpc-32-classic@0.sections/1-packed-data": plain.Sections[1].Data, "powerpc-32-classic@0.sections/1-packed-data.packed": pef.Pack(plain.Sections[1].Data),
		"resources/SORT/128-ShellSort.parts/powerpc-32-classic@20.pef":             fragment,
		"resources/SORT/129-QuickSort.parts/powerpc-32-classic@58.sections/0-code": plain.Sections[0].Data,
		"resources/SORT/131": macfixture.Sort68K, "resources/STR%20/0": []byte("\x05Hello"),
		"resources/SORT/130-%2E.%2FBubble%2FSort.parts/powerpc-32-classic@90.pef": fragment,
	} {
		if got, ok := read[name]; !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), ok, len(want))
		}
	}
	if again := look(t, read["resources.rsrc"]); asJSON(t, again.Resources) != asJSON(t, f.Resources) {
		t.Error("the resource fork on its own is another")
	}
	for p := range f.Pieces() {
		if p.Name != "data" {
			t.Error("the first piece is", p.Name)
		}
		break
	}
}

// TestNames sees that hostile names become safe ones, each another.
func TestNames(t *testing.T) {
	var all []*resource.Resource
	names := []string{"", "..", "../../etc/passwd", "/", "CON", "a\x00b", "a\nb", "\x1b[2J", strings.Repeat("long", 60), "Ünïcode", ".hidden", "%2E", "a b", "A B", "a b", "~", "x~2"}
	for _, n := range names {
		all = append(all, macfixture.Resource("../x", 1, n, []byte("x")))
	}
	all = append(all, macfixture.Resource("..\x00\xff", 2, "", []byte("y")), macfixture.Resource("    ", 3, "", []byte("z")))
	seen := map[string]bool{}
	for p := range look(t, macfixture.Fork(all...)).Pieces() {
		lower := strings.ToLower(p.Name)
		if seen[lower] || !isSafe(p.Name) {
			t.Errorf("%q", p.Name)
		}
		seen[lower] = true
	}
	if want := len(all) + 1; len(seen) != want {
		t.Errorf("%d pieces, want %d", len(seen), want)
	}
}

// TestUsage sees that a 'cfrg' gives fragments their names and uses.
func TestUsage(t *testing.T) {
	f := look(t, macfixture.Files()["library.hqx"])
	if i := f.Images[0]; i.Name != "SortLib" || i.Usage != "library" || i.Fork != DataFork {
		t.Errorf("%s", asJSON(t, i))
	}
	if i := look(t, macfixture.Files()["stub.pef"]).Images[0]; i.Usage != "stub library" || i.Fork != "" {
		t.Errorf("%s", asJSON(t, i))
	}
}

// TestSegmented looks into the resources of a CFM-68K application, and a
// library with a name for searching.
func TestSegmented(t *testing.T) {
	c := coderes.CFrag{Members: []coderes.CFragMember{
		{Name: "App", Architecture: osType("m68k"), Usage: coderes.Application, Where: coderes.InResource, Offset: uint32(typeRseg)},
		{Name: "App", Architecture: osType("pwpc"), Usage: coderes.Application, Where: coderes.InDataFork, StackSize: 0x8000, Extensions: []coderes.CFragExtension{
			{Kind: 0x30ee, LibraryKind: osType("clas"), Qualifiers: [4]string{"Class", "", "", "A class"}}}},
	}}
	cfrg, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	fragment := macfixture.Encode(macfixture.CFM68K())
	fork := macfixture.Fork(macfixture.Resource("cfrg", 0, "", cfrg), macfixture.Resource("rseg", 0, "", fragment[:100]),
		macfixture.Resource("rseg", 1, "", append(make([]byte, 16), fragment...)), macfixture.Resource("rseg", 2, "", []byte("nothing")))
	f := look(t, macfixture.Wrapped(macfixture.File("App", macfixture.Encode(macfixture.Fragment()), fork), (*macfile.File).WriteMacBinary))
	var got []string
	for _, i := range f.Images {
		got = append(got, fmt.Sprintf("%s %s %s: %s, %s", i.Architecture, i.Fork, i.Resource, i.Name, i.Usage))
	}
	want := []string{"powerpc-32-classic data : App, application", "m68k-32-classic-cfm resource 'rseg' 1: App, application"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(f.Problems) != 1 || !strings.Contains(f.Problems[0], "resource 'rseg' 2: rseg at") {
		t.Errorf("%q", f.Problems)
	}
	m := f.Resources[0].Fragments
	if m[0].Resource != "'rseg' 0" || m[1].StackSize != 0x8000 || !slices.Equal(m[1].Search, []string{"clas", "Class", "", "", "A class"}) {
		t.Errorf("%+v", m)
	}
	if l := f.Resources[2].Images(); len(l) != 1 || l[0] != f.Images[1] {
		t.Errorf("%v", l)
	}
}

// TestDisassemble lists code by all that it can be called.
func TestDisassemble(t *testing.T) {
	f := look(t, macfixture.Files()["fragment.pef"])
	for what, want := range map[string]string{
		"sort": "0-30", ".sort": "0-30", "Sorter::sort(void*, unsigned long)": "0-30", "sort__6SorterFPvUl": "0-30", "main": "0-30", "init": "50-54",
		".NewPtr": "58-6c", "NewPtr": "58-6c", "0": "0-6c", "code": "0-6c", "all": "0-6c", "1": "0-68", "packed data": "0-68",
		"": "", "greeting": "", "2": "", "9": "", "-1": "", "term": "", "lowMemory": "", "EnterMovies": "",
	} {
		var got []string
		for l := range f.Disassemble(what) {
			first, last := uint32(0), uint32(0)
			n := 0
			for line := range l.Lines() {
				if n == 0 {
					first = line.Offset
				}
				last = line.Offset
				n++
			}
			got = append(got, fmt.Sprintf("%x-%x", first, last))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: %s, want %s", what, g, want)
		}
	}
}

// TestBytes sees that a listing has every byte of the code, once and in order.
func TestBytes(t *testing.T) {
	for name, b := range macfixture.Files() {
		for l := range look(t, b).Disassemble("all") {
			at, got := l.start, ""
			for line := range l.Lines() {
				if int(line.Offset) != at {
					t.Fatalf("%s: %s: a line is at %#x, not %#x", name, l.Title, line.Offset, at)
				}
				at += len(line.Code) / 2
				got += line.Code
			}
			if want := fmt.Sprintf("%x", l.code[l.start:l.end]); got != want {
				t.Errorf("%s: %s: %s, want %s", name, l.Title, got, want)
			}
		}
	}
}
