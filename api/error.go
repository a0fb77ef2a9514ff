package api

import (
	"fmt"
	"strings"
)

// Error is a mistake in a definition.
type Error struct {
	Position
	Element string // `<param name="v">`
	What    string // what is wrong
	Instead string // what to write instead, "" if What says it
	Of      string // the function, callback or TABLE.METHOD that it keeps from crossing, or ""
}

func (e *Error) Error() string {
	s := e.Position.String() + ": "
	if e.Element != "" {
		s += e.Element + ": "
	}
	s += e.What
	if e.Instead != "" {
		s += "; write " + e.Instead + " instead"
	}
	return s
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

// problems collects mistakes. of is the function that is being looked at.
type problems struct {
	errs Errors
	of   string
}

// at notes a mistake at an element.
func (p *problems) at(pos Position, element, instead, format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{pos, element, fmt.Sprintf(format, args...), instead, p.of})
	}
}

// node notes a mistake at an element of the file.
func (p *problems) node(n *node, instead, format string, args ...any) {
	p.at(n.pos, n.String(), instead, format, args...)
}

func (p *problems) err() error {
	if len(p.errs) == 0 {
		return nil
	}
	return p.errs
}
