package lend_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/generate"
	"github.com/crossplug/crossplug/lend"
)

const tone = "../examples/tone"

// compilers are those of the plug-ins' architectures.
var compilers = map[string]string{"amd64": "x86_64-linux-gnu-gcc", "i386": "i686-linux-gnu-gcc", "s390x": "s390x-linux-gnu-gcc", "arm64": "aarch64-linux-gnu-gcc"}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// made is what the tone API's author makes: the shim and its dispatchers.
func made(t *testing.T) (dir, shim string) {
	t.Helper()
	dir = t.TempDir()
	a, err := api.Parse(filepath.Join(tone, "tone.xml"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := lend.Sources()
	if err != nil {
		t.Fatal(err)
	}
	for _, backend := range []string{"shim", "runtime"} {
		made, err := generate.Run(backend, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range made {
			files[f.Name] = f.Data
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shim = filepath.Join(dir, "libtone.so")
	run(t, "sh", filepath.Join(dir, "shim.sh"), shim, filepath.Join(dir, "tone_shim.c"), tone)
	return dir, shim
}

// dispatcher makes the dispatcher of an architecture.
func dispatcher(t *testing.T, dir, arch string) (folder string) {
	t.Helper()
	a, err := api.Parse(filepath.Join(tone, "tone.xml"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate.Run("dispatcher", a)
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, arch+"_dispatcher.c")
	if err := os.WriteFile(source, files[0].Data, 0o644); err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(dir, "dispatch")
	run(t, "sh", filepath.Join(dir, "build.sh"), folder, source, arch, tone)
	return folder
}

// TestLend runs a program that knows nothing of crossplug with plug-ins of
// several architectures, and lets all go wrong that may.
func TestLend(t *testing.T) {
	dir, shim := made(t)
	for arch, gcc := range compilers {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			plugin := filepath.Join(t.TempDir(), "beep.so")
			run(t, gcc, "-O1", "-shared", "-fPIC", "-I"+tone, "-o", plugin, "testdata/plugin.c")
			out := t.TempDir()
			lent, err := lend.Lend(plugin, lend.Options{Shim: shim, Dispatchers: dispatcher(t, dir, arch), Dir: out})
			if errors.Is(err, fault.ErrNoRuntime) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(out, "beep-"+arch+".so"); lent != want {
				t.Errorf("it is %s; want %s", lent, want)
			}
			host := filepath.Join(out, "host")
			run(t, "gcc", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-I"+tone, "-o", host, "testdata/host.c", lent, "-lpthread", "-Wl,-rpath,"+out)
			for _, tt := range []struct{ what, says string }{
				{"threads", `^$`},
				{"nest", `^$`},
				{"deep", `^(crossplug: .*/beep.so: tone_render, refused by the plug-in's side: calls are nested too deeply\n){2}$`},
				{"stale", `^(crossplug: .*/beep.so: tone_(fill|close)(, refused by the plug-in's side)?: a handle .*\n){3}$`},
				{"crash", `^(qemu: .*\n)?crossplug: .*/beep.so: its process has ended; from now on its functions fail\n$`},
				{"fork", `^crossplug: .*/beep.so: tone_fill: the other side is gone\n|^$`},
			} {
				says(t, host, tt.what, tt.says)
			}
			if err := os.RemoveAll(filepath.Join(out, ".crossplug", "beep-"+arch+".lend")); err != nil {
				t.Fatal(err)
			}
			says(t, host, "absent", `^crossplug: tone: .*/beep-`+arch+`.lend: No such file or directory; crossplug lend writes it\n$`)
		})
	}
}

// TestMany loads 500 shims into one program, which glibc allows only if they
// have no variables for each thread. None starts anything.
func TestMany(t *testing.T) {
	dir, shim := made(t)
	image, err := os.ReadFile(shim)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_TLS }) {
		t.Error("the shim has variables for each thread")
	}
	for i := range 500 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("many-%d.so", i)), image, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	many := filepath.Join(dir, "many")
	run(t, "gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", many, "testdata/many.c", "-ldl")
	run(t, many, dir, "500")
}

// says runs the program and compares what it says on standard error.
func says(t *testing.T, host, what, want string) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(host, what)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || !regexp.MustCompile(want).MatchString(stderr.String()) {
		t.Errorf("%s: %v; it said\n%s", what, err, stderr.String())
	}
}

// TestRefused is what is not lent, and why.
func TestRefused(t *testing.T) {
	dir, shim := made(t)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	image, err := os.ReadFile(shim)
	if err != nil {
		t.Fatal(err)
	}
	plugin := filepath.Join(t.TempDir(), "beep.so")
	run(t, compilers["amd64"], "-shared", "-fPIC", "-I"+tone, "-o", plugin, "testdata/plugin.c")
	older := write("older.so", regexp.MustCompile(`crossplug lend 1 ....`).ReplaceAllString(string(image), "crossplug lend 1 0000"))
	taken := t.TempDir()
	if err := os.WriteFile(filepath.Join(taken, "beep-amd64.so"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dispatchers := dispatcher(t, dir, "amd64")
	for _, tt := range []struct {
		plugin string
		o      lend.Options
		want   string
	}{
		{plugin, lend.Options{Shim: plugin, Dispatchers: dispatchers}, "it is no shim"},
		{plugin, lend.Options{Shim: older, Dispatchers: dispatchers}, "another version of crossplug; make it anew"},
		{plugin, lend.Options{Shim: shim, Dispatchers: dir}, "no dispatcher of its API for amd64"},
		{plugin, lend.Options{Shim: shim, Dispatchers: dispatchers, Dir: taken}, "which crossplug did not make"},
		{write("text.so", "not that"), lend.Options{Shim: shim, Dispatchers: dispatchers}, "text.so"},
		{write("two\nlines.so", ""), lend.Options{Shim: shim, Dispatchers: dispatchers}, "more than one line"},
		{"none.so", lend.Options{Shim: shim, Dispatchers: dispatchers}, "no such file"},
	} {
		if path, err := lend.Lend(tt.plugin, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q, %v; want %s", tt.plugin, path, err, tt.want)
		}
	}
}
