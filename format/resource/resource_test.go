package resource

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; with -update it is rewritten. Got\n%s", file, text)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, tt := range fixtures() {
		t.Run(tt.name, func(t *testing.T) {
			first, err := tt.fork.Encode()
			if err != nil {
				t.Fatal(err)
			}
			f, err := Read(bytes.NewReader(first), int64(len(first)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Problems) > 0 {
				t.Errorf("problems: %v", f.Problems)
			}
			if len(f.Resources) != len(tt.fork.Resources) {
				t.Fatalf("%d resources, want %d", len(f.Resources), len(tt.fork.Resources))
			}
			for i, r := range f.Resources {
				w := tt.fork.Resources[i]
				if r.Type != w.Type || r.ID != w.ID || r.Name != w.Name || r.Attributes != w.Attributes || !bytes.Equal(r.Data, w.Data) {
					t.Errorf("read %+v, wrote %+v", r, w)
				}
				if got := first[r.Offset : r.Offset+int64(len(r.Data))]; !bytes.Equal(got, w.Data) {
					t.Errorf("%v: at its offset is %q", r, got)
				}
			}
			if f.Attributes != tt.fork.Attributes || f.System != tt.fork.System || f.User != tt.fork.User {
				t.Errorf("read %v %x %x", f.Attributes, f.System, f.User)
			}
			var second bytes.Buffer
			if err := f.Write(&second); err != nil || !bytes.Equal(first, second.Bytes()) {
				t.Errorf("writing it again: %v, other bytes: %t", err, !bytes.Equal(first, second.Bytes()))
			}
			if tt.name != "many" {
				golden(t, tt.name+".txt", listing(f))
			}
		})
	}
}

// TestNamesKeepTheirBytes writes every byte in a name, reads and writes it.
func TestNamesKeepTheirBytes(t *testing.T) {
	for c := range 256 {
		first := oneName([]byte{'a', byte(c), 'b'})
		f, err := Parse(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := f.Encode()
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%#x: %v, name %q", c, err, f.Resources[0].Name)
		}
	}
}

func TestSmallestForkHas286Bytes(t *testing.T) {
	b, err := (&Fork{}).Encode()
	if err != nil || len(b) != 286 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestNoBytesAreNoResources(t *testing.T) {
	f, err := Read(bytes.NewReader(nil), 0)
	if err != nil || len(f.Resources) != 0 || len(f.Problems) != 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestGet(t *testing.T) {
	f := &Fork{Resources: []*Resource{
		{Type: code("CODE"), ID: 1, Name: "first"}, {Type: code("DATA"), ID: 1}, {Type: code("CODE"), ID: 1, Name: "hidden"},
	}}
	if r := f.Get(code("CODE"), 1); r == nil || r.Name != "first" {
		t.Errorf("CODE 1 is %v", r)
	}
	if r := f.Get(code("CODE"), 2); r != nil {
		t.Errorf("CODE 2 is %v", r)
	}
	n := 0
	for range f.OfType(code("CODE")) {
		n++
		break
	}
	for range f.OfType(code("CODE")) {
		n++
	}
	if n != 3 {
		t.Errorf("%d of type CODE", n-1)
	}
}

func TestAttributeNames(t *testing.T) {
	for a, want := range map[fmt.Stringer]string{
		Attributes(0): "0x0", Purgeable | Compressed: "purgeable+compressed", Attributes(0x84): "preload+0x80", Attributes(0x7e): "sysheap+purgeable+locked+protected+preload+changed",
		ForkAttributes(0): "0x0", MapReadOnly: "read only", ForkAttributes(0x1060): "compact+changed+0x1000",
	} {
		if got := a.String(); got != want {
			t.Errorf("%#v is %q, want %q", a, got, want)
		}
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	filled := func(n int, r func(int) *Resource) *Fork {
		f := &Fork{}
		for i := range n {
			f.Resources = append(f.Resources, r(i))
		}
		return f
	}
	big := make([]byte, 1<<24)
	for _, tt := range []struct {
		fork *Fork
		want string
	}{
		{filled(1, func(int) *Resource { return &Resource{Type: code("TEXT"), Name: "я"} }),
			`resource 'TEXT' 0: name: "я" has 'я' at byte 0, which is not in Mac OS Roman`},
		{filled(1, func(int) *Resource { return &Resource{Type: code("TEXT"), Name: strings.Repeat("é", 256)} }),
			`resource 'TEXT' 0: name has 256 characters; at most 255 are possible`},
		{filled(300, func(i int) *Resource {
			return &Resource{Type: code("TEXT"), ID: int16(i), Name: strings.Repeat("é", 255)}
		}), `resource 'TEXT' 256: name would begin at byte 65536 of all names; at most 65535 are possible`},
		{filled(1, func(int) *Resource { return &Resource{Type: code("TEXT"), Data: big} }),
			`resource 'TEXT' 0: its data has 16777216 bytes; at most 16777215 are possible`},
		{filled(3, func(i int) *Resource { return &Resource{Type: code("TEXT"), ID: int16(i), Data: big[:1<<23]} }),
			`resource 'TEXT' 2: its data would begin at byte 16777224; a fork reaches to 16777215`},
		{filled(6000, func(i int) *Resource { return &Resource{Type: code("TEXT"), ID: int16(i)} }),
			`the 6000 resources would need 72038 bytes in the map; at most 65535 are possible`},
		{filled(6000, func(i int) *Resource { return &Resource{Type: OSType(i), ID: int16(i)} }),
			`type '\x00\x00\x05∂': its 1 resources would be listed at byte 65546 of the map, which reaches to 65535`},
	} {
		if _, err := tt.fork.Encode(); err == nil || err.Error() != tt.want {
			t.Errorf("got %v\nwant %s", err, tt.want)
		}
	}
}

func TestErrorsAreBadImages(t *testing.T) {
	_, err := Parse([]byte("short"))
	var e *FormatError
	if !errors.Is(err, fault.ErrBadImage) || !errors.As(err, &e) || e.Offset != 4 {
		t.Errorf("%v", err)
	}
}
