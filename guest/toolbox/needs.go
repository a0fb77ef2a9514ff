package toolbox

import (
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/pef"
	isa "github.com/crossplug/crossplug/guest/isa/m68k"
)

// What code needs of the system can be told without running it: a fragment says
// what it imports; 68K code is read for traps.

// State is whether the system has a call.
type State string

// The states.
const (
	There   State = "there"
	Missing State = "missing" // the real system had it, crossplug does not
	Unknown State = "unknown" // no system had it
)

// Need is a call that code needs.
type Need struct {
	Library string `json:"library,omitempty"` // of an import
	Trap    uint16 `json:"trap,omitempty"`    // of 68K code
	Name    string `json:"name"`
	Weak    bool   `json:"weak,omitempty"` // the code can do without
	Data    bool   `json:"data,omitempty"` // a variable rather than a call
	State   State  `json:"state"`
}

// IsLibrary says whether an import library is the system's.
func IsLibrary(name string) bool {
	return strings.Contains(realNames, "\n["+name+"]\n") || len(Exports(name)) > 0
}

// Imports returns what a fragment imports, in its order. Imports from libraries
// that are not the system's are unknown.
func Imports(c *pef.Container) []Need {
	if c.Loader == nil {
		return nil
	}
	var needs []Need
	for _, imp := range c.Loader.Imports {
		if imp.Library < 0 || imp.Library >= len(c.Loader.Libraries) {
			continue
		}
		l := c.Loader.Libraries[imp.Library]
		n := Need{Library: l.Name, Name: imp.Name, Weak: imp.Weak || l.Options&pef.WeakLibrary != 0, Data: imp.Class == pef.DataSymbol, State: Unknown}
		name := importName{l.Name, imp.Name}
		if _, _, ok := lookup(name); ok {
			n.State = There
		} else if real()[name] {
			n.State = Missing
		}
		needs = append(needs, n)
	}
	return needs
}

// Traps returns the traps in 68K code that can be reached from an entry by
// branches and calls relative to the program counter, each once, by their words.
// What is reached in other ways is not seen, nor are selectors.
func Traps(code []byte, entry int) []Need {
	words := map[uint16]bool{}
	seen := map[int]bool{}
	for todo := []int{entry}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for at >= 0 && at+2 <= len(code) && at%2 == 0 && !seen[at] {
			seen[at] = true
			inst, err := isa.Decode(code[at:], uint32(at), isa.M68040)
			if err != nil {
				break
			}
			at += int(inst.Len)
			if inst.Word>>12 == 0xa {
				words[inst.Word] = true
				if inst.Word&0xc00 == 0xc00 {
					break // returns to the caller's caller
				}
				continue
			}
			op := inst.Op.String()
			for _, a := range inst.Args[:inst.NumArgs()] {
				if a.Kind == isa.Target || a.Kind == isa.PCDisplaced && (op == "jsr" || op == "jmp") {
					todo = append(todo, int(int32(a.Disp)))
				}
			}
			if slices.Contains([]string{"bra", "jmp", "rts", "rtd", "rtr", "rte"}, op) {
				break
			}
		}
	}
	var needs []Need
	for w := range words {
		n := Need{Trap: w, Name: isa.TrapName(w), State: There}
		switch {
		case w == 0xa800|mixedMode:
		case n.Name == "":
			n.State = Unknown
		case routines()[w&0xfff] < 0:
			n.State = Missing
		}
		needs = append(needs, n)
	}
	slices.SortFunc(needs, func(a, b Need) int { return int(a.Trap) - int(b.Trap) })
	return needs
}
