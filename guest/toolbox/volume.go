package toolbox

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/internal/bin"
)

// The guest sees one volume. What is on it is a tree of files and folders in
// memory, read from the host's fs.FS when it is looked at, and changed by the
// guest in memory only. A file that the host has as MacBinary, AppleDouble or the
// like has both its forks.

// Errors of the File Manager, from <MacErrors.h>.
const (
	dirFulErr       = -33
	dskFulErr       = -34
	nsvErr          = -35
	ioErr           = -36
	bdNamErr        = -37
	eofErr          = -39
	posErr          = -40
	tmfoErr         = -42
	fnfErr          = -43
	wPrErr          = -44
	fBsyErr         = -47
	dupFNErr        = -48
	opWrErr         = -49
	rfNumErr        = -51
	wrPermErr       = -61
	dirNFErr        = -120
	notAFileErr     = -1302
	volumeRef       = -1
	rootID          = 2
	rootParent      = 1
	firstID         = 16
	mostFile        = 64 << 20 // bytes of a host's file, or of a fork
	mostWritten     = 256 << 20
	mostNodes       = 1 << 16
	mostName        = 63
	defaultVolume   = "Macintosh HD"
	fsTypeUnknown   = 0x3f3f3f3f // ????
	directoryFlag   = 0x10
	openForkFlag    = 0x80
	openResFlag     = 0x04
	openDataFlag    = 0x08
	blockSize       = 4096
	fcbWritable     = 0x100
	fcbResourceFork = 0x200
)

// node is a file or folder.
type node struct {
	name     []byte // in Mac OS Roman
	id       uint32
	parent   *node // nil of the root
	folder   bool
	host     string // path in the host's fs.FS, "" if the host has none
	read     bool   // children, or file, have been read
	children []*node
	file     *file
	opened   int // forks
}

// file is what a file has. Its forks are data and resource.
type file struct {
	forks             [2][]byte
	finder            macfile.FinderInfo
	created, modified uint32
	changed           bool
}

const (
	dataFork = iota
	resourceFork
)

// volume is the tree, with its folders and files by number.
type volume struct {
	t       *Toolbox
	root    *node
	nodes   map[uint32]*node
	lastID  uint32
	current *node // the default folder
	written int64 // bytes that the guest has added
}

func (t *Toolbox) newVolume() *volume {
	name := t.options.Volume
	if name == "" {
		name = defaultVolume
	}
	v := &volume{t: t, nodes: map[uint32]*node{}, lastID: firstID - 1}
	encoded, err := bin.EncodeMacRoman(name)
	if err != nil || len(encoded) > 27 {
		encoded = []byte(defaultVolume)
	}
	v.root = &node{name: encoded, id: rootID, folder: true, host: "."}
	if t.options.Files == nil {
		v.root.host = ""
	}
	v.nodes[rootID] = v.root
	v.current = v.root
	return v
}

// add puts a node into a folder, in alphabetical order.
func (v *volume) add(parent *node, n *node) bool {
	if len(v.nodes) >= mostNodes {
		return false
	}
	v.lastID++
	n.id, n.parent = v.lastID, parent
	v.nodes[n.id] = n
	i, _ := slices.BinarySearchFunc(parent.children, n, func(a, b *node) int { return bytes.Compare(key(a.name), key(b.name)) })
	parent.children = slices.Insert(parent.children, i, n)
	return true
}

// key makes names that are the same equal.
func key(name []byte) []byte { return fold(name, false, true) }

// list reads a folder of the host's, once.
func (v *volume) list(folder *node) {
	if folder.read || folder.host == "" {
		return
	}
	folder.read = true
	entries, err := fs.ReadDir(v.t.options.Files, folder.host)
	if err != nil {
		return // what the host does not let anybody list has no files
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	for _, e := range entries {
		name := e.Name()
		// What belongs to another file is no file of its own.
		if owner, ok := strings.CutPrefix(name, "._"); ok && there[owner] {
			continue
		}
		if owner, ok := strings.CutSuffix(name, ".rsrc"); ok && there[owner] {
			continue
		}
		// The host's separator is not the guest's.
		encoded, err := bin.EncodeMacRoman(strings.ReplaceAll(name, ":", "/"))
		if err != nil || len(encoded) > mostName || v.child(folder, encoded) != nil {
			continue
		}
		mode := e.Type()
		if !mode.IsDir() && !mode.IsRegular() {
			continue
		}
		if !v.add(folder, &node{name: encoded, folder: mode.IsDir(), host: path.Join(folder.host, name)}) {
			return
		}
	}
}

func (v *volume) child(folder *node, name []byte) *node {
	k := key(name)
	i, ok := slices.BinarySearchFunc(folder.children, k, func(n *node, k []byte) int { return bytes.Compare(key(n.name), k) })
	if !ok {
		return nil
	}
	return folder.children[i]
}

// open returns what a file has.
func (v *volume) open(n *node) (*file, int16) {
	if n.folder {
		return nil, notAFileErr
	}
	if n.file != nil {
		return n.file, 0
	}
	f, err := v.load(n.host)
	if err != nil {
		return nil, ioErr
	}
	n.file = f
	return f, 0
}

// load reads a host's file, and what belongs to it.
func (v *volume) load(name string) (*file, error) {
	f, err := v.unwrap(name)
	if err != nil {
		return nil, err
	}
	made, err := contents(f)
	if err != nil || len(f.Wrappings) > 0 {
		return made, err
	}
	dir, base := path.Split(name)
	for _, companion := range []string{dir + "._" + base, dir + base + ".rsrc"} {
		other, err := v.unwrap(companion)
		if err != nil {
			continue
		}
		more, err := contents(other)
		if err != nil {
			continue
		}
		made.forks[resourceFork], made.finder = more.forks[resourceFork], more.finder
		break
	}
	return made, nil
}

var errLarge = errors.New("the file is too large")

func (v *volume) unwrap(name string) (*macfile.File, error) {
	in, err := v.t.options.Files.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, mostFile+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, err
	}
	if len(data) > mostFile {
		return nil, errLarge
	}
	return macfile.New(bytes.NewReader(data), int64(len(data)))
}

// contents takes what it needs of a file.
func contents(f *macfile.File) (*file, error) {
	made := &file{finder: f.Finder}
	for i, fork := range []*io.SectionReader{f.Data, f.Resource} {
		if fork == nil {
			continue
		}
		if fork.Size() > mostFile {
			return nil, errLarge
		}
		data, err := io.ReadAll(io.NewSectionReader(fork, 0, fork.Size()))
		if err != nil {
			return nil, err
		}
		made.forks[i] = data
	}
	if !f.Created.IsZero() {
		made.created = seconds(f.Created)
	}
	if !f.Modified.IsZero() {
		made.modified = seconds(f.Modified)
	}
	return made, nil
}

// AddFile puts a file on the volume, in its root, as if it had been there. The
// name is the file's.
func (t *Toolbox) AddFile(f *macfile.File) error {
	v := t.volume
	v.list(v.root)
	name, err := bin.EncodeMacRoman(f.Name)
	switch {
	case err != nil:
		return err
	case !validName(name):
		return errors.New("toolbox: no name for a file: " + f.Name)
	}
	made, err := contents(f)
	if err != nil {
		return err
	}
	if old := v.child(v.root, name); old != nil {
		if old.folder || old.opened > 0 {
			return errors.New("toolbox: there is an open file or a folder of the name: " + f.Name)
		}
		old.file = made
		return nil
	}
	if !v.add(v.root, &node{name: name, file: made}) {
		return errors.New("toolbox: the volume is full")
	}
	return nil
}

// validName says whether a file may have a name. A host that keeps what was written
// makes paths of names, so those that mean other folders there are none.
func validName(name []byte) bool {
	return len(name) > 0 && len(name) <= mostName && !bytes.ContainsAny(name, ":\x00") && string(name) != "." && string(name) != ".."
}

// Written returns the files that the guest has created or changed, by their paths
// from the root with slashes, names in UTF-8 with a slash in them as a colon.
func (t *Toolbox) Written() map[string]*macfile.File {
	all := map[string]*macfile.File{}
	for _, n := range t.volume.nodes {
		if n.file == nil || !n.file.changed {
			continue
		}
		place := ""
		for at := n; at.parent != nil; at = at.parent {
			place = "/" + strings.ReplaceAll(bin.MacRoman(at.name), "/", ":") + place
		}
		f := &macfile.File{Name: bin.MacRoman(n.name), Finder: n.file.finder}
		for i, fork := range []**io.SectionReader{&f.Data, &f.Resource} {
			*fork = io.NewSectionReader(bytes.NewReader(n.file.forks[i]), 0, int64(len(n.file.forks[i])))
		}
		all[place[1:]] = f
	}
	return all
}

// folder returns the folder of a number, 0 being the default one if no volume is
// named, else the root.
func (v *volume) folder(vRefNum int16, id uint32) (*node, int16) {
	if vRefNum != 0 && vRefNum != volumeRef && vRefNum != 1 {
		return nil, nsvErr
	}
	switch {
	case id != 0:
	case vRefNum == 0:
		return v.current, 0
	default:
		return v.root, 0
	}
	n := v.nodes[id]
	if n == nil || !n.folder {
		return nil, dirNFErr
	}
	return n, 0
}

// resolve finds what a name means in a folder: the folder that it is in, its own
// name, and the file or folder itself, nil if there is none of that name.
func (v *volume) resolve(vRefNum int16, dir uint32, name []byte) (parent *node, last []byte, found *node, err int16) {
	colon := bytes.IndexByte(name, ':')
	at := v.root
	if colon > 0 { // begins with the volume's name
		if !bytes.Equal(key(name[:colon]), key(v.root.name)) {
			return nil, nil, nil, nsvErr
		}
		name = name[colon+1:]
	} else {
		if at, err = v.folder(vRefNum, dir); err != 0 {
			if dir == rootParent && bytes.Equal(key(name), key(v.root.name)) {
				return nil, v.root.name, v.root, 0
			}
			return nil, nil, nil, err
		}
		name = bytes.TrimPrefix(name, []byte{':'})
	}
	name = bytes.TrimSuffix(name, []byte{':'})
	if len(name) == 0 {
		return at.parent, at.name, at, 0
	}
	parts := bytes.Split(name, []byte{':'})
	for i, part := range parts {
		if len(part) == 0 { // a colon more: up
			if at = at.parent; at == nil {
				return nil, nil, nil, dirNFErr
			}
			found = at
			continue
		}
		if len(part) > mostName {
			return nil, nil, nil, bdNamErr
		}
		v.list(at)
		found = v.child(at, part)
		if i == len(parts)-1 {
			return at, part, found, 0
		}
		if found == nil || !found.folder {
			return nil, nil, nil, dirNFErr
		}
		at = found
	}
	return at.parent, at.name, at, 0
}

// find is resolve for what must be there.
func (v *volume) find(vRefNum int16, dir uint32, name []byte) (*node, int16) {
	_, _, n, err := v.resolve(vRefNum, dir, name)
	if err == 0 && n == nil {
		err = fnfErr
	}
	return n, err
}

// create makes a file or folder.
func (v *volume) create(vRefNum int16, dir uint32, name []byte, folder bool) (*node, int16) {
	parent, last, found, err := v.resolve(vRefNum, dir, name)
	switch {
	case err != 0:
		return nil, err
	case found != nil:
		return nil, dupFNErr
	case !validName(last):
		return nil, bdNamErr
	case !v.t.options.Writable:
		return nil, wPrErr
	}
	now := seconds(v.t.now())
	n := &node{name: bytes.Clone(last), folder: folder, read: true}
	if !folder {
		n.file = &file{created: now, modified: now, changed: true}
		n.file.finder.Type, n.file.finder.Creator = fsTypeUnknown, fsTypeUnknown
	}
	if !v.add(parent, n) {
		return nil, dirFulErr
	}
	return n, 0
}

// remove deletes a file, or an empty folder.
func (v *volume) remove(n *node) int16 {
	switch {
	case !v.t.options.Writable:
		return wPrErr
	case n == v.root || n.opened > 0 || n == v.current:
		return fBsyErr
	}
	if n.folder {
		if v.list(n); len(n.children) > 0 {
			return fBsyErr
		}
	}
	n.parent.children = slices.DeleteFunc(n.parent.children, func(c *node) bool { return c == n })
	delete(v.nodes, n.id)
	return 0
}

// rename gives a file or folder another name.
func (v *volume) rename(n *node, name []byte) int16 {
	switch {
	case !v.t.options.Writable:
		return wPrErr
	case n == v.root || !validName(name):
		return bdNamErr
	}
	if other := v.child(n.parent, name); other != nil && other != n {
		return dupFNErr
	}
	if !n.folder {
		if _, err := v.open(n); err != 0 {
			return err
		}
		n.file.changed = true
	}
	siblings := &n.parent.children
	*siblings = slices.DeleteFunc(*siblings, func(c *node) bool { return c == n })
	n.name = bytes.Clone(name)
	i, _ := slices.BinarySearchFunc(*siblings, n, func(a, b *node) int { return bytes.Compare(key(a.name), key(b.name)) })
	*siblings = slices.Insert(*siblings, i, n)
	return 0
}
