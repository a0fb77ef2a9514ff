package api

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// definitions returns all definitions of the tree.
func definitions(t *testing.T) []string {
	var files []string
	for _, root := range []string{"testdata", "header/testdata", "../hosts", "../examples"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".xml") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) == 0 {
		t.Fatal("no definitions")
	}
	return files
}

func TestDefinitionsOfTheTree(t *testing.T) {
	for _, file := range definitions(t) {
		if _, err := Parse(file); err != nil {
			t.Errorf("%v", err)
		}
	}
}
