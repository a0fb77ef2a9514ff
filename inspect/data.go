package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// isaData is the ISA of a listing of data.
const isaData = "data"

// Data is listed as assemblers write it: texts, pointers with what they point
// to, runs of zeros in one line, and words.

const (
	dataRow   = 16   // bytes of data in a line
	shortZero = 8    // bytes of zeros that are a line of their own
	longText  = 1024 // bytes of a text that are looked at: of hostile ones there can be many
)

// data yields the listing of a section of data.
func (l *Listing) data(yield func(Line) bool) {
	labels := slices.Sorted(maps.Keys(l.labels))
	stops := slices.Concat(labels, l.pointers) // where a line begins
	slices.Sort(stops)
	for at := l.start; at < l.end; {
		for len(stops) > 0 && int(stops[0]) <= at {
			stops = stops[1:]
		}
		stop := min(l.end, at+longText)
		if len(stops) > 0 {
			stop = min(stop, int(stops[0]))
		}
		line := l.dataLine(at, stop)
		if !yield(line) {
			return
		}
		at += len(line.Code) / 2
	}
	if l.end < len(l.code) {
		return
	}
	for i, at := range labels { // of what is zero, and not stored
		end := l.total
		if i+1 < len(labels) {
			end = min(end, labels[i+1])
		}
		if int(at) >= l.end && end > at && !yield(Line{Offset: at, Label: l.labels[at], Demangled: mangled(l.labels[at]), Text: fmt.Sprintf("ds.b %d", end-at)}) {
			return
		}
	}
}

// dataLine makes the line of data at a place, of bytes before stop.
func (l *Listing) dataLine(at, stop int) Line {
	if _, found := slices.BinarySearch(l.pointers, uint32(at)); found && l.end-at >= 4 {
		name, comment := l.pointer(uint32(at))
		if name == "" {
			name = fmt.Sprintf("%#x", binary.BigEndian.Uint32(l.code[at:]))
		}
		return l.line(at, at+4, "dc.l "+name, comment)
	}
	b := l.code[at:stop]
	if text, n := text(b); n > 0 {
		return l.line(at, at+n, textData(b[:n], text), "")
	}
	if zeros := len(b) - len(bytes.TrimLeft(b, "\x00")); zeros >= shortZero {
		if zeros < len(b) { // what follows may be a number that begins with zeros
			zeros -= (at + zeros) % 4
		}
		return l.line(at, at+zeros, fmt.Sprintf("ds.b %d", zeros), "")
	}
	row := min(len(b), dataRow-at%dataRow)
	if at%4 != 0 {
		row = min(row, 4-at%4)
	}
	for n := 4; n < row; n += 4 { // a text or zeros begin a line
		if _, size := text(b[n:]); size > 0 || isZero(b[n:], shortZero) {
			row = n
		}
	}
	return l.line(at, at+row, words(b[:row], at), "")
}

func isZero(b []byte, n int) bool {
	return len(b) >= n && len(bytes.TrimLeft(b[:n], "\x00")) == 0
}

// words writes bytes as words, or as bytes if they are not whole ones.
func words(b []byte, at int) string {
	var parts []string
	if len(b)%4 != 0 || at%4 != 0 {
		for _, c := range b {
			parts = append(parts, fmt.Sprintf("%#x", c))
		}
		return "dc.b " + strings.Join(parts, ",")
	}
	for ; len(b) > 0; b = b[4:] {
		parts = append(parts, fmt.Sprintf("%#x", binary.BigEndian.Uint32(b)))
	}
	return "dc.l " + strings.Join(parts, ",")
}

// textData writes a text with what it has around it: a NUL, or the length in
// front.
func textData(b []byte, text string) string {
	switch quoted := fmt.Sprintf("%q", text); {
	case len(b) == len(text):
		return "dc.b " + quoted
	case b[0] == text[0] && b[len(b)-1] == 0:
		return "dc.b " + quoted + ",0"
	default:
		return fmt.Sprintf("dc.b %d,%s", len(text), quoted)
	}
}

// text returns the C or Pascal string that data begins with, and how many bytes
// it takes with its NUL or length; none if it begins with neither. Of a long one
// it is the beginning.
func text(data []byte) (s string, size int) {
	isText := func(b byte) bool { return b >= ' ' && b < 0x7f || b == '\n' || b == '\r' || b == '\t' }
	data = data[:min(len(data), longText)]
	if len(data) == 0 {
		return "", 0
	}
	if n := int(data[0]); !isText(data[0]) && n >= minText && n < len(data) && !slices.ContainsFunc(data[1:1+n], func(b byte) bool { return !isText(b) }) {
		return string(data[1 : 1+n]), 1 + n
	}
	end := slices.IndexFunc(data, func(b byte) bool { return !isText(b) })
	switch {
	case end < 0 && len(data) >= minText:
		return string(data), len(data)
	case end < minText || data[end] != 0:
		return "", 0
	}
	return string(data[:end]), end + 1
}
