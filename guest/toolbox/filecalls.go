package toolbox

import (
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/internal/bin"
)

// The File Manager's calls with parameters ("Inside Macintosh: Files", chapter 2).
// An FSSpec is the number of a volume, 2 bytes, that of a folder, 4, and a name of
// up to 63 bytes.

const (
	specFolder = 2
	specName   = 6
)

// spec returns what an FSSpec names.
func (t *Toolbox) spec(at uint32) (volume int16, folder uint32, name []byte) {
	return int16(t.u16(at)), t.u32(at + specFolder), t.pstring(at + specName)
}

// MakeSpec writes an FSSpec, 70 bytes, for a file by its path from the volume's
// root, folders separated by colons. It is for hosts.
func (t *Toolbox) MakeSpec(name string, at uint32) int16 {
	text, err := bin.EncodeMacRoman(name)
	if err != nil {
		return bdNamErr
	}
	return t.makeSpec(volumeRef, rootID, text, at)
}

// FSMakeFSSpec writes an FSSpec for what a name means in a folder.
func (t *Toolbox) FSMakeFSSpec(volume int16, folder int32, name, spec uint32) int16 {
	var text []byte
	if name != 0 {
		text = t.pstring(name)
	}
	return t.makeSpec(volume, uint32(folder), text, spec)
}

func (t *Toolbox) makeSpec(volume int16, folder uint32, name []byte, spec uint32) int16 {
	parent, last, found, err := t.volume.resolve(volume, folder, name)
	if err != 0 {
		return err
	}
	id := uint32(rootParent)
	if parent != nil {
		id = parent.id
	}
	t.put16(spec, uint16(0xffff))
	t.put32(spec+specFolder, id)
	if found != nil {
		last = found.name
	}
	t.putPString(spec+specName, last, 63)
	if found == nil {
		return fnfErr
	}
	return 0
}

// openAt opens a fork and writes its reference number.
func (t *Toolbox) openAt(volume int16, folder uint32, name []byte, fork int, permission int8, ref uint32) int16 {
	n, err := t.volume.find(volume, folder, name)
	if err != 0 {
		return err
	}
	r, err := t.openFork(n, fork, permission)
	if err == 0 || err == opWrErr {
		t.put16(ref, uint16(r))
	}
	return err
}

// FSpOpenDF opens a data fork.
func (t *Toolbox) FSpOpenDF(spec uint32, permission int8, ref uint32) int16 {
	v, f, name := t.spec(spec)
	return t.openAt(v, f, name, dataFork, permission, ref)
}

// FSpOpenRF opens a resource fork, for its bytes.
func (t *Toolbox) FSpOpenRF(spec uint32, permission int8, ref uint32) int16 {
	v, f, name := t.spec(spec)
	return t.openAt(v, f, name, resourceFork, permission, ref)
}

// HOpen opens a data fork.
func (t *Toolbox) HOpen(volume int16, folder int32, name uint32, permission int8, ref uint32) int16 {
	return t.openAt(volume, uint32(folder), t.pstring(name), dataFork, permission, ref)
}

// HOpenRF opens a resource fork, for its bytes.
func (t *Toolbox) HOpenRF(volume int16, folder int32, name uint32, permission int8, ref uint32) int16 {
	return t.openAt(volume, uint32(folder), t.pstring(name), resourceFork, permission, ref)
}

// FSOpen opens a data fork.
func (t *Toolbox) FSOpen(name uint32, volume int16, ref uint32) int16 {
	return t.openAt(volume, 0, t.pstring(name), dataFork, fsCurPerm, ref)
}

// FSClose closes a fork.
func (t *Toolbox) FSClose(ref int16) int16 {
	if t.resourceFile(ref) != nil {
		return rfNumErr // CloseResFile does that
	}
	return t.closeFork(ref)
}

// FSRead reads count bytes, and writes how many there were.
func (t *Toolbox) FSRead(ref int16, count, to uint32) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	n, err := t.read(o, to, int32(t.u32(count)))
	t.put32(count, uint32(n))
	return err
}

// FSWrite writes count bytes, and writes how many it has.
func (t *Toolbox) FSWrite(ref int16, count, from uint32) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	n, err := t.writeFile(o, from, int32(t.u32(count)))
	t.put32(count, uint32(n))
	return err
}

// GetEOF writes the length of a fork.
func (t *Toolbox) GetEOF(ref int16, size uint32) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	t.put32(size, uint32(len(*o.data())))
	return 0
}

// SetEOF changes the length of a fork.
func (t *Toolbox) SetEOF(ref int16, size int32) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	return t.resizeFork(o, int64(size))
}

// GetFPos writes where the next byte is read or written.
func (t *Toolbox) GetFPos(ref int16, at uint32) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	t.put32(at, o.at)
	return 0
}

// SetFPos sets where the next byte is read or written.
func (t *Toolbox) SetFPos(ref, mode int16, offset int32) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	return o.seek(uint16(mode), offset)
}

func (t *Toolbox) createFile(volume int16, folder uint32, name []byte, creator, kind uint32) int16 {
	n, err := t.volume.create(volume, folder, name, false)
	if err == 0 {
		n.file.finder.Type, n.file.finder.Creator = coderes.OSType(kind), coderes.OSType(creator)
	}
	return err
}

// FSpCreate makes an empty file.
func (t *Toolbox) FSpCreate(spec, creator, kind uint32, _ int16) int16 {
	v, f, name := t.spec(spec)
	return t.createFile(v, f, name, creator, kind)
}

// HCreate makes an empty file.
func (t *Toolbox) HCreate(volume int16, folder int32, name, creator, kind uint32) int16 {
	return t.createFile(volume, uint32(folder), t.pstring(name), creator, kind)
}

// Create makes an empty file.
func (t *Toolbox) Create(name uint32, volume int16, creator, kind uint32) int16 {
	return t.createFile(volume, 0, t.pstring(name), creator, kind)
}

// FSpDirCreate makes a folder and writes its number.
func (t *Toolbox) FSpDirCreate(spec uint32, _ int16, folder uint32) int16 {
	v, f, name := t.spec(spec)
	n, err := t.volume.create(v, f, name, true)
	if err == 0 {
		t.put32(folder, n.id)
	}
	return err
}

func (t *Toolbox) deleteAt(volume int16, folder uint32, name []byte) int16 {
	n, err := t.volume.find(volume, folder, name)
	if err != 0 {
		return err
	}
	return t.volume.remove(n)
}

// FSpDelete deletes a file or an empty folder.
func (t *Toolbox) FSpDelete(spec uint32) int16 { return t.deleteAt(t.spec(spec)) }

// HDelete deletes a file or an empty folder.
func (t *Toolbox) HDelete(volume int16, folder int32, name uint32) int16 {
	return t.deleteAt(volume, uint32(folder), t.pstring(name))
}

// FSDelete deletes a file.
func (t *Toolbox) FSDelete(name uint32, volume int16) int16 {
	return t.deleteAt(volume, 0, t.pstring(name))
}

func (t *Toolbox) renameAt(volume int16, folder uint32, old, name []byte) int16 {
	n, err := t.volume.find(volume, folder, old)
	if err != 0 {
		return err
	}
	return t.volume.rename(n, name)
}

// FSpRename renames a file or folder.
func (t *Toolbox) FSpRename(spec, name uint32) int16 {
	v, f, old := t.spec(spec)
	return t.renameAt(v, f, old, t.pstring(name))
}

// HRename renames a file or folder.
func (t *Toolbox) HRename(volume int16, folder int32, old, name uint32) int16 {
	return t.renameAt(volume, uint32(folder), t.pstring(old), t.pstring(name))
}

// Rename renames a file.
func (t *Toolbox) Rename(old uint32, volume int16, name uint32) int16 {
	return t.renameAt(volume, 0, t.pstring(old), t.pstring(name))
}

// infoSize is that of an FInfo.
const infoSize = 16

func (t *Toolbox) getInfo(volume int16, folder uint32, name []byte, info uint32) int16 {
	n, err := t.volume.find(volume, folder, name)
	if err != 0 {
		return err
	}
	f, err := t.volume.open(n)
	if err != 0 {
		return fnfErr
	}
	t.write(info, f.finder.Encode()[:infoSize])
	return 0
}

func (t *Toolbox) setInfo(volume int16, folder uint32, name []byte, info uint32) int16 {
	n, err := t.volume.find(volume, folder, name)
	if err != 0 {
		return err
	}
	f, err := t.volume.open(n)
	switch {
	case err != 0:
		return fnfErr
	case !t.options.Writable:
		return wPrErr
	}
	both := append(t.copyOf(info, infoSize), f.finder.Encode()[infoSize:]...)
	if t.err == nil {
		f.finder, f.changed = macfile.DecodeFinderInfo(both), true
	}
	return 0
}

// FSpGetFInfo writes a file's FInfo, 16 bytes.
func (t *Toolbox) FSpGetFInfo(spec, info uint32) int16 {
	v, f, name := t.spec(spec)
	return t.getInfo(v, f, name, info)
}

// FSpSetFInfo sets a file's FInfo.
func (t *Toolbox) FSpSetFInfo(spec, info uint32) int16 {
	v, f, name := t.spec(spec)
	return t.setInfo(v, f, name, info)
}

// HGetFInfo writes a file's FInfo.
func (t *Toolbox) HGetFInfo(volume int16, folder int32, name, info uint32) int16 {
	return t.getInfo(volume, uint32(folder), t.pstring(name), info)
}

// HSetFInfo sets a file's FInfo.
func (t *Toolbox) HSetFInfo(volume int16, folder int32, name, info uint32) int16 {
	return t.setInfo(volume, uint32(folder), t.pstring(name), info)
}

// GetFInfo writes a file's FInfo.
func (t *Toolbox) GetFInfo(name uint32, volume int16, info uint32) int16 {
	return t.getInfo(volume, 0, t.pstring(name), info)
}

// SetFInfo sets a file's FInfo.
func (t *Toolbox) SetFInfo(name uint32, volume int16, info uint32) int16 {
	return t.setInfo(volume, 0, t.pstring(name), info)
}

// GetVol writes the default volume.
func (t *Toolbox) GetVol(name, volume uint32) int16 {
	if name != 0 {
		t.putPString(name, t.volume.root.name, 27)
	}
	t.put16(volume, 0xffff)
	return 0
}

// SetVol makes the root the default folder.
func (t *Toolbox) SetVol(name uint32, volume int16) int16 { return t.HSetVol(name, volume, 0) }

// HGetVol writes the default volume and folder.
func (t *Toolbox) HGetVol(name, volume, folder uint32) int16 {
	t.put32(folder, t.volume.current.id)
	return t.GetVol(name, volume)
}

// HSetVol sets the default folder.
func (t *Toolbox) HSetVol(name uint32, volume int16, folder int32) int16 {
	var text []byte
	if name != 0 {
		text = t.pstring(name)
	}
	n, err := t.volume.find(volume, uint32(folder), text)
	switch {
	case err != 0:
		return err
	case !n.folder:
		return dirNFErr
	}
	t.volume.current = n
	return 0
}

// FlushVol has nothing to write.
func (t *Toolbox) FlushVol(_ uint32, volume int16) int16 {
	_, err := t.volume.folder(volume, 0)
	return err
}

// folders are those that FindFolder knows, all in the System Folder but the first.
var folders = map[string]string{
	"macs": "", "pref": "Preferences", "extn": "Extensions", "ctrl": "Control Panels", "font": "Fonts", "temp": "Temporary Items",
}

// FindFolder finds a folder of the system's, if the volume has it or it may be
// made.
func (t *Toolbox) FindFolder(volume int16, kind uint32, create bool, foundVolume, foundFolder uint32) int16 {
	if volume == -32768 { // kOnSystemDisk
		volume = volumeRef
	}
	sub, ok := folders[coderes.OSType(kind).String()]
	if !ok {
		return fnfErr
	}
	at, err := t.volume.folder(volume, rootID)
	if err != 0 {
		return err
	}
	for _, name := range []string{"System Folder", sub} {
		if name == "" {
			break
		}
		n, err := t.volume.find(volumeRef, at.id, []byte(name))
		if err == fnfErr && create {
			n, err = t.volume.create(volumeRef, at.id, []byte(name), true)
		}
		if err != 0 || !n.folder {
			return fnfErr
		}
		at = n
	}
	t.put16(foundVolume, 0xffff)
	t.put32(foundFolder, at.id)
	return 0
}
