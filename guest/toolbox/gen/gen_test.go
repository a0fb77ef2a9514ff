// Package gen makes package toolbox's generated files out of its table of calls:
// what leads from the guest to the Go methods, a C header for plug-ins, and the
// list in docs/classic.md.
//
// It is a test so that the check that the files are up to date and the making
// of them are one thing: go test compares, go generate (which adds -update)
// writes. It does not import package toolbox, and so works while that is broken.
package gen

import (
	"flag"
	"go/format"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

func TestGenerated(t *testing.T) {
	text, err := os.ReadFile("../calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	table, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	source, err := format.Source([]byte(goSource(table)))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../zcalls.go", string(source))
	compare(t, "../include/zcalls.h", header(table))
	const doc = "../../../docs/classic.md"
	old, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(old), listBegin)
	_, after, ok2 := strings.Cut(rest, listEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the list of calls", doc)
	}
	compare(t, doc, before+listBegin+list(table)+listEnd+after)
}

func compare(t *testing.T, name, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s is out of date, run go generate ./guest/toolbox (%v)", name, err)
	}
}

// TestMistakes expects mistakes in the table to be told of, with their line.
func TestMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"0xa11e | D0->A0":                                      "line 2: want TRAP | HOW | PROTOTYPE",
		"0xa11e | pascal | Ptr NewPtr":                         "no prototype",
		"0xa11e | pascal | Pointer NewPtr(void)":               `no type "Pointer"`,
		"0x611e | pascal | void f(void)":                       "no A-trap",
		"0xa11e | D0->A0 | Ptr f(void)":                        "1 registers for 0 parameters",
		"0xa11e | Q0->A0 | Ptr f(long a)":                      `no register "Q0"`,
		"0xa11e | D0-> | Ptr f(long a)":                        "no register for the result",
		"- | c | double f(double a, ...) | g h":                `name "g h"`,
		"0xaa52.D2=1 | pascal | void f(void)":                  `selector "D2=1"`,
		"- | pascal | void f(void)\n- | pascal | void f(void)": "line 3: f is there already",
	} {
		if _, err := parse("library X\n" + line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", line, err, want)
		}
	}
}
