// Package house holds the tests that police the repository: who imports whom,
// what every package and file must have. They parse the source, all of it,
// whatever the build constraints; asking the go command would test only this
// machine's part, and a cached answer would hide a change.
package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/crossplug/crossplug"

// sourceFile is one Go file.
type sourceFile struct {
	path      string // from the root of the repository, with slashes
	lines     int
	generated bool
	syntax    *ast.File
}

// folder names the file's package as the rules do.
func (f sourceFile) folder() string { return path.Dir(f.path) }

func (f sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// imports names what the file imports as the rules do.
func (f sourceFile) imports() []string {
	var names []string
	for _, spec := range f.syntax.Imports {
		names = append(names, importName(strings.Trim(spec.Path.Value, "`\"")))
	}
	return names
}

func importName(p string) string {
	first, _, _ := strings.Cut(p, "/")
	switch {
	case p == module:
		return "."
	case strings.HasPrefix(p, module+"/"):
		return strings.TrimPrefix(p, module+"/")
	case p == "C", strings.Contains(first, "."):
		return p
	}
	return "std/" + p
}

func parse(name string, source []byte) (sourceFile, error) {
	syntax, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
	if err != nil {
		return sourceFile{}, err
	}
	return sourceFile{name, bytes.Count(source, []byte("\n")), ast.IsGenerated(syntax), syntax}, nil
}

// repository parses every Go file there is.
func repository(t *testing.T) []sourceFile {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal("this is not where the repository's root is expected: ", err)
	}
	var files []sourceFile
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != root && (base == "testdata" || base[0] == '.' || base[0] == '_') {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(base) != ".go" {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := parse(filepath.ToSlash(rel), source)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files under %s", len(files), root)
	}
	return files
}

// matches says whether a name is, or lies below, what a pattern means.
func matches(pattern, name string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	dir, below := strings.CutSuffix(pattern, "/*")
	return below && (name == dir || strings.HasPrefix(name, dir+"/"))
}

func anyMatches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// allows says whether a package may import another, as far as one rule goes.
func (r rule) allows(folder, imported string) bool {
	if !matches(r.packages, folder) || anyMatches(r.except, folder) {
		return true
	}
	return (r.only == nil || anyMatches(r.only, imported)) && !anyMatches(r.never, imported)
}

// importComplaints lists where a file breaks a rule.
func importComplaints(f sourceFile) []string {
	var complaints []string
	for _, imported := range f.imports() {
		if f.isTest() && imported != "C" {
			continue
		}
		for _, r := range rules {
			if !r.allows(f.folder(), imported) {
				complaints = append(complaints, fmt.Sprintf("%s imports %s: %s", f.path, imported, r.why))
			}
		}
	}
	return complaints
}

func TestImports(t *testing.T) {
	for _, f := range repository(t) {
		for _, c := range importComplaints(f) {
			t.Error(c)
		}
	}
}

// TestImportRulesCatch breaks each rule once, and sees that the rule notices.
func TestImportRulesCatch(t *testing.T) {
	for _, r := range rules {
		if r.why == "" {
			t.Errorf("the rule about %s has no reason", r.packages)
		}
		folder, imported := r.breach[0], r.breach[1]
		if r.allows(folder, imported) {
			t.Errorf("the rule about %s lets %s import %s", r.packages, folder, imported)
		}
		full := imported
		switch {
		case imported == ".":
			full = module
		case strings.HasPrefix(imported, "std/"):
			full = strings.TrimPrefix(imported, "std/")
		case imported != "C" && !strings.Contains(imported, "."):
			full = module + "/" + imported
		}
		f, err := parse(path.Join(folder, "x_plan9.go"), fmt.Appendf(nil, "//go:build ignore\n\npackage x\n\nimport _ %q\n", full))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(importComplaints(f), "\n"); !strings.Contains(got, r.why) {
			t.Errorf("%s imports %s: the complaints are %q", folder, imported, got)
		}
	}
	for _, fine := range [][2]string{
		{"helper", "helper/wire"}, {"helper/sysroot", "arch"}, {"hosts/ladspa", "."}, {".", "helper"}, {"guest", "guest/interp/ppc"},
		{"guest/translate/ir", "github.com/tetratelabs/wazero"}, {"internal/cli", "hosts/ladspa"}, {"arch", "std/debug/elf"},
	} {
		for _, r := range rules {
			if !r.allows(fine[0], fine[1]) {
				t.Errorf("%s may not import %s: %s", fine[0], fine[1], r.why)
			}
		}
	}
}

// fileComplaints lists where a file breaks what every file must keep.
func fileComplaints(f sourceFile) []string {
	var complaints []string
	complain := func(format string, args ...any) {
		complaints = append(complaints, f.path+": "+fmt.Sprintf(format, args...))
	}
	if slices.Contains(f.imports(), "std/unsafe") && !strings.HasSuffix(f.path, "_unsafe.go") && !strings.HasSuffix(f.path, "_unsafe_test.go") {
		complain("imports unsafe, so its name must end in _unsafe.go, where reviewers look")
	}
	if f.lines > maxLines && !f.generated {
		complain("has %d lines; at %d a file has more than one subject", f.lines, maxLines)
	}
	library := !f.isTest() && !anyMatches([]string{"cmd/*", "internal/cli/*", "examples/*", "bench/*"}, f.folder())
	if library {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				for _, call := range endings(fn) {
					complain("%s calls %s, but a library returns errors", fn.Name.Name, call)
				}
			}
		}
	}
	return complaints
}

// endings lists the calls in a function that end the program, or the goroutine.
func endings(fn *ast.FuncDecl) []string {
	var calls []string
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			if f.Name == "panic" && !strings.HasPrefix(fn.Name.Name, "Must") {
				calls = append(calls, "panic")
			}
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok && x.Name == "os" && f.Sel.Name == "Exit" {
				calls = append(calls, "os.Exit")
			}
		}
		return true
	})
	return calls
}

func TestFiles(t *testing.T) {
	var complaints []string
	for _, f := range repository(t) {
		complaints = append(complaints, fileComplaints(f)...)
	}
	for place := range panics {
		n := len(complaints)
		complaints = slices.DeleteFunc(complaints, func(c string) bool { return strings.HasPrefix(c, place+" calls panic") })
		if len(complaints) == n {
			t.Errorf("%s no longer panics and needs no excuse", place)
		}
	}
	for _, c := range complaints {
		t.Error(c)
	}
}

func TestFileRulesCatch(t *testing.T) {
	for _, tt := range []struct{ path, source, want string }{
		{"arch/x.go", "package arch\n\nimport _ \"unsafe\"\n", "arch/x.go: imports unsafe"},
		{"arch/x_unsafe.go", "package arch\n\nimport _ \"unsafe\"\n", ""},
		{"arch/x.go", "package arch\n" + strings.Repeat("\n", maxLines), "arch/x.go: has 701 lines"},
		{"arch/zx.go", "// Code generated by x; DO NOT EDIT.\n\npackage arch\n" + strings.Repeat("\n", maxLines), ""},
		{"arch/x.go", "package arch\n\nfunc f() { go func() { panic(1) }() }\n", "arch/x.go: f calls panic, but"},
		{"arch/x.go", "package arch\n\nfunc MustParse() { panic(1) }\n", ""},
		{"helper/x.go", "package helper\n\nimport \"os\"\n\nfunc f() { os.Exit(1) }\n", "helper/x.go: f calls os.Exit, but"},
		{"cmd/x/x.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(1) }\n", ""},
		{"helper/x_test.go", "package helper\n\nfunc f() { panic(1) }\n", ""},
	} {
		f, err := parse(tt.path, []byte(tt.source))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(fileComplaints(f), "\n")
		if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s %.30q: complaints %q, want %q", tt.path, tt.source, got, tt.want)
		}
	}
}

// docComplaints lists the packages without a comment that begins as godoc
// wants it, or with several.
func docComplaints(files []sourceFile) []string {
	docs := map[string][]string{} // by folder: the first words of each comment
	for _, f := range files {
		if f.isTest() {
			continue
		}
		doc := docs[f.folder()]
		if f.syntax.Doc != nil {
			words := strings.Fields(f.syntax.Doc.Text())
			doc = append(doc, strings.Join(words[:min(2, len(words))], " "))
		}
		docs[f.folder()] = doc
	}
	var complaints []string
	for _, f := range files {
		doc, ok := docs[f.folder()]
		if !ok || f.isTest() { // whose package may be another, for tests only
			continue
		}
		delete(docs, f.folder()) // once per package
		want := "Package " + f.syntax.Name.Name
		if f.syntax.Name.Name == "main" {
			want = "Command " + path.Base(f.folder())
		}
		if len(doc) != 1 || doc[0] != want {
			complaints = append(complaints, fmt.Sprintf("package %s has comments that begin %q; want one that begins %q", f.folder(), doc, want))
		}
	}
	return complaints
}

func TestPackageComments(t *testing.T) {
	for _, c := range docComplaints(repository(t)) {
		t.Error(c)
	}
}

func TestPackageCommentsCatch(t *testing.T) {
	tests, err := parse("x/y/0_test.go", []byte("package y_test\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		sources []string
		want    int
	}{
		{[]string{"// Package x is good.\npackage x\n", "package x\n"}, 0},
		{[]string{"package x\n"}, 1},
		{[]string{"// X is bad.\npackage x\n"}, 1},
		{[]string{"// Package x is good.\npackage x\n", "// Package x is said twice.\npackage x\n"}, 1},
		{[]string{"// Command y does it.\npackage main\n"}, 0},
	} {
		files := []sourceFile{tests}
		for i, s := range tt.sources {
			f, err := parse(fmt.Sprintf("x/y/%d.go", i), []byte(s))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		if got := docComplaints(files); len(got) != tt.want {
			t.Errorf("%q: complaints %q, want %d", tt.sources, got, tt.want)
		}
	}
}
