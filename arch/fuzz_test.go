package arch

import (
	"bytes"
	"errors"
	"testing"

	"github.com/crossplug/crossplug/fault"
)

// FuzzImages wants images that lie in the file, or an error that says the file
// is bad, cheaply.
func FuzzImages(f *testing.F) {
	for _, fix := range fixtures() {
		f.Add(fix.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var images []Image
		var err error
		if e := cheaply(len(data), func() { images, err = Images(bytes.NewReader(data), int64(len(data))) }); e != nil {
			t.Error(e)
		}
		if err != nil && !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("error %v is no ErrBadImage", err)
		}
		if err == nil && len(images) == 0 {
			t.Error("neither image nor error")
		}
		for _, img := range images {
			if img.Offset < 0 || img.Size <= 0 || img.Offset > int64(len(data))-img.Size {
				t.Errorf("%v lies at %d+%d of %d", img, img.Offset, img.Size, len(data))
			}
			if img.Arch.Processor == "" || img.Arch.OS == "" || img.Kind == "" || img.Format == "" {
				t.Errorf("%#v lacks something", img)
			}
		}
	})
}

// FuzzDetails wants details or an error that says the file is bad, cheaply.
func FuzzDetails(f *testing.F) {
	for _, fix := range fixtures() {
		f.Add(fix.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		images, _ := Images(r, int64(len(data)))
		for _, img := range images {
			var d *Details
			var err error
			if e := cheaply(len(data), func() { d, err = ReadDetails(r, img) }); e != nil {
				t.Error(e)
			}
			if (d == nil) == (err == nil) || err != nil && !errors.Is(err, fault.ErrBadImage) {
				t.Errorf("details %v, error %v", d, err)
			}
		}
	})
}
