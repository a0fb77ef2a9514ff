package ppc

// Decode reads an instruction. ok is false, and the Inst has no Op, if none of
// the processors has such an instruction; bits that the manual calls reserved
// must be 0.
func Decode(word uint32) (inst Inst, ok bool) {
	r := &roots[word>>26]
	op := leaves[uint32(r.start)+word>>r.shift&uint32(r.mask)]
	if w := &rows[op]; op == 0 || word&w.mask != w.value {
		return Inst{Word: word}, false
	}
	return Inst{word, op}, true
}
