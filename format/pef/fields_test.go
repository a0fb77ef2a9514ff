package pef

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// TestFields sets each number of a container to values that are wrong in every
// way: off by one, zero, negative, huge, that of something else.
// testdata/fields.txt has what a strict reader says, and how much more a lenient
// one has to get past.
func TestFields(t *testing.T) {
	file := encode(t, fixture(PowerPC))
	c := open(t, file)[0]
	loader := int(c.Sections[2].ContainerOffset)
	word := func(off int) int { return int(binary.BigEndian.Uint32(file[loader+off:])) }
	type field struct {
		name      string
		at, bytes int
	}
	fields := []field{{"section count", 32, 2}, {"instantiated count", 34, 2}}
	for i := range c.Sections {
		for j, name := range []string{"name", "default address", "total length", "unpacked length", "stored length", "stored at"} {
			fields = append(fields, field{fmt.Sprintf("section %d: %s", i, name), headerSize + sectionHeaderSize*i + 4*j, 4})
		}
		fields = append(fields, field{fmt.Sprintf("section %d: alignment", i), headerSize + sectionHeaderSize*i + 26, 1})
	}
	for j, name := range []string{"main section", "main offset", "init section", "init offset", "term section", "term offset", "library count", "import count",
		"relocation header count", "programs", "strings", "hash table", "hash power", "export count"} {
		fields = append(fields, field{"loader: " + name, loader + 4*j, 4})
	}
	libraries := loader + loaderHeaderSize
	imports := libraries + librarySize*word(24)
	relocations := imports + importSize*word(28)
	slots := loader + word(44)
	keys := slots + slotSize<<word(48)
	exports := keys + keySize*word(52)
	fields = append(fields, field{"library: name", libraries + librarySize, 4}, field{"library: imports", libraries + librarySize + 12, 4},
		field{"library: first import", libraries + librarySize + 16, 4}, field{"import: name", imports + 1, 3},
		field{"relocation header: section", relocations, 2}, field{"relocation header: chunks", relocations + 4, 4}, field{"relocation header: program", relocations + 8, 4},
		field{"slot", slots, 4}, field{"key: length", keys, 2}, field{"export: name", exports + 1, 3}, field{"export: value", exports + 4, 4}, field{"export: section", exports + 8, 2})

	var got strings.Builder
	for _, f := range fields {
		right := uint64(0)
		for _, b := range file[f.at : f.at+f.bytes] {
			right = right<<8 | uint64(b)
		}
		limit := uint64(1)<<(8*f.bytes) - 1
		fmt.Fprintf(&got, "== %s, %#x\n", f.name, right)
		for _, v := range []struct {
			name  string
			value uint64
		}{{"one less", right - 1}, {"one more", right + 1}, {"zero", 0}, {"negative", limit - 3}, {"the greatest", limit}, {"half of it", limit >> 1},
			{"of the loader section", uint64(loader)}} {
			damaged := bytes.Clone(file)
			for i := range f.bytes {
				damaged[f.at+i] = byte(v.value >> (8 * (f.bytes - 1 - i)))
			}
			cheap(t, f.name+" "+v.name, damaged)
			strict, lenient := readAll(damaged, false), readAll(damaged, true)
			switch {
			case len(strict) == 0 && len(lenient) == 0:
				fmt.Fprintf(&got, "%s: is well-formed\n", v.name)
			case len(strict) != 1 || len(lenient) == 0 || strict[0] != lenient[0]:
				t.Errorf("%s, %s: strictly %q, leniently %q", f.name, v.name, strict, lenient)
			default:
				fmt.Fprintf(&got, "%s: %s (%d)\n", v.name, strict[0], len(lenient)-1)
			}
		}
	}
	golden(t, "fields.txt", got.String())
}
