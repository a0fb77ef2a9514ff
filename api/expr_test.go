package api

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestExpr(t *testing.T) {
	values := map[string]int64{"n": 10, "rows": 3, "columns": 4, "extent.rows": 5, "minus": -1, "most": math.MaxInt64, "least": math.MinInt64, "zero": 0}
	number := func(path []string) (int64, error) {
		v, ok := values[strings.Join(path, ".")]
		if !ok {
			return 0, fmt.Errorf("no %q", path)
		}
		return v, nil
	}
	length := func(path []string) (int64, error) { return int64(len(path[len(path)-1])), nil }
	const wrong = -1
	for _, tt := range []struct {
		text, spelt string
		want        int64 // or wrong
	}{
		{"n", "n", 10},
		{"rows * columns", "rows * columns", 12},
		{"1+2*3", "1 + (2 * 3)", 7},
		{"(1 + 2) * 3", "(1 + 2) * 3", 9},
		{"10 - 3 - 2", "(10 - 3) - 2", 5},
		{"24 / n / 2", "(24 / n) / 2", 1},
		{"(1 - n) / 2 + n", "((1 - n) / 2) + n", 6}, // -4.5 is truncated to -4
		{"0x10", "16", 16},
		{"extent.rows", "extent.rows", 5},
		{"min(n, rows, 7)", "min(n, rows, 7)", 3},
		{"max(n, rows * columns) + 1", "max(n, rows * columns) + 1", 13},
		{"strlen(text)", "strlen(text)", 4},
		{"strlen( a . name ) + 1", "strlen(a.name) + 1", 5},
		{"max(minus, 0)", "max(minus, 0)", 0},
		{"most", "most", math.MaxInt64},
		{"minus", "minus", wrong},
		{"n - 11", "n - 11", wrong},
		{"most + 1", "most + 1", wrong},
		{"least + 1 + most", "(least + 1) + most", 0},
		{"0 - least", "0 - least", wrong},
		{"least - 1", "least - 1", wrong},
		{"n / zero", "n / zero", wrong},
		{"least / minus", "least / minus", wrong},
		{"most * 2", "most * 2", wrong},
		{"least * minus", "least * minus", wrong},
		{"minus * minus", "minus * minus", 1},
		{"min(n, 1 / zero)", "min(n, 1 / zero)", wrong},
	} {
		e, err := ParseExpr(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if e.String() != tt.spelt || e.Text != tt.text {
			t.Errorf("%s is spelt %q, want %q", tt.text, e, tt.spelt)
		}
		switch v, err := e.Eval(number, length); {
		case tt.want == wrong && !errors.Is(err, ErrRange):
			t.Errorf("%s is %d, error %v; want %v", tt.text, v, err, ErrRange)
		case tt.want != wrong && (err != nil || v != tt.want):
			t.Errorf("%s is %d, error %v; want %d", tt.text, v, err, tt.want)
		}
	}
	e, err := ParseExpr("1 + missing")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Eval(number, length); err == nil || err.Error() != `no ["missing"]` {
		t.Errorf("error %v, want that of the values", err)
	}
}

func TestExprErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "it ends too early"},
		{"n +", "it ends too early"},
		{"(n", "it ends too early"},
		{"min(n", "it ends too early"},
		{"n m", `"m" is unexpected at byte 3`},
		{"n % 2", `"%" is unexpected at byte 3`},
		{"-n", `"-" is unexpected at byte 1`},
		{"n)", `")" is unexpected at byte 2`},
		{"min()", `")" is unexpected at byte 5`},
		{"min(n;2)", `";" is unexpected at byte 6`},
		{"strlen(a b)", `"b" is unexpected at byte 10`},
		{"12a", `"12a" is not a number`},
		{"99999999999999999999", `"99999999999999999999" is not a number`},
		{"9223372036854775808", `"9223372036854775808" is not a number`},
		{"a.3", `"a.3" is not a name`},
		{"a.", `"a." is not a name`},
		{"strlen()", `")" is not a name`},
		{"length(n)", "there is no function length, only min, max and strlen"},
		{"min" + "(1" + strings.Repeat(", 1", maxMinMax) + ")", "more than 16 arguments of min"},
		{strings.Repeat("(", maxExprDepth+1), "more than 32 parentheses within each other"},
		{"1" + strings.Repeat(" + 1", maxExprDepth+1), "more than 32 operations in a row"},
		{strings.Repeat("n", maxExprText+1), "longer than 1000 bytes"},
	} {
		if _, err := ParseExpr(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("%.50s: error %v, want %s", tt.text, err, tt.want)
		}
	}
}
