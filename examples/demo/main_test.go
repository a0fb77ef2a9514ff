package main

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDemo(t *testing.T) {
	needed := []string{recording}
	for _, a := range architectures() {
		path, err := find(a, plugin)
		if err != nil {
			t.Skip(err)
		}
		needed = append(needed, path)
	}
	for _, path := range needed {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("%v (scripts/need run and scripts/sysroots install it)", err)
		}
	}
	dir := t.TempDir()
	var out strings.Builder
	if err := demo(t.Context(), dir, &out); err != nil {
		t.Fatal(err)
	}
	dry, err := readSound(recording)
	if err != nil {
		t.Fatal(err)
	}
	native, err := readSound(filepath.Join(dir, architectures()[0].String()+".wav"))
	if err != nil {
		t.Fatal(err)
	}
	if d := dry.followedBySilence(tail).difference(native); d < 0.1 {
		t.Errorf("the reverb changed the recording by %v at most", d)
	}
	for _, a := range architectures()[1:] {
		other, err := readSound(filepath.Join(dir, a.String()+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		if d := other.difference(native); d > 1e-5 {
			t.Errorf("%v differs from %v by %v", a, architectures()[0], d)
		}
		if !strings.Contains(out.String(), a.String()) {
			t.Errorf("the table does not name %v:\n%s", a, out.String())
		}
	}
	f, err := os.Open(filepath.Join(dir, "demo.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() < 1000 {
		t.Errorf("the picture: %v", err)
	}
}
