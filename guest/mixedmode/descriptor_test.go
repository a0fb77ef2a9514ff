package mixedmode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/coderes"
)

// noting makes a routine that notes what it is called with.
func noting(t *testing.T, m *machine, name string, info coderes.ProcInfo, calls *[]string) *Routine {
	t.Helper()
	r, err := m.NewRoutine(name, info, func(args []uint32) (uint32, error) {
		*calls = append(*calls, fmt.Sprint(name, args))
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNativeISA lets everybody call a routine that there is for both processors: 68K code
// gets its own unless the routine is marked to be better on the other.
func TestNativeISA(t *testing.T) {
	info := proc(t, "pascal long proc(long)")
	for flags, want := range map[coderes.RoutineFlags][]string{
		0:                    {"PowerPC[1]", "68K[1]", "PowerPC[1]"},
		coderes.UseNativeISA: {"PowerPC[1]", "PowerPC[1]", "PowerPC[1]"},
	} {
		for _, swapped := range []bool{false, true} {
			var calls []string
			s := newStage(t)
			records := []coderes.RoutineRecord{
				{ProcInfo: info, ISA: coderes.M68K, Flags: flags, Proc: noting(t, s.machine, "68K", info, &calls).Code},
				{ProcInfo: info, ISA: coderes.PowerPC, Flags: flags, Proc: noting(t, s.machine, "PowerPC", info, &calls).Vector},
			}
			if swapped {
				slices.Reverse(records)
			}
			upp, err := s.NewDescriptor(records...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Call(upp, info, 1); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Call(s.loop68K(upp, 1), 0); err != nil {
				t.Fatal(err)
			}
			if _, err := s.CallVector(s.loopPPC(upp, info, 1), 1); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(calls, want) {
				t.Errorf("flags %v, swapped %v: %q, not %q", flags, swapped, calls, want)
			}
		}
	}
}

// TestDontPassSelector calls routines of one descriptor that do not get the selector, by
// each convention that has one.
func TestDontPassSelector(t *testing.T) {
	for _, prototype := range []string{"pascal long proc[short D0](long, char)", "long proc[short D0](long, char)", "pascal long proc[short D1](long, char)", "pascal long proc[short stack](long, char)"} {
		info := proc(t, prototype)
		plain := proc(t, "pascal long proc(long, char)")
		if !strings.HasPrefix(prototype, "pascal") {
			plain = proc(t, "long proc(long, char)")
		}
		if got := undispatched(info); got != plain {
			t.Errorf("%s without its selector is %v", prototype, got)
		}
		var calls []string
		s := newStage(t)
		record := func(selector uint32, name string, flags coderes.RoutineFlags) coderes.RoutineRecord {
			own := info
			if flags&coderes.DropSelector != 0 {
				own = plain
			}
			return coderes.RoutineRecord{ProcInfo: info, ISA: coderes.PowerPC, Flags: flags, Proc: noting(t, s.machine, name, own, &calls).Vector, Selector: selector}
		}
		upp, err := s.NewDescriptor(record(1, "one", coderes.DropSelector), record(2, "two", 0))
		if err != nil {
			t.Fatal(err)
		}
		for selector := range uint32(2) {
			if _, err := s.Call(upp, info, selector+1, 5, 6); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{"one[5 6]", "two[2 5 6]"}; !slices.Equal(calls, want) {
			t.Errorf("%s: %q, not %q", prototype, calls, want)
		}
		if _, err := s.Call(upp, info, 3, 5, 6); err == nil {
			t.Errorf("%s: a selector that no routine has", prototype)
		}
	}
}

// TestIndexable takes the selector for the routine's number, where the descriptor says so
// and its routines say nothing else.
func TestIndexable(t *testing.T) {
	info := proc(t, "pascal long proc[short D0](long)")
	var calls []string
	m := newMachine(t)
	var records []coderes.RoutineRecord
	for _, name := range []string{"zero", "one", "two"} {
		records = append(records, coderes.RoutineRecord{ProcInfo: info, ISA: coderes.PowerPC, Proc: noting(t, m, name, info, &calls).Vector})
	}
	data, err := (&coderes.RoutineDescriptor{Indexable: true, Routines: records}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	upp := m.load(data)
	for _, selector := range []uint32{2, 0, 1} {
		if _, err := m.Call(upp, info, selector, 5); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"two[2 5]", "zero[0 5]", "one[1 5]"}; !slices.Equal(calls, want) {
		t.Errorf("%q, not %q", calls, want)
	}
	if _, err := m.Call(upp, info, 3, 5); err == nil || !strings.Contains(err.Error(), "selector 3 of 3 routines") {
		t.Error(err)
	}
	// A descriptor is read again when it has changed.
	for i := range records {
		records[i].Selector = uint32(10 - i)
	}
	if data, err = (&coderes.RoutineDescriptor{Indexable: true, Routines: records}).Encode(); err != nil {
		t.Fatal(err)
	}
	if err := m.space.Store(upp, data); err != nil {
		t.Fatal(err)
	}
	calls = nil
	if _, err := m.Call(upp, info, 9, 5); err != nil || !slices.Equal(calls, []string{"one[9 5]"}) {
		t.Errorf("%q, %v", calls, err)
	}
}
