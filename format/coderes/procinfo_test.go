package coderes

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPrototypes: values that files and headers have, and what they mean.
func TestPrototypes(t *testing.T) {
	for _, tt := range []struct {
		info ProcInfo
		want string
	}{
		{0x1, "void proc(void)"},
		{0x00b5, "think long proc(short)"},
		{0x3fe1, "short proc(long, long, long, long)"},
		{0x3ffe0, "pascal short proc(long, long, long, long, long, long)"},
		{0x3bb0, "pascal long proc(short, long, short, long)"}, // a window definition
		{0xf1, "long proc(long)"},
		{0x0, "pascal void proc(void)"},
		{0x50, "pascal char proc(char)"},
		{0x5555_5550, "pascal char proc(char, char, char, char, char, char, char, char, char, char, char, char, char)"},
		{0xffff_fff0, "pascal long proc(long, long, long, long, long, long, long, long, long, long, long, long, long)"},
		{0x02, "register void proc(void)"},
		{0x22 | 3<<11 | 7<<13, "register short D0 proc(long A3)"},
		{0x22 | 0x3<<11 | 4<<13 | 2<<16 | 1<<18, "register short D0 proc(long A0, short D1)"},
		{0x12 | 18<<6 | 0x1<<11, "register char CCR.Z proc(char D0)"},
		{0x02 | 5<<6, "register void A1 proc(void)"},
		{0x32 | 14<<6, "register long A6 proc(void)"},
		{0x38 | 2<<6 | 3<<8, "pascal long proc[short D0](long)"},
		{0x39 | 3<<6, "long proc[long D0](void)"},
		{0x0c | 1<<6 | 2<<8, "pascal void proc[char D1](short)"},
		{0x0e, "pascal void proc[void stack](void)"},
		{0x0f, "special HighHook"},
		{0x1f, "special EOLHook"},
		{0xcf, "special MBarHook"},
		{0xdf, "procinfo 0x000000df"},
		{0x3, "procinfo 0x00000003"},
		{0x1000_000f, "procinfo 0x1000000f"},
		{0x300, "pascal void proc(void, long)"},
		{0x8000_0002, "procinfo 0x80000002"},
		{0x2 | 15<<6, "procinfo 0x000003c2"},
		{0x2 | 31<<6, "procinfo 0x000007c2"},
	} {
		want := tt.want
		if tt.info == 0x300 { // a gap
			want = "procinfo 0x00000300"
		}
		got := tt.info.String()
		if got != want {
			t.Errorf("%#x is %q, want %q", uint32(tt.info), got, want)
		}
		if back, err := ParsePrototype(got); err != nil || back != tt.info {
			t.Errorf("%q is %#x, %v, want %#x", got, uint32(back), err, uint32(tt.info))
		}
	}
}

// TestEveryProcInfoIsReversible tries all of 20 bits, and many of 32.
func TestEveryProcInfoIsReversible(t *testing.T) {
	check := func(p ProcInfo) {
		text := p.String()
		if back, err := ParsePrototype(text); err != nil || back != p {
			t.Fatalf("%#x is %q, read as %#x, %v", uint32(p), text, uint32(back), err)
		}
	}
	for p := range ProcInfo(1 << 18) {
		check(p)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		p := ProcInfo(r.Uint32()) >> r.UintN(16)
		check(p)
		if s, ok := p.Signature(); ok {
			if back, err := s.ProcInfo(); err != nil || back != p {
				t.Fatalf("%+v is %#x, %v, want %#x", s, uint32(back), err, uint32(p))
			}
		}
	}
}

func TestParsePrototypeIsLenient(t *testing.T) {
	for in, want := range map[string]ProcInfo{
		" long main ( long ) ": 0xf1,
		"void proc()":          0x1,
		"pascal\tlong\nWDEF(short,long,short,long)": 0x3bb0,
		"procinfo 945":                945,
		"special 63":                  0x3ff,
		"register long proc(long A0)": 0x32 | 3<<11 | 4<<13,
		"long (long)":                 0xf1,
		"pascal long[long D0]()":      0x38 | 3<<4 | 3<<6,
		"pascal OSErr (Ptr, Handle, OSType, Boolean, OSErr)": 0x20 | 3<<6 | 3<<8 | 3<<10 | 1<<12 | 2<<14,
	} {
		if got, err := ParsePrototype(in); err != nil || got != want {
			t.Errorf("%q is %#x, %v, want %#x", in, uint32(got), err, uint32(want))
		}
	}
}

func TestParsePrototypeErrors(t *testing.T) {
	long := strings.TrimSuffix(strings.Repeat("long, ", 14), ", ")
	for in, want := range map[string]string{
		"":                            `prototype "": "" is no type; void, char, short, long, Ptr, Handle, OSType, OSErr and Boolean are`,
		"int proc()":                  `prototype "int proc()": "int" is no type; void, char, short, long, Ptr, Handle, OSType, OSErr and Boolean are`,
		"long":                        `prototype "long": has "" where a name belongs`,
		"long , (long)":               `prototype "long , (long)": has "," where a name belongs`,
		"long proc":                   `prototype "long proc": has "" where "(" belongs`,
		"long proc(":                  `prototype "long proc(": "" is no type; void, char, short, long, Ptr, Handle, OSType, OSErr and Boolean are`,
		"long proc(long":              `prototype "long proc(long": has "" where "," or ")" belongs`,
		"long proc(long) x":           `prototype "long proc(long) x": goes on with "x"`,
		"long proc(long,)":            `prototype "long proc(long,)": ")" is no type; void, char, short, long, Ptr, Handle, OSType, OSErr and Boolean are`,
		"long proc(void, long)":       `prototype "long proc(void, long)": parameter 1 has size code 0; 1 to 3 are possible`,
		"long proc(" + long + ")":     `prototype "long proc(` + long + `)": C routines have at most 13 parameters, not 14`,
		"pascal long proc[long D3]()": `prototype "pascal long proc[long D3]()": no Pascal routine has its selector in "D3"`,
		"long proc[long D1]()":        `prototype "long proc[long D1]()": no C routine has its selector in "D1"`,
		"think long proc[long D0]()":  `prototype "think long proc[long D0]()": no THINK C routine has its selector in "D0"`,
		"register long proc(long)":    `prototype "register long proc(long)": ")" is no register`,
		"register long proc(long D4)": `prototype "register long proc(long D4)": parameter 1 cannot be in D4; D0 to D3 and A0 to A3 are possible`,
		"special":                     `prototype "special": "" is no special case`,
		"special x":                   `prototype "special x": "x" is no special case`,
		"special 64":                  `prototype "special 64": special case 64 is beyond 63`,
		"special EOLHook()":           `prototype "special EOLHook()": goes on with "("`,
		"procinfo 0x100000000":        `prototype "procinfo 0x100000000": "0x100000000" is no number of 32 bits`,
		"register void D0 proc(char D0, char D0, char D0, char D0, char D0)": `prototype "register void D0 proc(char D0, char D0, char D0, char D0, char D0)": register routines have at most 4 parameters, not 5`,
	} {
		if got, err := ParsePrototype(in); err == nil || err.Error() != want {
			t.Errorf("%q: %#x, %v\nwant %s", in, uint32(got), err, want)
		}
	}
}

func TestSignatureErrors(t *testing.T) {
	for want, s := range map[string]Signature{
		"convention 3 is unknown":                                     {Convention: 3},
		"the result cannot be in register 15":                         {Convention: RegisterBased, ResultRegister: 15},
		"the result or selector has size code 4; 3 is the greatest":   {Convention: CStack, Result: 4},
		"the result or selector has size code 200; 3 is the greatest": {Convention: StackDispatch, Selector: 200},
		"parameter 1 has size code 4; 1 to 3 are possible":            {Convention: CStack, Parameters: []Parameter{{Size: 4}}},
	} {
		if _, err := s.ProcInfo(); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", s, err, want)
		}
	}
}

func FuzzPrototype(f *testing.F) {
	for _, s := range []string{"pascal long proc(short, long)", "register short D0 proc(long A0)", "long proc[long D0](void)", "special 3", "procinfo 0x3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePrototype(text)
		if err != nil {
			return
		}
		if back, err := ParsePrototype(p.String()); err != nil || back != p {
			t.Errorf("%q is %#x, shown as %q, read as %#x, %v", text, uint32(p), p, uint32(back), err)
		}
	})
}
