package api

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// refusal is what is wrong in an <api>, and the errors that it gives.
type refusal struct{ name, inside, want string }

// refusals reads a file of them: after a heading, "== NAME" begins one, and its
// errors are the lines that begin with "=> ".
func refusals(t *testing.T, file string) (heading string, all []refusal) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	heading, rest, _ := strings.Cut(string(data), "\n== ")
	for entry := range strings.SplitSeq(rest, "\n== ") {
		name, body, _ := strings.Cut(entry, "\n")
		r := refusal{name: name}
		for line := range strings.Lines(body) {
			if errorLine, ok := strings.CutPrefix(line, "=> "); ok {
				r.want += errorLine
			} else if strings.TrimSpace(line) != "" {
				r.inside += line
			}
		}
		all = append(all, r)
	}
	return heading, all
}

// TestRefusals expects each thing that cannot cross or makes no sense to be
// refused, with its place and what to write instead.
func TestRefusals(t *testing.T) {
	for _, file := range []string{"testdata/forms.txt", "testdata/refusals.txt"} {
		heading, all := refusals(t, file)
		var out strings.Builder
		out.WriteString(heading)
		for _, r := range all {
			got := ""
			if _, err := parseText(r.inside); err != nil {
				got = err.Error() + "\n"
			}
			if got != r.want && !*update || got == "" {
				t.Errorf("%s: %s:\n%s got:  %s want: %s", file, r.name, r.inside, got, r.want)
			}
			fmt.Fprintf(&out, "\n== %s\n%s", r.name, r.inside)
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
}

// TestEveryRefusalIsTried looks into the sources for what they can complain of,
// and expects each to be in the expected output of some test here.
func TestEveryRefusalIsTried(t *testing.T) {
	var tried strings.Builder
	for _, file := range []string{"testdata/forms.txt", "testdata/refusals.txt"} {
		_, all := refusals(t, file)
		for _, r := range all {
			tried.WriteString(r.want)
		}
	}
	for _, w := range wholes() {
		tried.WriteString(w.want + "\n")
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	files := token.NewFileSet()
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(files, source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for _, format := range complaints(call) {
				found++
				pattern := regexp.QuoteMeta(format)
				for _, verb := range []string{"%q", "%v", "%s", "%d"} {
					pattern = strings.ReplaceAll(pattern, verb, "(.+)")
				}
				if !regexp.MustCompile("(?m): " + pattern + "$").MatchString(tried.String()) {
					t.Errorf("%v: no test expects this error: %s", files.Position(call.Pos()), format)
				}
			}
			return true
		})
	}
	if found < 100 {
		t.Errorf("only %d complaints found in the sources", found)
	}
}

// complaints returns the texts that a call of bad, at or fail has.
func complaints(call *ast.CallExpr) []string {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if name != "bad" && name != "at" && name != "fail" {
		return nil
	}
	var texts []string
	for _, arg := range call.Args {
		if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, _ := strconv.Unquote(lit.Value); strings.Trim(text, "%qvsd=: ") != "" && strings.Contains(text, " ") {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// wholes are definitions that have more wrong with them than what stands in their
// <api>, or are too long for a file.
func wholes() []refusal {
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	nested := func(n int) string {
		var b strings.Builder
		b.WriteString(`<struct name="s0"><field name="c" type="char"/></struct>`)
		for i := range n {
			fmt.Fprintf(&b, `<struct name="s%d"><field name="a" type="s%d"/></struct>`, i+1, i)
		}
		return b.String()
	}
	return []refusal{
		{"nothing", "", "test.xml:1:1: no element in it; a definition is an <api>"},
		{"something else", "<html/>", "test.xml:1:1: <html>: a definition's outermost element is <api>"},
		{"another encoding", `<?xml version="1.0" encoding="latin1"?><api name="a" version="1.0"/>`, `test.xml:1:40: not XML in UTF-8: xml: encoding "latin1" declared but Decoder.CharsetReader is nil`},
		{"compatible with the future", `<api name="a" version="1.0" min-compatible="1.1"/>`, `test.xml:1:1: <api name="a">: min-compatible=1.1 is after version=1.0; write an older one`},
		{"elements", wrap(many(maxElements, "<doc/>")), "test.xml:2:299995: more than 50000 elements"},
		{"depth", wrap(many(maxDepth, "<doc>")), "test.xml:2:76: more than 16 elements within each other"},
		{"attribute", wrap(`<import name="` + many(maxAttr+1, "a") + `"/>`), "test.xml:2:1: <import>: attribute name is longer than 4096 bytes"},
		{"text", wrap(`<doc>` + many(maxDoc+1, "a") + `</doc>`), "test.xml:2:6: <doc> holds more than 65536 bytes of text"},
		{"file", many(maxFile+1, " "), "test.xml:1:1: longer than 4194304 bytes"},
		{"structs", wrap(nested(maxStructs)), `test.xml:2:1793: <struct name="s32"><field name="a">: more than 32 structs within each other; write length= for what is pointed to`},
		{"long length", wrap(function(`<param name="p" type="u8" length="` + many(maxExprText, "n") + `n"/>`)),
			`test.xml:2:22: <function name="t_f"><param name="p">: length="` + many(maxExprText, "n") + `n": it is not a length, as longer than 1000 bytes; write for example n, rows * columns or strlen(text)`},
		{"files", wrap(`<include file="many.xml"/>`), `many.xml:1:1510: <include file="62.xml">: more than 64 files`},
	}
}

// TestWholes tries them beside files that one of them includes.
func TestWholes(t *testing.T) {
	var many strings.Builder
	files := fstest.MapFS{}
	many.WriteString(`<api name="many" version="1.0">`)
	for i := range maxIncludes + 1 {
		file := fmt.Sprintf("%d.xml", i)
		fmt.Fprintf(&many, `<include file=%q/>`, file)
		files[file] = &fstest.MapFile{Data: []byte(`<api name="one" version="1.0"/>`)}
	}
	many.WriteString(`</api>`)
	files["many.xml"] = &fstest.MapFile{Data: []byte(many.String())}
	for _, w := range wholes() {
		files["test.xml"] = &fstest.MapFile{Data: []byte(w.inside)}
		_, err := ParseFS(files, "test.xml")
		if err == nil {
			t.Errorf("%s: accepted", w.name)
		} else if first, _, _ := strings.Cut(err.Error(), "\n"); first != w.want {
			t.Errorf("%s:\ngot:  %.300s\nwant: %.300s", w.name, first, w.want)
		}
	}
}
