package demangle

import (
	"strconv"
	"strings"
)

// A mangled name is the plain one, two underscores, and what tells it from
// others of that name:
//
//	name  = plain "__" [class ["C"|"V"]] ["S"] ["F" types]
//	class = length text | "Q" count class… | "Q_" count "_" class…
//	type  = ("C"|"V"|"U"|"S"|"P"|"R")* base
//	base  = a letter of builtins | class | "A" count "_" type | "F" types "_" type
//	        | "M" class type | "T" n (the type of parameter n) | "N" count n (as often)
//
// Plain names of constructors, operators and tables are codes: see specials.
// Metrowerks' templates have their arguments, mangled and in angle brackets,
// within the text of the class, whose length counts them.
//
// Source: Ellis and Stroustrup, "The Annotated C++ Reference Manual" (1990),
// section 7.2.1c, "Function Name Encoding". It leaves out what came later:
// templates, bool, wchar_t and long long are as Metrowerks' symbol tables show
// them.

// builtins are types of one letter.
var builtins = map[byte]string{
	'v': "void", 'c': "char", 's': "short", 'i': "int", 'l': "long", 'x': "long long", 'f': "float", 'd': "double", 'r': "long double",
	'b': "bool", 'w': "wchar_t", 'e': "...",
}

// operators are what follows two underscores in the names of operators.
var operators = map[string]string{
	"nw": " new", "dl": " delete", "nwa": " new[]", "dla": " delete[]",
	"pl": "+", "mi": "-", "ml": "*", "dv": "/", "md": "%", "er": "^", "ad": "&", "or": "|", "co": "~", "nt": "!", "as": "=", "lt": "<", "gt": ">",
	"apl": "+=", "ami": "-=", "amu": "*=", "adv": "/=", "amd": "%=", "aer": "^=", "aad": "&=", "aor": "|=",
	"ls": "<<", "rs": ">>", "als": "<<=", "ars": ">>=", "eq": "==", "ne": "!=", "le": "<=", "ge": ">=", "aa": "&&", "oo": "||",
	"pp": "++", "mm": "--", "cm": ",", "rm": "->*", "rf": "->", "cl": "()", "vc": "[]",
}

// tables are what compilers make for a class.
var tables = map[string]string{
	"vt": "vtable", "vtbl": "vtable", "vbtbl": "virtual base table", "ptmf": "pointer to member table", "RTTI": "typeinfo",
}

// cfront demangles a name, or says that it is not mangled.
func cfront(name string) (string, bool) {
	for at := 1; at+2 < len(name); at++ {
		if name[at] != '_' || name[at+1] != '_' || name[at+2] == '_' {
			continue // of several underscores, the last two separate
		}
		p := &parser{rest: name[at+2:]}
		if plain, ok := p.symbol(name[:at]); ok {
			return plain, true
		}
	}
	return "", false
}

// parser takes a mangled name apart. After a failure the rest is as it happens.
type parser struct {
	rest       string
	failed     bool
	depth      int
	parameters []string // of the outermost function, for T and N
	size       int      // of what was made, for a bound
}

const (
	maxDepth = 32
	maxSize  = 16384 // T and N can make much of little
)

// fail notes a failure.
func (p *parser) fail() string {
	p.failed, p.rest = true, ""
	return ""
}

// take takes the next byte if it is c.
func (p *parser) take(c byte) bool {
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

// digits takes a number of at most that many digits.
func (p *parser) digits(most int) int {
	n := 0
	for n < len(p.rest) && n < most && '0' <= p.rest[n] && p.rest[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(p.rest[:n])
	if err != nil {
		p.fail()
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func isDigit(s string) bool { return s != "" && '0' <= s[0] && s[0] <= '9' }

// symbol demangles all that follows a plain name and its underscores.
func (p *parser) symbol(plain string) (string, bool) {
	class, last, after := "", "", ""
	if isDigit(p.rest) || strings.HasPrefix(p.rest, "Q") {
		class, last = p.class()
		if p.take('C') {
			after = " const"
		} else if p.take('V') {
			after = " volatile"
		}
		p.take('S') // a static member function
	}
	if p.rest == "" && after == "" && class != "" && !p.failed { // a variable, or a table
		if code, ok := strings.CutPrefix(plain, "__"); ok {
			kind, ok := tables[code]
			return kind + " for " + class, ok
		}
		return class + "::" + plain, true
	}
	if !p.take('F') {
		return "", false
	}
	name, ok := special(plain, last)
	if !ok {
		return "", false
	}
	parameters := p.list(true)
	if p.failed || p.rest != "" {
		return "", false
	}
	if class != "" {
		name = class + "::" + name
	}
	return name + "(" + parameters + ")" + after, true
}

// special returns the name that the codes for constructors and operators stand
// for, and others as they are.
func special(plain, class string) (string, bool) {
	code, ok := strings.CutPrefix(plain, "__")
	if !ok {
		return plain, true
	}
	if i := strings.IndexByte(class, '<'); i >= 0 {
		class = class[:i]
	}
	switch {
	case code == "ct" && class != "":
		return class, true
	case code == "dt" && class != "":
		return "~" + class, true
	case strings.HasPrefix(code, "op"):
		p := &parser{rest: code[2:]}
		to := p.typ()
		return "operator " + to, !p.failed && p.rest == ""
	}
	if operator, ok := operators[code]; ok {
		return "operator" + operator, true
	}
	return plain, true
}

// class takes the name of a class, and returns its last part too.
func (p *parser) class() (whole, last string) {
	count := 1
	if p.take('Q') {
		if p.take('_') {
			count = p.digits(3)
			if !p.take('_') {
				p.fail()
			}
		} else {
			count = p.digits(1)
		}
	}
	var parts []string
	for range count {
		n := p.digits(4)
		if p.failed || n == 0 || n > len(p.rest) {
			return p.fail(), ""
		}
		last = p.template(p.rest[:n])
		parts = append(parts, last)
		p.rest = p.rest[n:]
	}
	if len(parts) == 0 {
		return p.fail(), ""
	}
	return strings.Join(parts, "::"), last
}

// template demangles the arguments in the name of a class, if it has any.
func (p *parser) template(name string) string {
	open := strings.IndexByte(name, '<')
	if open < 0 || !strings.HasSuffix(name, ">") {
		return name
	}
	inner := &parser{rest: name[open+1 : len(name)-1], depth: p.depth + 1}
	var arguments []string
	for inner.rest != "" && !inner.failed {
		// A number may be an argument, or the length of a class's name.
		literal := inner.rest
		if i := strings.IndexByte(literal, ','); i >= 0 {
			literal = literal[:i]
		}
		if _, err := strconv.Atoi(literal); err == nil {
			inner.rest = inner.rest[len(literal):]
			arguments = append(arguments, literal)
		} else {
			arguments = append(arguments, inner.typ())
		}
		if inner.rest != "" && !inner.take(',') {
			return name
		}
	}
	if inner.failed {
		return name
	}
	return name[:open] + "<" + strings.Join(arguments, ", ") + ">"
}

// list takes the types of parameters up to the end, or to the underscore before
// a result.
func (p *parser) list(outermost bool) string {
	var types []string
	add := func(t string) {
		if p.size += len(t); p.size > maxSize {
			p.fail()
			return
		}
		types = append(types, t)
		if outermost {
			p.parameters = append(p.parameters, t)
		}
	}
	for p.rest != "" && p.rest[0] != '_' && !p.failed {
		switch {
		case p.take('T'):
			add(p.earlier())
		case p.take('N'):
			n := p.digits(1)
			again := p.earlier()
			for range n {
				add(again)
			}
		default:
			add(p.typ())
		}
	}
	switch {
	case len(types) == 0:
		return p.fail()
	case len(types) == 1 && types[0] == "void":
		return ""
	}
	return strings.Join(types, ", ")
}

// earlier returns the type of the parameter with the number that follows.
func (p *parser) earlier() string {
	n := p.digits(1)
	if n < 1 || n > len(p.parameters) {
		return p.fail()
	}
	return p.parameters[n-1]
}

// typ takes a type.
func (p *parser) typ() string {
	return p.declare("")
}

// declare takes a type and returns the declaration of something of that type
// whose own declarator is inner: "*" for a pointer to the type.
func (p *parser) declare(inner string) string {
	if p.depth++; p.depth > maxDepth || len(inner) > maxName {
		return p.fail()
	}
	defer func() { p.depth-- }()
	qualifier := ""
	for {
		switch {
		case p.take('C'):
			qualifier += "const "
		case p.take('V'):
			qualifier += "volatile "
		case p.take('U'):
			qualifier += "unsigned "
		case p.take('S'):
			qualifier += "signed "
		case p.take('P'):
			return p.declare(p.pointer("*", qualifier, inner))
		case p.take('R'):
			return p.declare(p.pointer("&", qualifier, inner))
		case p.take('M'):
			class, _ := p.class()
			return p.declare(p.pointer(class+"::*", qualifier, inner))
		case p.take('A'):
			n := p.digits(9)
			if !p.take('_') {
				return p.fail()
			}
			return p.declare(grouped(inner) + "[" + strconv.Itoa(n) + "]")
		case p.take('F'):
			p.take('C') // of a pointer to a member function, whose object is const
			parameters := p.list(false)
			if !p.take('_') {
				return p.fail()
			}
			return p.declare(grouped(inner) + "(" + parameters + ")")
		default:
			return declaration(qualifier+p.base(), inner)
		}
	}
}

// pointer is a declarator, with what was said of the pointer itself behind it.
func (p *parser) pointer(sign, qualifier, inner string) string {
	if qualifier == "" {
		return declaration(sign, inner)
	}
	return sign + " " + strings.TrimSuffix(qualifier, " ") + inner
}

// grouped is a declarator to which brackets will be added.
func grouped(inner string) string {
	if inner == "" {
		return ""
	}
	return "(" + inner + ")"
}

// declaration puts a type, or the sign of a pointer, before a declarator.
// Pointers adhere to the type.
func declaration(base, inner string) string {
	if inner != "" && inner[0] == '(' {
		return base + " " + inner
	}
	return base + inner
}

// base takes a builtin type or a class.
func (p *parser) base() string {
	if p.rest == "" {
		return p.fail()
	}
	if isDigit(p.rest) || p.rest[0] == 'Q' {
		class, _ := p.class()
		return class
	}
	name, ok := builtins[p.rest[0]]
	if !ok {
		return p.fail()
	}
	p.rest = p.rest[1:]
	return name
}
