package toolbox

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/cpu"
	"github.com/crossplug/crossplug/internal/bin"
)

// The Code Fragment Manager, as guests call it ("Inside Macintosh: PowerPC System
// Software", chapter 3); package cfm does the work.

// options are those of the calls.
var options = map[uint32]cfm.Option{1: cfm.Load, 2: cfm.Find, 5: cfm.Fresh}

// anyArchitecture stands for the one that the machine prefers.
const anyArchitecture = 0x3f3f3f3f

// prepared writes what has come of preparing a fragment.
func (t *Toolbox) prepared(conn *cfm.Connection, main uint32, err error, connection, address, errorName uint32) int16 {
	if err == nil {
		t.put32(connection, conn.ID)
		t.put32(address, main)
		return 0
	}
	var ended *cpu.Ended
	if errors.As(err, &ended) {
		t.fail(err)
		return 0
	}
	var e *cfm.Error
	if !errors.As(err, &e) {
		e = &cfm.Error{Number: cfm.ErrCorrupt}
	}
	if e.Number == cfm.ErrInitFailed && e.Err != nil {
		t.fail(err) // the routine did not return, which nothing survives
		return 0
	}
	t.put32(connection, 0)
	t.put32(address, 0)
	name := e.Library
	if name == "" {
		name = e.Fragment
	}
	text, bad := bin.EncodeMacRoman(name)
	if bad != nil {
		text = nil
	}
	if errorName != 0 {
		t.putPString(errorName, text, 255)
	}
	return int16(e.Number)
}

// GetSharedLibrary prepares an import library by its name.
func (t *Toolbox) GetSharedLibrary(name, architecture, option, connection, address, errorName uint32) int16 {
	o, ok := options[option]
	if !ok || t.Process == nil {
		return paramErr
	}
	if architecture == anyArchitecture {
		architecture = uint32(pef.PowerPC)
	}
	text := bin.MacRoman(t.pstring(name))
	if t.err != nil {
		return 0
	}
	conn, main, err := t.Process.Library(text, pef.Architecture(architecture), o)
	return t.prepared(conn, main, err, connection, address, errorName)
}

// GetDiskFragment prepares a fragment in a data fork. A length of 0 goes up to the
// fork's end.
func (t *Toolbox) GetDiskFragment(spec, offset, length, name, option, connection, address, errorName uint32) int16 {
	v, folder, file := t.spec(spec)
	n, err := t.volume.find(v, folder, file)
	if err != 0 {
		return err
	}
	f, err := t.volume.open(n)
	if err != 0 {
		return err
	}
	data := f.forks[dataFork]
	if uint64(offset) > uint64(len(data)) || uint64(offset)+uint64(length) > uint64(len(data)) {
		return eofErr
	}
	data = data[offset:]
	if length > 0 {
		data = data[:length]
	}
	c := cfm.Candidate{Near: []cfm.Source{&nearby{t.volume, n.parent}}, Identity: identity("file", n.id, offset, data)}
	c.Locator = cfm.Locator{Where: coderes.InDataFork, File: bin.MacRoman(n.name), Offset: offset, Length: length, Spec: spec}
	return t.fragment(c, bytes.Clone(data), name, n.name, option, connection, address, errorName)
}

// GetMemFragment prepares a fragment in memory. A length of 0 goes up to the end
// of the block that it is in.
func (t *Toolbox) GetMemFragment(at, length, name, option, connection, address, errorName uint32) int16 {
	size := length
	if size == 0 {
		if b := t.heap.around(at); b != nil {
			size = b.used - min(at-b.at, b.used)
		} else if r, ok := t.space.RegionAt(at); ok {
			size = r.Size - (at - r.Base)
		}
	}
	data := t.copyOf(at, size)
	c := cfm.Candidate{Identity: identity("memory", 0, at, data)}
	c.Locator = cfm.Locator{Where: coderes.InMemory, Offset: at, Length: length}
	return t.fragment(c, data, name, []byte("fragment in memory"), option, connection, address, errorName)
}

// identity tells fragments apart: by where they are, and by what is there now.
func identity(where string, file, offset uint32, data []byte) string {
	return fmt.Sprintf("%s %d at %d: %x", where, file, offset, sha256.Sum256(data))
}

// nearby is the folder that a fragment was loaded from, as a source of what it imports.
type nearby struct {
	volume *volume
	folder *node
}

// mostNearby is how many files are looked into, and fileWork how long that takes.
const (
	mostNearby = 256
	fileWork   = 4096
)

// Find implements cfm.Source.
func (s *nearby) Find(name string, a pef.Architecture) ([]cfm.Candidate, error) {
	s.volume.list(s.folder)
	var found []cfm.Candidate
	var problems []error
	for i, n := range s.folder.children {
		if i == mostNearby || !s.volume.t.work(fileWork) {
			break
		}
		f, bad := s.volume.open(n)
		if bad != 0 {
			continue // folders, too
		}
		fork := func(data []byte) *io.SectionReader {
			return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
		}
		text := bin.MacRoman(n.name)
		libraries, err := cfm.NewFileSource(text, &macfile.File{Name: text, Data: fork(f.forks[dataFork]), Resource: fork(f.forks[resourceFork])})
		if err != nil {
			problems = append(problems, err)
			continue
		}
		some, _ := libraries.Find(name, a)
		for _, c := range some {
			c.Locator.Spec = s.volume.t.specOf(n)
			found = append(found, c)
		}
	}
	return found, errors.Join(problems...)
}

// specOf returns the FSSpec of a file, for initialisation routines that look for it.
func (t *Toolbox) specOf(n *node) uint32 {
	at := t.specs[n.id]
	if at == 0 {
		const size = 70
		if at = t.NewPtr(size); at == 0 {
			return 0
		}
		if t.specs == nil {
			t.specs = map[uint32]uint32{}
		}
		t.specs[n.id] = at
	}
	t.put16(at, uint16(0xffff)) // the only volume
	t.put32(at+specFolder, n.parent.id)
	t.putPString(at+specName, n.name, 63)
	return at
}

// String implements cfm.Source.
func (s *nearby) String() string { return "the folder of the fragment, " + bin.MacRoman(s.folder.name) }

func (t *Toolbox) fragment(cand cfm.Candidate, data []byte, name uint32, other []byte, option uint32, connection, address, errorName uint32) int16 {
	o, ok := options[option]
	if !ok || t.Process == nil {
		return paramErr
	}
	text := other
	if name != 0 {
		if given := t.pstring(name); len(given) > 0 {
			text = given
		}
	}
	if t.err != nil {
		return 0
	}
	fragment := bin.MacRoman(text)
	if !t.work(len(data)) {
		return 0
	}
	c, err := pef.Read(bytes.NewReader(data), 0, int64(len(data)), pef.Options{})
	if err != nil {
		err = &cfm.Error{Number: cfm.ErrFormat, Fragment: fragment, What: "no container", Err: err}
		return t.prepared(nil, 0, err, connection, address, errorName)
	}
	cand.Container = c
	conn, main, err := t.Process.Prepare(fragment, cand, o)
	return t.prepared(conn, main, err, connection, address, errorName)
}

// connection returns what has a number, nil if nothing has.
func (t *Toolbox) connection(id uint32) *cfm.Connection {
	if t.Process == nil {
		return nil
	}
	return t.Process.Connection(id)
}

// CloseConnection gives up a connection that was opened, and makes its number 0.
func (t *Toolbox) CloseConnection(at uint32) int16 {
	c := t.connection(t.u32(at))
	if c == nil {
		return cfm.ErrConnection
	}
	if err := c.Close(); cfm.Number(err) == cfm.ErrConnection {
		return cfm.ErrConnection
	} else if err != nil {
		t.fail(err) // the termination routine did not return
	}
	t.put32(at, 0)
	return 0
}

// FindSymbol writes the address and class of a symbol.
func (t *Toolbox) FindSymbol(connection, name, address, kind uint32) int16 {
	c := t.connection(connection)
	if c == nil {
		return cfm.ErrConnection
	}
	at, class, err := c.Find(bin.MacRoman(t.pstring(name)))
	if err != nil {
		return int16(cfm.Number(err))
	}
	t.put32(address, at)
	if kind != 0 {
		t.put8(kind, uint8(class))
	}
	return 0
}

// CountSymbols writes the number of symbols.
func (t *Toolbox) CountSymbols(connection, count uint32) int16 {
	c := t.connection(connection)
	if c == nil {
		return cfm.ErrConnection
	}
	t.put32(count, uint32(c.Count()))
	return 0
}

// GetIndSymbol writes the name, address and class of the symbol of a number from
// 0.
func (t *Toolbox) GetIndSymbol(connection uint32, index int32, name, address, kind uint32) int16 {
	c := t.connection(connection)
	if c == nil {
		return cfm.ErrConnection
	}
	if index < 0 || int(index) >= c.Count() {
		return cfm.ErrNoSymbol
	}
	text, at, class, err := c.Symbol(int(index))
	if err != nil {
		return int16(cfm.Number(err))
	}
	encoded, err := bin.EncodeMacRoman(text)
	if err != nil {
		encoded = nil
	}
	t.putPString(name, encoded, 255)
	t.put32(address, at)
	if kind != 0 {
		t.put8(kind, uint8(class))
	}
	return 0
}
