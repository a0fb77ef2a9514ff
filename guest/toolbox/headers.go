package toolbox

import (
	"embed"
	"io/fs"
)

//go:embed include/*.h
var headers embed.FS

// Headers returns the C headers of this system for plug-ins: classic.h, which takes
// the place of Apple's interfaces, and what it includes. On PowerPC the calls that they
// declare are imported, see Exports; on the 68K they are traps.
func Headers() fs.FS {
	dir, err := fs.Sub(headers, "include")
	if err != nil {
		return headers // fs.Sub refuses invalid paths only
	}
	return dir
}
