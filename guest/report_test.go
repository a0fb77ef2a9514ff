package guest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/link"
)

// diver calls itself ever deeper and writes where nothing is in the end.
const diver = `
long __attribute__((noinline)) bottom(long *at) { return *at = 1; }
long __attribute__((noinline)) dive(long depth, long *at)
{
	if (depth == 0)
		return 1 + bottom(at);
	return 1 + dive(depth - 1, at);
}
long enter(long depth, long *at) { return 1 + dive(depth, at); }
`

func TestReport(t *testing.T) {
	build(t, link.Fat) // skips without compilers
	source := filepath.Join(t.TempDir(), "diver.c")
	if err := os.WriteFile(source, []byte(diver), 0o600); err != nil {
		t.Fatal(err)
	}
	info := proc(t, "long proc(long, long)")
	m := newMachine(t, Options{})

	o, _, err := link.PowerPC().Compile(t.Context(), source, []string{"-fno-optimize-sibling-calls", "-fno-inline"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := link.Fragment(&link.Input{Objects: []*link.Object{o}, Main: "enter"})
	if err != nil {
		t.Fatal(err)
	}
	image, err := pef.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pef.Read(strings.NewReader(string(image)), 0, int64(len(image)), pef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, main, err := m.Fragment(t.Context(), "Diver", c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.CallVector(t.Context(), main, info, 3, 0xfffffff0)
	expectReport(t, m.Report(err), "PowerPC", "Diver: bottom+0x", "stw",
		[]string{"Diver: dive+0x", "Diver: dive+0x", "Diver: dive+0x", "Diver: dive+0x", "Diver: enter+0x"})

	o, _, err = link.M68K().Compile(t.Context(), source, []string{"-fno-optimize-sibling-calls", "-fno-inline"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	code, _, err := link.CodeResource(&link.Input{Objects: []*link.Object{o}, Main: "enter", ProcInfo: info})
	if err != nil {
		t.Fatal(err)
	}
	upp, err := m.Code("'Dive' 128", code)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Call(t.Context(), upp, info, 3, 0xfffffff0)
	in := "'Dive' 128+0x"
	expectReport(t, m.Report(err), "68K", in, "MOVE", []string{in, in, in, in, in})

	if r := m.Report(errors.New("something else")); r != nil {
		t.Errorf("a report of what is no fault: %+v", r)
	}
}

func expectReport(t *testing.T, r *Report, processor, place, instruction string, calls []string) {
	t.Helper()
	if r == nil {
		t.Fatal("no report")
	}
	var text strings.Builder
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	if r.Processor != processor || !strings.HasPrefix(r.Place.Name, place) || !strings.Contains(r.Err, "0xfffffff0") {
		t.Errorf("%s", &text)
	}
	here := 0
	for i, l := range r.Around {
		if l.Here {
			here++
			if i == 0 || !strings.HasPrefix(l.Text, instruction) || l.Address != r.Place.Address {
				t.Errorf("%s", &text)
			}
		}
	}
	if here != 1 || len(r.Calls) != len(calls) || len(r.Registers) == 0 {
		t.Fatalf("%s", &text)
	}
	for i, want := range calls {
		if !strings.HasPrefix(r.Calls[i].Name, want) {
			t.Errorf("call %d: %s", i, &text)
		}
	}
}
