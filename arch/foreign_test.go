package arch

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"go/build"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGoToolchain reads what the Go linker makes for systems that are not
// here.
func TestGoToolchain(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the Go runtime for several systems")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module p\n", "p.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ target, want, needed string }{
		{"darwin/arm64", "arm64-64-darwin Mach-O executable", "/usr/lib/libSystem.B.dylib"},
		{"windows/386", "i386-32-windows PE executable", "kernel32.dll"},
		{"wasip1/wasm", "wasm-32-none WebAssembly module", "wasi_snapshot_preview1"},
		{"linux/mips64le", "mips64el ELF executable", ""},
		{"freebsd/riscv64", "riscv-64-freebsd-lp64d ELF executable", ""},
	} {
		out := filepath.Join(dir, "out")
		goos, goarch, _ := strings.Cut(tt.target, "/")
		cmd := exec.Command("go", "build", "-o", out, ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
		if msg, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", tt.target, err, msg)
			continue
		}
		f, err := Open(out)
		if err != nil {
			t.Error(err)
			continue
		}
		d, err := f.Details(f.Images[0])
		f.Close()
		if err != nil {
			t.Error(err)
		} else if got := f.Images[0].String(); got != tt.want || strings.Join(d.Needed, " ") != tt.needed {
			t.Errorf("%s: %s that needs %q, want %s that needs %q", tt.target, got, d.Needed, tt.want, tt.needed)
		}
	}
}

// TestGoFixtures reads the files, made by many compilers, by which the
// standard library's own readers are tested. They come with Go's source.
func TestGoFixtures(t *testing.T) {
	dir := filepath.Join(build.Default.GOROOT, "src", "debug")
	if _, err := os.Stat(filepath.Join(dir, "macho", "testdata")); err != nil {
		t.Skip("Go's source is not here:", err)
	}
	for _, tt := range []struct{ file, want string }{
		{"elf/testdata/gcc-386-freebsd-exec", "i386-32-freebsd ELF executable"},
		{"elf/testdata/gcc-amd64-openbsd-debug-with-rela.obj", "amd64 ELF relocatable"}, // says nothing of OpenBSD
		{"elf/testdata/gcc-riscv64-linux-exec", "riscv64 ELF executable"},
		{"elf/testdata/go-relocation-test-gcc492-mipsle.obj", "mipsel ELF relocatable"},
		{"elf/testdata/go-relocation-test-gcc492-mips64.obj", "mips-64-linux-n64 ELF relocatable"},
		{"elf/testdata/go-relocation-test-gcc5-ppc.obj", "powerpc ELF relocatable"},
		{"elf/testdata/go-relocation-test-gcc531-s390x.obj", "s390x ELF relocatable"},
		{"elf/testdata/go-relocation-test-gcc620-sparc64.obj", "sparc64 ELF relocatable"},
		{"elf/testdata/go-relocation-test-gcc930-ranges-no-rela-x86-64", "amd64 ELF executable"}, // debugging information only
		{"elf/testdata/hello-world-core.gz", "amd64 ELF core"},
		{"elf/testdata/libtiffxx.so_", "amd64 ELF shared object"},
		{"macho/testdata/clang-386-darwin.obj.base64", "i386-32-darwin Mach-O relocatable"},
		{"macho/testdata/clang-amd64-darwin-exec-with-rpath.base64", "amd64-64-darwin Mach-O executable"},
		{"macho/testdata/gcc-amd64-darwin-exec-debug.base64", "amd64-64-darwin Mach-O other"},
		{"macho/testdata/fat-gcc-386-amd64-darwin-exec.base64", "i386-32-darwin Mach-O executable, amd64-64-darwin Mach-O executable"},
		{"pe/testdata/gcc-386-mingw-exec", "i386-32-windows PE executable"},
		{"pe/testdata/gcc-386-mingw-obj", "i386-32-windows COFF relocatable"},
		{"pe/testdata/llvm-mingw-20211002-msvcrt-x86_64-crt2", "amd64-64-windows COFF relocatable"},
	} {
		data, err := os.ReadFile(filepath.Join(dir, tt.file))
		if err != nil {
			t.Log(err) // another release of Go has others
			continue
		}
		if strings.HasSuffix(tt.file, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			data, _ = io.ReadAll(z)
		} else if strings.HasSuffix(tt.file, ".base64") {
			data, _ = base64.StdEncoding.DecodeString(string(data))
		}
		images, err := Images(bytes.NewReader(data), int64(len(data)))
		var got []string
		for _, img := range images {
			got = append(got, img.String())
			if _, err := ReadDetails(bytes.NewReader(data), img); err != nil {
				t.Errorf("%s: %v", tt.file, err)
			}
		}
		if err != nil || strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.file, strings.Join(got, ", "), err, tt.want)
		}
	}
}

// TestAgainstLLVM compares what is read of the fixtures with what LLVM's tools
// print, which know PE exports and Mach-O export tries as debug/pe and
// debug/macho do not.
func TestAgainstLLVM(t *testing.T) {
	for _, tool := range []string{"llvm-readobj", "llvm-objdump"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	path := filepath.Join(t.TempDir(), "image")
	for _, f := range fixtures() {
		var cmd *exec.Cmd
		var listed func(line string) (string, bool)
		switch {
		case strings.HasPrefix(f.name, "pe/") && !strings.Contains(f.want[0], "IMAGE_FILE"):
			cmd = exec.Command("llvm-readobj", "--coff-exports", path)
			listed = func(line string) (string, bool) { return strings.CutPrefix(line, "  Name: ") }
		case f.name == "macho/dyld info": // not "macho/trie": before LLVM 16 it does not know that command
			cmd = exec.Command("llvm-objdump", "--macho", "--exports-trie", path)
			listed = func(line string) (string, bool) {
				address, name, ok := strings.Cut(line, " ")
				return strings.TrimPrefix(strings.TrimSpace(name), "_"), ok && strings.HasPrefix(address, "0x")
			}
		default:
			continue
		}
		if err := os.WriteFile(path, f.data, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v: %v", f.name, cmd, err)
			continue
		}
		var want []string
		for line := range strings.Lines(string(out)) {
			if name, ok := listed(strings.TrimRight(line, "\n")); ok {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		r := bytes.NewReader(f.data)
		images, err := Images(r, int64(len(f.data)))
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if d, err := ReadDetails(r, images[0]); err != nil || !slices.Equal(d.Exports, want) {
			t.Errorf("%s: exports %q, %v; %s says %q", f.name, d.Exports, err, cmd.Args[0], want)
		}
	}
}
