package toolbox

// Open forks: what a file reference number stands for ("Inside Macintosh: Files",
// chapter 2).

// opened is an open fork.
type opened struct {
	node     *node
	fork     int
	at       uint32
	writable bool
}

const (
	firstRefNum = 0x100
	mostOpen    = 348
)

// Permissions of those who open.
const (
	fsCurPerm  = 0
	fsRdPerm   = 1
	fsWrPerm   = 2
	fsRdWrPerm = 3
)

// openFork opens a fork of a file.
func (t *Toolbox) openFork(n *node, fork int, permission int8) (int16, int16) {
	if _, err := t.volume.open(n); err != 0 {
		return 0, err
	}
	writable := t.options.Writable && permission != fsRdPerm
	if !t.options.Writable && (permission == fsWrPerm || permission == fsRdWrPerm) {
		return 0, wPrErr
	}
	ref := int16(0)
	for r := int16(firstRefNum); r < firstRefNum+2*mostOpen; r += 2 {
		o := t.open[r]
		if o == nil && ref == 0 {
			ref = r
		}
		if o != nil && o.node == n && o.fork == fork && o.writable && writable {
			if permission != fsCurPerm {
				return r, opWrErr
			}
			writable = false
		}
	}
	if ref == 0 {
		return 0, tmfoErr
	}
	t.open[ref] = &opened{node: n, fork: fork, writable: writable}
	n.opened++
	return ref, 0
}

// closeFork closes a fork.
func (t *Toolbox) closeFork(ref int16) int16 {
	o := t.open[ref]
	if o == nil {
		return rfNumErr
	}
	o.node.opened--
	delete(t.open, ref)
	return 0
}

func (o *opened) data() *[]byte { return &o.node.file.forks[o.fork] }

// Where a position counts from.
const (
	fsAtMark    = 0
	fsFromStart = 1
	fsFromLEOF  = 2
	fsFromMark  = 3
)

// seek sets where the next byte is read or written.
func (o *opened) seek(mode uint16, offset int32) int16 {
	at := int64(0)
	switch mode & 3 {
	case fsAtMark:
		return 0
	case fsFromLEOF:
		at = int64(len(*o.data()))
	case fsFromMark:
		at = int64(o.at)
	}
	at += int64(offset)
	switch {
	case at < 0:
		return posErr
	case at > int64(len(*o.data())):
		o.at = uint32(len(*o.data()))
		return eofErr
	}
	o.at = uint32(at)
	return 0
}

// read copies bytes into memory, fewer at the end.
func (t *Toolbox) read(o *opened, to uint32, count int32) (int32, int16) {
	if count < 0 {
		return 0, paramErr
	}
	data := *o.data()
	o.at = min(o.at, uint32(len(data))) // somebody may have made it shorter
	n := min(uint32(count), uint32(len(data))-o.at)
	t.write(to, data[o.at:o.at+n])
	o.at += n
	if n < uint32(count) {
		return int32(n), eofErr
	}
	return int32(n), 0
}

// writeFile copies bytes from memory.
func (t *Toolbox) writeFile(o *opened, from uint32, count int32) (int32, int16) {
	switch {
	case count < 0:
		return 0, paramErr
	case !o.writable:
		return 0, wrPermErr
	}
	b := t.copyOf(from, uint32(count))
	if t.err != nil {
		return 0, ioErr
	}
	o.at = min(o.at, uint32(len(*o.data())))
	if end := int64(o.at) + int64(len(b)); end > int64(len(*o.data())) {
		if err := t.resizeFork(o, end); err != 0 {
			return 0, err
		}
	}
	copy((*o.data())[o.at:], b)
	o.at += uint32(len(b))
	t.touch(o)
	return count, 0
}

func (t *Toolbox) touch(o *opened) {
	o.node.file.changed, o.node.file.modified = true, seconds(t.now())
}

// resizeFork changes the length of a fork.
func (t *Toolbox) resizeFork(o *opened, size int64) int16 {
	data := o.data()
	grown := size - int64(len(*data))
	switch {
	case !o.writable:
		return wrPermErr
	case size < 0:
		return paramErr
	case size > mostFile || grown > 0 && t.volume.written+grown > mostWritten:
		return dskFulErr
	}
	t.work(int(size / bytesOfWork))
	if grown > 0 {
		t.volume.written += grown
		*data = append(*data, make([]byte, grown)...)
	} else {
		*data = (*data)[:size:size]
	}
	o.at = min(o.at, uint32(size))
	t.touch(o)
	return 0
}
