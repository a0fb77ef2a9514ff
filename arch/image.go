package arch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/internal/bin"
)

// Format is the way an image is laid out in its file.
type Format string

const (
	FormatELF   Format = "ELF"
	FormatMachO Format = "Mach-O"
	FormatPE    Format = "PE"
	FormatCOFF  Format = "COFF" // the object files from which PE is linked
	FormatWasm  Format = "WebAssembly"
	FormatPEF   Format = "PEF"
)

// Kind is what an image is for.
type Kind string

const (
	KindShared      Kind = "shared object" // ELF shared object, Mach-O dynamic library, Windows DLL
	KindBundle      Kind = "bundle"        // Mach-O code that is only ever loaded at run time
	KindExecutable  Kind = "executable"    // a program, position-independent or not
	KindRelocatable Kind = "relocatable"   // an object file: input of a linker
	KindCore        Kind = "core"          // the memory of a crashed process
	KindContainer   Kind = "container"     // PEF does not tell programs from libraries
	KindModule      Kind = "module"        // WebAssembly core module
	KindComponent   Kind = "component"     // WebAssembly component
	KindOther       Kind = "other"         // symbols without code, kernels, loaders …
)

// Image is the code for one architecture inside a file.
type Image struct {
	Arch   Arch   `json:"arch"`
	Format Format `json:"format"`
	Kind   Kind   `json:"kind"`
	Offset int64  `json:"offset"` // of its first byte in the file
	Size   int64  `json:"size"`   // in bytes, of what the file holds of it
}

func (i Image) String() string { return fmt.Sprintf("%s %s %s", i.Arch, i.Format, i.Kind) }

// formats is how each format is recognised by the first bytes of a file, and
// read. The order matters only where two would match, and none do.
var formats = []struct {
	match  func(head []byte) bool
	images func(bin.View) ([]Image, error)
}{
	{isELF, elfImages},
	{isMachO, machoImages},
	{isFat, fatImages},
	{isWasm, wasmImages},
	{isPEF, pefImages},
	{isMZ, peImages},
	{isCOFF, coffImages},
}

// headSize is how many bytes the recognisers get, if the file has as many.
const headSize = 512

// Images lists every image in a file of the given size, in the order in which
// they lie in it. It reads headers, checks that what they promise is there,
// and executes nothing.
//
// An image that is damaged is not listed; the error says why, while the file's
// other images are listed all the same. A file without any image is a
// *NotImageError. Both are a fault.ErrBadImage.
func Images(r io.ReaderAt, size int64) ([]Image, error) {
	v := bin.NewView(r, 0, size)
	head, err := v.Bytes("file", 0, uint64(min(headSize, v.Size())))
	if err != nil {
		return nil, err
	}
	for _, f := range formats {
		if f.match(head) {
			return f.images(v)
		}
	}
	return nil, &NotImageError{What: describe(head)}
}

// NotImageError says that a file holds no image of any kind, and what it
// appears to be instead. It is a fault.ErrBadImage.
type NotImageError struct {
	What string // "a gzip archive"
}

func (e *NotImageError) Error() string { return "holds no image: it is " + e.What }

// Is makes errors.Is(err, fault.ErrBadImage) true.
func (e *NotImageError) Is(target error) bool { return target == fault.ErrBadImage }

// File is an open file and what was found in it.
type File struct {
	Images []Image // at least one
	Damage error   // why images that the file should have are not listed; nil if all are

	f *os.File
}

// Open opens a regular file and lists its images. It never waits: a pipe or
// device is a *NotImageError, not opened for reading. If no image can be
// listed, the error says why; a file that does not exist is a
// fault.ErrNotFound.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, &NotImageError{What: modeName(info.Mode())})
	}
	// The file may have been replaced since; opening a pipe must not wait even then.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, openError(path, err)
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = &NotImageError{What: modeName(info.Mode())}
	}
	var images []Image
	if err == nil {
		images, err = Images(f, info.Size())
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if len(images) == 0 {
		f.Close()
		return nil, err
	}
	return &File{Images: images, Damage: err, f: f}, nil
}

// openError puts the path first, once, and sorts the error.
func openError(path string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w (%w)", path, fault.ErrNotFound, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

func modeName(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// Details reads what a loader needs to know of one of the file's images; see
// ReadDetails.
func (f *File) Details(img Image) (*Details, error) {
	d, err := ReadDetails(f.f, img)
	if err != nil {
		err = fmt.Errorf("%s: %w", f.f.Name(), err)
	}
	return d, err
}

// ReadAt reads from the file, as os.File does.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }
