package api

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// definition parses a whole definition of a version.
func definition(t *testing.T, name, version, compatible, inside string) *API {
	t.Helper()
	text := fmt.Sprintf("<api name=%q version=%q min-compatible=%q prefix=\"t_\">%s</api>", name, version, compatible, inside)
	a, err := ParseFS(fstest.MapFS{"test.xml": {Data: []byte(text)}}, "test.xml")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return a
}

func verdicts(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%v %s: %s: %s\n", map[bool]string{true: "good", false: "bad"}[c.Compatible], c.Of, c.What, c.Why)
	}
	return b.String()
}

// TestDiff expects every judgement of changes.
func TestDiff(t *testing.T) {
	const file = "testdata/diffs.txt"
	heading, all := refusals(t, file)
	var out strings.Builder
	out.WriteString(heading)
	for _, tt := range all {
		old, new, ok := strings.Cut(tt.inside, "--\n")
		if !ok {
			t.Fatalf("%s: no line --", tt.name)
		}
		got := verdicts(Diff(definition(t, "test", "1.2", "1.0", old), definition(t, "test", "1.3", "1.0", new)))
		got = strings.TrimPrefix(got, "good test: version= rose from 1.2 to 1.3: \n")
		if got != tt.want && !*update {
			t.Errorf("%s:\n got:  %s want: %s", tt.name, got, tt.want)
		}
		fmt.Fprintf(&out, "\n== %s\n%s", tt.name, tt.inside)
		for line := range strings.Lines(got) {
			out.WriteString("=> " + line)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDiffOfVersions(t *testing.T) {
	for _, tt := range []struct {
		old, new *API
		want     string
	}{
		{definition(t, "a", "1.0", "1.0", ""), definition(t, "b", "1.0", "1.0", ""),
			"bad b: name= changed from a to b: it is another interface\n" +
				"bad b: version=1.0 did not change: two different interfaces would have the same version: raise version=\n"},
		{definition(t, "a", "1.1", "1.0", ""), definition(t, "a", "1.0", "1.0", ""),
			"bad a: version= fell from 1.1 to 1.0: versions only rise\n"},
		{definition(t, "a", "1.1", "1.0", ""), definition(t, "a", "1.2", "1.1", ""),
			"good a: version= rose from 1.1 to 1.2: \ngood a: min-compatible= changed from 1.0 to 1.1: plug-ins of 1.1 are accepted\n"},
		{definition(t, "a", "1.1", "1.0", ""), definition(t, "a", "2.0", "2.0", ""),
			"good a: version= rose from 1.1 to 2.0: \nbad a: min-compatible= changed from 1.0 to 2.0: plug-ins of 1.1 are refused\n"},
		{definition(t, "a", "1.0", "1.0", ""), definition(t, "a", "1.0", "1.0", `<function name="f" since="1.0"/>`),
			"bad f: function added: plug-ins of 1.0 do not have it: write since=\"1.0\"\n" +
				"bad a: version=1.0 did not change: two different interfaces would have the same version: raise version=\n"},
	} {
		if got := verdicts(Diff(tt.old, tt.new)); got != tt.want {
			t.Errorf("got:\n%swant:\n%s", got, tt.want)
		}
	}
}

// TestDiffOfNothing compares all definitions of the tree with themselves.
func TestDiffOfNothing(t *testing.T) {
	for _, file := range definitions(t) {
		a, err := Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		if changes := Diff(a, b); changes != nil || !Compatible(changes) || a.Hash() != b.Hash() {
			t.Errorf("%s differs from itself: %v", file, changes)
		}
	}
}

// TestHash changes a definition in all that both sides must agree on, and in what
// they need not.
func TestHash(t *testing.T) {
	const text = `
		<const name="N" value="4"/>
		<enum name="e"><value name="A" value="1"/></enum>
		<struct name="s"><field name="a" type="i32" count="N"/><field name="n" type="u8"/><field name="p" type="f32" length="n"/></struct>
		<union name="u"><case name="a" type="i32" value="A"/></union>
		<handle name="h" owner="plugin" destroy="t_f"/>
		<callback name="cb" scope="call"/>
		<function name="t_f"><doc>Text.</doc><param name="h" type="h"/><param name="p" type="cstring" encoding="mac-roman"/><return type="e"/></function>
		<import name="i"/>`
	hash := definition(t, "a", "1.0", "1.0", text).Hash()
	for _, tt := range []struct {
		old, new string
		same     bool
	}{
		{"Text.", "Other text.", true},
		{`<function `, `<function go="Other" blocking="true" `, true},
		{`<enum name="e"`, `<enum name="e" ctype="other"`, true},
		{`<value name="A" value="1"/>`, `<value name="A" value="1"/><value name="B" value="2"/>`, true}, // it crosses as a number
		{`count="N"`, `count="4"`, true},
		{`value="4"`, `value="5"`, false},
		{`<enum name="e"`, `<enum name="e" type="u8"`, false},
		{`type="i32" count`, `type="u32" count`, false},
		{`length="n"`, `length="n + 1"`, false},
		{`length="n"`, `length="n" max="3"`, false},
		{`<struct name="s"`, `<struct name="s" packing="power"`, false},
		{`value="A"/></union>`, `value="2"/></union>`, false},
		{`owner="plugin"`, `owner="host"`, false},
		{` destroy="t_f"`, ``, false},
		{`scope="call"`, `scope="async"`, false},
		{`<function `, `<function thread="main" `, false},
		{`<function `, `<function since="1.0" `, false},
		{`<return type="e"/>`, ``, false},
		{` encoding="mac-roman"`, ``, false},
		{`type="cstring"`, `type="cstring" nullable="true"`, false},
		{`name="p"`, `name="q"`, false},
		{`<import name="i"/>`, ``, false},
	} {
		other := strings.Replace(text, tt.old, tt.new, 1)
		if other == text {
			t.Errorf("%s is not in the definition", tt.old)
		}
		if got := definition(t, "a", "1.0", "1.0", other).Hash() == hash; got != tt.same {
			t.Errorf("with %s for %s the hash is the same: %v, want %v", tt.new, tt.old, got, tt.same)
		}
	}
}
