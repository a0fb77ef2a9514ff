package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// output is the command's standard output. It remembers the first error so
// that commands may ignore the results of fmt.Fprint and still fail when
// nobody received what they wrote.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = fmt.Errorf("writing the result: %w", err)
	}
	return n, o.err
}

// buffered is an output for many small writes.
type buffered struct {
	*bufio.Writer
	to io.Writer
}

func newBuffered(to io.Writer) *buffered { return &buffered{bufio.NewWriterSize(to, 1<<16), to} }

// fileOf returns what w writes to in the end, nil if that is no file.
func fileOf(w io.Writer) *os.File {
	if b, ok := w.(*buffered); ok {
		w = b.to
	}
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, _ := w.(*os.File)
	return f
}

// isTerminal says whether w is an interactive terminal.
func isTerminal(w io.Writer) bool {
	f := fileOf(w)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// isFile says whether w writes to the file or pipe that has a name.
func isFile(w io.Writer, name string) bool {
	f := fileOf(w)
	if f == nil {
		return false
	}
	one, err := f.Stat()
	if err != nil || one.Mode()&os.ModeCharDevice != 0 { // a terminal, or /dev/null
		return false
	}
	other, err := os.Stat(name)
	return err == nil && os.SameFile(one, other)
}

// style is an SGR code for text on a terminal.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// painter returns a function that applies a style, or one that leaves text
// alone if w is no terminal or the user set NO_COLOR or a dumb terminal.
func painter(w io.Writer) func(style, string) string {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return func(_ style, s string) string { return s }
	}
	return func(st style, s string) string {
		if st == plain || s == "" {
			return s
		}
		return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
	}
}

// printable escapes what could move a terminal's cursor or change its state:
// names come from files that may be hostile. Newlines are escaped too, so that
// a line of output stays one line.
func printable(s string) string {
	clean := func(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case clean(r):
			b.WriteRune(r)
		case r == utf8.RuneError && s[i] != "\uFFFD"[0]: // an invalid byte
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// cell is one field of a table.
type cell struct {
	text  string
	style style
}

// table prints rows in aligned columns.
type table struct {
	header []string
	right  map[int]bool // columns of numbers, aligned at their right
	rows   [][]cell
	indent string // before each line
}

// add appends a row of plain fields.
func (t *table) add(fields ...string) {
	row := make([]cell, len(fields))
	for i, f := range fields {
		row[i].text = f
	}
	t.addCells(row...)
}

// addCells appends a row of fields that have styles.
func (t *table) addCells(row ...cell) { t.rows = append(t.rows, row) }

// dropEmpty removes a column that has nothing but its header.
func (t *table) dropEmpty(column int) {
	for _, row := range t.rows {
		if row[column].text != "" {
			return
		}
	}
	for i, row := range t.rows {
		t.rows[i] = slices.Delete(row, column, column+1)
	}
	if t.header != nil {
		t.header = slices.Delete(t.header, column, column+1)
	}
	right := map[int]bool{}
	for c := range t.right {
		if c > column {
			c--
		}
		right[c] = true
	}
	t.right = right
}

// print writes the table to w: the header in bold where w has colours, no
// trailing blanks.
func (t *table) print(w io.Writer) {
	rows := t.rows
	if t.header != nil {
		head := make([]cell, len(t.header))
		for i, h := range t.header {
			head[i] = cell{h, bold}
		}
		rows = append([][]cell{head}, rows...)
	}
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(printable(c.text)))
		}
	}
	paint := painter(w)
	for _, row := range rows {
		var line strings.Builder
		blanks := 0 // owed: written only when something follows them
		for i, c := range row {
			text := printable(c.text)
			pad := widths[i] - utf8.RuneCountInString(text)
			if t.right[i] {
				blanks += pad
				pad = 0
			}
			if text != "" {
				line.WriteString(strings.Repeat(" ", blanks))
				blanks = 0
				line.WriteString(paint(c.style, text))
			} else if t.right[i] {
				pad = 0
			}
			blanks += pad + 2
		}
		fmt.Fprintln(w, t.indent+line.String())
	}
}

// printJSON writes v as indented JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// newProgress returns a progress bar for total steps, or a spinner if total is
// -1. It shows only if w, the command's standard error, is a terminal, and
// leaves nothing behind when finished.
func newProgress(w io.Writer, total int64, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetVisibility(isTerminal(w)),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100e6))
}

// plural is a number of things: "1 resource", "2 resources".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
