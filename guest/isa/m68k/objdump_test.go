package m68k

import (
	"encoding/binary"
	"fmt"
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

// A slot holds one encoding; the NOPs after it bring objdump back into step
// before the next one.
const slotSize = 48

// encoding returns words that fit a row, with whatever follows at random.
func encoding(r *row, rng *rand.Rand) []byte {
	slot := make([]byte, slotSize)
	for i := 0; i < slotSize; i += 2 {
		w := uint16(0x4e71)
		if i < MaxLen {
			w = uint16(rng.Uint32())
			if rng.IntN(3) == 0 { // a brief, or a valid full, extension word more often than by chance
				w = w&^0x0f | 0x100 | 0x20
			}
		}
		if k := i / 2; k < int(r.words) {
			w = w&^r.mask[k] | r.value[k]
		}
		binary.BigEndian.PutUint16(slot[i:], w)
	}
	return slot
}

// listed is a line of objdump's listing.
type listed struct {
	text string
	size int // in bytes
}

var listingLine = regexp.MustCompile(`^ *([0-9a-f]+):\t((?:[0-9a-f]{4} ?)+) *(?:\t(.*))?$`)

// objdump lists code as the machine's, by address.
func objdump(t *testing.T, code []byte, machine string) map[int]listed {
	t.Helper()
	name := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(name, code, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("m68k-linux-gnu-objdump", "-D", "-z", "-b", "binary", "-m", machine, name).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := map[int]listed{}
	last := -1
	for line := range strings.Lines(string(out)) {
		m := listingLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		addr, err := strconv.ParseInt(m[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		size := len(strings.ReplaceAll(strings.TrimSpace(m[2]), " ", "")) / 2
		if m[3] == "" { // goes on the line above
			l := lines[last]
			l.size += size
			lines[last] = l
			continue
		}
		last = int(addr)
		lines[last] = listed{m[3], size}
	}
	if len(lines) < len(code)/MaxLen {
		t.Fatalf("objdump listed %d lines of %d bytes:\n%.500s", len(lines), len(code), out)
	}
	return lines
}

func needObjdump(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("m68k-linux-gnu-objdump"); err != nil {
		t.Skip("no m68k-linux-gnu-objdump (scripts/need oracles installs it)")
	}
}

// machines are what objdump calls the models.
var machines = []struct {
	name  string
	model Model
}{{"m68k:68000", M68000}, {"m68k:68020", M68020}, {"m68k:68030", M68030}, {"m68k:68040", M68040}}

// TestObjdumpAgreesOnEveryRow encodes every row of the table many times with
// random fields, and compares text and length with objdump's.
func TestObjdumpAgreesOnEveryRow(t *testing.T) {
	needObjdump(t)
	rounds := 40
	if testing.Short() {
		rounds = 6
	}
	if n, err := strconv.Atoi(os.Getenv("CROSSPLUG_ROUNDS")); err == nil {
		rounds = n
	}
	for _, m := range machines {
		t.Run(m.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(m.model)))
			var code []byte
			for i := range rows {
				if rows[i].models>>m.model&1 == 0 {
					continue
				}
				for range rounds {
					code = append(code, encoding(&rows[i], rng)...)
				}
			}
			compareListing(t, code, m.name, m.model)
		})
	}
}

// TestObjdumpAgreesOnRandomWords does so with random words.
func TestObjdumpAgreesOnRandomWords(t *testing.T) {
	needObjdump(t)
	for _, m := range machines {
		t.Run(m.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(2, uint64(m.model)))
			words := 20_000
			if testing.Short() {
				words = 2_000
			}
			var code []byte
			for range words {
				code = append(code, encoding(&row{}, rng)...)
			}
			compareListing(t, code, m.name, m.model)
		})
	}
}

func compareListing(t *testing.T, code []byte, machine string, m Model) {
	t.Helper()
	lines := objdump(t, code, machine)
	compared, shown := 0, 0
	seen := map[Op]int{} // to show some of each
	for at := 0; at < len(code); at += slotSize {
		slot := code[at : at+slotSize]
		want, ok := lines[at]
		if !ok {
			t.Fatalf("objdump lost its way before %#x", at)
		}
		inst, err := Decode(slot, uint32(at), m)
		got := listed{".short", 2}
		if err == nil {
			got = listed{inst.Text(GNU, Names{}), int(inst.Len)}
		}
		if allowed(slot, inst, err, m, want.text) != "" {
			continue
		}
		compared++
		if g, w := canonical(got.text, &inst, false), canonical(want.text, &inst, true); g != w || got.size != want.size && g != ".short" {
			shown++
			if seen[inst.Op]++; seen[inst.Op] <= 3 {
				t.Errorf("% x: %s of %d bytes; objdump: %s of %d bytes", slot[:inst.Len+2], got.text, got.size, want.text, want.size)
			}
		}
	}
	if compared < len(code)/slotSize/4 {
		t.Errorf("only %d of %d encodings could be compared", compared, len(code)/slotSize)
	}
	t.Logf("%d encodings compared, %d differ", compared, shown)
}

var (
	spaces        = regexp.MustCompile(`[ \t]+`)
	symbols       = regexp.MustCompile(` <[^>]*>`)
	shorts        = regexp.MustCompile(`(0x[0-9a-f]+):w`)
	addressing    = regexp.MustCompile(`(?:%[a-z0-9]+)?@\([^)]*\)(?:@\([^)]*\))?`)
	bitFields     = regexp.MustCompile(`\{(%d[0-7]|[0-9]+):(%d[0-7]|[0-9]+)\}`)
	floats        = regexp.MustCompile(`#0[ex][-+.0-9a-finxe]+`)
	cas2Pointer   = regexp.MustCompile(`\(%[a-z0-9]+\)`)
	dynamicK      = regexp.MustCompile(`\{(%d[0-7])\}`)
	twice         = regexp.MustCompile(`^div[us]ll .*(?:,%d0,%d0|,%d1,%d1|,%d2,%d2|,%d3,%d3|,%d4,%d4|,%d5,%d5|,%d6,%d6|,%d7,%d7)$`)
	registerRange = regexp.MustCompile(`%[a-z0-9]+-%[a-z0-9]+`)
	negative      = regexp.MustCompile(`#-[0-9]+`)
	hexNumber     = regexp.MustCompile(`\([0-9a-f]+`)
)

// canonical takes away what is a matter of style. What objdump says of the
// instruction has hexadecimal numbers without a mark in indexed operands.
func canonical(text string, inst *Inst, theirs bool) string {
	text = symbols.ReplaceAllString(strings.TrimSpace(text), "")
	text = shorts.ReplaceAllString(spaces.ReplaceAllString(text, " "), "$1")
	if strings.HasPrefix(text, ".short") {
		return ".short"
	}
	text = registerRange.ReplaceAllStringFunc(text, func(s string) string {
		first, last, _ := strings.Cut(s, "-")
		i, j := slices.Index(gnuRegisters[:], first), slices.Index(gnuRegisters[:], last)
		if i < 0 || j < i { // coprocessor's registers
			return s
		}
		return strings.Join(gnuRegisters[i:j+1], "/")
	})
	text = floats.ReplaceAllString(text, "#float") // objdump rounds them, and knows no packed ones
	if !theirs {
		text = strings.ReplaceAll(text, ":32}", ":0}")
		text = bitFields.ReplaceAllString(text, ",$1,$2")
		switch inst.Op {
		case CAS2:
			return cas2Pointer.ReplaceAllStringFunc(text, func(s string) string {
				if s[2] == 'd' {
					return "@" + s
				}
				return strings.Trim(s, "()") + "@"
			})
		case BKPT:
			return strings.ReplaceAll(text, "#", "")
		case CINVL, CINVP, CINVA, CPUSHL, CPUSHP, CPUSHA:
			return strings.Replace(text, "%", "", 1)
		case FMOVE:
			return dynamicK.ReplaceAllString(text, ",$1")
		}
		return text
	}
	if (inst.Op == DIVU || inst.Op == DIVS) && twice.MatchString(text) {
		text = text[:4] + "l" + text[6:len(text)-4] // both registers are one, which makes the name that of a simpler form
	}
	if inst.Op == CALLM || inst.Op == BTST || inst.Op == BCHG || inst.Op == BCLR || inst.Op == BSET {
		text = negative.ReplaceAllStringFunc(text, func(s string) string {
			v, err := strconv.Atoi(s[1:])
			if err != nil {
				return s
			}
			return fmt.Sprintf("#%d", v&0xff) // numbers of bits have no sign
		})
	}
	var indexed []bool
	for _, o := range inst.Args {
		switch o.Kind {
		case Displaced, PCDisplaced:
			indexed = append(indexed, false)
		case Indexed, PCIndexed:
			indexed = append(indexed, true)
		}
	}
	return addressing.ReplaceAllStringFunc(text, func(s string) string {
		if len(indexed) == 0 || !indexed[0] {
			indexed = indexed[min(1, len(indexed)):]
			return s
		}
		indexed = indexed[1:]
		return hexNumber.ReplaceAllStringFunc(s, func(s string) string {
			if strings.HasPrefix(s, "(0x") {
				return s
			}
			v, err := strconv.ParseUint(s[1:], 16, 64)
			if err != nil {
				return s
			}
			return fmt.Sprintf("(%d", int32(v))
		})
	})
}

// allowed returns why the two may differ, "" if they may not.
func allowed(slot []byte, inst Inst, err error, m Model, objdump string) string {
	for _, d := range disagreements {
		if d.applies(slot, inst, err, m, objdump) {
			return d.reason
		}
	}
	return ""
}

// disagreements lists where objdump is not followed, and why.
var disagreements = []struct {
	reason  string
	applies func(slot []byte, inst Inst, err error, m Model, objdump string) bool
}{
	{"a 68000 ignores the bits of an extension word that it does not know; objdump reads all as a 68020 does",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			later, errLater := Decode(slot, 0, M68020)
			return m < M68020 && err == nil && (errLater != nil || later.Args != inst.Args || later.Len != inst.Len) && strings.Contains(inst.Text(GNU, Names{}), "@(")
		}},
	{"the coprocessor ignores the addressing mode of an operation between its registers",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return inst.isFloat() && inst.Args[0].Kind == FloatReg && inst.Word&0x3f != 0 && strings.HasPrefix(objdump, ".short")
		}},
	{"the modes that the manual does not allow are no instructions; objdump takes some",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return (err != nil || inst.Op == LINEF) && laxModes.MatchString(objdump)
		}},
	{"MOVEC knows each model's control registers only",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return err == ErrUnknown && strings.HasPrefix(objdump, "movec ")
		}},
	{"FTRAPcc with an operand: objdump forgets the operand's length",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return inst.Op == FTRAPcc && inst.Size != None
		}},
	{"FMOVEM loads from what the program counter points to; objdump thinks not",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return inst.Op == FMOVEM && (inst.Args[0].Kind == PCDisplaced || inst.Args[0].Kind == PCIndexed) && strings.HasPrefix(objdump, ".short")
		}},
	{"the 68851 is not among these processors",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return inst.Op == LINEF && inst.Word>>9 == 0xf0>>1 && strings.HasPrefix(objdump, "p")
		}},
	{"SWBEG is System V's mark before a table, and no instruction",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return strings.HasPrefix(objdump, "swbeg")
		}},
	{"reserved extension words have no meaning; objdump shows one",
		func(slot []byte, inst Inst, err error, m Model, objdump string) bool {
			return (err != nil || inst.Op == LINEF) && strings.Contains(objdump, "@(") && hasReservedExtension(slot)
		}},
}

// laxModes matches a byte operation on an address register, and coprocessor
// moves whose operand is a register that is too small or is not for that.
var laxModes = regexp.MustCompile(`^(?:(?:addq|subq)b #[1-8],%(?:a.|fp|sp)|f[a-z0-9]*[xpd] %[da].*|f[a-z0-9]*[xpd] %(?:fp|sp)|fmovel (?:[%,].*|.*,)|fmoveml .*|pmove.*)$`)

// hasReservedExtension says whether a word may be a full extension word with a
// reserved value.
func hasReservedExtension(slot []byte) bool {
	for i := 2; i < MaxLen; i += 2 {
		w := binary.BigEndian.Uint16(slot[i:])
		if w&0x100 != 0 && (w&0x30 == 0 || w&8 != 0 || w&7 == 4 || w&0x44 == 0x44) {
			return true
		}
	}
	return false
}
