package bridge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/crossplug/crossplug/fault"
)

// A sidecar is what a shim knows of its plug-in. All numbers are little-endian,
// whatever the shim's architecture; a string is its length with the final NUL,
// its bytes, and zeros up to a multiple of four bytes.
//
//	 0  "XPLGLADS"
//	 8  u32      layout of this file, 3
//	12  u32      length of this file
//	16  u64      FNV-1a of everything from 24 on
//	24  u64      FNV-1a of the plug-in file
//	32  u32 u32  bits of its words; 1 if it is big-endian
//	    string   its path, absolute
//	    string   its architecture; its group, ""; the strategies it prefers, with commas
//	             (up to here all layouts are the same, so that each version of crossplug can make anew what another made)
//	    strings  the helper's command line: a count, then as many strings
//	    strings  environment variables that the helper must not get
//	    u32      number of plug-ins, each:
//	      u32 u32  index in the file; its unique id
//	      ...      a LADSPA_Descriptor, as its definition says: the fields in their order, 8 bytes for each
//	               of C's long integers, arrays without their lengths, a bit for each function
//
// bridge/native/sidecar.c reads it, and of ladspa_direct.h what is generated from LADSPA's definition.
type sidecar struct {
	content   uint64
	bits      uint32
	bigEndian bool
	plugin    string
	arch      string
	group     string
	prefer    []string
	command   []string
	without   []string
	plugins   []description
	outdated  bool // its layout is another version's, and nothing is known from command on
}

// description is one plug-in as hosts see it.
type description struct {
	index, id, shownID     uint32
	properties             uint32
	functions              uint64 // a bit for each of methods
	label, name            string
	maker, copyrightNotice string
	ports                  []port
}

type port struct {
	kind, hint   uint32
	lower, upper uint32 // bits of floats
	name         string
}

const (
	sidecarMagic  = "XPLGLADS"
	sidecarLayout = 3
	sidecarHead   = 24
)

func putString(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s)+1))
	b = append(b, s...)
	return append(b, make([]byte, 4-len(s)%4)...)
}

func putStrings(b []byte, list []string) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, s := range list {
		b = putString(b, s)
	}
	return b
}

func put32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func (s *sidecar) encode() []byte {
	b := append([]byte(sidecarMagic), make([]byte, sidecarHead-len(sidecarMagic))...)
	b = binary.LittleEndian.AppendUint64(b, s.content)
	big := uint32(0)
	if s.bigEndian {
		big = 1
	}
	b = put32(b, s.bits, big)
	for _, text := range []string{s.plugin, s.arch, s.group, strings.Join(s.prefer, ",")} {
		b = putString(b, text)
	}
	b = putStrings(b, s.command)
	b = putStrings(b, s.without)
	b = put32(b, uint32(len(s.plugins)))
	for _, p := range s.plugins {
		b = binary.LittleEndian.AppendUint64(put32(b, p.index, p.id), uint64(p.shownID))
		b = put32(putString(b, p.label), p.properties)
		for _, text := range []string{p.name, p.maker, p.copyrightNotice} {
			b = putString(b, text)
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(len(p.ports)))
		for _, q := range p.ports {
			b = put32(b, q.kind)
		}
		for _, q := range p.ports {
			b = putString(b, q.name)
		}
		for _, q := range p.ports {
			b = put32(b, q.hint, q.lower, q.upper)
		}
		b = binary.LittleEndian.AppendUint64(b, p.functions)
	}
	binary.LittleEndian.PutUint32(b[8:], sidecarLayout)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)))
	binary.LittleEndian.PutUint64(b[16:], checksum(b[sidecarHead:]))
	return b
}

func checksum(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

// reader reads a sidecar. After the first failure it gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 { return uint64(r.u32()) | uint64(r.u32())<<32 }

func (r *reader) string() string {
	n := r.u32()
	if uint64(n) > uint64(len(r.b)) || n == 0 {
		r.bad = true
		return ""
	}
	s := r.take((int(n) + 3) &^ 3)
	if s == nil || s[n-1] != 0 {
		r.bad = true
		return ""
	}
	return string(s[:n-1])
}

// fits makes sure of a number of things that take at least 4 bytes each.
func (r *reader) fits(n uint64) int {
	if n > uint64(len(r.b)/4) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) count() int { return r.fits(uint64(r.u32())) }

func (r *reader) strings() []string {
	var list []string
	for range r.count() {
		list = append(list, r.string())
	}
	return list
}

// decodeSidecar reads a sidecar that encode made, of this version or another.
// Anything else is an ErrBadImage.
func decodeSidecar(b []byte) (*sidecar, error) {
	if len(b) < sidecarHead || !bytes.HasPrefix(b, []byte(sidecarMagic)) {
		return nil, fmt.Errorf("%w: it does not begin as a description of a bridged plug-in does", fault.ErrBadImage)
	}
	if n := binary.LittleEndian.Uint32(b[12:]); uint64(n) != uint64(len(b)) || binary.LittleEndian.Uint64(b[16:]) != checksum(b[sidecarHead:]) {
		return nil, fmt.Errorf("%w: it is damaged", fault.ErrBadImage)
	}
	r := &reader{b: b[sidecarHead:]}
	s := &sidecar{outdated: binary.LittleEndian.Uint32(b[8:]) != sidecarLayout, content: r.u64(), bits: r.u32(), bigEndian: r.u32() != 0}
	s.plugin, s.arch, s.group = r.string(), r.string(), r.string()
	if prefer := r.string(); prefer != "" {
		s.prefer = strings.Split(prefer, ",")
	}
	if s.outdated && !r.bad {
		return s, nil
	}
	s.command, s.without = r.strings(), r.strings()
	for range r.count() {
		p := description{index: r.u32(), id: r.u32(), shownID: r.u32()}
		r.bad = r.bad || r.u32() != 0 // ids have no more bits
		p.label, p.properties = r.string(), r.u32()
		p.name, p.maker, p.copyrightNotice = r.string(), r.string(), r.string()
		for range r.fits(r.u64()) {
			p.ports = append(p.ports, port{kind: r.u32()})
		}
		for i := range p.ports {
			p.ports[i].name = r.string()
		}
		for i := range p.ports {
			q := &p.ports[i]
			q.hint, q.lower, q.upper = r.u32(), r.u32(), r.u32()
		}
		p.functions = r.u64()
		s.plugins = append(s.plugins, p)
	}
	if r.bad || len(r.b) > 0 {
		return nil, fmt.Errorf("%w: its parts do not fit together", fault.ErrBadImage)
	}
	return s, nil
}
