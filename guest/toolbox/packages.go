package toolbox

import (
	"fmt"
	"time"

	"github.com/crossplug/crossplug/guest/quickdraw"
	"github.com/crossplug/crossplug/internal/bin"
)

// Calls of small managers that many plug-ins import: texts of dates, files that are
// chosen, aliases, icons in color, and the devices that there are not.

// Errors of what there is not.
const (
	badUnitErr           = -21
	notEnoughHardwareErr = -201
	resNotFoundErr       = -192
)

// Dates and times as they were written in America ("Inside Macintosh: Text", chapter 5).

const (
	shortDate = 0
	longDate  = 1
)

// DateString writes the date of seconds since 1904: 1/31/92, Friday, January 31, 1992,
// or Fri, Jan 31, 1992.
func (t *Toolbox) DateString(seconds uint32, form uint8, text, _ uint32) {
	layout := "Mon, Jan 2, 2006"
	switch form {
	case shortDate:
		layout = "1/2/06"
	case longDate:
		layout = "Monday, January 2, 2006"
	}
	t.putPString(text, []byte(dateOf(seconds).Format(layout)), 255)
}

// TimeString writes the time of day: 5:00 PM, or 5:00:00 PM.
func (t *Toolbox) TimeString(seconds uint32, wantSeconds bool, text, _ uint32) {
	layout := "3:04 PM"
	if wantSeconds {
		layout = "3:04:05 PM"
	}
	t.putPString(text, []byte(dateOf(seconds).Format(layout)), 255)
}

func dateOf(seconds uint32) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

// IUDateString is DateString.
func (t *Toolbox) IUDateString(seconds uint32, form uint8, text uint32) {
	t.DateString(seconds, form, text, 0)
}

// IUTimeString is TimeString.
func (t *Toolbox) IUTimeString(seconds uint32, wantSeconds bool, text uint32) {
	t.TimeString(seconds, wantSeconds, text, 0)
}

// GetIntlResource gets the resource 'itl0', 'itl1', 'itl2' or 'itl4' that is in an open
// file, if one is.
func (t *Toolbox) GetIntlResource(n int16) uint32 {
	if n < 0 || n > 9 {
		return 0
	}
	return t.GetIndResource(code4(fmt.Sprintf("itl%d", n)), 1)
}

// Equalstring is EqualString for C texts.
func (t *Toolbox) Equalstring(a, b uint32, caseSensitive, marks bool) bool {
	return string(fold(t.cstring(a), caseSensitive, marks)) == string(fold(t.cstring(b), caseSensitive, marks))
}

// FileQuestion is what Options.File is asked: which file to open, or where to save.
type FileQuestion struct {
	Save         bool
	Prompt, Name string // of one to save
}

// A StandardFileReply, 88 bytes.
const (
	sfGood      = 0
	sfReplacing = 1
	sfType      = 2
	sfFile      = 6
	sfIsFolder  = 80
	sfReplySize = 88
)

// standardFile asks the host, and writes the answer.
func (t *Toolbox) standardFile(q FileQuestion, reply uint32) {
	t.write(reply, make([]byte, sfReplySize))
	if t.options.File == nil {
		return
	}
	path, ok := t.options.File(q)
	if !ok {
		return
	}
	switch err := t.MakeSpec(path, reply+sfFile); {
	case err == 0:
		t.put8(reply+sfReplacing, uint8(boolean(q.Save)))
		if n, err := t.volume.find(t.spec(reply + sfFile)); err == 0 && !n.folder {
			if f, err := t.volume.open(n); err == 0 {
				t.put32(reply+sfType, uint32(f.finder.Type))
			}
		}
	case err != fnfErr || !q.Save:
		return
	}
	t.put8(reply+sfGood, 1)
}

// StandardGetFile asks for a file to open, of any type.
func (t *Toolbox) StandardGetFile(_ uint32, _ int16, _, reply uint32) {
	t.standardFile(FileQuestion{}, reply)
}

// StandardPutFile asks where to save a file.
func (t *Toolbox) StandardPutFile(prompt, name, reply uint32) {
	t.standardFile(FileQuestion{Save: true, Prompt: bin.MacRoman(t.pstring(prompt)), Name: bin.MacRoman(t.pstring(name))}, reply)
}

// ResolveAliasFile leaves an FSSpec as it is, if its file is there: there are no alias
// files.
func (t *Toolbox) ResolveAliasFile(spec uint32, _ bool, folder, aliased uint32) int16 {
	n, err := t.volume.find(t.spec(spec))
	if err != 0 {
		return err
	}
	t.put8(folder, uint8(boolean(n.folder)))
	t.put8(aliased, 0)
	return 0
}

// There is nothing to hear.

// SndPlay plays nothing.
func (t *Toolbox) SndPlay(_, sound uint32, _ bool) int16 {
	if sound == 0 {
		return resNotFoundErr
	}
	return 0
}

// SndNewChannel has no channels.
func (t *Toolbox) SndNewChannel(uint32, int16, int32, uint32) int16 { return notEnoughHardwareErr }

// SndDisposeChannel has none to free.
func (t *Toolbox) SndDisposeChannel(uint32, bool) int16 { return 0 }

// There are no drivers.

func (t *Toolbox) noDriver(block uint32) int16 {
	result := int16(badUnitErr)
	t.put16(block+pbResult, uint16(result))
	return result
}

// PBControlSync fails.
func (t *Toolbox) PBControlSync(block uint32) int16 { return t.noDriver(block) }

// PBControlImmed fails.
func (t *Toolbox) PBControlImmed(block uint32) int16 { return t.noDriver(block) }

// PBStatusSync fails.
func (t *Toolbox) PBStatusSync(block uint32) int16 { return t.noDriver(block) }

// PBStatusImmed fails.
func (t *Toolbox) PBStatusImmed(block uint32) int16 { return t.noDriver(block) }

// OpenDriver finds no driver.
func (t *Toolbox) OpenDriver(uint32, uint32) int16 { return fnfErr }

// CloseDriver fails.
func (t *Toolbox) CloseDriver(int16) int16 { return badUnitErr }

// Control fails.
func (t *Toolbox) Control(int16, int16, uint32) int16 { return badUnitErr }

// Status fails.
func (t *Toolbox) Status(int16, int16, uint32) int16 { return badUnitErr }

// GetDCtlEntry finds no driver.
func (t *Toolbox) GetDCtlEntry(int16) uint32 { return 0 }

// SleepQInstall does nothing: the machine never sleeps.
func (t *Toolbox) SleepQInstall(uint32) {}

// SleepQRemove does nothing.
func (t *Toolbox) SleepQRemove(uint32) {}

// More global variables in low memory.
const (
	lowUTableBase  = 0x11c
	lowBootDrive   = 0x210
	lowROMBase     = 0x2ae
	lowCurDirStore = 0x398
	lowSysMap      = 0xa58
	lowSysFontFam  = 0xba6
	lowSysFontSize = 0xba8
)

// LMGetUTableBase returns the global variable, 0: there are no drivers.
func (t *Toolbox) LMGetUTableBase() uint32 { return t.u32(lowUTableBase) }

// LMGetBootDrive returns the global variable.
func (t *Toolbox) LMGetBootDrive() int16 { return int16(t.u16(lowBootDrive)) }

// LMGetROMBase returns the global variable, 0: there is no ROM.
func (t *Toolbox) LMGetROMBase() uint32 { return t.u32(lowROMBase) }

// LMGetCurDirStore returns the global variable.
func (t *Toolbox) LMGetCurDirStore() int32 { return int32(t.u32(lowCurDirStore)) }

// LMSetCurDirStore changes it.
func (t *Toolbox) LMSetCurDirStore(v int32) { t.put32(lowCurDirStore, uint32(v)) }

// LMGetSysMap returns the global variable.
func (t *Toolbox) LMGetSysMap() int16 { return int16(t.u16(lowSysMap)) }

// LMSetCurMap changes the current resource file.
func (t *Toolbox) LMSetCurMap(ref int16) { t.UseResFile(ref) }

// LMGetSysFontFam returns the global variable.
func (t *Toolbox) LMGetSysFontFam() int16 { return int16(t.u16(lowSysFontFam)) }

// LMGetSysFontSize returns the global variable.
func (t *Toolbox) LMGetSysFontSize() int16 { return int16(t.u16(lowSysFontSize)) }

// Icons in color. A CIcon has a PixMap 50, a BitMap of its mask 14, a BitMap of one in
// black and white 14, and a handle to the pixels 4; then the masks' rows and the black
// and white rows. A 'cicn' resource has a table of colors and the pixels behind.
const (
	cIconMask = 50
	cIconBits = 64
	cIconData = 78
	cIconRows = 82
)

// GetCIcon makes an icon of a 'cicn' resource, 0 if there is none.
func (t *Toolbox) GetCIcon(id int16) uint32 {
	h := t.GetResource(code4("cicn"), id)
	if h == 0 {
		return 0
	}
	b := t.contents(h)
	bad := func(what string, at int) uint32 {
		if t.err == nil {
			t.fail(fmt.Errorf("'cicn' %d: %s ends at 0x%x, behind its end, 0x%x", id, what, at, len(b)))
		}
		return 0
	}
	if len(b) < cIconRows {
		return bad("its header", cIconRows)
	}
	half := func(at int) int { return int(b[at])<<8 | int(b[at+1]) }
	size := func(at int) int { // of a map's pixels
		return (half(at+mapRowBytes) & rowBytesMask) * rectOf(b[at+mapBounds:]).Height()
	}
	rows := cIconRows + size(cIconMask) + size(cIconBits)
	if rows+tableFirst > len(b) {
		return bad("its mask", rows+tableFirst)
	}
	colors := tableFirst + tableEntry*(half(rows+tableSize)+1)
	if rows+colors+size(0) > len(b) {
		return bad("its pixels", rows+colors+size(0))
	}
	icon, table, pixels := t.newContents(b[:rows]), t.newContents(b[rows:rows+colors]), t.newContents(b[rows+colors:][:size(0)])
	if icon == 0 || table == 0 || pixels == 0 {
		return 0
	}
	p := t.u32(icon)
	t.put32(p+mapTable, table)
	t.put32(p+cIconData, pixels)
	return icon
}

// DisposeCIcon frees one.
func (t *Toolbox) DisposeCIcon(icon uint32) {
	if t.handles[icon] == nil || t.GetHandleSize(icon) < cIconRows {
		return
	}
	p := t.u32(icon)
	t.DisposeHandle(t.u32(p + mapTable))
	t.DisposeHandle(t.u32(t.u32(icon) + cIconData))
	t.DisposeHandle(icon)
}

// PlotCIcon draws one where its mask is, stretched to a rectangle.
func (t *Toolbox) PlotCIcon(r, icon uint32) {
	if t.handles[icon] == nil || t.GetHandleSize(icon) < cIconRows {
		return
	}
	p := t.u32(icon)
	from, mask := t.mapAt(p), t.mapAt(p+cIconMask)
	from.base, mask.base = t.u32(t.u32(p+cIconData)), p+cIconRows
	t.copyBits(&copying{from: from, to: t.bitsOf(t.port()), mask: &mask, how: quickdraw.Transfer{
		From: from.bounds, To: t.rectAt(r), MaskFrom: mask.bounds}}, 0)
}
