package sysroot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/crossplug/crossplug/fault"
)

// privateAPT is an apt that knows one architecture and one suite, has nothing
// installed, and keeps all its files in a directory of its own. The system's
// apt and dpkg neither influence it nor notice it. What it shares with them is
// how to reach and how to trust an archive: the Acquire settings (proxies,
// time-outs), the keys and the passwords.
type privateAPT struct {
	dir    string
	debian string // the architecture
	suite  string
}

// shared are the prefixes of the system's settings that a privateAPT takes
// over; unshared, those within them that it does not: indexes that have nothing
// to do with packages.
var (
	shared   = []string{"Acquire::", "APT::Hashes::", "APT::Key::", "Dir::Bin::", "Dir::Etc::netrc", "Dir::Etc::trusted"}
	unshared = []string{"Acquire::IndexTargets", "Acquire::Languages"}
)

// newPrivateAPT makes an apt in a directory, which may be one that an earlier
// call made: it then continues with what is there.
func newPrivateAPT(ctx context.Context, dir, debian string, o origin) (*privateAPT, error) {
	if strings.ContainsAny(dir, "\"\n") {
		return nil, fmt.Errorf("directory %q: apt cannot cope with such a name", dir)
	}
	for _, sub := range []string{"sources", "lists/partial", "archives/partial", "dpkg"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	settings, err := run(ctx, command{name: "apt-config", args: []string{"dump"}})
	if err != nil {
		return nil, err
	}
	var conf bytes.Buffer
	has := func(line string, prefixes []string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) })
	}
	for line := range strings.Lines(string(settings)) {
		if has(line, shared) && !has(line, unshared) {
			conf.WriteString(line)
		}
	}
	for _, s := range [][2]string{
		{"APT::Architecture", debian},
		{"APT::Architectures::", debian},
		{"APT::Install-Recommends", "0"},
		// As root, apt would fetch as the user _apt, who cannot get at a
		// directory in root's home.
		{"APT::Sandbox::User", "root"},
		// An index that cannot be had is a failure, not a warning.
		{"APT::Update::Error-Mode", "any"},
		{"Acquire::GzipIndexes", "1"},
		{"Acquire::Languages", "none"},
		{"Dir::State", dir},
		{"Dir::State::lists", dir + "/lists"},
		{"Dir::State::status", dir + "/dpkg/status"},
		{"Dir::Cache", dir},
		{"Dir::Cache::archives", dir + "/archives"},
		// Reading the indexes takes half a second; the caches 70 MB.
		{"Dir::Cache::pkgcache", ""},
		{"Dir::Cache::srcpkgcache", ""},
		{"Dir::Log", dir},
		{"Dir::Etc::main", "/dev/null"},
		{"Dir::Etc::parts", "/dev/null"},
		{"Dir::Etc::preferences", "/dev/null"},
		{"Dir::Etc::preferencesparts", "/dev/null"},
		{"Dir::Etc::sourcelist", "/dev/null"},
		{"Dir::Etc::sourceparts", dir + "/sources"},
	} {
		fmt.Fprintf(&conf, "%s \"%s\";\n", s[0], s[1])
	}
	for name, text := range map[string][]byte{
		"apt.conf":               conf.Bytes(),
		"dpkg/status":            nil,
		"sources/origin.sources": o.sources(debian),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, err
		}
	}
	return &privateAPT{dir, debian, o.suite}, nil
}

func (a *privateAPT) run(ctx context.Context, status func(float64), name string, args ...string) ([]byte, error) {
	return run(ctx, command{name: name, args: args, env: []string{"APT_CONFIG=" + a.dir + "/apt.conf"}, status: status})
}

// update fetches the suite's index.
func (a *privateAPT) update(ctx context.Context, status func(float64)) error {
	_, err := a.run(ctx, status, "apt-get", "update", "-q")
	return err
}

// deb is a package that can be fetched.
type deb struct {
	name, version, arch string
	size                int64
	sha256              string // in hexadecimal
}

// file returns the name under which apt stores the package.
func (d deb) file() string {
	quote := strings.NewReplacer("%", "%25", "_", "%5f", ":", "%3a").Replace
	return quote(d.name) + "_" + quote(d.version) + "_" + strings.ReplaceAll(quote(d.arch), ".", "%2e") + ".deb"
}

// install matches the line in which a simulation of apt-get tells that it
// would unpack a package: "Inst NAME (VERSION RELEASE [ARCH])".
var install = regexp.MustCompile(`(?m)^Inst (\S+) \((\S+) .*\[(\S+)\]\)`)

// resolve returns the named packages and all that they depend on, in the order
// in which dpkg would unpack them.
func (a *privateAPT) resolve(ctx context.Context, names []string) ([]deb, error) {
	out, err := a.run(ctx, nil, "apt-get", append([]string{"install", "-q", "--simulate"}, names...)...)
	if err != nil {
		return nil, a.missing(err)
	}
	var debs []deb
	args := []string{"show"}
	for _, m := range install.FindAllStringSubmatch(string(out), -1) {
		name, _, _ := strings.Cut(m[1], ":") // qualified with the architecture if that is not the main one
		debs = append(debs, deb{name: name, version: m[2], arch: m[3]})
		args = append(args, name+"="+m[2])
	}
	out, err = a.run(ctx, nil, "apt-cache", args...)
	if err != nil {
		return nil, err
	}
	for _, s := range stanzas(out) {
		i := slices.IndexFunc(debs, func(d deb) bool { return d.name == s["package"] && d.version == s["version"] })
		if i < 0 {
			continue
		}
		if debs[i].size, err = strconv.ParseInt(s["size"], 10, 64); err != nil || debs[i].size < 0 {
			return nil, fmt.Errorf("package %s: size %q", debs[i].name, s["size"])
		}
		debs[i].sha256 = s["sha256"]
	}
	for _, d := range debs {
		if d.sha256 == "" {
			return nil, fmt.Errorf("package %s %s: the archive gives no SHA-256 sum", d.name, d.version)
		}
	}
	return debs, nil
}

var unknownPackage = regexp.MustCompile(`(?:Unable to locate package|Package '?)\s?([a-z0-9][a-z0-9+.-]*)'?(?: has no installation candidate)?`)

// missing sorts apt's complaint about packages that it does not know.
func (a *privateAPT) missing(err error) error {
	var unknown []string
	for _, m := range unknownPackage.FindAllStringSubmatch(err.Error(), -1) {
		unknown = append(unknown, m[1])
	}
	switch {
	case len(unknown) == 0:
		return err
	case slices.Contains(unknown, basePackages[0]):
		return fmt.Errorf("the mirror's suite %s is not there for architecture %s: %w; name another mirror", a.suite, a.debian, fault.ErrNotFound)
	}
	return fmt.Errorf("package %s: %w in suite %s for %s", strings.Join(unknown, ", "), fault.ErrNotFound, a.suite, a.debian)
}

// download fetches the packages that are not there yet, or not whole, and
// removes all others.
func (a *privateAPT) download(ctx context.Context, debs []deb, status func(float64)) error {
	if err := a.prune(debs); err != nil {
		return err
	}
	args := []string{"install", "-q", "-y", "--download-only"}
	for _, d := range debs {
		args = append(args, d.name+"="+d.version)
	}
	if _, err := a.run(ctx, status, "apt-get", args...); err != nil {
		return err
	}
	for _, d := range debs {
		if err := a.check(d); err != nil {
			return fmt.Errorf("package %s as fetched: %w", d.name, err)
		}
	}
	return nil
}

// missingBytes returns how much download has to fetch.
func (a *privateAPT) missingBytes(debs []deb) (n int64) {
	for _, d := range debs {
		if info, err := os.Stat(a.path(d)); err != nil || info.Size() != d.size {
			n += d.size
		}
	}
	return n
}

func (a *privateAPT) path(d deb) string { return filepath.Join(a.dir, "archives", d.file()) }

// prune removes the packages that are not listed and those that are damaged:
// apt itself is content if the size is right.
func (a *privateAPT) prune(debs []deb) error {
	all, err := filepath.Glob(filepath.Join(a.dir, "archives", "*.deb"))
	if err != nil {
		return err
	}
	for _, name := range all {
		i := slices.IndexFunc(debs, func(d deb) bool { return a.path(d) == name })
		if i >= 0 && a.check(debs[i]) == nil {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// check compares a package's file with the archive's checksum.
func (a *privateAPT) check(d deb) error {
	f, err := os.Open(a.path(d))
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != d.sha256 {
		return fmt.Errorf("SHA-256 sum %s, want %s", got, d.sha256)
	}
	return nil
}

// unpack writes a package's files into root and returns their paths, absolute
// inside the tree.
func (a *privateAPT) unpack(ctx context.Context, root *os.Root, d deb) (files []string, err error) {
	_, err = run(ctx, command{
		name: "dpkg-deb", args: []string{"--fsys-tarfile", a.path(d)},
		output: func(r io.Reader) (err error) {
			if files, err = unpack(root, r, maxUnpacked); err == nil {
				_, err = io.Copy(io.Discard, r) // the padding after the last member
			}
			return err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("unpacking %s %s: %w", d.name, d.version, err)
	}
	return files, nil
}

// spaceError says what a full disk means for the user.
func spaceError(err error, dir string) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	return fmt.Errorf("%w; make room on the disk of %s and try again: nothing was changed", err, dir)
}
