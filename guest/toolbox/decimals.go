package toolbox

import (
	"bytes"
	"math"
	"math/big"
	"strings"
)

// Decimal records, which SANE and PowerPC Numerics share ("Apple Numerics Manual",
// chapter "Conversions"; "Inside Macintosh: PowerPC Numerics", chapter 9):
//
//	sign 1, 0 1, exponent 2, length 1, digits
//
// stands for digits × 10^exponent. Digits "0" are zero, "I" infinity, "N" a NaN. A
// form says how many digits: style 1 (0 floating, 1 fixed), 0 1, digits 2: in all,
// or after the point.

type decimalRecord struct {
	negative bool
	exponent int16
	digits   []byte
}

type decimalForm struct {
	fixed  bool
	digits int
}

// mostDigits is how many a record has room for.
const mostDigits = 36

func (t *Toolbox) decimal(at uint32) *decimalRecord {
	d := &decimalRecord{negative: t.u8(at) != 0, exponent: int16(t.u16(at + 2))}
	d.digits = t.copyOf(at+5, uint32(min(t.u8(at+4), mostDigits)))
	if len(d.digits) > 0 && !d.special() {
		for _, c := range d.digits {
			if !isDigit(int32(c)) {
				return &decimalRecord{digits: []byte("N")}
			}
		}
	}
	if len(d.digits) == 0 {
		d.digits = []byte("0")
	}
	return d
}

func (t *Toolbox) putDecimal(at uint32, d *decimalRecord) {
	t.put16(at, uint16(boolean(d.negative)<<8))
	t.put16(at+2, uint16(d.exponent))
	t.putPString(at+4, d.digits, mostDigits)
}

func (t *Toolbox) form(at uint32) decimalForm {
	return decimalForm{t.u8(at) != 0, int(int16(t.u16(at + 2)))}
}

// special says whether it is no number.
func (d *decimalRecord) special() bool {
	return len(d.digits) > 0 && (d.digits[0] == 'I' || d.digits[0] == 'N')
}

// double is what is no number.
func (d *decimalRecord) double() float64 {
	switch {
	case d.digits[0] == 'N':
		return fromBits(0x7ff8000000000000)
	case d.negative:
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// specialDecimal is the record of what is no number, nil for numbers.
func specialDecimal(x float64) *decimalRecord {
	switch {
	case math.IsNaN(x):
		return &decimalRecord{negative: math.Signbit(x), digits: []byte("N4011")}
	case math.IsInf(x, 0):
		return &decimalRecord{negative: x < 0, digits: []byte("I")}
	}
	return nil
}

// big returns the number, rounded once to a mantissa of so many bits.
func (d *decimalRecord) big(bits uint) *big.Float {
	text := string(d.digits) + "e" + decimal(int64(d.exponent))
	if d.negative {
		text = "-" + text
	}
	f, _, err := big.ParseFloat(text, 10, bits, big.ToNearestEven)
	if err != nil {
		return new(big.Float).SetPrec(bits)
	}
	return f
}

// toDecimal returns a number as a form asks.
func toDecimal(x *big.Float, f decimalForm) *decimalRecord {
	d := &decimalRecord{negative: x.Signbit()}
	if x.Sign() == 0 {
		d.digits = []byte("0")
		if f.fixed {
			d.exponent = int16(-f.digits)
		}
		return d
	}
	if f.fixed {
		n := min(max(f.digits, -5000), 5000)
		text := ""
		if n >= 0 {
			text = new(big.Float).Abs(x).Text('f', n)
			text = strings.Replace(text, ".", "", 1)
		} else { // to tens, hundreds and so on
			exact, _ := new(big.Float).Abs(x).Rat(nil)
			unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-n)), nil)
			text = exact.Quo(exact, new(big.Rat).SetInt(unit)).FloatString(0)
		}
		text = strings.TrimLeft(text, "0")
		if text == "" {
			text = "0"
		}
		if len(text) <= mostDigits {
			d.digits, d.exponent = []byte(text), int16(-n)
			return d
		}
		f.digits = mostDigits // as many as there is room for
	}
	n := min(max(f.digits, 1), mostDigits)
	mantissa, exponent, _ := strings.Cut(new(big.Float).Abs(x).Text('e', n-1), "e")
	d.digits = []byte(strings.Replace(mantissa, ".", "", 1))
	e := number32([]byte(exponent))
	d.exponent = int16(int(e) - (n - 1))
	return d
}

// text writes a record: floating with a leading blank or minus and an exponent,
// fixed with so many digits after the point.
func (d *decimalRecord) text(f decimalForm) []byte {
	sign := ""
	if d.negative {
		sign = "-"
	}
	switch d.digits[0] {
	case 'I':
		return []byte(sign + "INF")
	case 'N':
		return []byte(sign + "NAN(017)") // one that came of a text
	}
	digits := string(d.digits)
	if !f.fixed {
		if sign == "" {
			sign = " "
		}
		n := min(max(f.digits, 1), mostDigits)
		point := int(d.exponent) + len(digits) - 1
		if digits == "0" {
			point = 0
		}
		digits += strings.Repeat("0", max(n-len(digits), 0))
		out := sign + digits[:1]
		if len(digits) > 1 {
			out += "." + digits[1:]
		}
		exponent := "+" + decimal(int64(point))
		if point < 0 {
			exponent = decimal(int64(point))
		}
		return []byte(out + "e" + exponent)
	}
	places := int(-d.exponent)
	if places < 0 {
		digits, places = digits+strings.Repeat("0", min(-places, 256)), 0
	}
	if places > 256 {
		return []byte("?") // which is what did not fit
	}
	if places >= len(digits) {
		digits = strings.Repeat("0", places-len(digits)+1) + digits
	}
	whole, fraction := digits[:len(digits)-places], digits[len(digits)-places:]
	fraction += strings.Repeat("0", min(max(f.digits-len(fraction), 0), 80))
	if fraction != "" {
		fraction = "." + fraction
	}
	return []byte(sign + whole + fraction)
}

// parseDecimal reads the longest number that a text begins with, and says how long
// it is. more says that with further characters the whole text could be one.
func parseDecimal(text []byte) (d *decimalRecord, length int, more bool) {
	from := 0
	for from < len(text) && (text[from] == ' ' || text[from] == '\t') {
		from++
	}
	s := text[from:]
	for i, name := range []string{"INF", "NAN"} {
		signed := s
		if len(signed) > 0 && (signed[0] == '-' || signed[0] == '+') {
			signed = signed[1:]
		}
		if len(signed) >= 3 && bytes.EqualFold(signed[:3], []byte(name)) {
			n := from + len(s) - len(signed) + 3
			return &decimalRecord{negative: s[0] == '-', digits: []byte("IN"[i : i+1])}, n, n == len(text)
		}
	}
	n := decimalLength(s)
	if n == 0 {
		prefix := strings.TrimLeft(string(s), "+-")
		return &decimalRecord{digits: []byte("N")}, 0, len(s)-len(prefix) <= 1 && (prefix == "" || prefix == ".")
	}
	d = &decimalRecord{negative: s[0] == '-'}
	mantissa, exponent, _ := bytes.Cut(bytes.ToLower(bytes.TrimLeft(s[:n], "+-")), []byte{'e'})
	whole, fraction, _ := bytes.Cut(mantissa, []byte{'.'})
	e := int64(0)
	for i, c := range exponent {
		if isDigit(int32(c)) {
			e = min(10*e+int64(c-'0'), 1<<20)
		}
		if i == len(exponent)-1 && exponent[0] == '-' {
			e = -e
		}
	}
	digits := bytes.TrimLeft(append(bytes.Clone(whole), fraction...), "0")
	e -= int64(len(fraction))
	if len(digits) > mostDigits {
		e += int64(len(digits) - mostDigits)
		digits = digits[:mostDigits]
	}
	if len(digits) == 0 {
		digits, e = []byte("0"), 0
	}
	d.digits, d.exponent = digits, int16(min(max(e, math.MinInt16), math.MaxInt16))
	rest := strings.ToLower(string(s[n:]))
	return d, from + n, rest == "" || rest == "e" || rest == "e+" || rest == "e-"
}
