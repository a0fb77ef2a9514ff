package pef

// HashTable is how exports are found by name. The name's hash word selects a
// slot; the slot says which keys to compare with the word; the export that
// belongs to an equal key has the name or one that differs in spite of that.
//
// A hash word has the length of the name in its upper half and a hash of its
// bytes in the lower, so a wrong export is hardly ever looked at.
type HashTable struct {
	Power int // there are 1 << Power slots
	Slots []Slot
	Keys  []uint32 // the hash word of each export, in the order of exports
}

// Slot says which exports have hash words that select it.
type Slot struct {
	First, Count int
}

const (
	maxHashPower = 30        // 32-bit arithmetic on tables ends here
	maxSlotCount = 1<<14 - 1 // kPEFHashSlotMaxSymbolCount
	maxSlotFirst = 1<<18 - 1 // kPEFHashSlotMaxKeyIndex
	maxNameHash  = 1<<16 - 1 // kPEFHashMaxLength
)

// HashWord returns the hash word of a name, as PEFComputeHashWord defines it.
// The name ends at its first NUL.
func HashWord(name string) uint32 {
	var h int32
	length := 0
	for ; length < len(name) && name[length] != 0; length++ {
		h = (h<<1 - h>>16) ^ int32(name[length])
	}
	return uint32(length)<<16 | uint32(h^h>>16)&0xffff
}

// HashIndex returns the slot that a hash word selects in a table of 1 << power
// slots.
func HashIndex(word uint32, power int) int {
	return int((word ^ word>>power) & (1<<power - 1))
}

// hashPower returns the size of table for n exports: the smallest that has fewer
// than ten of them to a slot, within reason (PEFComputeHashTableExponent).
func hashPower(n int) int {
	power := 0
	for power < 16 && n>>power >= 10 {
		power++
	}
	return power
}

// Lookup finds an export by its name, through the hash table as the Code
// Fragment Manager does. Only what has been read from a file has that table.
func (l *Loader) Lookup(name string) (Export, bool) {
	t := l.Hash
	if len(t.Slots) == 0 {
		return Export{}, false
	}
	word := HashWord(name)
	slot := t.Slots[HashIndex(word, t.Power)]
	for i := slot.First; i < slot.First+slot.Count; i++ {
		if t.Keys[i] == word && l.Exports[i].Name == name {
			return l.Exports[i], true
		}
	}
	return Export{}, false
}

// newHashTable makes the table for names and says which name has which place
// among the exports: order[i] is the number of the name at place i. Names that
// share a slot keep their order.
func newHashTable(names []string) (t HashTable, order []int) {
	t.Power = hashPower(len(names))
	t.Slots = make([]Slot, 1<<t.Power)
	index := make([]int, len(names))
	for i, name := range names {
		index[i] = HashIndex(HashWord(name), t.Power)
		t.Slots[index[i]].Count++
	}
	first := 0
	for i := range t.Slots {
		t.Slots[i].First = first
		first += t.Slots[i].Count
	}
	next := make([]int, len(t.Slots))
	order = make([]int, len(names))
	t.Keys = make([]uint32, len(names))
	for i, name := range names {
		at := t.Slots[index[i]].First + next[index[i]]
		next[index[i]]++
		order[at], t.Keys[at] = i, HashWord(name)
	}
	return t, order
}
