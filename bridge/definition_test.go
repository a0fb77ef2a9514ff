package bridge

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/hosts/ladspa"
)

// TestShimFollowsDefinition compares what ladspa.c knows by heart of LADSPA with
// LADSPA's definition: where fields of a descriptor lie, and how the arguments
// of its functions travel.
func TestShimFollowsDefinition(t *testing.T) {
	definition, err := api.Parse("../hosts/ladspa/raw/ladspa.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("native/ladspa.c")
	if err != nil {
		t.Fatal(err)
	}
	find := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindSubmatch(text)
		if m == nil {
			t.Fatalf("ladspa.c has nothing like %s", pattern)
		}
		return string(m[1])
	}
	functions := strings.Split(strings.ToLower(find(`enum function \{ (.*), FUNCTIONS \};`)), ", ")
	classes := strings.Split(strings.ReplaceAll(find(`classes\[FUNCTIONS\] = \{(.*)\};`), `"`, ""), ", ")
	place := func(name string) int {
		n, err := strconv.Atoi(find(name + ` = (\d+)`))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	table := definition.Structs[slices.IndexFunc(definition.Structs, func(s *api.Struct) bool { return s.Name == "LADSPA_Descriptor" })]
	want := map[string]int{"UniqueID": place("UNIQUE_ID"), "PortCount": place("PORT_COUNT")}
	for i, name := range functions {
		want[name] = place("FIRST_FUNCTION") + i
	}
	for _, a := range []arch.Arch{arch.LinuxI386, arch.LinuxS390X} {
		model, err := abi.ModelOf(a)
		if err != nil {
			t.Fatal(err)
		}
		offsets, _, _ := api.Layout(table, model)
		for i, f := range table.Fields {
			at, known := want[f.Name]
			if known && offsets[i] != at*a.Bits/8 {
				t.Errorf("%s lies at %d on %v, not in word %d", f.Name, offsets[i], a, at)
			}
			if f.Func == nil {
				continue
			}
			if !known {
				t.Errorf("the shim does not know %s", f.Name)
				continue
			}
			if got := classes[slices.Index(functions, f.Name)]; got != travels(f.Func) {
				t.Errorf("%s travels as %q, in the shim as %q", f.Name, travels(f.Func), got)
			}
		}
	}
	for name := range want {
		if !slices.ContainsFunc(table.Fields, func(f *api.Field) bool { return f.Name == name }) {
			t.Errorf("the definition has no %s", name)
		}
	}
	if got, want := find(`enum \{ (HAS_.*) \};`), fmt.Sprintf("HAS_ACTIVATE = %d, HAS_RUN_ADDING = %d, HAS_GAIN = %d, HAS_DEACTIVATE = %d",
		ladspa.HasActivate, ladspa.HasRunAdding, ladspa.HasSetRunAddingGain, ladspa.HasDeactivate); got != want {
		t.Errorf("the shim has %s, sidecars have %s", got, want)
	}
}

// travels returns the classes of a function's result and arguments; see
// protocol.h. Pointers, handles and C's long integers are words.
func travels(f *api.Function) string {
	class := func(p *api.Param) string {
		if p.Type.Basic == api.F32 && p.Length == nil && p.Transport != api.Shared {
			return "f"
		}
		return "w"
	}
	s := "v"
	if f.Return != nil {
		s = class(f.Return)
	}
	for _, p := range f.Params {
		s += class(p)
	}
	return s
}
