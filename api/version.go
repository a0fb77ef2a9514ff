package api

import "fmt"

// Before says whether v is the older version.
func (v Version) Before(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Has says whether what has this range is in a version.
func (r Range) Has(v Version) bool {
	return !v.Before(r.Since) && (r.Until == Version{} || !r.Until.Before(v))
}

func (b *builder) rangeOf(n *node) Range {
	var r Range
	if n.has("since") {
		r.Since, _ = parseVersion(n.attrs["since"])
		if b.api.Version.Before(r.Since) {
			b.bad(n, "since=%v is after the version that is described, %v; raise that", r.Since, b.api.Version)
		}
	}
	if n.has("until") {
		r.Until, _ = parseVersion(n.attrs["until"])
		if r.Until.Before(r.Since) {
			b.bad(n, "until=%v is before since=%v; write a later one", r.Until, r.Since)
		}
	}
	return r
}
