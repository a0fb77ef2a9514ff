package arch

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/crossplug/crossplug/internal/bin"
)

// WebAssembly, as the core specification's chapter 5 and the component model's
// binary format define it: a magic number, a version, and sections of one byte
// of kind, a length and contents. Numbers in sections are LEB128. A component
// is told from a core module by the upper half of the version, its layer.
const (
	wasmMagic      = "\x00asm"
	wasmModule     = 0
	wasmComponent  = 1
	wasmCustom     = 0
	wasmImport     = 2
	wasmMemory     = 5
	wasmExport     = 7
	wasmLimitsMax  = 0x01 // the limits of a table or memory have an upper one
	wasmLimitsWide = 0x04 // addresses are 64 bits wide
)

// The kinds of things that are imported.
const (
	wasmFunc = iota
	wasmTable
	wasmMem
	wasmGlobal
	wasmTag
)

// maxWasmSections bounds the walk over sections of no length.
const maxWasmSections = 100_000

func isWasm(head []byte) bool { return len(head) >= 4 && string(head[:4]) == wasmMagic }

// wasmFile is what is known of a module without compiling it.
type wasmFile struct {
	layer   uint16
	wide    bool // has a memory with 64-bit addresses
	name    string
	modules []string
	exports []string
}

func wasmImages(v bin.View) ([]Image, error) {
	f, err := readWasm(v)
	if err != nil {
		return nil, err
	}
	img := Image{Arch{Wasm, 32, LittleEndian, NoOS, ""}, FormatWasm, KindModule, v.Base(), v.Size()}
	if f.layer == wasmComponent {
		img.Kind = KindComponent
	}
	if f.wide {
		img.Arch.Bits = 64
	}
	return []Image{img}, nil
}

func wasmDetails(v bin.View) (*Details, error) {
	f, err := readWasm(v)
	if err != nil {
		return nil, err
	}
	return &Details{Name: f.name, Needed: f.modules, Exports: f.exports}, nil
}

func readWasm(v bin.View) (*wasmFile, error) {
	c := v.Cursor("WebAssembly header", 0, 8, binary.LittleEndian)
	c.Skip(4) // magic number
	version, layer := c.U16(), c.U16()
	if c.Err() != nil {
		return nil, c.Err()
	}
	f := &wasmFile{layer: layer}
	if layer > wasmComponent || layer == wasmModule && version != 1 {
		return nil, v.Errorf("WebAssembly header", 4, "version %d of layer %d is neither 1 of layer 0 (module) nor of layer 1 (component)", version, layer)
	}
	off := uint64(8)
	for i := 0; off < uint64(v.Size()); i++ {
		item := fmt.Sprintf("WebAssembly section %d", i)
		if i == maxWasmSections {
			return nil, v.Errorf(item, off, "is one too many; at most %d are read", maxWasmSections)
		}
		const longest = 6 // kind and length
		c := v.Cursor(item, off, min(longest, uint64(v.Size())-off), binary.LittleEndian)
		kind, size := c.U8(), c.Uleb128(32)
		if c.Err() != nil {
			return nil, c.Err()
		}
		body := off + uint64(c.Pos())
		if !v.Has(body, size) {
			return nil, v.Errorf(item, off, "is %d bytes long, but only %d follow; the file is truncated", size, uint64(v.Size())-body)
		}
		if layer == wasmModule {
			if err := f.readSection(v, item, kind, body, size); err != nil {
				return nil, err
			}
		}
		off = body + size
	}
	return f, nil
}

func (f *wasmFile) readSection(v bin.View, item string, kind uint8, off, size uint64) error {
	read := map[uint8]func(*bin.Cursor){
		wasmCustom: f.readCustom,
		wasmImport: f.readImports,
		wasmMemory: f.readMemories,
		wasmExport: f.readExports,
	}[kind]
	if read == nil || size == 0 {
		return nil
	}
	if kind == wasmCustom {
		// Debugging information can be long; only the short name matters.
		size = min(size, 4096)
	}
	c := v.Cursor(item, off, size, binary.LittleEndian)
	read(c)
	if kind == wasmCustom {
		return nil // nothing depends on a custom section being well formed
	}
	return c.Err()
}

// readCustom takes the module's name from the custom section "name", where it
// is the subsection 0 and so the first (core specification, appendix 7.4).
func (f *wasmFile) readCustom(c *bin.Cursor) {
	if wasmName(c) != "name" || c.U8() != 0 {
		return
	}
	c.Uleb128(32) // length of the subsection
	if name := wasmName(c); c.Err() == nil {
		f.name = name
	}
}

func (f *wasmFile) readImports(c *bin.Cursor) {
	seen := map[string]bool{}
	for range c.Count(c.Uleb128(32), 4) {
		module := wasmName(c)
		wasmName(c)
		if c.Err() == nil && !seen[module] {
			seen[module] = true
			f.modules = append(f.modules, module)
		}
		switch kind := c.U8(); kind {
		case wasmFunc:
			c.Uleb128(32) // type
		case wasmTable:
			skipWasmType(c)
			wasmLimits(c)
		case wasmMem:
			f.wide = wasmLimits(c) || f.wide
		case wasmGlobal:
			skipWasmType(c)
			c.U8() // mutable
		case wasmTag:
			c.U8()
			c.Uleb128(32) // type
		default:
			c.Fail("imports %q of unknown kind %d", module, kind)
		}
		if c.Err() != nil {
			return
		}
	}
}

func (f *wasmFile) readMemories(c *bin.Cursor) {
	for range c.Count(c.Uleb128(32), 2) {
		f.wide = wasmLimits(c) || f.wide
	}
}

func (f *wasmFile) readExports(c *bin.Cursor) {
	for range c.Count(c.Uleb128(32), 3) {
		name := wasmName(c)
		c.U8()        // kind
		c.Uleb128(32) // index
		if c.Err() != nil {
			return
		}
		f.exports = append(f.exports, name)
	}
}

// wasmName takes a text: its length in bytes, then UTF-8.
func wasmName(c *bin.Cursor) string {
	b := c.Bytes(c.Uleb128(32))
	if !utf8.Valid(b) {
		c.Fail("ends a name that is not UTF-8")
	}
	return string(b)
}

// skipWasmType passes over a value or reference type, which is one byte, or a
// byte and a heap type where functions' and structures' own types are meant.
func skipWasmType(c *bin.Cursor) {
	const ref, refNull = 0x64, 0x63
	if t := c.U8(); t == ref || t == refNull {
		c.Uleb128(33)
	}
}

// wasmLimits takes the limits of a table or memory, and says whether its
// addresses are 64 bits wide.
func wasmLimits(c *bin.Cursor) (wide bool) {
	flags := c.U8()
	c.Uleb128(64)
	if flags&wasmLimitsMax != 0 {
		c.Uleb128(64)
	}
	return flags&wasmLimitsWide != 0
}
