package ring

import (
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	if err := Check(Layout(4096)); err != nil {
		t.Error(err)
	}
	end := 0
	for _, f := range Layout(4096) {
		end = max(end, int(f.Offset+f.Size))
	}
	if end != Bytes(4096) {
		t.Errorf("the layout ends at %d, Bytes says %d", end, Bytes(4096))
	}
}

func TestCheck(t *testing.T) {
	word := Field{"a", 0, 4, "host", true}
	for _, tc := range []struct {
		name   string
		fields []Field
		want   string // in the error; empty if there is none
	}{
		{"one word", []Field{word}, ""},
		{"two lines", []Field{word, {"b", 64, 4, "helper", true}}, ""},
		{"one writer's plain words", []Field{{"a", 0, 4, "host", false}, {"b", 4, 60, "host", false}}, ""},
		{"to the last byte", []Field{{"a", 1<<32 - 64, 64, "host", false}}, ""},
		{"no writer", []Field{{"a", 0, 4, "", true}}, "no writer"},
		{"no size", []Field{{"a", 0, 0, "host", false}}, "no size"},
		{"unaligned", []Field{{"a", 2, 4, "host", false}}, "not aligned"},
		{"too far", []Field{{"a", 1<<32 - 64, 68, "host", false}}, "above 4 GiB"},
		{"signal inside a line", []Field{{"a", 4, 4, "host", true}}, "not a word"},
		{"wide signal", []Field{{"a", 0, 8, "host", true}}, "not a word"},
		{"same name", []Field{word, {"a", 64, 4, "host", true}}, "two fields named a"},
		{"overlap", []Field{{"a", 0, 128, "host", false}, {"b", 124, 8, "host", false}}, "overlaps"},
		{"signal with a neighbour", []Field{word, {"b", 4, 4, "host", false}}, "signal shares a line"},
		{"two writers on a line", []Field{{"a", 0, 4, "host", false}, {"b", 60, 68, "helper", false}}, "share a line"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := Check(tc.fields)
			if tc.want == "" && err != nil {
				t.Error(err)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Check = %v, want %q in it", err, tc.want)
			}
		})
	}
}
