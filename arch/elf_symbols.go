package arch

import (
	"debug/elf"

	"github.com/crossplug/crossplug/internal/bin"
)

// The dynamic symbol table has no length of its own. A loader never needs one:
// it looks names up by a hash table, and so the hash table is what tells how
// many symbols there are.
//
//	DT_HASH      nbucket, nchain, buckets, chains: nchain is the number of
//	             symbols. Its words have 32 bits, except on Alpha and 64-bit
//	             s390, whose first ABIs misread the standard.
//	DT_GNU_HASH  nbuckets, symoffset, bloom words, bloom shift; the bloom
//	             filter; a first symbol per bucket; a hash per symbol from
//	             symoffset on, odd where a bucket ends. The last symbol is the
//	             end of the bucket that begins last.
//	neither      MIPS orders symbols its own way and writes DT_MIPS_SYMTABNO.

func (f *elfFile) symbolCount() (uint64, error) {
	if addr, ok := f.dyn(elf.DT_HASH); ok {
		word := 4
		if f.word == 8 && (f.arch.Processor == S390 || f.arch.Processor == Alpha) {
			word = 8
		}
		c := f.cursorAt("ELF symbol hash table", addr, uint64(2*word))
		c.Word(word) // number of buckets
		return c.Word(word), c.Err()
	}
	if addr, ok := f.dyn(elf.DT_GNU_HASH); ok {
		return f.gnuHashCount(addr)
	}
	n, _ := f.dyn(elf.DT_MIPS_SYMTABNO)
	return n, nil
}

func (f *elfFile) gnuHashCount(addr uint64) (uint64, error) {
	const item = "ELF GNU symbol hash table"
	c := f.cursorAt(item, addr, 16)
	buckets, first, bloom := uint64(c.U32()), uint64(c.U32()), uint64(c.U32())
	if c.Err() != nil {
		return 0, c.Err()
	}
	addr += 16 + bloom*uint64(f.word)
	c = f.cursorAt(item, addr, buckets*4)
	var last uint64
	for range c.Count(buckets, 4) {
		last = max(last, uint64(c.U32()))
	}
	if c.Err() != nil || last < first {
		return first, c.Err() // all buckets are empty: nothing is exported
	}
	addr += buckets*4 + (last-first)*4
	for {
		_, have, _ := f.at(addr)
		n := max(4, min(have, 4096)&^3) // most chains are a few words long
		c = f.cursorAt(item, addr, n)
		for range n / 4 {
			last++
			if hash := c.U32(); c.Err() != nil || hash&1 != 0 {
				return last, c.Err()
			}
		}
		addr += n
	}
}

// exports lists the symbols that other images can link to: defined, not local,
// not hidden.
func (f *elfFile) exports(n uint64, names *bin.Strings) ([]string, error) {
	addr, ok := f.dyn(elf.DT_SYMTAB)
	if !ok || n == 0 {
		return nil, nil
	}
	size := uint64(elf.Sym32Size)
	if f.word == 8 {
		size = elf.Sym64Size
	}
	if n > bin.MaxRead/size {
		return nil, f.view.Errorf("ELF dynamic symbol table", 0, "claims %d symbols; at most %d are read", n, bin.MaxRead/size)
	}
	c := f.cursorAt("ELF dynamic symbol table", addr, n*size)
	var exports []string
	for range n {
		var info, other uint8
		var section uint16
		name := c.U32()
		if f.word == 8 {
			info, other, section = c.U8(), c.U8(), c.U16()
			c.Skip(16) // value, size
		} else {
			c.Skip(8) // value, size
			info, other, section = c.U8(), c.U8(), c.U16()
		}
		if c.Err() != nil {
			return nil, c.Err()
		}
		local := elf.ST_BIND(info) == elf.STB_LOCAL
		hidden := elf.ST_VISIBILITY(other) == elf.STV_HIDDEN || elf.ST_VISIBILITY(other) == elf.STV_INTERNAL
		if local || hidden || elf.SectionIndex(section) == elf.SHN_UNDEF {
			continue
		}
		exports = append(exports, names.At("ELF symbol", uint64(name)))
	}
	return exports, names.Err()
}
