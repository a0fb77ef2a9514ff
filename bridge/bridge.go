// Package bridge lends plug-ins that are built for another architecture to
// programs that know nothing of crossplug. For each LADSPA file it writes a
// native shared object, the shim, into a folder where LADSPA hosts look for
// plug-ins. A host that loads the shim sees the plug-ins as if they were its
// own; their code runs in a helper host.
//
//	DIR/NAME-ARCH.so                  the shim
//	DIR/.crossplug/NAME-ARCH.bridge   its sidecar: what it is a shim for
//	DIR/.crossplug/helper-ARCH-HASH   what runs the plug-in
//	DIR/.crossplug/folders.json       folders that Sync looks through
//
// [Add] describes each plug-in once, in a helper that may crash or hang without
// harm. [List] says what there is, [Remove] takes shims away, and [Sync] brings
// a folder up to date after plug-ins or crossplug itself have changed.
//
// The shim is in C, in native: the host side of the helper's protocol (client.h)
// and LADSPA over it (ladspa.c).
package bridge

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// Options say where shims go and how their plug-ins run. The zero value is
// right for most.
type Options struct {
	// Dir is the folder of the shims; ~/.ladspa if empty.
	Dir string
	// Group makes all files of the group that one program uses, and that are
	// of one architecture, share a helper. If empty each file has its own.
	Group string
	// Prefer names strategies to try before the others, for example "qemu".
	Prefer []string
	// Sysroots is the store of other architectures' libraries; the user's own
	// if zero.
	Sysroots sysroot.Store
	// Host is the architecture of the programs that will load the shims; this
	// program's own if zero.
	Host arch.Arch
	// CallTimeout bounds each call while a plug-in is described; 10 s if zero.
	CallTimeout time.Duration
	// Progress, if not nil, is told of each file that is done, and of how many
	// there are. Calls do not overlap.
	Progress func(done, total int, path string)
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return o, fmt.Errorf("where to put bridged plug-ins: %w; name a folder", err)
		}
		o.Dir = filepath.Join(home, ".ladspa")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, err
	}
	o.Dir = dir
	if o.Host == (arch.Arch{}) {
		o.Host = arch.Host()
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = 10 * time.Second
	}
	if strings.ContainsFunc(o.Group, func(r rune) bool { return r < ' ' }) || len(o.Group) > 200 {
		return o, fmt.Errorf("group %q: has control characters or more than 200 bytes", o.Group)
	}
	_, err = shim(o.Host)
	return o, err
}

// Action is what was done about a file.
type Action string

const (
	Added     Action = "added"
	Refreshed Action = "refreshed"
	Removed   Action = "removed"
	Kept      Action = "kept" // it was right as it was
	Failed    Action = "failed"
)

// Result is what became of one file.
type Result struct {
	Path   string // of the plug-in file
	Shim   string // its path, if there is one
	Action Action
	Err    error // why it failed; nil otherwise
}

// Bridge is a bridged file.
type Bridge struct {
	Shim    string
	Path    string // of the plug-in file
	Arch    string // of the plug-in
	Group   string
	Run     string // the program that runs it: "qemu-s390x-static", or "" if the processor does
	State   State
	Plugins []Plugin
}

// Plugin is a plug-in as hosts see it.
type Plugin struct {
	Label string
	Name  string
	ID    uint32
}

// State says whether a shim fits what it was made for.
type State string

const (
	Current State = "current"
	Changed State = "changed"  // the plug-in's file has been replaced since
	Gone    State = "gone"     // the plug-in's file is not there any more
	Old     State = "outdated" // another version of crossplug made it, or what ran the plug-in is gone
	Damaged State = "damaged"  // the shim or its sidecar is
)

// Add bridges files, and in folders all files for other architectures that
// export LADSPA's entry point. Folders are remembered for Sync. A file that
// cannot be bridged is a Result with an error and does not stop the others; the
// error returned is of something that concerns all.
func Add(ctx context.Context, o Options, paths ...string) ([]Result, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	var files []string
	var folders []folder
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = fmt.Errorf("%s: %w", path, fault.ErrNotFound)
			}
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := foreign(path, &o)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
		folders = append(folders, folder{path, o.Group, o.Prefer})
	}
	unlock, err := lockFolder(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if len(folders) > 0 {
		if err := rememberFolders(o.Dir, folders); err != nil {
			return nil, err
		}
	}
	slices.Sort(files)
	jobs := make([]job, 0, len(files))
	for _, f := range slices.Compact(files) {
		jobs = append(jobs, job{&o, f, Added})
	}
	return o.make(ctx, jobs)
}

// foreign lists the LADSPA files of other architectures in a folder, not below
// it, as LADSPA hosts do.
func foreign(dir string, o *Options) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if f, err := arch.Open(path); err == nil { // what is no image is no plug-in
			if len(f.Images) > 0 && f.Images[0].Arch != o.Host && f.Images[0].Arch.OS == arch.Linux {
				if d, err := f.Details(f.Images[0]); err == nil && slices.Contains(d.Exports, "ladspa_descriptor") && !isShim(path) {
					found = append(found, path)
				}
			}
			f.Close()
		}
	}
	return found, nil
}

// job is a file to bridge.
type job struct {
	o    *Options
	path string
	then Action // what it is called when it is done
}

// make describes files, several at a time, and writes their shims. The folder
// is locked.
func (o *Options) make(ctx context.Context, jobs []job) ([]Result, error) {
	results := make([]Result, len(jobs))
	sidecars := make([]*sidecar, len(jobs))
	var mu sync.Mutex
	done := 0
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.NumCPU(), len(jobs)) {
		wg.Go(func() {
			for i := range next {
				var err error
				sidecars[i], err = describe(ctx, jobs[i].o, jobs[i].path)
				mu.Lock()
				results[i] = Result{Path: jobs[i].path, Action: Failed, Err: err}
				done++
				if o.Progress != nil {
					o.Progress(done, len(jobs), jobs[i].path)
				}
				mu.Unlock()
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err // nothing was written
	}
	for i, j := range jobs {
		if results[i].Err == nil {
			results[i].Shim, results[i].Err = install(j.o, sidecars[i])
		}
		if results[i].Err == nil {
			results[i].Action = j.then
		}
	}
	return results, nil
}

// install writes the files of a bridge. The shim comes last: what is there when
// it appears is complete.
func install(o *Options, s *sidecar) (string, error) {
	a, err := arch.Parse(s.arch)
	if err != nil {
		return "", err
	}
	image, err := shim(o.Host)
	if err != nil {
		return "", err
	}
	name := strings.TrimSuffix(filepath.Base(s.plugin), ".so") + "-" + s.arch
	path := filepath.Join(o.Dir, name+".so")
	if _, err := os.Lstat(path); err == nil {
		if !isShim(path) {
			return "", fmt.Errorf("%s: there is a file of that name already, which crossplug did not make; move it away, or bridge into another folder", path)
		}
		if old, err := readSidecar(path); err == nil && old.plugin != s.plugin {
			return "", fmt.Errorf("%s: bridges %s already; remove that first, or bridge into another folder", path, old.plugin)
		}
	}
	if err := installHelper(o.Dir, a); err != nil {
		return "", err
	}
	if err := writeFile(sidecarPath(path), s.encode(), 0o644); err != nil {
		return "", err
	}
	return path, writeFile(path, image, 0o644)
}

// List returns the bridged files of a folder, in order of their shims' names.
func List(o Options) ([]Bridge, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	shims, err := shims(o.Dir)
	if err != nil {
		return nil, err
	}
	var all []Bridge
	for _, path := range shims {
		b := Bridge{Shim: path, State: Damaged}
		if s, err := readSidecar(path); err == nil {
			b.Path, b.Arch, b.Group, b.State = s.plugin, s.arch, s.group, s.state(path)
			if len(s.command) > 1 {
				b.Run = filepath.Base(s.command[0])
			}
			for _, p := range s.plugins {
				b.Plugins = append(b.Plugins, Plugin{p.label, p.name, p.shownID})
			}
		}
		all = append(all, b)
	}
	return all, nil
}

// state compares a sidecar with what it speaks of.
func (s *sidecar) state(path string) State {
	content, err := contentOf(s.plugin)
	if errors.Is(err, fs.ErrNotExist) {
		return Gone
	}
	if err != nil || content != s.content {
		return Changed
	}
	if s.outdated {
		return Old
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Damaged
	}
	host, err := hostOf(path)
	if err != nil {
		return Damaged
	}
	if image, err := shim(host); err != nil || string(raw) != string(image) {
		return Old
	}
	a, err := arch.Parse(s.arch)
	if err != nil {
		return Old
	}
	now := sidecar{}
	if err := now.launch(a, &Options{Dir: filepath.Dir(path), Prefer: s.prefer, Host: host}); err != nil || !slices.Equal(now.command, s.command) {
		return Old
	}
	if helperMissing(filepath.Dir(path), a) {
		return Old
	}
	return Current
}

// Remove takes away the shims of files: each is named by the shim's path or
// name, with or without .so, or by the plug-in file's path. The error of one
// that is no shim of this folder is an ErrNotFound; nothing is removed then.
func Remove(ctx context.Context, o Options, names ...string) ([]Result, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.Dir); err == nil { // there is nothing to remove otherwise, nor to lock
		unlock, err := lockFolder(ctx, o.Dir)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	all, err := List(o)
	if err != nil {
		return nil, err
	}
	var chosen []Bridge
	for _, name := range names {
		before := len(chosen)
		for _, b := range all {
			absolute, err := filepath.Abs(name)
			if err != nil {
				return nil, err
			}
			if base := filepath.Base(b.Shim); name == base || name+".so" == base || absolute == b.Shim || absolute == b.Path {
				chosen = append(chosen, b)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("%s: %w: no such bridge in %s; crossplug bridge list says what there is", name, fault.ErrNotFound, o.Dir)
		}
	}
	var results []Result
	for _, b := range chosen {
		r := Result{Path: b.Path, Shim: b.Shim, Action: Removed}
		if r.Err = remove(b.Shim); r.Err != nil {
			r.Action = Failed
		}
		results = append(results, r)
	}
	return results, removeUnused(o.Dir)
}

// Sync brings a folder up to date: files that have come into folders which Add
// was given are added, shims of files that are gone are removed, and shims that
// do not fit any more are made anew. Group and Prefer are those of Add.
func Sync(ctx context.Context, o Options) ([]Result, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was ever added
	}
	unlock, err := lockFolder(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	bridges, err := List(o)
	if err != nil {
		return nil, err
	}
	folders, err := rememberedFolders(o.Dir)
	if err != nil {
		return nil, err
	}
	var results []Result
	var jobs []job
	known := map[string]bool{}
	for _, b := range bridges {
		known[b.Path] = true
		switch b.State {
		case Current:
			results = append(results, Result{Path: b.Path, Shim: b.Shim, Action: Kept})
		case Gone:
			r := Result{Path: b.Path, Shim: b.Shim, Action: Removed}
			if r.Err = remove(b.Shim); r.Err != nil {
				r.Action = Failed
			}
			results = append(results, r)
		default:
			j, err := o.again(b)
			if err != nil {
				results = append(results, Result{Path: b.Path, Shim: b.Shim, Action: Failed, Err: err})
				continue
			}
			jobs = append(jobs, j)
		}
	}
	for _, f := range folders {
		this := o
		this.Group, this.Prefer = f.Group, f.Prefer
		found, err := foreign(f.Path, &this)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, path := range found {
			if !known[path] {
				known[path] = true
				jobs = append(jobs, job{&this, path, Added})
			}
		}
	}
	made, err := o.make(ctx, jobs)
	if err != nil {
		return nil, err
	}
	results = append(results, made...)
	slices.SortStableFunc(results, func(a, b Result) int { return strings.Compare(a.Path, b.Path) })
	return results, removeUnused(o.Dir)
}

// again makes a job of a bridge that does not fit any more.
func (o *Options) again(b Bridge) (job, error) {
	s, err := readSidecar(b.Shim)
	if err != nil {
		return job{}, fmt.Errorf("%s: %w; remove it, and add its plug-in again", b.Shim, err)
	}
	this := *o
	this.Group, this.Prefer = s.group, s.prefer
	if host, err := hostOf(b.Shim); err == nil {
		this.Host = host
	}
	return job{&this, b.Path, Refreshed}, nil
}

// helperPath is where the executable of a helper is; its name says its content,
// so that shims of several versions of crossplug do not disturb each other.
func helperPath(dir string, a arch.Arch, binary []byte) string {
	sum := sha256.Sum256(binary)
	return filepath.Join(dir, hidden, fmt.Sprintf("helper-%v-%x", a, sum[:6]))
}
