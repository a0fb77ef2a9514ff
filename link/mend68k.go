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
// for debuggers.
//
// A structure that is a result is where the caller says. gcc has the address in A1, which
// calls need; the convention has it on the stack, after all parameters, and back in D0.
// So callers push A1, and the function takes it off the stack:
//
//	sort:
//		move.l  (sp)+,d0            the return address
//		movea.l (sp),a1
//		move.l  d0,(sp)
//
// Which calls and which functions do so only gcc knows: its own notes say it, the first
// as comments of each instruction, the second in a file. Structures that fit D0 are
// there, as the convention has it. Those of eight bytes are in D0 and D1, and numbers in
// FP0, as gcc has them; those of three bytes are where the caller says.
//
// A call that returns twice, setjmp, finds the stack where it was: each has a word of its
// own for that. What jumps over functions that would have restored FP4 to FP7 loses
// them, as a jmp_buf has no room for these. So they are kept around setjmp.
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
	// gcc's notes: how it has an instruction, and which that is.
	noteEnd = regexp.MustCompile(`\t+\| \d+\t\[c=.*$`)
	usesA1  = regexp.MustCompile(`\(use \(reg:SI 9 %a1\)\)`)
	dumped  = regexp.MustCompile(`(?m)^;; Function .*\(([$.\w]+), funcdef_no=`)
)

const (
	frameSlots = 8  // bytes more for each frame
	floatSlots = 48 // and for FP4 to FP7
)

// routine68K is what cannot be seen in a function's own code.
type routine68K struct {
	// parameters is how many bytes of the stack these take.
	parameters int
	// variadic functions leave them there.
	variadic bool
	// structure says that the result is where the caller says; noted, that gcc says
	// whether that is so.
	structure, noted bool
}

// lineKind is what is known of a line besides.
type lineKind struct {
	byHand    bool // it is assembly language of the source's own, and left alone
	noted     bool // gcc says that it is a call
	structure bool // which says where its result shall be
	twice     bool // which may return twice
}

// mend68K changes what gcc has made of -msep-data, with its notes.
func mend68K(assembly []byte, described map[string]routine68K) []byte {
	lines, kinds := readNotes(strings.Split(string(assembly), "\n"))
	functions := map[string]bool{}
	name, start := "", 0
	for i, line := range lines {
		if kinds[i].byHand {
			continue
		}
		if m := typeOfFunction.FindStringSubmatch(line); m != nil {
			functions[m[1]] = true
		}
		if label, ok := strings.CutSuffix(line, ":"); ok && functions[label] {
			name, start = label, i
		}
		if m := sizeOfFunction.FindStringSubmatch(line); m != nil && m[1] == name && name != "" {
			mendFunction(lines[start:i], kinds[start:i], name, described[name])
			name = ""
		}
	}
	return wideOffset.ReplaceAll([]byte(strings.Join(lines, "\n")), []byte("@GOT.w(%a5"))
}

// readNotes takes gcc's notes out of its assembly language, and returns what they say of
// each line that is left.
func readNotes(all []string) (lines []string, kinds []lineKind) {
	var note strings.Builder
	var kind lineKind
	for _, line := range all {
		kind = lineKind{byHand: line == "#APP" || kind.byHand && line != "#NO_APP"}
		switch at := noteEnd.FindStringIndex(line); {
		case kind.byHand:
		case strings.HasPrefix(line, "|"):
			note.WriteString(line)
			continue
		case at != nil:
			line = line[:at[0]]
			if text := note.String(); strings.HasPrefix(text, "|(call_insn") {
				kind.noted, kind.structure, kind.twice = true, usesA1.MatchString(text), strings.Contains(text, "REG_SETJMP")
			}
			note.Reset()
		}
		lines, kinds = append(lines, line), append(kinds, kind)
	}
	return lines, kinds
}

// frame68K is the frame of a function.
type frame68K struct {
	locals  int // bytes that gcc has there, -1 for no frame
	calls   bool
	twice   int  // calls that return twice
	unnoted bool // there is a call that gcc says nothing of
}

// more is how many bytes the frame has besides gcc's.
func (f *frame68K) more() int {
	if f.twice == 0 {
		return frameSlots
	}
	return frameSlots + floatSlots + 4*f.twice
}

// frameOf looks what frame a function has.
func frameOf(lines []string, kinds []lineKind) *frame68K {
	f := &frame68K{locals: -1}
	for i, line := range lines {
		if kinds[i].byHand {
			continue
		}
		if m := linkFrame.FindStringSubmatch(line); m != nil && f.locals < 0 {
			n, _ := strconv.Atoi(m[1]) // the expression has found a number
			f.locals = -n
		}
		if callByName.MatchString(line) || callByPointer.MatchString(line) {
			f.calls, f.unnoted = true, f.unnoted || !kinds[i].noted
		}
		if kinds[i].twice {
			f.twice++
		}
	}
	return f
}

// mendFunction changes the lines of one function, of which the first is its label.
func mendFunction(lines []string, kinds []lineKind, name string, described routine68K) {
	f := frameOf(lines, kinds)
	lines[0] = name + entrySuffix + ":\n\tmove.l (%a1),%a5\n" + lines[0]
	framed := f.calls && f.locals >= 0
	if f.calls && !framed {
		lines[0] += "\n\t.error \"" + name + " has no frame: compile with -fno-omit-frame-pointer\""
	}
	if f.unnoted || !described.noted {
		lines[0] += "\n\t.error \"" + name + ": this compiler does not say which structures are results: use gcc 12\""
	}
	if described.structure {
		lines[0] += "\n\tmove.l (%sp)+,%d0\n\tmove.l (%sp),%a1\n\tmove.l %d0,(%sp)"
	}
	twice := 0
	for i, line := range lines {
		switch m := linkFrame.FindStringSubmatch(line); {
		case kinds[i].byHand:
		case line == "\trts":
			lines[i] = described.leave()
		case !framed:
		case m != nil:
			instruction, size := "link.w", f.locals+f.more()
			if size > 0x8000 {
				instruction = "link.l"
			}
			lines[i] = fmt.Sprintf("\t%s %%fp,#-%d\n\tmove.l %%a5,(-%d,%%fp)", instruction, size, f.locals+4)
		case line == "\tunlk %fp":
			f.moveSaved(lines[:i])
		case kinds[i].twice && callByName.MatchString(line):
			twice++
			lines[i] = f.aroundTwice(line, twice)
		case callByName.MatchString(line):
			lines[i] = f.around(pushed(kinds[i]) + line)
		default:
			if m := callByPointer.FindStringSubmatch(line); m != nil {
				lines[i] = f.around(pushed(kinds[i]) + "\tlea " + m[1] + ",%a1\n\tmove.l (%a1)+,%a0\n\tjsr (%a0)")
			}
		}
	}
}

// leave returns from a function.
func (f routine68K) leave() string {
	address := ""
	if f.structure {
		address = "\tmove.l %a0,%d0\n"
	}
	switch {
	case f.variadic && f.structure: // where the address was, the caller removes it
		return address + "\tmove.l (%sp),%a1\n\tjmp (%a1)"
	case f.variadic || f.parameters == 0:
		return address + "\trts"
	}
	return fmt.Sprintf("%s\trtd #%d", address, f.parameters)
}

// pushed pushes where the result of a call shall be.
func pushed(k lineKind) string {
	if k.structure {
		return "\tmove.l %a1,-(%sp)\n"
	}
	return ""
}

// around puts the keeping of SP and A5 around a call.
func (f *frame68K) around(call string) string { return f.keeping(call, f.locals+8) }

func (f *frame68K) keeping(call string, sp int) string {
	return fmt.Sprintf("\tmove.l %%sp,(-%d,%%fp)\n%s\n\tmove.l (-%d,%%fp),%%sp\n\tmove.l (-%d,%%fp),%%a5\n\tmove.l %%d0,%%a0", sp, call, sp, f.locals+4)
}

// aroundTwice is around for the nth call that may return twice.
func (f *frame68K) aroundTwice(call string, n int) string {
	floats := f.locals + frameSlots + floatSlots
	return fmt.Sprintf("\tfmovem.x %%fp4-%%fp7,(-%d,%%fp)\n%s\n\tfmovem.x (-%d,%%fp),%%fp4-%%fp7", floats, f.keeping(call, floats+4*n), floats)
}

// moveSaved changes the places of registers that the end of lines restores.
func (f *frame68K) moveSaved(lines []string) {
	for i := len(lines) - 1; i >= 0; i-- {
		m := restore.FindStringSubmatch(lines[i])
		if m == nil {
			if unnoticed.MatchString(lines[i]) {
				continue
			}
			return
		}
		if offset, _ := strconv.Atoi(m[2]); m[4] != "" || offset > f.locals {
			lines[i] = fmt.Sprintf("%s-%d%s", m[1], offset+f.more(), m[3])
		}
	}
}

// describe finds out what mend68K cannot see: from what an object says to debuggers, and
// from what gcc's file says.
func describe(object, dump []byte) (map[string]routine68K, error) {
	described, err := parameterSizes(object)
	if err != nil {
		return nil, err
	}
	places := dumped.FindAllSubmatchIndex(dump, -1)
	for i, at := range places {
		end := len(dump)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		name := string(dump[at[2]:at[3]])
		_, code, _ := bytes.Cut(dump[at[1]:end], []byte(";; Full RTL generated for this function:"))
		entry, _, _ := bytes.Cut(code, []byte("NOTE_INSN_FUNCTION_BEG"))
		f := described[name]
		f.noted, f.structure = true, bytes.Contains(entry, []byte("(reg:SI 9 %a1"))
		described[name] = f
	}
	return described, nil
}

// parameterSizes reads from what an object says to debuggers how many bytes of the
// stack the parameters of its functions take, and whether there may be more of these.
func parameterSizes(object []byte) (map[string]routine68K, error) {
	d, err := debugInformation(object)
	if err != nil {
		return nil, err
	}
	sizes := map[string]routine68K{}
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
		sizes[name] = routine68K{parameters: size, variadic: variadic}
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
