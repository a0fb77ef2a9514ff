package arch

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Small writers of each format, so that the tests need no files made elsewhere
// and can say what is wrong with a damaged one.

// writer appends numbers of either byte order.
type writer struct {
	bytes.Buffer
	order binary.AppendByteOrder
	word  int // bytes of an address
}

func (w *writer) u8(v ...byte) { w.Write(v) }
func (w *writer) u16(v uint16) { w.Write(w.order.AppendUint16(nil, v)) }
func (w *writer) u32(v ...uint32) {
	for _, v := range v {
		w.Write(w.order.AppendUint32(nil, v))
	}
}

// addr appends numbers as wide as an address.
func (w *writer) addr(v ...uint64) {
	for _, v := range v {
		if w.word == 8 {
			w.Write(w.order.AppendUint64(nil, v))
		} else {
			w.u32(uint32(v))
		}
	}
}

// text appends s in exactly n bytes.
func (w *writer) text(s string, n int) { w.Write(append([]byte(s), make([]byte, n)...)[:n]) }

// align appends zeroes up to a multiple of n.
func (w *writer) align(n int) { w.Write(make([]byte, (n-w.Len()%n)%n)) }

// stringTable collects NUL-terminated texts; the empty one is at 0.
type stringTable struct{ bytes.Buffer }

func (t *stringTable) add(s string) uint64 {
	if t.Len() == 0 {
		t.WriteByte(0)
	}
	if s == "" {
		return 0
	}
	at := t.Len()
	t.WriteString(s + "\x00")
	return uint64(at)
}

// elfSpec describes an ELF file to build.
type elfSpec struct {
	bits    int
	order   ByteOrder
	machine elf.Machine
	osabi   elf.OSABI
	flags   uint32
	typ     elf.Type
	soname  string
	needed  []string
	exports []string
	hash    elf.DynTag // DT_HASH, DT_GNU_HASH, DT_MIPS_SYMTABNO or 0
	pie     bool
	interp  bool
	static  bool // without a dynamic section
}

// buildELF makes a file whose only segment begins at address 0x10000, with the
// sections that debug/elf needs to read it too.
func buildELF(s elfSpec) []byte {
	const base = 0x10000
	w := &writer{order: binary.LittleEndian, word: s.bits / 8}
	data := elf.ELFDATA2LSB
	if s.order == BigEndian {
		w.order, data = binary.BigEndian, elf.ELFDATA2MSB
	}
	class, headerLen, phLen, shLen, symLen := elf.ELFCLASS32, 52, 32, 40, 16
	if s.bits == 64 {
		class, headerLen, phLen, shLen, symLen = elf.ELFCLASS64, 64, 56, 64, 24
	}
	type segment struct {
		typ     elf.ProgType
		off, n  int
		present bool
	}
	segments := []segment{{typ: elf.PT_LOAD, present: true}, {typ: elf.PT_DYNAMIC, present: !s.static}, {typ: elf.PT_INTERP, present: s.interp}}
	phNum := 0
	for _, p := range segments {
		if p.present {
			phNum++
		}
	}
	if s.typ == elf.ET_REL {
		phNum = 0
	}
	w.Write(make([]byte, headerLen+phNum*phLen)) // filled in at the end

	var names stringTable
	symbol := func(name string, info, other byte, section uint16) {
		if s.bits == 64 {
			w.u32(uint32(names.add(name)))
			w.u8(info, other)
			w.u16(section)
			w.addr(base, 4)
		} else {
			w.u32(uint32(names.add(name)), base, 4)
			w.u8(info, other)
			w.u16(section)
		}
	}
	global := elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC)
	w.align(8)
	symOff := w.Len()
	symbol("", 0, 0, 0)
	symbol("imported", global, 0, uint16(elf.SHN_UNDEF))
	symbol("local", elf.ST_INFO(elf.STB_LOCAL, elf.STT_FUNC), 0, 1)
	symbol("hidden", global, byte(elf.STV_HIDDEN), 1)
	const unhashed = 4
	for _, name := range s.exports {
		symbol(name, global, 0, 1)
	}
	symNum := unhashed + len(s.exports)

	w.align(8)
	hashOff := w.Len()
	switch s.hash {
	case elf.DT_HASH: // one bucket, no chains: only the count is of interest
		word := uint64(4)
		if s.bits == 64 && (s.machine == elf.EM_S390 || s.machine == elf.EM_ALPHA) {
			word = 8
		}
		h := &writer{order: w.order, word: int(word)}
		h.addr(1, uint64(symNum))
		w.Write(h.Bytes())
	case elf.DT_GNU_HASH: // two buckets: one empty, one for all
		w.u32(2, unhashed, 1, 0)
		w.addr(0) // bloom filter
		first := uint32(0)
		if len(s.exports) > 0 {
			first = unhashed
		}
		w.u32(0, first)
		for i := range s.exports {
			last := uint32(0)
			if i == len(s.exports)-1 {
				last = 1
			}
			w.u32(0x1234560 | last)
		}
	}

	var tags []uint64
	tag := func(t elf.DynTag, v uint64) { tags = append(tags, uint64(t), v) }
	for _, n := range s.needed {
		tag(elf.DT_NEEDED, names.add(n))
	}
	if s.soname != "" {
		tag(elf.DT_SONAME, names.add(s.soname))
	}
	strOff := w.Len()
	w.Write(names.Bytes())
	tag(elf.DT_STRTAB, base+uint64(strOff))
	tag(elf.DT_STRSZ, uint64(names.Len()))
	tag(elf.DT_SYMTAB, base+uint64(symOff))
	switch s.hash {
	case 0:
	case elf.DT_MIPS_SYMTABNO:
		tag(s.hash, uint64(symNum))
	default:
		tag(s.hash, base+uint64(hashOff))
	}
	if s.pie {
		tag(elf.DT_FLAGS_1, df1PIE)
	}
	tag(elf.DT_NULL, 0)
	w.align(8)
	dynOff := w.Len()
	if !s.static {
		w.addr(tags...)
	}
	dynLen := w.Len() - dynOff

	shNames := []byte("\x00.dynsym\x00.dynstr\x00.dynamic\x00.shstrtab\x00")
	shNamesOff := w.Len()
	w.Write(shNames)
	w.align(8)
	shOff := w.Len()
	section := func(name int, typ elf.SectionType, off, size, link, entry int) {
		w.u32(uint32(name), uint32(typ))
		w.addr(0, base+uint64(off), uint64(off), uint64(size))
		w.u32(uint32(link), 0)
		w.addr(0, uint64(entry))
	}
	section(0, elf.SHT_NULL, 0, 0, 0, 0)
	section(1, elf.SHT_DYNSYM, symOff, symNum*symLen, 2, symLen)
	section(9, elf.SHT_STRTAB, strOff, names.Len(), 0, 0)
	section(17, elf.SHT_DYNAMIC, dynOff, dynLen, 2, 2*w.word)
	section(26, elf.SHT_STRTAB, shNamesOff, len(shNames), 0, 0)
	size := w.Len()

	h := &writer{order: w.order, word: w.word}
	h.WriteString(elf.ELFMAG)
	h.u8(byte(class), byte(data), byte(elf.EV_CURRENT), byte(s.osabi))
	h.align(elf.EI_NIDENT)
	h.u16(uint16(s.typ))
	h.u16(uint16(s.machine))
	h.u32(uint32(elf.EV_CURRENT))
	h.addr(0, uint64(headerLen), uint64(shOff))
	h.u32(s.flags)
	for _, v := range []int{headerLen, phLen, phNum, shLen, 5, 4} {
		h.u16(uint16(v))
	}
	segments[0].n, segments[1].off, segments[1].n = size, dynOff, dynLen
	for _, p := range segments {
		if !p.present || phNum == 0 {
			continue
		}
		h.u32(uint32(p.typ))
		if s.bits == 64 {
			h.u32(0)
		}
		h.addr(uint64(p.off), base+uint64(p.off), 0, uint64(p.n), uint64(p.n))
		if s.bits == 32 {
			h.u32(0)
		}
		h.addr(8)
	}
	copy(w.Bytes(), h.Bytes())
	return w.Bytes()
}

// machoSpec describes a thin Mach-O file to build.
type machoSpec struct {
	cpu      cpuType
	subtype  uint32
	order    binary.AppendByteOrder
	filetype uint32
	name     string
	needed   []string
	exports  []string
	trie     []byte // the export trie, if not nil
	dyldInfo bool   // refer to the trie by LC_DYLD_INFO_ONLY
}

func buildMachO(s machoSpec) []byte {
	w := &writer{order: s.order, word: 4}
	magic, headerLen, segment, segmentLen := uint32(machoMagic32), 28, lcSegment, 56
	if s.cpu&cpuABI64 != 0 {
		w.word, magic, headerLen, segment, segmentLen = 8, machoMagic64, 32, lcSegment64, 72
	}
	var names stringTable
	symbols := &writer{order: s.order, word: w.word}
	symbol := func(name string, typ byte) {
		symbols.u32(uint32(names.add(name)))
		symbols.u8(typ, 1)
		symbols.u16(0)
		symbols.addr(0x1000)
	}
	const section = 0x0e // N_SECT
	symbol("_imported", nExt)
	symbol("_local", section)
	symbol("_private", section|nExt|nPExt)
	symbol("debug", 0x24) // N_FUN
	for _, name := range s.exports {
		symbol("_"+name, section|nExt)
	}
	symNum := 4 + len(s.exports)

	// Commands are laid out twice: to learn their length, and with what
	// follows them in its place.
	var commands *writer
	count, end := 0, 0
	for range 2 {
		commands = &writer{order: s.order, word: w.word}
		symOff := headerLen + end
		strOff := symOff + symbols.Len()
		trieOff := strOff + names.Len()
		count = 0
		dylib := func(cmd loadCommand, name string) {
			n := (24 + len(name) + 8) &^ 7
			commands.u32(uint32(cmd), uint32(n), 24, 0, 0, 0)
			commands.text(name, n-24)
			count++
		}
		commands.u32(uint32(segment), uint32(segmentLen))
		commands.text("__TEXT", 16)
		commands.addr(0x1000, 0x1000, 0, uint64(trieOff+len(s.trie)))
		commands.u32(5, 5, 0, 0)
		count++
		if s.name != "" {
			dylib(lcIDDylib, s.name)
		}
		kinds := []loadCommand{lcLoadDylib, lcLoadWeakDylib, lcReexportDylib, lcLazyLoadDylib, lcLoadUpwardDylib}
		for i, name := range s.needed {
			dylib(kinds[i%len(kinds)], name)
		}
		commands.u32(uint32(lcSymtab), 24, uint32(symOff), uint32(symNum), uint32(strOff), uint32(names.Len()))
		count++
		switch {
		case s.trie == nil:
		case s.dyldInfo:
			commands.u32(uint32(lcDyldInfoOnly), 48, 0, 0, 0, 0, 0, 0, 0, 0, uint32(trieOff), uint32(len(s.trie)))
			count++
		default:
			commands.u32(uint32(lcDyldExportsTrie), 16, uint32(trieOff), uint32(len(s.trie)))
			count++
		}
		end = commands.Len()
	}
	w.u32(magic, uint32(s.cpu), s.subtype, s.filetype, uint32(count), uint32(end), 0)
	if w.word == 8 {
		w.u32(0)
	}
	w.Write(commands.Bytes())
	w.Write(symbols.Bytes())
	w.Write(names.Bytes())
	w.Write(s.trie)
	return w.Bytes()
}

// buildTrie makes an export trie of two levels: one edge per name's first
// letter, one per rest.
func buildTrie(names ...string) []byte {
	groups := map[byte][]string{}
	var letters []byte
	for _, n := range names {
		if groups[n[0]] == nil {
			letters = append(letters, n[0])
		}
		groups[n[0]] = append(groups[n[0]], n[1:])
	}
	// Offsets are padded to two bytes, so that nodes have sizes known before.
	uleb := func(n int) []byte { return []byte{byte(n) | 0x80, byte(n >> 7)} }
	root := []byte{0, byte(len(letters))}
	at := 2 + 4*len(letters)
	var inner, leaves []byte
	leafAt := at
	for _, l := range letters {
		leafAt += 2
		for _, rest := range groups[l] {
			leafAt += len(rest) + 3
		}
	}
	for _, l := range letters {
		root = append(append(root, l, 0), uleb(at+len(inner))...)
		inner = append(inner, 0, byte(len(groups[l])))
		for _, rest := range groups[l] {
			inner = append(append(inner, rest...), 0)
			inner = append(inner, uleb(leafAt+len(leaves))...)
			leaves = append(leaves, 2, 0, 0x10, 0) // flags, address; no edges
		}
	}
	return append(append(root, inner...), leaves...)
}

// fatSlice is an image in a fat file: what the list says and what is there.
type fatSlice struct {
	cpu     cpuType
	subtype uint32
	data    []byte
}

func buildFat(magic uint32, slices ...fatSlice) []byte {
	w := &writer{order: binary.BigEndian, word: 4}
	recordLen := 20
	if magic == fatMagic64 {
		w.word, recordLen = 8, 32
	}
	w.u32(magic, uint32(len(slices)))
	at := (8 + recordLen*len(slices) + 15) &^ 15
	for _, s := range slices {
		w.u32(uint32(s.cpu), s.subtype)
		w.addr(uint64(at), uint64(len(s.data)))
		w.u32(4)
		if w.word == 8 {
			w.u32(0)
		}
		at = (at + len(s.data) + 15) &^ 15
	}
	for _, s := range slices {
		w.align(16)
		w.Write(s.data)
	}
	return w.Bytes()
}

// peSpec describes a PE file to build.
type peSpec struct {
	machine   peMachine
	bits      int
	dll       bool
	subsystem uint16
	name      string
	needed    []string
	exports   []string
	clr       bool
	chpe      bool
}

// buildPE makes a file with one section, at address 0x1000 and offset 0x200.
func buildPE(s peSpec) []byte {
	const base, start = 0x1000, 0x200
	section := &writer{order: binary.LittleEndian, word: 4}
	here := func() uint32 { return base + uint32(section.Len()) }
	name := func(s string) uint32 {
		at := here()
		section.WriteString(s + "\x00")
		return at
	}
	var dirs [peDirs][2]uint32
	if s.name != "" {
		own := name(s.name)
		var names []uint32
		for _, e := range s.exports {
			names = append(names, name(e))
		}
		section.align(4)
		list := here()
		section.u32(names...)
		addresses := here()
		for range names {
			section.u32(base)
		}
		ordinals := here()
		for i := range names {
			section.u16(uint16(i))
		}
		section.align(4)
		dirs[peDirExport] = [2]uint32{here(), 40}
		n := uint32(len(names))
		section.u32(0, 0, 0, own, 1, n, n, addresses, list, ordinals)
	}
	if s.needed != nil {
		var names []uint32
		for _, n := range s.needed {
			names = append(names, name(n))
		}
		section.align(4)
		symbol := here()
		section.WriteString("\x00\x00Symbol\x00") // hint and name
		section.align(8)
		symbols := here()
		section.u32(symbol, 0, 0, 0) // a list of one symbol, and the end
		dirs[peDirImport] = [2]uint32{here(), uint32(20 * (len(names) + 1))}
		for _, n := range names {
			section.u32(symbols, 0, 0, n, symbols)
		}
		section.u32(0, 0, 0, 0, 0)
	}
	if s.clr {
		dirs[peDirCLR] = [2]uint32{here(), 72}
		section.text("", 72)
	}
	if s.chpe {
		section.align(8)
		dirs[peDirLoadConfig] = [2]uint32{here(), 256}
		section.u32(256)
		section.text("", peCHPEMetadata-4)
		section.u32(0x2000)
		section.text("", 256-peCHPEMetadata-4)
	}
	section.align(start)

	optionalLen := 224
	if s.bits == 64 {
		optionalLen = 240
	}
	w := &writer{order: binary.LittleEndian, word: 4}
	w.text(mzMagic, dosRelocationsAt)
	w.u16(0x40)
	w.text("", peOffsetAt-w.Len())
	w.u32(0x80)
	w.text("", 0x80-w.Len())
	w.WriteString(peMagic)
	w.u16(uint16(s.machine))
	w.u16(1)
	w.u32(0, 0, 0)
	w.u16(uint16(optionalLen))
	characteristics := uint16(2)
	if s.dll {
		characteristics |= peFileDLL
	}
	w.u16(characteristics)
	optional := w.Len()
	if s.bits == 64 {
		w.word = 8
		w.u16(pe32Plus)
		w.text("", 22) // linker version, sizes, entry, code
		w.addr(0x140000000)
	} else {
		w.u16(pe32Magic)
		w.text("", 26)
		w.addr(0x400000)
	}
	w.u32(0x1000, start)
	w.text("", 16) // versions
	w.u32(base+0x1000, start, 0)
	w.u16(s.subsystem)
	w.u16(0)
	w.addr(0, 0, 0, 0)
	w.u32(0, peDirs)
	for _, d := range dirs {
		w.u32(d[0], d[1])
	}
	if w.Len() != optional+optionalLen {
		panic("the optional header has another length than it says")
	}
	w.text(".data", 8)
	w.u32(uint32(section.Len()), base, uint32(section.Len()), start, 0, 0, 0, 0x40000040)
	w.align(start)
	w.Write(section.Bytes())
	return w.Bytes()
}

// buildCOFF makes an object file with one empty section and one symbol.
func buildCOFF(machine peMachine) []byte {
	w := &writer{order: binary.LittleEndian, word: 4}
	w.u16(uint16(machine))
	w.u16(1)
	w.u32(0, coffHeaderLen+peSectionLen, 1, 0)
	w.text(".text", peSectionLen)
	w.text("symbol", coffSymbolLen)
	w.u32(4) // the string table's own length
	return w.Bytes()
}

// wasmSection is a kind and contents.
type wasmSection struct {
	kind byte
	body []byte
}

func buildWasm(version, layer uint16, sections ...wasmSection) []byte {
	w := &writer{order: binary.LittleEndian, word: 4}
	w.WriteString(wasmMagic)
	w.u16(version)
	w.u16(layer)
	for _, s := range sections {
		w.u8(s.kind)
		w.Write(binary.AppendUvarint(nil, uint64(len(s.body))))
		w.Write(s.body)
	}
	return w.Bytes()
}

// wasmText is a length and a text.
func wasmText(s string) string { return string(binary.AppendUvarint(nil, uint64(len(s)))) + s }

// pefSection is the length of a section's contents.
type pefSection int

func buildPEF(architecture string, sections ...pefSection) []byte {
	w := &writer{order: binary.BigEndian, word: 4}
	w.WriteString(pefMagic + architecture)
	w.u32(1, 0, 0, 0, 0)
	w.u16(uint16(len(sections)))
	w.u16(0)
	w.u32(0)
	at := pefHeaderLen + pefSectionLen*len(sections)
	for _, n := range sections {
		w.u32(1<<32-1, 0, uint32(n), uint32(n), uint32(n), uint32(at))
		w.u8(0, 1, 4, 0)
		at += int(n)
	}
	for _, n := range sections {
		w.text("", int(n))
	}
	return w.Bytes()
}
