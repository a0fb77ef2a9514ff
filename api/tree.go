package api

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Bounds on definitions, far above what any API needs.
const (
	maxFile     = 4 << 20 // bytes
	maxDepth    = 16      // of elements
	maxIncludes = 64      // files
	maxProblems = 50      // that are told of
)

// Problem is one mistake in a definition.
type Problem struct {
	Position
	Element string // <function name="open">
	Text    string // what is wrong, and what to write instead
}

func (p *Problem) Error() string {
	if p.Element == "" {
		return fmt.Sprintf("%v: %s", p.Position, p.Text)
	}
	return fmt.Sprintf("%v: %s: %s", p.Position, p.Element, p.Text)
}

// Problems are all mistakes that were found in a definition.
type Problems []*Problem

func (p Problems) Error() string {
	lines := make([]string, 0, len(p))
	for i, problem := range p {
		if i == maxProblems {
			lines = append(lines, fmt.Sprintf("and %d more", len(p)-i))
			break
		}
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as errors.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// element is an XML element, checked against its rule.
type element struct {
	Position
	rule     *elementRule
	attrs    map[string]string
	children []*element
	text     string
}

// String returns the element's tag as errors show it.
func (e *element) String() string {
	if name := e.attrs["name"]; name != "" {
		return fmt.Sprintf("<%s name=%q>", e.rule.name, name)
	}
	return "<" + e.rule.name + ">"
}

// attr returns an attribute, or the first of its choices.
func (e *element) attr(name string) string {
	if v, ok := e.attrs[name]; ok {
		return v
	}
	if r := e.rule.attr(name); r != nil && len(r.choices) > 0 && !r.required {
		return r.choices[0]
	}
	return ""
}

func (e *element) has(name string) bool { _, ok := e.attrs[name]; return ok }

func (e *element) bool(name string) bool { return e.attrs[name] == "true" }

// number returns an attribute that has been checked to be one.
func (e *element) number(name string) int {
	n, _ := strconv.Atoi(e.attrs[name])
	return n
}

// doc returns the text of the element's <doc>, with its lines unindented.
func (e *element) doc() string {
	for _, c := range e.children {
		if c.rule.name == "doc" {
			lines := strings.Split(strings.TrimSpace(c.text), "\n")
			for i := range lines {
				lines[i] = strings.TrimSpace(lines[i])
			}
			return strings.Join(lines, "\n")
		}
	}
	return ""
}

// each calls f for the children of a name.
func (e *element) each(name string, f func(*element)) {
	for _, c := range e.children {
		if c.rule.name == name {
			f(c)
		}
	}
}

// reader reads the files of a definition.
type reader struct {
	fsys     fs.FS
	problems Problems
	files    []string // that have been read
	open     []string // whose reading is not over
}

func (r *reader) problem(at Position, element, format string, args ...any) {
	r.problems = append(r.problems, &Problem{at, element, fmt.Sprintf(format, args...)})
}

// read reads one file to its outermost element, nil if there is none to speak of.
func (r *reader) read(name string) *element {
	at := Position{File: name, Line: 1, Column: 1}
	f, err := r.fsys.Open(name)
	if err != nil {
		r.problem(at, "", "%v", err)
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		r.problem(at, "", "%v", err)
		return nil
	case len(data) > maxFile:
		r.problem(at, "", "the file has more than %d bytes", maxFile)
		return nil
	}
	return r.parse(name, data)
}

func (r *reader) parse(name string, data []byte) *element {
	d := xml.NewDecoder(bytes.NewReader(data))
	var root *element
	var stack []*element
	skipped := 0 // depth within an element that there is not
	for {
		line, column := d.InputPos()
		at := Position{name, line, column}
		token, err := d.Token()
		if err != nil {
			var syntax *xml.SyntaxError
			switch {
			case errors.As(err, &syntax):
				r.problem(Position{name, syntax.Line, 1}, "", "no XML: %s", syntax.Msg)
				return nil
			case err != io.EOF:
				r.problem(at, "", "no XML: %v", err)
				return nil
			case root == nil && len(r.problems) == 0:
				r.problem(at, "", "it has no <api> element")
			}
			return root
		}
		switch token := token.(type) {
		case xml.Directive:
			r.problem(at, "", "<!%.20s…>: a definition has no document type of its own; leave it out", string(token))
			return nil
		case xml.StartElement:
			if skipped > 0 {
				skipped++
				continue
			}
			var parent *element
			if len(stack) > 0 {
				parent = stack[len(stack)-1]
			}
			e := r.start(at, parent, token)
			if e == nil || len(stack) == maxDepth {
				skipped = 1
				continue
			}
			if parent == nil {
				root = e
			} else {
				parent.children = append(parent.children, e)
			}
			stack = append(stack, e)
		case xml.EndElement:
			if skipped > 0 {
				skipped--
			} else {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			if skipped > 0 || len(stack) == 0 {
				continue
			}
			e := stack[len(stack)-1]
			if e.rule.text {
				e.text += string(token)
			} else if text := strings.TrimSpace(string(token)); text != "" {
				r.problem(at, e.String(), "text %q; text goes into <doc>", text)
			}
		}
	}
}

// start checks an element's name and attributes.
func (r *reader) start(at Position, parent *element, token xml.StartElement) *element {
	name := token.Name.Local
	rule := ruleOf(name)
	allowed := []string{"api"}
	where := "a definition begins with"
	if parent != nil {
		allowed, where = parent.rule.children, parent.String()+" holds"
	}
	if rule == nil || !slices.Contains(allowed, name) {
		hint := "nothing"
		if len(allowed) > 0 {
			hint = "<" + strings.Join(allowed, ">, <") + ">"
		}
		if near := nearest(name, allowed); near != "" {
			hint += fmt.Sprintf("; did you mean <%s>?", near)
		}
		r.problem(at, "<"+name+">", "it does not belong here; %s %s", where, hint)
		return nil
	}
	e := &element{Position: at, rule: rule, attrs: map[string]string{}}
	for _, a := range token.Attr {
		if _, ok := e.attrs[a.Name.Local]; ok {
			r.problem(at, e.String(), "%s= is there twice", a.Name.Local)
		}
		e.attrs[a.Name.Local] = strings.TrimSpace(a.Value)
	}
	for _, a := range token.Attr {
		r.checkAttr(e, a.Name.Local, e.attrs[a.Name.Local])
	}
	for _, a := range rule.attrs {
		if _, ok := e.attrs[a.name]; a.required && !ok {
			r.problem(at, e.String(), "it lacks %s=, %s", a.name, a.doc)
		}
	}
	return e
}

// checkAttr checks the form of one attribute.
func (r *reader) checkAttr(e *element, name, value string) {
	bad := func(format string, args ...any) { r.problem(e.Position, e.String(), format, args...) }
	rule := e.rule.attr(name)
	if rule == nil {
		var known []string
		for _, a := range e.rule.attrs {
			known = append(known, a.name)
		}
		hint := "it has no attributes"
		if len(known) > 0 {
			hint = "it can have " + strings.Join(known, "=, ") + "="
		}
		if near := nearest(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %s=?", near)
		}
		bad("there is no %s=; %s", name, hint)
		return
	}
	switch rule.kind {
	case nameAttr:
		if !isName(value) {
			bad("%s=%q is no identifier; write letters, digits and _, a letter first", name, value)
		}
	case namesAttr:
		for _, n := range strings.Fields(value) {
			if table, method, ok := strings.Cut(n, "."); !isName(table) || ok && !isName(method) {
				bad("%s=%q: %q is no identifier; write function names with blanks between, a table's as TABLE.METHOD", name, value, n)
			}
		}
	case numberAttr:
		if n, err := strconv.Atoi(value); err != nil || n < 0 || n > 1<<30 {
			bad("%s=%q: write a number from 0 to %d", name, value, 1<<30)
		}
	case integerAttr:
		if _, err := parseInteger(value); err != nil {
			bad("%s=%q: write a number of at most 64 bits, decimal or hexadecimal with 0x", name, value)
		}
	case boolAttr:
		if value != "true" && value != "false" {
			bad("%s=%q: write true or false", name, value)
		}
	case versionAttr:
		if _, err := parseVersion(value); err != nil {
			bad("%s=%q: write a version as MAJOR.MINOR, for example 1.0", name, value)
		}
	case exprAttr:
		if _, err := ParseExpr(value); err != nil {
			bad("%s=%q: %v", name, value, err)
		}
	case choiceAttr:
		if !slices.Contains(rule.choices, value) || value == "" {
			choices := slices.DeleteFunc(slices.Clone(rule.choices), func(c string) bool { return c == "" })
			hint := ""
			if near := nearest(value, choices); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			bad("%s=%q: write one of %s%s", name, value, strings.Join(choices, ", "), hint)
		}
	case textAttr:
		if value == "" {
			bad("%s= is empty; %s", name, rule.doc)
		}
	}
}

// include reads the files that an element's includes name and puts their
// contents in the places of these.
func (r *reader) include(root *element) {
	r.open = append(r.open, root.File)
	defer func() { r.open = r.open[:len(r.open)-1] }()
	r.files = append(r.files, root.File)
	var all []*element
	for _, c := range root.children {
		if c.rule.name != "include" {
			all = append(all, c)
			continue
		}
		file := c.attrs["file"]
		name := path.Join(path.Dir(root.File), file)
		switch {
		case file == "" || path.IsAbs(file) || !fs.ValidPath(name):
			r.problem(c.Position, c.String(), "file=%q: write the name of a file in this one's directory or below", file)
		case slices.Contains(r.open, name):
			r.problem(c.Position, c.String(), "file=%q includes itself, by way of %s", file, strings.Join(r.open, ", "))
		case slices.Contains(r.files, name): // two files may need a third
		case len(r.files) == maxIncludes:
			r.problem(c.Position, c.String(), "more than %d files", maxIncludes)
		default:
			if inner := r.read(name); inner != nil {
				r.include(inner)
				for _, ic := range inner.children {
					if ic.rule.name != "doc" {
						all = append(all, ic)
					}
				}
			}
		}
	}
	root.children = all
}

func isName(s string) bool {
	for i, c := range s {
		if c != '_' && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') && !(i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

func parseInteger(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n, nil
	}
	n, err := strconv.ParseUint(s, 0, 64) // 0x80000000_00000000 is meant as bits
	return int64(n), err
}

func parseVersion(s string) (Version, error) {
	major, minor, ok := strings.Cut(s, ".")
	a, err1 := strconv.ParseUint(major, 10, 15)
	b, err2 := strconv.ParseUint(minor, 10, 15)
	if !ok || err1 != nil || err2 != nil {
		return Version{}, fmt.Errorf("version %q: want MAJOR.MINOR", s)
	}
	return Version{int(a), int(b)}, nil
}

// nearest returns which of the words is a misspelling away, or "".
func nearest(word string, words []string) string {
	best, least := "", 3
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < least && d < len(w) {
			best, least = w, d
		}
	}
	return best
}

// distance is the number of insertions, deletions and replacements from a to b.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
