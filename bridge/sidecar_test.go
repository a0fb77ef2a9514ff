package bridge

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

func TestSidecar(t *testing.T) {
	s := &sidecar{
		content: 1<<40 + 1, bits: 32, bigEndian: true,
		plugin: "/a/b.so", arch: "s390x", group: "g", prefer: []string{"qemu", "native"},
		command: []string{"qemu", "-L", "", "x"}, without: []string{"LD_PRELOAD"},
		plugins: []description{{1, 2, 3, 4, 5 << 40, "label", "nam", "make", "", []port{{1, 2, 3, 4, "port"}, {5, 6, 7, 8, ""}}}, {index: 7}},
	}
	b := s.encode()
	got, err := decodeSidecar(b)
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v, %v; want %+v", got, err, s)
	}
	if len(b)%4 != 0 {
		t.Errorf("%d bytes", len(b))
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 1
		s, err := decodeSidecar(bad)
		if layout := i >= 8 && i < 12; layout && (err != nil || !s.outdated) || !layout && !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("byte %d changed: %+v, %v", i, s, err)
		}
		if _, err := decodeSidecar(b[:i]); !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func TestUniqueID(t *testing.T) {
	seen := map[uint32]string{}
	for _, a := range architectures {
		for _, id := range []uint64{1, 1181, 1<<20 - 1, 1 << 20, 1 << 40} {
			got := uniqueID(id, "label", a)
			if got < 1<<23 || got >= 1<<24 {
				t.Errorf("id %d of %s is %#x: native, or beyond what ladspa.h allows", id, a, got)
			}
			if id < 1<<20 && seen[got] != "" {
				t.Errorf("id %d of %s is %s's", id, a, seen[got])
			}
			seen[got] = a
		}
	}
	if got := uniqueID(1882, "sc4", "s390x"); got != 13633370 { // what projects have saved
		t.Errorf("sc4 on s390x is %d now", got)
	}
}
