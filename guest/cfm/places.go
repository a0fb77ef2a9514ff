package cfm

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/internal/bin"
)

// Places are where the Code Fragment Manager looked for import libraries, in its order.
// Those that are empty are left out.
//
//	Load          the folder that the fragment itself was loaded from, if from a disk
//	Application   the program's file, by its 'cfrg'
//	              the folder that this names as the one of its libraries
//	              the program's folder
//	Extensions    the system's folders of libraries
//	Registered    what is registered with the system: its own libraries
//	Files         files and folders that programs have registered
//
// Load is that of one fragment; of others, it is Candidate.Near.
//
// Sources: "Inside Macintosh: PowerPC System Software", chapter 3, "Import Library
// Searching"; "Mac OS Runtime Architectures", chapter 3; Technical Note "Mac OS 8.5",
// part XII, for the folder that an alias names.
type Places struct {
	Load        string
	Application string
	Extensions  []string
	Registered  []Source
	Files       []string
}

// Sources returns the places as sources, for a context. What cannot be read is an error,
// but for folders, which are read when they are searched.
func (p Places) Sources() ([]Source, error) {
	var sources []Source
	if p.Load != "" {
		sources = append(sources, NewFolderSource(p.Load))
	}
	if p.Application != "" {
		own, folder, err := application(p.Application)
		if err != nil {
			return nil, err
		}
		sources = append(sources, own)
		here := filepath.Dir(p.Application)
		if folder != "" {
			sources = append(sources, NewFolderSource(filepath.Join(here, folder)))
		}
		sources = append(sources, NewFolderSource(here))
	}
	for _, dir := range p.Extensions {
		sources = append(sources, NewFolderSource(dir))
	}
	sources = append(sources, p.Registered...)
	for _, path := range p.Files {
		s, err := fileOrFolder(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// fileOrFolder returns what is at a path.
func fileOrFolder(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return NewFolderSource(path), nil
	}
	f, err := macfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return NewFileSource(path, f)
}

// application reads a program's own libraries, and the name of the folder beside it that
// has more.
func application(path string) (*FileSource, string, error) {
	f, err := macfile.Open(path)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	own, err := NewFileSource(path, f)
	if err != nil {
		return nil, "", err
	}
	folder, err := libraryFolder(f)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return own, folder, nil
}

const alisType resource.OSType = 0x616c6973 // 'alis'

// libraryFolder returns the name of the folder of a program's libraries: its member of
// the 'cfrg' has the number of an alias to it. "" is none.
func libraryFolder(f *macfile.File) (string, error) {
	if f.Resource.Size() == 0 {
		return "", nil
	}
	fork, err := resource.Read(f.Resource, f.Resource.Size())
	if err != nil {
		return "", err
	}
	r := fork.Get(cfrgType, 0)
	if r == nil {
		return "", nil
	}
	cfrg, err := coderes.DecodeCFrag(r.Data)
	if err != nil {
		return "", err
	}
	for _, m := range cfrg.Members {
		if m.Usage != coderes.Application || m.Usage2 == 0 {
			continue
		}
		alias := fork.Get(alisType, int16(m.Usage2))
		if alias == nil {
			return "", fmt.Errorf("the 'cfrg' names alis %d as that of the library folder, which is missing", int16(m.Usage2))
		}
		return aliasName(alias.Data)
	}
	return "", nil
}

// aliasName returns the name of what an alias record leads to. From the program to a
// folder beside it, that is the way, too. Layout, of version 2:
//
//	0  4  user type      6  2  version, 2       10  28  volume's name
//	4  2  size           8  2  1 for a folder   50  64  name, a Pascal text
//
// Source: "Inside Macintosh: Files", chapter 4; the fields as the Alias Manager writes
// them.
func aliasName(data []byte) (string, error) {
	const version, name, most = 6, 50, 63
	switch {
	case len(data) < name+1:
		return "", fmt.Errorf("alis: %d bytes (at least %d)", len(data), name+1)
	case binary.BigEndian.Uint16(data[version:]) != 2:
		return "", fmt.Errorf("alis: version %d (2 is known)", binary.BigEndian.Uint16(data[version:]))
	}
	n := int(data[name])
	if n > most || n > len(data)-name-1 {
		return "", fmt.Errorf("alis: a name of %d bytes (at most %d)", n, min(most, len(data)-name-1))
	}
	text := bin.MacRoman(data[name+1:][:n])
	if !fs.ValidPath(text) || filepath.Base(text) != text || text == "." {
		return "", fmt.Errorf("alis: %q is no name of a folder", text)
	}
	return text, nil
}
