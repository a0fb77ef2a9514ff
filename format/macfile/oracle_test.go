package macfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// tool finds a program of others that reads the same formats.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed; it is in the package %s", name, pkg)
	}
	return path
}

// run runs a tool in a folder and returns what it prints.
func run(t *testing.T, dir string, in []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin, cmd.Env = dir, bytes.NewReader(in), append(os.Environ(), "HOME="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v: %s%s", name, args, err, out, stderr.Bytes())
	}
	return out
}

// plain are the files whose names, types and creators C programs can have:
// other systems' file names, and creators without NUL.
func plain() []named {
	var some []named
	for _, n := range files() {
		if n.name != "strange name" && n.name != "long name" && n.name != "no type" {
			n.file.Finder = FinderInfo{Type: code("shlb"), Creator: code("cfmg"), Flags: HasBundle}
			n.file.Created = time.Date(1994, 3, 14, 15, 9, 26, 0, time.UTC) // unar knows MacBinary I by that
			n.file.Modified = n.file.Created
			some = append(some, n)
		}
	}
	return some
}

// TestUnarUnpacks has unar take off what was put on, and opens what it made of
// it: the data fork, and beside it AppleDouble of its own making.
func TestUnarUnpacks(t *testing.T) {
	unar := tool(t, "unar", "unar")
	for _, n := range plain() {
		for _, fm := range formats {
			if n.file.Data.Size()+n.file.Resource.Size() == 0 {
				continue // of which it makes nothing
			}
			t.Run(n.name+"/"+fm.wrapping.String(), func(t *testing.T) {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "wrapped"), fm.wrap(t, n.file), 0o644); err != nil {
					t.Fatal(err)
				}
				run(t, dir, nil, unar, "-q", "-D", "-k", "visible", "-o", "out", "wrapped")
				path := filepath.Join(dir, "out", n.file.Name)
				if _, err := os.Stat(path); err != nil { // it mostly writes no empty file
					path += ".rsrc"
				}
				f, err := Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				want := &File{Name: filepath.Base(path), Data: n.file.Data, Resource: n.file.Resource, Finder: n.file.Finder}
				if want.Resource.Size() == 0 { // nor anything beside
					want.Finder = FinderInfo{}
				}
				same(t, f, want)
			})
		}
	}
}

// TestMacutils has hexbin decode BinHex, and binhex make it of MacBinary; both
// are of macutils.
func TestMacutils(t *testing.T) {
	hexbin, binhex := tool(t, "hexbin", "macutils"), tool(t, "binhex", "macutils")
	for _, n := range plain() {
		t.Run(n.name, func(t *testing.T) {
			want := &File{Name: n.file.Name, Data: n.file.Data, Resource: n.file.Resource, Finder: n.file.Finder}
			asBinHex, asMacBinary := formats[4].wrap(t, n.file), formats[2].wrap(t, want)

			f, err := openBytes(run(t, t.TempDir(), asBinHex, hexbin, "-s"))
			if err != nil {
				t.Fatal(err)
			}
			f.Created, f.Modified = time.Time{}, time.Time{} // now
			if want.Data.Size()+want.Resource.Size() > 0 {   // else it is MacBinary I, and not to be known
				same(t, f, want)
			}
			for _, options := range [][]string{nil, {"-R"}} { // with and without runs
				f, err = openBytes(run(t, t.TempDir(), asMacBinary, binhex, options...))
				if err != nil || len(f.Problems) > 0 {
					t.Fatalf("%s: %v, %v", options, err, f)
				}
				same(t, f, want)
			}
		})
	}
}

// TestHfsutils has hcopy copy files to an HFS volume, from MacBinary and BinHex,
// and back, to both.
func TestHfsutils(t *testing.T) {
	hformat, hcopy, humount := tool(t, "hformat", "hfsutils"), tool(t, "hcopy", "hfsutils"), tool(t, "humount", "hfsutils")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "disk"), make([]byte, 800*1024), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, hformat, "-l", "test", "disk")
	defer run(t, dir, nil, humount)
	for i, n := range plain() {
		for j, in := range []struct {
			option string
			write  func(*File, io.Writer) error
		}{{"-m", (*File).WriteMacBinary}, {"-b", (*File).WriteBinHex}} {
			want := &File{Name: fmt.Sprint("f", i, j), Data: n.file.Data, Resource: n.file.Resource, Finder: n.file.Finder}
			name := want.Name + map[string]string{"-m": ".bin", "-b": ".hqx"}[in.option]
			var b bytes.Buffer
			if err := in.write(want, &b); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			run(t, dir, nil, hcopy, in.option, name, ":")
			for _, option := range []string{"-m", "-b"} {
				out := fmt.Sprint("back", option)
				run(t, dir, nil, hcopy, option, ":"+want.Name, out)
				f, err := Open(filepath.Join(dir, out))
				if err != nil || len(f.Problems) > 0 {
					t.Fatalf("%s: %v, %v", n.name, err, f)
				}
				f.Created, f.Modified = time.Time{}, time.Time{}
				f.Finder.Flags &^= Inited
				f.Finder.V, f.Finder.H = 0, 0
				same(t, f, want)
				f.Close()
			}
		}
	}
}
