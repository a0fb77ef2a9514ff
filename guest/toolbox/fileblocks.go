package toolbox

import "github.com/crossplug/crossplug/format/coderes"

// The File Manager's calls with parameter blocks ("Inside Macintosh: Files",
// chapter 2). Fields have the offsets of <Files.h>. All calls are done when they
// return, asynchronous ones too, whose completion routine is called before.

const (
	pbCompletion = 12
	pbResult     = 16
	pbName       = 18
	pbVolume     = 22
	pbRef        = 24
	pbPermission = 27
	pbIndex      = 28
	pbMisc       = 28
	pbAttributes = 30
	pbBuffer     = 32
	pbInfo       = 32
	pbCount      = 36
	pbActual     = 40
	pbMode       = 44
	pbOffset     = 46
	pbFolder     = 48
)

// completionProc is the type of a completion routine: the block in A0, the result
// in D0.
const completionProc = coderes.ProcInfo(2 | (3|4<<2)<<11 | 2<<16)

// done notes a call's result.
func (t *Toolbox) done(pb uint32, err int16) int16 {
	t.put16(pb+pbResult, uint16(err))
	if t.processors.M68K != nil && t.running == t.processors.M68K && t.word&asynchronous != 0 {
		if routine := t.u32(pb + pbCompletion); routine != 0 {
			t.call(routine, completionProc, pb, uint32(err))
		}
	}
	return err
}

// asynchronous is the flag of a trap's word.
const asynchronous = 0x400

// names returns the volume and name of a block, with the folder if the call takes
// one.
func (t *Toolbox) names(pb uint32, folder bool) (int16, uint32, []byte) {
	var name []byte
	if at := t.u32(pb + pbName); at != 0 {
		name = t.pstring(at)
	}
	id := uint32(0)
	if folder {
		id = t.u32(pb + pbFolder)
	}
	return int16(t.u16(pb + pbVolume)), id, name
}

func (t *Toolbox) pbOpen(pb uint32, folder bool, fork int) int16 {
	v, f, name := t.names(pb, folder)
	return t.done(pb, t.openAt(v, f, name, fork, int8(t.u8(pb+pbPermission)), pb+pbRef))
}

// PBOpenSync opens a data fork.
func (t *Toolbox) PBOpenSync(pb uint32) int16 { return t.pbOpen(pb, false, dataFork) }

// PBHOpenSync opens a data fork.
func (t *Toolbox) PBHOpenSync(pb uint32) int16 { return t.pbOpen(pb, true, dataFork) }

// PBHOpenDFSync opens a data fork.
func (t *Toolbox) PBHOpenDFSync(pb uint32) int16 { return t.pbOpen(pb, true, dataFork) }

// PBOpenRFSync opens a resource fork, for its bytes.
func (t *Toolbox) PBOpenRFSync(pb uint32) int16 { return t.pbOpen(pb, false, resourceFork) }

// PBHOpenRFSync opens a resource fork, for its bytes.
func (t *Toolbox) PBHOpenRFSync(pb uint32) int16 { return t.pbOpen(pb, true, resourceFork) }

// PBCloseSync closes a fork.
func (t *Toolbox) PBCloseSync(pb uint32) int16 {
	return t.done(pb, t.FSClose(int16(t.u16(pb+pbRef))))
}

// transfer reads or writes where a block says.
func (t *Toolbox) transfer(pb uint32, f func(o *opened, at uint32, count int32) (int32, int16)) int16 {
	o := t.open[int16(t.u16(pb+pbRef))]
	if o == nil {
		return t.done(pb, rfNumErr)
	}
	t.put32(pb+pbActual, 0)
	err := o.seek(t.u16(pb+pbMode), int32(t.u32(pb+pbOffset)))
	if err == 0 {
		var n int32
		n, err = f(o, t.u32(pb+pbBuffer), int32(t.u32(pb+pbCount)))
		t.put32(pb+pbActual, uint32(n))
	}
	t.put32(pb+pbOffset, o.at)
	return t.done(pb, err)
}

// PBReadSync reads.
func (t *Toolbox) PBReadSync(pb uint32) int16 { return t.transfer(pb, t.read) }

// PBWriteSync writes.
func (t *Toolbox) PBWriteSync(pb uint32) int16 { return t.transfer(pb, t.writeFile) }

// PBGetEOFSync tells the length of a fork.
func (t *Toolbox) PBGetEOFSync(pb uint32) int16 {
	return t.done(pb, t.GetEOF(int16(t.u16(pb+pbRef)), pb+pbMisc))
}

// PBSetEOFSync changes the length of a fork.
func (t *Toolbox) PBSetEOFSync(pb uint32) int16 {
	return t.done(pb, t.SetEOF(int16(t.u16(pb+pbRef)), int32(t.u32(pb+pbMisc))))
}

// PBGetFPosSync tells where the next byte is read or written.
func (t *Toolbox) PBGetFPosSync(pb uint32) int16 {
	t.put32(pb+pbCount, 0)
	t.put32(pb+pbActual, 0)
	t.put16(pb+pbMode, 0)
	return t.done(pb, t.GetFPos(int16(t.u16(pb+pbRef)), pb+pbOffset))
}

// PBSetFPosSync sets where the next byte is read or written.
func (t *Toolbox) PBSetFPosSync(pb uint32) int16 {
	ref := int16(t.u16(pb + pbRef))
	err := t.SetFPos(ref, int16(t.u16(pb+pbMode)), int32(t.u32(pb+pbOffset)))
	if o := t.open[ref]; o != nil {
		t.put32(pb+pbOffset, o.at)
	}
	return t.done(pb, err)
}

// PBFlushFileSync has nothing to write.
func (t *Toolbox) PBFlushFileSync(pb uint32) int16 {
	if t.open[int16(t.u16(pb+pbRef))] == nil {
		return t.done(pb, rfNumErr)
	}
	return t.done(pb, 0)
}

// PBFlushVolSync has nothing to write.
func (t *Toolbox) PBFlushVolSync(pb uint32) int16 {
	return t.done(pb, t.FlushVol(0, int16(t.u16(pb+pbVolume))))
}

func (t *Toolbox) pbCreate(pb uint32, folder bool) int16 {
	v, f, name := t.names(pb, folder)
	return t.done(pb, t.createFile(v, f, name, fsTypeUnknown, fsTypeUnknown))
}

// PBCreateSync makes an empty file.
func (t *Toolbox) PBCreateSync(pb uint32) int16 { return t.pbCreate(pb, false) }

// PBHCreateSync makes an empty file.
func (t *Toolbox) PBHCreateSync(pb uint32) int16 { return t.pbCreate(pb, true) }

// PBDirCreateSync makes a folder.
func (t *Toolbox) PBDirCreateSync(pb uint32) int16 {
	v, f, name := t.names(pb, true)
	n, err := t.volume.create(v, f, name, true)
	if err == 0 {
		t.put32(pb+pbFolder, n.id)
	}
	return t.done(pb, err)
}

func (t *Toolbox) pbDelete(pb uint32, folder bool) int16 {
	return t.done(pb, t.deleteAt(t.names(pb, folder)))
}

// PBDeleteSync deletes a file.
func (t *Toolbox) PBDeleteSync(pb uint32) int16 { return t.pbDelete(pb, false) }

// PBHDeleteSync deletes a file or an empty folder.
func (t *Toolbox) PBHDeleteSync(pb uint32) int16 { return t.pbDelete(pb, true) }

// indexed finds the file, or file or folder, of a number from 1 in a folder.
func (t *Toolbox) indexed(volume int16, folder uint32, index int16, files bool) (*node, int16) {
	at, err := t.volume.folder(volume, folder)
	if err != 0 {
		return nil, err
	}
	t.volume.list(at)
	t.work(len(at.children))
	for _, n := range at.children {
		if n.folder && files {
			continue
		}
		if index--; index == 0 {
			return n, 0
		}
	}
	return nil, fnfErr
}

func (t *Toolbox) putName(pb uint32, n *node) {
	if at := t.u32(pb + pbName); at != 0 {
		t.putPString(at, n.name, 63)
	}
}

// describe fills a block with what is known of a file.
func (t *Toolbox) describe(pb uint32, n *node) int16 {
	f, err := t.volume.open(n)
	if err != 0 {
		return err
	}
	flags := uint8(0)
	for r, o := range t.open {
		if o.node != n {
			continue
		}
		t.put16(pb+pbRef, uint16(r))
		flags |= openForkFlag | map[int]uint8{dataFork: openDataFlag, resourceFork: openResFlag}[o.fork]
	}
	if flags == 0 {
		t.put16(pb+pbRef, 0)
	}
	t.put8(pb+pbAttributes, flags)
	t.write(pb+pbInfo, f.finder.Encode()[:infoSize])
	t.put32(pb+pbFolder, n.id)
	for i, fork := range f.forks {
		size := uint32(len(fork))
		t.put16(pb+52+10*uint32(i), 0)
		t.put32(pb+54+10*uint32(i), size)
		t.put32(pb+58+10*uint32(i), (size+blockSize-1)/blockSize*blockSize)
	}
	t.put32(pb+72, f.created)
	t.put32(pb+76, f.modified)
	return 0
}

func (t *Toolbox) pbGetInfo(pb uint32, folder bool) int16 {
	v, f, name := t.names(pb, folder)
	var n *node
	var err int16
	index := int16(t.u16(pb + pbIndex))
	if index > 0 {
		n, err = t.indexed(v, f, index, true)
	} else {
		n, err = t.volume.find(v, f, name)
	}
	if err == 0 && n.folder {
		err = fnfErr
	}
	if err == 0 {
		err = t.describe(pb, n)
	}
	if err == 0 && index > 0 {
		t.putName(pb, n)
	}
	return t.done(pb, err)
}

// PBGetFInfoSync tells about a file, by its name or number.
func (t *Toolbox) PBGetFInfoSync(pb uint32) int16 { return t.pbGetInfo(pb, false) }

// PBHGetFInfoSync tells about a file, by its name or number in a folder.
func (t *Toolbox) PBHGetFInfoSync(pb uint32) int16 { return t.pbGetInfo(pb, true) }

func (t *Toolbox) pbSetInfo(pb uint32, folder bool) int16 {
	v, f, name := t.names(pb, folder)
	err := t.setInfo(v, f, name, pb+pbInfo)
	if n, found := t.volume.find(v, f, name); err == 0 && found == 0 {
		n.file.created, n.file.modified = t.u32(pb+72), t.u32(pb+76)
	}
	return t.done(pb, err)
}

// PBSetFInfoSync changes a file's FInfo and dates.
func (t *Toolbox) PBSetFInfoSync(pb uint32) int16 { return t.pbSetInfo(pb, false) }

// PBHSetFInfoSync changes a file's FInfo and dates.
func (t *Toolbox) PBHSetFInfoSync(pb uint32) int16 { return t.pbSetInfo(pb, true) }

// PBGetCatInfoSync tells about a file or folder: of a number in a folder if the
// index is positive; the folder itself if it is negative; otherwise by name.
func (t *Toolbox) PBGetCatInfoSync(pb uint32) int16 {
	v, f, name := t.names(pb, true)
	var n *node
	var err int16
	index := int16(t.u16(pb + pbIndex))
	switch {
	case index > 0:
		n, err = t.indexed(v, f, index, false)
	case index < 0:
		n, err = t.volume.folder(v, f)
	default:
		n, err = t.volume.find(v, f, name)
	}
	if err != 0 {
		return t.done(pb, err)
	}
	if index != 0 {
		t.putName(pb, n)
	}
	if n.folder {
		t.volume.list(n)
		t.put16(pb+pbRef, 0)
		t.put8(pb+pbAttributes, directoryFlag)
		t.write(pb+pbInfo, make([]byte, infoSize))
		t.put32(pb+pbFolder, n.id)
		t.put16(pb+52, uint16(len(n.children)))
	} else if err := t.describe(pb, n); err != 0 {
		return t.done(pb, err)
	} else {
		t.write(pb+84, n.file.finder.Encode()[infoSize:])
	}
	parent := uint32(rootParent)
	if n.parent != nil {
		parent = n.parent.id
	}
	t.put32(pb+80, 0)
	t.put32(pb+100, parent)
	t.put32(pb+104, 0)
	return t.done(pb, 0)
}

// PBGetFCBInfoSync tells about an open fork: by its reference number, or if the
// index is positive the one of that number.
func (t *Toolbox) PBGetFCBInfoSync(pb uint32) int16 {
	const (
		number = 32
		flags  = 36
		eof    = 40
		volume = 52
		parent = 58
	)
	ref := int16(t.u16(pb + pbRef))
	if index := int16(t.u16(pb + pbIndex)); index > 0 {
		for ref = firstRefNum; ref < firstRefNum+2*mostOpen; ref += 2 {
			if t.open[ref] != nil {
				if index--; index == 0 {
					break
				}
			}
		}
		t.put16(pb+pbRef, uint16(ref))
	}
	o := t.open[ref]
	if o == nil {
		return t.done(pb, rfNumErr)
	}
	t.putName(pb, o.node)
	t.put32(pb+number, o.node.id)
	f := uint16(0)
	if o.writable {
		f |= fcbWritable
	}
	if o.fork == resourceFork {
		f |= fcbResourceFork
	}
	size := uint32(len(*o.data()))
	t.put16(pb+flags, f)
	t.put16(pb+flags+2, 0)
	t.put32(pb+eof, size)
	t.put32(pb+eof+4, (size+blockSize-1)/blockSize*blockSize)
	t.put32(pb+eof+8, o.at)
	t.put16(pb+volume, 0xffff)
	t.put32(pb+volume+2, 0)
	folder := uint32(rootID)
	if o.node.parent != nil {
		folder = o.node.parent.id
	}
	t.put32(pb+parent, folder)
	return t.done(pb, 0)
}

// PBHGetVInfoSync tells about the volume, 122 bytes.
func (t *Toolbox) PBHGetVInfoSync(pb uint32) int16 {
	v, _, name := t.names(pb, false)
	index := int16(t.u16(pb + pbIndex))
	var err int16
	switch {
	case index > 1:
		err = nsvErr
	case index < 0 && len(name) > 0: // by name
		_, err = t.volume.find(v, 0, append(name, ':'))
	case index <= 0:
		_, err = t.volume.folder(v, 0)
	}
	if err != 0 {
		return t.done(pb, err)
	}
	t.putName(pb, t.volume.root)
	t.write(pb+30, make([]byte, 92))
	t.put16(pb+pbVolume, 0xffff)
	if !t.options.Writable {
		t.put16(pb+38, 0x0080) // locked by hardware
	}
	t.put16(pb+46, 0xffff) // allocation blocks
	t.put32(pb+48, blockSize)
	t.put32(pb+52, blockSize)
	t.put16(pb+62, uint16(max(mostWritten-t.volume.written, 0)/blockSize))
	t.put16(pb+64, 0x4244) // HFS
	return t.done(pb, 0)
}

// PBHGetVolSync tells the default volume and folder.
func (t *Toolbox) PBHGetVolSync(pb uint32) int16 {
	t.putName(pb, t.volume.root)
	t.put16(pb+pbVolume, 0xffff)
	t.put32(pb+pbFolder, t.volume.current.id)
	return t.done(pb, 0)
}
