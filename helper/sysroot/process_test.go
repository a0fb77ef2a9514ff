package sysroot

// Tests that need a process of their own: another user, another file system,
// a death. The test program starts itself again for them.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossplug/crossplug/arch"
)

const childEnv = "CROSSPLUG_TEST_CHILD"

func TestMain(m *testing.M) {
	switch job := os.Getenv(childEnv); job {
	case "":
		os.Exit(m.Run())
	case "tmpfs":
		// The parent gave this process a mount namespace.
		if err := errors.Join(
			syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
			syscall.Mount("none", os.Args[1], "tmpfs", 0, "size=2m"),
		); err != nil {
			fmt.Println("no tmpfs:", err)
			os.Exit(0)
		}
		fallthrough
	case "add":
		// One call of Add per argument; its packages are separated by commas.
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		s := Store{os.Args[1]}
		for _, pkgs := range os.Args[2:] {
			tree, err := s.Add(ctx, arch.LinuxS390X, strings.Split(pkgs, ","), Options{})
			fmt.Printf("add %s: %q, %v\n", pkgs, tree.Root, err)
		}
		tree, err := s.Lookup(arch.LinuxS390X)
		fmt.Printf("lookup: %q, %v\n", tree.Root, err)
		entries, _ := os.ReadDir(s.Dir)
		fmt.Printf("store: %v\n", entries)
	}
}

// child prepares the test program to do a job. It is copied to dir, where other
// users can start it.
func child(t *testing.T, job, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "child")
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(copied, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+job)
	cmd.Stderr = os.Stderr
	return cmd
}

// publicDir returns a new directory that every user may enter.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sysroot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAddAsOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the other tests run as an ordinary user already")
	}
	newArchive(t, s390x, packages()...)
	// The user must be able to read apt's settings, as is the case elsewhere.
	dir := publicDir(t)
	conf := filepath.Dir(os.Getenv("APT_CONFIG"))
	if err := os.CopyFS(filepath.Join(dir, "apt"), os.DirFS(conf)); err != nil {
		t.Fatal(err)
	}
	useAPT(t, filepath.Join(dir, "apt"))

	const nobody = 65534
	home := filepath.Join(dir, "home")
	if err := errors.Join(os.Mkdir(home, 0o755), os.Chown(home, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "add", dir, home+"/trees", "one", "two")
	cmd.Dir = home
	cmd.Env = append(cmd.Env, "HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.Output()
	want := fmt.Sprintf("add one: %[1]q, <nil>\nadd two: %[1]q, <nil>\nlookup: %[1]q, <nil>\nstore: [d .apt/ d s390x/]\n", home+"/trees/s390x")
	if err != nil || string(out) != want {
		t.Errorf("%v\n%swant\n%s", err, out, want)
	}
	err = filepath.WalkDir(home, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Sys().(*syscall.Stat_t).Uid != nobody {
			t.Errorf("%s belongs to somebody else", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAddOnFullDisk(t *testing.T) {
	newArchive(t, s390x, packages()...)
	dir := t.TempDir()
	store := filepath.Join(dir, "trees")
	if err := os.Mkdir(store, 0o755); err != nil {
		t.Fatal(err)
	}
	// Too large to fetch; small to fetch but too large to unpack; small.
	cmd := child(t, "tmpfs", dir, store, "one", "large", "unpacks-large", "two")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || strings.HasPrefix(string(out), "no tmpfs") {
		t.Skipf("this system does not let its users mount a small disk: %v %s", err, out)
	}
	if err != nil {
		t.Fatal(err, string(out))
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) != 7 {
		t.Fatalf("said\n%s", out)
	}
	for i, pkg := range []string{"one", "large", "unpacks-large", "two"} {
		ok := strings.HasSuffix(lines[i], "<nil>")
		full := strings.Contains(strings.ToLower(lines[i]), "space") && strings.HasSuffix(lines[i], "make room on the disk of "+store+" and try again: nothing was changed")
		if small := pkg == "one" || pkg == "two"; ok != small || full == small {
			t.Errorf("%s", lines[i])
		}
	}
	if want := fmt.Sprintf("lookup: %q, <nil>", store+"/s390x"); lines[4] != want {
		t.Errorf("%s, want %s", lines[4], want)
	}
	if want := "store: [d .apt/ d s390x/]"; lines[5] != want {
		t.Errorf("%s, want %s", lines[5], want)
	}
}

// A process that is killed leaves no apt behind that would hold locks, and what
// it did leave does not disturb the next one.
func TestAddAfterDeath(t *testing.T) {
	a := newArchive(t, s390x, packages()...)
	s := Store{t.TempDir()}
	write(t, filepath.Join(s.Dir, ".s390x.new/usr/half"), "a death while unpacking")
	a.stop()
	cmd := child(t, "add", t.TempDir(), s.Dir, "large")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 10000 {
		if m, _ := filepath.Glob(filepath.Join(s.stateDir(s390x), "archives/partial/*.deb")); len(m) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	a.resume()
	if _, err := add(t, s, "large"); err != nil {
		t.Fatal(err)
	}
	checkClean(t, s)
}
