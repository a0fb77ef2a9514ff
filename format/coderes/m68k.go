package coderes

import "github.com/crossplug/crossplug/internal/bin"

// 68K code resources are entered at their first byte. Where compilers put a
// header there, it begins with a branch over itself, so that it can be called
// all the same:
//
//	 0  600A            BRA.S entry           or 6000 xxxx  BRA.W entry
//	 2  flags 2                               which has no flags
//	 4  type 4                                of the resource
//	 8  id 2
//	10  version 2
//	12                                        and more, of the compiler's own

// Header is what the header of 68K code says of it.
type Header struct {
	Flags   uint16 // 0 if the branch is a long one, which lies where they would
	Type    OSType // of the resource, when it was linked
	ID      int16
	Version int16
}

// headerSize is the least that a branch over a header skips.
const headerSize = 12

// decodeHeader returns where 68K code goes from its first byte: past the header
// if there is one, of which it then has what it says.
func decodeHeader(data []byte) (*Header, int, error) {
	c := bin.NewCursor("68K code", data, bigEndian)
	if c.Len() < 2 {
		return nil, 0, damage(0, "68K code", "has %d bytes, not one instruction", len(data))
	}
	word := c.U16()
	h := &Header{}
	entry := int64(2) // displacements count from behind the first word
	switch {
	case word == 0x6000, word == 0x4efa: // BRA.W, JMP (d16,PC)
		entry += int64(int16(c.U16()))
	case word == 0x60ff: // BRA.L, 68020
		entry += int64(int32(c.U32()))
	case word&0xff00 == 0x6000: // BRA.S
		entry += int64(int8(word))
		if c.Len() >= 2 {
			h.Flags = c.U16()
		}
	default:
		return nil, 0, nil
	}
	if c.Err() != nil {
		return nil, 0, c.Err()
	}
	if entry < 0 || entry >= int64(len(data)) {
		return nil, 0, damage(0, "68K code", "branches to %#x of %#x bytes", entry, len(data))
	}
	if entry < headerSize {
		return nil, int(entry), nil
	}
	c.Seek(4)
	h.Type, h.ID, h.Version = c.OSType(), int16(c.U16()), int16(c.U16())
	if !isText(h.Type) {
		return nil, int(entry), nil // the branch is part of the code
	}
	return h, int(entry), nil
}

// isText says whether all four characters print.
func isText(t OSType) bool {
	for shift := 0; shift < 32; shift += 8 {
		if c := byte(t >> shift); c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// codeTypes are the types of resources that hold code entered at the first
// byte, and what it is for.
var codeTypes = map[string]string{
	"ADBS": "Apple Desktop Bus service routine",
	"CDEF": "control definition",
	"cdev": "control panel",
	"CODE": "application segment",   // but for its header: see DecodeSegment
	"dcmp": "resource decompressor", // see DecodeDecompressor
	"FKEY": "function key",
	"FMTR": "disk formatter",
	"INIT": "system extension",
	"LDEF": "list definition",
	"MBDF": "menu bar definition",
	"MDEF": "menu definition",
	"mntr": "monitor extension",
	"ncmp": "resource decompressor, PowerPC",
	"osax": "scripting addition",
	"PACK": "package",
	"PDEF": "printing routine",
	"PLUG": "plug-in",
	"proc": "procedure",
	"PTCH": "ROM patch",
	"ptch": "ROM patch",
	"ROvr": "ROM resource override",
	"SERD": "serial driver",
	"snth": "sound synthesiser",
	"SORT": "SuperSort plug-in",
	"WDEF": "window definition",
	"XCMD": "HyperCard external command",
	"XFCN": "HyperCard external function",
}

// Describe says what the code in resources of a type is for, and false if that
// type is not known to hold code. Applications define types of their own.
func Describe(t OSType) (string, bool) {
	what, ok := codeTypes[t.String()]
	return what, ok
}
