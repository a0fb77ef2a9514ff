// Package header drafts definitions of APIs from C headers. It is apart from
// package api because it brings a C compiler's front end with it, which only
// those who import headers need.
package header

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// Options say how headers are read. The zero value will do.
type Options struct {
	Name    string   // of the API; the first header's if absent
	Prefix  string   // of names in C
	Include []string // directories to look for included files in, before the system's
	Define  []string // macros, NAME or NAME=VALUE
	Before  []string // headers that are included first, as in #include <NAME>
}

const maxHeaders = 1000

// Import drafts a definition of what C headers declare; what other files that
// they include declare is left out. The draft is one that api.Parse takes. What
// the headers do not say is not guessed: functions that need to know it are
// <unsupported>, with the reason.
//
// The system's C compiler is asked for its macros and for where its headers are.
func Import(files []string, opts Options) ([]byte, error) {
	if len(files) == 0 || len(files) > maxHeaders {
		return nil, fmt.Errorf("%d headers; name from 1 to %d", len(files), maxHeaders)
	}
	u, err := translate(files, opts)
	if err != nil {
		return nil, explained(err, files)
	}
	d := newDrafter(u, files, opts)
	d.collect()
	return d.draft()
}

// maxErrors is how many of the front end's errors are worth reading.
const maxErrors = 10

// What only C++ has: lines, and included files.
var (
	cppLine    = regexp.MustCompile(`(?m)^\s*(class|namespace|template|using|public|virtual)\b`)
	cppInclude = regexp.MustCompile(`include file not found: <\w+>`)
)

// internals is what the front end says of itself in its errors.
var internals = regexp.MustCompile(` +\((\w+\.go:\d+:\w*:? *)+\)| \(Config\.ExpansionLimit \d+\)`)

// explained shortens the front end's errors, and says what may help.
func explained(err error, files []string) error {
	var lines []string
	for line := range strings.SplitSeq(internals.ReplaceAllString(err.Error(), ""), "\n") {
		switch ends := strings.HasPrefix(line, "-: ") || strings.HasPrefix(line, "<end>:"); {
		case !ends:
			lines = append(lines, line)
		case len(lines) == 0:
			lines = append(lines, strings.Join(files, ", ")+": it ends too early")
		}
	}
	if len(lines) > maxErrors {
		lines = append(lines[:maxErrors], fmt.Sprintf("and %d more", len(lines)-maxErrors))
	}
	text := strings.Join(lines, "\n")
	switch {
	case cppInclude.MatchString(text) || !strings.Contains(text, "include file not found") && isCPP(files):
		text += "\nit looks like C++, and import reads C: what C++ alone may see belongs between #ifdef __cplusplus and #endif"
	case strings.Contains(text, "include file not found"):
		text += "\nsay where it is with -I"
	case strings.Contains(text, "unexpected") || strings.Contains(text, "ends too early"):
		text += "\nif the header counts on another one, name that with --before; macros with -D"
	}
	return errors.New(text)
}

func isCPP(files []string) bool {
	for _, file := range files {
		if data, err := readFile(file); err == nil && cppLine.Match(data) {
			return true
		}
	}
	return false
}

// nameOf makes a name of an API of a header's.
func nameOf(file string) string {
	base := filepath.Base(file)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '_' || identifier("x"+string(r))) {
			return r
		}
		return '_'
	}, base)
	if !identifier(name) {
		return "api"
	}
	return name
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
