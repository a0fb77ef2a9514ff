package api

import (
	"fmt"
	"strings"
)

// Error is a mistake in a definition, or something in it that cannot cross.
type Error struct {
	Position
	Element string // `<param name="v">`
	Text    string // what is wrong, and what to write instead
	Of      string // the declaration that it is in, of a table's function TABLE.METHOD, or ""
}

func (e *Error) Error() string {
	s := e.Position.String() + ": "
	if e.Element != "" {
		s += e.Element + ": "
	}
	return s + e.Text
}

// Errors are the mistakes in a definition, in the order of their discovery, at
// most maxErrors of them.
type Errors []*Error

// Error gives one line per mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes, for errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, err := range e {
		all[i] = err
	}
	return all
}

// maxErrors is how many mistakes are worth reading.
const maxErrors = 100

// problems collects mistakes.
type problems struct{ errs Errors }

// full says whether there are enough, and no more are noted.
func (p *problems) full() bool { return len(p.errs) >= maxErrors }

// at notes a mistake in the declaration of.
func (p *problems) at(pos Position, element, of, format string, args ...any) {
	if !p.full() {
		p.errs = append(p.errs, &Error{pos, element, fmt.Sprintf(format, args...), of})
	}
}

// bad notes a mistake at an element of the file.
func (p *problems) bad(n *node, format string, args ...any) {
	p.at(n.pos, n.String(), n.declaration(), format, args...)
}
