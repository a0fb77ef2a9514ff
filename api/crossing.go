package api

import (
	"fmt"
	"strings"
)

// Crossing says in a few words how a value crosses: "value", "string", "array of
// length rows*columns", "callback until t_unlisten is called".
func (p *Param) Crossing() string {
	t := p.Type
	var text string
	switch {
	case t.UserData:
		return "does not cross: the callback's own"
	case t.Callback != nil:
		return "callback " + t.Callback.lifetime()
	case p.Transport == Shared:
		return fmt.Sprintf("shared memory of length %s", p.Length.Text)
	case t.String != nil && p.Length == nil && p.Capacity == nil:
		text = t.Name
		if t.String.MacRoman {
			text += " in Mac Roman"
		}
	case p.Length != nil:
		text = fmt.Sprintf("array of length %s", p.Length.Text)
	case p.Capacity != nil && (t.String != nil || t.Basic == Char):
		text = fmt.Sprintf("string in room for %s bytes", p.Capacity.Text)
	case p.Capacity != nil:
		text = fmt.Sprintf("array in room for %s", p.Capacity.Text)
	case t.Handle != nil:
		text = "handle of the " + sideName(t.Handle.Owner)
	case t.Struct != nil && t.Struct.Kind == Union:
		text = "union by " + p.Switch
	case t.Struct != nil && t.Struct.Kind == Table:
		text = "table of the " + sideName(t.Struct.Owner)
	case t.Struct != nil:
		text = "struct"
	default:
		text = "value"
	}
	if p.Nullable {
		text += ", may be null"
	}
	return text
}

// lifetime says how long a callback may be called.
func (f *Function) lifetime() string {
	switch f.Scope {
	case CallScope:
		return "during the call"
	case Registration:
		return "until " + f.ReleaseBy + " is called"
	case Async:
		return "once"
	}
	return "for ever"
}

// Verdict says whether a function crosses, and how or why not.
func (f *Function) Verdict() (crosses bool, how string) {
	switch {
	case f.Unsupported != "":
		return false, f.Unsupported
	case f.Custom != nil:
		return true, fmt.Sprintf("by hand, %s: %s", f.Custom.Marshal, f.Custom.Reason)
	}
	var parts []string
	for _, p := range f.Params {
		dir := map[Direction]string{In: "", Out: "out ", InOut: "in and out "}[p.Dir]
		parts = append(parts, fmt.Sprintf("%s: %s%s", p.Name, dir, p.Crossing()))
	}
	if f.Return != nil {
		parts = append(parts, "returns: "+f.Return.Crossing())
	}
	return true, strings.Join(parts, "; ")
}
