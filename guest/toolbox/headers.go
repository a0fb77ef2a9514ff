package toolbox

import (
	"embed"
	"io/fs"
)

//go:embed include/*.h
var headers embed.FS

// Headers returns the C headers of this system for plug-ins: classic.h, which takes
// the place of Apple's interfaces, and what it includes; and those of C of which the
// system has something, in place of a compiler's own. On PowerPC the calls that they
// declare are imported, see Exports; on the 68K they are traps.
func Headers() fs.FS {
	dir, err := fs.Sub(headers, "include")
	if err != nil {
		return headers // fs.Sub refuses invalid paths only
	}
	return dir
}
