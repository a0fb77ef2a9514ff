package bridge

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/arch"
)

// gain is the plug-in file of most tests here, and labels its plug-in.
const (
	gain      = "amp_1181.so"
	gainLabel = "amp"
)

// TestManners is about what a shim does to its process; see testdata/host.c.
func TestManners(t *testing.T) {
	aboutC(t)
	for _, shimArch := range Hosts() {
		t.Run("hosts for "+shimArch.String(), func(t *testing.T) {
			for _, a := range guests {
				if shimArch != arch.Host() && a == arch.LinuxI386 {
					continue // two are enough where the host is emulated
				}
				t.Run("plug-ins for "+a.String(), func(t *testing.T) {
					t.Parallel()
					// A copy: what lies where the emulator's tree has a file, an emulated host does not see.
					path, label := copyOf(t, sample(t, a, gain)), gainLabel+"_"+a.String()
					program(t, shimArch, "testdata/host.c")
					for _, tt := range []struct {
						mode string
						says string // on standard error
						kind string // hosts that it says something about: all; or only those that are not emulated
					}{
						{mode: "look"},
						{mode: "guest", kind: "real"}, // an emulator has descriptors and threads of its own
						{mode: "threads"},
						{mode: "killed", says: "its process has ended; from now on it gives silence", kind: "real"}, // by its end's signals
						{mode: "killed-in-run", says: "its process has ended; from now on it gives silence"},
						{mode: "forks", kind: "real"}, // qemu-user does not know MADV_WIPEONFORK
						{mode: "locked", kind: "real"},
					} {
						if tt.kind == "real" && shimArch == arch.LinuxARM64 && arch.Host() != shimArch {
							continue
						}
						shim := bridged(t, Options{Host: shimArch}, path)
						o := host(t, shimArch, tt.mode, shim, label)
						if lines := strings.Count(o.stderr, "\n"); tt.says == "" && lines > 0 || tt.says != "" && (lines != 1 || !strings.Contains(o.stderr, tt.says)) {
							t.Errorf("%s: it says %q", tt.mode, o.stderr)
						}
						if n := runningHelpers(t, filepath.Dir(shim)); n != 0 {
							t.Errorf("%s: %d helpers live on", tt.mode, n)
						}
					}
				})
			}
		})
	}
}

// runningHelpers counts the processes that run the helpers of a folder and do
// not end in a while.
func runningHelpers(t testing.TB, dir string) (n int) {
	t.Helper()
	for range 3000 {
		if n = len(helperPIDs(t, dir)); n == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return n
}

func TestUnload(t *testing.T) {
	aboutC(t)
	dir := t.TempDir()
	first, second := bridged(t, Options{Dir: dir}, sample(t, arch.LinuxI386, gain)), bridged(t, Options{Dir: dir}, sample(t, arch.LinuxS390X, gain))
	host(t, arch.Host(), "unload", first, "amp_i386", second, "amp_s390x")
	if n := runningHelpers(t, dir); n != 0 {
		t.Errorf("%d helpers live on", n)
	}
}

func TestGroups(t *testing.T) {
	aboutC(t)
	dir := t.TempDir()
	args := []string{"groups"}
	for _, f := range []struct{ file, label, group string }{{gain, gainLabel, "studio"}, {"inv_1429.so", "inv", "studio"}, {"diode_1185.so", "diode", "other"}} {
		args = append(args, bridged(t, Options{Dir: dir, Group: f.group}, sample(t, arch.LinuxS390X, f.file)), f.label+"_s390x")
	}
	if o := host(t, arch.Host(), args...); strings.Count(o.stderr, "crossplug: ") != 1 || strings.Count(o.stderr, "\n") != 1 {
		t.Errorf("it says %q", o.stderr)
	}
}

// TestManyShims opens as many as a studio has, each a shared object of its own.
func TestManyShims(t *testing.T) {
	aboutC(t)
	const many = 500
	shim := bridged(t, Options{}, sample(t, arch.Host(), gain))
	args := []string{"many"}
	for i := range many {
		other := filepath.Join(filepath.Dir(shim), fmt.Sprintf("gain%d.so", i))
		for from, to := range map[string]string{shim: other, sidecarPath(shim): sidecarPath(other)} {
			if content, err := os.ReadFile(from); err != nil {
				t.Fatal(err)
			} else if err := os.WriteFile(to, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, other, gainLabel+"_"+arch.Host().String())
	}
	t.Log(host(t, arch.Host(), args...).stdout)
}

var futexCall = regexp.MustCompile(`^futex\((0x[0-9a-f]+), FUTEX_(WAIT|WAKE)`)

// TestQuietAudioThread counts what the thread of a host does while it runs
// blocks. System calls, by strace: one wake-up a block, and the wait for the
// answer. Allocations, by the host, which has them all pass through itself. For
// locks see the next test.
func TestQuietAudioThread(t *testing.T) {
	aboutC(t)
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("%v (scripts/need clients installs it)", err)
	}
	for _, tt := range []struct{ host, plugin arch.Arch }{
		{arch.Host(), arch.Host()}, {arch.Host(), arch.LinuxI386}, {arch.Host(), arch.LinuxS390X}, {arch.LinuxI386, arch.LinuxI386}, {arch.LinuxI386, arch.LinuxS390X},
	} {
		t.Run(tt.host.String()+" "+tt.plugin.String(), func(t *testing.T) {
			shim, trace := bridged(t, Options{Host: tt.host}, sample(t, tt.plugin, gain)), filepath.Join(t.TempDir(), "trace")
			label := gainLabel + "_" + tt.plugin.String()
			host(t, tt.host, "quiet", shim, label)
			// A thread that moves to another processor brings the helper along, which is another turn.
			words := append([]string{"taskset", "-c", processor(t), strace, "-o", trace}, program(t, tt.host, "testdata/host.c")...)
			if o := run(t, nil, append(words, "quiet", shim, label)...); o.err != nil {
				if strings.Contains(o.stderr, "ptrace") {
					t.Skip("tracing is forbidden here")
				}
				t.Fatalf("%v\n%s", o.err, o.stderr)
			}
			text, err := os.ReadFile(trace)
			if err != nil {
				t.Fatal(err)
			}
			_, after, ok := strings.Cut(string(text), `write(-1, "BEGIN"`)
			during, _, ok2 := strings.Cut(after, `write(-1, "END"`)
			if !ok || !ok2 {
				t.Fatal("the trace has no marks")
			}
			_, during, _ = strings.Cut(during, "\n")
			words = nil // of the lane that are waited on or woken
			count := map[string]int{}
			late := false
			for line := range strings.Lines(during) {
				m := futexCall.FindStringSubmatch(line)
				if late && strings.HasPrefix(line, "poll(") {
					late = false // it has looked whether the helper, which is slow, lives
					continue
				}
				late = strings.Contains(line, "ETIMEDOUT")
				if m == nil {
					t.Errorf("a system call: %s", line)
					continue
				}
				count[m[2]]++
				if !slices.Contains(words, m[1]) {
					words = append(words, m[1])
				}
			}
			// 200 blocks, one more by run_adding; a helper that is still awake is not woken.
			if count["WAKE"] > 205 || len(words) == 0 || len(words) > 2 {
				t.Errorf("system calls: %v, on %d words", count, len(words))
			}
		})
	}
}

// processor returns the number of one that this process may use.
func processor(t *testing.T) string {
	t.Helper()
	var usable unix.CPUSet
	if err := unix.SchedGetaffinity(0, &usable); err != nil {
		t.Fatal(err)
	}
	n := 0
	for !usable.IsSet(n) {
		n++
	}
	return fmt.Sprint(n)
}

// TestNoLocksOnAudioThread counts locks. A lock that nobody else holds makes no
// system call, and those of the shim are its own. So this one is built without
// the flags that keep its functions to itself, and the host's lock and unlock
// take the place of the shim's.
func TestNoLocksOnAudioThread(t *testing.T) {
	aboutC(t)
	for _, a := range guests {
		t.Run(a.String(), func(t *testing.T) {
			shim := bridged(t, Options{}, sample(t, a, gain))
			open := compile(t, arch.Host(), "native/ladspa.c", "-shared", "-fPIC", "-Wno-unused-result", "-I../helper/native", "-DSOURCE_HASH=open",
				"-DAPI_HASH="+hashConstants(t), "native/client.c", "native/lane.c", "native/spawn.c", "native/sidecar.c")
			content, err := os.ReadFile(open)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(shim, content, 0o644); err != nil {
				t.Fatal(err)
			}
			host(t, arch.Host(), "interposed", shim, gainLabel+"_"+a.String())
		})
	}
}

// TestSameSamples compares what plug-ins give through a shim with what they give
// to the same host that loads them itself, natively or under the emulator.
// Buffers are used in every way; see "ways" in testdata/host.c.
func TestSameSamples(t *testing.T) {
	aboutC(t)
	files := []string{gain, "sc4_1882.so", "gverb_1216.so", "ringmod_1188.so", "freq_tracker_1418.so"}
	archs := []arch.Arch{arch.LinuxAMD64, arch.LinuxI386, arch.LinuxARM64, arch.LinuxARMHF, arch.LinuxPPC64EL, arch.LinuxS390X}
	if os.Getenv("CROSSPLUG_TEST_ALL") != "" {
		paths, err := filepath.Glob("/usr/lib/ladspa/*_*.so")
		if err != nil {
			t.Fatal(err)
		}
		files = nil
		for _, p := range paths {
			files = append(files, filepath.Base(p))
		}
	}
	for _, a := range archs {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			for _, file := range files {
				path := sample(t, a, file)
				shim := bridged(t, Options{}, path)
				s, err := readSidecar(shim)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range s.plugins {
					label := strings.TrimSuffix(p.label, "_"+s.arch)
					if slices.Contains(unsteady, label) {
						continue
					}
					direct := host(t, a, "ways", path, label)
					want := []byte(direct.stdout)
					if a.Order == arch.BigEndian {
						for i := 0; i+4 <= len(want); i += 4 {
							binary.LittleEndian.PutUint32(want[i:], binary.BigEndian.Uint32(want[i:]))
						}
					}
					got := host(t, arch.Host(), "ways", shim, p.label)
					if direct.err == nil && (len(want) == 0 || got.stdout != string(want)) {
						t.Errorf("%s: %d bytes are not the %d that it gives directly; it says %q", p.label, len(got.stdout), len(want), got.stderr)
					}
				}
			}
		})
	}
}

// unsteady are plug-ins that give one thing now and another then, or crash, by
// themselves; docs/proof.md says why.
var unsteady = []string{"chebstortion", "analogueOsc", "fmOsc", "hermesFilter", "imp", "mbeq", "pitchScale", "pitchScaleHQ"}

// TestMisbehaviour lets plug-ins do every harm to their process that they can.
// Those that make a host wait do so at the same time, each in a host of its own.
func TestMisbehaviour(t *testing.T) {
	aboutC(t)
	const source = "../hosts/ladspa/testdata/bad.c"
	quick := []string{"run_segv", "run_suicide", "run_scribble", "run_over", "run_la", "run_deafen", "run_babble", "connect_port_quit", "activate_segv",
		"deactivate_later", "instantiate_segv", "instantiate_suicide", "cleanup_segv"}
	slow := []string{"run_stop", "cleanup_refuse", "cleanup_orphan"}
	for _, a := range guests {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			so := compile(t, a, source, "-shared", "-fPIC", "-Wno-infinite-recursion")
			lists := [][]string{quick}
			if a == guests[0] {
				slow := append(slow, "run_loop", "run_end_thread", "run_catch", "run_orphan", "run_spawn")
				lists[0] = append(quick, "run_jump", "run_trap", "run_abort", "run_quit", "run_le", "run_talk", "run_gasp", "run_underrun")
				for _, deed := range slow {
					lists = append(lists, []string{deed})
				}
			} else {
				lists = append(lists, slow)
			}
			var wg sync.WaitGroup
			for _, list := range lists {
				dir := t.TempDir()
				shim := bridged(t, Options{Dir: dir}, renamed(t, so, "bad.so"))
				wg.Go(func() {
					host(t, arch.Host(), append([]string{"deeds", shim}, list...)...)
					if n := runningHelpers(t, dir); n != 0 {
						t.Errorf("%v: %d helpers live on", list, n)
					}
				})
			}
			wg.Wait()
		})
	}
}
