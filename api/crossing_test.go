package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestCheck says of every way to cross what it is.
func TestCheck(t *testing.T) {
	r, err := Check("testdata/crossing.xml")
	if err != nil || len(r.Errors) > 0 {
		t.Fatal(err, r.Errors)
	}
	var b strings.Builder
	for _, v := range r.Functions {
		fmt.Fprintf(&b, "%s %s of the %s: ", v.Kind, v.Name, v.Side)
		switch {
		case !v.Crosses && v.Declared:
			b.WriteString("said not to cross: " + strings.Join(v.Reasons, "; "))
		case v.ByHand != "":
			b.WriteString("by hand, by " + v.ByHand + ": " + strings.Join(v.Reasons, "; "))
		case !v.Crosses:
			t.Errorf("%s does not cross", v.Name)
		}
		b.WriteString("\n")
		for _, c := range v.Values {
			fmt.Fprintf(&b, "\t%s %s %s: %s\n", c.Name, c.Dir, c.Kind, c.Text)
		}
	}
	expectFile(t, "testdata/crossing.txt", b.String())
}

// TestCheckGoesOn expects a function not to cross because of what it uses, and
// others to do so nevertheless.
func TestCheckGoesOn(t *testing.T) {
	text := wrap(`
		<struct name="inner"><field name="p" type="u8 *"/></struct>
		<struct name="outer"><field name="i" type="inner"/></struct>
		<enum name="e" type="f64"/>
		<callback name="cb"><param name="e" type="e"/></callback>
		<table name="t"><field name="s" type="void *"/><method name="m"/></table>
		<function name="t_outer"><param name="o" type="outer"/></function>
		<function name="t_cb"><param name="c" type="cb"/></function>
		<function name="t_both"><param name="o" type="int"/><unsupported reason="later"/></function>
		<function name="t_wrong" thread="rt" blocking="true"><unsupported reason="later"/></function>
		<function name="t_fine"/>`)
	r, err := CheckFS(fstest.MapFS{"test.xml": {Data: []byte(text)}}, "test.xml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range r.Functions {
		got = append(got, v.Name+" "+v.String())
	}
	want := []string{
		`cb does not cross: nothing says how long it may be called; write scope="call", "registration", "async" or "forever"; e is refused`,
		`t.m does not cross: t is refused`,
		`t_outer does not cross: inner is refused`,
		`t_cb does not cross: cb is refused; e is refused`,
		`t_both does not cross: later`,
		`t_wrong does not cross: later`,
		`t_fine crosses`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, e := range r.Errors {
		if e.Of == "" {
			t.Errorf("%v is of no declaration", e)
		}
	}
	if _, err := Check("testdata/missing.xml"); err == nil || err.Error() != "testdata/missing.xml: no such file or directory" {
		t.Errorf("error %v of a missing file", err)
	}
}

// TestErrors looks into errors from outside.
func TestErrors(t *testing.T) {
	_, err := parseText(`<function name="t_f" blocking="perhaps"><param name="p" type="void *"/></function>`)
	var all Errors
	var first *Error
	if !errors.As(err, &all) || len(all) != 2 || !errors.As(err, &first) || first != all[0] {
		t.Fatalf("error %#v", err)
	}
	if want := (Error{Position{"test.xml", 2, 1}, `<function name="t_f">`, `blocking="perhaps": it is neither true nor false; write one of them`, "t_f"}); *first != want {
		t.Errorf("error %#v, want %#v", *first, want)
	}
	// No more than anybody reads, and in no more time.
	_, err = parseText(strings.Repeat(function(`<param name="p" type="cstrng"/>`), maxElements/3))
	if !errors.As(err, &all) || len(all) != maxErrors {
		t.Errorf("%d errors, want %d", len(all), maxErrors)
	}
}
