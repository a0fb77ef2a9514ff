package coderes

import (
	"fmt"
	"math"

	"github.com/crossplug/crossplug/internal/bin"
)

// The resource 'cfrg' 0 lists the code fragments of a file: under which names
// they are known, where they are, and what they are for. (<CodeFragments.h>;
// CodeFragments.r.)
//
//	 0 10  reserved
//	10  2  version, 1
//	12 18  reserved
//	30  2  number of members
//	32     members:
//	        0  4  architecture, pwpc or m68k
//	        4  3  reserved
//	        7  1  update level: 0 complete, 1 and up an update
//	        8  4  current version
//	       12  4  oldest version that clients may have been made with
//	       16  4  application: stack size
//	       20  2  application: id of the 'alis' of its library folder; library: flags
//	       22  1  usage
//	       23  1  where
//	       24  4  offset in the fork, or type of the resource
//	       28  4  length, 0 to the end; or id of the resource
//	       32  4  reserved, or space id
//	       36  2  reserved, or fork instance
//	       38  2  number of extensions
//	       40  2  size of the member, a multiple of 4
//	       42     name: length 1, bytes; padded to a multiple of 4
//	              extensions: kind 2, size 2, and of the kind 0x30ee
//	              library kind 4 and four texts, each length 1, bytes
const (
	cfragVersion    = 1
	cfragHeader     = 32
	cfragMember     = 42 // before the name
	searchExtension = 0x30ee
)

// FragmentUsage is what a fragment is for.
type FragmentUsage uint8

const (
	ImportLibrary   FragmentUsage = 0 // kImportLibraryCFrag
	Application     FragmentUsage = 1 // kApplicationCFrag
	DropIn          FragmentUsage = 2 // kDropInAdditionCFrag: of an application, loaded by it
	StubLibrary     FragmentUsage = 3 // kStubLibraryCFrag: to link with
	WeakStubLibrary FragmentUsage = 4 // kWeakStubLibraryCFrag
)

var usageNames = []bin.Name{{Value: 0, Text: "library"}, {Value: 1, Text: "application"}, {Value: 2, Text: "drop-in"}, {Value: 3, Text: "stub library"}, {Value: 4, Text: "weak stub library"}}

func (u FragmentUsage) String() string { return bin.EnumName(uint32(u), usageNames) }

// FragmentPlace is where a fragment is.
type FragmentPlace uint8

const (
	InMemory      FragmentPlace = 0 // kMemoryCFragLocator
	InDataFork    FragmentPlace = 1 // kDataForkCFragLocator
	InResource    FragmentPlace = 2 // kResourceCFragLocator
	InByteStream  FragmentPlace = 3 // kByteStreamCFragLocator
	NamedFragment FragmentPlace = 4 // kNamedFragmentCFragLocator
)

var placeNames = []bin.Name{{Value: 0, Text: "memory"}, {Value: 1, Text: "data fork"}, {Value: 2, Text: "resource"}, {Value: 3, Text: "byte stream"}, {Value: 4, Text: "named fragment"}}

func (w FragmentPlace) String() string { return bin.EnumName(uint32(w), placeNames) }

// PrivateData is a flag of import libraries: each client gets data of its own,
// mapped into its own heap.
const PrivateData = 1

// CFrag is a 'cfrg' resource.
type CFrag struct {
	Members []CFragMember
}

// CFragMember is one fragment under one name. A fragment with several has
// several members.
type CFragMember struct {
	Name           string // in UTF-8
	Architecture   OSType // pwpc or m68k
	UpdateLevel    uint8
	CurrentVersion NumVersion // that of the fragment's container, repeated
	OldDefVersion  NumVersion // oldest definition that clients may have been made with
	StackSize      uint32     // of an application; 0 is the default
	Usage2         uint16     // application: id of its library folder's 'alis'; library: flags
	Usage          FragmentUsage
	Where          FragmentPlace
	Offset         uint32 // in the data fork; the type of the resource; else see Where
	Length         uint32 // of the fragment, 0 to the end of the fork; or the id of the resource
	Where1         uint32 // space id, for an address
	Where2         uint16 // fork instance
	Extensions     []CFragExtension
}

// Resource returns the type and id of the resource that holds the fragment.
func (m *CFragMember) Resource() (OSType, int16, bool) {
	return OSType(m.Offset), int16(m.Length), m.Where == InResource
}

// CFragExtension is what a member has beyond the common. That of Kind 0x30ee
// serves to find libraries by what they are.
type CFragExtension struct {
	Kind uint16
	Data []byte // as it is, without kind and size
	// Of Kind 0x30ee:
	LibraryKind OSType
	Qualifiers  [4]string // the last is a name for people to see
}

// DecodeCFrag decodes a 'cfrg' resource. With an error, it returns the members
// that could be read: those before, and those after, if only the inside of one
// is damaged.
func DecodeCFrag(data []byte) (*CFrag, error) {
	c := bin.NewCursor("cfrg header", data, bigEndian)
	c.Skip(10)
	version := c.U16()
	c.Skip(18)
	count := c.U16()
	f := &CFrag{}
	if c.Err() != nil {
		return f, c.Err()
	}
	var first error
	if version != cfragVersion {
		first = damage(10, "cfrg header", "has version %d; %d is known", version, cfragVersion)
	}
	for i := range count {
		c.Item("cfrg member %d of %d", i, count)
		at := c.Pos()
		if c.Len() < cfragMember {
			c.Skip(cfragMember)
			if first == nil {
				first = c.Err()
			}
			break
		}
		size := bigEndian.Uint16(data[at+40:])
		if size <= cfragMember {
			if first == nil {
				first = damage(at+40, fmt.Sprintf("cfrg member %d of %d", i, count), "claims %d bytes, but has %d and a name", size, cfragMember)
			}
			break // where the next begins is not known
		}
		m, err := decodeMember(c.Sub(min(uint64(size), uint64(c.Len()))))
		if err == nil && at+int(size) > len(data) {
			err = damage(at+40, fmt.Sprintf("cfrg member %d of %d", i, count), "claims %d bytes, but the resource ends after %d", size, len(data)-at)
		}
		if first == nil {
			first = err
		}
		f.Members = append(f.Members, m)
	}
	return f, first
}

// decodeMember decodes all of one member.
func decodeMember(c *bin.Cursor) (CFragMember, error) {
	m := CFragMember{Architecture: c.OSType()}
	c.Skip(3)
	m.UpdateLevel = c.U8()
	m.CurrentVersion, m.OldDefVersion = NumVersion(c.U32()), NumVersion(c.U32())
	m.StackSize, m.Usage2 = c.U32(), c.U16()
	m.Usage, m.Where = FragmentUsage(c.U8()), FragmentPlace(c.U8())
	m.Offset, m.Length, m.Where1, m.Where2 = c.U32(), c.U32(), c.U32(), c.U16()
	extensions := c.U16()
	c.Skip(2)
	m.Name = bin.MacRoman(pstring(c))
	for i := 0; i < int(extensions) && c.Err() == nil; i++ {
		c.Skip(uint64(-c.Pos() & 3))
		e := CFragExtension{Kind: c.U16()}
		size := c.U16()
		if size < 4 {
			c.Fail("has extension %d of %d bytes; its kind and size alone are 4", i, size)
		}
		e.Data = c.Bytes(uint64(size) - 4)
		if e.Kind == searchExtension && c.Err() == nil {
			s := bin.NewCursor(fmt.Sprintf("cfrg extension %d of %q", i, m.Name), e.Data, bigEndian)
			e.LibraryKind = s.OSType()
			for q := range e.Qualifiers {
				e.Qualifiers[q] = bin.MacRoman(pstring(s))
			}
			if s.Err() != nil {
				c.Fail("%s", s.Err().(*FormatError).Msg)
			}
		}
		if c.Err() == nil {
			m.Extensions = append(m.Extensions, e)
		}
	}
	return m, c.Err()
}

// pstring takes a length and so many bytes.
func pstring(c *bin.Cursor) []byte { return c.Bytes(uint64(c.U8())) }

// Encode returns the bytes of the resource. Extensions are written from their
// Data, or if that is nil, from the library kind and the qualifiers.
func (f *CFrag) Encode() ([]byte, error) {
	if len(f.Members) > math.MaxUint16 {
		return nil, fmt.Errorf("cfrg: has %d members; at most %d are possible", len(f.Members), math.MaxUint16)
	}
	b := make([]byte, cfragHeader)
	bigEndian.PutUint16(b[10:], cfragVersion)
	bigEndian.PutUint16(b[30:], uint16(len(f.Members)))
	for i, m := range f.Members {
		e, err := m.encode()
		if err != nil {
			return nil, fmt.Errorf("cfrg member %d: %w", i, err)
		}
		b = append(b, e...)
	}
	return b, nil
}

func (m *CFragMember) encode() ([]byte, error) {
	b := bigEndian.AppendUint32(nil, uint32(m.Architecture))
	b = append(b, 0, 0, 0, m.UpdateLevel)
	for _, v := range []uint32{uint32(m.CurrentVersion), uint32(m.OldDefVersion), m.StackSize} {
		b = bigEndian.AppendUint32(b, v)
	}
	b = bigEndian.AppendUint16(b, m.Usage2)
	b = append(b, byte(m.Usage), byte(m.Where))
	for _, v := range []uint32{m.Offset, m.Length, m.Where1} {
		b = bigEndian.AppendUint32(b, v)
	}
	b = bigEndian.AppendUint16(b, m.Where2)
	b = bigEndian.AppendUint16(b, uint16(len(m.Extensions)))
	b = append(b, 0, 0) // size
	b, err := appendPString(b, m.Name)
	if err != nil {
		return nil, err
	}
	for _, e := range m.Extensions {
		data := e.Data
		if data == nil {
			data = bigEndian.AppendUint32(nil, uint32(e.LibraryKind))
			for _, q := range e.Qualifiers {
				if data, err = appendPString(data, q); err != nil {
					return nil, err
				}
			}
			data = pad4(data)
		}
		b = pad4(b)
		b = bigEndian.AppendUint16(b, e.Kind)
		b = bigEndian.AppendUint16(b, uint16(4+len(data)))
		b = append(b, data...)
	}
	b = pad4(b)
	if len(b) > math.MaxUint16 {
		return nil, fmt.Errorf("%q has %d bytes with its extensions; at most %d are possible", m.Name, len(b), math.MaxUint16)
	}
	bigEndian.PutUint16(b[40:], uint16(len(b)))
	return b, nil
}

func pad4(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }

// appendPString appends a length and the text in Mac OS Roman.
func appendPString(b []byte, s string) ([]byte, error) {
	text, err := bin.EncodeMacRoman(s)
	if err == nil && len(text) > math.MaxUint8 {
		err = fmt.Errorf("%q has %d characters; at most %d are possible", s, len(text), math.MaxUint8)
	}
	return append(append(b, byte(len(text))), text...), err
}
