package header

import (
	"bytes"
	"encoding/xml"
	"path/filepath"
	"slices"
	"strings"
)

// write writes the draft.
func (d *drafter) write() []byte {
	name := d.opts.Name
	if name == "" {
		name = nameOf(d.files[0])
	}
	var headers []string
	for _, file := range d.files {
		headers = append(headers, filepath.Base(file))
	}
	api := (&element{name: "api", children: d.items}).add("name", name, "version", "1.0", "header", headers[0])
	if d.opts.Prefix != "" {
		api.add("prefix", d.opts.Prefix)
	}
	api.doc = "A draft from " + strings.Join(headers, ", ") + ". Functions are taken to be the plug-in's: write side=\"host\" at those that the host offers."
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	d.element(&b, api, 0)
	return b.Bytes()
}

func (d *drafter) element(b *bytes.Buffer, e *element, depth int) {
	indent := strings.Repeat("\t", depth)
	if e.name == "" {
		b.WriteString(indent + "<!-- " + strings.ReplaceAll(e.doc, "--", "- -") + " -->\n")
		return
	}
	b.WriteString(indent + "<" + e.name)
	for i := 0; i < len(e.attrs); i += 2 {
		b.WriteString(" " + e.attrs[i] + "=\"" + escape(e.attrs[i+1]) + "\"")
	}
	children := slices.Clone(e.children)
	if e.doc != "" {
		children = slices.Insert(children, 0, &element{name: "doc", doc: e.doc})
	}
	if reasons := d.reasons[e.function]; e.function != "" && len(reasons) > 0 {
		children = append(children, (&element{name: "unsupported"}).add("reason", reasonOf(reasons)))
	}
	switch {
	case e.name == "doc":
		b.WriteString(">" + escape(e.doc) + "</doc>\n")
	case len(children) == 0:
		b.WriteString("/>\n")
	default:
		b.WriteString(">\n")
		for _, c := range children {
			if c.name == "doc" {
				b.WriteString(indent + "\t<doc>" + escape(c.doc) + "</doc>\n")
			} else {
				d.element(b, c, depth+1)
			}
		}
		b.WriteString(indent + "</" + e.name + ">\n")
	}
}

// maxReason is what an attribute of a definition holds, with room to spare.
const maxReason = 2000

// reasonOf makes one text of reasons, without what an attribute cannot hold.
func reasonOf(reasons []string) string {
	reasons = slices.Clone(reasons)
	s := strings.Join(slices.Compact(reasons), "; ")
	s = strings.NewReplacer("\"", "'", "\\", "/", "\n", " ").Replace(s)
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return s
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return strings.NewReplacer("&#34;", "&quot;", "&#39;", "'").Replace(b.String())
}
