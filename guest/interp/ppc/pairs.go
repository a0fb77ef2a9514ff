package ppc

//go:generate go test ./gen -update

// Pairs of instructions that often follow one another have codes of their own, so
// that the loop finds its way to both at once. The first one's uop has the code;
// that of the second is as it would be without, for who branches to it, and the
// loop reads it when it gets there, so that whatever ends the loop ends it at
// either of them.

// pairs are the codes of pairs, by the codes of the two, else 0.
var pairs = func() (all [codePairs][codePairs]code) {
	for i, h := range halves {
		all[h[0]][h[1]] = codePairs + code(i)
	}
	return all
}()

// firsts are the codes of the first of pairs, and of those who are none.
var firsts = func() (all [256]code) {
	for c := range codePairs {
		all[c] = c
	}
	for i, h := range halves {
		all[codePairs+code(i)] = h[0]
	}
	return all
}()

// pair makes a pair of the page's i-th instruction and the next, if they are one,
// and no longer if they are not.
func (p *page) pair(i uint32) {
	u := &p.ops[i]
	u.code = firsts[u.code]
	if both := pairs[u.code][firsts[p.ops[i+1].code]]; both != 0 && !u.rc {
		u.code = both
	}
}
