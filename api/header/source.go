package header

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"modernc.org/cc/v4"
)

// A header may come from anywhere, and the front end that reads it is recursive
// and trusts it: a few bytes can make it include files without end, or exhaust
// the stack, which no program survives. So what it reads is looked at before.
const (
	maxFile      = 4 << 20   // bytes
	maxText      = 64 << 20  // bytes, after preprocessing
	maxIncludes  = 5000      // of the same file, too
	maxExpansion = 2_000_000 // as cc.Config.ExpansionLimit counts
	maxNesting   = 200       // brackets within each other
	maxRun       = 64 << 10  // bytes without a comma, semicolon or brace
)

// disk is the file system as the front end sees it.
type disk struct {
	read map[string][]byte
	err  error // the first file that has been refused; to the front end it is not there
}

// mark counts includes, see pragmas. The line after it is the file's first.
const mark = "#pragma crossplug\n#line 1\n"

// Open reads a file. Its name may have any form that os.Open takes.
func (d *disk) Open(name string) (fs.File, error) {
	if _, ok := d.read[name]; !ok {
		data, err := readFile(name)
		if err != nil {
			return nil, err
		}
		if err := d.add(name, data); err != nil {
			return nil, err
		}
	}
	return &file{bytes.NewReader(d.read[name]), filepath.Base(name)}, nil
}

// add puts a file on the disk, if the front end can bear it.
func (d *disk) add(name string, data []byte) error {
	if err := checkDirectives(data); err != nil {
		d.err = cmp.Or(d.err, fmt.Errorf("%s: %w", name, err))
		return err
	}
	// In a literal that a backslash continues where the text ends, it would read on for ever.
	d.read[name] = slices.Concat([]byte(mark), bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte("\n\n"))
	return nil
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name) // before a pipe is opened, which could wait
	if err != nil {
		return nil, bare(err)
	}
	if info.Size() > maxFile || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a file of at most %d bytes", maxFile)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, bare(err)
	}
	return data, nil
}

// bare takes the file's name off an error.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// file is a file that has been read. Of fs.FileInfo it knows what is asked.
type file struct {
	*bytes.Reader
	name string
}

func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Close() error               { return nil }
func (f *file) Name() string               { return f.name }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }

// checkDirectives refuses nesting in the lines of the preprocessor, which
// evaluates them before anything can look at the result.
func checkDirectives(data []byte) error {
	data = bytes.ReplaceAll(data, []byte("\\\n"), nil)
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#")) {
			var n nesting
			if _, err := n.Write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// nesting looks at C text that is written to it, and refuses what is nested too
// deeply or too long.
type nesting struct {
	open       []byte // what would close the brackets that are open
	run, total int
	quote      byte  // that the text is in, or 0
	escaped    bool  // by a backslash before
	err        error // what it has refused
}

func (n *nesting) Write(text []byte) (int, error) {
	for i, c := range text {
		switch {
		case n.escaped:
			n.escaped = false
		case n.quote != 0 && c == '\\':
			n.escaped = true
		case n.quote != 0:
			if c == n.quote || c == '\n' {
				n.quote = 0
			}
		default:
			if n.err = n.byte(c); n.err != nil {
				return i, n.err
			}
		}
	}
	if n.total += len(text); n.total > maxText {
		n.err = fmt.Errorf("more than %d bytes after preprocessing", maxText)
	}
	return len(text), n.err
}

func (n *nesting) byte(c byte) error {
	n.run++
	switch c {
	case '"', '\'':
		n.quote = c
	case '(':
		n.open = append(n.open, ')')
	case '[':
		n.open = append(n.open, ']')
	case '{':
		n.open = append(n.open, '}')
	case ')', ']', '}':
		n.open = n.open[:max(len(n.open)-1, 0)]
	}
	switch c {
	case ',', ';', '{', '}':
		n.run = 0
	}
	switch {
	case len(n.open) > maxNesting:
		return fmt.Errorf("more than %d brackets within each other", maxNesting)
	case n.run > maxRun:
		return fmt.Errorf("more than %d bytes without a comma or semicolon", maxRun)
	}
	return nil
}

// next marks that the next file is one of those to be drafted.
const next = "#pragma crossplug next\n"

// pragmas answers #pragma once and pack, which the front end leaves to others, and
// the marks: what is to be drafted is read once, be it by way of another.
type pragmas struct {
	count      int
	top        bool // the next file is one of those to be drafted
	seen, once map[string]bool
	packings   map[string]*packings // by file
}

// packings is what #pragma pack says in one file.
type packings struct {
	changes []packing
	pushed  []int
	now     int
}

// packing is the most that is aligned from a line on, 0 for no bound.
type packing struct{ line, most int }

func newPragmas() *pragmas {
	return &pragmas{seen: map[string]bool{}, once: map[string]bool{}, packings: map[string]*packings{}}
}

func (p *pragmas) handle(tokens []cc.Token) error {
	if len(tokens) == 0 {
		return nil
	}
	name := filepath.Clean(tokens[0].Position().Filename)
	switch first, last := tokens[0].SrcStr(), tokens[len(tokens)-1].SrcStr(); {
	case first == "crossplug" && last == "next":
		p.top = true
	case first == "crossplug":
		p.count++
		skip := p.count > maxIncludes || p.top && p.seen[name] || p.once[name]
		p.top, p.seen[name] = false, true
		if skip {
			return cc.SkipSource
		}
	case first == "once":
		p.once[name] = true
	case first == "pack":
		p.pack(name, tokens)
	}
	return nil
}

// pack notes #pragma pack(N), pack(push, N), pack(pop) and pack(). As in most
// headers, it is taken to begin and end in one file.
func (p *pragmas) pack(name string, tokens []cc.Token) {
	file := p.packings[name]
	if file == nil {
		file = &packings{}
		p.packings[name] = file
	}
	most := 0
	for _, t := range tokens[1:] {
		n, err := strconv.Atoi(t.SrcStr())
		switch last := len(file.pushed) - 1; {
		case err == nil:
			most = n
		case t.SrcStr() == "push":
			most = file.now
			file.pushed = append(file.pushed, most)
		case t.SrcStr() == "pop" && last >= 0:
			most = file.pushed[last]
			file.pushed = file.pushed[:last]
		}
	}
	file.now = most
	file.changes = append(file.changes, packing{tokens[0].Position().Line, most})
}

// at returns what holds on a line of the file.
func (p *packings) at(line int) (most int) {
	i := sort.Search(len(p.changes), func(i int) bool { return p.changes[i].line >= line })
	if i == 0 {
		return 0
	}
	return p.changes[i-1].most
}

// unit is what headers are to the front end.
type unit struct {
	*cc.AST
	*pragmas
}

// translate parses and type-checks headers, in their order.
func translate(names []string, opts Options) (unit, error) {
	for _, name := range names {
		if _, err := readFile(name); err != nil {
			return unit{}, fmt.Errorf("%s: %w", name, err)
		}
		if strings.ContainsAny(filepath.Base(name), "\"\\\n") {
			return unit{}, fmt.Errorf("%q: a name that #include cannot have", name)
		}
	}
	config, err := cc.NewConfig("", "")
	if err != nil {
		return unit{}, fmt.Errorf("asking the C compiler for its headers: %w; install one, or name it in the environment variable CC", err)
	}
	return parse(config, &disk{read: map[string][]byte{}}, names, opts)
}

// parse is translate with a compiler's configuration, which it changes.
func parse(config *cc.Config, disk *disk, names []string, opts Options) (u unit, err error) {
	config.Header, config.EvalAllMacros, config.ExpansionLimit = true, true, maxExpansion
	config.FS, config.FSOnly = disk, true
	// First the directory of the file that includes.
	config.IncludePaths = slices.Concat([]string{""}, opts.Include, config.IncludePaths)
	config.SysIncludePaths = slices.Concat(opts.Include, config.SysIncludePaths)
	before, err := prelude(opts)
	if err != nil {
		return unit{}, err
	}
	sources := []cc.Source{
		{Name: "<predefined>", Value: config.Predefined},
		{Name: "<builtin>", Value: cc.Builtin},
		{Name: "<before>", Value: before},
	}
	for i, name := range names { // included from a file beside it that is not there
		dir, base := filepath.Split(name)
		sources = append(sources, cc.Source{Name: fmt.Sprintf("%s<%d>", dir, i+1), Value: fmt.Sprintf("%s#include \"%s\"\n", next, base)})
	}
	all := strings.Join(names, ", ")
	defer func() { // the front end is not ours
		if p := recover(); p != nil {
			u, err = unit{}, fmt.Errorf("%s: the C parser gave up: %v", all, p)
		}
	}()
	first := newPragmas()
	config.PragmaHandler = first.handle
	var n nesting
	switch err := cc.Preprocess(config, sources, &n); {
	case first.count > maxIncludes:
		return unit{}, fmt.Errorf("%s: more than %d files are included; one may include itself", all, maxIncludes)
	case disk.err != nil:
		return unit{}, disk.err
	case n.err != nil:
		return unit{}, fmt.Errorf("%s: %w", all, n.err)
	case err != nil:
		return unit{}, err
	}
	// Where the text ends within something, the front end would read on for ever.
	slices.Reverse(n.open)
	sources = append(sources, cc.Source{Name: "<end>", Value: string(n.open) + strings.Repeat(";int crossplug_end;\n", 4)})
	u.pragmas = newPragmas()
	config.PragmaHandler = u.handle
	if len(n.open) > 0 { // something is wrong, and the parser may know where
		if _, err := cc.Parse(config, sources); err != nil {
			return unit{}, err
		}
		return unit{}, fmt.Errorf("%s: it ends within brackets", all)
	}
	u.AST, err = cc.Translate(config, sources)
	return u, err
}

// prelude is what the headers may count on.
func prelude(opts Options) (string, error) {
	var b strings.Builder
	for _, def := range opts.Define {
		name, value, ok := strings.Cut(def, "=")
		if !ok {
			value = "1"
		}
		if !identifier(name) || strings.ContainsAny(value, "\n\\") {
			return "", fmt.Errorf("macro %q: write NAME or NAME=VALUE", def)
		}
		fmt.Fprintf(&b, "#define %s %s\n", name, value)
	}
	for _, file := range opts.Before {
		if file == "" || strings.ContainsAny(file, "\n\\<>\"") {
			return "", fmt.Errorf("header %q: write its name as in #include", file)
		}
		fmt.Fprintf(&b, "#include <%s>\n", file)
	}
	return b.String(), nil
}
