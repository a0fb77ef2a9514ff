package macfile

import (
	"encoding/binary"
	"time"

	"github.com/crossplug/crossplug/internal/bin"
)

var bigEndian = binary.BigEndian

// FinderInfo is what the Finder keeps of a file: the 32 bytes of an FInfo and
// an FXInfo record ("Inside Macintosh: Macintosh Toolbox Essentials", chapter
// 7, "Finder Interface").
type FinderInfo struct {
	Type, Creator OSType
	Flags         FinderFlags
	V, H          int16    // where the icon is, in its window
	Folder        int16    // the window; of no meaning elsewhere
	Extended      [16]byte // FXInfo: script of the name, comment id, the folder to put away into
}

// FinderInfoSize is the size of an encoded FinderInfo.
const FinderInfoSize = 32

// DecodeFinderInfo decodes the first 32 bytes of b; of a shorter b, what is
// missing is zero.
func DecodeFinderInfo(b []byte) FinderInfo {
	whole := make([]byte, FinderInfoSize)
	copy(whole, b)
	c := bin.NewCursor("Finder information", whole, bigEndian)
	i := FinderInfo{Type: c.OSType(), Creator: c.OSType(), Flags: FinderFlags(c.U16())}
	i.V, i.H, i.Folder = int16(c.U16()), int16(c.U16()), int16(c.U16())
	copy(i.Extended[:], c.Bytes(16))
	return i
}

// Encode returns the 32 bytes.
func (i FinderInfo) Encode() []byte {
	b := bigEndian.AppendUint32(nil, uint32(i.Type))
	b = bigEndian.AppendUint32(b, uint32(i.Creator))
	b = bigEndian.AppendUint16(b, uint16(i.Flags))
	for _, v := range []int16{i.V, i.H, i.Folder} {
		b = bigEndian.AppendUint16(b, uint16(v))
	}
	return append(b, i.Extended[:]...)
}

// FinderFlags are properties of a file.
type FinderFlags uint16

const (
	OnDesk        FinderFlags = 0x0001
	Color         FinderFlags = 0x000e // of the label: a number, not flags
	RequireSwitch FinderFlags = 0x0020
	Shared        FinderFlags = 0x0040 // an application that several users may run at a time
	NoINITs       FinderFlags = 0x0080
	Inited        FinderFlags = 0x0100 // the Finder has seen the file
	CustomIcon    FinderFlags = 0x0400
	Stationery    FinderFlags = 0x0800
	NameLocked    FinderFlags = 0x1000
	HasBundle     FinderFlags = 0x2000
	Invisible     FinderFlags = 0x4000
	Alias         FinderFlags = 0x8000
)

var finderFlagNames = []bin.Name{
	{Value: 0x8000, Text: "alias"}, {Value: 0x4000, Text: "invisible"}, {Value: 0x2000, Text: "bundle"}, {Value: 0x1000, Text: "name locked"},
	{Value: 0x0800, Text: "stationery"}, {Value: 0x0400, Text: "custom icon"}, {Value: 0x0100, Text: "inited"}, {Value: 0x0080, Text: "no INITs"},
	{Value: 0x0040, Text: "shared"}, {Value: 0x0020, Text: "require switch"}, {Value: 0x0001, Text: "on desk"},
}

// String names the flags: "bundle+inited". None is "0x0"; the label and
// unknown flags are a number.
func (f FinderFlags) String() string { return bin.FlagNames(uint32(f), finderFlagNames) }

// Where the parts of FXInfo that MacBinary III has are.
const (
	extendedScript = 8
	extendedFlags  = 9
)

// Times count seconds: since the start of 1904 in local time, unsigned, in
// MacBinary; since the start of 2000 in Greenwich, signed, in AppleSingle.
var (
	epoch1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	epoch2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// noTime2000 is what AppleSingle has for an unknown time; MacBinary has 0.
const noTime2000 = -1 << 31

func from1904(s uint32) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return epoch1904.Add(time.Duration(s) * time.Second)
}

func to1904(t time.Time) uint32 {
	if s := t.Unix() - epoch1904.Unix(); s > 0 && s < 1<<32 {
		return uint32(s)
	}
	return 0
}

func from2000(s int32) time.Time {
	if s == noTime2000 {
		return time.Time{}
	}
	return epoch2000.Add(time.Duration(s) * time.Second)
}

func to2000(t time.Time) int32 {
	if s := t.Unix() - epoch2000.Unix(); s > noTime2000 && s < 1<<31 {
		return int32(s)
	}
	return noTime2000
}
