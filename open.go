package crossplug

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// Option changes how Open finds and runs a plug-in. The defaults need none.
type Option func(*options)

type options struct {
	image    arch.Arch // wanted; zero: any
	group    *Group
	helper   helper.Options
	preloads []preload
	alone    bool
}

// preload is code that goes before the plug-in.
type preload struct {
	name  string
	image func(arch.Arch) ([]byte, error)
}

// Image chooses the image for one architecture, where a file has several.
func Image(a arch.Arch) Option { return func(o *options) { o.image = a } }

// Prefer names ways to run code, such as "qemu", to try before the others.
func Prefer(strategies ...string) Option {
	return func(o *options) { o.helper.Prefer = strategies }
}

// Sysroots chooses where other architectures' libraries are kept.
func Sysroots(s sysroot.Store) Option { return func(o *options) { o.helper.Sysroots = s } }

// StartTimeout bounds the start of a helper host; 30 s by default.
func StartTimeout(d time.Duration) Option {
	return func(o *options) { o.helper.StartTimeout = d }
}

// CallTimeout bounds each call into the plug-in, after which it counts as hung
// and is ended; 30 s by default, unbounded if negative.
func CallTimeout(d time.Duration) Option {
	return func(o *options) { o.helper.CallTimeout = d }
}

// SharedMemory sets how much memory can be shared with the plug-in, in bytes;
// 4 MiB by default.
func SharedMemory(size int) Option { return func(o *options) { o.helper.SharedMemory = size } }

// Output gets what the plug-in prints. By default only the end of it is kept,
// for errors.
func Output(w io.Writer) Option { return func(o *options) { o.helper.Output = w } }

// InGroup opens the plug-in in the runtime that the group's other plug-ins of
// the same architecture use. They share its memory and its fate.
func InGroup(g *Group) Option { return func(o *options) { o.group = g } }

// Preload loads a shared object into the plug-in's runtime before the plug-in,
// which can use what it defines; LookupPreloaded finds that too. image returns
// the object for the plug-in's architecture and is called once; the name is for
// errors.
func Preload(name string, image func(arch.Arch) ([]byte, error)) Option {
	return func(o *options) { o.preloads = append(o.preloads, preload{name, image}) }
}

// Alone makes InGroup an error: the plug-in, or what is loaded before it, cannot
// be in one process twice.
func Alone() Option { return func(o *options) { o.alone = true } }

// Group is a set of plug-ins that share runtimes, one an architecture. The
// options that concern a runtime are those of the plug-in that was opened
// first. The zero Group is ready to use, by several goroutines.
type Group struct {
	mu       sync.Mutex
	runtimes map[arch.Arch]*shared
}

// shared is a runtime and the number of plug-ins in it.
type shared struct {
	runtime
	users int
}

// take returns the group's runtime for an architecture and counts a user.
func (g *Group) take(ctx context.Context, a arch.Arch, o *options) (*shared, error) {
	if g == nil {
		rt, err := start(ctx, a, o)
		return &shared{rt, 1}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.runtimes[a]; s != nil && s.Err() == nil {
		s.users++
		return s, nil
	}
	rt, err := start(ctx, a, o)
	if err != nil {
		return nil, err
	}
	if g.runtimes == nil {
		g.runtimes = map[arch.Arch]*shared{}
	}
	s := &shared{rt, 1}
	g.runtimes[a] = s
	return s, nil
}

// drop ends a user's use, and the runtime with the last one's. modules are what
// the user had loaded.
func (g *Group) drop(ctx context.Context, s *shared, modules []uint64) error {
	if g != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	if s.users--; s.users == 0 {
		return s.Close()
	}
	var errs []error
	for _, m := range slices.Backward(modules) {
		if s.Err() != nil { // an end was reported when it came
			break
		}
		errs = append(errs, s.Unload(ctx, m))
	}
	return errors.Join(errs...)
}

// Plugin is a loaded plug-in. Its methods may be called concurrently; calls
// into the plug-in go one at a time, unless they use threads of their own
// (NewThread).
type Plugin struct {
	path   string
	image  arch.Image
	group  *Group
	shared *shared
	module uint64
	before []uint64 // modules that were loaded before it

	mu     sync.Mutex
	closed bool
}

// Open loads a plug-in: it finds the images in the file, chooses one that this
// machine can run — its own architecture's first — starts the runtime for it
// and loads the image there.
//
// Cancelling ctx while Open runs gives it up; afterwards ctx has no meaning.
func Open(ctx context.Context, path string, opts ...Option) (*Plugin, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if o.alone && o.group != nil {
		return nil, fmt.Errorf("%s: %w: plug-ins of its kind cannot share a runtime; open it without InGroup", path, fault.ErrMismatch)
	}
	f, err := arch.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	image, err := choose(f.Images, &o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s, err := o.group.take(ctx, image.Arch, &o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &Plugin{path: path, image: image, group: o.group, shared: s}
	if err = p.load(ctx, &o); err != nil {
		return nil, errors.Join(err, o.group.drop(ctx, s, p.before))
	}
	return p, nil
}

// load loads the file, and before it what is to be there first.
func (p *Plugin) load(ctx context.Context, o *options) error {
	for _, l := range o.preloads {
		image, err := l.image(p.image.Arch)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", p.path, l.name, err)
		}
		m, err := p.shared.LoadBytes(ctx, l.name, image)
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		p.before = append(p.before, m)
	}
	var err error
	p.module, err = p.shared.Load(ctx, p.path)
	return err
}

// choose picks the image to load.
func choose(images []arch.Image, o *options) (arch.Image, error) {
	images = slices.Clone(images)
	slices.SortStableFunc(images, func(a, b arch.Image) int { return preference(a) - preference(b) })
	var have []string
	var first error
	for _, img := range images {
		if o.image != (arch.Arch{}) && img.Arch != o.image {
			have = append(have, img.Arch.String())
			continue
		}
		err := runnable(img.Arch, o)
		if err == nil {
			return img, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = fmt.Errorf("%w: it has no image for %v (it has: %s)", fault.ErrNotFound, o.image, strings.Join(have, ", "))
	}
	return arch.Image{}, first
}

func preference(i arch.Image) int {
	if i.Arch == arch.Host() {
		return 0
	}
	return 1
}

// Path returns the absolute path of the file.
func (p *Plugin) Path() string { return p.path }

// Image returns what was loaded from the file.
func (p *Plugin) Image() arch.Image { return p.image }

// Arch returns the architecture of the loaded image.
func (p *Plugin) Arch() arch.Arch { return p.image.Arch }

// Runtime says how the plug-in is run, for people: "native", "compat",
// "qemu (qemu-s390x-static)".
func (p *Plugin) Runtime() string { return p.shared.Describe() }

// Done is closed when the plug-in's runtime has ended.
func (p *Plugin) Done() <-chan struct{} { return p.shared.Done() }

// Err returns nil while the plug-in's runtime lives, then why it ended.
func (p *Plugin) Err() error { return p.shared.Err() }

// Close unloads the plug-in and ends its runtime, unless others of its group
// use it. Blocks of shared memory must not be used any more. Closing again does
// nothing.
func (p *Plugin) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return p.group.drop(context.Background(), p.shared, append(slices.Clone(p.before), p.module))
}
