package ppc

import (
	"math/bits"
	"testing"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
)

// powerCase is what a POWER instruction begins with: registers S (or A), B and the
// one it writes, MQ, and the count, from the instruction or from B.
type powerCase struct {
	s, b, old, mq, n uint32
	far              bool // bit 26 of B
}

// powerResult is what becomes of them: register, MQ, and XER's CA or OV.
type powerResult struct {
	r, mq uint32
	flag  bool
}

func low(n uint32) uint32 { return 1<<n - 1 }

func (c powerCase) left() uint32  { return bits.RotateLeft32(c.s, int(c.n)) }
func (c powerCase) right() uint32 { return bits.RotateLeft32(c.s, -int(c.n)) }

// algebraic is s shifted right and what of it was lost.
func (c powerCase) algebraic(n uint32) powerResult {
	v := int64(int32(c.s))
	return powerResult{uint32(v >> n), c.right(), v < 0 && v>>n<<n != v}
}

// powerSpecs say what the instructions do, as the 601's manual does in chapter 10:
// once more, as QEMU has no 601 for user programs.
var powerSpecs = map[isa.Op]func(c powerCase) powerResult{
	isa.SLE:   func(c powerCase) powerResult { return powerResult{c.s << c.n, c.left(), false} },
	isa.SLIQ:  func(c powerCase) powerResult { return powerResult{c.s << c.n, c.left(), false} },
	isa.SLEQ:  func(c powerCase) powerResult { return powerResult{c.s<<c.n | c.mq&low(c.n), c.left(), false} },
	isa.SLLIQ: func(c powerCase) powerResult { return powerResult{c.s<<c.n | c.mq&low(c.n), c.left(), false} },
	isa.SLLQ: func(c powerCase) powerResult {
		if c.far {
			return powerResult{c.mq &^ low(c.n), c.mq, false}
		}
		return powerResult{c.s<<c.n | c.mq&low(c.n), c.mq, false}
	},
	isa.SLQ: func(c powerCase) powerResult {
		if c.far {
			return powerResult{0, c.left(), false}
		}
		return powerResult{c.s << c.n, c.left(), false}
	},
	isa.SRE:   func(c powerCase) powerResult { return powerResult{c.s >> c.n, c.right(), false} },
	isa.SRIQ:  func(c powerCase) powerResult { return powerResult{c.s >> c.n, c.right(), false} },
	isa.SREQ:  func(c powerCase) powerResult { return powerResult{c.s>>c.n | c.mq&^low(32-c.n), c.right(), false} },
	isa.SRLIQ: func(c powerCase) powerResult { return powerResult{c.s>>c.n | c.mq&^low(32-c.n), c.right(), false} },
	isa.SRLQ: func(c powerCase) powerResult {
		if c.far {
			return powerResult{c.mq & low(32-c.n), c.mq, false}
		}
		return powerResult{c.s>>c.n | c.mq&^low(32-c.n), c.mq, false}
	},
	isa.SRQ: func(c powerCase) powerResult {
		if c.far {
			return powerResult{0, c.right(), false}
		}
		return powerResult{c.s >> c.n, c.right(), false}
	},
	isa.SREA:  func(c powerCase) powerResult { return c.algebraic(c.n) },
	isa.SRAIQ: func(c powerCase) powerResult { return c.algebraic(c.n) },
	isa.SRAQ: func(c powerCase) powerResult {
		if c.far {
			return c.algebraic(32)
		}
		return c.algebraic(c.n)
	},

	isa.RRIB: func(c powerCase) powerResult {
		bit := uint32(1) << (31 - c.n)
		if c.s>>31 != 0 {
			return powerResult{c.old | bit, c.mq, false}
		}
		return powerResult{c.old &^ bit, c.mq, false}
	},
	isa.MASKIR: func(c powerCase) powerResult {
		r := c.old
		for i := range 32 {
			if c.b>>i&1 != 0 {
				r = r&^(1<<i) | c.s&(1<<i)
			}
		}
		return powerResult{r, c.mq, false}
	},
	isa.MASKG: func(c powerCase) powerResult {
		r, begin, end := uint32(0), c.s&31, c.n
		for i := begin; ; i = (i + 1) & 31 {
			r |= 1 << (31 - i)
			if i == end {
				return powerResult{r, c.mq, false}
			}
		}
	},

	isa.ABS: func(c powerCase) powerResult {
		v := int64(int32(c.s))
		return powerResult{uint32(max(v, -v)), c.mq, max(v, -v) > 1<<31-1}
	},
	isa.NABS: func(c powerCase) powerResult {
		v := int64(int32(c.s))
		return powerResult{uint32(min(v, -v)), c.mq, false}
	},
	isa.DOZ: func(c powerCase) powerResult {
		v := max(int64(int32(c.b))-int64(int32(c.s)), 0)
		return powerResult{uint32(v), c.mq, v > 1<<31-1}
	},
	isa.MUL: func(c powerCase) powerResult {
		v := int64(int32(c.s)) * int64(int32(c.b))
		return powerResult{uint32(v >> 32), uint32(v), v != int64(int32(v))}
	},
	isa.DIVS: func(c powerCase) powerResult {
		if c.b == 0 || c.s == 1<<31 && c.b == ^uint32(0) {
			return powerResult{0, 0, true} // but for the overflow all is undefined
		}
		return powerResult{uint32(int32(c.s) / int32(c.b)), uint32(int32(c.s) % int32(c.b)), false}
	},
	isa.DIV: func(c powerCase) powerResult {
		dividend, divisor := int64(c.s)<<32|int64(c.mq), int64(int32(c.b))
		if divisor == 0 || dividend == -1<<63 && divisor == -1 || dividend/divisor != int64(int32(dividend/divisor)) {
			return powerResult{0, 0, true}
		}
		return powerResult{uint32(dividend / divisor), uint32(dividend % divisor), false}
	},
}

func TestPower(t *testing.T) {
	g := newGenerator(601)
	m := newMachine(t)
	for op, spec := range powerSpecs {
		_, value := op.Encoding()
		inst := isa.Inst{Word: value | 0x400, Op: op}
		hasOE := inst.OE()
		for range 2000 {
			overflow, record := hasOE && g.rng.IntN(2) == 0, g.rng.IntN(2) == 0
			sh := g.rng.Uint32N(32)
			c := powerCase{s: g.word(), b: g.word(), old: g.word(), mq: g.word()}
			c.n, c.far = c.b&31, c.b&32 != 0
			word := value
			switch op {
			case isa.SLIQ, isa.SLLIQ, isa.SRIQ, isa.SRLIQ, isa.SRAIQ:
				c.n = sh
				word |= 4<<21 | 3<<16 | sh<<11
			case isa.ABS, isa.NABS:
				word |= 3<<21 | 4<<16
			case isa.DOZ, isa.MUL, isa.DIV, isa.DIVS:
				word |= 3<<21 | 4<<16 | 5<<11
			default:
				word |= 4<<21 | 3<<16 | 5<<11
			}
			if op == isa.DIV && g.rng.IntN(2) == 0 { // so that it fits
				c.s = uint32(int32(c.b) >> g.rng.IntN(31) >> 2)
			}
			if overflow {
				word |= 0x400
			}
			if record {
				word |= 1
			}
			want := spec(c)
			before := g.rng.Uint32() & (cpu.XERSO | cpu.XEROV | cpu.XERCA)
			m.cpu.PPC = cpu.PPC{XER: before, MQ: c.mq}
			m.cpu.R[3], m.cpu.R[4], m.cpu.R[5] = c.old, c.s, c.b
			if err := m.step(word); err != nil {
				t.Fatalf("%v: %v", op, err)
			}
			xer, undefined := before, false
			switch op {
			case isa.SREA, isa.SRAIQ, isa.SRAQ:
				xer &^= cpu.XERCA
				if want.flag {
					xer |= cpu.XERCA
				}
			case isa.DIV, isa.DIVS:
				undefined = want.flag
			}
			if overflow {
				xer &^= cpu.XEROV
				if want.flag {
					xer |= cpu.XEROV | cpu.XERSO
				}
			}
			if m.cpu.XER != xer || !undefined && (m.cpu.R[3] != want.r || m.cpu.MQ != want.mq) {
				t.Fatalf("%v (%08x) of %+v: %#x, MQ %#x, XER %#x from %#x; want %+v", op, word, c, m.cpu.R[3], m.cpu.MQ, m.cpu.XER, before, want)
			}
			if record && !undefined {
				about := want.r
				if op == isa.MUL || op == isa.DIV || op == isa.DIVS {
					about = want.mq
				}
				cr := xer >> 31
				switch v := int32(about); {
				case v < 0:
					cr |= 8
				case v > 0:
					cr |= 4
				default:
					cr |= 2
				}
				if m.cpu.CR != cr<<28 {
					t.Fatalf("%v (%08x) of %+v: CR %#x, want %#x", op, word, c, m.cpu.CR, cr<<28)
				}
			}
		}
	}
}

// TestPowerByHand has those of POWER that take an immediate or memory.
func TestPowerByHand(t *testing.T) {
	m := newMachine(t)
	for _, tt := range []struct {
		name          string
		word          uint32
		r3, r4, r5, x uint32 // before, with XER
		want          uint32 // r3
		xer, cr       uint32
	}{
		{"dozi r3,r4,5", 0x24640005, 0, 3, 0, 0, 2, 0, 0},
		{"dozi r3,r4,-1", 0x2464ffff, 0, 3, 0, 0, 0, 0, 0},
		{"dozi r3,r4,5 of a negative", 0x24640005, 0, ^uint32(0), 0, 0, 6, 0, 0},
		{"rlmi r3,r4,r5,8,15", 0x58832a1e, 0x11111111, 0x000000ab, 16, 0, 0x11ab1111, 0, 0},
		{"clcs r3,r4", 0x7c640426, 0, 0, 0, 0, 64, 0, 0},
		{"lscbx r3,0,r5 finds none", 0x7c602a2a, 0, 0, dataBase, 3, 0x01020300, 3, 0},
		{"lscbx. r3,0,r5 finds", 0x7c602a2b, 0, 0, dataBase, 0x0206, 0x01020000, 0x0202, 0x20000000},
		{"lscbx. r3,0,r5 finds late", 0x7c602a2b, 0, 0, dataBase, 0x0608, 0x01020304, 0x0606, 0x20000000},
		{"lscbx. r3,0,r5 of nothing", 0x7c602a2b, 9, 0, dataBase, 0x0600, 9, 0x0600, 0},
	} {
		if err := m.mem.Store64(dataBase, 0x0102030405060708); err != nil {
			t.Fatal(err)
		}
		m.cpu.PPC = cpu.PPC{XER: tt.x}
		m.cpu.R[3], m.cpu.R[4], m.cpu.R[5] = tt.r3, tt.r4, tt.r5
		if err := m.step(tt.word); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if m.cpu.R[3] != tt.want || m.cpu.XER != tt.xer || m.cpu.CR != tt.cr {
			t.Errorf("%s: r3 %#x, XER %#x, CR %#x", tt.name, m.cpu.R[3], m.cpu.XER, m.cpu.CR)
		}
	}
}
