package coderes

import (
	"fmt"
	"testing"
)

func TestStack(t *testing.T) {
	tests := []struct{ prototype, want string }{
		{"long proc(long, short, char)", "[0 6 11] selector -1 size 12 result -1 popped false"},
		{"think long proc(long, short, char)", "[0 4 6] selector -1 size 8 result -1 popped false"},
		{"pascal long proc(long, short, char)", "[4 2 0] selector -1 size 8 result 8 popped true"},
		{"pascal void proc()", "[] selector -1 size 0 result -1 popped true"},
		{"pascal short proc[short stack](long, char)", "[4 2] selector 0 size 8 result 8 popped true"},
		{"pascal long proc[short D0](long)", "[0] selector -1 size 4 result 4 popped true"},
		{"long proc[long D0](short)", "[2] selector -1 size 4 result -1 popped false"},
		{"register short D0 proc(long A0, short D1)", "[-1 -1] selector -1 size 0 result -1 popped false"},
	}
	for _, test := range tests {
		p, err := ParsePrototype(test.prototype)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := p.Signature()
		l := s.Stack()
		got := fmt.Sprintf("%v selector %d size %d result %d popped %v", l.Parameters, l.Selector, l.Size, l.Result, l.Popped)
		if got != test.want {
			t.Errorf("%s: %s, not %s", test.prototype, got, test.want)
		}
	}
}
