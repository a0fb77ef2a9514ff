package api

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "rewrite what is made of the grammar, and the expected output in testdata")

// The schema and the reference are made of the grammar, which the parser reads
// definitions by.
//
//go:generate go test -run ^(TestSchema|TestReference)$ . -update

func TestSchema(t *testing.T) { expectFile(t, "api.rng", schema()) }

// expectFile compares a file with what it should be.
func expectFile(t *testing.T, file, want string) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err == nil && string(have) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what it should be; run go generate ./api", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// schema writes the grammar in RELAX NG.
func schema() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<!-- Code generated from the grammar in grammar.go by go generate; DO NOT EDIT. -->
<grammar xmlns="http://relaxng.org/ns/structure/1.0" xmlns:a="http://relaxng.org/ns/compatibility/annotations/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start>
    <ref name="api"/>
  </start>
`)
	for _, r := range grammar {
		fmt.Fprintf(&b, "  <define name=%q>\n    <element name=%q>\n      <a:documentation>%s</a:documentation>\n", r.name, r.name, escape(r.doc))
		for _, a := range r.attrs {
			open, end := "      <optional>\n  ", "      </optional>\n"
			if a.required {
				open, end = "", ""
			}
			fmt.Fprintf(&b, "%s      <attribute name=%q>\n        <a:documentation>%s</a:documentation>\n%s      </attribute>\n%s", open, a.name, escape(a.doc), a.schema(), end)
		}
		for _, group := range r.children {
			names, many := strings.Split(group[:len(group)-1], "|"), map[string]string{"*": "zeroOrMore", "?": "optional"}[group[len(group)-1:]]
			fmt.Fprintf(&b, "      <%s>\n", many)
			if len(names) > 1 {
				b.WriteString("        <choice>\n")
			}
			for _, name := range names {
				fmt.Fprintf(&b, "          <ref name=%q/>\n", name)
			}
			if len(names) > 1 {
				b.WriteString("        </choice>\n")
			}
			fmt.Fprintf(&b, "      </%s>\n", many)
		}
		switch {
		case r.text:
			b.WriteString("      <text/>\n")
		case len(r.attrs) == 0 && len(r.children) == 0:
			b.WriteString("      <empty/>\n")
		}
		b.WriteString("    </element>\n  </define>\n")
	}
	b.WriteString("</grammar>\n")
	return b.String()
}

// schema writes the values that an attribute may have.
func (a *attrRule) schema() string {
	pattern := func(p string) string {
		return "        <data type=\"string\">\n          <param name=\"pattern\">" + p + "</param>\n        </data>\n"
	}
	value := func(vs ...string) string {
		s := "        <choice>\n"
		for _, v := range vs {
			if v != "" {
				s += "          <value>" + v + "</value>\n"
			}
		}
		return s + "        </choice>\n"
	}
	switch a.kind {
	case nameAttr:
		return pattern("[A-Za-z_][A-Za-z0-9_]*")
	case numberAttr:
		return pattern("[0-9]+")
	case integerAttr:
		return pattern("-?([0-9]+|0x[0-9A-Fa-f]+)")
	case boolAttr:
		return value("true", "false")
	case versionAttr:
		return pattern(`[0-9]+\.[0-9]+`)
	case exprAttr:
		return pattern(`[A-Za-z0-9_ .,()+*/\-]+`)
	case choiceAttr:
		return value(a.choices...)
	}
	return pattern(".+")
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'").Replace(b.String())
}

// TestSchemaAgrees lets an independent validator judge all definitions of the
// tree, and broken ones, which it must refuse for the same reasons as the parser.
func TestSchemaAgrees(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed; scripts/need oracles")
	}
	valid := func(file string) (bool, string) {
		out, err := exec.Command(xmllint, "--nonet", "--noout", "--relaxng", "api.rng", file).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if err == nil || exit.ExitCode() == 3 || exit.ExitCode() == 1 { // not valid; not well-formed
			return err == nil, string(out)
		}
		t.Fatalf("xmllint: %v\n%s", err, out)
		return false, ""
	}
	for _, file := range definitions(t) {
		if ok, out := valid(file); !ok {
			t.Errorf("%s", out)
		}
	}
	dir := t.TempDir()
	_, forms := refusals(t, "testdata/forms.txt")
	for _, tt := range forms {
		file := filepath.Join(dir, "broken.xml")
		if err := os.WriteFile(file, []byte(wrap(tt.inside)), 0o666); err != nil {
			t.Fatal(err)
		}
		if ok, _ := valid(file); ok {
			t.Errorf("%s: the schema allows what the parser refuses:\n%s", tt.name, tt.inside)
		}
	}
}

const referenceFile = "../docs/api.md"

const referenceHead = "<!-- The rest is made of the grammar in api/grammar.go by go generate ./api. -->\n"

// TestReference keeps the second half of docs/api.md what the grammar says.
func TestReference(t *testing.T) {
	f, err := os.Open(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(text), referenceHead)
	if !ok {
		t.Fatalf("%s lacks the line %s", referenceFile, referenceHead)
	}
	expectFile(t, referenceFile, before+referenceHead+referenceOf())
}

// TestReferenceExample parses the definition that the reference begins with.
func TestReferenceExample(t *testing.T) {
	text, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```xml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no example")
	}
	if _, err := ParseFS(fstest.MapFS{"gain.xml": {Data: []byte(example)}}, "gain.xml"); err != nil {
		t.Error(err)
	}
}

// referenceOf writes the grammar for people.
func referenceOf() string {
	var b strings.Builder
	for _, r := range grammar {
		fmt.Fprintf(&b, "\n### `<%s>`\n%s\n", r.name, r.doc)
		if len(r.children) > 0 {
			var parts []string
			for _, group := range r.children {
				part := "`" + strings.ReplaceAll(group[:len(group)-1], "|", "`, `") + "`"
				if strings.HasSuffix(group, "*") {
					part = "any number of " + strings.ReplaceAll(part, ", ", " and ")
				} else {
					part = "at most one " + strings.ReplaceAll(part, ", ", " or ")
				}
				parts = append(parts, part)
			}
			fmt.Fprintf(&b, "It holds, in this order: %s.\n", strings.Join(parts, "; "))
		}
		if len(r.attrs) == 0 {
			continue
		}
		b.WriteString("\n| attribute | value | meaning |\n|---|---|---|\n")
		for _, a := range r.attrs {
			name := "`" + a.name + "`"
			if a.required {
				name += " (required)"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, a.reference(), a.doc)
		}
	}
	return b.String()
}

func (a *attrRule) reference() string {
	switch a.kind {
	case nameAttr:
		return "name"
	case numberAttr, integerAttr:
		return "number"
	case boolAttr:
		return "**`false`**, `true`"
	case versionAttr:
		return "MAJOR.MINOR"
	case exprAttr:
		return "length"
	case choiceAttr:
		var parts []string
		for i, c := range a.choices {
			switch {
			case c == "":
			case i == 0 && !a.required:
				parts = append(parts, "**`"+c+"`**")
			default:
				parts = append(parts, "`"+c+"`")
			}
		}
		return strings.Join(parts, ", ")
	}
	return "text"
}
