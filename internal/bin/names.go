package bin

import (
	"fmt"
	"strings"
)

// Name is the name of a value, or of a bit, of a field.
type Name struct {
	Value uint32
	Text  string
}

// EnumName returns the name of v. A value without one is shown as its distance
// from the nearest lower one that has: "resource+3". The names are sorted by
// value.
func EnumName(v uint32, names []Name) string {
	for i := len(names) - 1; i >= 0; i-- {
		switch n := names[i]; {
		case n.Value == v:
			return n.Text
		case n.Value < v:
			return fmt.Sprintf("%s+%d", n.Text, v-n.Value)
		}
	}
	return fmt.Sprint(v)
}

// FlagNames returns the names of the bits that v has, joined by "+"; bits
// without a name are shown as one number.
func FlagNames(v uint32, names []Name) string {
	var set []string
	for _, n := range names {
		if v&n.Value != 0 {
			set = append(set, n.Text)
			v &^= n.Value
		}
	}
	if v != 0 || len(set) == 0 {
		set = append(set, fmt.Sprintf("%#x", v))
	}
	return strings.Join(set, "+")
}
