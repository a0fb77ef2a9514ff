package api

// Expr is a length expression: parameters and fields by name, a.b, constants,
// + - * /, min, max and strlen. It is evaluated in 64-bit integers by both
// sides; overflow, division by zero and a negative result are errors.
type Expr struct {
	Text string
	Op   Op
	Args []*Expr
	Num  int64    // of Number, and of a Name that is a constant
	Path []string // of Name: a parameter or field, and fields below it
}

// Op is what an expression does with its arguments.
type Op int

const (
	Number Op = iota
	Name
	Add
	Sub
	Mul
	Div
	Min
	Max
	Strlen // of a cstring parameter, in bytes
)
