package helper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

// crossCompilers make the test plug-ins of each architecture.
var crossCompilers = map[arch.Arch]string{
	arch.LinuxAMD64:   "x86_64-linux-gnu-gcc",
	arch.LinuxI386:    "i686-linux-gnu-gcc",
	arch.LinuxARM64:   "aarch64-linux-gnu-gcc",
	arch.LinuxARMHF:   "arm-linux-gnueabihf-gcc",
	arch.LinuxPPC64EL: "powerpc64le-linux-gnu-gcc",
	arch.LinuxS390X:   "s390x-linux-gnu-gcc",
	arch.LinuxPPC:     "powerpc-linux-gnu-gcc",
	arch.LinuxM68K:    "m68k-linux-gnu-gcc",
}

// allArchs are those of Archs and those that have a helper for tests.
func allArchs() []arch.Arch { return append(Archs(), arch.LinuxPPC, arch.LinuxM68K) }

// eachArch runs a test for every architecture that has a helper. One that this
// machine cannot run is skipped, saying what to install.
func eachArch(t *testing.T, test func(t *testing.T, a arch.Arch)) {
	for _, a := range allArchs() {
		t.Run(a.String(), func(t *testing.T) { test(t, a) })
	}
}

// begin starts a helper that ends with the test.
func begin(t *testing.T, a arch.Arch, opt Options) *Process {
	t.Helper()
	p, err := Start(t.Context(), a, opt)
	if errors.Is(err, fault.ErrNoRuntime) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return p
}

// compile makes a shared object of a C source.
func compile(t *testing.T, a arch.Arch, source string) string {
	t.Helper()
	if _, err := exec.LookPath(crossCompilers[a]); err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	dir := t.TempDir()
	c, so := filepath.Join(dir, "plugin.c"), filepath.Join(dir, "plugin.so")
	if err := os.WriteFile(c, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(crossCompilers[a], "-O1", "-w", "-shared", "-fPIC", "-o", so, c, "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", crossCompilers[a], err, out)
	}
	return so
}

// find looks up a function of a module.
func find(t *testing.T, p *Process, m Module, name, sig string) abi.Procedure {
	t.Helper()
	address, err := p.Lookup(t.Context(), m, name)
	if err != nil {
		t.Fatal(err)
	}
	return abi.Procedure{Address: address, Name: name, Type: abi.MustParse(sig)}
}

// load compiles and loads a C source.
func load(t *testing.T, p *Process, source string) Module {
	t.Helper()
	m, err := p.Load(t.Context(), compile(t, p.Arch(), source))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLibcCalls(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := begin(t, a, Options{})
		minus := int64(-5)
		if v, err := p.Call(t.Context(), find(t, p, 0, "abs", "i32 (i32)"), uint64(minus)); err != nil || v != 5 {
			t.Errorf("abs(-5) = %d, %v", int64(v), err)
		}
		if v, err := p.Call(t.Context(), find(t, p, 0, "labs", "long (long)"), 7); err != nil || v != 7 {
			t.Errorf("labs(7) = %d, %v", int64(v), err)
		}
		if v, err := p.Call(t.Context(), find(t, p, 0, "atoi", "i32 (ptr)"), p.base); err != nil || v != 0 {
			t.Errorf("atoi of empty shared memory = %d, %v", int64(v), err)
		}
	})
}

func TestMemory(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		p := begin(t, a, Options{})
		text := make([]byte, 3*longestRead/2)
		for i := range text {
			text[i] = 'a' + byte(i%26)
		}
		at, err := p.Alloc(ctx, len(text)+1)
		if err != nil {
			t.Fatal(err)
		}
		if at%64 != 0 {
			t.Errorf("Alloc gave %#x, which is not aligned", at)
		}
		if err := p.Write(ctx, at, text); err != nil {
			t.Fatal(err)
		}
		back := make([]byte, len(text)+1)
		if err := p.Read(ctx, at, back); err != nil || string(back) != string(text)+"\x00" {
			t.Errorf("what was read back differs (%v)", err)
		}
		if s, err := p.ReadStrings(ctx, len(text), at+uint64(len(text))-3, 0, at); err != nil || s[0] != string(text[len(text)-3:]) || s[1] != "" || s[2] != string(text) {
			t.Errorf("strings read back differ (%v)", err)
		}
		if _, err := p.ReadStrings(ctx, 10, at); !errors.Is(err, fault.ErrBadImage) {
			t.Errorf("an unterminated string gave %v", err)
		}
		if err := p.Free(ctx, at); err != nil {
			t.Error(err)
		}

		b, err := p.Share(100)
		if err != nil {
			t.Fatal(err)
		}
		copy(b.Bytes, "shared\x00")
		if v, err := p.Call(ctx, find(t, p, 0, "strlen", "ulong (ptr)"), b.Address); err != nil || v != 6 {
			t.Errorf("strlen in shared memory = %d, %v", v, err)
		}
		if _, err := p.Call(ctx, find(t, p, 0, "strcpy", "ptr (ptr, ptr)"), b.Address+10, b.Address); err != nil || string(b.Bytes[10:16]) != "shared" {
			t.Errorf("strcpy in shared memory left %q, %v", b.Bytes[10:16], err)
		}
		if err := b.Free(); err != nil {
			t.Error(err)
		}
		if err := b.Free(); err == nil {
			t.Error("a block was freed twice")
		}
		if _, err := p.Share(1 << 30); err == nil {
			t.Error("more was shared than there is")
		}
	})
}

func TestLoadBytes(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		p := begin(t, a, Options{})
		for i, name := range []string{"first", "second"} { // one after the other, so that they could be taken for one
			image, err := os.ReadFile(compile(t, a, fmt.Sprintf("int %s(void) { return %d; }", name, i)))
			if err != nil {
				t.Fatal(err)
			}
			m, err := p.LoadBytes(ctx, name, image)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := p.Call(ctx, find(t, p, m, name, "i32 ()")); err != nil || v != uint64(i) {
				t.Errorf("%s() = %d, %v", name, v, err)
			}
		}
		user := load(t, p, "int first(void), second(void); int sum(void) { return first() + second(); }")
		if v, err := p.Call(ctx, find(t, p, user, "sum", "i32 ()")); err != nil || v != 1 {
			t.Errorf("a plug-in that uses what was loaded: %d, %v", v, err)
		}
		if _, err := p.LoadBytes(ctx, "nonsense", []byte("nonsense")); !errors.Is(err, fault.ErrBadImage) || !strings.Contains(err.Error(), "nonsense: /proc/self/fd/") {
			t.Errorf("loading nonsense: %v", err)
		}
		if _, err := p.LoadBytes(ctx, strings.Repeat("n", 300), nil); err == nil {
			t.Error("too long a name was accepted")
		}
	})
}

func TestRefusals(t *testing.T) {
	p := begin(t, arch.Host(), Options{})
	ctx := t.Context()
	if _, err := p.Load(ctx, "/does/not/exist.so"); !errors.Is(err, fault.ErrBadImage) {
		t.Errorf("loading nothing: %v", err)
	}
	if _, err := p.Lookup(ctx, 0, "no_such_symbol"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("looking up nothing: %v", err)
	}
	if _, err := p.Call(ctx, find(t, p, 0, "abs", "i32 (i32)")); !errors.Is(err, fault.ErrMismatch) {
		t.Errorf("calling without arguments: %v", err)
	}
	if _, err := p.request(ctx, "nonsense", 99, []byte("x")); err == nil {
		t.Error("an unknown request was served")
	}
	for op := uint16(opInfo); op <= opLoadBytes; op++ {
		if op == opInfo || op == opUnload || op == opFree || op == opExit || op == opInvoke {
			continue // these cannot be malformed, or are the caller's peril
		}
		if _, err := p.request(ctx, "short request", op, []byte{1}); err == nil {
			t.Errorf("request %d was served without its body", op)
		}
	}
	if v, err := p.Call(ctx, find(t, p, 0, "abs", "i32 (i32)"), 3); err != nil || v != 3 {
		t.Errorf("after all that, abs(3) = %d, %v", v, err)
	}
}

func TestStartOfUnknownArchitecture(t *testing.T) {
	_, err := Start(context.Background(), arch.Arch{Processor: arch.SPARC, Bits: 64, Order: arch.BigEndian, OS: arch.Linux}, Options{})
	if !errors.Is(err, fault.ErrNoRuntime) {
		t.Errorf("got %v", err)
	}
}
