package api

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Hash identifies what two sides must agree on to understand each other: names,
// types and directions, in their order, but no documentation and nothing that
// only one side needs to know.
func (a *API) Hash() [32]byte {
	var b strings.Builder
	fmt.Fprintf(&b, "api %s %v %v\n", a.Name, a.Version, a.MinCompatible)
	for _, e := range a.Enums {
		fmt.Fprintf(&b, "enum %s %v\n", e.Name, e.Basic)
	}
	for _, h := range a.Handles {
		fmt.Fprintf(&b, "handle %s %v\n", h.Name, h.Owner)
	}
	for _, s := range a.Structs {
		fmt.Fprintf(&b, "struct %s %v %v %v\n", s.Name, s.Kind, s.Owner, s.Range)
		for _, f := range s.Fields {
			if f.Func != nil {
				fmt.Fprintf(&b, " method %s %v\n", f.Name, f.Range)
			} else if !f.Opaque {
				fmt.Fprintf(&b, " field %s %s case %q %v\n", f.Name, f.Value.wire(), f.Case, f.Range)
			}
		}
	}
	for f := range a.All() {
		fmt.Fprintf(&b, "function %d %s %v thread %v scope %v %v\n", f.ID, f.Name, f.Side, f.Thread, f.Scope, f.Range)
		for _, p := range f.Params {
			fmt.Fprintf(&b, " param %v %s\n", p.Dir, p.wire())
		}
		if f.Return != nil {
			fmt.Fprintf(&b, " return %s\n", f.Return.wire())
		}
	}
	return sha256.Sum256([]byte(b.String()))
}

// wire says what of a value shows on the wire.
func (v *Value) wire() string {
	text := fmt.Sprintf("%s %v count %d max %d raw %v null %v switch %q pointer %v", v.Type.Name, v.Type.Basic, v.Count, v.Max, v.Raw, v.Nullable, v.Switch, v.Pointer)
	if v.Length != nil {
		text += fmt.Sprintf(" length %q", v.Length.Text)
	}
	return text
}

func (p *Param) wire() string {
	text := fmt.Sprintf("%s transport %v count-return %v query %v", p.Value.wire(), p.Transport, p.CountReturn, p.QuerySize)
	if p.Capacity != nil {
		text += fmt.Sprintf(" capacity %q", p.Capacity.Text)
	}
	return text
}
