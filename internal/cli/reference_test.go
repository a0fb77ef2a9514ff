package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

//go:generate go test -run ^TestReference$ . -update

const reference = "../../docs/commands.md"

// TestReference keeps the reference in docs/commands.md what --help says.
func TestReference(t *testing.T) {
	started := false
	root := newRoot(&started)
	var b strings.Builder
	b.WriteString("<!-- Made of the commands' own help by go generate. DO NOT EDIT. -->\n\n# The command\n")
	writeReference(&b, root)
	have, err := os.ReadFile(reference)
	if err == nil && string(have) == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the commands say of themselves; run go generate ./internal/cli", reference)
	}
	if err := os.WriteFile(reference, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeReference writes the help of a command and of those below it.
func writeReference(b *strings.Builder, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	if !cmd.IsAvailableCommand() && cmd.HasParent() {
		return
	}
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintf(b, "\n## %s\n```\n%s\n\n%s```\n", cmd.CommandPath(), strings.TrimSpace(text), cmd.UsageString())
	for _, sub := range cmd.Commands() {
		writeReference(b, sub)
	}
}
