package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
)

const headerSize = 16

const (
	kindRequest = 1
	kindAnswer  = 2
	kindError   = 3
)

// chunk is how much memory the length in a header alone can cost: longer bodies
// grow as their bytes arrive.
const chunk = 64 << 10

type header struct {
	length uint32
	kind   uint16
	op     uint16
	id     uint32
	chain  uint32
}

func (h header) put(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], h.length)
	binary.LittleEndian.PutUint16(b[4:], h.kind)
	binary.LittleEndian.PutUint16(b[6:], h.op)
	binary.LittleEndian.PutUint32(b[8:], h.id)
	binary.LittleEndian.PutUint32(b[12:], h.chain)
}

func parseHeader(b []byte) header {
	return header{
		length: binary.LittleEndian.Uint32(b[0:]),
		kind:   binary.LittleEndian.Uint16(b[4:]),
		op:     binary.LittleEndian.Uint16(b[6:]),
		id:     binary.LittleEndian.Uint32(b[8:]),
		chain:  binary.LittleEndian.Uint32(b[12:]),
	}
}

// readFrame returns io.EOF only between frames; an end inside one also wraps
// io.ErrUnexpectedEOF.
func readFrame(r io.Reader, maxBody int) (header, []byte, error) {
	var hb [headerSize]byte
	if n, err := io.ReadFull(r, hb[:]); err != nil {
		return header{}, nil, ended(err, n, headerSize)
	}
	h := parseHeader(hb[:])
	if uint64(h.length) > uint64(maxBody) {
		return h, nil, breach("frame with a body of %d bytes (at most %d)", h.length, maxBody)
	}
	if h.kind < kindRequest || h.kind > kindError {
		return h, nil, breach("frame of unknown kind %d", h.kind)
	}
	body, err := readBody(r, int(h.length))
	return h, body, err
}

func readBody(r io.Reader, n int) ([]byte, error) {
	body := make([]byte, min(n, chunk))
	for have := 0; ; {
		m, err := io.ReadFull(r, body[have:])
		have += m
		if err != nil {
			return nil, ended(err, have, n)
		}
		if have == n {
			return body, nil
		}
		grown := make([]byte, min(n, 2*have))
		copy(grown, body)
		body = grown
	}
}

// ended makes every way in which a peer's death shows on a stream an io.EOF.
func ended(err error, have, want int) error {
	switch {
	case err == io.EOF && have == 0:
		return io.EOF
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return fmt.Errorf("the peer ended the connection inside a frame, %d bytes of %d (%w, %w)",
			have, want, io.ErrUnexpectedEOF, io.EOF)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("the peer ended the connection (%w, %w)", err, io.EOF)
	}
	return err
}

// errorBody encodes err as the body of an error frame.
func errorBody(err error) []byte {
	var re *RemoteError
	if !errors.As(err, &re) {
		re = &RemoteError{Code: CodeFailed, Text: err.Error()}
	}
	b := binary.LittleEndian.AppendUint32(nil, re.Code)
	return append(b, clip(re.Text)...)
}

func parseError(body []byte) (*RemoteError, error) {
	if len(body) < 4 {
		return nil, breach("error frame with a body of %d bytes (at least 4)", len(body))
	}
	text := clip(string(body[4:min(len(body), 4+maxErrorText)]))
	return &RemoteError{Code: binary.LittleEndian.Uint32(body), Text: text}, nil
}

// maxErrorText bounds what an error of the peer can put into logs.
const maxErrorText = 4 << 10

func clip(s string) string {
	if len(s) > maxErrorText {
		s = s[:maxErrorText]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
