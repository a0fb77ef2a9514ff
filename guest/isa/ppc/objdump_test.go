package ppc

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var listingLine = regexp.MustCompile(`^ *([0-9a-f]+):\t(?:[0-9a-f]{2} ){4}\t(.*)$`)

// objdump lists words as the machine's, the first at address 0.
func objdump(t *testing.T, words []uint32, machine string, raw bool) []string {
	t.Helper()
	code := make([]byte, 0, 4*len(words))
	for _, w := range words {
		code = binary.BigEndian.AppendUint32(code, w)
	}
	name := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(name, code, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-D", "-z", "-b", "binary", "-EB", "-m", "powerpc:" + machine, name}
	if machine != "common" {
		args = append(args, "-M", machine) // or it would show those of all machines
	}
	if raw {
		args = append(args, "-M", "raw")
	}
	out, err := exec.Command("powerpc-linux-gnu-objdump", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if m := listingLine.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			if at, err := strconv.ParseInt(m[1], 16, 64); err != nil || int(at) != 4*len(lines) {
				t.Fatalf("objdump lost its way before %#x", at)
			}
			lines = append(lines, m[2])
		}
	}
	if len(lines) != len(words) {
		t.Fatalf("objdump listed %d lines of %d words:\n%.500s", len(lines), len(words), out)
	}
	return lines
}

func needObjdump(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("powerpc-linux-gnu-objdump"); err != nil {
		t.Skip("no powerpc-linux-gnu-objdump (scripts/need oracles installs it)")
	}
}

// machineOf says which of objdump's machines knows a set.
var machineOf = map[Set]string{
	Base: "750", From603: "750", Power: "601", Supervisor: "750", TLB603: "603", AltiVec: "7400",
	SquareRoot: "common", // which knows all there is
}

// rounds is how many words are made of each row; CROSSPLUG_ROUNDS may ask for more.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("CROSSPLUG_ROUNDS")); err == nil {
		return n
	}
	if testing.Short() {
		return 10
	}
	return 60
}

// encoding fills a row's operands with random bits; every other time those of one
// of the simplified mnemonics.
func encoding(op Op, rng *rand.Rand) uint32 {
	r := &rows[op]
	word := rng.Uint32()
	if rng.IntN(2) == 0 {
		switch rng.IntN(3) {
		case 0: // same registers
			word = word&^0xffff | word>>16&0x1f<<11 | word>>16&0x1f<<21 | word&0x7ff
		case 1: // mask to the end
			word |= 31 << 1
		case 2:
			word &^= 31<<16 | 31<<6
		}
	}
	return word&^r.mask | r.value
}

func TestObjdumpAgreesOnEveryRow(t *testing.T) {
	needObjdump(t)
	rng := rand.New(rand.NewPCG(1, 2))
	words := map[string][]uint32{}
	for op := Op(1); op < opCount; op++ {
		m := machineOf[op.Set()]
		for range rounds() {
			words[m] = append(words[m], encoding(op, rng))
		}
	}
	for m, list := range words {
		t.Run(m, func(t *testing.T) { compareListings(t, list, m) })
	}
}

func TestObjdumpAgreesOnRandomWords(t *testing.T) {
	needObjdump(t)
	rng := rand.New(rand.NewPCG(3, 4))
	words := make([]uint32, 0, 500*rounds())
	for range cap(words) {
		w := rng.Uint32()
		if rng.IntN(4) > 0 { // where there is more to confuse
			w = w&^0xfc000000 | []uint32{4, 19, 31, 59, 63}[rng.IntN(5)]<<26
		}
		words = append(words, w)
	}
	for _, m := range []string{"601", "603", "750", "7400"} {
		t.Run(m, func(t *testing.T) { compareListings(t, words, m) })
	}
}

// has says whether objdump's machine has an instruction.
func has(machine string, s Set) bool {
	switch s {
	case From603:
		return machine != "601"
	case Power:
		return machine == "601"
	case TLB603:
		return machine == "603"
	case AltiVec:
		return machine == "7400"
	case SquareRoot:
		return machine == "common"
	}
	return true
}

func compareListings(t *testing.T, words []uint32, machine string) {
	for _, syntax := range []Syntax{GNU, Raw} {
		lines := objdump(t, words, machine, syntax == Raw)
		compared, excused := 0, 0
		seen := map[Op]int{}
		for n, word := range words {
			inst, _ := Decode(word)
			if !has(machine, inst.Op.Set()) {
				inst = Inst{Word: word}
			}
			pc := uint32(4 * n)
			got := inst.Text(pc, syntax, Names{})
			g, w := canonical(got, machine), canonical(lines[n], machine)
			if g == w {
				compared++
				continue
			}
			if reason := excuse(inst, machine, syntax, g, w); reason != "" {
				excused++
				continue
			}
			if seen[inst.Op]++; seen[inst.Op] <= 3 {
				t.Errorf("%08x at %#x: %s; objdump: %s", word, pc, got, lines[n])
			}
		}
		t.Logf("%d words alike, %d differ with reason", compared, excused)
		if excused > len(words)/8 {
			t.Errorf("%d of %d words are excused", excused, len(words))
		}
	}
}

var (
	blanks  = regexp.MustCompile(`[ \t]+`)
	symbols = regexp.MustCompile(` <[^>]*>`)
	hints   = regexp.MustCompile(`^(b[a-z]+)[-+] `)
)

// canonical takes away what is a matter of style.
func canonical(text, machine string) string {
	text = strings.TrimSpace(blanks.ReplaceAllString(symbols.ReplaceAllString(text, ""), " "))
	if machine == "7400" || machine == "common" { // objdump uses later processors' hints
		text = hints.ReplaceAllString(text+" ", "$1 ")
	}
	return strings.TrimSpace(text)
}

// excuses are the disagreements with objdump.
var excuses = []struct {
	reason string
	is     func(i Inst, machine string, s Syntax, got, want string) bool
}{
	{
		"objdump refuses some of the forms that the manual calls invalid, writes others in a simplified way",
		func(i Inst, machine string, s Syntax, got, want string) bool { return i.InvalidForm() },
	},
	{
		"objdump shows an operand that only later processors have",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return s == Raw && (want == got+",0" || want == got+",0,0" || want == got+" 0" || want == got+",-1")
		},
	},
	{
		"objdump shows as r0 what the 601's manual says is no register",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return i.Op == LSCBX && strings.Replace(got, ",0,", ",r0,", 1) == want
		},
	},
	{
		"objdump gives a 601 instructions that the 601's manual does not have",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return machine == "601" && i.Op == 0 && slices.Contains([]string{"fsel", "fres", "frsqrte", "fsqrt", "stfiwx", "mfsri", "rac"}, mnemonic(want))
		},
	},
	{
		"objdump does not mind some reserved bits, which later processors use",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return i.Op == 0 && slices.Contains([]string{
				"cmpi", "cmpwi", "cmpli", "cmplwi", "dcbt", "dcbtst", "dst", "dstt", "dstst", "dststt", "dss", "dssall", "lwarx", "mtfsf", "fres", "frsqrte",
			}, mnemonic(want)) || i.Op == 0 && i.Word>>26 == 19 && want[0] == 'b'
		},
	},
	{
		"objdump has dcba only in processors after the 7400, whose manual has it",
		func(i Inst, machine string, s Syntax, got, want string) bool { return i.Op == DCBA },
	},
	{
		"objdump gives a 750 the paired singles of another processor",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return machine == "750" && i.Op == 0 && strings.HasPrefix(want, "ps")
		},
	},
	{
		"objdump hints at the prediction of branches that count and name a condition that they do not test",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return (i.Op == BC || i.Op == BCLR) && i.D()&^3 == 16 && i.A() != 0 && strings.NewReplacer("+ ", " ", "- ", " ").Replace(want) == got
		},
	},
	{
		"objdump names fewer or other special-purpose registers, or does not know their numbers on this machine",
		func(i Inst, machine string, s Syntax, got, want string) bool {
			return s == GNU && (i.Op == MFSPR || i.Op == MTSPR || i.Op == MFTB)
		},
	},
	{
		"objdump writes mftb as another access to special-purpose registers, which a 750 reads so",
		func(i Inst, machine string, s Syntax, got, want string) bool { return i.Op == MFTB },
	},
}

func mnemonic(text string) string {
	name, _, _ := strings.Cut(text, " ")
	return strings.TrimSuffix(name, ".")
}

func excuse(i Inst, machine string, s Syntax, got, want string) string {
	for _, e := range excuses {
		if e.is(i, machine, s, got, want) {
			return e.reason
		}
	}
	return ""
}
