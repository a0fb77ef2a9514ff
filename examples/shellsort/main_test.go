package main

import (
	"strings"
	"testing"
)

func TestShellsort(t *testing.T) {
	var out strings.Builder
	if err := shellsort(t.Context(), "../../hosts/supersort/plugins/ShellSort.bin", &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"68K code", "PowerPC code", "The same exchanges"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
	if err := shellsort(t.Context(), "main.go", &out); err == nil {
		t.Error("main.go sorts")
	}
}
