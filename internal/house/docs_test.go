package house

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of imports into docs/architecture.md")

const (
	architecture = "../../docs/architecture.md"
	tableHead    = "| packages | may import | must not import | why |\n|---|---|---|---|\n"
)

// row is the rule as a line of the table in docs/architecture.md.
func (r rule) row() string {
	packages, only := "`"+r.packages+"`", ""
	if len(r.except) > 0 {
		packages += " except " + code(r.except)
	}
	if r.only != nil {
		only = "only " + code(r.only)
	}
	return "| " + packages + " | " + only + " | " + code(r.never) + " | " + r.why + " |\n"
}

func code(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

//go:generate go test -run ^TestArchitectureShowsTheRules$ . -update

// TestArchitectureShowsTheRules keeps the table in the documentation the same as
// the one that is enforced.
func TestArchitectureShowsTheRules(t *testing.T) {
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(text), tableHead)
	if !ok {
		t.Fatalf("%s has no table of imports", architecture)
	}
	end := 0 // of the table's rows
	for strings.HasPrefix(after[end:], "|") {
		end += strings.IndexByte(after[end:], '\n') + 1
	}
	var want strings.Builder
	for _, r := range rules {
		want.WriteString(r.row())
	}
	if after[:end] == want.String() {
		return
	}
	if !*update {
		t.Fatalf("%s does not show the rules as they are; run go test ./internal/house -update", architecture)
	}
	if err := os.WriteFile(architecture, []byte(before+tableHead+want.String()+after[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}
