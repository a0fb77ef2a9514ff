package macfile

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// field is a number in a file, of so many bytes.
type field struct {
	name     string
	at, size int
}

func (f field) get(b []byte) uint64 {
	var wide [8]byte
	copy(wide[8-f.size:], b[f.at:][:f.size])
	return bigEndian.Uint64(wide[:])
}

// with returns a copy of b with another value of the field.
func (f field) with(b []byte, v uint64) []byte {
	b = bytes.Clone(b)
	copy(b[f.at:][:f.size], bigEndian.AppendUint64(nil, v)[8-f.size:])
	return b
}

// victim is a file that is damaged below, and where its fields are.
type victim struct {
	name   string
	b      []byte
	fields []field
}

func victims(t testing.TB) []victim {
	f := &File{Name: "Plug-in", Comment: "hm", Data: fork([]byte("the data fork")), Resource: fork([]byte("the resources")),
		Finder: FinderInfo{Type: code("TEXT"), Creator: code("ttxt")}}
	single := victim{"AppleSingle", formats[0].wrap(t, f), []field{{"version", 4, 4}, {"count", 24, 2}}}
	for i, name := range []string{"Finder", "name", "comment", "data", "resource"} {
		at := appleHeader + appleEntry*i
		single.fields = append(single.fields, field{name + " offset", at + 4, 4}, field{name + " length", at + 8, 4})
	}
	all := []victim{single}
	for _, fm := range formats[1:4] {
		v := victim{fm.wrapping.String(), fm.wrap(t, f), []field{{"name length", 1, 1}, {"data length", 83, 4}, {"resource length", 87, 4},
			{"comment length", 99, 2}, {"second header length", 120, 2}, {"version", 122, 1}, {"version needed", 123, 1}, {"CRC", 124, 2}}}
		all = append(all, v)
	}
	return all
}

// variants are wrong values for a field.
func (f field) variants(right uint64) []field {
	limit := 1<<(8*f.size) - 1
	return []field{{"one less", int(right) - 1, 0}, {"one more", int(right) + 1, 0}, {"zero", 0, 0}, {"huge", limit >> 1, 0},
		{"negative", limit - 2, 0}, {"the greatest", limit, 0}, {"of the header", 16, 0}}
}

// result is what comes of a file.
func result(t testing.TB, b []byte) string {
	f, err := openBytes(b)
	if err != nil {
		return fmt.Sprintf("\terror: %v\n", err)
	}
	return describe(t, f)
}

// brief is what comes of a file, in one line and one for each problem.
func brief(t testing.TB, b []byte) string {
	f, err := openBytes(b)
	if err != nil {
		return fmt.Sprintf("\terror: %v\n", err)
	}
	s := fmt.Sprintf("\t%v %q %.16q '%v' %.16q %.16q\n", f.Wrappings, f.Name, f.Comment, f.Finder.Type, content(t, f.Data), content(t, f.Resource))
	for _, p := range f.Problems {
		s += fmt.Sprintf("\t%v\n", p)
	}
	return s
}

// TestMalformed gives every length, count and offset wrong values. What is said
// of each, and what is read all the same, is in the golden file. In MacBinary,
// each is tried with the CRC it had and with the right one.
func TestMalformed(t *testing.T) {
	var b strings.Builder
	for _, v := range victims(t) {
		for _, f := range v.fields {
			right := f.get(v.b)
			for _, wrong := range f.variants(right) {
				bad := f.with(v.b, uint64(wrong.at))
				fmt.Fprintf(&b, "%s, %s %s: %#x -> %#x\n%s", v.name, f.name, wrong.name, right, f.get(bad), brief(t, bad))
				if strings.HasPrefix(v.name, "MacBinary") && v.name != "MacBinary I" && f.name != "CRC" {
					bigEndian.PutUint16(bad[macBinaryCRC:], crc16(0, bad[:macBinaryCRC]...))
					fmt.Fprintf(&b, "with its CRC: %s", brief(t, bad))
				}
			}
		}
	}
	golden(t, "malformed.txt", b.String())
}

var numbers = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)

// TestCutShort reads files with every number of bytes missing.
func TestCutShort(t *testing.T) {
	var b strings.Builder
	all := victims(t)
	f := &File{Name: "Plug-in", Data: fork([]byte("the data fork")), Resource: fork([]byte("the resources"))}
	all = append(all, victim{"BinHex", formats[4].wrap(t, f), nil})
	for _, v := range all {
		last := ""
		for n := range v.b {
			said := ""
			switch f, err := openBytes(v.b[:n]); {
			case err != nil:
				said = fmt.Sprintf("error: %v", err)
			case len(f.Problems) > 0:
				said = fmt.Sprintf("%v, %d and %d bytes, then: %v", f.Wrappings, f.Data.Size(), f.Resource.Size(), f.Problems[len(f.Problems)-1])
			default:
				said = fmt.Sprintf("%v, %d and %d bytes", f.Wrappings, f.Data.Size(), f.Resource.Size())
			}
			if kind := numbers.ReplaceAllString(said, "#"); kind != last { // one line for what differs in numbers alone
				fmt.Fprintf(&b, "%s, %d bytes: %s\n", v.name, n, said)
				last = kind
			}
		}
	}
	golden(t, "cut.txt", b.String())
}

// hqx spells the bytes as they are, without looking for runs in them.
func hqx(raw []byte) string {
	var b bytes.Buffer
	e := binHexTo(&b)
	e.raw(raw...)
	if e.have > 0 {
		e.letter(e.bits << (6 - e.have))
	}
	e.out.Flush()
	return "(This file must be converted with BinHex 4.0)\n:" + b.String() + ":\n"
}

// stream is what a BinHex file spells: header, forks, and a CRC for each.
func stream(name string, dataLen, resourceLen int, data, resource string) []byte {
	var b []byte
	part := func(p []byte) { b = bigEndian.AppendUint16(append(b, p...), crc16(0, p...)) }
	h := append([]byte{byte(len(name))}, name...)
	h = append(h, "\x00TEXTttxt\x00\x00"...)
	h = bigEndian.AppendUint32(h, uint32(dataLen))
	part(bigEndian.AppendUint32(h, uint32(resourceLen)))
	part([]byte(data))
	part([]byte(resource))
	return b
}

// TestBinHexDamage shows what comes of BinHex files that break the rules.
func TestBinHexDamage(t *testing.T) {
	good := stream("name", 4, 3, "data", "rsc")
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at]++
		return b
	}
	crlf := strings.ReplaceAll(hqx(good), "\n", "\r\n")
	var b strings.Builder
	for _, tt := range []struct{ name, file string }{
		{"good", hqx(good)},
		{"lines of another system", crlf},
		{"a letter around it", "From: me\n\nhere it is\n" + hqx(good) + "-- \nme\n"},
		{"without a colon at the end", strings.TrimRight(hqx(good), ":\n")},
		{"without a colon at the start", strings.Replace(hqx(good), "\n:", "\n", 1)},
		{"text before the colon", strings.Replace(hqx(good), "\n:", "\nnow:", 1)},
		{"a stranger in the data", strings.Replace(hqx(good), hqx(good)[90:92], "~~", 1)},
		{"a stranger in the header", strings.Replace(hqx(good), hqx(good)[60:62], "ww", 1)},
		{"header's checksum", hqx(flip(24))},
		{"header", hqx(flip(10))},
		{"data", hqx(flip(27))},
		{"data's checksum", hqx(flip(30))},
		{"resources", hqx(flip(33))},
		{"data longer by one", hqx(stream("name", 5, 3, "data", "rsc"))},
		{"data shorter by one", hqx(stream("name", 3, 3, "data", "rsc"))},
		{"resources longer by one", hqx(stream("name", 4, 4, "data", "rsc"))},
		{"resources longer by three", hqx(stream("name", 4, 6, "data", "rsc"))},
		{"data negative", hqx(stream("name", -1, 3, "data", "rsc"))},
		{"resources negative", hqx(stream("name", 4, -1, "data", "rsc"))},
		{"data of the most", hqx(stream("name", MaxExpanded-3, 3, "data", "rsc"))},
		{"no name", hqx(stream("", 4, 3, "data", "rsc"))},
		{"long name", hqx(stream(strings.Repeat("n", 64), 4, 3, "data", "rsc"))},
		{"name length negative", hqx(append([]byte{0xff}, good...))},
		{"nothing", hqx(nil)},
		{"a run of nothing", hqx([]byte{0x90, 5})},
		{"half a run", hqx([]byte("\x04name\x90"))},
	} {
		fmt.Fprintf(&b, "%s\n%s", tt.name, result(t, []byte(tt.file)))
	}
	golden(t, "binhex.txt", b.String())
}

// TestBinHexRuns: the rules by the examples of the definition, and the corners.
func TestBinHexRuns(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{"\x00\x11\x22\x33\x44\x55\x66\x77", "\x00\x11\x22\x33\x44\x55\x66\x77"},
		{"\x11\x22\x90\x04\x33", "\x11\x22\x22\x22\x22\x33"},
		{"\x11\x22\x90\x00\x33\x44", "\x11\x22\x90\x33\x44"},
		{"\x2b\x90\x00\x90\x05", "\x2b\x90\x90\x90\x90\x90"},
		{"\x90\x00", "\x90"},
		{"\x90\x00\x90\x03a", "\x90\x90\x90a"},
		{"a\x90\x01b", "ab"},            // itself, and no more
		{"a\x90\x02\x90\x03b", "aaaab"}, // runs add up
		{"a\x90\xff", strings.Repeat("a", 255)},
	} {
		file := []byte(hqx([]byte(tt.raw)))
		start, ok := sniffBinHex(file)
		if !ok {
			t.Fatalf("%q is no BinHex", file)
		}
		d := newBinHexReader(fork(file), int64(start))
		var got []byte
		for c, ok := d.next(); ok; c, ok = d.next() {
			got = append(got, c)
		}
		if string(got) != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.raw, got, tt.want)
		}
	}
}

// TestRunsCrossParts: one run is the end of the data fork, of zeros, its CRC,
// which is zero, and the start of the resource fork.
func TestRunsCrossParts(t *testing.T) {
	f := &File{Name: "x", Data: fork(make([]byte, 100)), Resource: fork(make([]byte, 100))}
	b := formats[4].wrap(t, f)
	got, err := openBytes(b)
	if err != nil || len(b) > 120 || len(got.Problems) > 0 {
		t.Errorf("%d bytes, %v, %v", len(b), got, err)
	}
	same(t, got, f)
}

// TestBombs: what small files may cost.
func TestBombs(t *testing.T) {
	run := append(stream("bomb", MaxExpanded, 0, "", "")[:25], 'x', 'x', 'x')
	single := bigEndian.AppendUint32(nil, singleMagic)
	single = bigEndian.AppendUint32(single, appleVersion2)
	single = bigEndian.AppendUint16(append(single, make([]byte, 16)...), 0xffff)
	for range 0xffff {
		single = append(single, "\x00\x00\x00\x09\x00\x00\x00\x00\xff\xff\xff\xff"...)
	}
	for name, b := range map[string][]byte{
		"runs":    []byte(hqx(append(run, bytes.Repeat([]byte{'x', 0x90, 0xff}, 1000)...))),
		"entries": single,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := openBytes(b)
		runtime.ReadMemStats(&after)
		if cost := after.TotalAlloc - before.TotalAlloc; err != nil || len(f.Problems) == 0 || cost > 4<<20 {
			t.Errorf("%s: %d bytes cost %d bytes of memory; %v", name, len(b), cost, err)
		}
	}
}

// TestNestedBombs: within BinHex is BinHex, and so on. What one level expands
// to, those within it may not again.
func TestNestedBombs(t *testing.T) {
	f := &File{Name: "bomb", Data: fork(make([]byte, MaxExpanded-1000))}
	for range 2 {
		f.Data = fork(formats[4].wrap(t, f))
	}
	f, err := New(f.Data, f.Data.Size())
	if err != nil || len(f.Wrappings) != 1 || len(f.Problems) != 1 || f.Data.Size() < 1_000_000 {
		t.Fatalf("%v, %v", f, err)
	}
	if want := "BinHex header at 0x30: claims forks of 67107864 and 0 bytes; together at most 66039667 are read"; f.Problems[0].Error() != want {
		t.Errorf("%v, want %s", f.Problems[0], want)
	}
}

// failing is a reader that fails beyond so many bytes.
type failing struct {
	b []byte
	n int64
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.n {
		return 0, io.ErrClosedPipe
	}
	return copy(b, f.b[off:]), nil
}

func TestErrorsOfTheReader(t *testing.T) {
	for _, fm := range formats {
		b := fm.wrap(t, files()[0].file)
		if _, err := New(failing{b, 0}, int64(len(b))); err != io.ErrClosedPipe {
			t.Errorf("%v: %v", fm.wrapping, err)
		}
	}
}

// FuzzNew opens anything. What is opened can be written, if it has a name, and
// is then the same when opened again.
func FuzzNew(f *testing.F) {
	for _, n := range files() {
		for _, fm := range formats {
			if b := fm.wrap(f, n.file); len(b) < 2048 {
				f.Add(b)
			}
		}
	}
	for _, v := range victims(f) {
		for _, fl := range v.fields {
			f.Add(fl.with(v.b, fl.get(v.b)+1))
		}
	}
	f.Add(resources())
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := openBytes(b)
		if (first == nil) == (err == nil) {
			t.Fatalf("%v and %v", first, err)
		}
		if err != nil {
			return
		}
		if len(first.Wrappings) > maxNesting || first.Data.Size()+first.Resource.Size() > 2*int64(len(b))*63 {
			t.Errorf("%d bytes: %v, forks of %d and %d", len(b), first.Wrappings, first.Data.Size(), first.Resource.Size())
		}
		Archive(first.Data, first.Data.Size())
		for _, fm := range []format{formats[0], formats[1], formats[4]} {
			want := *first
			fm.loses(&want)
			if fm.wrapping == AppleSingle { // which has other times than MacBinary
				want.Created, want.Modified = from2000(to2000(want.Created)), from2000(to2000(want.Modified))
			} else {
				want.Created, want.Modified = from1904(to1904(want.Created)), from1904(to1904(want.Modified))
			}
			var out bytes.Buffer
			if err := fm.write(first, &out); err != nil {
				continue
			}
			second := &File{Data: fork(out.Bytes()), Resource: empty()}
			found, err := map[Wrapping]reader{AppleSingle: (*File).readApple, MacBinaryIII: (*File).readMacBinary, BinHex: (*File).readBinHex}[fm.wrapping](second, out.Bytes())
			if !found || err != nil || len(second.Problems) > 0 {
				t.Fatalf("%v: %t, %v, %+v", fm.wrapping, found, err, second)
			}
			same(t, second, &want)
		}
	})
}
