package api

import (
	"errors"
	"os"
	"testing"
	"testing/fstest"
)

// FuzzParse reads any file as a definition. What is refused says where; what is
// accepted can be used in every way without a check before.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"testdata/crossing.xml", "../hosts/exercise/exercise.xml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		files := fstest.MapFS{"fuzz.xml": {Data: data}}
		r, err := CheckFS(files, "fuzz.xml")
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Functions {
			_ = r.Functions[i].String()
		}
		a, err := ParseFS(files, "fuzz.xml")
		if err != nil {
			var all Errors
			if !errors.As(err, &all) || len(all) == 0 || len(all) != len(r.Errors) {
				t.Fatalf("error %v, but %v", err, r.Errors)
			}
			for _, e := range all {
				if e.File == "" || e.Line < 1 || e.Column < 1 || e.Text == "" {
					t.Fatalf("error without a place: %#v", e)
				}
			}
			return
		}
		if len(r.Errors) > 0 {
			t.Fatalf("no error, but %v", r.Errors)
		}
		for _, s := range a.Structs {
			for _, m := range models {
				offsets, size, align := Layout(s, m)
				if len(offsets) != len(s.Fields) || size < 1 || size > maxStruct || align < 1 || size%align != 0 {
					t.Fatalf("%s: offsets %v, size %d, alignment %d", s.Name, offsets, size, align)
				}
			}
		}
		if changes := Diff(a, a); changes != nil {
			t.Fatalf("differs from itself: %v", changes)
		}
		for f := range a.All() {
			for _, p := range f.Values() {
				if f.Crosses() && (p.Type == nil || p.Max < 1) {
					t.Fatalf("%s: %s: %+v", f.Name, p.Name, p)
				}
			}
		}
	})
}

// FuzzExpr reads any text as a length. What is spelt anew means the same.
func FuzzExpr(f *testing.F) {
	for _, text := range []string{"n", "rows * columns + 1", "min(a.b, 0x10) / max(1, n - 2)", "strlen(text)", "((1", "9223372036854775807 * n"} {
		f.Add(text, int64(3))
	}
	f.Fuzz(func(t *testing.T, text string, n int64) {
		e, err := ParseExpr(text)
		if err != nil {
			return
		}
		number := func(path []string) (int64, error) { return n - int64(len(path)), nil }
		length := func(path []string) (int64, error) { return int64(len(path[0])), nil }
		v, verr := e.Eval(number, length)
		again, err := ParseExpr(e.String())
		if err != nil {
			if len(e.String()) > maxExprText {
				return // numbers may be longer in decimal
			}
			t.Fatalf("%q is spelt %q, which is not a length: %v", text, e, err)
		}
		w, werr := again.Eval(number, length)
		if v != w || (verr == nil) != (werr == nil) || v < 0 {
			t.Fatalf("%q is %d, %v; spelt %q it is %d, %v", text, v, verr, e, w, werr)
		}
	})
}
