package helper

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/arch"
)

// A helper must not outlive its host, however the host ends. The kernel can see
// to that (PR_SET_PDEATHSIG), but it counts the end of the *thread* that
// started the process as the parent's death. So all helpers are started by one
// thread that lives as long as the program.
var spawner = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

// spawn starts cmd from the spawner's thread.
func spawn(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// An interrupt from the terminal is for the program, which may have its
	// plug-ins finish their work; helpers are not in its process group.
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.WaitDelay = time.Second // for a grandchild that keeps stderr open
	result := make(chan error)
	spawner() <- func() { result <- cmd.Start() }
	if err := <-result; err != nil {
		return err
	}
	// No core files for crashes that are expected. If this fails there may be one.
	_ = unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	return nil
}

// executable returns the helper host's executable as a sealed, anonymous file:
// nothing is unpacked to disk, nothing needs cleaning up, and nobody can change
// it.
func executable(a arch.Arch) (*os.File, error) {
	image, err := helperBinary(a)
	if err != nil {
		return nil, err
	}
	const mfdExec = 0x10 // MFD_EXEC, Linux 6.3; older kernels refuse it and need none
	fd, err := unix.MemfdCreate("crossplug-helper-"+a.String(), unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|mfdExec)
	if err == unix.EINVAL {
		fd, err = unix.MemfdCreate("crossplug-helper-"+a.String(), unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("helper host for %v: memfd_create: %w", a, err)
	}
	f := os.NewFile(uintptr(fd), "helper-"+a.String())
	_, err = f.Write(image)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE|unix.F_SEAL_SEAL)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("helper host for %v: %w", a, err)
	}
	return f, nil
}

// command makes the command line of a launch. files are inherited as
// descriptors 3 and up; args follow the helper's name.
func command(l Launch, guest arch.Arch, image *os.File, files []*os.File, args ...string) *exec.Cmd {
	path := fmt.Sprintf("/proc/self/fd/%d", 3+len(files))
	var words []string
	for _, w := range l.Command {
		words = append(words, strings.ReplaceAll(w, "{helper}", path))
	}
	cmd := exec.Command(words[0], append(words[1:], args...)...)
	cmd.ExtraFiles = append(files, image)
	if len(words) == 1 {
		cmd.Args[0] = "crossplug-helper-" + guest.String() // what ps shows
	}
	cmd.Env = os.Environ()
	if guest != arch.Host() {
		cmd.Env = withoutLoaderVariables(cmd.Env)
	}
	return cmd
}

// withoutLoaderVariables drops what would make another architecture's dynamic
// loader load this one's libraries.
func withoutLoaderVariables(env []string) []string {
	var kept []string
	for _, v := range env {
		if !strings.HasPrefix(v, "LD_PRELOAD=") && !strings.HasPrefix(v, "LD_LIBRARY_PATH=") && !strings.HasPrefix(v, "LD_AUDIT=") {
			kept = append(kept, v)
		}
	}
	return kept
}

// tail remembers the end of what a helper printed, for error messages, and
// passes everything on.
type tail struct {
	mu   sync.Mutex
	last []byte
	next io.Writer // or nil
}

const tailSize = 2048

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.last = append(t.last, b...)
	if over := len(t.last) - tailSize; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	t.mu.Unlock()
	if t.next != nil {
		_, _ = t.next.Write(b) // a full disk on their side must not stop the plug-in
	}
	return len(b), nil
}

// String returns the last few lines, without what emulators add.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for _, l := range bytes.Split(bytes.TrimSpace(t.last), []byte("\n")) {
		if len(l) > 0 && !bytes.HasPrefix(l, []byte("qemu: uncaught target signal")) {
			lines = append(lines, string(l))
		}
	}
	if len(lines) > 5 {
		lines = lines[len(lines)-5:]
	}
	return strings.Join(lines, "; ")
}
