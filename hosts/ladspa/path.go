package ladspa

import (
	"os"
	"path/filepath"
	"strings"
)

// defaultPath is where plug-ins are if LADSPA_PATH does not say.
const defaultPath = "/usr/local/lib/ladspa:/usr/lib/ladspa"

// Locate finds a LADSPA file as LADSPA hosts do: a name without a slash that is
// no file here is looked for in the directories of $LADSPA_PATH. A file that is
// nowhere gives false.
func Locate(file string) (path string, ok bool) {
	if _, err := os.Stat(file); err == nil {
		return file, true
	}
	if file == "" || strings.ContainsRune(file, '/') {
		return file, false
	}
	dirs := os.Getenv("LADSPA_PATH")
	if dirs == "" {
		dirs = defaultPath
	}
	for _, dir := range filepath.SplitList(dirs) {
		path := filepath.Join(dir, file)
		if _, err := os.Stat(path); dir != "" && err == nil {
			return path, true
		}
	}
	return file, false
}
