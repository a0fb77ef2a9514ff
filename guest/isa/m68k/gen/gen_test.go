// Package gen makes package m68k's generated files out of its text tables.
//
// It is a test so that the check that the files are up to date and the making
// of them are one thing: go test compares, go generate (which adds -update)
// writes. It does not import package m68k, and so works while that is broken.
package gen

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

func TestTables(t *testing.T) {
	text, err := os.ReadFile("../m68k.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	index, err := lookup(rows)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../ztables.go", tables(rows, index))
}

func TestTraps(t *testing.T) {
	text, err := os.ReadFile("../traps.txt")
	if err != nil {
		t.Fatal(err)
	}
	source, err := traps(string(text))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../ztraps.go", source)
}

func compare(t *testing.T, name, source string) {
	t.Helper()
	want, err := format.Source([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the table makes (%v); run go generate", name, err)
	}
}

// TestParseRefuses breaks the table's rules one by one.
func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"nop - 0100", "line 1: has 3 columns, want at least 5"},
		{"nop - 0100 - all", "line 1: word 0 of the pattern has 4 bits, want 16"},
		{"nop - 0100.1110.0111.000z - none", "line 1: no models none"},
		{"swap b 0100.1000.0100.0yyy Dz all", "line 1: operand Dz: the pattern has no field z"},
		{"tst b 0100.1010.00mm.mrrr ea:some all", "line 1: operand ea:some: no class some"},
		{"tst bw 0100.1010.00mm.mrrr ea:all all", "line 1: several sizes need a field s"},
		{"jmp q 0100.1110.11mm.mrrr ea:all all", "line 1: no size q"},
		{"trap - 0100.1110.0100.xxxx #y:q all", "line 1: operand #y:q: the pattern has no field y"},
		{"trap - 0100.1110.0100.xxxx @x all", "line 1: operand @x: not known"},
	} {
		if _, err := parse(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("%q: error %v, want %s", tt.text, err, tt.want)
		}
	}
	rows, err := parse("one - 0000.xxxx.0000.0000 #x all\ntwo - 0000.0000.xxxx.0000 #x all\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lookup(rows); err == nil || err.Error() != "0x0000 is both line 1 (one) and line 2 (two)" {
		t.Errorf("two rows for a word: error %v", err)
	}
}

// row is a line of the table, or one of the sizes of a line.
type row struct {
	line      int
	text      string
	op        string
	size      string // a constant of package m68k
	bare      bool
	models    uint
	mask      [3]uint16
	value     [3]uint16
	words     int
	ea, to    uint16
	cond, fmt string // fields, as constants
	fmtShift  int
	same      [2]string
	args      []string
	specifics int // bits that must match

}

// modes names the twelve addressing modes, in the order of their bits.
var modes = []string{"dn", "an", "ind", "post", "pre", "disp", "idx", "absw", "absl", "pcd", "pci", "imm"}

var classes = map[string]uint16{
	"all": 0xfff, "data": 0xffd, "mem": 0xffc, "ctl": 0x7e4, "alt": 0x1ff, "dalt": 0x1fd, "malt": 0x1fc, "calt": 0x1e4,
	"fdata": 0xffd, // but a data register only if the format fits it
}

var sizes = map[string]string{
	"b": "Byte", "w": "Word", "l": "Long", "s": "Short", "single": "Single", "d": "Double", "x": "Extended", "p": "Packed", "f": "byFormat", "-": "None",
}

var models = []string{"68000", "68010", "68020", "68030", "68040"}

// plain lists the operands that need no field.
var plain = map[string]string{
	"#b": "argImmB", "#w": "argImmW", "#l": "argImmL", "#s": "argImmS", "@w": "argBranchW", "@l": "argBranchL", "abs": "argAbsL",
	"CCR": "argCCR", "SR": "argSR", "USP": "argUSP", "FPCR": "argFPCR", "FPSR": "argFPSR", "FPIAR": "argFPIAR",
	"TC": "argTC", "SRP": "argSRP", "CRP": "argCRP", "TT0": "argTT0", "TT1": "argTT1", "PSR": "argPSR",
}

// fielded lists the operands that are about one field (which is named ~), or
// two (~ and ^).
var fielded = []struct{ syntax, constant string }{
	{"{b}", "argBitField"}, {"{#k}", "argKFactor"}, {"{Dk}", "argKReg"}, {"cr", "argControl"}, {"caches", "argCaches"},
	{"list", "argList"}, {"tsil", "argListRev"}, {"fplist", "argFPList"}, {"fptsil", "argFPListRev"}, {"fpctl", "argFPControls"}, {"@b", "argBranchB"},
	{"#~:q", "argQuick"}, {"#~:s", "argSigned"}, {"#~", "argField"},
	{"(d,A~)", "argDisp"}, {"-(A~)", "argPre"}, {"(A~)+", "argPost"}, {"(A~)", "argInd"},
	{"FP~:FP^", "argFPPair"}, {"D~:D^", "argDPair"}, {"(R~):(R^)", "argRPair"}, {"FP~", "argFP"}, {"D~", "argD"}, {"A~", "argA"}, {"R~", "argR"},
}

// implied names the fields of operands that do not name theirs.
var implied = map[string]byte{
	"{b}": 'b', "{#k}": 'k', "{Dk}": 'k', "cr": 'c', "caches": 'c', "list": 'l', "tsil": 'l', "fplist": 'l', "fptsil": 'l', "fpctl": 'l', "@b": 'd',
}

func parse(text string) ([]row, error) {
	var rows []row
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		more, err := parseLine(i+1, line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func parseLine(number int, line string) ([]row, error) {
	columns := strings.Fields(line)
	if len(columns) < 5 {
		return nil, fmt.Errorf("has %d columns, want at least 5", len(columns))
	}
	r := row{line: number, text: strings.Join(columns, " "), op: columns[0]}
	var err error
	if r.models, err = parseModels(columns[4]); err != nil {
		return nil, err
	}
	size := columns[1]
	r.bare = strings.HasPrefix(size, "(")
	size = strings.Trim(size, "()")
	several := len(size) > 1 && sizes[size] == ""
	if several && !strings.Contains(columns[2], "ss") {
		return nil, fmt.Errorf("several sizes need a field s")
	}
	if !several {
		size, columns[1] = "", size
		return r.expand(columns)
	}
	var rows []row
	for _, s := range size {
		c := slices.Clone(columns)
		c[1] = string(s)
		c[2] = strings.Replace(c[2], "ss", map[rune]string{'b': "00", 'w': "01", 'l': "10"}[s], 1)
		more, err := r.expand(c)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func parseModels(s string) (uint, error) {
	if s == "all" {
		return 1<<len(models) - 1, nil
	}
	first, last, isRange := strings.Cut(strings.TrimSuffix(s, "+"), "-")
	i, j := slices.Index(models, first), slices.Index(models, last)
	switch {
	case strings.HasSuffix(s, "+"):
		j = len(models) - 1
	case !isRange:
		j = i
	}
	if i < 0 || j < i {
		return 0, fmt.Errorf("no models %s", s)
	}
	return 1<<(j+1) - 1<<i, nil
}

// expand fills in what depends on the columns, of which there is one size now.
func (r row) expand(columns []string) ([]row, error) {
	if r.size = sizes[columns[1]]; r.size == "" {
		return nil, fmt.Errorf("no size %s", columns[1])
	}
	fields := map[byte]string{}
	for w, pattern := range strings.Split(columns[2], "/") {
		pattern = strings.ReplaceAll(pattern, ".", "")
		if len(pattern) != 16 {
			return nil, fmt.Errorf("word %d of the pattern has %d bits, want 16", w, len(pattern))
		}
		r.words = w + 1
		for i := 0; i < 16; {
			letter, end := pattern[i], i+1
			switch letter {
			case '1':
				r.value[w] |= 0x8000 >> i
				fallthrough
			case '0':
				r.mask[w] |= 0x8000 >> i
				r.specifics++
			case '?':
			default:
				for end < 16 && pattern[end] == letter {
					end++
				}
				field := fmt.Sprintf("field(%d<<8 | %d<<4 | %d)", w, 16-end, end-i-1)
				if first, again := fields[letter]; again {
					r.same = [2]string{first, field}
					r.specifics += end - i
				}
				fields[letter] = field
				if letter == 'f' {
					r.fmtShift = 16 - end
				}
			}
			i = end
		}
	}
	if strings.Contains(r.op, "CC") {
		r.cond = fields['c']
	}
	r.fmt = fields['f']
	if columns[3] != "-" {
		for _, operand := range splitOperands(columns[3]) {
			if err := r.addOperand(operand, fields); err != nil {
				return nil, fmt.Errorf("operand %s: %w", operand, err)
			}
		}
	}
	return []row{r}, nil
}

// splitOperands splits at commas that are not in parentheses.
func splitOperands(s string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "(d,", "(d;"), ",", "\n"), "\n")
}

func (r *row) addOperand(operand string, fields map[byte]string) error {
	operand = strings.ReplaceAll(operand, ";", ",")
	if class, ok := strings.CutPrefix(operand, "ea:"); ok {
		r.args = append(r.args, "{kind: argEA}")
		return parseClass(class, &r.ea)
	}
	if class, ok := strings.CutPrefix(operand, "to:"); ok {
		r.args = append(r.args, "{kind: argTo}")
		return parseClass(class, &r.to)
	}
	if c := plain[operand]; c != "" {
		r.args = append(r.args, fmt.Sprintf("{kind: %s}", c))
		return nil
	}
	for _, f := range fielded {
		letters, ok := match(f.syntax, operand)
		if !ok {
			continue
		}
		if letter := implied[operand]; letter != 0 {
			letters = []byte{letter}
		}
		var values []string
		for i, letter := range letters {
			if fields[letter] == "" {
				return fmt.Errorf("the pattern has no field %c", letter)
			}
			values = append(values, fmt.Sprintf("%c: %s", "ab"[i], fields[letter]))
		}
		r.args = append(r.args, fmt.Sprintf("{kind: %s, %s}", f.constant, strings.Join(values, ", ")))
		return nil
	}
	return fmt.Errorf("not known")
}

// match compares an operand with a syntax in which ~ and ^ stand for letters.
func match(syntax, operand string) ([]byte, bool) {
	if len(syntax) != len(operand) {
		return nil, false
	}
	var letters []byte
	for i := range syntax {
		lower := operand[i] >= 'a' && operand[i] <= 'z'
		switch {
		case (syntax[i] == '~' || syntax[i] == '^') && lower:
			letters = append(letters, operand[i])
		case syntax[i] != operand[i]:
			return nil, false
		}
	}
	return letters, true
}

func parseClass(s string, class *uint16) error {
	add := true
	for s != "" {
		n := strings.IndexAny(s, "+-")
		name := s
		if n >= 0 {
			name = s[:n]
		}
		set, ok := classes[name]
		if i := slices.Index(modes, name); i >= 0 {
			set, ok = 1<<i, true
		}
		if !ok {
			return fmt.Errorf("no class %s", name)
		}
		if add {
			*class |= set
		} else {
			*class &^= set
		}
		if n < 0 {
			break
		}
		add = s[n] == '+'
		s = s[n+1:]
	}
	return nil
}

// lookup returns, for each value of a first word's high ten bits, the rows that
// it may be, the most specific first. It refuses rows that share an encoding
// without one being a special case of the other.
func lookup(rows []row) ([1024][]int, error) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rows[b].specifics - rows[a].specifics })
	var index [1024][]int
	for high := range index {
		for _, i := range order {
			if r := rows[i]; uint16(high)<<6&r.mask[0] == r.value[0]&0xffc0 {
				index[high] = append(index[high], i)
			}
		}
	}
	for word := range 1 << 16 {
		for m := range models {
			var taking []int
			for _, i := range index[word>>6] {
				if rows[i].takes(uint16(word)) && rows[i].models>>m&1 != 0 {
					taking = append(taking, i)
				}
			}
			for n, i := range taking {
				for _, j := range taking[n+1:] {
					if clash(rows[i], rows[j]) {
						a, b := rows[min(i, j)], rows[max(i, j)]
						return index, fmt.Errorf("%#04x is both line %d (%s) and line %d (%s)", word, a.line, a.op, b.line, b.op)
					}
				}
				if rows[i].words == 1 {
					break // nothing is left for the others
				}
			}
		}
	}
	return index, nil
}

// takes says whether a first word belongs to the row.
func (r row) takes(word uint16) bool {
	return word&r.mask[0] == r.value[0] &&
		(r.ea == 0 || r.ea>>mode(word>>3&7, word&7)&1 != 0) && (r.to == 0 || r.to>>mode(word>>6&7, word>>9&7)&1 != 0)
}

func mode(mode, reg uint16) uint16 {
	if mode < 7 {
		return mode
	}
	return 7 + reg
}

// clash says whether two rows that take the same first word share an encoding,
// and the first is no special case of the second.
func clash(a, b row) bool {
	special := true
	for w := range 3 {
		if (a.value[w]^b.value[w])&a.mask[w]&b.mask[w] != 0 {
			return false
		}
		special = special && b.mask[w]&^a.mask[w] == 0
	}
	// A format of 7 is no format.
	if a.fmt != "" && b.mask[1]&b.value[1]>>a.fmtShift&7 == 7 || b.fmt != "" && a.mask[1]&a.value[1]>>b.fmtShift&7 == 7 {
		return false
	}
	return !special || a.specifics == b.specifics
}

func tables(rows []row, index [1024][]int) string {
	var b strings.Builder
	b.WriteString("// Code generated by gen from m68k.txt; DO NOT EDIT.\n\npackage m68k\n\n")
	var ops []string
	for _, r := range rows {
		if !slices.Contains(ops, r.op) {
			ops = append(ops, r.op)
		}
	}
	slices.SortFunc(ops, func(a, b string) int { return strings.Compare(constant(a), constant(b)) })
	b.WriteString("// The operations. Those that end in cc have a condition.\nconst (\n\t_ Op = iota\n")
	for _, op := range ops {
		fmt.Fprintf(&b, "\t%s\n", constant(op))
	}
	b.WriteString("\topCount\n)\n\nvar opNames = [...]string{\n")
	for _, op := range ops {
		fmt.Fprintf(&b, "\t%s: %q,\n", constant(op), strings.TrimSuffix(op, "CC"))
	}
	b.WriteString("}\n\nvar rows = [...]row{\n")
	for i, r := range rows {
		if i == 0 || rows[i-1].text != r.text {
			fmt.Fprintf(&b, "\t// %s\n", r.text)
		}
		fmt.Fprintf(&b, "\t{op: %s, size: %s, models: %#x, words: %d, mask: %s, value: %s", constant(r.op), r.size, r.models, r.words, array(r.mask), array(r.value))
		for _, f := range []struct{ name, value string }{{"cond", r.cond}, {"format", r.fmt}, {"same", r.same[0]}, {"as", r.same[1]}} {
			if f.value != "" {
				fmt.Fprintf(&b, ", %s: %s", f.name, f.value)
			}
		}
		if r.bare {
			b.WriteString(", bare: true")
		}
		if r.ea != 0 {
			fmt.Fprintf(&b, ", ea: %#x", r.ea)
		}
		if r.to != 0 {
			fmt.Fprintf(&b, ", to: %#x", r.to)
		}
		if len(r.args) > 0 {
			fmt.Fprintf(&b, ", args: [maxArgs]arg{%s}", strings.Join(r.args, ", "))
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n\n// candidates[starts[w>>6]:starts[w>>6+1]] are the rows that first word w may\n// be, the most specific first.\nvar starts = [1025]uint16{")
	var flat []int
	for i, list := range index {
		if i%16 == 0 {
			b.WriteString("\n\t")
		}
		fmt.Fprintf(&b, "%d, ", len(flat))
		flat = append(flat, list...)
	}
	fmt.Fprintf(&b, "\n\t%d,\n}\n\nvar candidates = [...]uint16{", len(flat))
	for i, r := range flat {
		if i%16 == 0 {
			b.WriteString("\n\t")
		}
		fmt.Fprintf(&b, "%d, ", r)
	}
	b.WriteString("\n}\n")
	return b.String()
}

func array(v [3]uint16) string {
	return fmt.Sprintf("[3]uint16{%#04x, %#04x, %#04x}", v[0], v[1], v[2])
}

// constant turns a mnemonic into a Go name: dbCC into DBcc.
func constant(op string) string {
	stem, conditional := strings.CutSuffix(op, "CC")
	if conditional {
		return strings.ToUpper(stem) + "cc"
	}
	return strings.ToUpper(op)
}

func traps(text string) (string, error) {
	var b strings.Builder
	b.WriteString("// Code generated by gen from traps.txt; DO NOT EDIT.\n\npackage m68k\n\n// traps is sorted by word.\nvar traps = [...]trap{\n")
	last := uint64(0)
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		var word uint64
		var name string
		if n, err := fmt.Sscanf(line, "%x %s", &word, &name); n != 2 {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
		if word <= last || word>>12 != 0xa || bits.Len64(word) > 16 {
			return "", fmt.Errorf("line %d: %#x is no trap word above %#x", i+1, word, last)
		}
		last = word
		fmt.Fprintf(&b, "\t{%#04x, %q},\n", word, name)
	}
	b.WriteString("}\n")
	return b.String(), nil
}
