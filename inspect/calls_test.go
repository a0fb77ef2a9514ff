package inspect

import (
	"slices"
	"testing"
)

// TestCalls finds calls forward and back, and none that are not.
func TestCalls(t *testing.T) {
	ppc := "\x48\x00\x00\x09" + "\x4b\xff\xff\xfd" + "\x48\x00\x00\x05" + "\x48\x00\x00\x08" + "\x48\x00\x00\x0b" + "\x48\x00\x01\x01" + "\x4b\xff\xff\x01" + "\x48"
	if got := slices.Collect(callsPowerPC([]byte(ppc))); !slices.Equal(got, []int{8, 0}) {
		t.Errorf("PowerPC: %v", got)
	}
	m68k := "\x61\x02" + "\x4e\x75" + "\x61\x00\xff\xfc" + "\x4e\xba\x00\x06" + "\x61\xff\x00\x00\x00\x02" + "\x4a\xfb" + "\x61\x7f" + "\x61\x03" + "\x20\x3c\x61\x02\x61\x02" + "\x61"
	if got := slices.Collect(calls68K([]byte(m68k), 0)); !slices.Equal(got, []int{4, 2, 16, 16}) {
		t.Errorf("68K: %v", got)
	}
	if got := slices.Collect(calls68K([]byte(m68k), 4)); !slices.Equal(got, []int{16, 16}) {
		t.Errorf("68K from 4: %v", got)
	}
	for range callsPowerPC([]byte(ppc)) {
		break
	}
	for range calls68K([]byte(m68k), 0) {
		break
	}
}
