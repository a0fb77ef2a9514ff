// Package ring is the memory that a host and its helper process share: a sealed
// file in memory, words that one side advances and the other waits on, a
// lock-free ring of bytes and a pool of blocks.
//
// The two sides may differ in byte order and word size, and neither trusts the
// other. So everything in shared memory is little-endian, 32 bits wide and
// addressed by offset; every word has exactly one writer; and a value that the
// other side wrote is copied once, checked, and only then used. What describes
// the memory (offsets, sizes, free lists) lives outside it.
package ring

import "fmt"

// Field is one row of a layout: what is where, and who alone writes it.
type Field struct {
	Name   string
	Offset uint32 // in bytes from the start of the region
	Size   uint32 // in bytes
	Writer string // the one side that stores here, for example "producer"
	Signal bool   // a word that one side advances and the other waits on or polls
}

// Line is the size of a cache line. A word that one processor stores to and
// another one polls shares its line with nothing, so that no other traffic
// delays it.
const Line = 64

// Check returns the first mistake in a layout: a field without a writer, an
// unaligned word, an overlap, a signal that is not one word or not alone on
// its line, a line with two writers.
func Check(fields []Field) error {
	for i, f := range fields {
		switch {
		case f.Writer == "":
			return fmt.Errorf("ring: layout: %s has no writer", f.Name)
		case f.Size == 0:
			return fmt.Errorf("ring: layout: %s has no size", f.Name)
		case f.Offset%4 != 0:
			return fmt.Errorf("ring: layout: %s at %d is not aligned to 4 bytes", f.Name, f.Offset)
		case uint64(f.Offset)+uint64(f.Size) > 1<<32:
			return fmt.Errorf("ring: layout: %s at %d with %d bytes ends above 4 GiB", f.Name, f.Offset, f.Size)
		case f.Signal && (f.Size != 4 || f.Offset%Line != 0):
			return fmt.Errorf("ring: layout: signal %s at %d with %d bytes is not a word at the start of a line", f.Name, f.Offset, f.Size)
		}
		for _, g := range fields[:i] {
			switch {
			case g.Name == f.Name:
				return fmt.Errorf("ring: layout: two fields named %s", f.Name)
			case meet(f, g, 1):
				return fmt.Errorf("ring: layout: %s at %d overlaps %s at %d", f.Name, f.Offset, g.Name, g.Offset)
			case (f.Signal || g.Signal) && meet(f, g, Line):
				return fmt.Errorf("ring: layout: signal shares a line: %s at %d and %s at %d", g.Name, g.Offset, f.Name, f.Offset)
			case f.Writer != g.Writer && meet(f, g, Line):
				return fmt.Errorf("ring: layout: %s at %d (writer %s) and %s at %d (writer %s) share a line",
					g.Name, g.Offset, g.Writer, f.Name, f.Offset, f.Writer)
			}
		}
	}
	return nil
}

// meet reports whether two fields touch the same unit of memory.
func meet(f, g Field, unit uint64) bool {
	fFirst, fLast := uint64(f.Offset)/unit, (uint64(f.Offset)+uint64(f.Size)-1)/unit
	gFirst, gLast := uint64(g.Offset)/unit, (uint64(g.Offset)+uint64(g.Size)-1)/unit
	return fFirst <= gLast && gFirst <= fLast
}
