package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"},
		{"Größe 音", "Größe 音"},
		{"\x1b[2J", `\x1b[2J`},
		{"two\nlines", `two\nlines`},
		{"\xff\xfe", `\xff\xfe`},
		{"\u202eright-to-left", `\u202eright-to-left`},
		{"\uFFFD", `\ufffd`},
	} {
		if got := printable(tt.in); got != tt.want {
			t.Errorf("printable(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestTable(t *testing.T) {
	tab := table{header: []string{"name", "size", ""}, right: map[int]bool{1: true}}
	tab.add("a", "1", "x")
	tab.add("longer", "1000", "")
	tab.add("größer", "", "y")
	var out bytes.Buffer
	tab.print(&out)
	want := strings.Join([]string{
		"name    size",
		"a          1  x",
		"longer  1000",
		"größer        y",
		"",
	}, "\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestMainReportsUnwrittenOutput(t *testing.T) {
	var stderr bytes.Buffer
	if got := Main([]string{"version"}, nil, brokenWriter{}, &stderr); got != ExitError {
		t.Errorf("exit status %d, want %d", got, ExitError)
	}
	if want := "crossplug: writing the result: no space left\n"; stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
}
