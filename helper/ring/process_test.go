//go:build linux

package ring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The second process of these tests is this test binary, or one built from
// the same source for another architecture. Descriptor 3 is the memory.

const (
	childVar = "CROSSPLUG_RING_CHILD"
	sizeVar  = "CROSSPLUG_RING_SIZE"
	cpuVar   = "CROSSPLUG_RING_CPU"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childVar); role != "" {
		if err := child(role); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	echoSize = 8192
	echoTo   = 0 // offsets of the two rings
	echoFrom = offData + echoSize
	echoAll  = 2 * echoFrom
)

func child(role string) error {
	size, err := strconv.Atoi(os.Getenv(sizeVar))
	if err != nil {
		return err
	}
	m, err := Map(3, size)
	if err != nil {
		return err
	}
	switch role {
	case "echo":
		return echo(m)
	case "pong":
		if cpu, err := strconv.Atoi(os.Getenv(cpuVar)); err == nil {
			if err := pin(cpu); err != nil {
				return err
			}
		}
		return pong(m)
	}
	return fmt.Errorf("unknown role %q", role)
}

// echo copies one ring into the other.
func echo(m *Memory) error {
	in, err := NewConsumer(m, echoTo, echoSize)
	if err != nil {
		return err
	}
	out, err := NewProducer(m, echoFrom, echoSize)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for {
		b, err := in.Peek(ctx)
		if err == io.EOF {
			return out.Close()
		}
		if err == nil {
			_, err = out.Write(ctx, b)
		}
		if err == nil {
			err = in.Consume(len(b))
		}
		if err != nil {
			return err
		}
	}
}

// pong answers every value of word 0 in word 64 until it is all ones.
func pong(m *Memory) error {
	ping, _ := m.Word(0)
	back, _ := m.Word(64)
	for v := uint32(0); v != ^uint32(0); {
		var err error
		if v, err = ping.Wait(v, -1); err != nil {
			return err
		}
		back.Store(v)
		back.Wake()
	}
	return nil
}

func pin(cpu int) error {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}

func start(t testing.TB, m *Memory, role string, command []string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), childVar+"="+role, sizeVar+"="+strconv.Itoa(m.Size()))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{m.File()}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd
}

// childFor returns the command that runs this test on an architecture.
func childFor(t *testing.T, arch string) []string {
	t.Helper()
	if arch == runtime.GOARCH {
		return []string{os.Args[0]}
	}
	if testing.Short() {
		t.Skip("builds the test for " + arch)
	}
	binary := filepath.Join(t.TempDir(), "child")
	command := []string{binary}
	if arch != "386" || runtime.GOARCH != "amd64" {
		qemu, err := exec.LookPath("qemu-" + arch + "-static")
		if err != nil {
			t.Skip(err)
		}
		command = []string{qemu, binary}
	}
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building for %s: %v\n%s", arch, err, out)
	}
	return command
}

// TestTwoProcesses sends bytes through a process of another architecture and
// back, both rings wrapping many times.
func TestTwoProcesses(t *testing.T) {
	for _, tc := range []struct {
		arch  string
		total int
	}{
		{runtime.GOARCH, 8 << 20},
		{"386", 8 << 20},
		{"s390x", 2 << 20}, // big-endian
	} {
		t.Run(tc.arch, func(t *testing.T) {
			command := childFor(t, tc.arch)
			m := newMemory(t, echoAll)
			cmd := start(t, m, "echo", command)
			p, err := NewProducer(m, echoTo, echoSize)
			if err != nil {
				t.Fatal(err)
			}
			c, err := NewConsumer(m, echoFrom, echoSize)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			produced := make(chan error, 1)
			go func() { produced <- produce(ctx, p, tc.total, 3) }()
			if err := consume(ctx, c, tc.total, 4); err != nil {
				t.Error(err)
			}
			if err := <-produced; err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestKilledPeer ends a peer without warning while this side sleeps: only the
// supervisor can know.
func TestKilledPeer(t *testing.T) {
	m := newMemory(t, echoAll)
	cmd := start(t, m, "echo", []string{os.Args[0]})
	p, err := NewProducer(m, echoTo, echoSize)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewConsumer(m, echoFrom, echoSize)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(t.Context(), []byte("alive?")); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 6; {
		got, err := c.Read(t.Context(), make([]byte, 6))
		if err != nil {
			t.Fatal(err)
		}
		n += got
	}
	died := errors.New("helper died")
	go func() { // the supervisor
		cmd.Wait()
		m.Interrupt(died)
	}()
	result := make(chan error, 1)
	go func() {
		_, err := c.Read(context.Background(), make([]byte, 1))
		result <- err
	}()
	asleep(t, m)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-result:
		if !errors.Is(err, died) {
			t.Errorf("Read: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("still asleep")
	}
	if _, err := p.Write(t.Context(), []byte("x")); !errors.Is(err, died) {
		t.Errorf("Write to the dead: %v", err)
	}
}

// BenchmarkWordRoundTrip is one wake-up there and one back.
func BenchmarkWordRoundTrip(b *testing.B) {
	for _, bm := range []struct {
		name       string
		here, peer int
	}{{"one CPU", 0, 0}, {"two CPUs", 0, 1}} {
		b.Run(bm.name, func(b *testing.B) {
			if bm.peer >= runtime.NumCPU() {
				b.Skip("one processor")
			}
			var before unix.CPUSet
			if err := unix.SchedGetaffinity(0, &before); err != nil {
				b.Fatal(err)
			}
			if err := pin(bm.here); err != nil {
				b.Fatal(err)
			}
			defer runtime.UnlockOSThread()
			defer unix.SchedSetaffinity(0, &before)
			m := newMemory(b, 4096)
			cmd := start(b, m, "pong", []string{os.Args[0]}, cpuVar+"="+strconv.Itoa(bm.peer))
			ping, _ := m.Word(0)
			back, _ := m.Word(64)
			round := func(v uint32) {
				ping.Store(v)
				ping.Wake()
				for got := v - 1; got != v; {
					var err error
					if got, err = back.Wait(got, -1); err != nil {
						b.Fatal(err)
					}
				}
			}
			v := uint32(1)
			round(v) // the child is up
			for b.Loop() {
				v++
				round(v)
			}
			ping.Store(^uint32(0))
			ping.Wake()
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
