package link

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// Form is how a file holds code.
type Form int

const (
	SharedLibrary Form = iota // a fragment in the data fork, described by 'cfrg' 0
	Code                      // a 68K code resource
	Accelerated               // a resource with a routine descriptor and a fragment
	Fat                       // a resource with both
	SafeFat                   // the same, for machines without a Mixed Mode Manager too
	Universal                 // a fragment in the data fork and a 68K code resource
)

var formNames = []string{"library", "code", "accelerated", "fat", "safe-fat", "universal"}

func (f Form) String() string {
	if f >= 0 && int(f) < len(formNames) {
		return formNames[f]
	}
	return fmt.Sprintf("form(%d)", int(f))
}

// ParseForm returns the form of a name as String gives it.
func ParseForm(name string) (Form, error) {
	for i, n := range formNames {
		if n == name {
			return Form(i), nil
		}
	}
	return 0, fmt.Errorf("unknown form %q (known: %s)", name, strings.Join(formNames, ", "))
}

// Needs says which processors' code the form has.
func (f Form) Needs() (ppc, m68k bool) {
	return f != Code, f != SharedLibrary && f != Accelerated
}

// Product is finished code and what a file says of it.
type Product struct {
	Form     Form
	Fragment *pef.Fragment // for PowerPC, or nil
	Code     []byte        // a 68K code resource, or nil
	Name     string        // of the library or resource
	// Of resources:
	Type     resource.OSType
	ID       int16
	ProcInfo coderes.ProcInfo // how the routine is called; of all but plain code
}

// library's file type and creator: what the Code Fragment Manager looks for.
var sharedLibrary = macfile.FinderInfo{Type: 0x73686c62, Creator: 0x63666d67} // 'shlb' 'cfmg'

const cfrgType = 0x63667267 // 'cfrg'

// File makes a file of a product.
func (p *Product) File() (*macfile.File, error) {
	var container []byte
	ppc, m68k := p.Form.Needs()
	if ppc {
		if p.Fragment == nil {
			return nil, fmt.Errorf("%v: it has no PowerPC code", p.Form)
		}
		var err error
		if container, err = pef.Encode(p.Fragment); err != nil {
			return nil, err
		}
	}
	if m68k && p.Code == nil {
		return nil, fmt.Errorf("%v: it has no 68K code", p.Form)
	}
	f := &macfile.File{Name: p.Name}
	if p.Form == SharedLibrary {
		cfrg, err := p.describe(len(container)).Encode()
		if err != nil {
			return nil, err
		}
		f.Finder = sharedLibrary
		f.Data = fork(container)
		return f, p.addResource(f, &resource.Resource{Type: cfrgType, Data: cfrg})
	}
	r := &resource.Resource{Type: p.Type, ID: p.ID, Name: p.Name}
	switch p.Form {
	case Code:
		r.Data = p.Code
	case Universal:
		r.Data = p.Code
		f.Finder.Type = p.Type
		f.Data = fork(container)
	case Accelerated:
		r.Data = coderes.NewAccelerated(p.ProcInfo, container)
	case Fat:
		r.Data = coderes.NewFat(p.ProcInfo, p.Code, p.ProcInfo, container)
	case SafeFat:
		r.Data = coderes.NewSafeFat(p.ProcInfo, p.Code, p.ProcInfo, container)
	}
	return f, p.addResource(f, r)
}

// describe makes the 'cfrg' resource of a library.
func (p *Product) describe(size int) *coderes.CFrag {
	return &coderes.CFrag{Members: []coderes.CFragMember{{
		Name: p.Name, Architecture: coderes.OSType(p.Fragment.Architecture),
		CurrentVersion: coderes.NumVersion(p.Fragment.CurrentVersion), OldDefVersion: coderes.NumVersion(p.Fragment.OldDefVersion),
		Usage: coderes.ImportLibrary, Where: coderes.InDataFork, Length: uint32(size),
	}}}
}

func (p *Product) addResource(f *macfile.File, r *resource.Resource) error {
	data, err := (&resource.Fork{Resources: []*resource.Resource{r}}).Encode()
	if err != nil {
		return err
	}
	f.Resource = fork(data)
	return nil
}

func fork(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// Write writes a file in the wrapping that a name asks for: .bin is MacBinary,
// .hqx BinHex, .as AppleSingle, and what begins with ._ AppleDouble's resource
// half; .rsrc is the resource fork alone, any other name the data fork alone,
// or the resource fork if there is no data.
func Write(w io.Writer, f *macfile.File, name string) error {
	base := filepath.Base(name)
	switch ext := strings.ToLower(filepath.Ext(base)); {
	case strings.HasPrefix(base, "._"):
		return f.WriteAppleDouble(w)
	case ext == ".bin":
		return f.WriteMacBinary(w)
	case ext == ".hqx":
		return f.WriteBinHex(w)
	case ext == ".as":
		return f.WriteAppleSingle(w)
	case ext == ".rsrc" || f.Data == nil:
		return copyFork(w, f.Resource)
	}
	return copyFork(w, f.Data)
}

func copyFork(w io.Writer, fork *io.SectionReader) error {
	if fork == nil {
		return nil
	}
	_, err := io.Copy(w, io.NewSectionReader(fork, 0, fork.Size()))
	return err
}
