package api

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// reader reads the files of a definition.
type reader struct {
	problems
	fsys fs.FS
	show func(name string) string // a file's name in errors
	left int                      // how many elements there may still be
	seen []string                 // files that have been read
	open []string                 // those whose reading is not over
}

// file reads a file and those that it includes, whose contents take the places
// of the <include>s. It returns nil if there is nothing to go on with; an error
// that is no mistake in a definition is returned.
func (r *reader) file(name string) (*node, error) {
	root, err := readTree(r.fsys, name, r.show(name), &r.left)
	var mistake *Error
	if errors.As(err, &mistake) {
		r.errs = append(r.errs, mistake)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if root.name != "api" {
		r.bad(root, "a definition's outermost element is <api>")
		return nil, nil
	}
	r.validate(root)
	r.seen, r.open = append(r.seen, name), append(r.open, name)
	defer func() { r.open = r.open[:len(r.open)-1] }()
	var all []*node
	for _, n := range root.children {
		if n.name != "include" {
			all = append(all, n)
			continue
		}
		file := n.attrs["file"]
		other := path.Join(path.Dir(name), file)
		switch {
		case !fs.ValidPath(file) || file == ".":
			r.bad(n, "file=%q is not beside or below this one; write its path from here, without ..", file)
		case slices.Contains(r.open, other):
			r.bad(n, "the file includes itself, by way of %s; remove one of the <include>s", strings.Join(r.open, ", "))
		case slices.Contains(r.seen, other): // two files may need a third
		case len(r.seen) == maxIncludes:
			r.bad(n, "more than %d files", maxIncludes)
		default:
			inner, err := r.file(other)
			if err != nil {
				r.bad(n, "%v", err)
			}
			if inner != nil {
				all = append(all, slices.DeleteFunc(inner.children, func(c *node) bool { return c.name == "doc" })...)
			}
		}
	}
	root.children = all
	return root, nil
}
