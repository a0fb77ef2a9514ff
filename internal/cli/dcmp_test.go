package cli

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/format/resource"
)

// twice is a 'dcmp' that writes every byte twice: entered at its first byte, it finds
// the length, the work buffer, the destination and the source above its return address.
const twice = "60060000" + "64636d70" + // bra.s; 'dcmp'
	"202f0004" + "226f000c" + "206f0010" + // move.l 4(sp),d0; movea.l 12(sp),a1; movea.l 16(sp),a0
	"4a80" + "6708" + "12d0" + "12d8" + "5380" + "60f4" + // while (d0--) { *a1++ = *a0; *a1++ = *a0++; }
	"205f" + "4fef0010" + "4ed0" // movea.l (sp)+,a0; lea 16(sp),sp; jmp (a0)

// writeFork writes a resource fork.
func writeFork(t *testing.T, path string, resources ...*resource.Resource) {
	t.Helper()
	data, err := (&resource.Fork{Resources: resources}).Encode()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDcmp(t *testing.T) {
	code, err := hex.DecodeString(twice)
	if err != nil {
		t.Fatal(err)
	}
	packed := func(id int16, decompressor int16, text string) *resource.Resource {
		h := resource.CompressedHeader{Version: 8, Attributes: 1, Length: uint32(2 * len(text)), Decompressor: decompressor}
		return &resource.Resource{Type: 0x54455854, ID: id, Attributes: resource.Compressed, Data: append(h.Encode(), text...)}
	}
	dcmp := func(id int16) *resource.Resource {
		return &resource.Resource{Type: 0x64636d70, ID: id, Data: code}
	}
	dir := t.TempDir()
	game, system, out := filepath.Join(dir, "game.rsrc"), filepath.Join(dir, "System.rsrc"), filepath.Join(dir, "out")
	writeFork(t, game, dcmp(100), packed(1, 100, "own"), packed(2, 0, "system"), &resource.Resource{Type: 0x54455854, ID: 3, Data: []byte("plain")})
	writeFork(t, system, dcmp(0))
	for _, c := range []struct {
		args   []string
		status int
		stderr string
		files  map[string]string // and no others
	}{
		{[]string{"dcmp", game, "--out", out}, 1, "needs 'dcmp' 0: no decompressor; a System file", map[string]string{"TEXT/1": "oowwnn"}},
		{[]string{"dcmp", game, "--out", out}, 1, "it exists (--force replaces it)", map[string]string{"TEXT/1": "oowwnn"}},
		{[]string{"dcmp", game, "--out", out, "--force", "--system", system}, 0, "2 resources expanded", map[string]string{"TEXT/1": "oowwnn", "TEXT/2": "ssyysstteemm"}},
		{[]string{"dcmp", system, "--out", out}, 0, "0 resources expanded", map[string]string{"TEXT/1": "oowwnn", "TEXT/2": "ssyysstteemm"}},
		{[]string{"dcmp", filepath.Join(dir, "missing"), "--out", out}, 1, "missing: ", nil},
		{[]string{"dcmp", game, "--out", out, "--system", filepath.Join(dir, "missing")}, 1, "missing: no such file", nil},
		{[]string{"dcmp", game}, 2, `required flag(s) "out" not set`, nil},
		{[]string{"inspect", game, "--decompress"}, 2, "--decompress is for --extract", nil},
		{[]string{"inspect", game, "--extract", out, "--system", system}, 2, "--system is for --decompress", nil},
		{[]string{"inspect", game, "--force", "--extract", out, "--decompress", "--system", system}, 0, "",
			map[string]string{"TEXT/1": "oowwnn", "TEXT/2": "ssyysstteemm", "TEXT/3": "plain", "dcmp/100": string(code)}},
	} {
		var stdout, stderr bytes.Buffer
		if status := Main(c.args, strings.NewReader(""), &stdout, &stderr); status != c.status || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: status %d, not %d; %s", c.args, status, c.status, &stderr)
		}
		if c.files == nil {
			continue
		}
		root := filepath.Join(out, "game.rsrc", "resources")
		found := map[string]string{}
		paths, err := filepath.Glob(filepath.Join(root, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil || info.IsDir() {
				continue // the parts of code
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.ToSlash(name)] = string(data)
		}
		for name, want := range c.files {
			if found[name] != want {
				t.Errorf("%q: %s is %q, not %q", c.args, name, found[name], want)
			}
			delete(found, name)
		}
		if len(found) > 0 {
			t.Errorf("%q also wrote %q", c.args, found)
		}
	}
}
