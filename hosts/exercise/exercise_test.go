package exercise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/glue"
)

// crossCompilers make the plug-in. Two architectures are here for tests alone:
// with them, every combination of 32 and 64 bits and byte orders is.
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

// plugins are the compiled plug-ins, made when they are wanted first.
var plugins struct {
	sync.Mutex
	dir  string
	made map[arch.Arch]string
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "exercise")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	plugins.dir, plugins.made = dir, map[arch.Arch]string{}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// compile makes the plug-in for an architecture.
func compile(t testing.TB, a arch.Arch) string {
	t.Helper()
	plugins.Lock()
	defer plugins.Unlock()
	if so := plugins.made[a]; so != "" {
		return so
	}
	gcc := crossCompilers[a]
	if _, err := exec.LookPath(gcc); err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	so := filepath.Join(plugins.dir, a.String()+".so")
	args := []string{"-std=gnu11", "-O1", "-shared", "-fPIC", "-I.", "-o", so, "plugin/values.c", "plugin/objects.c", "plugin/host.c", "-lpthread"}
	if out, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", gcc, err, out)
	}
	plugins.made[a] = so
	return so
}

// begin opens the plug-in until the end of the test.
func begin(t testing.TB, a arch.Arch, opts ...crossplug.Option) (*Plugin, *host) {
	t.Helper()
	h := &host{}
	p, err := Open(t.Context(), compile(t, a), h, opts...)
	if errors.Is(err, crossplug.ErrNoRuntime) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.plugin = p
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return p, h
}

// eachArch runs a test on every architecture.
func eachArch(t *testing.T, test func(t *testing.T, p *Plugin, h *host)) {
	for a := range crossCompilers {
		t.Run(a.String(), func(t *testing.T) {
			shorten(t, a)
			p, h := begin(t, a)
			test(t, p, h)
			for {
				select {
				case err := <-p.Link().Reports():
					if !h.misbehaves {
						t.Errorf("reported: %v", err)
					}
					continue
				default:
				}
				break
			}
		})
	}
}

// shorten leaves out architectures that add nothing to word size and byte order.
func shorten(t *testing.T, a arch.Arch) {
	t.Helper()
	if testing.Short() && a != arch.Host() && a != arch.LinuxS390X && a != arch.LinuxI386 && a != arch.LinuxM68K {
		t.Skip("in a short run, others stand for it")
	}
}

// must is for calls that succeed.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		return v
	}
}

// reported waits for a report and checks what it is.
func reported(t *testing.T, p *Plugin, want error) {
	t.Helper()
	select {
	case err := <-p.Link().Reports():
		if !errors.Is(err, want) {
			t.Errorf("reported: %v; want %v", err, want)
		}
	case <-time.After(time.Minute):
		t.Errorf("nothing was reported; want %v", want)
	}
}

// host is what the plug-in may call.
type host struct {
	plugin     *Plugin
	misbehaves bool // reports are expected

	mu        sync.Mutex
	tasks     []Task
	farewells []Farewell
	depth     int32 // of the deepest call
	onMain    int
	sessions  int
	timer     *timer
}

type session struct {
	host   *host
	name   string
	values map[string][]float64
}

type timer struct {
	tick         Tick
	milliseconds uint32
	stopped      bool
}

func (h *host) Open(ctx context.Context, name string) (Session, error) {
	if name == "" {
		return nil, &glue.Failure{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions++
	return &session{host: h, name: name, values: map[string][]float64{}}, nil
}

func (s *session) Close(ctx context.Context) error {
	s.host.mu.Lock()
	defer s.host.mu.Unlock()
	s.host.sessions--
	return nil
}

func (s *session) Put(ctx context.Context, key string, values []float64) error {
	switch key {
	case "refused":
		return &glue.Failure{Code: 77}
	case "broken":
		return errors.New("the disk is full")
	}
	s.values[key] = values
	return nil
}

func (s *session) Get(ctx context.Context, key string) ([]float64, error) {
	v, ok := s.values[key]
	if !ok {
		return nil, &glue.Failure{Code: -5}
	}
	return v, nil
}

func (h *host) Recurse(ctx context.Context, depth int32) (int32, error) {
	h.mu.Lock()
	h.depth = max(h.depth, depth)
	h.mu.Unlock()
	return h.plugin.Recurse(ctx, depth)
}

func (h *host) Defer(ctx context.Context, task Task) error {
	h.tasks = append(h.tasks, task)
	return nil
}

func (h *host) Visit(ctx context.Context, n int32, item Item) (int32, error) {
	var sum int32
	for i := range n {
		v, err := item(ctx, i)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

func (h *host) Timer(ctx context.Context, milliseconds uint32, tick Tick) (Timer, error) {
	h.timer = &timer{tick: tick, milliseconds: milliseconds}
	return h.timer, nil
}

func (t *timer) Stop(ctx context.Context) error {
	t.stopped = true
	return nil
}

func (h *host) AtEnd(ctx context.Context, farewell Farewell) error {
	h.farewells = append(h.farewells, farewell)
	return nil
}

func (h *host) Main(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onMain++
	return nil
}

func (h *host) Language(ctx context.Context) (string, error) { return "Français", nil }

func (h *host) Place(ctx context.Context, at *Point, shape *Shape) error {
	if at.Tag != 7 || shape.Label != [8]byte{'a', 'b', 'c'} || *shape.Name != "placed" || len(shape.Weights) != 2 || shape.Weights[1] != 2 {
		return fmt.Errorf("placed %+v, %+v", at, shape)
	}
	shape.Corners[0].X, shape.Corners[1].Y = at.X, at.Y
	return nil
}
