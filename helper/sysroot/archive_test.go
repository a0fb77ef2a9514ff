package sysroot

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// entry is a member of a package made for a test.
type entry struct {
	name string // as in the archive, for example "./usr/lib/x"
	link string // target of a symbolic link
	hard string // target of a hard link
	text string
	kind byte // if not 0, the type of another member, for example tar.TypeChar
}

func tarball(t testing.TB, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(e.text))}
		switch {
		case e.kind != 0:
			h.Typeflag = e.kind
		case e.link != "":
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		case e.hard != "":
			h.Typeflag, h.Linkname = tar.TypeLink, e.hard
		case strings.HasSuffix(e.name, "/"):
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// testPackage is a package made for a test.
type testPackage struct {
	name    string
	depends string
	entries []entry
}

func (p testPackage) control(arch string) string {
	s := fmt.Sprintf("Package: %s\nVersion: 1:2.0+x~1\nArchitecture: %s\nMaintainer: Nobody <nobody@localhost>\nDescription: made for a test\n", p.name, arch)
	if p.depends != "" {
		s += "Depends: " + p.depends + "\n"
	}
	return s
}

// deb makes the package's file: an ar archive, see deb(5).
func (p testPackage) deb(t testing.TB, arch string) []byte {
	t.Helper()
	zip := func(data []byte) []byte {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range []struct {
		name string
		data []byte
	}{
		{"debian-binary", []byte("2.0\n")},
		{"control.tar.gz", zip(tarball(t, []entry{{name: "./control", text: p.control(arch)}}))},
		{"data.tar.gz", zip(tarball(t, p.entries))},
	} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", m.name, 0, 0, 0, 0o100644, len(m.data))
		b.Write(m.data)
		if len(m.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// basis returns the packages that every tree has, in small.
func basis(target Target) []testPackage {
	lib := "./usr/lib/" + target.Triplet
	return []testPackage{
		{"libc6", "", []entry{
			{name: lib + "/ld.so", text: "loader"},
			{name: lib + "/libc.so.6", text: "C library"},
			{name: "." + target.Loader, link: "/lib/" + target.Triplet + "/ld.so"},
		}},
		{"libgcc-s1", "libc6", []entry{{name: lib + "/libgcc_s.so.1", text: "x"}}},
		{"libstdc++6", "libc6, libgcc-s1", []entry{{name: lib + "/libstdc++.so.6", text: "x"}}},
	}
}

// archive is a Debian archive on this machine, with a suite named "test".
type archive struct {
	files map[string][]byte
	made  time.Time

	mu     sync.Mutex
	ranges []string      // of the requests for packages
	stall  chan struct{} // if not nil: send half of each package, then nothing until it is closed
}

// newArchive serves packages of one architecture and makes the archive the one
// and only that the system's apt knows, as far as this test is concerned.
func newArchive(t *testing.T, target Target, packages ...testPackage) *archive {
	t.Helper()
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("this system has no apt-get")
	}
	a := &archive{files: map[string][]byte{}, made: time.Now().Add(-time.Hour)}
	var index bytes.Buffer
	for _, p := range packages {
		deb := p.deb(t, target.Debian)
		name := "pool/" + p.name + ".deb"
		a.files["/"+name] = deb
		fmt.Fprintf(&index, "%sFilename: %s\nSize: %d\nSHA256: %x\n\n", p.control(target.Debian), name, len(deb), sha256.Sum256(deb))
	}
	const list = "main/binary-%s/Packages"
	a.files[fmt.Sprintf("/dists/test/"+list, target.Debian)] = index.Bytes()
	a.files["/dists/test/Release"] = fmt.Appendf(nil, "Suite: test\nCodename: test\nArchitectures: %s\nComponents: main\nDate: %s\nSHA256:\n %x %d "+list+"\n",
		target.Debian, a.made.UTC().Format(time.RFC1123), sha256.Sum256(index.Bytes()), index.Len(), target.Debian)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	t.Cleanup(a.resume) // or Close would wait for the stalled ones

	conf := t.TempDir()
	write(t, conf+"/sources/test.sources", "Types: deb\nURIs: "+server.URL+"\nSuites: test\nComponents: main\nTrusted: yes\n")
	useAPT(t, conf)
	return a
}

// useAPT makes dir/sources the system's apt sources and empties its indexes.
func useAPT(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir+"/lists/partial", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/apt.conf", fmt.Sprintf(`
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "%s/sources";
Dir::State::lists "%s/lists";
Acquire::http::Proxy::127.0.0.1 "DIRECT";
Acquire::Retries "0";
`, dir, dir))
	t.Setenv("APT_CONFIG", filepath.Join(dir, "apt.conf"))
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if strings.HasSuffix(r.URL.Path, ".deb") {
		a.mu.Lock()
		a.ranges = append(a.ranges, r.Header.Get("Range"))
		stall := a.stall
		a.mu.Unlock()
		if stall != nil && len(data) > 1<<20 {
			w.Header().Set("Last-Modified", a.made.UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data[:len(data)/2])
			w.(http.Flusher).Flush()
			<-stall
			return
		}
	}
	http.ServeContent(w, r, "", a.made, bytes.NewReader(data))
}

// stop makes large packages stall half way.
func (a *archive) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stall = make(chan struct{})
}

// resume ends the stalled answers and sends whole packages again.
func (a *archive) resume() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stall != nil {
		close(a.stall)
		a.stall = nil
	}
}

// asked returns the Range headers of the requests for packages since the last
// call.
func (a *archive) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.ranges
	a.ranges = nil
	return r
}
