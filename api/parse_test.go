package api

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// parseText parses a definition whose <api> has the given contents.
func parseText(inside string) (*API, error) {
	return ParseFS(fstest.MapFS{"test.xml": {Data: []byte(wrap(inside))}}, "test.xml")
}

// wrap makes a definition of what is in its <api>.
func wrap(inside string) string {
	return "<api name=\"test\" version=\"1.2\" min-compatible=\"1.0\" prefix=\"t_\">\n" + inside + "\n</api>"
}

func function(inside string) string { return `<function name="t_f">` + inside + `</function>` }

type refusal struct{ name, inside, want string }

// brokenForms break the grammar, and so the schema.
var brokenForms = []refusal{
	{"misspelt element", `<functoin name="f"/>`, `<functoin name="f">: it does not belong into <api>; did you mean function?`},
	{"misspelt attribute", function(`<param name="x" type="i32" lenght="3"/>`), `there is no attribute lenght here; did you mean length?`},
	{"misspelt choice", `<function name="t_f" thread="mian"/>`, `thread="mian": did you mean main?`},
	{"missing attribute", function(`<param type="i32"/>`), `<param>: attribute name is missing; write name=, its name in the definition`},
	{"text", `<function name="t_f">hello</function>`, `text belongs into <doc>`},
	{"directive", `<!DOCTYPE x [<!ENTITY a "b">]>`, `which definitions do not have: remove it`},
	{"no XML", `<function`, `not XML: `},
}

// refusals are of what the schema cannot know.
var refusals = []refusal{
	{"pointer without length", function(`<param name="p" type="u8*"/>`),
		`test.xml:2:22: <function name="t_f"><param name="p">: type="u8*": a pointer without a length; write type="u8" with length= for an array or dir= for one value, declare a <handle>, or write type="cstring"`},
	{"void pointer", function(`<param name="p" type="void *"/>`), `type="void *": nothing says what it points to; declare a <handle>`},
	{"variadic", function(`<param name="p" type="cstring"/><varargs/>`), `<function name="t_f">: it is variadic`},
	{"descriptor", function(`<param name="p" type="fd"/>`), `a descriptor, port or process number means nothing in another process`},
	{"callback without scope", `<callback name="cb"><param name="x" type="i32"/></callback>`, `<callback name="cb">: nothing says how long it may be called; write scope=`},
	{"release of nothing", `<callback name="cb" scope="call" release-by="t_f"/>`, `release-by= is of scope="registration"; write that`},
	{"registration without handle", `<callback name="cb" scope="registration"/>` + function(`<param name="c" type="cb"/>`), `neither takes nor returns a handle, which would tell registrations apart; add one`},
	{"real-time and blocking", `<function name="t_f" thread="rt" blocking="true"/>`, `a real-time thread must not wait`},
	{"union without switch", `<union name="u"><case name="i" type="i32" value="1"/></union>` + function(`<param name="p" type="u"/>`), `nothing says which case of the union holds; write switch=`},
	{"union field without switch", `<union name="u"><case name="i" type="i32" value="1"/></union><struct name="s"><field name="v" type="u"/></struct>`, `nothing says which case of the union holds; write switch=`},
	{"unknown length", function(`<param name="p" type="u8" length="n"/>`), `length="n": there is no n beside it, and no constant of that name`},
	{"length that is no integer", function(`<param name="p" type="u8" length="n"/><param name="n" type="f32"/>`), `length="n": n is not an integer; write the name of one`},
	{"out text without room", function(`<param name="p" type="char" dir="out"/>`), `one char, or room for a text? Write type="u8", or capacity=`},
	{"userdata without callback", function(`<param name="user" type="userdata"/>`), `for="" is not a callback parameter beside it; write the name`},
	{"returned function", `<callback name="cb" scope="call"><return type="i32"/></callback>` + function(`<return type="cb"/>`), `a function pointer cannot be returned`},
	{"f80", function(`<param name="x" type="f80"/>`), `f80 does not cross as a number: `},
	{"habit", function(`<param name="x" type="unsigned int"/>`), `type="unsigned int" is C's name; write type="u32"`},
	{"misspelt type", function(`<param name="x" type="cstrng"/>`), `there is no such type; `},
	{"taken name", `<const name="n" value="1"/><const name="n" value="2"/>`, `<const name="n">: the name is taken by <const name="n"> at test.xml:2:1`},
	{"struct in itself", `<struct name="s"><field name="s" type="s"/></struct>`, `<struct name="s"><field name="s">: s contains itself by way of s; what forms lists or trees is a <handle>`},
	{"version", `<function name="t_f" since="1.9"/>`, `since=1.9 is after the version that is described, 1.2`},
	{"error of nothing", `<function name="t_f" error-return="nonzero"/>`, `error-return="nonzero": the function returns nothing`},
	{"handle nobody makes", `<handle name="h" owner="plugin" create="t_open"/>`, `there is no function t_open; write the name of one, or TABLE.METHOD`},
	{"orphan", `<handle name="h" owner="plugin" parent="h"/>`, `parent="h": it ends with itself`},
	{"outside", `<include file="../x.xml"/>`, `file="../x.xml" is not beside or below this one; write its path from here`},
	{"itself", `<include file="test.xml"/>`, `the file includes itself, by way of test.xml`},
}

// TestRefusals expects each thing that cannot cross to be refused, with the
// place and what to write instead.
func TestRefusals(t *testing.T) {
	for _, test := range slices.Concat(refusals, brokenForms) {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseText(test.inside)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got:  %v\nwant: %s", err, test.want)
			}
		})
	}
}
