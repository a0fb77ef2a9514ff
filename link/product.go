package link

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
)

// Form is how a file holds code.
type Form int

const (
	SharedLibrary    Form = iota // a PowerPC fragment in the data fork, described by 'cfrg' 0
	Code                         // a 68K code resource
	Accelerated                  // a resource with a routine descriptor and a fragment
	Fat                          // a resource with both
	SafeFat                      // the same, for machines without a Mixed Mode Manager too
	Universal                    // a fragment in the data fork and a 68K code resource
	SharedLibrary68K             // as SharedLibrary, for the 68K
	FatLibrary                   // both
)

// forms has the name and the parts of each form.
var forms = []struct {
	name  string
	parts []Part
}{
	SharedLibrary:    {"library", []Part{PowerPCFragment}},
	Code:             {"code", []Part{M68KCode}},
	Accelerated:      {"accelerated", []Part{PowerPCFragment}},
	Fat:              {"fat", []Part{PowerPCFragment, M68KCode}},
	SafeFat:          {"safe-fat", []Part{PowerPCFragment, M68KCode}},
	Universal:        {"universal", []Part{PowerPCFragment, M68KCode}},
	SharedLibrary68K: {"library-68k", []Part{M68KFragment}},
	FatLibrary:       {"fat-library", []Part{PowerPCFragment, M68KFragment}},
}

// Part is one piece of code of a product.
type Part int

const (
	PowerPCFragment Part = iota
	M68KFragment
	M68KCode // a code resource
)

func (p Part) String() string { return [...]string{"PowerPC", "CFM-68K", "68K"}[p] }

// Machine returns what objects for the part are for.
func (p Part) Machine() elf.Machine {
	if p == PowerPCFragment {
		return elf.EM_PPC
	}
	return elf.EM_68K
}

// Compiler returns the compiler for the part's objects.
func (p Part) Compiler() *Compiler { return [...]func() *Compiler{PowerPC, CFM68K, M68K}[p]() }

func (f Form) String() string {
	if f >= 0 && int(f) < len(forms) {
		return forms[f].name
	}
	return fmt.Sprintf("form(%d)", int(f))
}

// FormNames returns the names of all forms.
func FormNames() []string {
	var names []string
	for _, f := range forms {
		names = append(names, f.name)
	}
	return names
}

// ParseForm returns the form of a name as String gives it.
func ParseForm(name string) (Form, error) {
	known := FormNames()
	if i := slices.Index(known, name); i >= 0 {
		return Form(i), nil
	}
	return 0, fmt.Errorf("unknown form %q (known: %s)", name, strings.Join(known, ", "))
}

// Parts returns what the form consists of.
func (f Form) Parts() []Part { return forms[f].parts }

// IsLibrary says whether the form has fragments in the data fork and nothing besides.
func (f Form) IsLibrary() bool {
	return f == SharedLibrary || f == SharedLibrary68K || f == FatLibrary
}

// Product is finished code and what a file says of it.
type Product struct {
	Form     Form
	Fragment *pef.Fragment // for PowerPC, or nil
	// Fragment68K is one for the 68K, or nil; Code a 68K code resource.
	Fragment68K *pef.Fragment
	Code        []byte
	Name        string // of the library or resource
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
	has := map[Part]bool{PowerPCFragment: p.Fragment != nil, M68KFragment: p.Fragment68K != nil, M68KCode: p.Code != nil}
	for _, part := range p.Form.Parts() {
		if !has[part] {
			return nil, fmt.Errorf("%v: it has no %v code", p.Form, part)
		}
	}
	f := &macfile.File{Name: p.Name}
	if p.Form.IsLibrary() {
		return f, p.addLibrary(f)
	}
	var container []byte
	if p.Form != Code {
		var err error
		if container, err = pef.Encode(p.Fragment); err != nil {
			return nil, err
		}
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

// addLibrary adds the fragments, one behind the other, and the 'cfrg' resource that
// says where they are.
func (p *Product) addLibrary(f *macfile.File) error {
	const aligned = 16
	var data []byte
	description := &coderes.CFrag{}
	for _, part := range p.Form.Parts() {
		fragment := p.Fragment
		if part == M68KFragment {
			fragment = p.Fragment68K
		}
		container, err := pef.Encode(fragment)
		if err != nil {
			return err
		}
		data = append(data, make([]byte, -len(data)&(aligned-1))...)
		description.Members = append(description.Members, coderes.CFragMember{
			Name: p.Name, Architecture: coderes.OSType(fragment.Architecture),
			CurrentVersion: coderes.NumVersion(fragment.CurrentVersion), OldDefVersion: coderes.NumVersion(fragment.OldDefVersion),
			Usage: coderes.ImportLibrary, Where: coderes.InDataFork, Offset: uint32(len(data)), Length: uint32(len(container)),
		})
		data = append(data, container...)
	}
	cfrg, err := description.Encode()
	if err != nil {
		return err
	}
	f.Finder = sharedLibrary
	f.Data = fork(data)
	return p.addResource(f, &resource.Resource{Type: cfrgType, Data: cfrg})
}

// Link links one part of the product, and returns a map of where everything went. A
// code resource takes of in its objects and main symbol only.
func (p *Product) Link(part Part, in *Input) (listing []MapEntry, err error) {
	switch part {
	case PowerPCFragment:
		p.Fragment, listing, err = Fragment(in)
	case M68KFragment:
		p.Fragment68K, listing, err = Fragment(in)
	case M68KCode:
		p.Code, listing, err = CodeResource(&Input{Objects: in.Objects, Archives: in.Archives, Main: in.Main, ProcInfo: p.ProcInfo})
	}
	return listing, err
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
