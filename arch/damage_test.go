package arch

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/internal/bin"
)

// readAll lists the images in data and reads the details of each.
func readAll(data []byte) ([]Image, error) {
	r := bytes.NewReader(data)
	images, err := Images(r, int64(len(data)))
	for _, img := range images {
		if _, e := ReadDetails(r, img); e != nil && err == nil {
			err = e
		}
	}
	return images, err
}

// put overwrites a copy of data.
func put(data []byte, at int, order binary.ByteOrder, v any) []byte {
	data = bytes.Clone(data)
	var b bytes.Buffer
	binary.Write(&b, order, v)
	copy(data[at:], b.Bytes())
	return data
}

func TestDamage(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	so := buildELF(elfSpec{bits: 64, machine: elf.EM_X86_64, typ: elf.ET_DYN, soname: "a.so", exports: []string{"f"}, hash: elf.DT_GNU_HASH})
	sysv := buildELF(elfSpec{bits: 32, machine: elf.EM_386, typ: elf.ET_DYN, exports: []string{"f"}, hash: elf.DT_HASH})
	ppc := machoSpec{cpu: cpuPowerPC, order: be, filetype: 8, exports: []string{"f"}}
	thin := buildMachO(ppc)
	trie := machoSpec{cpu: cpuARM | cpuABI64, order: le, filetype: 8, trie: []byte{0, 1, 'a', 0, 0}}
	fat := buildFat(fatMagic32, fatSlice{cpuPowerPC, 0, thin}, fatSlice{cpuX86, 3, thin})
	dll := buildPE(peSpec{machine: peAMD64, bits: 64, dll: true, name: "a.dll", needed: []string{"b.dll"}, exports: []string{"f"}})
	wasm := func(kind byte, body string) []byte { return buildWasm(1, wasmModule, wasmSection{kind, []byte(body)}) }
	pef := buildPEF("pwpc", 8)

	for _, tt := range []struct {
		name string
		data []byte
		want string // the error
	}{
		{"ELF class", put(so, 4, le, uint8(3)), "ELF identification at 0x4: class 3 is neither 1 (32 bits) nor 2 (64 bits)"},
		{"ELF order", put(so, 5, le, uint8(0)), "ELF identification at 0x5: byte order 0 is neither 1 (little-endian) nor 2 (big-endian)"},
		{"ELF version", put(so, 20, le, uint32(2)), "ELF header at 0x14: version 2 is not 1"},
		{"ELF short", so[:40], "ELF header at 0x0: needs 64 bytes, but the image ends at 0x28"},
		{"ELF truncated", so[:len(so)-1], fmt.Sprintf("ELF section headers at %#x: 5 of 64 bytes each do not fit before the end at %#x; the file is truncated", len(so)-5*64, len(so)-1)},
		{"ELF program header size", put(so, 54, le, uint16(57)), "ELF header at 0x0: program headers of 57 bytes are not 56 bytes long"},
		{"ELF segment", put(so, 64+32, le, uint64(1<<40)), "ELF program header 0 (PT_LOAD) at 0x0: its 1099511627776 bytes do not fit before the end"},
		{"ELF segment in memory", put(so, 64+40, le, uint64(1)), "ELF program header 0 (PT_LOAD) at 0x0: has 824 bytes in the file for 1 bytes of memory"},
		{"ELF dynamic nowhere", put(so, 64+56+16, le, uint64(1<<40)), "ELF dynamic section: needs"},
		{"ELF strings nowhere", patchDyn(so, elf.DT_STRTAB, 1), "ELF dynamic string table: needs"},
		{"ELF soname", patchDyn(so, elf.DT_SONAME, 1000), "DT_SONAME at"},
		{"ELF GNU hash chain", patchDyn(so, elf.DT_GNU_HASH, 0x10000), "ELF GNU symbol hash table"},
		{"ELF hash of nothing", patchDyn(sysv, elf.DT_HASH, 0), "ELF symbol hash table: needs 8 bytes at address 0x0, which no segment holds"},
		{"ELF symbols", patchDyn(sysv, elf.DT_HASH, 0x10000), "ELF dynamic symbol table"},
		{"Mach-O short", thin[:20], "Mach-O header at 0x0: needs 28 bytes, but the image ends at 0x14"},
		{"Mach-O commands", put(thin, 20, be, uint32(1<<30)), "Mach-O load commands at 0x1c: needs 1073741824 bytes, but the image ends"},
		{"Mach-O command count", put(thin, 16, be, uint32(1<<30)), "Mach-O load commands at 0x1c: claims 1073741824 records of 8 bytes, but"},
		{"Mach-O command size", put(thin, 28+4, be, uint32(7)), "Mach-O load command 0 at 0x24: is 7 bytes long, less than its own header"},
		{"Mach-O truncated", thin[:len(thin)-1], "Mach-O load command 0 at 0x44: its segment lies at 0x0"},
		{"Mach-O trie", buildMachO(trie), "is no tree: two edges lead here"},
		{"fat count", put(fat, 4, be, uint32(44)), "fat header at 0x8: needs 880 bytes, but the image ends"},
		{"fat64 count", put(buildFat(fatMagic64), 4, be, uint32(45)), "fat header at 0x4: 45 images are too many to be true"},
		{"fat empty", buildFat(fatMagic32), "fat header at 0x4: lists no images"},
		{"fat lie", fat, "fat header: image 1 at 0x1c: is for CPU_TYPE_X86 subtype 3, but the image there is for CPU_TYPE_POWERPC subtype 0"},
		{"fat place", put(fat, 16, be, uint32(1<<31)), "fat header: image 0 at 0x8: (CPU_TYPE_POWERPC) lies at 0x80000000–"},
		{"fat archive", buildFat(fatMagic32, fatSlice{cpuPowerPC, 0, []byte("!<arch>\n")}), "fat header: image 0 (CPU_TYPE_POWERPC) holds no image: it is a static library"},
		{"PE truncated", dll[:0x100], "PE optional header at 0x98: needs 240 bytes, but the image ends at 0x100"},
		{"PE very truncated", dll[:0x60], "new executable header at 0x80: needs 2 bytes, but the image ends at 0x60"},
		{"PE section", dll[:len(dll)-1], "PE section header 0 at 0x188: its contents lie at 0x200–0x400, but the file ends at 0x3ff; the file is truncated"},
		{"PE magic", put(dll, 0x98, le, uint16(0x107)), "PE optional header at 0x98: magic number 0x107 is neither 0x10b (32 bits) nor 0x20b (64 bits)"},
		{"PE letters", put(dll, 0x82, le, uint16(1)), `PE header at 0x80: does not begin with "PE\x00\x00"`},
		{"PE exports", put(dll, 0x98+112, le, uint32(0xffff)), "PE export directory: needs 40 bytes at address 0xffff, which no section holds"},
		{"PE imports", put(dll, 0x98+120, le, uint32(0xffff)), "PE import directory: needs"},
		{"wasm version", buildWasm(2, wasmModule), "WebAssembly header at 0x4: version 2 of layer 0 is neither"},
		{"wasm layer", buildWasm(1, 2), "WebAssembly header at 0x4: version 1 of layer 2 is neither"},
		{"wasm truncated", wasm(10, "code")[:12], "WebAssembly section 0 at 0x8: is 4 bytes long, but only 2 follow; the file is truncated"},
		{"wasm exports", wasm(wasmExport, "\xff\xff\xff\xff\x0f"), "WebAssembly section 0 at 0xf: claims 4294967295 records of 3 bytes, but 0 bytes are left"},
		{"wasm import", wasm(wasmImport, "\x01\x01a\x01b\x09"), `WebAssembly section 0 at 0x10: imports "a" of unknown kind 9`},
		{"wasm name", wasm(wasmExport, "\x01\x01\xff\x00\x00"), "WebAssembly section 0 at 0xd: ends a name that is not UTF-8"},
		{"wasm sections", buildWasm(1, wasmModule, make([]wasmSection, maxWasmSections+1)...), "is one too many; at most 100000 are read"},
		{"PEF version", put(pef, 12, be, uint32(2)), "PEF header at 0xc: format version 2 is not 1"},
		{"PEF architecture", buildPEF("ppcx"), `PEF header at 0x8: architecture "ppcx" is neither 'pwpc' nor 'm68k'`},
		{"PEF section", pef[:len(pef)-1], "PEF section header 0 at 0x28: its contents lie at 0x44–0x4c, but the container is at most 0x4b bytes long; the file is truncated"},
		{"PEF containers", bytes.Repeat(append(buildPEF("pwpc"), make([]byte, 8)...), maxContainers+1), "begins one container too many; at most 1000 are read"},
	} {
		_, err := readAll(tt.data)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v\nwant %s", tt.name, err, tt.want)
			continue
		}
		if !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("%s: error is no ErrBadImage", tt.name)
		}
	}
}

// patchDyn changes the value of a tag in the dynamic section, which is the
// second program header's.
func patchDyn(data []byte, tag elf.DynTag, v uint64) []byte {
	f, err := readELF(bin.NewView(bytes.NewReader(data), 0, int64(len(data))))
	if err != nil {
		panic(err)
	}
	at := binary.LittleEndian.Uint32(data[52+32+4:])
	if f.word == 8 {
		at = binary.LittleEndian.Uint32(data[64+56+8:])
	}
	for i, d := range f.dynamic {
		if d.tag == tag {
			w := writer{order: binary.LittleEndian, word: f.word}
			w.addr(v)
			return put(data, int(at)+(2*i+1)*f.word, binary.LittleEndian, w.Bytes())
		}
	}
	panic("no such tag")
}

// TestDamageLeavesTheOthers reads what is left of files with several images.
func TestDamageLeavesTheOthers(t *testing.T) {
	thin := buildMachO(machoSpec{cpu: cpuPowerPC, order: binary.BigEndian, filetype: 8})
	for name, data := range map[string][]byte{
		"fat": buildFat(fatMagic32, fatSlice{cpuX86, 3, []byte("not Mach-O")}, fatSlice{cpuPowerPC, 0, thin}),
		"pef": append(append(buildPEF("pwpc"), make([]byte, 8)...), buildPEF("oops")...),
	} {
		images, err := readAll(data)
		if len(images) != 1 || images[0].Arch.Processor != PowerPC || err == nil {
			t.Errorf("%s: images %v, error %v", name, images, err)
		}
	}
}

func TestNotImages(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{"", "an empty file"},
		{"hello, world\n", "a text file"},
		{"Grüße", "a text file"},
		{strings.Repeat("ü", 300)[1:], "a file of unknown kind that begins with bc c3 bc c3 bc c3 bc c3"},
		{"x" + strings.Repeat("ü", 300), "a text file"}, // the head ends within a character
		{"#!/bin/sh\n", "a script"},
		{"!<arch>\n", "a static library (ar archive), whose members a linker must first link"},
		{"\xca\xfe\xba\xbe\x00\x00\x00\x41", "a Java class"},
		{"MZ", "an MS-DOS program"},
		{"MZ" + strings.Repeat("\x00", 100), "an MS-DOS program"},
		{dosProgram("NE\x05\x00"), "a 16-bit Windows or OS/2 program (NE), which is not supported"},
		{dosProgram("LX\x00\x00"), "a 32-bit OS/2 program (LX), which is not supported"},
		{dosProgram("\x00\x00"), "an MS-DOS program"},
		{"\x7fEL", "a file of unknown kind that begins with 7f 45 4c"},
		{"\x00\x05\x16\x07", "an AppleDouble file"},
		{string(buildCOFF(peAMD64)[:40]), "a file of unknown kind that begins like a COFF object"},
	} {
		images, err := Images(strings.NewReader(tt.data), int64(len(tt.data)))
		var not *NotImageError
		if !errors.As(err, &not) || not.What != tt.want || len(images) > 0 || !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("%.20q: %v, %v; want %s", tt.data, images, err, tt.want)
		}
	}
}

// dosProgram makes an MS-DOS program that is followed by another.
func dosProgram(next string) string {
	w := &writer{order: binary.LittleEndian}
	w.text(mzMagic, dosRelocationsAt)
	w.u16(0x40)
	w.text("", peOffsetAt-w.Len())
	w.u32(0x40)
	return w.String() + next
}

// TestTruncation cuts every fixture at every length. Nothing may be listed
// that is not there.
func TestTruncation(t *testing.T) {
	for _, f := range fixtures() {
		for n := range f.data {
			images, err := readAll(f.data[:n])
			if len(images) == 0 && err == nil {
				t.Fatalf("%s cut to %d bytes: neither image nor error", f.name, n)
			}
			for _, img := range images {
				if img.Offset+img.Size > int64(n) {
					t.Fatalf("%s cut to %d bytes: image ends at %d", f.name, n, img.Offset+img.Size)
				}
			}
		}
	}
}

// TestLyingSize reads files that are said to be a terabyte long.
func TestLyingSize(t *testing.T) {
	for _, f := range fixtures() {
		err := cheaply(len(f.data), func() {
			r := bytes.NewReader(f.data)
			images, _ := Images(r, 1<<40)
			for _, img := range images {
				ReadDetails(r, img)
			}
		})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
}

// TestMutation changes a few bytes of every fixture at random, 1,000 times. It
// must not panic, take long or take much memory.
func TestMutation(t *testing.T) {
	for _, f := range fixtures() {
		random := rand.New(rand.NewPCG(1, uint64(len(f.data))))
		data := make([]byte, len(f.data))
		for i := range 1000 {
			copy(data, f.data)
			for range 1 + random.IntN(4) {
				at := random.IntN(len(data))
				switch random.IntN(4) {
				case 0:
					data[at] ^= 1 << random.IntN(8)
				case 1:
					data[at] = 0xff
				case 2:
					data[at] = 0
				case 3: // a whole word
					for j := at; j < min(at+4, len(data)); j++ {
						data[j] = byte(random.Uint32())
					}
				}
			}
			if err := cheaply(len(data), func() { readAll(data) }); err != nil {
				t.Fatalf("%s, mutation %d: %v:\n%q", f.name, i, err, data)
			}
		}
	}
}

// cheaply wants read to take time and memory in proportion to the n bytes that
// it reads. The time is generous, for machines that do something else as well.
func cheaply(n int, read func()) error {
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	before, start := allocated[0].Value.Uint64(), time.Now()
	read()
	took := time.Since(start)
	metrics.Read(allocated)
	if cost := allocated[0].Value.Uint64() - before; cost > 2<<20+100*uint64(n) {
		return fmt.Errorf("reading %d bytes took %d bytes of memory", n, cost)
	}
	if took > time.Minute {
		return fmt.Errorf("reading %d bytes took %v", n, took)
	}
	return nil
}

// TestOpen opens what is no regular file, and must neither wait nor read.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{
		fifo:        fifo + ": holds no image: it is a named pipe",
		dir:         dir + ": holds no image: it is a directory",
		"/dev/null": "/dev/null: holds no image: it is a device",
	} {
		if _, err := Open(path); err == nil || err.Error() != want {
			t.Errorf("Open(%s): %v, want %s", path, err, want)
		}
	}
	_, err := Open(filepath.Join(dir, "missing"))
	if !errors.Is(err, fault.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	path := filepath.Join(dir, "fat")
	thin := buildMachO(machoSpec{cpu: cpuPowerPC, order: binary.BigEndian, filetype: 8})
	os.WriteFile(path, buildFat(fatMagic32, fatSlice{cpuX86, 3, nil}, fatSlice{cpuPowerPC, 0, thin}), 0o666)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Images) != 1 || f.Damage == nil || !strings.HasPrefix(f.Damage.Error(), path+": fat header: image 0") {
		t.Errorf("images %v, damage %v", f.Images, f.Damage)
	}
}
