package generate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/api"
)

// The loopback: a C application with the exercise shim, the dispatcher and the
// plug-in, in one program or in two. See hosts/exercise/loopback.

// targets are the architectures that the exercise is compiled for.
var targets = []struct{ name, compiler, qemu string }{
	{"amd64", "x86_64-linux-gnu-gcc", "x86_64"},
	{"i386", "i686-linux-gnu-gcc", "i386"},
	{"armhf", "arm-linux-gnueabihf-gcc", "arm"},
	{"arm64", "aarch64-linux-gnu-gcc", "aarch64"},
	{"ppc64el", "powerpc64le-linux-gnu-gcc", "ppc64le"},
	{"s390x", "s390x-linux-gnu-gcc", "s390x"},
	{"powerpc", "powerpc-linux-gnu-gcc", "ppc"},
	{"m68k", "m68k-linux-gnu-gcc", "m68k"},
}

const exerciseDir = "../hosts/exercise"

// compileC compiles and links the exercise with one compiler into a directory.
// The shim, the driver and the fuzzer call functions that the plug-in and the
// dispatcher define too, so they get other names.
func compileC(t *testing.T, dir, compiler string, flags ...string) {
	t.Helper()
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	var rename, bindings strings.Builder
	bindings.WriteString("#include \"exercise.h\"\n#include \"link.h\"\nconst struct binding bindings[] = {\n")
	for _, f := range exercise(t).Functions {
		fmt.Fprintf(&rename, "#define %s shim_%s\n", f.Name, f.Name)
		if f.Side == api.PluginSide {
			fmt.Fprintf(&bindings, "\t{%q, %d, (void *)%s},\n", f.Name, f.ID, f.Name)
		}
	}
	bindings.WriteString("\t{NULL, 0, NULL},\n};\n")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("rename.h", rename.String())
	write("bindings.c", bindings.String())
	run := func(args ...string) {
		args = append([]string{"-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-O1"}, append(flags, args...)...)
		if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", compiler, strings.Join(args, " "), err, out)
		}
	}
	object := func(source string, renamed bool, more ...string) string {
		o := filepath.Join(dir, strings.TrimSuffix(filepath.Base(source), ".c")+".o")
		args := append([]string{"-c", "-o", o, source, "-Inative"}, more...)
		for _, include := range []string{"", "c", "loopback", "plugin"} {
			args = append(args, "-I"+filepath.Join(exerciseDir, include))
		}
		if renamed {
			args = append(args, "-include", filepath.Join(dir, "rename.h"))
		}
		run(args...)
		return o
	}
	plugin := []string{object(filepath.Join(dir, "bindings.c"), false)}
	for _, source := range []string{"c/exercise_dispatcher.c", "loopback/attach.c", "plugin/values.c", "plugin/objects.c", "plugin/host.c"} {
		var more []string
		if strings.HasPrefix(source, "plugin/") && len(flags) > 1 {
			more = []string{"-fno-sanitize=undefined"} // damaged numbers may well overflow there
		}
		plugin = append(plugin, object(filepath.Join(exerciseDir, source), false, more...))
	}
	link := func(name string, objects ...string) {
		args := append([]string{"-o", filepath.Join(dir, name)}, objects...)
		run(append(append(args, plugin...), "-lpthread")...)
	}
	shim := object(filepath.Join(exerciseDir, "c/exercise_shim.c"), true)
	joint := []string{shim, object(filepath.Join(exerciseDir, "loopback/joint.c"), false), object(filepath.Join(exerciseDir, "loopback/link.c"), false)}
	link("driver", append(joint, object(filepath.Join(exerciseDir, "loopback/driver.c"), true))...)
	link("fuzz", append(joint, object(filepath.Join(exerciseDir, "loopback/fuzz.c"), true))...)
	link("server", object(filepath.Join(exerciseDir, "loopback/server.c"), false))
}

func sanitizers() []string {
	return []string{"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"}
}

func runC(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
}

// TestLoopback runs every construct and every refusal, with sanitizers.
func TestLoopback(t *testing.T) {
	dir := t.TempDir()
	compileC(t, dir, "gcc", sanitizers()...)
	runC(t, filepath.Join(dir, "driver"))
	runC(t, filepath.Join(dir, "driver"), "1.0")
	runC(t, filepath.Join(dir, "driver"), filepath.Join(dir, "server"))
}

// TestDamagedMessages damages messages in both directions: dispatcher and shim
// have to answer with a status, and the sanitizers must find nothing.
// CROSSPLUG_TEST_ALL makes it last longer.
func TestDamagedMessages(t *testing.T) {
	dir := t.TempDir()
	compileC(t, dir, "gcc", sanitizers()...)
	seeds := 3
	if os.Getenv("CROSSPLUG_TEST_ALL") != "" {
		seeds = 100
	}
	for seed := range seeds {
		out, err := exec.Command(filepath.Join(dir, "fuzz"), fmt.Sprint(seed), "30000").CombinedOutput()
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, out)
		}
		for status, n := range strings.Fields(string(out)) {
			if n == "0" {
				t.Errorf("seed %d: status %d was never answered, so little was damaged", seed, status)
			}
		}
	}
}

// TestLoopbackEverywhere does so for each architecture, alone and with the
// application on this one.
func TestLoopbackEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for a minute")
	}
	here := t.TempDir()
	compileC(t, here, "gcc")
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			t.Parallel()
			qemu, err := exec.LookPath("qemu-" + target.qemu + "-static")
			if err != nil {
				t.Skipf("%v (scripts/need run installs it)", err)
			}
			dir := t.TempDir()
			compileC(t, dir, target.compiler, "-static")
			runC(t, qemu, filepath.Join(dir, "driver"))
			runC(t, qemu, filepath.Join(dir, "driver"), "1.0")
			runC(t, filepath.Join(here, "driver"), qemu, filepath.Join(dir, "server"))
		})
	}
}

// TestBounds reaches what takes many calls, or a lane that no helper gives.
func TestBounds(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bounds")
	args := append(sanitizers(), "-std=gnu11", "-Wall", "-Wextra", "-O1", "-g", "-Inative", "-o", program, filepath.Join(exerciseDir, "loopback/bounds.c"))
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0") // what stays, stays
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDestructionRefused lets functions that end an object, and callbacks of
// its, say that they do not: it lives on, on both sides.
func TestDestructionRefused(t *testing.T) {
	dir := t.TempDir()
	a := parse(t, "testdata/refusing.xml")
	files := []File{{"bindings.c", []byte("#include \"refusing.h\"\n#include \"link.h\"\nconst struct binding bindings[] = {\n")}}
	rename := []string{"-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-c", "-Inative", "-Itestdata", "-I" + filepath.Join(exerciseDir, "loopback")}
	plain := append(slices.Clone(rename), sanitizers()...)
	rename = slices.Clone(plain)
	for _, f := range a.Functions {
		files[0].Data = fmt.Appendf(files[0].Data, "\t{%q, %d, (void *)%s},\n", f.Name, f.ID, f.Name)
		rename = append(rename, fmt.Sprintf("-D%s=shim_%s", f.Name, f.Name))
	}
	files[0].Data = append(files[0].Data, "\t{NULL, 0, NULL},\n};\n"...)
	for _, backend := range []string{"dispatcher", "shim"} {
		made, err := Run(backend, a)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, made...)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := append(sanitizers(), "-o", filepath.Join(dir, "refusing"))
	for _, tt := range []struct {
		source string
		flags  []string
	}{
		{filepath.Join(dir, "bindings.c"), plain}, {filepath.Join(dir, "refusing_dispatcher.c"), plain}, {filepath.Join(dir, "refusing_shim.c"), rename},
		{"testdata/refusing_plugin.c", plain}, {"testdata/refusing_host.c", rename},
		{filepath.Join(exerciseDir, "loopback/attach.c"), plain}, {filepath.Join(exerciseDir, "loopback/joint.c"), plain}, {filepath.Join(exerciseDir, "loopback/link.c"), plain},
	} {
		o := filepath.Join(dir, strings.TrimSuffix(filepath.Base(tt.source), ".c")+".o")
		link = append(link, o)
		if out, err := exec.Command("gcc", append(slices.Clone(tt.flags), "-o", o, tt.source)...).CombinedOutput(); err != nil {
			t.Fatalf("gcc %s: %v\n%s", tt.source, err, out)
		}
	}
	if out, err := exec.Command("gcc", link...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	runC(t, filepath.Join(dir, "refusing"))
}

// TestHandlesFromSeveralThreads hammers the table of handles, with the race
// detector of C.
func TestHandlesFromSeveralThreads(t *testing.T) {
	program := filepath.Join(t.TempDir(), "hammer")
	args := []string{"-std=gnu11", "-Wall", "-Wextra", "-Wno-tsan", "-O1", "-g", "-fsanitize=thread", "-Inative", "-o", program, filepath.Join(exerciseDir, "loopback/hammer.c"), "-lpthread"}
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	runC(t, program)
}
