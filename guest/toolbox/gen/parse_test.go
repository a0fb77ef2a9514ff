package gen

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// table is what calls.txt says.
type table struct {
	sections []string
	calls    []*call
}

type call struct {
	name, section string
	libraries     []string
	aliases       []string
	trap          uint16 // 0 is none
	selector      string // "", "D0" or "SP"
	selectorValue uint32
	how           string   // pascal, registers, special, c or engine
	in            []string // registers
	out           string   // register of the result
	errorTo       string   // "+E", "?E" or ""
	result        ctype
	parameters    []parameter
	variadic      bool
}

type parameter struct {
	ctype
	text string // with its name
}

// ctype is a type of C as the glue knows it.
type ctype struct {
	c    string
	kind byte // b, c, h, H, w, d: unsigned and signed byte, signed and unsigned half, word, double; 0 is void
	goes string
}

var simple = map[string]ctype{
	"void":    {kind: 0},
	"Boolean": {kind: 'b', goes: "bool"},
	"UInt8":   {kind: 'b', goes: "uint8"},
	"SInt8":   {kind: 'c', goes: "int8"},
	"short":   {kind: 'h', goes: "int16"}, "OSErr": {kind: 'h', goes: "int16"},
	"UInt16": {kind: 'H', goes: "uint16"},
	"long":   {kind: 'w', goes: "int32"}, "int": {kind: 'w', goes: "int32"}, "Fixed": {kind: 'w', goes: "int32"}, "Fract": {kind: 'w', goes: "int32"},
	"double": {kind: 'd', goes: "float64"},
}

func init() {
	// What is just 32 bits to the glue. A Size is signed in C; a negative one is too large.
	for _, name := range []string{"Ptr", "Handle", "Size", "Zone", "UInt32", "OSType", "size_t", "ResType", "UniversalProcPtr", "Point", "ConnectionID"} {
		simple[name] = ctype{kind: 'w', goes: "uint32"}
	}
}

func typeOf(c string) (ctype, error) {
	c = strings.TrimSpace(c)
	if strings.HasSuffix(c, "*") {
		return ctype{c, 'w', "uint32"}, nil
	}
	t, ok := simple[strings.TrimPrefix(c, "const ")]
	if !ok {
		return t, fmt.Errorf("no type %q", c)
	}
	t.c = c
	return t, nil
}

var (
	prototype = regexp.MustCompile(`^(.*[ *])(\w+)\((.*)\)$`)
	argument  = regexp.MustCompile(`^(.*[ *])(\w+)$`)
	word      = regexp.MustCompile(`^\w+$`)
	registers = []string{"D0", "D1", "D2", "D3", "A0", "A1", "A2", "A3"}
)

func parse(text string) (*table, error) {
	t := &table{}
	section, libraries := "", []string(nil)
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		var err error
		switch {
		case line == "":
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			t.sections = append(t.sections, section)
		case strings.HasPrefix(line, "library "):
			libraries = strings.Fields(line)[1:]
		default:
			var c *call
			if c, err = parseCall(line); err != nil {
				break
			}
			c.section, c.libraries = section, libraries
			for _, name := range append([]string{c.name}, c.aliases...) {
				if seen[name] {
					err = fmt.Errorf("%s is there already", name)
				}
				seen[name] = true
			}
			t.calls = append(t.calls, c)
		}
		if err != nil {
			return nil, fmt.Errorf("calls.txt: line %d: %w", i+1, err)
		}
	}
	return t, nil
}

func parseCall(line string) (*call, error) {
	fields := strings.Split(line, "|")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	if len(fields) != 3 && len(fields) != 4 {
		return nil, fmt.Errorf("want TRAP | HOW | PROTOTYPE")
	}
	c := &call{}
	if err := c.parsePrototype(fields[2]); err != nil {
		return nil, err
	}
	if err := c.parseTrap(fields[0]); err != nil {
		return nil, err
	}
	if err := c.parseHow(fields[1]); err != nil {
		return nil, err
	}
	if len(fields) == 4 {
		for _, name := range strings.Split(fields[3], ",") {
			name = strings.TrimSpace(name)
			if !word.MatchString(name) {
				return nil, fmt.Errorf("name %q", name)
			}
			c.aliases = append(c.aliases, name)
		}
	}
	return c, nil
}

func (c *call) parsePrototype(text string) error {
	m := prototype.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("no prototype: %s", text)
	}
	c.name = m[2]
	var err error
	if c.result, err = typeOf(m[1]); err != nil || m[3] == "void" {
		return err
	}
	for _, p := range strings.Split(m[3], ",") {
		p = strings.TrimSpace(p)
		if p == "..." {
			c.variadic = true
			continue
		}
		a := argument.FindStringSubmatch(p)
		if a == nil {
			return fmt.Errorf("parameter %q", p)
		}
		t, err := typeOf(a[1])
		if err != nil {
			return err
		}
		c.parameters = append(c.parameters, parameter{t, p})
	}
	return nil
}

func (c *call) parseTrap(text string) error {
	if text == "-" {
		return nil
	}
	text, selector, selected := strings.Cut(text, ".")
	n, err := strconv.ParseUint(text, 0, 16)
	if err != nil || n>>12 != 0xa {
		return fmt.Errorf("%s is no A-trap", text)
	}
	c.trap = uint16(n)
	if selected {
		where, value, _ := strings.Cut(selector, "=")
		v, err := strconv.ParseUint(value, 0, 32)
		if err != nil || where != "D0" && where != "SP" {
			return fmt.Errorf("selector %q", selector)
		}
		c.selector, c.selectorValue = where, uint32(v)
	}
	return nil
}

func (c *call) parseHow(text string) error {
	switch text {
	case "pascal", "special", "c", "engine":
		c.how = text
		return nil
	}
	c.how = "registers"
	in, out, ok := strings.Cut(text, "->")
	if !ok {
		return fmt.Errorf("how %q", text)
	}
	if in != "" {
		c.in = strings.Split(in, ",")
	}
	for _, suffix := range []string{"+E", "?E"} {
		if rest, ok := strings.CutSuffix(out, suffix); ok {
			out, c.errorTo = rest, suffix
		}
	}
	c.out = out
	for _, r := range append(slices.Clone(c.in), c.out) {
		if r != "" && !slices.Contains(registers, r) {
			return fmt.Errorf("no register %q", r)
		}
	}
	if len(c.in) != len(c.parameters) {
		return fmt.Errorf("%d registers for %d parameters", len(c.in), len(c.parameters))
	}
	if (c.out == "") != (c.result.kind == 0) {
		return fmt.Errorf("no register for the result, or no result for the register")
	}
	return nil
}

// method is the name of the Go method.
func (c *call) method() string {
	if c.name == "free" {
		return "CFree" // Free is the host's
	}
	name := strings.TrimLeft(c.name, "_")
	return strings.ToUpper(name[:1]) + name[1:]
}
