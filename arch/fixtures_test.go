package arch

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fixture is a built file and what is in it: a line per image, "architecture
// format kind offset name [needed] [exports] [families]".
type fixture struct {
	name string
	data []byte
	want []string
}

func fixtures() []fixture {
	var all []fixture
	add := func(name string, data []byte, want ...string) { all = append(all, fixture{name, data, want}) }
	le, be := LittleEndian, BigEndian
	ladspa := []string{"ladspa_descriptor", "helper"}
	const amp = "0 amp.so [libm.so.6 libc.so.6] [helper ladspa_descriptor] [LADSPA]"

	// Every class and byte order, and every way of telling ABIs apart.
	for _, e := range []struct {
		bits    int
		order   ByteOrder
		machine elf.Machine
		flags   uint32
		hash    elf.DynTag
		want    string
	}{
		{64, le, elf.EM_X86_64, 0, elf.DT_GNU_HASH, "amd64"},
		{32, le, elf.EM_X86_64, 0, elf.DT_GNU_HASH, "x32"},
		{32, le, elf.EM_386, 0, elf.DT_HASH, "i386"},
		{64, le, elf.EM_AARCH64, 0, elf.DT_GNU_HASH, "arm64"},
		{64, be, elf.EM_AARCH64, 0, elf.DT_GNU_HASH, "arm64-64-linux"},
		{32, le, elf.EM_AARCH64, 0, elf.DT_GNU_HASH, "arm64-32-linux-ilp32"},
		{32, le, elf.EM_ARM, 0x05000400, elf.DT_GNU_HASH, "armhf"},
		{32, le, elf.EM_ARM, 0x05000200, elf.DT_GNU_HASH, "armel"},
		{32, be, elf.EM_ARM, 0x05800200, elf.DT_HASH, "arm-32-linux-eabi"},
		{32, le, elf.EM_ARM, 0, elf.DT_HASH, "arm-32-linux-oabi"},
		{32, be, elf.EM_PPC, 0, elf.DT_HASH, "powerpc"},
		{64, be, elf.EM_PPC64, 1, elf.DT_HASH, "ppc64"},
		{64, be, elf.EM_PPC64, 0, elf.DT_HASH, "ppc64"},
		{64, be, elf.EM_PPC64, 2, elf.DT_HASH, "powerpc-64-linux-elfv2"},
		{64, le, elf.EM_PPC64, 2, elf.DT_GNU_HASH, "ppc64el"},
		{64, le, elf.EM_PPC64, 0, elf.DT_GNU_HASH, "ppc64el"},
		{64, be, elf.EM_S390, 0, elf.DT_HASH, "s390x"},
		{64, be, elf.EM_S390, 0, elf.DT_GNU_HASH, "s390x"},
		{32, be, elf.EM_S390, 0, elf.DT_HASH, "s390"},
		{32, be, elf.EM_MIPS, 0x1000, elf.DT_MIPS_SYMTABNO, "mips"},
		{32, le, elf.EM_MIPS, 0x70001005, elf.DT_HASH, "mipsel"},
		{32, be, elf.EM_MIPS, 0x20, elf.DT_HASH, "mips-32-linux-n32"},
		{64, le, elf.EM_MIPS, 0x80000007, elf.DT_MIPS_SYMTABNO, "mips64el"},
		{64, le, elf.EM_MIPS, 0xa0000000, elf.DT_HASH, "mips-64-linux-n64r6"},
		{32, le, elf.EM_MIPS, 0x2000, elf.DT_HASH, "mips-32-linux-o64"},
		{32, le, elf.EM_MIPS, 0x3000, elf.DT_HASH, "mips-32-linux-eabi32"},
		{64, le, elf.EM_MIPS, 0x4000, elf.DT_HASH, "mips-64-linux-eabi64"},
		{64, le, elf.EM_RISCV, 5, elf.DT_GNU_HASH, "riscv64"},
		{64, le, elf.EM_RISCV, 0, elf.DT_GNU_HASH, "riscv-64-linux-lp64"},
		{32, le, elf.EM_RISCV, 8, elf.DT_GNU_HASH, "riscv-32-linux-ilp32e"},
		{64, le, elf.EM_LOONGARCH, 0x43, elf.DT_GNU_HASH, "loong64"},
		{32, be, elf.EM_68K, 0, elf.DT_HASH, "m68k"},
		{32, be, elf.EM_68K, 2, elf.DT_HASH, "m68k-32-linux-coldfire"},
		{64, be, elf.EM_SPARCV9, 0, elf.DT_HASH, "sparc64"},
		{64, le, elf.EM_ALPHA, 0, elf.DT_HASH, "alpha"},
		{32, le, elf.EM_SH, 0, elf.DT_HASH, "sh4"},
		{32, le, elf.EM_AVR, 0, elf.DT_HASH, "avr-32-linux"},
		{32, be, 999, 0, elf.DT_HASH, "em_999-32-linux"},
	} {
		data := buildELF(elfSpec{bits: e.bits, order: e.order, machine: e.machine, flags: e.flags, typ: elf.ET_DYN,
			soname: "amp.so", needed: []string{"libm.so.6", "libc.so.6"}, exports: ladspa, hash: e.hash})
		add(fmt.Sprintf("elf/%s/%v", e.want, e.hash), data, e.want+" ELF shared object "+amp)
	}

	// Every kind, and systems.
	amd64 := elfSpec{bits: 64, machine: elf.EM_X86_64, typ: elf.ET_DYN, hash: elf.DT_GNU_HASH}
	with := func(change func(*elfSpec)) []byte {
		s := amd64
		change(&s)
		return buildELF(s)
	}
	add("elf/no exports", buildELF(amd64), "amd64 ELF shared object 0  [] [] []")
	add("elf/no hash", with(func(s *elfSpec) { s.hash = 0; s.exports = ladspa }), "amd64 ELF shared object 0  [] [] []")
	add("elf/pie", with(func(s *elfSpec) { s.pie = true }), "amd64 ELF executable 0  [] [] []")
	add("elf/old pie", with(func(s *elfSpec) { s.interp = true }), "amd64 ELF executable 0  [] [] []")
	add("elf/libc", with(func(s *elfSpec) { s.interp = true; s.soname = "libc.so.6" }), "amd64 ELF shared object 0 libc.so.6 [] [] []")
	add("elf/exec", with(func(s *elfSpec) { s.typ = elf.ET_EXEC; s.static = true }), "amd64 ELF executable 0  [] [] []")
	add("elf/object", with(func(s *elfSpec) { s.typ = elf.ET_REL; s.static = true }), "amd64 ELF relocatable 0  [] [] []")
	add("elf/core", with(func(s *elfSpec) { s.typ = elf.ET_CORE; s.static = true }), "amd64 ELF core 0  [] [] []")
	add("elf/type 7", with(func(s *elfSpec) { s.typ = 7; s.static = true }), "amd64 ELF other 0  [] [] []")
	add("elf/freebsd", with(func(s *elfSpec) { s.osabi = elf.ELFOSABI_FREEBSD }), "amd64-64-freebsd ELF shared object 0  [] [] []")
	add("elf/bare", with(func(s *elfSpec) { s.osabi = elf.ELFOSABI_STANDALONE }), "amd64-64-none ELF shared object 0  [] [] []")
	add("elf/system 200", with(func(s *elfSpec) { s.osabi = 200 }), "amd64-64-arm+103 ELF shared object 0  [] [] []")

	// Thin Mach-O.
	xplane := []string{"XPluginStart", "XPluginStop", "XPluginEnable", "XPluginDisable", "XPluginReceiveMessage"}
	const sorted = "[XPluginDisable XPluginEnable XPluginReceiveMessage XPluginStart XPluginStop]"
	libs := []string{"/usr/lib/libSystem.B.dylib", "@rpath/weak.dylib", "/reexport", "/lazy", "/upward"}
	const needs = "[/usr/lib/libSystem.B.dylib @rpath/weak.dylib /reexport /lazy /upward]"
	ppc := machoSpec{cpu: cpuPowerPC, order: binary.BigEndian, filetype: 8, needed: libs, exports: xplane}
	add("macho/ppc bundle", buildMachO(ppc), "powerpc-32-darwin Mach-O bundle 0  "+needs+" "+sorted+" [X-Plane]")
	for _, m := range []struct {
		cpu     cpuType
		subtype uint32
		order   binary.AppendByteOrder
		want    string
	}{
		{cpuX86, 3, binary.LittleEndian, "i386-32-darwin"},
		{cpuX86 | cpuABI64, 3, binary.LittleEndian, "amd64-64-darwin"},
		{cpuX86 | cpuABI64, 0x80000008, binary.LittleEndian, "amd64-64-darwin-x86_64h"},
		{cpuARM, 9, binary.LittleEndian, "arm-32-darwin-armv7"},
		{cpuARM, 12, binary.LittleEndian, "arm-32-darwin-armv7k"},
		{cpuARM | cpuABI64, 0, binary.LittleEndian, "arm64-64-darwin"},
		{cpuARM | cpuABI64, 0x80000002, binary.LittleEndian, "arm64-64-darwin-arm64e"},
		{cpuARM | cpuABI6432, 1, binary.LittleEndian, "arm64-32-darwin-arm64_32"},
		{cpuPowerPC, 9, binary.BigEndian, "powerpc-32-darwin"},
		{cpuPowerPC, 10, binary.BigEndian, "powerpc-32-darwin-ppc7400"},
		{cpuPowerPC, 100, binary.BigEndian, "powerpc-32-darwin-ppc970"},
		{cpuPowerPC | cpuABI64, 0, binary.BigEndian, "powerpc-64-darwin"},
		{6, 1, binary.BigEndian, "m68k-32-darwin"},
		{99, 0, binary.BigEndian, "CPU_TYPE_POWERPC+81-32-darwin"},
	} {
		data := buildMachO(machoSpec{cpu: m.cpu, subtype: m.subtype, order: m.order, filetype: 6, name: "@rpath/a.dylib", exports: []string{"_x"}})
		add("macho/"+m.want, data, m.want+" Mach-O shared object 0 @rpath/a.dylib [] [_x] []")
	}
	for filetype, want := range map[uint32]Kind{1: KindRelocatable, 2: KindExecutable, 4: KindCore, 9: KindOther, 12: KindOther, 99: KindOther} {
		data := buildMachO(machoSpec{cpu: cpuX86 | cpuABI64, order: binary.LittleEndian, filetype: filetype})
		add(fmt.Sprintf("macho/type %d", filetype), data, "amd64-64-darwin Mach-O "+string(want)+" 0  [] [] []")
	}
	trie := machoSpec{cpu: cpuARM | cpuABI64, order: binary.LittleEndian, filetype: 8, exports: []string{"only_in_the_symbol_table"},
		trie: buildTrie("_clap_entry", "_helper", "nounderscore")}
	const inTrie = " Mach-O bundle 0  [] [clap_entry helper nounderscore] [CLAP]"
	add("macho/trie", buildMachO(trie), "arm64-64-darwin"+inTrie)
	trie.dyldInfo = true
	add("macho/dyld info", buildMachO(trie), "arm64-64-darwin"+inTrie)

	// Fat Mach-O, in both widths.
	arm64e := machoSpec{cpu: cpuARM | cpuABI64, subtype: 0x80000002, order: binary.LittleEndian, filetype: 8, exports: []string{"main_macho"}}
	parts := []fatSlice{{cpuPowerPC, 0, buildMachO(ppc)}, {arm64e.cpu, arm64e.subtype, buildMachO(arm64e)}}
	second := 48 + (len(parts[0].data)+15)&^15
	add("macho/fat", buildFat(fatMagic32, parts...),
		"powerpc-32-darwin Mach-O bundle 48  "+needs+" "+sorted+" [X-Plane]",
		fmt.Sprintf("arm64-64-darwin-arm64e Mach-O bundle %d  [] [main_macho] [VST2]", second))
	add("macho/fat64", buildFat(fatMagic64, parts...),
		"powerpc-32-darwin Mach-O bundle 80  "+needs+" "+sorted+" [X-Plane]",
		fmt.Sprintf("arm64-64-darwin-arm64e Mach-O bundle %d  [] [main_macho] [VST2]", second+32))

	// PE.
	vst := []string{"GetPluginFactory", "InitDll"}
	for _, p := range []struct {
		machine peMachine
		bits    int
		want    string
	}{
		{0x14c, 32, "i386-32-windows"},
		{peAMD64, 64, "amd64-64-windows"},
		{peARM64, 64, "arm64-64-windows"},
		{0x1c0, 32, "arm-32-windows"},
		{0x1c2, 32, "arm-32-windows-thumb"},
		{0x1c4, 32, "arm-32-windows-thumb2"},
		{0x1f2, 32, "powerpc-32-windows"},
		{0x200, 64, "ia64-64-windows"},
		{0x9999, 64, "IMAGE_FILE_MACHINE_AMD64+4917-64-windows"},
	} {
		data := buildPE(peSpec{machine: p.machine, bits: p.bits, dll: true, name: "Synth.dll", needed: []string{"KERNEL32.dll", "USER32.dll"}, exports: vst})
		add("pe/"+p.want, data, p.want+" PE shared object 0 Synth.dll [KERNEL32.dll USER32.dll] [GetPluginFactory InitDll] [VST3]")
	}
	add("pe/exe", buildPE(peSpec{machine: peAMD64, bits: 64, subsystem: 3}), "amd64-64-windows PE executable 0  [] [] []")
	add("pe/efi", buildPE(peSpec{machine: peAMD64, bits: 64, subsystem: 10}), "amd64-64-none-efi PE executable 0  [] [] []")
	add("pe/clr", buildPE(peSpec{machine: 0x14c, bits: 32, subsystem: 3, clr: true}), "i386-32-windows-clr PE executable 0  [] [] []")
	add("pe/arm64ec", buildPE(peSpec{machine: peAMD64, bits: 64, dll: true, chpe: true}), "amd64-64-windows-arm64ec PE shared object 0  [] [] []")
	add("pe/arm64x", buildPE(peSpec{machine: peARM64, bits: 64, dll: true, chpe: true}), "arm64-64-windows-arm64x PE shared object 0  [] [] []")

	add("coff/object", buildCOFF(peARM64), "arm64-64-windows COFF relocatable 0  [] [] []")

	// WebAssembly.
	imports := wasmSection{wasmImport, []byte("\x06" +
		wasmText("env") + wasmText("print") + "\x00\x01" + // a function of type 1
		wasmText("wasi_snapshot_preview1") + wasmText("fd_write") + "\x00\x02" +
		wasmText("env") + wasmText("table") + "\x01\x70\x01\x01\x0a" + // of functions, 1 to 10
		wasmText("env") + wasmText("refs") + "\x01\x63\x05\x00\x01" + // of nullable references to type 5
		wasmText("env") + wasmText("g") + "\x03\x7f\x00" + // an i32
		wasmText("env") + wasmText("tag") + "\x04\x00\x01")}
	exports := wasmSection{wasmExport, []byte("\x02" + wasmText("f0r_init") + "\x00\x03" + wasmText("f0r_get_plugin_info") + "\x00\x04")}
	named := wasmSection{wasmCustom, []byte(wasmText("name") + "\x00\x06" + wasmText("blur.") + "\x01\x01\x00")}
	const module = "[env wasi_snapshot_preview1] [f0r_get_plugin_info f0r_init] [frei0r]"
	memory := func(flags byte) wasmSection { return wasmSection{wasmMemory, []byte{1, flags, 1, 2}[:3+flags&1]} }
	add("wasm/module", buildWasm(1, wasmModule, imports, memory(0), exports, wasmSection{10, []byte("code")}, named),
		"wasm-32-none WebAssembly module 0 blur. "+module)
	add("wasm/memory64", buildWasm(1, wasmModule, imports, memory(wasmLimitsWide|wasmLimitsMax), exports), "wasm-64-none WebAssembly module 0  "+module)
	wide := wasmSection{wasmImport, []byte("\x01" + wasmText("env") + wasmText("memory") + "\x02\x04\x01")}
	add("wasm/imported memory64", buildWasm(1, wasmModule, wide), "wasm-64-none WebAssembly module 0  [env] [] []")
	add("wasm/empty", buildWasm(1, wasmModule), "wasm-32-none WebAssembly module 0  [] [] []")
	add("wasm/component", buildWasm(13, wasmComponent, wasmSection{1, []byte("core")}), "wasm-32-none WebAssembly component 0  [] [] []")

	// PEF.
	pwpc, m68k := buildPEF("pwpc", 100, 0, 60), buildPEF("m68k", 10, 20)
	add("pef/pwpc", pwpc, "powerpc-32-classic PEF container 0  [] [] []")
	add("pef/m68k", m68k, "m68k-32-classic-cfm PEF container 0  [] [] []")
	fat := append(append(bytes.Clone(pwpc), make([]byte, 4)...), m68k...) // 284 bytes, padded to 288
	fat = append(append(fat, make([]byte, 2+160)...), pwpc...)
	add("pef/three", fat, "powerpc-32-classic PEF container 0  [] [] []",
		"m68k-32-classic-cfm PEF container 288  [] [] []",
		"powerpc-32-classic PEF container 576  [] [] []")
	far := append(append(bytes.Clone(pwpc), make([]byte, 8000-len(pwpc))...), m68k...)
	add("pef/far", far, "powerpc-32-classic PEF container 0  [] [] []", "m68k-32-classic-cfm PEF container 8000  [] [] []")
	return all
}

// summary is an image's line in a fixture.
func summary(data []byte, img Image) (string, error) {
	d, err := ReadDetails(bytes.NewReader(data), img)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%v %d %s %v %v %v", img, img.Offset, d.Name, d.Needed, d.Exports, d.Families), nil
}

func TestFixtures(t *testing.T) {
	for _, f := range fixtures() {
		images, err := Images(bytes.NewReader(f.data), int64(len(f.data)))
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		var got []string
		for _, img := range images {
			line, err := summary(f.data, img)
			if err != nil {
				t.Errorf("%s: %v: %v", f.name, img, err)
			}
			got = append(got, line)
			if end := img.Offset + img.Size; end > int64(len(f.data)) {
				t.Errorf("%s: %v ends at %d of %d bytes", f.name, img, end, len(f.data))
			}
		}
		if g, w := strings.Join(got, "\n\t"), strings.Join(f.want, "\n\t"); g != w {
			t.Errorf("%s:\n\t%s\nwant\n\t%s", f.name, g, w)
		}
	}
}

// TestFixturesAreGenuine has the standard library read the fixtures, so that
// writer and reader here cannot agree on something false.
func TestFixturesAreGenuine(t *testing.T) {
	for _, f := range fixtures() {
		r := bytes.NewReader(f.data)
		images, err := Images(r, int64(len(f.data)))
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		d, err := ReadDetails(r, images[0])
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		switch images[0].Format {
		case FormatELF:
			file, err := elf.NewFile(r)
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
				continue
			}
			if f.name != "elf/no hash" && !strings.Contains(f.name, "elf/core") { // no loader finds those symbols
				compareELF(t, f.name, images[0], d, file)
			}
		case FormatMachO:
			if strings.HasPrefix(f.name, "macho/fat") {
				if file, err := macho.NewFatFile(r); f.name == "macho/fat" && (err != nil || len(file.Arches) != len(images)) {
					t.Errorf("%s: %v", f.name, err)
				}
				continue
			}
			file, err := macho.NewFile(r)
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
				continue
			}
			compareMachO(t, f.name, d, file)
		case FormatPE:
			file, err := pe.NewFile(r)
			if err != nil {
				// It knows few machines.
				if !strings.Contains(err.Error(), "unrecognized PE machine") {
					t.Errorf("%s: %v", f.name, err)
				}
				continue
			}
			symbols, err := file.ImportedSymbols()
			var want []string
			for _, n := range d.Needed {
				want = append(want, "Symbol:"+n)
			}
			if err != nil || !slices.Equal(symbols, want) {
				t.Errorf("%s: imports %q, want %q (%v)", f.name, symbols, want, err)
			}
		}
	}
}

// compareMachO holds what was read against debug/macho, which knows needed
// libraries by one command only and no export tries.
func compareMachO(t *testing.T, name string, d *Details, file *macho.File) {
	t.Helper()
	libs, err := file.ImportedLibraries()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	got := map[string]bool{}
	for _, n := range d.Needed {
		got[n] = true
	}
	for _, want := range libs {
		if !got[want] {
			t.Errorf("%s: needs %q, not %q", name, d.Needed, want)
		}
	}
	if len(d.Families) > 0 && d.Families[0] == "CLAP" { // has a trie
		return
	}
	var exports []string
	for _, s := range file.Symtab.Syms {
		if s.Type&nStab == 0 && s.Type&nExt != 0 && s.Type&nPExt == 0 && s.Sect != 0 && s.Type&nType != 0 {
			exports = append(exports, strings.TrimPrefix(s.Name, "_"))
		}
	}
	if len(exports) != len(d.Exports) {
		t.Errorf("%s: exports %q, want %q", name, d.Exports, exports)
	}
}
