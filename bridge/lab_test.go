package bridge

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// What the tests stand on: sample plug-ins, compilers, and hosts to run.

// guests are the architectures of plug-ins that most tests use: the machine's
// own, its 32-bit predecessor, and a big-endian one.
var guests = []arch.Arch{arch.Host(), arch.LinuxI386, arch.LinuxS390X}

// sample returns the path of a plug-in file of Debian's package swh-plugins or
// ladspa-sdk.
func sample(t testing.TB, a arch.Arch, name string) string {
	t.Helper()
	path := filepath.Join("/usr/lib/ladspa", name)
	if a != arch.Host() {
		tree, err := sysroot.Lookup(a)
		if err != nil {
			t.Skip(err)
		}
		path = tree.Path(path)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%v (scripts/need run and scripts/sysroots install it)", err)
	}
	return path
}

// copyOf copies a file into a folder of its own and returns the copy's path.
func copyOf(t testing.TB, path string) string {
	t.Helper()
	return renamed(t, path, filepath.Base(path))
}

// renamed is copyOf for a copy that has another name.
func renamed(t testing.TB, path, name string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(copied, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return copied
}

// aboutC skips a test that runs next to no Go: -short goes with -race.
func aboutC(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: it is about the shim, which is in C")
	}
}

var compilers = map[arch.Arch]string{
	arch.LinuxAMD64:   "x86_64-linux-gnu-gcc",
	arch.LinuxI386:    "i686-linux-gnu-gcc",
	arch.LinuxARM64:   "aarch64-linux-gnu-gcc",
	arch.LinuxARMHF:   "arm-linux-gnueabihf-gcc",
	arch.LinuxPPC64EL: "powerpc64le-linux-gnu-gcc",
	arch.LinuxS390X:   "s390x-linux-gnu-gcc",
}

// compiled keeps results for the run of the tests: the same few programs serve
// most of them.
var compiled = struct {
	sync.Mutex
	dir   string
	paths map[string]string
}{paths: map[string]string{}}

// compile compiles a C file and returns the path of the result.
func compile(t testing.TB, a arch.Arch, source string, flags ...string) string {
	t.Helper()
	gcc, err := exec.LookPath(compilers[a])
	if err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	key := strings.Join(append([]string{a.String(), source}, flags...), " ")
	compiled.Lock()
	defer compiled.Unlock()
	if path := compiled.paths[key]; path != "" {
		return path
	}
	if compiled.dir == "" {
		if compiled.dir, err = os.MkdirTemp("", "bridge-test"); err != nil {
			t.Fatal(err)
		}
	}
	result := filepath.Join(compiled.dir, fmt.Sprintf("%s-%v-%d", strings.TrimSuffix(filepath.Base(source), ".c"), a, len(compiled.paths)))
	args := append([]string{"-std=gnu11", "-O1", "-Wall", "-Werror", "-idirafter", "/usr/include", "-rdynamic"}, flags...)
	args = append(args, "-o", result, source, "-ldl", "-lm", "-lpthread")
	if text, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", gcc, err, text)
	}
	compiled.paths[key] = result
	return result
}

// program returns the command line that runs a C program for an architecture.
func program(t testing.TB, a arch.Arch, source string) []string {
	t.Helper()
	path := compile(t, a, source)
	store, err := sysroot.Default()
	if err != nil {
		t.Fatal(err)
	}
	launch, err := helper.Find(a, nil, store)
	if err != nil {
		t.Skip(err)
	}
	var words []string
	for _, word := range launch.Command {
		words = append(words, strings.ReplaceAll(word, "{helper}", path))
	}
	return words
}

// bridged bridges a file into a folder of its own, or the options' one, and
// returns the shim.
func bridged(t testing.TB, o Options, path string) string {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	results, err := Add(t.Context(), o, path)
	if err == nil {
		err = results[0].Err
	}
	if errors.Is(err, crossplug.ErrNoRuntime) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return results[0].Shim
}

// outcome is what a program did.
type outcome struct {
	stdout, stderr string
	err            error
}

// signalled says whether a program was ended by a signal.
func (o outcome) signalled() bool {
	var exit *exec.ExitError
	if !errors.As(o.err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() || status.ExitStatus() > 128)
}

// run runs a command line.
func run(t testing.TB, env []string, words ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Minute // for a helper that keeps standard error open
	err := cmd.Run()
	return outcome{out.String(), said.String(), err}
}

// host runs the test host and wants it to succeed.
func host(t testing.TB, a arch.Arch, args ...string) outcome {
	t.Helper()
	o := run(t, nil, append(program(t, a, "testdata/host.c"), args...)...)
	if o.err != nil {
		t.Errorf("host %.300s: %v\n%s", strings.Join(args, " "), o.err, o.stderr[max(0, len(o.stderr)-1000):])
	}
	return o
}

func TestMain(m *testing.M) {
	if hostile() {
		return
	}
	code := m.Run()
	if compiled.dir != "" {
		os.RemoveAll(compiled.dir)
	}
	os.Exit(code)
}
