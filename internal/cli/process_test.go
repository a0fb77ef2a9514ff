package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug/format/wav"
)

// odd compiles the plug-ins of testdata/odd.c.
func odd(t *testing.T) string {
	t.Helper()
	so := filepath.Join(t.TempDir(), "odd.so")
	out, err := exec.Command("gcc", "-O1", "-shared", "-fPIC", "-o", so, "testdata/odd.c").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) || strings.Contains(string(out), "ladspa.h: No such file") {
		t.Skipf("%v %s (scripts/need run cross installs gcc and ladspa.h)", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return so
}

// recording writes a WAVE file of some seconds, stereo, 48000 Hz, s16.
func recording(t *testing.T, seconds int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := wav.NewWriter(f, wav.Format{Sample: wav.S16, Channels: 2, Rate: 48000}, int64(48000*seconds))
	if err != nil {
		t.Fatal(err)
	}
	second := make([]float32, 2*48000)
	for i := range second {
		second[i] = float32(i%1000)/1000 - 0.5
	}
	for range seconds {
		if err := w.Write(second); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// only checks that a directory holds nothing but some names.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("%s holds %q, want %q", dir, have, want)
	}
}

// TestProcessInterrupted interrupts the command while a plug-in is at work: as a
// terminal does, which signals all processes of the group, and as kill does.
func TestProcessInterrupted(t *testing.T) {
	plugin, in := odd(t), recording(t, 60)
	for _, tt := range []struct {
		name   string
		signal syscall.Signal
		group  bool
	}{{"Ctrl-C", syscall.SIGINT, true}, {"kill -INT", syscall.SIGINT, false}, {"kill", syscall.SIGTERM, false}, {"end of the session", syscall.SIGTERM, true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := filepath.Join(dir, "out.wav")
			if err := os.WriteFile(out, []byte("older"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("crossplug", "process", "--plugin", plugin+":slow", in, out)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// It is at work when the first part of the result is on the disk.
			for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
				if files, _ := filepath.Glob(filepath.Join(dir, ".crossplug-*")); len(files) > 0 {
					if info, err := os.Stat(files[0]); err == nil && info.Size() > 0 {
						break
					}
				}
				if time.Now().After(deadline) {
					_ = cmd.Process.Kill()
					t.Fatalf("it does not begin; %v: %s", cmd.Wait(), stderr.String())
				}
			}
			pid := cmd.Process.Pid
			if tt.group {
				pid = -pid
			}
			if err := syscall.Kill(pid, tt.signal); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != ExitError {
				t.Errorf("it ended with %v, want exit status %d", err, ExitError)
			}
			if want := "crossplug: interrupted; " + out + " was not written\n"; stderr.String() != want || stdout.Len() > 0 {
				t.Errorf("it said %q and %q, want %q", stdout.String(), stderr.String(), want)
			}
			only(t, dir, "out.wav")
			if b, _ := os.ReadFile(out); string(b) != "older" {
				t.Errorf("out.wav holds %.20q", b)
			}
		})
	}
}

// TestProcessFullDisk writes to a file system of 1 MiB of its own.
func TestProcessFullDisk(t *testing.T) {
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", t.TempDir()).CombinedOutput(); err != nil {
		t.Skipf("no private file systems here: %v %s", err, out)
	}
	plugin, in, dir := odd(t), recording(t, 20), t.TempDir()
	script := `mount -t tmpfs -o size=1m none "$1" && cd "$1" && echo older >out.wav &&
		crossplug process --plugin "$2:nan" "$3" out.wav; echo "status $?"; ls -A; cat out.wav`
	out, err := exec.Command("unshare", "-rm", "sh", "-c", script, "sh", dir, plugin, in).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := "crossplug: write out.wav: no space left on device; out.wav was not written\nstatus 1\nout.wav\nolder\n"
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

// TestProcessMisbehaving runs plug-ins that fail at different moments.
func TestProcessMisbehaving(t *testing.T) {
	plugin, in, dir := odd(t), recording(t, 1), t.TempDir()
	out := filepath.Join(dir, "out.wav")
	for _, tt := range []struct {
		label  string
		status int
		stderr string
		files  []string
	}{
		{"crash", ExitError, "crossplug: crash: " + plugin + " (%) crashed in LADSPA_Descriptor.run: SIGSEGV (segmentation fault); " + out + " was not written\n", nil},
		{"farewell", ExitOK, "crossplug: after the sound was complete: farewell: " + plugin + " (%) crashed in LADSPA_Descriptor.cleanup: SIGSEGV (segmentation fault)\n", []string{"out.wav"}},
		{"nan", ExitOK, "crossplug: 94 samples are infinite or not numbers: a plug-in misbehaves\n", []string{"out.wav"}}, // 2 for each of 47 blocks
	} {
		os.Remove(out)
		var stdout, stderr bytes.Buffer
		status := Main([]string{"process", "--plugin", plugin + ":" + tt.label, in, out}, nil, &stdout, &stderr)
		before, after, _ := strings.Cut(tt.stderr, "%")
		if got := stderr.String(); status != tt.status || !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
			t.Errorf("%s: status %d, %q; want %d, %q", tt.label, status, got, tt.status, tt.stderr)
		}
		only(t, dir, tt.files...)
	}
}

func TestReplacement(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	write := func(path, text string, end func(*replacement) error) {
		t.Helper()
		r, err := newReplacement(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := end(r); err != nil {
			t.Fatal(err)
		}
		if err := r.abandon(); err != nil { // as a deferred call does
			t.Fatal(err)
		}
	}
	check := func(want string) {
		t.Helper()
		if b, err := os.ReadFile(path); err != nil || string(b) != want {
			t.Errorf("%q, %v; want %q", b, err, want)
		}
	}
	write(path, "never", (*replacement).abandon)
	only(t, dir)
	write(path, "one", (*replacement).commit)
	check("one")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	write(link, "two", (*replacement).commit)
	check("two")
	write(path, "three", (*replacement).abandon)
	check("two")
	only(t, dir, "file", "link")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v, %v", info, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v, %v; want mode 0640", info, err)
	}
	write("/dev/null", "nothing", (*replacement).commit)
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Errorf("/dev/null: %v, %v", info, err)
	}
	if _, err := newReplacement(dir); err == nil {
		t.Error("a directory can be replaced")
	}
}

func TestFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"a.wav b.wav", "no --plugin given"},
		{"--plugin x", "0 arguments; usage: crossplug process --plugin"},
		{"--plugin= a b", "no file is named"},
		{"--set G=1 --plugin x a b", "it must follow the --plugin it is for"},
		{"--plugin x --set G a b", `it must be of the form "PORT=VALUE"`},
		{"--plugin x --set =1 a b", `it must be of the form "PORT=VALUE"`},
		{"--plugin x --set G=loud a b", `"loud" is not a number`},
		{"--plugin x --set G=NaN a b", `"NaN" is not a number`},
		{"--plugin x --set G=1e99 a b", `"1e99" is not a number`},
		{"--plugin x --block 0 a b", "--block 0: it must be from 1 to 65536 frames"},
		{"--plugin x --tail -1 a b", "--tail -1: it must be from 0 to 86400 seconds"},
		{"--plugin x --tail NaN a b", "--tail NaN"},
		{"--plugin x --format mp3 a b", `unknown sample format "mp3" (known: u8, s16`},
		{"--plugin x --prefer qemu,magic a b", `unknown strategy "magic" (known: native, compat, qemu)`},
	} {
		var stderr bytes.Buffer
		status := Main(append([]string{"process"}, strings.Fields(tt.args)...), nil, new(bytes.Buffer), &stderr)
		if status != ExitUsage || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: status %d, %q; want %q", tt.args, status, stderr.String(), tt.want)
		}
	}
}
