package api

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A definition may come from anywhere, so its size is bounded in every way, and
// it cannot make the reader open anything but files beside and below it, or what
// links there lead to.
const (
	maxFile     = 4 << 20 // bytes
	maxDepth    = 16      // elements within elements
	maxElements = 50_000  // in all files together
	maxIncludes = 64
	maxAttr     = 4096 // bytes of an attribute
	maxDoc      = 64 << 10
)

// node is an element.
type node struct {
	name     string
	pos      Position
	parent   *node // nil of the outermost
	attrs    map[string]string
	wrong    []string // attributes whose values have been refused, and removed
	children []*node
	text     string
}

// String is the start of the element and of those that it is in, as errors quote
// it: `<function name="open"><param name="path">`.
func (n *node) String() string {
	if n.parent != nil && n.parent.parent != nil {
		return n.parent.String() + n.tag()
	}
	return n.tag()
}

// declaration is the name of what the element declares or is part of.
func (n *node) declaration() string {
	switch {
	case n.parent == nil:
		return ""
	case n.name == "method":
		return n.parent.attrs["name"] + "." + n.attrs["name"]
	case n.parent.parent == nil:
		return n.attrs["name"]
	}
	return n.parent.declaration()
}

func (n *node) tag() string {
	for _, key := range []string{"name", "file"} {
		if v, ok := n.attrs[key]; ok {
			if len(v) > 100 {
				v = v[:100] + "…"
			}
			return fmt.Sprintf("<%s %s=%q>", n.name, key, v)
		}
	}
	return "<" + n.name + ">"
}

// child returns the first child of a name, or nil.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// readTree reads a file into elements. file names it in errors; left is how many
// elements it may have, which it lessens.
func readTree(fsys fs.FS, name, file string, left *int) (*node, error) {
	f, err := fsys.Open(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(data) > maxFile {
		return nil, &Error{Position: Position{file, 1, 1}, Text: fmt.Sprintf("longer than %d bytes", maxFile)}
	}
	return parseTree(data, file, left)
}

func parseTree(data []byte, file string, left *int) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(string(data)))
	var root *node
	var open []*node
	for {
		line, column := d.InputPos()
		pos := Position{file, line, column}
		fail := func(format string, args ...any) (*node, error) {
			return nil, &Error{Position: pos, Text: fmt.Sprintf(format, args...)}
		}
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			pos.Line, column = d.InputPos()
			pos.Column = max(column, 1) // it is 0 of a line's end
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				return fail("not XML: %s", syntax.Msg)
			}
			return fail("not XML in UTF-8: %v", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: xmlName(t.Name), pos: pos, attrs: map[string]string{}}
			if *left--; *left < 0 {
				return fail("more than %d elements", maxElements)
			}
			if len(open) == maxDepth {
				return fail("more than %d elements within each other", maxDepth)
			}
			for _, a := range t.Attr {
				key := xmlName(a.Name)
				if _, twice := n.attrs[key]; twice {
					return fail("<%s> has two attributes %s; leave one out", n.name, key)
				}
				if len(a.Value) > maxAttr {
					return fail("<%s>: attribute %s is longer than %d bytes", n.name, key, maxAttr)
				}
				n.attrs[key] = a.Value
			}
			if len(open) > 0 {
				parent := open[len(open)-1]
				n.parent = parent
				parent.children = append(parent.children, n)
			} else if root != nil {
				return fail("a second outermost element, <%s>; write one <api>, and <include> for other files", n.name)
			} else {
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				n := open[len(open)-1]
				if len(n.text)+len(t) > maxDoc {
					return fail("<%s> holds more than %d bytes of text", n.name, maxDoc)
				}
				n.text += string(t)
			}
		case xml.Directive:
			return fail("a document type or other declaration, which definitions do not have: remove it")
		}
	}
	if root == nil {
		return nil, &Error{Position: Position{file, 1, 1}, Text: "no element in it; a definition is an <api>"}
	}
	return root, nil
}

func xmlName(n xml.Name) string {
	name := n.Local
	if n.Space != "" {
		name = n.Space + ":" + name
	}
	if len(name) > 100 || !utf8.ValidString(name) {
		return "…"
	}
	return name
}

// attr returns an attribute or, if it is absent, the first of its choices.
func (n *node) attr(name string) string {
	if v, ok := n.attrs[name]; ok {
		return v
	}
	if a := ruleOf(n.name).attr(name); a != nil && len(a.choices) > 0 && !a.required {
		return a.choices[0]
	}
	return ""
}

// choice returns which of its choices an attribute is.
func (n *node) choice(name string) int {
	return slices.Index(ruleOf(n.name).attr(name).choices, n.attr(name))
}

func (n *node) has(name string) bool { _, ok := n.attrs[name]; return ok }

func (n *node) bool(name string) bool { return n.attrs[name] == "true" }

// number returns an attribute that has been checked to be one; 0 if it is absent.
func (n *node) number(name string) int {
	v, _ := strconv.Atoi(n.attrs[name])
	return v
}

// doc returns the text of the element's <doc>, with its lines unindented.
func (n *node) doc() string {
	c := n.child("doc")
	if c == nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(c.text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// each calls f for the children of a name.
func (n *node) each(name string, f func(*node)) {
	for _, c := range n.children {
		if c.name == name {
			f(c)
		}
	}
}
