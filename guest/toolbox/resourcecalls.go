package toolbox

import (
	"slices"
	"strconv"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/internal/bin"
)

// What is done with a resource once there is a handle to it.

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// LoadResource reads a resource, whatever SetResLoad says.
func (t *Toolbox) LoadResource(h uint32) {
	if l := t.resource(h); l != nil {
		t.setResErr(t.fillResource(l))
	}
}

// forgetResource takes a handle that is being disposed of from its file.
func (t *Toolbox) forgetResource(h uint32) {
	if l := t.resources[h]; l != nil {
		delete(l.file.byResource, l.resource)
		delete(t.resources, h)
	}
}

// ReleaseResource disposes of a resource's handle, unless it is changed.
func (t *Toolbox) ReleaseResource(h uint32) {
	l := t.resource(h)
	if l == nil || l.changed {
		return
	}
	t.DisposeHandle(h)
	t.setResErr(0)
}

// DetachResource makes a resource's handle an ordinary one.
func (t *Toolbox) DetachResource(h uint32) {
	l := t.resource(h)
	switch {
	case l == nil:
	case l.changed:
		t.setResErr(resAttrErr)
	default:
		t.forgetResource(h)
		if k := t.handles[h]; k != nil {
			k.resource = false
		}
	}
}

func (t *Toolbox) unique(kind uint32, files []*resourceFile) int16 {
	used := map[int16]bool{}
	for _, f := range files {
		t.work(4 * len(f.fork.Resources))
		for r := range f.fork.OfType(coderes.OSType(kind)) {
			used[r.ID] = true
		}
	}
	for id := int16(128); id > 0; id++ {
		if !used[id] {
			t.setResErr(0)
			return id
		}
	}
	t.setResErr(addResFailed)
	return 0
}

// UniqueID returns a number that no resource of a type has, from 128 on.
func (t *Toolbox) UniqueID(kind uint32) int16 { return t.unique(kind, t.all(false)) }

// Unique1ID returns a number that no resource of a type has in the current file.
func (t *Toolbox) Unique1ID(kind uint32) int16 { return t.unique(kind, t.all(true)) }

// GetResInfo writes a resource's number, type and name.
func (t *Toolbox) GetResInfo(h, id, kind, name uint32) {
	l := t.resource(h)
	if l == nil {
		return
	}
	// Glue lets any of them be left out.
	if id != 0 {
		t.put16(id, uint16(l.resource.ID))
	}
	if kind != 0 {
		t.put32(kind, uint32(l.resource.Type))
	}
	if name != 0 {
		text, err := bin.EncodeMacRoman(l.resource.Name)
		if err != nil {
			text = nil
		}
		t.putPString(name, text, 255)
	}
}

// changeable says whether a resource may be changed, or sets ResError.
func (t *Toolbox) changeable(l *loaded) bool {
	switch {
	case l == nil:
		return false
	case l.resource.Attributes&resource.Protected != 0:
		t.setResErr(resAttrErr)
		return false
	case !t.open[l.file.ref].writable:
		t.setResErr(wrPermErr)
		return false
	}
	return true
}

// SetResInfo changes a resource's number and name.
func (t *Toolbox) SetResInfo(h uint32, id int16, name uint32) {
	l := t.resource(h)
	if !t.changeable(l) {
		return
	}
	l.resource.ID = id
	if name != 0 {
		l.resource.Name = bin.MacRoman(t.pstring(name))
	}
	l.file.changed = true
}

// GetResAttrs returns a resource's attributes.
func (t *Toolbox) GetResAttrs(h uint32) int16 {
	l := t.resource(h)
	if l == nil {
		return 0
	}
	a := l.resource.Attributes
	if l.changed {
		a |= resource.Changed
	}
	return int16(a)
}

// SetResAttrs changes a resource's attributes.
func (t *Toolbox) SetResAttrs(h uint32, attributes int16) {
	if l := t.resource(h); l != nil {
		l.resource.Attributes = resource.Attributes(attributes)&^(resource.Changed|resource.Compressed) | l.resource.Attributes&resource.Compressed
		l.file.changed = l.file.changed || t.open[l.file.ref].writable
	}
}

// GetResourceSizeOnDisk returns how many bytes a resource has in its file.
func (t *Toolbox) GetResourceSizeOnDisk(h uint32) int32 {
	l := t.resource(h)
	if l == nil {
		return -1
	}
	if header, _, err := l.resource.Compression(); err == nil && header != nil {
		return int32(header.Length)
	}
	return int32(len(l.resource.Data))
}

// GetMaxResourceSize is GetResourceSizeOnDisk.
func (t *Toolbox) GetMaxResourceSize(h uint32) int32 { return t.GetResourceSizeOnDisk(h) }

// ChangedResource says that a resource is to be written.
func (t *Toolbox) ChangedResource(h uint32) {
	if l := t.resource(h); t.changeable(l) {
		l.changed = true
		if k := t.handles[h]; k != nil {
			k.purgeable = false
		}
	}
}

// WriteResource writes a changed resource to its file.
func (t *Toolbox) WriteResource(h uint32) {
	if l := t.resource(h); l != nil && l.changed {
		t.setResErr(t.update(l.file))
	}
}

// AddResource makes an ordinary handle a resource of the current file.
func (t *Toolbox) AddResource(h, kind uint32, id int16, name uint32) {
	files := t.searched(true)
	k := t.handles[h]
	if len(files) == 0 || k == nil || t.resources[h] != nil || len(files[0].fork.Resources) >= mostResources {
		t.setResErr(addResFailed)
		return
	}
	f := files[0]
	if !t.open[f.ref].writable {
		t.setResErr(wrPermErr)
		return
	}
	r := &resource.Resource{Type: coderes.OSType(kind), ID: id}
	if name != 0 {
		r.Name = bin.MacRoman(t.pstring(name))
	}
	l := &loaded{file: f, resource: r, handle: h, changed: true}
	f.fork.Resources = append(f.fork.Resources, r)
	f.byResource[r], t.resources[h] = l, l
	k.resource, f.changed = true, true
	t.setResErr(0)
}

// RemoveResource takes a resource from its file; its handle stays.
func (t *Toolbox) RemoveResource(h uint32) {
	l := t.resource(h)
	if !t.changeable(l) {
		if l != nil {
			t.setResErr(rmvResFailed)
		}
		return
	}
	l.file.fork.Resources = slices.DeleteFunc(l.file.fork.Resources, func(r *resource.Resource) bool { return r == l.resource })
	l.file.changed = true
	t.forgetResource(h)
	if k := t.handles[h]; k != nil {
		k.resource = false
	}
}

// ReadPartialResource reads some bytes of a resource, which need not be in memory.
func (t *Toolbox) ReadPartialResource(h uint32, offset int32, to uint32, count int32) {
	l := t.resource(h)
	if l == nil {
		return
	}
	data, err := t.expanded(l.resource)
	if k := t.handles[h]; k != nil && k.block != nil {
		defer func() {
			if t.ResError() == 0 {
				t.setResErr(resourceInMemory)
			}
		}()
	}
	switch {
	case err != 0:
		t.setResErr(err)
	case offset < 0 || count < 0 || int64(offset)+int64(count) > int64(len(data)):
		t.setResErr(inputOutOfBounds)
	default:
		t.write(to, data[offset:offset+count])
	}
}

// GetString returns a 'STR ' resource.
func (t *Toolbox) GetString(id int16) uint32 { return t.GetResource(0x53545220, id) }

// GetPicture returns a 'PICT' resource.
func (t *Toolbox) GetPicture(id int16) uint32 { return t.GetResource(0x50494354, id) }

// GetCursor returns a 'CURS' resource.
func (t *Toolbox) GetCursor(id int16) uint32 { return t.GetResource(0x43555253, id) }

// GetIcon returns an 'ICON' resource.
func (t *Toolbox) GetIcon(id int16) uint32 { return t.GetResource(0x49434f4e, id) }

// GetPattern returns a 'PAT ' resource.
func (t *Toolbox) GetPattern(id int16) uint32 { return t.GetResource(0x50415420, id) }

// GetIndString writes a text of a 'STR#' resource, by its place from 1; none is an
// empty text.
func (t *Toolbox) GetIndString(text uint32, list, index int16) {
	t.put8(text, 0)
	h := t.GetResource(0x53545223, list)
	k := t.handles[h]
	if k == nil || k.block == nil {
		return
	}
	data := t.copyOf(k.block.at, k.block.used)
	if len(data) < 2 || index < 1 || int(index) > int(data[0])<<8+int(data[1]) {
		return
	}
	data = data[2:]
	for ; len(data) > 0 && int(data[0]) < len(data); data = data[1+int(data[0]):] {
		if index--; index == 0 {
			t.write(text, data[:1+int(data[0])])
			return
		}
	}
}

// NewString returns a handle to a copy of a Pascal text.
func (t *Toolbox) NewString(text uint32) uint32 {
	h, _ := t.ptrToHand(text, uint32(t.u8(text))+1)
	return h
}

// SetString makes a handle's block a Pascal text.
func (t *Toolbox) SetString(h, text uint32) { t.PtrToXHand(text, h, uint32(t.u8(text))+1) }
