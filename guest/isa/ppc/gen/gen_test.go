// Package gen makes package ppc's generated file out of its text table.
//
// It is a test so that the check that the file is up to date and the making of
// it are one thing: go test compares, go generate (which adds -update) writes.
// It does not import package ppc, and so works while that is broken.
package gen

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated file instead of comparing it")

func TestTables(t *testing.T) {
	text, err := os.ReadFile("../ppc.txt")
	if err != nil {
		t.Fatal(err)
	}
	tab, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	leaves, err := lookup(tab.rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := format.Source([]byte(tables(tab, leaves)))
	if err != nil {
		t.Fatal(err)
	}
	const name = "../ztables.go"
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
		{"nop 24 D -", "line 1: has 4 columns, want 5"},
		{"nop 64 D - base", "line 1: opcode 64: out of range (64)"},
		{"nop 24/1 D - base", "line 1: opcode 24/1: form D has no extended opcode"},
		{"nop 31 X - base", "line 1: opcode 31: form X needs an extended opcode"},
		{"nop 31/512 XO - base", "line 1: opcode 31/512: extended opcode out of range (512)"},
		{"nop 24 Q - base", "line 1: no form Q"},
		{"nop 24 D rZ base", "line 1: no operand rZ"},
		{"nop 24 D simm,uimm base", "line 1: operand uimm uses a bit that is taken"},
		{"nop{q} 24 D - base", "line 1: no suffix {q}"},
		{"add{o} 24 D rD,rA,simm base", "line 1: operand simm uses a bit that is taken"},
		{"nop 24 D - 604", "line 1: no set 604"},
		{"spr 1024 x", "line 1: register 1024 out of range (1024)"},
	} {
		if _, err := parse(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("%q: error %v, want %s", tt.text, err, tt.want)
		}
	}
	for _, text := range []string{
		"one 31/5 X rD base\ntwo 31/5 X rA base\n", // disjoint but for 0
		"one 31/18 A fD,fC base\ntwo 31/50 X fD base\n",
		"one 9 D rD base\ntwo 9 D - base\n",
	} {
		tab, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lookup(tab.rows); err == nil || !strings.HasSuffix(err.Error(), "is both line 1 (one) and line 2 (two)") {
			t.Errorf("two rows for a word: error %v", err)
		}
	}
}

// row is a line of the table.
type row struct {
	line        int
	text        string
	name        string
	mask, value uint32
	suffixes    []string
	args        []string
	set         string
}

type register struct {
	number int
	name   string
}

type table struct {
	rows      []row
	registers []register
}

// bits returns a mask of the bits first to last, in the manual's counting.
func bits(first, last int) uint32 {
	return ^uint32(0) >> first & (^uint32(0) << (31 - last))
}

// forms says where the extended opcode is.
var forms = map[string][2]int{
	"D": {0, -1}, "X": {21, 30}, "XO": {22, 30}, "A": {26, 30}, "S": {30, 30}, "VX": {21, 31}, "VA": {26, 31}, "VR": {22, 31},
}

type operand struct {
	constant    string
	first, last int
}

var operands = map[string]operand{
	"rD": {"argD", 6, 10}, "rS": {"argD", 6, 10}, "rA": {"argA", 11, 15}, "rA0": {"argA0", 11, 15}, "rB": {"argB", 16, 20},
	"fD": {"argFD", 6, 10}, "fS": {"argFD", 6, 10}, "fA": {"argFA", 11, 15}, "fB": {"argFB", 16, 20}, "fC": {"argFC", 21, 25},
	"vD": {"argVD", 6, 10}, "vS": {"argVD", 6, 10}, "vA": {"argVA", 11, 15}, "vB": {"argVB", 16, 20}, "vC": {"argVC", 21, 25},
	"d(rA)": {"argMemory", 11, 31}, "simm": {"argSimm", 16, 31}, "uimm": {"argUimm", 16, 31}, "hi": {"argHigh", 16, 31},
	"cD": {"argCRD", 6, 8}, "cS": {"argCRS", 11, 13}, "bD": {"argBitD", 6, 10}, "bA": {"argBitA", 11, 15}, "bB": {"argBitB", 16, 20}, "bI": {"argBitI", 11, 15},
	"BO": {"argNumD", 6, 10}, "TO": {"argNumD", 6, 10}, "to": {"argNumD", 6, 10}, "bd": {"argBD", 16, 29}, "li": {"argLI", 6, 29},
	"sh": {"argNumB", 16, 20}, "mb": {"argNumC", 21, 25}, "me": {"argME", 26, 30}, "nb": {"argBytes", 16, 20},
	"L": {"argL", 10, 10}, "crm": {"argCRM", 12, 19}, "fm": {"argFM", 7, 14}, "imm": {"argImm", 16, 19}, "sr": {"argSR", 12, 15},
	"spr": {"argSPR", 11, 20}, "tbr": {"argSPR", 11, 20}, "vui": {"argNumA", 11, 15}, "vsi": {"argVSimm", 11, 15}, "shb": {"argSHB", 22, 25},
	"vu4": {"argNumA", 12, 15}, "vu3": {"argNumA", 13, 15}, "vu2": {"argNumA", 14, 15}, "strm": {"argStream", 9, 10},
}

var sets = map[string]string{
	"base": "Base", "603": "From603", "power": "Power", "fsqrt": "SquareRoot", "super": "Supervisor", "603tlb": "TLB603", "altivec": "AltiVec",
}

func parse(text string) (table, error) {
	var tab table
	for i, line := range strings.Split(text, "\n") {
		columns := strings.Fields(line)
		if len(columns) == 0 || columns[0][0] == '#' {
			continue
		}
		var err error
		if columns[0] == "spr" {
			err = tab.addRegister(columns)
		} else {
			err = tab.addRow(i+1, columns)
		}
		if err != nil {
			return tab, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return tab, nil
}

func (tab *table) addRegister(columns []string) error {
	if len(columns) != 3 {
		return fmt.Errorf("has %d columns, want 3", len(columns))
	}
	n, err := strconv.Atoi(columns[1])
	if err != nil || n < 0 || n >= 1024 {
		return fmt.Errorf("register %s out of range (1024)", columns[1])
	}
	tab.registers = append(tab.registers, register{n, columns[2]})
	return nil
}

func (tab *table) addRow(line int, columns []string) error {
	if len(columns) != 5 {
		return fmt.Errorf("has %d columns, want 5", len(columns))
	}
	r := row{line: line, text: strings.Join(columns, " "), mask: bits(0, 5), set: sets[columns[4]]}
	if r.set == "" {
		return fmt.Errorf("no set %s", columns[4])
	}
	form, ok := forms[columns[2]]
	if !ok {
		return fmt.Errorf("no form %s", columns[2])
	}
	if err := r.opcode(columns[1], columns[2], form); err != nil {
		return fmt.Errorf("opcode %s: %w", columns[1], err)
	}
	taken := r.mask
	take := func(what string, mask uint32) error {
		if taken&mask != 0 {
			return fmt.Errorf("%s uses a bit that is taken", what)
		}
		taken |= mask
		return nil
	}

	name, suffixes, _ := strings.Cut(columns[0], "{")
	r.name = name
	if strings.HasSuffix(name, ".") && columns[2] == "X" {
		r.value |= 1 // and stays in the mask, like all bits that nothing takes
	}
	for suffix := range strings.SplitSeq(suffixes, "{") {
		var mask uint32
		constant := ""
		switch {
		case suffix == "":
			continue
		case suffix == "o}":
			constant, mask = "hasOE", bits(21, 21)
		case suffix == ".}" && columns[2] == "VR":
			constant, mask = "hasVectorRc", bits(21, 21)
		case suffix == ".}":
			constant, mask = "hasRc", bits(31, 31)
		case suffix == "l}":
			constant, mask = "hasLK", bits(31, 31)
		case suffix == "a}":
			constant, mask = "hasAA", bits(30, 30)
		case suffix == "t}":
			constant, mask = "hasT", bits(6, 6)
		default:
			return fmt.Errorf("no suffix {%s", suffix)
		}
		if err := take("suffix {"+suffix, mask); err != nil {
			return err
		}
		r.suffixes = append(r.suffixes, constant)
	}
	free := taken &^ r.mask
	if columns[3] != "-" {
		for name := range strings.SplitSeq(columns[3], ",") {
			o, ok := operands[name]
			if !ok {
				return fmt.Errorf("no operand %s", name)
			}
			if err := take("operand "+name, bits(o.first, o.last)); err != nil {
				return err
			}
			free |= bits(o.first, o.last)
			r.args = append(r.args, o.constant)
		}
	}
	r.mask = ^free
	tab.rows = append(tab.rows, r)
	return nil
}

func (r *row) opcode(s, form string, where [2]int) error {
	primary, extended, has := strings.Cut(s, "/")
	p, err := strconv.ParseUint(primary, 10, 32)
	if err != nil {
		return err
	}
	if p > 63 {
		return fmt.Errorf("out of range (64)")
	}
	r.value = uint32(p) << 26
	switch {
	case has && form == "D":
		return fmt.Errorf("form D has no extended opcode")
	case !has && form != "D":
		return fmt.Errorf("form %s needs an extended opcode", form)
	case !has:
		return nil
	}
	x, err := strconv.ParseUint(extended, 10, 32)
	if err != nil {
		return err
	}
	mask := bits(where[0], where[1])
	if limit := uint64(1) << (where[1] - where[0] + 1); x >= limit {
		return fmt.Errorf("extended opcode out of range (%d)", limit)
	}
	r.value |= uint32(x) << (31 - where[1])
	r.mask |= mask
	return nil
}

// leaves is the two-stage table: a primary opcode says which bits choose among
// its rows.
type leaves struct {
	shift, width, start [64]int
	rows                []int // index + 1, 0 for none
}

// lookup makes the table. It refuses two rows that share an encoding or a place.
func lookup(rows []row) (leaves, error) {
	var l leaves
	for p := range 64 {
		switch p {
		case 4:
			l.width[p] = 11
		case 19, 31, 59, 63:
			l.shift[p], l.width[p] = 1, 10
		}
		l.start[p] = len(l.rows)
		l.rows = append(l.rows, make([]int, 1<<l.width[p])...)
	}
	for i, r := range rows {
		p := r.value >> 26
		window := uint32(1)<<l.width[p] - 1
		for n := range window + 1 {
			if (n<<l.shift[p]^r.value)&r.mask&(window<<l.shift[p]) != 0 {
				continue
			}
			at := &l.rows[l.start[p]+int(n)]
			if *at != 0 {
				other := rows[*at-1]
				return l, fmt.Errorf("%#08x is both line %d (%s) and line %d (%s)", p<<26|n<<l.shift[p], other.line, other.name, r.line, r.name)
			}
			*at = i + 1
		}
	}
	return l, nil
}

func tables(tab table, l leaves) string {
	var b strings.Builder
	b.WriteString("// Code generated by gen from ppc.txt; DO NOT EDIT.\n\npackage ppc\n\n")
	b.WriteString("// The operations, in the order of the table. A dot at the end of a name is an\n// underscore here.\nconst (\n\t_ Op = iota\n")
	for _, r := range tab.rows {
		fmt.Fprintf(&b, "\t%s\n", constant(r.name))
	}
	b.WriteString("\topCount\n)\n\nvar opNames = [opCount]string{\n")
	for _, r := range tab.rows {
		fmt.Fprintf(&b, "\t%s: %q,\n", constant(r.name), r.name)
	}
	b.WriteString("}\n\nvar rows = [opCount]row{\n")
	for _, r := range tab.rows {
		fmt.Fprintf(&b, "\t// %s\n\t%s: {mask: %#08x, value: %#08x, set: %s", r.text, constant(r.name), r.mask, r.value, r.set)
		if len(r.suffixes) > 0 {
			fmt.Fprintf(&b, ", has: %s", strings.Join(r.suffixes, " | "))
		}
		if len(r.args) > 0 {
			fmt.Fprintf(&b, ", args: [maxArgs]argKind{%s}", strings.Join(r.args, ", "))
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n\n// roots say, by primary opcode, which bits of a word choose its place in leaves.\nvar roots = [64]root{\n")
	for p := range 64 {
		fmt.Fprintf(&b, "\t{%d, %#x, %d},\n", l.shift[p], 1<<l.width[p]-1, l.start[p])
	}
	fmt.Fprintf(&b, "}\n\nvar leaves = [%d]Op{\n", len(l.rows))
	for n, i := range l.rows {
		if i != 0 {
			fmt.Fprintf(&b, "\t%d: %s,\n", n, constant(tab.rows[i-1].name))
		}
	}
	b.WriteString("}\n\n// registers are the special-purpose ones, by number.\nvar registers = [...]register{\n")
	slices.SortStableFunc(tab.registers, func(a, b register) int { return a.number - b.number })
	for _, r := range tab.registers {
		fmt.Fprintf(&b, "\t{%d, %q},\n", r.number, r.name)
	}
	b.WriteString("}\n")
	return b.String()
}

// constant turns a mnemonic into a Go name.
func constant(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
}
