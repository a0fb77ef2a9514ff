package crossplug_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
)

var compilers = map[arch.Arch]string{
	arch.LinuxAMD64:   "x86_64-linux-gnu-gcc",
	arch.LinuxI386:    "i686-linux-gnu-gcc",
	arch.LinuxARM64:   "aarch64-linux-gnu-gcc",
	arch.LinuxARMHF:   "arm-linux-gnueabihf-gcc",
	arch.LinuxPPC64EL: "powerpc64le-linux-gnu-gcc",
	arch.LinuxS390X:   "s390x-linux-gnu-gcc",
}

// compile makes a plug-in of testdata/plugin.c.
func compile(t *testing.T, a arch.Arch) string {
	t.Helper()
	gcc, err := exec.LookPath(compilers[a])
	if err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	so := filepath.Join(t.TempDir(), "plugin.so")
	if out, err := exec.Command(gcc, "-O1", "-shared", "-fPIC", "-o", so, "testdata/plugin.c", "-lm").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return so
}

func open(t *testing.T, a arch.Arch, opts ...crossplug.Option) *crossplug.Plugin {
	t.Helper()
	p, err := crossplug.Open(t.Context(), compile(t, a), opts...)
	if errors.Is(err, crossplug.ErrNoRuntime) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func eachArch(t *testing.T, test func(t *testing.T, a arch.Arch)) {
	for a := range compilers {
		t.Run(a.String(), func(t *testing.T) { test(t, a) })
	}
}

func lookup(t *testing.T, p *crossplug.Plugin, name, sig string) crossplug.Proc {
	t.Helper()
	f, err := p.Lookup(t.Context(), name, sig)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCalls(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		p := open(t, a)
		if p.Arch() != a {
			t.Errorf("it is %v", p.Arch())
		}
		for _, tt := range []struct {
			name, sig string
			args      []any
			want      string
		}{
			{"mix", "f64 (i32, f32, f64, i64, u8)", []any{-1, float32(0.5), 2.25, int64(-1 << 40), byte(200)}, "-1.09951162757425e+12"},
			{"greet", "str (str)", []any{"world"}, "hello world"},
			{"length", "ulong (str)", []any{""}, "0"},
			{"negate", "i8 (i8)", []any{int8(100)}, "-100"},
			{"nothing", "void ()", nil, ""},
			{"half", "f32 (f32)", []any{float32(3)}, "1.5"},
			{"is_null", "i32 (ptr)", []any{nil}, "1"},
			{"is_null", "i32 (ptr)", []any{crossplug.Pointer(1)}, "0"},
			{"truth", "u8 (u8)", []any{true}, "1"},
		} {
			v, err := lookup(t, p, tt.name, tt.sig).Call(ctx, tt.args...)
			if err != nil || v.String() != tt.want {
				t.Errorf("%s%v = %v, %v; want %s", tt.name, tt.args, v, err, tt.want)
			}
		}
	})
}

// TestSort lends Go functions to the plug-in: a comparison that the plug-in's
// own C library calls, on data in the plug-in's byte order.
func TestSort(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		p := open(t, a)
		values := []uint64{5, 3, 9, 1, 1 << 31, 7, 0, 4, 100, 2}
		b, err := p.Share(4 * len(values))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			p.Model().PutUint(abi.U32, b.Bytes[4*i:], v)
		}
		calls := 0
		less, release, err := p.Func(ctx, "compare", "i32 (ptr, ptr)", func(ctx context.Context, args []crossplug.Value) any {
			calls++
			x, err := p.ReadArray(ctx, args[0].Pointer(), abi.U32, 1, 1)
			if err != nil {
				t.Error(err)
			}
			y, err := p.ReadArray(ctx, args[1].Pointer(), abi.U32, 1, 1)
			if err != nil {
				t.Error(err)
			}
			return slices.Compare(x, y)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lookup(t, p, "sort", "void (ptr, ulong, ptr)").Call(ctx, b, len(values), less); err != nil {
			t.Fatal(err)
		}
		if err := release(ctx); err != nil {
			t.Error(err)
		}
		got := make([]uint64, len(values))
		for i := range got {
			got[i] = p.Model().Uint(abi.U32, b.Bytes[4*i:])
		}
		slices.Sort(values)
		if !slices.Equal(got, values) || calls < len(values)-1 {
			t.Errorf("sorted to %v with %d comparisons", got, calls)
		}
	})
}

func TestReadStruct(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := open(t, a)
		at, err := lookup(t, p, "record", "ptr ()").Call(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.ReadStruct(t.Context(), at.Pointer(), abi.U8, abi.I64, abi.I16, abi.Long, abi.Pointer, abi.I32)
		if err != nil {
			t.Fatal(err)
		}
		name, err := p.ReadString(t.Context(), crossplug.Pointer(v[4]), 100)
		if err != nil {
			t.Fatal(err)
		}
		if v[0] != 1 || int64(v[1]) != -2 || int64(v[2]) != -3 || int64(v[3]) != -4 || name != "five" || int64(v[5]) != -6 {
			t.Errorf("read %v %q", v, name)
		}
	})
}

func TestMismatch(t *testing.T) {
	ctx := t.Context()
	p := open(t, arch.Host())
	other := open(t, arch.Host())
	for _, tt := range []struct {
		sig  string
		args []any
		want string
	}{
		{"i8 (i8)", []any{300}, "300 is out of range for i8"},
		{"i8 (u8)", []any{-1}, "-1 is out of range for u8"},
		{"i8 (i8)", []any{1.5}, "float64 cannot be passed as i8"},
		{"i8 (f64)", []any{1}, "int cannot be passed as f64"},
		{"i8 (i8)", []any{"text"}, "string cannot be passed as i8"},
		{"i8 (ptr)", []any{"text"}, "string cannot be passed as ptr"},
		{"i8 (ptr)", []any{5}, "int cannot be passed as ptr"},
		{"i8 (i32)", []any{crossplug.Pointer(5)}, "a pointer cannot be passed as i32"},
		{"i8 (i32)", []any{nil}, "cannot be passed as i32"},
		{"i8 (i8)", nil, "0 arguments for i8 (i8)"},
		{"i8 (ptr)", []any{lookup(t, other, "sort", "void ()")}, "lives in another runtime"},
	} {
		_, err := lookup(t, p, "negate", tt.sig).Call(ctx, tt.args...)
		if !errors.Is(err, crossplug.ErrMismatch) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %v: %v, want %q", tt.sig, tt.args, err, tt.want)
		}
	}
	if _, err := (crossplug.Proc{}).Call(ctx); !errors.Is(err, crossplug.ErrMismatch) {
		t.Errorf("calling nothing: %v", err)
	}
	if _, err := p.Lookup(ctx, "absent", "void ()"); !errors.Is(err, crossplug.ErrNotFound) {
		t.Errorf("an absent symbol: %v", err)
	}
	if _, err := p.Lookup(ctx, "negate", "integer (x)"); err == nil {
		t.Error("a bad signature was accepted")
	}
}

func TestOpenFailures(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("not code\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := crossplug.Open(ctx, filepath.Join(dir, "absent")); !errors.Is(err, crossplug.ErrNotFound) {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := crossplug.Open(ctx, text); !errors.Is(err, crossplug.ErrBadImage) {
		t.Errorf("a text file: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := crossplug.Open(ctx, self); !errors.Is(err, crossplug.ErrBadImage) {
		t.Errorf("a program: %v", err)
	}
	so := compile(t, arch.Host())
	if _, err := crossplug.Open(ctx, so, crossplug.Image(arch.LinuxS390X)); !errors.Is(err, crossplug.ErrNotFound) {
		t.Errorf("an image that is not there: %v", err)
	}
	if _, err := crossplug.Open(ctx, so, crossplug.Prefer("magic")); err == nil || !strings.Contains(err.Error(), "known:") {
		t.Errorf("an unknown strategy: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := crossplug.Open(canceled, so); !errors.Is(err, context.Canceled) {
		t.Errorf("given up beforehand: %v", err)
	}
}

func TestGroup(t *testing.T) {
	ctx := t.Context()
	var g crossplug.Group
	p, q := open(t, arch.Host(), crossplug.InGroup(&g)), open(t, arch.Host(), crossplug.InGroup(&g))
	if p.Done() != q.Done() {
		t.Fatal("the group has two runtimes")
	}
	pid := func(p *crossplug.Plugin) int64 {
		v, err := lookup(t, p, "process", "i32 ()").Call(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return v.Int()
	}
	if pid(p) != pid(q) {
		t.Error("the group has two processes")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	pid(q) // still there
	if _, err := crossplug.Open(ctx, "/dev/null", crossplug.InGroup(&g)); err == nil {
		t.Error("opened a device")
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-q.Done():
	default:
		t.Error("the runtime outlives its plug-ins")
	}
	r := open(t, arch.Host(), crossplug.InGroup(&g))
	pid(r)
}

func TestCloseWhileCalling(t *testing.T) {
	p := open(t, arch.Host())
	forever := lookup(t, p, "forever", "void ()")
	time.AfterFunc(50*time.Millisecond, func() { p.Close() })
	if _, err := forever.Call(t.Context()); !errors.Is(err, crossplug.ErrClosed) {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

// TestThreads runs calls on several threads of one plug-in at once.
func TestThreads(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		p := open(t, a)
		add := lookup(t, p, "add", "i32 (i32, i32)")
		done := make(chan error)
		const threads = 4
		for n := range threads {
			go func() {
				th, err := p.NewThread(t.Context())
				if err != nil {
					done <- err
					return
				}
				defer th.Close()
				var b crossplug.Batch
				for i := range 200 {
					b.Reset()
					for j := range 10 {
						b.Add(add.Procedure, uint64(n*i), uint64(j))
					}
					if err := th.Run(t.Context(), &b); err != nil {
						done <- err
						return
					}
					for j := range 10 {
						if b.Results[j] != uint64(n*i+j) {
							t.Errorf("%d + %d = %d", n*i, j, b.Results[j])
						}
					}
				}
				done <- nil
			}()
		}
		for range threads {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
