package api

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// validate checks an element and all below it against the grammar, so that
// whatever reads them afterwards finds only elements and attributes that it
// knows. What does not belong there is removed.
func (p *problems) validate(n *node) {
	rule := ruleOf(n.name)
	for _, key := range slices.Sorted(maps.Keys(n.attrs)) {
		if a := rule.attr(key); a == nil {
			p.bad(n, "there is no attribute %s here; %s", key, suggest(key, rule.attrNames()))
		} else if what := a.check(n.attrs[key]); what != "" {
			p.bad(n, "%s=%q: %s", key, n.attrs[key], what)
		} else {
			continue
		}
		delete(n.attrs, key)
		n.wrong = append(n.wrong, key)
	}
	for _, a := range rule.attrs {
		if a.required && !n.has(a.name) && !slices.Contains(n.wrong, a.name) {
			p.bad(n, "attribute %s is missing; write %s=, %s", a.name, a.name, a.doc)
		}
	}
	if !rule.text && strings.TrimSpace(n.text) != "" {
		p.bad(n, "text belongs into <doc>")
	}
	at := 0 // in rule.children
	var kept []*node
	for _, c := range n.children {
		group := rule.group(c.name)
		switch {
		case group < 0:
			p.bad(c, "it does not belong into <%s>; %s", n.name, suggest(c.name, rule.mayHold()))
		case group < at:
			p.bad(c, "it comes too late or too often in <%s>; write them in this order: %s", n.name, strings.Join(rule.mayHold(), ", "))
		default:
			at = group
			if strings.HasSuffix(rule.children[group], "?") {
				at++
			}
			p.validate(c)
			kept = append(kept, c)
		}
	}
	n.children = kept
}

// suggest says which names there are, or which was meant.
func suggest(name string, names []string) string {
	if near := nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(names) == 0 {
		return "it has none"
	}
	return "write one of " + strings.Join(names, ", ")
}

// group returns which of the rule's groups of children has the name, or -1.
func (r *elementRule) group(name string) int {
	return slices.IndexFunc(r.children, func(g string) bool {
		return slices.Contains(strings.Split(g[:len(g)-1], "|"), name)
	})
}

func (r *elementRule) attrNames() []string {
	names := make([]string, len(r.attrs))
	for i, a := range r.attrs {
		names[i] = a.name
	}
	return names
}

// mayHold lists the children that an element may have, in their order.
func (r *elementRule) mayHold() []string {
	var names []string
	for _, g := range r.children {
		names = append(names, strings.Split(g[:len(g)-1], "|")...)
	}
	return names
}

// check says what is wrong with an attribute's value and what to write instead;
// "" if it is right.
func (a *attrRule) check(value string) string {
	switch a.kind {
	case textAttr:
		if value == "" || strings.TrimSpace(value) != value || strings.ContainsAny(value, "\"\\\n\r\t") {
			return "it is empty, or has outer blanks, quotes, backslashes or line breaks; write plain text"
		}
	case nameAttr:
		if !identifier(value) {
			return "it is not a name in C; write letters, digits and underscores, and no keyword"
		}
	case numberAttr:
		if _, err := strconv.ParseUint(value, 10, 31); err != nil {
			return "it is not a number; write decimal digits, at most 2147483647"
		}
	case integerAttr:
		if _, ok := integer(value); !ok {
			return "it is not a number of 64 bits; write decimal digits, or 0x and hexadecimal ones"
		}
	case boolAttr:
		if value != "true" && value != "false" {
			return "it is neither true nor false; write one of them"
		}
	case versionAttr:
		if _, ok := parseVersion(value); !ok {
			return "it is not a version; write MAJOR.MINOR, such as 1.0"
		}
	case exprAttr:
		if _, err := ParseExpr(value); err != nil {
			return fmt.Sprintf("it is not a length, as %v; write for example n, rows * columns or strlen(text)", err)
		}
	case choiceAttr:
		if value == "" || !slices.Contains(a.choices, value) {
			return suggest(value, slices.DeleteFunc(slices.Clone(a.choices), func(c string) bool { return c == "" }))
		}
	}
	return ""
}

// integer reads a number of a constant: what fits int64 or uint64.
func integer(s string) (int64, bool) {
	digits, base := s, 10
	negative := strings.HasPrefix(s, "-")
	if negative {
		digits = s[1:]
	}
	if hex, ok := strings.CutPrefix(digits, "0x"); ok {
		digits, base = hex, 16
	}
	v, err := strconv.ParseUint(digits, base, 64)
	if err != nil || strings.HasPrefix(digits, "+") || negative && v > 1<<63 {
		return 0, false
	}
	if negative {
		return int64(-v), true
	}
	return int64(v), true
}

func parseVersion(s string) (Version, bool) {
	a, b, ok := strings.Cut(s, ".")
	major, err1 := strconv.ParseUint(a, 10, 16)
	minor, err2 := strconv.ParseUint(b, 10, 16)
	if !ok || err1 != nil || err2 != nil {
		return Version{}, false
	}
	return Version{int(major), int(minor)}, true
}

// cKeywords cannot be names, as they could not be in the header.
var cKeywords = strings.Fields(`auto break case char const continue default do double else enum extern float for goto
	if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void
	volatile while bool true false nullptr alignas alignof constexpr static_assert thread_local typeof`)

func identifier(s string) bool {
	if s == "" || len(s) > 128 || slices.Contains(cKeywords, s) {
		return false
	}
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}
