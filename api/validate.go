package api

import (
	"slices"
	"strconv"
	"strings"
)

// validate checks an element and all below it against the grammar, so that
// whatever reads them afterwards finds only attributes that make sense. It
// reports whether they all do.
func (p *problems) validate(n *node) bool {
	rule := ruleOf(n.name)
	before := len(p.errs)
	for key, value := range n.attrs {
		a := rule.attr(key)
		if a == nil {
			p.node(n, "one of "+rule.attrNames(), "there is no attribute %s here", key)
		} else if what, instead := a.check(value); what != "" {
			p.node(n, instead, "%s=%q is %s", key, value, what)
		}
	}
	for _, a := range rule.attrs {
		if _, ok := n.attrs[a.name]; a.required && !ok {
			p.node(n, "", "attribute %s is missing: %s", a.name, a.doc)
		}
	}
	if !rule.text && strings.TrimSpace(n.text) != "" {
		p.node(n, "<doc>…</doc> around it", "text is only in <doc>")
	}
	at := 0 // in rule.children
	for _, c := range n.children {
		group := rule.group(c.name)
		switch {
		case ruleOf(c.name) == nil:
			p.node(c, "", "there is no such element%s", rule.mayHold())
		case group < 0:
			p.node(c, "", "it does not belong in <%s>%s", n.name, rule.mayHold())
		case group < at:
			p.node(c, "", "it comes too late, or twice, in <%s>: the order is %s", n.name, rule.order())
		default:
			at = group
			if strings.HasSuffix(rule.children[group], "?") {
				at++
			}
			p.validate(c)
		}
	}
	return len(p.errs) == before
}

// group returns which of the rule's groups of children has the name, or -1.
func (r *elementRule) group(name string) int {
	return slices.IndexFunc(r.children, func(g string) bool {
		return slices.Contains(strings.Split(g[:len(g)-1], "|"), name)
	})
}

func (r *elementRule) attrNames() string {
	names := make([]string, len(r.attrs))
	for i, a := range r.attrs {
		names[i] = a.name
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func (r *elementRule) mayHold() string {
	if len(r.children) == 0 {
		return ": <" + r.name + "> holds no elements"
	}
	return ": <" + r.name + "> holds " + r.order()
}

// order lists the children that an element may have.
func (r *elementRule) order() string {
	var names []string
	for _, g := range r.children {
		for name := range strings.SplitSeq(g[:len(g)-1], "|") {
			names = append(names, "<"+name+">")
		}
	}
	return strings.Join(names, ", ")
}

// check says what is wrong with an attribute's value and what would be right;
// "" if nothing is.
func (a *attrRule) check(value string) (what, instead string) {
	switch a.kind {
	case textAttr:
		if value == "" || strings.TrimSpace(value) != value || strings.ContainsAny(value, "\"\\\n\r\t") {
			return "empty, or has outer blanks, quotes, backslashes or line breaks", "plain text"
		}
	case nameAttr:
		if !identifier(value) {
			return "not an identifier of C", "letters, digits and underscores, no keyword"
		}
	case numberAttr:
		if _, err := strconv.ParseUint(value, 10, 31); err != nil {
			return "not a number", "decimal digits, at most 2147483647"
		}
	case integerAttr:
		if _, ok := integer(value); !ok {
			return "not a number", "decimal digits, or 0x and hexadecimal ones"
		}
	case boolAttr:
		if value != "true" && value != "false" {
			return "neither true nor false", `"true"`
		}
	case versionAttr:
		if _, ok := parseVersion(value); !ok {
			return "not a version", `MAJOR.MINOR, such as "1.0"`
		}
	case exprAttr:
		if _, err := ParseExpr(value); err != nil {
			return "not a length: " + err.Error(), `for example "n", "rows * columns" or "strlen(text) + 1"`
		}
	case choiceAttr:
		if value == "" || !slices.Contains(a.choices, value) {
			return "not known", strings.Join(strings.Fields(strings.Join(a.choices, " ")), ", or ")
		}
	}
	return "", ""
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

// maxVersion bounds both parts of a version, so that the wire has room.
const maxVersion = 65535

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
