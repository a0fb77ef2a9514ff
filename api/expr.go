package api

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Expr is a length expression: parameters and fields by name, a.b, constants,
// + - * /, min, max and strlen. It is evaluated in 64-bit integers by both
// sides; overflow, division by zero and a negative result are errors.
type Expr struct {
	Text string // of the whole expression only
	Op   Op
	Args []*Expr
	Num  int64    // of Number
	Path []string // of Name and Strlen: a parameter or field, and fields below it. Of a Number: the constant it is, or nil
}

// Op is what an expression does with its arguments.
type Op int

const (
	Number Op = iota
	Name
	Add
	Sub
	Mul
	Div // truncated
	Min
	Max
	Strlen // of a cstring parameter or field, in bytes; 0 of null
)

const (
	maxExprText  = 1000
	maxExprDepth = 32
	maxMinMax    = 16 // arguments of min and max
)

// ParseExpr reads a length expression. Names stay names; Parse replaces those
// of constants by numbers.
//
//	sum     = product { ("+" | "-") product }
//	product = factor { ("*" | "/") factor }
//	factor  = number | name { "." name } | "(" sum ")"
//	        | ("min" | "max") "(" sum { "," sum } ")" | "strlen" "(" name { "." name } ")"
func ParseExpr(text string) (*Expr, error) {
	if len(text) > maxExprText {
		return nil, fmt.Errorf("longer than %d bytes", maxExprText)
	}
	p := &exprParser{text: text}
	p.next()
	e, err := p.sum(0)
	if err != nil {
		return nil, err
	}
	if p.token != "" {
		return nil, p.unexpected()
	}
	e.Text = text
	return e, nil
}

type exprParser struct {
	text  string
	pos   int
	token string // the next one; "" at the end
}

// next reads a token: a number, a name or one character.
func (p *exprParser) next() {
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
	start := p.pos
	for p.pos < len(p.text) && (p.text[p.pos] == '_' || alnum(p.text[p.pos])) {
		p.pos++
	}
	if p.pos == start && p.pos < len(p.text) {
		p.pos++
	}
	p.token = p.text[start:p.pos]
}

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (p *exprParser) accept(token string) bool {
	if p.token != token {
		return false
	}
	p.next()
	return true
}

func (p *exprParser) unexpected() error {
	if p.token == "" {
		return errors.New("it ends too early")
	}
	return fmt.Errorf("%q is unexpected at byte %d", p.token, p.pos-len(p.token)+1)
}

func (p *exprParser) sum(depth int) (*Expr, error) {
	return p.binary(depth, map[string]Op{"+": Add, "-": Sub}, p.product)
}

func (p *exprParser) product(depth int) (*Expr, error) {
	return p.binary(depth, map[string]Op{"*": Mul, "/": Div}, p.factor)
}

func (p *exprParser) binary(depth int, ops map[string]Op, operand func(int) (*Expr, error)) (*Expr, error) {
	left, err := operand(depth)
	for n := 0; err == nil; n++ {
		op, ok := ops[p.token]
		if !ok {
			return left, nil
		}
		if n == maxExprDepth {
			return nil, fmt.Errorf("more than %d operations in a row", maxExprDepth)
		}
		p.next()
		var right *Expr
		right, err = operand(depth)
		left = &Expr{Op: op, Args: []*Expr{left, right}}
	}
	return nil, err
}

func (p *exprParser) factor(depth int) (*Expr, error) {
	if depth == maxExprDepth {
		return nil, fmt.Errorf("more than %d parentheses within each other", maxExprDepth)
	}
	token := p.token
	if token == "" {
		return nil, p.unexpected()
	}
	if '0' <= token[0] && token[0] <= '9' {
		v, ok := integer(token)
		if !ok || v < 0 {
			return nil, fmt.Errorf("%q is not a number", token)
		}
		p.next()
		return &Expr{Op: Number, Num: v}, nil
	}
	if p.accept("(") {
		e, err := p.sum(depth + 1)
		if err == nil && !p.accept(")") {
			err = p.unexpected()
		}
		return e, err
	}
	if !identifier(token) {
		return nil, p.unexpected()
	}
	p.next()
	if p.token != "(" {
		path, err := p.path(token)
		return &Expr{Op: Name, Path: path}, err
	}
	p.next()
	switch token {
	case "strlen":
		name := p.token
		p.next()
		path, err := p.path(name)
		if err == nil && !p.accept(")") {
			err = p.unexpected()
		}
		return &Expr{Op: Strlen, Path: path}, err
	case "min", "max":
		e := &Expr{Op: Min}
		if token == "max" {
			e.Op = Max
		}
		for {
			arg, err := p.sum(depth + 1)
			if err != nil {
				return nil, err
			}
			if e.Args = append(e.Args, arg); len(e.Args) > maxMinMax {
				return nil, fmt.Errorf("more than %d arguments of %s", maxMinMax, token)
			}
			if p.accept(")") {
				return e, nil
			}
			if !p.accept(",") {
				return nil, p.unexpected()
			}
		}
	}
	return nil, fmt.Errorf("there is no function %s, only min, max and strlen", token)
}

// path reads the fields that follow a name.
func (p *exprParser) path(name string) ([]string, error) {
	path := []string{name}
	for {
		if !identifier(path[len(path)-1]) || len(path) > maxDepth {
			return nil, fmt.Errorf("%q is not a name", strings.Join(path, "."))
		}
		if !p.accept(".") {
			return path, nil
		}
		path = append(path, p.token)
		p.next()
	}
}

// ErrRange is what is wrong with a length that cannot be one.
var ErrRange = errors.New("length overflows, divides by zero or is negative")

// Eval computes the length. number returns the value of a parameter or field, and
// strlen the bytes of a string. The error is theirs or ErrRange.
func (e *Expr) Eval(number, strlen func(path []string) (int64, error)) (int64, error) {
	v, err := e.eval(number, strlen)
	if err == nil && v < 0 {
		return 0, ErrRange
	}
	return v, err
}

func (e *Expr) eval(number, strlen func(path []string) (int64, error)) (int64, error) {
	switch e.Op {
	case Number:
		return e.Num, nil
	case Name:
		return number(e.Path)
	case Strlen:
		return strlen(e.Path)
	}
	var v int64
	for i, arg := range e.Args {
		a, err := arg.eval(number, strlen)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			v = a
			continue
		}
		ok := true
		switch e.Op {
		case Add:
			v, ok = add(v, a)
		case Sub:
			if a == math.MinInt64 {
				return 0, ErrRange
			}
			v, ok = add(v, -a)
		case Mul:
			v, ok = multiply(v, a)
		case Div:
			if a == 0 || v == math.MinInt64 && a == -1 {
				return 0, ErrRange
			}
			v /= a
		case Min:
			v = min(v, a)
		case Max:
			v = max(v, a)
		}
		if !ok {
			return 0, ErrRange
		}
	}
	return v, nil
}

func add(a, b int64) (int64, bool) {
	s := a + b
	return s, (s > a) == (b > 0)
}

func multiply(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	return a * b, true
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// Walk calls visit for e and everything in it.
func (e *Expr) Walk(visit func(*Expr)) {
	visit(e)
	for _, a := range e.Args {
		a.Walk(visit)
	}
}

// String is the expression, with as many parentheses as needed and a few more.
func (e *Expr) String() string { return e.text(true) }

// text spells the expression, constants by name or by number.
func (e *Expr) text(constants bool) string {
	switch e.Op {
	case Number:
		if e.Path != nil && constants {
			return strings.Join(e.Path, ".")
		}
		return strconv.FormatInt(e.Num, 10)
	case Name:
		return strings.Join(e.Path, ".")
	case Strlen:
		return "strlen(" + strings.Join(e.Path, ".") + ")"
	}
	args := make([]string, len(e.Args))
	for i, a := range e.Args {
		args[i] = a.text(constants)
		if len(a.Args) > 0 && a.Op < Min && e.Op < Min {
			args[i] = "(" + args[i] + ")"
		}
	}
	switch e.Op {
	case Min:
		return "min(" + strings.Join(args, ", ") + ")"
	case Max:
		return "max(" + strings.Join(args, ", ") + ")"
	}
	return args[0] + " " + map[Op]string{Add: "+", Sub: "-", Mul: "*", Div: "/"}[e.Op] + " " + args[1]
}
