package wire

import (
	"bytes"
	"strings"
	"testing"
)

func TestBody(t *testing.T) {
	var w Writer
	w.U16(0x0102)
	w.U32(0x03040506)
	w.U64(0x0708090a0b0c0d0e)
	w.Bytes([]byte{1, 2, 3})
	w.String("gain")
	const want = "\x02\x01\x06\x05\x04\x03\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x03\x00\x00\x00\x01\x02\x03\x04\x00\x00\x00gain"
	if got := string(w.Body()); got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	r := NewReader(w.Body())
	a, b, c, d, e := r.U16(), r.U32(), r.U64(), r.Bytes(), r.String()
	if a != 0x0102 || b != 0x03040506 || c != 0x0708090a0b0c0d0e || !bytes.Equal(d, []byte{1, 2, 3}) || e != "gain" {
		t.Errorf("read %#x %#x %#x % x %q", a, b, c, d, e)
	}
	if err := r.End(); err != nil {
		t.Error(err)
	}
	w.Reset()
	if len(w.Body()) != 0 {
		t.Error("Reset left something")
	}
}

func TestReaderErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		body string
		read func(r *Reader)
		want string
	}{
		{"short number", "\x01\x02\x03", func(r *Reader) { r.U16(); r.U32() }, "body of 3 bytes: at 2: u32 of 4 bytes, but 1 are left"},
		{"lying length", "\xff\xff\xff\xffabc", func(r *Reader) { _ = r.String() }, "at 4: bytes of 4294967295 bytes, but 3 are left"},
		{"no length", "\x01", func(r *Reader) { r.Bytes() }, "at 0: u32 of 4 bytes, but 1 are left"},
		{"left over", "\x01\x02\x03", func(r *Reader) { r.U16() }, "at 2: 1 bytes left over"},
		{"the first error stays", "\x01", func(r *Reader) { r.U16(); r.U64(); r.Bytes() }, "at 0: u16"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReader([]byte(tc.body))
			tc.read(r)
			if err := r.End(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("End = %v, want %q in it", err, tc.want)
			}
			if r.U16() != 0 || r.U32() != 0 || r.U64() != 0 || r.Bytes() != nil || r.String() != "" || r.Len() != 0 {
				t.Error("a read after the error gave something")
			}
		})
	}
}

// FuzzReader reads a body by a script and writes what came out again.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, []byte("\x01\x02\x03\x04\x05\x06\x01\x02\x03\x04\x05\x06\x07\x08\x02\x00\x00\x00ab"))
	f.Add([]byte{3}, []byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, script, body []byte) {
		r := NewReader(body)
		var w Writer
		for _, s := range script {
			if r.Err() != nil {
				break
			}
			var again Writer
			again.buf = append(again.buf, w.buf...)
			switch s % 4 {
			case 0:
				again.U16(r.U16())
			case 1:
				again.U32(r.U32())
			case 2:
				again.U64(r.U64())
			case 3:
				again.Bytes(r.Bytes())
			}
			if r.Err() == nil {
				w = again
			}
		}
		if !bytes.HasPrefix(body, w.Body()) {
			t.Fatalf("read % x of % x", w.Body(), body)
		}
		failed := r.Err() != nil
		if err := r.End(); (err == nil) != (!failed && len(w.Body()) == len(body)) {
			t.Fatalf("End = %v after %d bytes of %d", err, len(w.Body()), len(body))
		}
	})
}
