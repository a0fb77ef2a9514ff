package toolbox

import (
	"bytes"
	"slices"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/internal/bin"
)

// The Resource Manager ("Inside Macintosh: More Macintosh Toolbox", chapter 1).
// Open resource files form a chain, the latest first; a search begins at the
// current one. A resource that is in memory is a handle, which moves and may be
// purged as its attributes say.

// Errors of the Resource Manager, from <MacErrors.h>.
const (
	resourceInMemory = -188
	resNotFound      = -192
	resFNotFound     = -193
	addResFailed     = -194
	rmvResFailed     = -196
	resAttrErr       = -198
	mapReadErr       = -199
	cantDecompress   = -186
	inputOutOfBounds = -190
	mostResources    = 4096
)

// resourceFile is an open resource file.
type resourceFile struct {
	ref        int16
	fork       *resource.Fork
	byResource map[*resource.Resource]*loaded
	mapHandle  uint32
	changed    bool
}

// loaded is a resource with a handle, which may be empty.
type loaded struct {
	file     *resourceFile
	resource *resource.Resource
	handle   uint32
	changed  bool
}

func (t *Toolbox) setResErr(err int16) { t.put16(lowResErr, uint16(err)) }

// ResError returns the result of the latest call of the Resource Manager.
func (t *Toolbox) ResError() int16 { return int16(t.u16(lowResErr)) }

// LMGetResErr is ResError.
func (t *Toolbox) LMGetResErr() int16 { return t.ResError() }

// LMSetResErr changes what ResError returns.
func (t *Toolbox) LMSetResErr(err int16) { t.setResErr(err) }

// LMGetTopMapHndl returns the handle of the map of the latest resource file: 16
// bytes of header, the handle of the next map, 4, and the file's reference number,
// 2.
func (t *Toolbox) LMGetTopMapHndl() uint32 { return t.u32(lowTopMapHndl) }

// LMGetResLoad returns the global variable.
func (t *Toolbox) LMGetResLoad() uint8 { return t.u8(lowResLoad) }

// SetResLoad says whether resources are read when they are got.
func (t *Toolbox) SetResLoad(load bool) { t.put8(lowResLoad, uint8(boolean(load))) }

// LMSetResLoad changes the global variable.
func (t *Toolbox) LMSetResLoad(load uint8) { t.put8(lowResLoad, load) }

// LMGetCurMap is CurResFile.
func (t *Toolbox) LMGetCurMap() int16 { return t.CurResFile() }

// SetResPurge has nothing to do: changed resources are not purged.
func (t *Toolbox) SetResPurge(bool) { t.setResErr(0) }

func (t *Toolbox) resourceFile(ref int16) *resourceFile {
	for _, f := range t.chain {
		if f.ref == ref {
			return f
		}
	}
	return nil
}

// openResources opens a file's resource fork as the first of the chain.
func (t *Toolbox) openResources(n *node, permission int8) int16 {
	if _, err := t.volume.open(n); err != 0 {
		t.setResErr(err)
		return -1
	}
	for r, o := range t.open {
		if o.node == n && o.fork == resourceFork && t.resourceFile(r) != nil {
			t.put16(lowCurMap, uint16(r))
			t.setResErr(0)
			return r
		}
	}
	if len(n.file.forks[resourceFork]) == 0 && permission != fsCurPerm && permission != fsRdPerm {
		t.setResErr(eofErr)
		return -1
	}
	t.work(len(n.file.forks[resourceFork]) / 16)
	fork, err := resource.Parse(bytes.Clone(n.file.forks[resourceFork]))
	switch {
	case err != nil:
		t.setResErr(mapReadErr)
		return -1
	case len(n.file.forks[resourceFork]) == 0:
		t.setResErr(eofErr)
		return -1
	}
	ref, code := t.openFork(n, resourceFork, permission)
	if code != 0 {
		t.setResErr(code)
		return -1
	}
	f := &resourceFile{ref: ref, fork: fork, byResource: map[*resource.Resource]*loaded{}}
	const mapSize = 30
	if f.mapHandle = t.newHandle(mapSize, false); f.mapHandle == 0 {
		t.closeFork(ref)
		t.setResErr(memFullErr)
		return -1
	}
	at := t.u32(f.mapHandle)
	t.put16(at+20, uint16(ref))
	t.put16(at+22, uint16(fork.Attributes))
	t.put16(at+24, mapSize-2)
	t.put16(at+26, mapSize)
	t.put16(at+28, 0xffff) // no types: the map itself is not here
	t.chain = slices.Insert(t.chain, 0, f)
	t.put16(lowCurMap, uint16(ref))
	t.link()
	t.setResErr(0)
	if t.u8(lowResLoad) != 0 {
		for _, r := range fork.Resources {
			if r.Attributes&resource.Preload != 0 {
				t.get(f, r)
			}
		}
		t.setResErr(0)
	}
	return ref
}

// link writes the chain as it is in memory.
func (t *Toolbox) link() {
	next := uint32(0)
	for _, f := range slices.Backward(t.chain) {
		t.put32(t.u32(f.mapHandle)+16, next)
		next = f.mapHandle
	}
	t.put32(lowTopMapHndl, next)
}

// OpenResources opens the resource fork of a file by its path from the volume's
// root, folders separated by colons. It is for hosts: -1 and ResError if it cannot.
func (t *Toolbox) OpenResources(name string) int16 {
	text, err := bin.EncodeMacRoman(name)
	if err != nil {
		t.setResErr(bdNamErr)
		return -1
	}
	return t.openResFile(volumeRef, rootID, text, fsCurPerm)
}

func (t *Toolbox) openResFile(volume int16, folder uint32, name []byte, permission int8) int16 {
	n, err := t.volume.find(volume, folder, name)
	if err != 0 {
		t.setResErr(err)
		return -1
	}
	return t.openResources(n, permission)
}

// OpenResFile opens a resource file of the default folder.
func (t *Toolbox) OpenResFile(name uint32) int16 {
	return t.openResFile(0, 0, t.pstring(name), fsCurPerm)
}

// OpenRFPerm opens a resource file of a volume's root.
func (t *Toolbox) OpenRFPerm(name uint32, volume int16, permission int8) int16 {
	return t.openResFile(volume, 0, t.pstring(name), permission)
}

// HOpenResFile opens a resource file of a folder.
func (t *Toolbox) HOpenResFile(volume int16, folder int32, name uint32, permission int8) int16 {
	return t.openResFile(volume, uint32(folder), t.pstring(name), permission)
}

// FSpOpenResFile opens a resource file.
func (t *Toolbox) FSpOpenResFile(spec uint32, permission int8) int16 {
	v, f, name := t.spec(spec)
	return t.openResFile(v, f, name, permission)
}

// createResFile gives a file a resource fork, and makes the file if there is none.
func (t *Toolbox) createResFile(volume int16, folder uint32, name []byte, creator, kind uint32) {
	err := t.createFile(volume, folder, name, creator, kind)
	n, found := t.volume.find(volume, folder, name)
	if found != 0 || err != 0 && err != dupFNErr {
		t.setResErr(err)
		return
	}
	f, code := t.volume.open(n)
	switch {
	case code != 0:
		err = code
	case len(f.forks[resourceFork]) > 0:
		err = dupFNErr
	case !t.options.Writable:
		err = wPrErr
	default:
		empty, bad := (&resource.Fork{}).Encode()
		if err = 0; bad != nil {
			err = ioErr
			break
		}
		f.forks[resourceFork], f.changed = empty, true
	}
	t.setResErr(err)
}

// CreateResFile makes a resource file in the default folder.
func (t *Toolbox) CreateResFile(name uint32) {
	t.createResFile(0, 0, t.pstring(name), fsTypeUnknown, fsTypeUnknown)
}

// HCreateResFile makes a resource file in a folder.
func (t *Toolbox) HCreateResFile(volume int16, folder int32, name uint32) {
	t.createResFile(volume, uint32(folder), t.pstring(name), fsTypeUnknown, fsTypeUnknown)
}

// FSpCreateResFile makes a resource file.
func (t *Toolbox) FSpCreateResFile(spec, creator, kind uint32, _ int16) {
	v, f, name := t.spec(spec)
	t.createResFile(v, f, name, creator, kind)
}

// CloseResFile writes and closes a resource file; its handles go.
func (t *Toolbox) CloseResFile(ref int16) {
	f := t.resourceFile(ref)
	if f == nil {
		t.setResErr(resFNotFound)
		return
	}
	err := t.update(f)
	for _, r := range f.fork.Resources {
		if l := f.byResource[r]; l != nil {
			t.DisposeHandle(l.handle)
		}
	}
	t.DisposeHandle(f.mapHandle)
	i := slices.Index(t.chain, f)
	t.chain = slices.Delete(t.chain, i, i+1)
	if int16(t.u16(lowCurMap)) == ref {
		current := int16(0)
		if len(t.chain) > 0 {
			current = t.chain[min(i, len(t.chain)-1)].ref
		}
		t.put16(lowCurMap, uint16(current))
	}
	t.link()
	if code := t.closeFork(ref); err == 0 {
		err = code
	}
	t.setResErr(err)
}

// UpdateResFile writes a resource file's changes.
func (t *Toolbox) UpdateResFile(ref int16) {
	f := t.resourceFile(ref)
	if f == nil {
		t.setResErr(resFNotFound)
		return
	}
	t.setResErr(t.update(f))
}

// update writes a resource file, if anything in it has changed.
func (t *Toolbox) update(f *resourceFile) int16 {
	for _, l := range f.byResource {
		t.keep(l)
	}
	if !f.changed {
		return 0
	}
	o := t.open[f.ref]
	if o == nil || !o.writable {
		return wrPermErr
	}
	data, err := f.fork.Encode()
	t.work(len(data)/16 + lookWork*len(f.fork.Resources))
	if err != nil {
		return addResFailed
	}
	if code := t.resizeFork(o, int64(len(data))); code != 0 {
		return code
	}
	copy(*o.data(), data)
	t.touch(o)
	f.changed = false
	return 0
}

// keep takes a changed resource's data from its handle.
func (t *Toolbox) keep(l *loaded) {
	if k := t.handles[l.handle]; l.changed && k != nil && k.block != nil {
		l.resource.Data = t.copyOf(k.block.at, k.block.used)
		l.resource.Attributes &^= resource.Compressed | resource.Changed
		l.changed, l.file.changed = false, true
	}
}

// CurResFile returns the reference number of the current resource file.
func (t *Toolbox) CurResFile() int16 { return int16(t.u16(lowCurMap)) }

// UseResFile makes a resource file the current one.
func (t *Toolbox) UseResFile(ref int16) {
	if ref != 0 && t.resourceFile(ref) == nil {
		t.setResErr(resFNotFound)
		return
	}
	t.put16(lowCurMap, uint16(ref))
	t.setResErr(0)
}

// HomeResFile returns the file that a resource is of, -1 if it is none.
func (t *Toolbox) HomeResFile(h uint32) int16 {
	l := t.resource(h)
	if l == nil {
		return -1
	}
	return l.file.ref
}

// resource returns the resource of a handle, or sets ResError.
func (t *Toolbox) resource(h uint32) *loaded {
	l := t.resources[h]
	if l == nil {
		t.setResErr(resNotFound)
		return nil
	}
	t.setResErr(0)
	return l
}

// GetResFileAttrs returns the attributes of a resource file.
func (t *Toolbox) GetResFileAttrs(ref int16) int16 {
	f := t.resourceFile(ref)
	if f == nil {
		t.setResErr(resFNotFound)
		return 0
	}
	t.setResErr(0)
	return int16(f.fork.Attributes)
}

// SetResFileAttrs changes the attributes of a resource file.
func (t *Toolbox) SetResFileAttrs(ref, attributes int16) {
	f := t.resourceFile(ref)
	if f == nil {
		t.setResErr(resFNotFound)
		return
	}
	f.fork.Attributes, f.changed = resource.ForkAttributes(attributes), true
	t.setResErr(0)
}

// searched returns the files that are searched: the current one, and those behind
// it.
func (t *Toolbox) searched(one bool) []*resourceFile {
	current := t.CurResFile()
	for i, f := range t.chain {
		if f.ref == current {
			if one {
				return t.chain[i : i+1]
			}
			return t.chain[i:]
		}
	}
	return nil
}

// all returns the files that are counted: all of the chain, or the current one.
func (t *Toolbox) all(one bool) []*resourceFile {
	if one {
		return t.searched(true)
	}
	return t.chain
}

// get returns a resource's handle, and reads it unless SetResLoad forbids.
func (t *Toolbox) get(f *resourceFile, r *resource.Resource) uint32 {
	l := f.byResource[r]
	if l == nil {
		h := t.newMaster(r.Attributes&resource.SysHeap != 0)
		if h == nil {
			t.setResErr(memFullErr)
			return 0
		}
		l = &loaded{file: f, resource: r, handle: h.master}
		f.byResource[r], t.resources[h.master] = l, l
	}
	if t.u8(lowResLoad) != 0 {
		if err := t.fillResource(l); err != 0 {
			t.setResErr(err)
			return 0
		}
	}
	t.setResErr(0)
	return l.handle
}

// fillResource reads a resource into its handle, if that is empty.
func (t *Toolbox) fillResource(l *loaded) int16 {
	k := t.handles[l.handle]
	if k == nil {
		return resNotFound
	}
	if k.block != nil {
		return 0
	}
	data, err := t.expanded(l.resource)
	if err != 0 {
		return err
	}
	if !t.fill(k, uint32(len(data))) {
		return memFullErr
	}
	k.block.what = describe(l.resource)
	a := l.resource.Attributes
	k.resource, k.locked, k.purgeable = true, a&resource.Locked != 0, a&resource.Purgeable != 0
	t.write(k.block.at, data)
	return 0
}

func describe(r *resource.Resource) string {
	return "'" + r.Type.String() + "' " + decimal(int64(r.ID))
}

// expanded returns a resource's data.
func (t *Toolbox) expanded(r *resource.Resource) ([]byte, int16) {
	h, _, err := r.Compression()
	if h == nil && err == nil {
		return r.Data, 0
	}
	if err != nil || t.options.Decompress == nil {
		return nil, cantDecompress
	}
	data, err := t.options.Decompress(r.Data)
	if err != nil {
		return nil, cantDecompress
	}
	return data, 0
}

// lookUp returns the first resource that a test finds.
func (t *Toolbox) lookUp(files []*resourceFile, kind uint32, is func(*resource.Resource) bool) uint32 {
	for _, f := range files {
		t.work(len(f.fork.Resources))
		for r := range f.fork.OfType(coderes.OSType(kind)) {
			if is(r) {
				return t.get(f, r)
			}
		}
	}
	t.setResErr(resNotFound)
	return 0
}

// GetResource returns a resource by its number, from the current file on.
func (t *Toolbox) GetResource(kind uint32, id int16) uint32 {
	return t.lookUp(t.searched(false), kind, func(r *resource.Resource) bool { return r.ID == id })
}

// RGetResource is GetResource: there are no resources in ROM.
func (t *Toolbox) RGetResource(kind uint32, id int16) uint32 { return t.GetResource(kind, id) }

// Get1Resource returns a resource of the current file by its number.
func (t *Toolbox) Get1Resource(kind uint32, id int16) uint32 {
	return t.lookUp(t.searched(true), kind, func(r *resource.Resource) bool { return r.ID == id })
}

// lookWork is how long it takes to compare a name.
const lookWork = 64

func (t *Toolbox) named(name uint32) func(*resource.Resource) bool {
	want := key(t.pstring(name))
	return func(r *resource.Resource) bool {
		t.work(lookWork)
		have, err := bin.EncodeMacRoman(r.Name)
		return err == nil && bytes.Equal(key(have), want)
	}
}

// GetNamedResource returns a resource by its name, from the current file on.
func (t *Toolbox) GetNamedResource(kind, name uint32) uint32 {
	return t.lookUp(t.searched(false), kind, t.named(name))
}

// Get1NamedResource returns a resource of the current file by its name.
func (t *Toolbox) Get1NamedResource(kind, name uint32) uint32 {
	return t.lookUp(t.searched(true), kind, t.named(name))
}

// types returns the types of files, each once.
func (t *Toolbox) types(files []*resourceFile) []coderes.OSType {
	var all []coderes.OSType
	seen := map[coderes.OSType]bool{}
	for _, f := range files {
		t.work(4 * len(f.fork.Resources))
		for _, r := range f.fork.Resources {
			if !seen[r.Type] {
				seen[r.Type] = true
				all = append(all, r.Type)
			}
		}
	}
	return all
}

// CountTypes returns the number of types.
func (t *Toolbox) CountTypes() int16 { return int16(len(t.types(t.all(false)))) }

// Count1Types returns the number of types in the current file.
func (t *Toolbox) Count1Types() int16 { return int16(len(t.types(t.all(true)))) }

func (t *Toolbox) indType(at uint32, index int16, one bool) {
	all := t.types(t.all(one))
	if index < 1 || int(index) > len(all) {
		t.put32(at, 0)
		t.setResErr(resNotFound)
		return
	}
	t.put32(at, uint32(all[index-1]))
	t.setResErr(0)
}

// GetIndType writes the type of a number from 1.
func (t *Toolbox) GetIndType(at uint32, index int16) { t.indType(at, index, false) }

// Get1IndType writes the type of a number from 1 in the current file.
func (t *Toolbox) Get1IndType(at uint32, index int16) { t.indType(at, index, true) }

func (t *Toolbox) count(kind uint32, one bool) int16 {
	n := 0
	for _, f := range t.all(one) {
		t.work(len(f.fork.Resources))
		for range f.fork.OfType(coderes.OSType(kind)) {
			n++
		}
	}
	t.setResErr(0)
	return int16(min(n, 32767))
}

// CountResources returns the number of resources of a type.
func (t *Toolbox) CountResources(kind uint32) int16 { return t.count(kind, false) }

// Count1Resources returns the number of resources of a type in the current file.
func (t *Toolbox) Count1Resources(kind uint32) int16 { return t.count(kind, true) }

func (t *Toolbox) ind(kind uint32, index int16, one bool) uint32 {
	return t.lookUp(t.all(one), kind, func(*resource.Resource) bool { index--; return index == 0 })
}

// GetIndResource returns a resource by its place among those of a type, from 1.
func (t *Toolbox) GetIndResource(kind uint32, index int16) uint32 { return t.ind(kind, index, false) }

// Get1IndResource returns a resource by its place in the current file.
func (t *Toolbox) Get1IndResource(kind uint32, index int16) uint32 { return t.ind(kind, index, true) }
