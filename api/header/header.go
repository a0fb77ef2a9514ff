// Package header drafts definitions of APIs from C headers. It is apart from
// package api because it brings a C compiler's front end with it, which only
// those who import headers need.
package header

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/crossplug/crossplug/api"

	"modernc.org/cc/v4"
)

// Options say how a header is read. The zero value will do.
type Options struct {
	Name    string   // of the API; "api" if absent
	Prefix  string   // of names in C
	Include []string // directories to look for included files in, before the system's
	Define  []string // macros, NAME or NAME=VALUE
}

const (
	maxHeader    = 4 << 20 // bytes
	maxExpansion = 50_000_000
	maxRounds    = 20 // of finding what does not cross because something else does not
)

// Import drafts a definition of what a C header declares; what files that it
// includes declare is left out. The draft is one that api.Parse takes. What the
// header does not say is not guessed: functions that need to know it are
// <unsupported>, with the reason.
//
// The system's C compiler is asked for its macros and for where its headers are.
func Import(file string, opts Options) (draft []byte, err error) {
	ast, err := translate(file, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d := newDrafter(ast, file, opts)
	d.collect()
	// What is refused in a first draft becomes unsupported in the next.
	for range maxRounds {
		draft = d.write()
		r, err := api.CheckFS(fstest.MapFS{"draft.xml": {Data: draft}}, "draft.xml")
		if err != nil {
			return nil, err
		}
		if len(r.Errors) == 0 {
			return draft, nil
		}
		if !d.learn(r.Errors) {
			return nil, fmt.Errorf("%s: the draft is no definition: %w", file, r.Errors)
		}
	}
	return nil, fmt.Errorf("%s: no draft after %d attempts", file, maxRounds)
}

// translate parses and type-checks a header.
func translate(file string, opts Options) (ast *cc.AST, err error) {
	if info, err := os.Stat(file); err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, err
	} else if info.Size() > maxHeader || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a file of at most %d bytes", maxHeader)
	}
	config, err := cc.NewConfig("", "")
	if err != nil {
		return nil, fmt.Errorf("asking the C compiler for its headers: %w; install one, or name it in the environment variable CC", err)
	}
	config.Header, config.EvalAllMacros, config.ExpansionLimit = true, true, maxExpansion
	// First the directory of the file that includes.
	config.IncludePaths = slices.Concat([]string{""}, opts.Include, config.IncludePaths)
	config.SysIncludePaths = slices.Concat(opts.Include, config.SysIncludePaths)
	var defines strings.Builder
	for _, def := range opts.Define {
		name, value, ok := strings.Cut(def, "=")
		if !ok {
			value = "1"
		}
		if !identifier(name) || strings.ContainsAny(value, "\n\\") {
			return nil, fmt.Errorf("macro %q: write NAME or NAME=VALUE", def)
		}
		fmt.Fprintf(&defines, "#define %s %s\n", name, value)
	}
	defer func() { // the front end is not ours, and headers may be anything
		if p := recover(); p != nil {
			ast, err = nil, fmt.Errorf("the C parser gave up: %v", p)
		}
	}()
	return cc.Translate(config, []cc.Source{
		{Name: "<predefined>", Value: config.Predefined},
		{Name: "<builtin>", Value: cc.Builtin},
		{Name: "<defines>", Value: defines.String()},
		{Name: file},
	})
}

// identifier says whether s is a name in C.
func identifier(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
