package coderes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// keywords precede the result's type; C has none.
var keywords = map[Convention]string{
	PascalStack: "pascal", RegisterBased: "register", ThinkCStack: "think", D0DispatchPascal: "pascal", D1DispatchPascal: "pascal", StackDispatch: "pascal",
}

// String returns the prototype.
func (p ProcInfo) String() string {
	s, ok := p.Signature()
	if !ok || s.Convention == SpecialCase && int(s.Special) >= len(specialNames) {
		return fmt.Sprintf("procinfo %#08x", uint32(p))
	}
	return s.String()
}

// String returns the prototype of the signature.
func (s Signature) String() string {
	if s.Convention == SpecialCase {
		if int(s.Special) < len(specialNames) {
			return "special " + specialNames[s.Special]
		}
		return fmt.Sprintf("special %d", s.Special)
	}
	var b strings.Builder
	if k := keywords[s.Convention]; k != "" {
		b.WriteString(k + " ")
	}
	b.WriteString(s.Result.String())
	if s.Convention == RegisterBased && (s.Result != None || s.ResultRegister != 0) {
		b.WriteString(" " + s.ResultRegister.String())
	}
	b.WriteString(" proc")
	if s.Convention.dispatched() {
		fmt.Fprintf(&b, "[%v %s]", s.Selector, selectorPlaces[s.Convention])
	}
	b.WriteString("(")
	for i, a := range s.Parameters {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.Size.String())
		if s.Convention == RegisterBased {
			b.WriteString(" " + a.Register.String())
		}
	}
	if len(s.Parameters) == 0 {
		b.WriteString(None.String())
	}
	b.WriteString(")")
	return b.String()
}

// ParsePrototype returns the ProcInfo of a prototype as ProcInfo.String writes
// it. The name may be any other than proc, or absent, and blanks may be anywhere
// between words; a parameter list may also be empty. Ptr, Handle and OSType are
// longs, OSErr is a short and Boolean a char.
func ParsePrototype(text string) (ProcInfo, error) {
	p := &prototypeParser{text: text, rest: text}
	if hex, ok := strings.CutPrefix(strings.TrimSpace(text), "procinfo "); ok {
		v, err := strconv.ParseUint(strings.TrimSpace(hex), 0, 32)
		if err != nil {
			return 0, fmt.Errorf("prototype %q: %q is no number of 32 bits", text, hex)
		}
		return ProcInfo(v), nil
	}
	s := p.signature()
	if p.err != nil {
		return 0, p.err
	}
	info, err := s.ProcInfo()
	if err != nil {
		return 0, fmt.Errorf("prototype %q: %w", text, err)
	}
	return info, nil
}

// prototypeParser reads a prototype. Like a cursor it remembers its first
// error.
type prototypeParser struct {
	text, rest string
	err        error
}

func (p *prototypeParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("prototype %q: %s", p.text, fmt.Sprintf(format, args...))
	}
}

// token takes a word or a punctuation mark; "" at the end.
func (p *prototypeParser) token() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	n := strings.IndexAny(p.rest, " \t\r\n()[],")
	switch {
	case n < 0:
		n = len(p.rest)
	case n == 0:
		n = 1
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t
}

// next looks at the next token without taking it.
func (p *prototypeParser) next() string {
	rest := p.rest
	t := p.token()
	p.rest = rest
	return t
}

func (p *prototypeParser) expect(want string) {
	if t := p.token(); t != want {
		p.fail("has %q where %q belongs", t, want)
	}
}

func (p *prototypeParser) size() Size {
	t := p.token()
	if i := slices.Index(sizeNames[:], t); i >= 0 {
		return Size(i)
	}
	size, ok := typeSizes[t]
	if !ok {
		p.fail("%q is no type; void, char, short, long, Ptr, Handle, OSType, OSErr and Boolean are", t)
	}
	return size
}

// typeSizes has further names of types.
var typeSizes = map[string]Size{"Ptr": FourBytes, "Handle": FourBytes, "OSType": FourBytes, "OSErr": TwoBytes, "Boolean": OneByte}

func (p *prototypeParser) register() Register {
	t := p.token()
	i := slices.Index(registerNames, t)
	if t == "" || i < 0 {
		p.fail("%q is no register", t)
		return 0
	}
	return Register(i)
}

func (p *prototypeParser) signature() Signature {
	s := Signature{Convention: CStack}
	switch p.next() {
	case "special":
		p.token()
		return p.special()
	case "pascal":
		s.Convention = PascalStack
	case "register":
		s.Convention = RegisterBased
	case "think":
		s.Convention = ThinkCStack
	}
	if s.Convention != CStack {
		p.token()
	}
	s.Result = p.size()
	if s.Convention == RegisterBased && slices.Contains(registerNames, p.next()) {
		s.ResultRegister = p.register()
	}
	if next := p.next(); next != "(" && next != "[" {
		if name := p.token(); name == "" || strings.ContainsAny(name, ")],") {
			p.fail("has %q where a name belongs", name)
		}
	}
	if p.next() == "[" {
		p.selector(&s)
	}
	p.expect("(")
	p.parameters(&s)
	if t := p.token(); t != "" {
		p.fail("goes on with %q", t)
	}
	return s
}

func (p *prototypeParser) special() Signature {
	name := p.token()
	i := slices.Index(specialNames, name)
	if n, err := strconv.ParseUint(name, 10, 8); err == nil {
		i = int(n)
	}
	if i < 0 {
		p.fail("%q is no special case", name)
		return Signature{Convention: SpecialCase}
	}
	if t := p.token(); t != "" {
		p.fail("goes on with %q", t)
	}
	return Signature{Convention: SpecialCase, Special: uint8(i)}
}

// selector reads [size place], which makes a convention a dispatched one.
func (p *prototypeParser) selector(s *Signature) {
	p.expect("[")
	s.Selector = p.size()
	place := p.token()
	p.expect("]")
	for _, c := range []Convention{D0DispatchPascal, D0DispatchC, D1DispatchPascal, StackDispatch} {
		isPascal := keywords[c] == "pascal"
		if selectorPlaces[c] == place && (s.Convention == PascalStack && isPascal || s.Convention == CStack && !isPascal) {
			s.Convention = c
			return
		}
	}
	p.fail("no %v routine has its selector in %q", s.Convention, place)
}

func (p *prototypeParser) parameters(s *Signature) {
	if p.next() == ")" { // nothing is void, too
		p.token()
		return
	}
	for p.err == nil {
		a := Parameter{Size: p.size()}
		if a.Size == None && len(s.Parameters) == 0 && p.next() == ")" { // (void)
			p.token()
			return
		}
		if s.Convention == RegisterBased {
			a.Register = p.register()
		}
		s.Parameters = append(s.Parameters, a)
		switch t := p.token(); t {
		case ")":
			return
		case ",":
		default:
			p.fail("has %q where \",\" or \")\" belongs", t)
		}
	}
}
