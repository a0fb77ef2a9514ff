package toolbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// TestMistake lets calls of the system come to a panic: that is an error that says
// where, and the machine goes on as if it had not been called.
func TestMistake(t *testing.T) {
	spoil, wrong := false, false
	var days []int
	var m *guest.Machine
	m = newMachine(t, guest.Options{Fuel: 1000, System: toolbox.Options{Now: func() time.Time {
		if wrong {
			m.System().ExitToShell() // what fails before the panic is not to end other calls
			_ = days[7]
		}
		return time.Unix(1, 0)
	}}})
	ticks, err := m.Code("'test' 1", words(0x598f, 0xa975, 0x201f, 0x4e75)) // SUBQ.L #4,SP; _TickCount; MOVE.L (SP)+,D0; RTS
	if err != nil {
		t.Fatal(err)
	}
	compare, err := m.NewRoutine("compare", proc(t, "long compare(Ptr, Ptr)"), func([]uint32) (uint32, error) {
		wrong = spoil
		defer func() { wrong = false }()
		return m.Call(t.Context(), ticks, proc(t, "long ticks(void)"))
	})
	if err != nil {
		t.Fatal(err)
	}
	order, err := m.NewRoutine("order", proc(t, "long order(Ptr, Ptr)"), func([]uint32) (uint32, error) {
		return uint32(days[7]), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	qsort, _, _, ok := m.System().Library("StdCLib").Export("qsort")
	if !ok {
		t.Fatal("no qsort")
	}
	block, vector := m.System().NewPtr(16), m.System().NewPtr(8)
	to := order.Vector // which guest code jumps to: LIS R12; ORI R12; LWZ R0,0(R12); LWZ R2,4(R12); MTCTR R0; BCTR
	through, err := m.Code("through", words(0x3d80, uint16(to>>16), 0x618c, uint16(to), 0x800c, 0, 0x804c, 4, 0x7c09, 0x03a6, 0x4e80, 0x0420))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Memory().Store32(vector, through); err != nil {
		t.Fatal(err)
	}
	// More calls than one's fuel is enough for: each has its own, unless one before it
	// seems not to have ended.
	for range 1000 {
		for _, by := range []uint32{compare.Vector, order.Vector, vector} {
			spoil = true
			_, err = m.CallVector(t.Context(), qsort, proc(t, "void qsort(Ptr, long, long, Ptr)"), block, 2, 4, by)
			var mistake *toolbox.Mistake
			if !errors.As(err, &mistake) || !strings.HasPrefix(mistake.Place, "mistake_test.go:") || !strings.Contains(err.Error(), "index out of range [7]") {
				t.Fatalf("it ends with %v", err)
			}
		}
		spoil = false
		if _, err := m.CallVector(t.Context(), qsort, proc(t, "void qsort(Ptr, long, long, Ptr)"), block, 2, 4, compare.Vector); err != nil {
			t.Fatal(err)
		}
	}
}
