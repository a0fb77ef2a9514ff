package memory

import (
	"bytes"
	"fmt"
)

// CString returns the text from addr up to its NUL, of at most so many bytes
// without it. The bytes are copied, in whatever encoding the guest uses.
func (s *Space) CString(addr, most uint32) ([]byte, error) {
	var text []byte
	for at, end := uint64(addr), uint64(addr)+uint64(most)+1; at < end; {
		chunk := min(PageSize-at%PageSize, end-at)
		if at >= s.Size() {
			return nil, s.fault(at, 1, Read)
		}
		b, err := s.span(uint32(at), uint32(chunk), Read)
		if err != nil {
			return nil, err
		}
		if n := bytes.IndexByte(b, 0); n >= 0 {
			return append(text, b[:n]...), nil
		}
		text = append(text, b...)
		at += chunk
	}
	return nil, fmt.Errorf("memory at %#08x: a text of more than %d bytes", addr, most)
}

// PutCString writes a text and a NUL. The text must not contain one.
func (s *Space) PutCString(addr uint32, text []byte) error {
	if bytes.IndexByte(text, 0) >= 0 {
		return fmt.Errorf("memory at %#08x: a C text cannot contain a NUL", addr)
	}
	if uint64(len(text)) >= MaxSize-1 {
		return s.fault(uint64(addr), MaxSize-1, Write)
	}
	b, err := s.span(addr, uint32(len(text))+1, Write)
	if err != nil {
		return err
	}
	s.changed(addr, uint32(len(b)))
	b[copy(b, text)] = 0
	return nil
}

// PString returns a Pascal text: a byte that is its length, and its bytes.
func (s *Space) PString(addr uint32) ([]byte, error) {
	n, err := s.Load8(addr)
	if err != nil {
		return nil, err
	}
	text := make([]byte, n)
	if err := s.Load(text, addr+1); err != nil {
		return nil, err
	}
	return text, nil
}

// PutPString writes a Pascal text, whose length must not exceed most, which is
// at most 255: a Str63 has room for 63.
func (s *Space) PutPString(addr uint32, text []byte, most uint8) error {
	if len(text) > int(most) {
		return fmt.Errorf("memory at %#08x: a text of %d bytes where %d have room", addr, len(text), most)
	}
	b, err := s.span(addr, uint32(len(text))+1, Write)
	if err != nil {
		return err
	}
	s.changed(addr, uint32(len(b)))
	b[0] = byte(len(text))
	copy(b[1:], text)
	return nil
}
