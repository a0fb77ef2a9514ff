package api

import "testing/fstest"

// parseText parses a definition whose <api> has the given contents.
func parseText(inside string) (*API, error) {
	return ParseFS(fstest.MapFS{"test.xml": {Data: []byte(wrap(inside))}}, "test.xml")
}

// wrap makes a definition of what is in its <api>.
func wrap(inside string) string {
	return "<api name=\"test\" version=\"1.2\" min-compatible=\"1.0\" prefix=\"t_\">\n" + inside + "\n</api>"
}

func function(inside string) string { return `<function name="t_f">` + inside + `</function>` }
