package pef

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestSteps sees that steps make the fixups and errors that Fixups does, and
// that each begins with the state that the ones before it lead to.
func TestSteps(t *testing.T) {
	programs := map[string]Program{
		"every":           everyInstruction(),
		"repeat":          {{TVector8, 0, 1}, {IncrPosition, 0, 8}, {SmRepeat, 2, 3}, {SmByImport, 0, 99}, {ImportRun, 0, 1}},
		"bad repeat":      {{TVector8, 0, 1}, {SmRepeat, 5, 3}},
		"nothing":         nil,
		"past the end":    {{SetPosition, 0, 1 << 20}, {BySectC, 0, 500}},
		"never comes far": {{SmSetSectC, 0, 1}, {LgRepeat, 1, 1<<22 - 1}},
	}
	for name, p := range programs {
		s := Scope{1 << 17, 2, 8}
		var want, got []string
		for f, err := range p.Fixups(s) {
			want = append(want, fmt.Sprint(f, err))
		}
		for step := range p.Steps(s) {
			for _, f := range step.Fixups {
				if f.Instruction != step.Instruction {
					t.Errorf("%s: %+v in step %d", name, f, step.Instruction)
				}
			}
			if len(step.Fixups) > 0 && uint64(step.Fixups[0].Offset) < step.Before.Position {
				t.Errorf("%s: %+v begins before %#x", name, step.Fixups[0], step.Before.Position)
			}
			got = append(got, outcome(step)...)
		}
		if slices.Sort(want); !slices.Equal(want, sortedTexts(got)) {
			t.Errorf("%s: %d outcomes, want %d", name, len(got), len(want))
		}
		n := 0
		for range p.Steps(s) {
			if n++; n == 2 {
				break
			}
		}
		if n != min(2, len(p)) {
			t.Errorf("%s: stopped after %d steps", name, n)
		}
	}
}

// outcome is what a step yields, as text.
func outcome(s Step) (texts []string) {
	for _, f := range s.Fixups {
		texts = append(texts, fmt.Sprint(f, error(nil)))
	}
	for _, err := range s.Errs {
		texts = append(texts, fmt.Sprint(Fixup{}, err))
	}
	return texts
}

func sortedTexts(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// TestTrace compares the steps of a small program with what its instructions
// mean.
func TestTrace(t *testing.T) {
	p := Program{{SmSetSectC, 0, 1}, {TVector12, 0, 1}, {IncrPosition, 0, 4}, {SmRepeat, 2, 1}, {SmByImport, 0, 2}, {ImportRun, 0, 9}}
	var got []string
	for s := range p.Steps(Scope{64, 2, 4}) {
		got = append(got, fmt.Sprintf("%d at chunk %d, position %#x, C %d, D %d, import %d: %d fixups, %d errors",
			s.Instruction, s.Chunk, s.Before.Position, s.Before.SectC, s.Before.SectD, s.Before.NextImport, len(s.Fixups), len(s.Errs)))
	}
	want := []string{
		"0 at chunk 0, position 0x0, C 0, D 1, import 0: 0 fixups, 0 errors",
		"1 at chunk 1, position 0x0, C 1, D 1, import 0: 2 fixups, 0 errors",
		"2 at chunk 2, position 0xc, C 1, D 1, import 0: 0 fixups, 0 errors",
		"3 at chunk 3, position 0x10, C 1, D 1, import 0: 0 fixups, 0 errors",
		"1 at chunk 1, position 0x10, C 1, D 1, import 0: 2 fixups, 0 errors",
		"2 at chunk 2, position 0x1c, C 1, D 1, import 0: 0 fixups, 0 errors",
		"4 at chunk 4, position 0x20, C 1, D 1, import 0: 1 fixups, 0 errors",
		"5 at chunk 5, position 0x24, C 1, D 1, import 3: 1 fixups, 8 errors",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestLoaderStrings sees that each name is found where it is in the file.
func TestLoaderStrings(t *testing.T) {
	file := encode(t, fixture(PowerPC), stubLibrary())
	for _, c := range open(t, file) {
		all, err := c.Strings()
		if err != nil {
			t.Fatal(err)
		}
		users := 0
		for _, s := range all {
			if got := string(file[s.Offset:][:len(s.Text)]); got != s.Text {
				t.Errorf("%q at %#x is %q", s.Text, s.Offset, got)
			}
			users += len(s.Of)
		}
		if want := len(c.Loader.Libraries) + len(c.Loader.Imports) + len(c.Loader.Exports); users != want {
			t.Errorf("%d names are used %d times, want %d", len(all), users, want)
		}
	}
}
