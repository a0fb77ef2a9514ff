package sysroot

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// origin is where packages come from: one suite of one archive, and how apt
// knows that what it gets is genuine.
type origin struct {
	uri        string
	suite      string
	components []string
	options    map[string]string // "Signed-By" and "Trusted", as in sources.list(5), deb822 style
}

// sources returns the origin as a file in deb822 style that offers one
// architecture.
func (o origin) sources(debian string) []byte {
	// apt uses the files of a file: archive where they are instead of
	// downloading them; a copy: archive is the same but for that.
	uri := o.uri
	if strings.HasPrefix(uri, "file:") {
		uri = "copy:" + strings.TrimPrefix(uri, "file:")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nArchitectures: %s\n",
		uri, o.suite, strings.Join(o.components, " "), debian)
	for _, name := range originOptions {
		if v := o.options[name]; v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	return b.Bytes()
}

var originOptions = []string{"Signed-By", "Trusted"}

// plainField matches what can stand in a field of a source file without being
// taken for several values or for another field.
var plainField = regexp.MustCompile(`^[!-~]+$`)

// chooseOrigin returns the origin that opts name, completed from the system's
// sources.
func chooseOrigin(ctx context.Context, opts Options) (origin, error) {
	for _, f := range []struct{ what, value string }{{"mirror", opts.Mirror}, {"suite", opts.Suite}, {"keyring", opts.Keyring}} {
		if f.value != "" && !plainField.MatchString(f.value) {
			return origin{}, fmt.Errorf("%s %q: has blanks or unprintable characters", f.what, f.value)
		}
	}
	o, err := systemOrigin(ctx)
	if err != nil && (opts.Mirror == "" || opts.Suite == "") {
		return origin{}, fmt.Errorf("where to get packages: %w; name a mirror and a suite", err)
	}
	if err != nil {
		o = origin{components: []string{"main"}}
	}
	if opts.Mirror != "" {
		o.uri = opts.Mirror
		delete(o.options, "Trusted") // said of another archive
	}
	if opts.Suite != "" {
		o.suite = opts.Suite
	}
	if opts.Keyring != "" {
		o.options = map[string]string{"Signed-By": opts.Keyring}
	}
	return o, nil
}

// pocket matches suites that only add to another one. They lack most packages,
// and not every mirror has them for every architecture.
var pocket = regexp.MustCompile(`-(updates|security|backports(-sloppy)?|proposed(-updates)?)$|/`)

// systemOrigin finds, among the sources of the system's apt, the suite that
// the system itself was installed from.
func systemOrigin(ctx context.Context) (origin, error) {
	// Without release information apt lists its sources even if it has never
	// fetched their indexes.
	out, err := run(ctx, command{name: "apt-get", args: []string{"indextargets", "--no-release-info", "Created-By: Packages"}})
	if err != nil {
		return origin{}, err
	}
	type candidate struct {
		origin
		entry string // file and position of the source
		rank  int    // smaller is better
	}
	var all []*candidate
	for _, t := range stanzas(out) {
		uri, suite, component := t["repo-uri"], t["release"], t["component"]
		if component == "" || suite == "" || pocket.MatchString(suite) || strings.HasPrefix(uri, "cdrom:") {
			continue
		}
		i := slices.IndexFunc(all, func(c *candidate) bool { return c.uri == uri && c.suite == suite })
		if i < 0 {
			i = len(all)
			all = append(all, &candidate{origin: origin{uri: uri, suite: suite}, entry: t["sourcesentry"]})
		}
		if c := all[i]; !slices.Contains(c.components, component) {
			c.components = append(c.components, component)
		}
	}
	if len(all) == 0 {
		return origin{}, fmt.Errorf("apt has no source with a distribution's main suite")
	}
	// Sources of third parties look alike. The one that has the C library is
	// right; before apt has fetched its indexes nobody knows, and the suite
	// with the system's code name is the best guess.
	libc, err := run(ctx, command{name: "apt-cache", args: []string{"madison", "libc6"}})
	if err != nil {
		return origin{}, err
	}
	codename := osCodename()
	for _, c := range all {
		offer := fmt.Sprintf("| %s %s/", strings.TrimSuffix(c.uri, "/"), c.suite)
		switch {
		case bytes.Contains(libc, []byte(offer)):
		case c.suite == codename:
			c.rank = 1
		default:
			c.rank = 2
		}
	}
	best := slices.MinFunc(all, func(a, b *candidate) int { return a.rank - b.rank })
	best.options, err = sourceOptions(best.entry, best.uri, best.suite)
	return best.origin, err
}

// osCodename returns the release's code name, as os-release(5) has it.
func osCodename() string {
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "VERSION_CODENAME="); ok {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}

// oneLine matches a source in one-line style: options, URI, suite.
var oneLine = regexp.MustCompile(`^\s*deb\s+\[([^]]*)\]\s+(\S+)\s+(\S+)`)

// sourceOptions returns the originOptions of a source: apt tells all about a
// source but these. The entry is apt's "FILE:NUMBER".
func sourceOptions(entry, uri, suite string) (map[string]string, error) {
	file, _, ok := cutLast(entry, ":")
	if !ok {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	options := map[string]string{}
	same := func(u string) bool { return strings.TrimSuffix(u, "/") == strings.TrimSuffix(uri, "/") }
	if strings.HasSuffix(file, ".sources") {
		for _, s := range stanzas(data) {
			if slices.ContainsFunc(strings.Fields(s["uris"]), same) && slices.Contains(strings.Fields(s["suites"]), suite) {
				for _, name := range originOptions {
					options[name] = s[strings.ToLower(name)]
				}
				break
			}
		}
		return options, nil
	}
	for line := range strings.Lines(string(data)) {
		m := oneLine.FindStringSubmatch(line)
		if m == nil || !same(m[2]) || m[3] != suite {
			continue
		}
		for _, option := range strings.Fields(m[1]) {
			for _, name := range originOptions {
				if v, ok := strings.CutPrefix(option, strings.ToLower(name)+"="); ok {
					options[name] = strings.ReplaceAll(v, ",", " ")
				}
			}
		}
		break
	}
	return options, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// stanzas parses text in deb822 style (deb822(5)): stanzas of "Field: value"
// lines, separated by blank lines. Field names are made lower case; the lines
// of a folded value keep their indentation.
func stanzas(text []byte) []map[string]string {
	var all []map[string]string
	var current map[string]string
	var field string
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \t\r")
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			current = nil
		case line[0] == ' ' || line[0] == '\t':
			if current != nil {
				current[field] += "\n" + line
			}
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			if current == nil {
				current = map[string]string{}
				all = append(all, current)
			}
			field = strings.ToLower(name)
			current[field] = strings.TrimSpace(value)
		}
	}
	return all
}
