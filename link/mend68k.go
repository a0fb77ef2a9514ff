package link

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// gcc's -msep-data has the data at A5, as CFM-68K has it. But gcc takes the address
// of a function for that of its code, keeps A5 in every function, leaves parameters
// to the caller to remove, and returns pointers in A0. Its assembly language is
// changed to this:
//
//	sort.entry:                     for calls through the vector, whose second word
//		movea.l (a1),a5             A1 points to; calls by name begin at sort
//	sort:
//		link.w  a6,#-locals-8
//		move.l  a5,-locals-4(a6)    if it calls anything
//		…
//		lea     address,a1          a call through a pointer, to a vector;
//		move.l  sp,-locals-8(a6)
//		movea.l (a1)+,a0
//		jsr     (a0)                one by name is a branch, which may lead to glue
//		movea.l -locals-8(a6),sp    gcc removes the parameters, again
//		movea.l -locals-4(a6),a5    the other fragment's is lost here
//		movea.l d0,a0
//		…
//		rtd     #parameters
//
// Every function has a frame for this, and what registers gcc saves in it is eight
// bytes further down. How many bytes of parameters a function has is in what gcc says
// for debuggers. Structures as results go by registers that calls need, and are
// refused by the compiler's flags.
//
// Source: "Mac OS Runtime Architectures", chapter 5, "CFM-68K Runtime Conventions".

var (
	typeOfFunction = regexp.MustCompile(`^\t\.type\t([$.\w]+), @function$`)
	sizeOfFunction = regexp.MustCompile(`^\t\.size\t([$.\w]+), `)
	linkFrame      = regexp.MustCompile(`^\tlink\.[wl] %fp,#(-?\d+)$`)
	callByName     = regexp.MustCompile(`^\t(?:bsr(?:\.[bwl])?|jbsr|jsr) ([$.\w]+)(?:@PLTPC)?$`)
	callByPointer  = regexp.MustCompile(`^\tjsr (\(.*\)|.*\(.*\))$`)
	// The restoring of registers; frames beyond 32 KB have their size in A1.
	restore    = regexp.MustCompile(`^(\t(?:movem?\.l|fmovem?(?:\.x)?) )-(\d+)(\((%a1,)?%fp(?:\.l)?\),.*)$`)
	wideOffset = regexp.MustCompile(`@GOT\(%a5`)
	unnoticed  = regexp.MustCompile(`^(\t\.(loc|cfi|file)|\.L)|^\tmove\.l #-?\d+,%a1$`)
)

const frameSlots = 8 // bytes more for each frame

// mend68K changes what gcc has made of -msep-data. parameters has how many bytes of
// the stack the parameters of a function take, for those that remove them.
func mend68K(assembly []byte, parameters map[string]int) []byte {
	lines := strings.Split(string(assembly), "\n")
	functions := map[string]bool{}
	name, start := "", 0
	for i, line := range lines {
		if m := typeOfFunction.FindStringSubmatch(line); m != nil {
			functions[m[1]] = true
		}
		if label, ok := strings.CutSuffix(line, ":"); ok && functions[label] {
			name, start = label, i
		}
		if m := sizeOfFunction.FindStringSubmatch(line); m != nil && m[1] == name && name != "" {
			mendFunction(lines[start:i], name, parameters[name])
			name = ""
		}
	}
	return wideOffset.ReplaceAll([]byte(strings.Join(lines, "\n")), []byte("@GOT.w(%a5"))
}

// mendFunction changes the lines of one function, of which the first is its label.
func mendFunction(lines []string, name string, parameters int) {
	locals, calls := -1, false
	for _, line := range lines {
		if m := linkFrame.FindStringSubmatch(line); m != nil && locals < 0 {
			n, _ := strconv.Atoi(m[1]) // the expression has found a number
			locals = -n
		}
		calls = calls || callByName.MatchString(line) || callByPointer.MatchString(line)
	}
	lines[0] = name + entrySuffix + ":\n\tmove.l (%a1),%a5\n" + lines[0]
	framed := calls && locals >= 0
	if calls && !framed {
		lines[0] += "\n\t.error \"" + name + " has no frame: compile with -fno-omit-frame-pointer\""
	}
	byHand := false // assembly language of the source's own
	for i, line := range lines {
		switch m := linkFrame.FindStringSubmatch(line); {
		case line == "#APP" || line == "#NO_APP":
			byHand = line == "#APP"
		case byHand:
		case line == "\trts" && parameters > 0:
			lines[i] = fmt.Sprintf("\trtd #%d", parameters)
		case !framed:
		case m != nil:
			instruction := "link.w"
			if locals+frameSlots > 0x8000 {
				instruction = "link.l"
			}
			lines[i] = fmt.Sprintf("\t%s %%fp,#-%d\n\tmove.l %%a5,(-%d,%%fp)", instruction, locals+frameSlots, locals+4)
		case line == "\tunlk %fp":
			moveSaved(lines[:i], locals)
		case callByName.MatchString(line):
			lines[i] = around(line, locals)
		default:
			if m := callByPointer.FindStringSubmatch(line); m != nil {
				lines[i] = "\tlea " + m[1] + ",%a1\n" + around("\tmove.l (%a1)+,%a0\n\tjsr (%a0)", locals)
			}
		}
	}
}

// around puts the keeping of SP and A5 around a call.
func around(call string, locals int) string {
	sp, a5 := locals+8, locals+4
	return fmt.Sprintf("\tmove.l %%sp,(-%d,%%fp)\n%s\n\tmove.l (-%d,%%fp),%%sp\n\tmove.l (-%d,%%fp),%%a5\n\tmove.l %%d0,%%a0", sp, call, sp, a5)
}

// moveSaved changes the places of registers that the end of lines restores.
func moveSaved(lines []string, locals int) {
	for i := len(lines) - 1; i >= 0; i-- {
		m := restore.FindStringSubmatch(lines[i])
		if m == nil {
			if unnoticed.MatchString(lines[i]) {
				continue
			}
			return
		}
		if offset, _ := strconv.Atoi(m[2]); m[4] != "" || offset > locals {
			lines[i] = fmt.Sprintf("%s-%d%s", m[1], offset+frameSlots, m[3])
		}
	}
}

// parameterSizes reads from what an object says to debuggers how many bytes of the
// stack its functions have to remove: those of their parameters, unless there may be
// more of these.
func parameterSizes(object []byte) (map[string]int, error) {
	d, err := debugInformation(object)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int{}
	r := d.Reader()
	for {
		e, err := r.Next()
		if e == nil || err != nil {
			return sizes, err
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if e.Tag != dwarf.TagSubprogram || name == "" || !e.Children {
			continue
		}
		size, variadic := 0, false
		for {
			child, err := r.Next()
			if err != nil {
				return nil, err
			}
			if child == nil || child.Tag == 0 {
				break
			}
			switch child.Tag {
			case dwarf.TagFormalParameter:
				at, ok := child.Val(dwarf.AttrType).(dwarf.Offset)
				if !ok {
					return nil, fmt.Errorf("debug information of %s: a parameter without a type", name)
				}
				t, err := d.Type(at)
				if err != nil {
					return nil, err
				}
				size += (int(max(t.Size(), 0)) + 3) &^ 3
			case dwarf.TagUnspecifiedParameters:
				variadic = true
			}
			if child.Children {
				r.SkipChildren()
			}
		}
		if variadic {
			size = 0
		}
		sizes[name] = size
	}
}

// debugInformation reads an object's, with its relocations: package debug/elf does
// not know those of the 68K.
func debugInformation(object []byte) (*dwarf.Data, error) {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	sections := map[string][]byte{}
	for _, s := range f.Sections {
		if name, ok := strings.CutPrefix(s.Name, ".debug_"); ok && s.Type == elf.SHT_PROGBITS {
			if sections[name], err = s.Data(); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range f.Sections {
		data := sections[strings.TrimPrefix(s.Name, ".rela.debug_")]
		if s.Type != elf.SHT_RELA || data == nil {
			continue
		}
		entries, err := s.Data()
		if err != nil {
			return nil, err
		}
		be := binary.BigEndian
		for ; len(entries) >= 12; entries = entries[12:] {
			at, info, addend := be.Uint32(entries), be.Uint32(entries[4:]), be.Uint32(entries[8:])
			if n := int(info >> 8); info&0xff == r68k32 && n > 0 && n <= len(symbols) && uint64(at)+4 <= uint64(len(data)) {
				be.PutUint32(data[at:], uint32(symbols[n-1].Value)+addend)
			}
		}
	}
	return dwarf.New(sections["abbrev"], nil, nil, sections["info"], sections["line"], nil, sections["ranges"], sections["str"])
}
