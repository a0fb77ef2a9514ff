package arch

import (
	"encoding/binary"
	"fmt"

	"github.com/crossplug/crossplug/internal/bin"
)

func isMZ(head []byte) bool { return len(head) >= 2 && string(head[:2]) == mzMagic }

// peFile is what the headers say.
type peFile struct {
	view     bin.View
	arch     Arch
	kind     Kind
	headers  uint32 // bytes at the start of the file that are also at the start of memory
	dirs     [peDirs]struct{ addr, size uint32 }
	sections []peSection
}

// peSection is the part of a section that the file holds.
type peSection struct{ addr, off, size uint32 }

func peImages(v bin.View) ([]Image, error) {
	f, err := readPE(v)
	if err != nil {
		return nil, err
	}
	return []Image{{f.arch, FormatPE, f.kind, v.Base(), v.Size()}}, nil
}

func readPE(v bin.View) (*peFile, error) {
	// Only a program that has more than an MS-DOS header says where it is, and
	// that it does by placing its relocations after that word.
	dos := v.Cursor("MS-DOS header", dosRelocationsAt, peOffsetAt+4-dosRelocationsAt, binary.LittleEndian)
	relocations := dos.U16()
	dos.Skip(peOffsetAt - dosRelocationsAt - 2)
	start := uint64(dos.U32())
	if dos.Err() != nil || relocations < peOffsetAt+4 || start == 0 {
		return nil, &NotImageError{What: "an MS-DOS program"}
	}
	letters, err := v.Bytes("new executable header", start, 2)
	if err != nil {
		return nil, err
	}
	if what, ok := dosFormats[string(letters)]; ok {
		return nil, &NotImageError{What: what}
	}
	if string(letters) != peMagic[:2] {
		return nil, &NotImageError{What: "an MS-DOS program"}
	}

	const fileHeader = 24 // the letters and the COFF header
	c := v.Cursor("PE header", start, fileHeader, binary.LittleEndian)
	if string(c.Bytes(4)) != peMagic && c.Err() == nil {
		return nil, v.Errorf("PE header", start, "does not begin with %q", peMagic)
	}
	machine := peMachine(c.U16())
	sections := c.U16()
	c.Skip(12) // date, COFF symbols
	optional := c.U16()
	characteristics := c.U16()
	if c.Err() != nil {
		return nil, c.Err()
	}
	f := &peFile{view: v, kind: KindExecutable, arch: Arch{Processor(machine.String()), 32, LittleEndian, Windows, ""}}
	for _, m := range peMachines {
		if m.machine == machine {
			f.arch.Processor, f.arch.Order, f.arch.ABI = m.processor, m.order, m.abi
		}
	}
	if characteristics&peFileDLL != 0 {
		f.kind = KindShared
	}
	if err := f.readOptionalHeader(start+fileHeader, uint64(optional)); err != nil {
		return nil, err
	}
	if err := f.readSections(start+fileHeader+uint64(optional), uint64(sections)); err != nil {
		return nil, err
	}
	switch {
	case f.dirs[peDirCLR].addr != 0:
		f.arch.ABI = "clr" // managed: the code may be for no processor at all
	case f.hybrid() && machine == peAMD64:
		f.arch.ABI = "arm64ec"
	case f.hybrid() && machine == peARM64:
		f.arch.ABI = "arm64x"
	}
	return f, nil
}

func (f *peFile) readOptionalHeader(off, size uint64) error {
	c := f.view.Cursor("PE optional header", off, size, binary.LittleEndian)
	rest := uint64(20) // of the fields between the subsystem and the directories
	switch magic := c.U16(); {
	case c.Err() != nil:
		return c.Err()
	case magic == pe32Magic:
	case magic == pe32Plus:
		f.arch.Bits, rest = 64, 36
	default:
		return f.view.Errorf("PE optional header", off, "magic number %#x is neither %#x (32 bits) nor %#x (64 bits)", magic, pe32Magic, pe32Plus)
	}
	c.Skip(58) // versions, sizes, addresses
	f.headers = c.U32()
	c.U32() // checksum
	if peSubsystemEFI(c.U16()) {
		f.arch.OS, f.arch.ABI = NoOS, "efi"
	}
	c.Skip(2 + rest) // flags; stack and heap; loader flags
	for i := range min(c.U32(), peDirs) {
		f.dirs[i].addr, f.dirs[i].size = c.U32(), c.U32()
	}
	return c.Err()
}

func (f *peFile) readSections(off, n uint64) error {
	c := f.view.Cursor("PE section headers", off, n*peSectionLen, binary.LittleEndian)
	for i := range n {
		c.Item("PE section header %d", i)
		c.Skip(12) // name, size in memory
		addr, size, start := c.U32(), c.U32(), c.U32()
		c.Skip(16) // relocations, line numbers, flags
		if c.Err() != nil {
			return c.Err()
		}
		if start == 0 || size == 0 {
			continue // zeroes, not in the file
		}
		if !f.view.Has(uint64(start), uint64(size)) {
			return f.view.Errorf(fmt.Sprintf("PE section header %d", i), off+i*peSectionLen,
				"its contents lie at %#x–%#x, but the file ends at %#x; the file is truncated", start, uint64(start)+uint64(size), f.view.Size())
		}
		f.sections = append(f.sections, peSection{addr, start, size})
	}
	return c.Err()
}

// at finds the file offset of an address relative to the image's, and how many
// bytes of its section the file holds from there on.
func (f *peFile) at(addr uint32) (off, n uint64, ok bool) {
	for _, s := range f.sections {
		if addr >= s.addr && addr-s.addr < s.size {
			return uint64(s.off) + uint64(addr-s.addr), uint64(s.size - (addr - s.addr)), true
		}
	}
	if addr < f.headers {
		return uint64(addr), uint64(f.headers - addr), true
	}
	return 0, 0, false
}

func (f *peFile) cursorAt(item string, addr uint32, n uint64) *bin.Cursor {
	off, have, ok := f.at(addr)
	if !ok || n > have {
		return bin.Failed(item, "needs %d bytes at address %#x, which no section holds", n, addr)
	}
	return f.view.Cursor(item, off, n, binary.LittleEndian)
}

func (f *peFile) stringAt(item string, addr uint32) (string, error) {
	off, n, ok := f.at(addr)
	if !ok {
		return "", f.cursorAt(item, addr, 1).Err()
	}
	return f.view.Part(off, n).CString(item, 0)
}

// hybrid says whether an image for x86-64 or ARM64 also serves the other.
func (f *peFile) hybrid() bool {
	dir := f.dirs[peDirLoadConfig]
	if f.arch.Bits != 64 || dir.addr == 0 {
		return false
	}
	c := f.cursorAt("PE load configuration", dir.addr, peCHPEMetadata+8)
	size := c.U32() // the directory's own idea of its size is the one that counts
	c.Seek(peCHPEMetadata)
	return c.U64() != 0 && c.Err() == nil && size >= peCHPEMetadata+8
}

func peDetails(v bin.View) (*Details, error) {
	f, err := readPE(v)
	if err != nil {
		return nil, err
	}
	d := &Details{}
	if err := f.readExports(d); err != nil {
		return nil, err
	}
	if err := f.readImports(d); err != nil {
		return nil, err
	}
	return d, nil
}

func (f *peFile) readExports(d *Details) (err error) {
	dir := f.dirs[peDirExport]
	if dir.addr == 0 {
		return nil
	}
	c := f.cursorAt("PE export directory", dir.addr, 40)
	c.Skip(12) // flags, date, version
	name := c.U32()
	c.Skip(8) // ordinal base, number of addresses
	n := c.U32()
	c.U32() // addresses
	names := c.U32()
	if c.Err() != nil {
		return c.Err()
	}
	if d.Name, err = f.stringAt("PE export directory: name of the image", name); err != nil || n == 0 {
		return err
	}
	c = f.cursorAt("PE export names", names, uint64(n)*4)
	total := 0
	for i := range c.Count(uint64(n), 4) {
		s, err := f.stringAt(fmt.Sprintf("PE export name %d", i), c.U32())
		if err != nil {
			return err
		}
		if total += len(s); total > bin.MaxRead {
			c.Fail("are more than %d bytes", bin.MaxRead)
			break
		}
		d.Exports = append(d.Exports, s)
	}
	return c.Err()
}

// readImports reads the libraries that are bound when the image is loaded, not
// those that it delays until they are first called.
func (f *peFile) readImports(d *Details) error {
	dir := f.dirs[peDirImport]
	if dir.addr == 0 {
		return nil
	}
	_, have, _ := f.at(dir.addr)
	c := f.cursorAt("PE import directory", dir.addr, have)
	for c.Err() == nil {
		c.Item("PE import directory: library %d", len(d.Needed))
		c.Skip(12) // names of the symbols, date, forwarding
		name := c.U32()
		c.U32() // addresses of the symbols
		if c.Err() != nil || name == 0 {
			break // a descriptor without a name ends the list
		}
		s, err := f.stringAt(fmt.Sprintf("PE import directory: name of library %d", len(d.Needed)), name)
		if err != nil {
			return err
		}
		d.Needed = append(d.Needed, s)
	}
	return c.Err()
}
