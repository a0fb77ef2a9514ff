package pef

import "bytes"

// maxPeriod is the longest distance at which Pack looks for repetitions: twice
// that of the longest records met often, of pointers and small numbers.
const maxPeriod = 32

// Pack returns data as packed data. It looks at each place for the instruction
// that saves most, so the result is short but not the shortest possible.
func Pack(data []byte) []byte {
	var out []byte
	literal := 0 // where the bytes begin that no instruction stands for yet
	flush := func(end int) {
		if end > literal {
			out = Pattern{Op: PatternBlock, Count: uint32(end - literal), Data: data[literal:end]}.Append(out)
		}
	}
	for at := 0; at < len(data); {
		p, saved := bestPattern(data[at:])
		if saved < 2 { // a block that goes on afterwards needs a count again
			at++
			continue
		}
		flush(at)
		out = p.Append(out)
		at += int(p.Size())
		literal = at
	}
	flush(len(data))
	return out
}

// bestPattern returns the instruction for the first bytes of d that is the most
// bytes shorter than these.
func bestPattern(d []byte) (best Pattern, saved int) {
	consider := func(p Pattern, dataLength int) {
		length := 1 + dataLength
		if p.Count > maxPatternCount5 {
			length += numberLength(p.Count)
		}
		if p.Op >= PatternRepeat {
			length += numberLength(p.Times)
		}
		if p.Op >= PatternRepeatBlock {
			length += numberLength(p.Custom)
		}
		if s := int(p.Size()) - length; s > saved {
			best, saved = p, s
		}
	}
	zeros := len(d) - len(bytes.TrimLeft(d, "\x00"))
	if zeros > 0 {
		consider(Pattern{Op: PatternZero, Count: uint32(zeros)}, 0)
	}
	for period := 1; period <= maxPeriod && period < len(d); period++ {
		if d[0] != d[period] {
			continue
		}
		same := 1
		for same < len(d)-period && d[same] == d[same+period] {
			same++
		}
		if same >= period {
			consider(Pattern{Op: PatternRepeat, Count: uint32(period), Times: uint32(same / period), Data: d[:period]}, period)
			continue
		}
		considerInterleaved(d, period, same, PatternRepeatBlock, consider)
		if zeros > 0 {
			considerInterleaved(d, period, min(same, zeros), PatternRepeatZero, consider)
		}
	}
	if best.Op == PatternRepeatBlock || best.Op == PatternRepeatZero {
		best.Data = interleaved(d, best)
	}
	return best, saved
}

// considerInterleaved considers an instruction that writes common bytes every
// period bytes, for as long as d has them there.
func considerInterleaved(d []byte, period, common int, op PatternOp, consider func(Pattern, int)) {
	times := 1
	for at := 2 * period; at+common <= len(d) && bytes.Equal(d[at:at+common], d[:common]); at += period {
		times++
	}
	custom := period - common
	length := custom * times
	if op == PatternRepeatBlock {
		length += common
	}
	consider(Pattern{Op: op, Count: uint32(common), Custom: uint32(custom), Times: uint32(times)}, length)
}

// interleaved returns the data for an instruction that writes the first bytes
// of d.
func interleaved(d []byte, p Pattern) []byte {
	var data []byte
	if p.Op == PatternRepeatBlock {
		data = append(data, d[:p.Count]...)
	}
	for at := p.Count; at < uint32(p.Size()); at += p.Count + p.Custom {
		data = append(data, d[at:at+p.Custom]...)
	}
	return data
}

func numberLength(n uint32) int {
	length := 1
	for n >>= patternGroupBits; n > 0; n >>= patternGroupBits {
		length++
	}
	return length
}
