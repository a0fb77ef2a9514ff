package toolbox

import (
	"fmt"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/guest/interp/m68k/extended"
)

// call is a line of calls.txt.
type call struct {
	name       string
	trap       uint16 // 0 is none
	how        how
	parameters string // a letter each: b unsigned and c signed byte, h signed and H unsigned half, w word, d double
	result     byte   // likewise, 0 is none
	variadic   bool   // more parameters may follow
	info       coderes.ProcInfo
	in         string // registers of the parameters: 0 to 3 are D0 to D3, 4 to 7 A0 to A3
	out        int8   // of the result
	errors     errorsTo
	special    func(*Toolbox, *cpu.M68K)
	engine     func(*Toolbox) error
	body       func(*Toolbox, *arguments)
}

type how uint8

const (
	byPascal how = iota
	byRegisters
	bySpecial
	byC
	byEngine
)

// errorsTo says whether register D0 gets MemError.
type errorsTo uint8

const (
	_ errorsTo = iota
	errorToo
	errorInstead // of the result, if there is an error
)

// export is a name in import libraries.
type export struct {
	name      string
	call      int
	libraries string // their names, each between blanks
}

type selectorPlace uint8

const (
	noSelector selectorPlace = iota
	inD0
	onStack
)

// trapEntry is one of the routines behind a trap.
type trapEntry struct {
	word     uint16
	place    selectorPlace
	selector uint32
	call     int
}

// arguments are those of one call, and its result.
type arguments struct {
	word   [13]uint32
	float  [13]float64
	result uint32
	// floatResult is the result if it is a double.
	floatResult float64
	variadic
}

// variadic are the arguments of a PowerPC routine beyond those that its prototype
// names: words of the parameter area, of which the first eight are in registers.
// Doubles take two of them.
type variadic struct {
	t    *Toolbox
	next uint32
	// A va_list is where they are in memory.
	memory   uint32
	inMemory bool
}

// rest returns the arguments beyond those named.
func (a *arguments) rest() *variadic { return &a.variadic }

// u32 takes a word.
func (v *variadic) u32() uint32 {
	n := v.next
	v.next++
	if v.inMemory {
		return v.t.u32(v.memory + 4*n)
	}
	r := v.t.processors.PPCRegisters
	if n < inRegisters {
		return r.R[3+n]
	}
	return v.t.u32(r.R[1] + firstParameter + 4*n)
}

// double takes a double.
func (v *variadic) double() float64 { return fromBits(uint64(v.u32())<<32 | uint64(v.u32())) }

// The PowerOpen convention's: see package mixedmode.
const (
	firstParameter = 24
	inRegisters    = 8
)

func (t *Toolbox) take() *arguments {
	n := len(t.pool)
	if n == 0 {
		return &arguments{}
	}
	a := t.pool[n-1]
	t.pool = t.pool[:n-1]
	*a = arguments{}
	return a
}

func (t *Toolbox) give(a *arguments) { t.pool = append(t.pool, a) }

// invoke calls the Go method.
func (t *Toolbox) invoke(c *call, a *arguments) error {
	if t.options.Trace != nil {
		t.options.Trace(c.name, a.word[:len(c.parameters)])
	}
	t.tick()
	c.body(t, a)
	return t.finish(c)
}

// invokeFor calls the Go method for a fragment, whose function pointers are transition
// vectors of its processor.
func (t *Toolbox) invokeFor(m68k bool, c *call, a *arguments) error {
	outer := t.vectors68K
	t.vectors68K = m68k
	err := t.invoke(c, a)
	t.vectors68K = outer
	return err
}

// finish says what went wrong in a method.
func (t *Toolbox) finish(c *call) error {
	if err := t.Err(); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

// extend makes 32 bits of a value.
func extend(kind byte, v uint32) uint32 {
	switch kind {
	case 'b':
		return v & 0xff
	case 'c':
		return uint32(int32(int8(v)))
	case 'h':
		return uint32(int32(int16(v)))
	case 'H':
		return v & 0xffff
	}
	return v
}

// fromPowerPC serves PowerPC code that has called an import.
func (t *Toolbox) fromPowerPC(c *call) error {
	r := t.processors.PPCRegisters
	if c.engine != nil {
		if t.options.Trace != nil {
			t.options.Trace(c.name, r.R[3:6])
		}
		return c.engine(t)
	}
	a := t.take()
	defer t.give(a)
	a.t = t
	words, doubles := 0, 0
	for _, kind := range []byte(c.parameters) {
		if kind == 'd' {
			a.float[doubles] = fromBits(r.F[1+doubles])
			doubles++
			a.next += 2
			continue
		}
		a.word[words] = extend(kind, a.u32())
		words++
	}
	back := r.LR
	if err := t.invokeFor(false, c, a); err != nil {
		return err
	}
	switch c.result {
	case 0:
	case 'd':
		r.F[1] = toBits(a.floatResult)
	default:
		r.R[3] = extend(c.result, a.result)
	}
	t.processors.PPC.SetPC(back)
	return nil
}

// fromCFM68K serves CFM-68K code: see package mixedmode. Arguments beyond those
// that the prototype names are its caller's to remove. Doubles take eight bytes; one
// that is a result is in FP0, as gcc has it for a processor with a 68881. (MPW's
// compilers passed an address for it, and those libraries had extended numbers in its
// place.)
func (t *Toolbox) fromCFM68K(c *call, back uint32) error {
	r := t.processors.M68KRegisters
	a := t.take()
	defer t.give(a)
	a.variadic = variadic{t: t, memory: r.A[7] + 4, inMemory: true}
	words, doubles := 0, 0
	for _, kind := range []byte(c.parameters) {
		if kind == 'd' {
			a.float[doubles] = a.double()
			doubles++
			continue
		}
		a.word[words] = extend(kind, a.u32())
		words++
	}
	sp := r.A[7] + 4
	if !c.variadic {
		sp += 4 * a.next
	}
	if err := t.finish(c); err != nil {
		return err
	}
	if err := t.invokeFor(true, c, a); err != nil {
		return err
	}
	switch c.result {
	case 0:
	case 'd':
		r.FP[0] = extended.FromDouble(toBits(a.floatResult))
	default:
		r.D[0] = extend(c.result, a.result)
	}
	r.A[7] = sp
	t.processors.M68K.SetPC(back)
	return nil
}

// pascal serves 68K code that has pushed parameters in Pascal's convention. sp is
// where they are; it returns where the result is, or was pushed above them.
func (t *Toolbox) pascal(c *call, sp uint32) (uint32, error) {
	a := t.take()
	defer t.give(a)
	for i := len(c.parameters) - 1; i >= 0; i-- {
		switch kind := c.parameters[i]; kind {
		case 'b', 'c':
			a.word[i] = uint32(t.u8(sp)) // the first of its two bytes
			sp += 2
		case 'h', 'H':
			a.word[i] = extend(kind, uint32(t.u16(sp)))
			sp += 2
		default:
			a.word[i] = t.u32(sp)
			sp += 4
		}
	}
	if err := t.finish(c); err != nil {
		return 0, err
	}
	if err := t.invoke(c, a); err != nil {
		return 0, err
	}
	switch c.result {
	case 'b', 'c':
		t.put8(sp, uint8(a.result))
	case 'h', 'H':
		t.put16(sp, uint16(a.result))
	case 'w':
		t.put32(sp, a.result)
	}
	return sp, t.finish(c)
}

// register is that of a number in calls.
func register(r *cpu.M68K, n uint8) *uint32 {
	if n < 4 {
		return &r.D[n]
	}
	return &r.A[n&3]
}

// registers serves 68K code that has its parameters in registers.
func (t *Toolbox) registers(c *call, r *cpu.M68K) error {
	a := t.take()
	defer t.give(a)
	for i := range c.in {
		a.word[i] = extend(c.parameters[i], *register(r, c.in[i]-'0'))
	}
	if err := t.invoke(c, a); err != nil {
		return err
	}
	if c.result != 0 {
		*register(r, uint8(c.out)) = extend(c.result, a.result)
	}
	switch err := t.MemError(); {
	case c.errors == errorToo, c.errors == errorInstead && err != 0:
		r.D[0] = uint32(err)
	}
	return nil
}

// from68K serves a call by 68K code whose parameters on the stack, if it has any
// there, are at sp. It returns where the stack is afterwards.
func (t *Toolbox) from68K(c *call, sp uint32) (uint32, error) {
	r := t.processors.M68KRegisters
	switch c.how {
	case byPascal:
		return t.pascal(c, sp)
	case byRegisters:
		return sp, t.registers(c, r)
	}
	if t.options.Trace != nil {
		t.options.Trace(c.name, []uint32{r.D[0], r.A[0], r.A[1]})
	}
	t.tick()
	// One that moves the stack is told where it is.
	old := r.A[7]
	r.A[7] = sp
	c.special(t, r)
	sp, r.A[7] = r.A[7], old
	return sp, t.finish(c)
}
