package helper

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestProtocolAgrees compares the constants of protocol.go with protocol.h.
func TestProtocolAgrees(t *testing.T) {
	inC := map[string]int64{}
	for _, m := range regexp.MustCompile(`(?m)^#define ([A-Z_]+) (0x[0-9a-f]+|\d+)`).FindAllStringSubmatch(string(protocol), -1) {
		n, err := strconv.ParseInt(m[2], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		inC[strings.ReplaceAll(strings.ToLower(m[1]), "_", "")] = n
	}
	file, err := parser.ParseFile(token.NewFileSet(), "protocol.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		var inGo int64
		fmt.Sscan(spec.Values[0].(*ast.BasicLit).Value, &inGo)
		name := strings.ToLower(spec.Names[0].Name)
		if want, ok := inC[name]; !ok || want != inGo {
			t.Errorf("%s is %d in Go and %d in protocol.h (defined there: %v)", spec.Names[0].Name, inGo, want, ok)
		}
		delete(inC, name)
		checked++
		return true
	})
	delete(inC, "calladdress") // it is 0, and Go has no use for it
	if checked == 0 || len(inC) > 0 {
		t.Errorf("checked %d constants; protocol.h has more: %v", checked, inC)
	}
}
