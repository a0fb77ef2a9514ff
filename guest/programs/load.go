package programs

import (
	"debug/elf"
	"fmt"
	"io"

	"github.com/crossplug/crossplug/guest/memory"
)

// StackSize is the size in bytes of a program's stack.
const StackSize = 1 << 20

// Image is a program in an address space.
type Image struct {
	Entry   uint32
	Stack   uint32            // where the stack pointer begins, aligned for any processor
	Symbols map[string]uint32 // addresses of functions and variables
}

// Load maps the segments of a statically linked ELF file for a big-endian 32-bit
// processor, and a stack. A Linux kernel would also put arguments on the stack;
// these programs do not look.
func Load(space *memory.Space, r io.ReaderAt) (*Image, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS32 || f.Data != elf.ELFDATA2MSB || f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("an executable of %v, %v, %v cannot be loaded: it must be big-endian, 32 bits, at fixed addresses", f.Class, f.Data, f.Type)
	}
	im := &Image{Entry: uint32(f.Entry), Symbols: map[string]uint32{}}
	for i, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Memsz == 0 {
			continue
		}
		if p.Vaddr+p.Memsz > space.Size() || p.Filesz > p.Memsz {
			return nil, fmt.Errorf("segment %d: %#x bytes at %#x do not fit into %#x bytes of memory", i, p.Memsz, p.Vaddr, space.Size())
		}
		perm := memory.Read
		if p.Flags&elf.PF_W != 0 {
			perm |= memory.Write
		}
		if p.Flags&elf.PF_X != 0 {
			perm |= memory.Execute
		}
		base := uint32(p.Vaddr) &^ (memory.PageSize - 1)
		if err := space.Map(memory.Region{Name: fmt.Sprintf("segment %d", i), Base: base, Size: uint32(p.Vaddr+p.Memsz) - base, Perm: perm}); err != nil {
			return nil, err
		}
		// The space bounds how much this is.
		data := make([]byte, p.Filesz)
		if _, err := io.ReadFull(p.Open(), data); err != nil {
			return nil, fmt.Errorf("segment %d: %w", i, err)
		}
		if err := space.Poke(uint32(p.Vaddr), data); err != nil {
			return nil, err
		}
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		im.Symbols[s.Name] = uint32(s.Value)
	}
	stack, err := space.Allocate("stack", StackSize, memory.PageSize, memory.RW)
	im.Stack = stack + StackSize - 64
	return im, err
}
