package memory

import "fmt"

// Kind is what is wrong with an access.
type Kind uint8

// The kinds of faults.
const (
	Unmapped   Kind = iota // nothing is there
	Denied                 // the region does not allow it
	Misaligned             // the processor does not allow it; the space itself does
)

// Fault is an access that was refused. Nothing has changed by it.
type Fault struct {
	Kind   Kind
	Access Perm   // one of Read, Write, Execute, or several for a View
	Addr   uint32 // the first byte refused
	Size   uint32 // of the whole access, in bytes
	PC     uint32 // of the instruction, if AtPC
	AtPC   bool
	Region Region // if Denied
}

func (f *Fault) Error() string {
	verb := map[Perm]string{Read: "read", Write: "write", Execute: "execute"}[f.Access]
	if verb == "" {
		verb = "use (" + f.Access.String() + ")"
	}
	s := fmt.Sprintf("memory at %#08x: cannot %s %d bytes: ", f.Addr, verb, f.Size)
	switch f.Kind {
	case Unmapped:
		s += "nothing is mapped there"
	case Denied:
		s += fmt.Sprintf("region %s allows %v", f.Region.Name, f.Region.Perm)
	case Misaligned:
		s += "the address is not aligned"
	}
	if f.AtPC {
		s += fmt.Sprintf(" (instruction at %#08x)", f.PC)
	}
	return s
}

// fault describes the refusal of an access. The first byte that is refused may be
// beyond all addresses: then it is the one that would be next.
func (s *Space) fault(addr uint64, size uint32, access Perm) *Fault {
	f := &Fault{Access: access, Addr: uint32(addr), Size: size}
	if r, ok := s.RegionAt(f.Addr); ok && addr < s.Size() {
		f.Kind, f.Region = Denied, r
	}
	return f
}
