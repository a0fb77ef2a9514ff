package coderes

import (
	"fmt"

	"github.com/crossplug/crossplug/internal/bin"
)

// NumVersion is a version number as 'vers' resources and code fragments have
// it: major version, two decimal digits; minor version and bug fix, one each;
// stage; number of the build before release. 0x01028003 is 1.0.2b3 with the
// stage 0x60, but 1.0.2f3 with 0x80. Versions compare as numbers. ("Inside
// Macintosh: Macintosh Toolbox Essentials", chapter 7, "The Version Resource".)
type NumVersion uint32

// stages are letters for the third byte.
var stages = map[uint8]string{0x20: "d", 0x40: "a", 0x60: "b", 0x80: "f"}

// String writes the version as the Finder would: "1.0.2b3", "7.5". What is no
// version number is shown as hexadecimal: Code fragments may number theirs as
// they like; 0 is no version.
func (v NumVersion) String() string {
	major, minor, fix, stage, build := v>>24, v>>20&0xf, v>>16&0xf, uint8(v>>8), uint8(v)
	letter, ok := stages[stage]
	if v == 0 {
		return "0"
	}
	if !ok || major>>4 > 9 || major&0xf > 9 || minor > 9 || fix > 9 {
		return fmt.Sprintf("%#x", uint32(v))
	}
	s := fmt.Sprintf("%d.%d", major>>4*10+major&0xf, minor)
	if fix != 0 {
		s += fmt.Sprintf(".%d", fix)
	}
	if letter != "f" || build != 0 {
		s += fmt.Sprintf("%s%d", letter, build)
	}
	return s
}

// Version is a 'vers' resource: number 1 is that of the file, number 2 that of
// the set of files it is of.
type Version struct {
	Number NumVersion
	Region uint16 // of the world, 0 the USA
	Short  string // for people, in UTF-8: "1.0.2"
	Long   string // "1.0.2, © 1994 Somebody"
}

// DecodeVersion decodes a 'vers' resource. With an error, what follows it is
// missing.
func DecodeVersion(data []byte) (*Version, error) {
	c := bin.NewCursor("vers", data, bigEndian)
	v := &Version{Number: NumVersion(c.U32()), Region: c.U16()}
	v.Short = bin.MacRoman(pstring(c))
	v.Long = bin.MacRoman(pstring(c))
	return v, c.Err()
}

// Encode returns the bytes of the resource.
func (v *Version) Encode() ([]byte, error) {
	b := bigEndian.AppendUint32(nil, uint32(v.Number))
	b = bigEndian.AppendUint16(b, v.Region)
	b, err := appendPString(b, v.Short)
	if err == nil {
		b, err = appendPString(b, v.Long)
	}
	if err != nil {
		return nil, fmt.Errorf("vers: %w", err)
	}
	return b, nil
}
