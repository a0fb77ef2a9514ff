package pef

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// function returns code of n instructions and a traceback table.
func function(n int, table string) []byte {
	b := bytes.Repeat([]byte{0x60, 0, 0, 0}, n) // nop
	return pad(append(append(b, 0, 0, 0, 0), table...), 4)
}

func TestTracebacks(t *testing.T) {
	for _, tt := range []struct {
		name string
		code []byte
		want string
	}{
		{"none", function(4, ""), ""},
		{"short", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x04.add"), ".add: C, 0x0-0x8"},
		{"everything", function(3, "\x00\x09\x28\xe3\x92\x13\x02\x05"+"PARM"+"\x00\x00\x00\x0c"+"HAND"+"\x00\x00\x00\x02CTL1CTL2"+"\x00\x03.f1"+"\x1f"),
			".f1: C++, 0x0-0xc"},
		{"no name", function(2, "\x00\x02\x20\x00\x00\x00\x00\x00"+"\x00\x00\x00\x08"), ": Pascal, 0x0-0x8"},
		{"two", append(function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x01a"), function(1, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x04"+"\x00\x01b")...),
			"a: C, 0x0-0x8; b: C, 0x1c-0x20"},
		{"begins within the one before", append(function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x01a"), function(1, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x01b")...),
			"a: C, 0x0-0x8"},
		{"version", function(2, "\x01\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x01a"), ""},
		{"language", function(2, "\x00\x0f\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x01a"), ""},
		{"no offset", function(2, "\x00\x00\x00\x40\x00\x00\x00\x00"+"\x00\x01a"), ""},
		{"short, and no function", function(2, "\x00\x00\x00\x00\x80\x02\x00\x00"), ""},
		{"short, behind blr", append([]byte{0x4e, 0x80, 0, 0x20}, function(0, "\x00\x09\x00\x01\x80\x02\x00\x00")...), "C++, up to 0x4"},
		{"short, behind b, twice", bytes.Repeat(append([]byte{0x4b, 0xff, 0xff, 0xfc}, function(0, "\x00\x00\x00\x00\x00\x00\x00\x00")...), 2), "C, up to 0x4; C, up to 0x14"},
		{"short, of alloca", append([]byte{0x4e, 0x80, 0, 0x20}, function(0, "\x00\x00\x00\x20\x80\x02\x00\x00")...), ""},
		{"registers", function(2, "\x00\x00\x20\x40\x21\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x01a"), ""},
		{"before the start", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x0c"+"\x00\x01a"), ""},
		{"of no size", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x00"+"\x00\x01a"), ""},
		{"between instructions", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x06"+"\x00\x01a"), ""},
		{"name of nothing", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x00"), ""},
		{"name of control characters", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x02a\n"), ""},
		{"name cut", function(2, "\x00\x00\x20\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\x00\x09abcde"), ""},
		{"too many blocks", function(2, "\x00\x00\x28\x40\x00\x00\x00\x00"+"\x00\x00\x00\x08"+"\xff\xff\xff\xff"+"\x00\x01a"), ""},
	} {
		var got []string
		for tb := range Tracebacks(tt.code) {
			got = append(got, tb.String())
		}
		if g := strings.Join(got, "; "); g != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, g, tt.want)
		}
		for cut := range tt.code {
			for range Tracebacks(tt.code[:cut]) { // whatever it finds, it does not fail
			}
		}
	}
	for tb := range Tracebacks(function(3, "\x00\x09\x28\xe3\x92\x13\x02\x05"+"PARM"+"\x00\x00\x00\x0c"+"HAND"+"\x00\x00\x00\x00"+"\x00\x03.f1"+"\x1f")) {
		want := Traceback{0, 12, 16, ".f1", 9, hasOffset | hasControlled | handler | hasName | Alloca | SavesCR | SavesLR | BackChain | 0x1213, 2, 2, 0x13, 0x12, 30}
		if tb != want {
			t.Errorf("%+v\nwant %+v", tb, want)
		}
	}
}

// TestTracebacksOfGCC compares with the symbols of an object file that GCC made
// with tables in AIX's format. A compiler for little-endian PowerPC, which is
// the one that is commonly there, makes big-endian code when asked to.
func TestTracebacksOfGCC(t *testing.T) {
	const prefix = "powerpc64le-linux-gnu-"
	for _, tool := range []string{"gcc", "objcopy", "nm"} {
		if _, err := exec.LookPath(prefix + tool); err != nil {
			t.Skipf("%v; install gcc-powerpc64le-linux-gnu", err)
		}
	}
	dir := t.TempDir()
	source, object, text := filepath.Join(dir, "f.c"), filepath.Join(dir, "f.o"), filepath.Join(dir, "f.text")
	if err := os.WriteFile(source, []byte(`
extern int other(int, char *);
int add(int a, int b) { return a + b; }
double scale(double x, float y, int n) { return x * y + n; }
int calls(int n) { char buf[64]; return other(n, __builtin_alloca(n)) + other(n, buf); }
double keeps(double a, double b, int i) { return other(i, 0) * a + other(i + 1, 0) * b; }
void nothing(void) {}
`), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(tool string, args ...string) string {
		t.Helper()
		out, err := exec.Command(prefix+tool, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", tool, err, out)
		}
		return string(out)
	}
	run("gcc", "-mbig-endian", "-mtraceback=full", "-O1", "-ffreestanding", "-c", source, "-o", object)
	run("objcopy", "-O", "binary", "-j", ".text", object, text)
	code, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for tb := range Tracebacks(code) {
		got = append(got, fmt.Sprintf("%016x T %s", tb.Start, tb.Name))
		if word := binary.BigEndian.Uint32(code[tb.End-4:]); word != 0x4e80_0020 { // blr
			t.Errorf("%v ends with %#x", tb, word)
		}
		if tb.Language != 0 || (tb.Name == "calls") != (tb.Flags&Alloca != 0) || (tb.Name == "keeps" || tb.Name == "calls") != (tb.Flags&SavesLR != 0) {
			t.Errorf("%v: flags %#x", tb, tb.Flags)
		}
		if params := map[string][2]int{"add": {2, 0}, "scale": {1, 2}, "calls": {1, 0}, "keeps": {1, 2}, "nothing": {0, 0}}[tb.Name]; params != [2]int{tb.FixedParams, tb.FloatParams} {
			t.Errorf("%v: parameters %d and %d, want %v", tb, tb.FixedParams, tb.FloatParams, params)
		}
	}
	for l := range strings.Lines(run("nm", object)) {
		if strings.Contains(l, " T ") {
			want = append(want, strings.TrimSpace(l))
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) || len(got) != 5 {
		t.Errorf("%q\nwant %q", got, want)
	}
}
