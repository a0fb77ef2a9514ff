package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The handshake. Both sides send these 32 bytes at once:
//
//	 0  "XPLG"
//	 4  u32   0x01020304 in the sender's native byte order; everything else is little-endian
//	 8  u16   word size of the sender in bits, 32 or 64
//	10  u16   lowest protocol version it understands
//	12  u16   highest
//	14  u16   0; ignored by the receiver
//	16  [16]  hash of the API definition; all zero agrees with any
const (
	helloSize = 32
	magic     = "XPLG"
	orderMark = 0x01020304
)

// Hello is what a side says of itself in the handshake.
type Hello struct {
	ByteOrder binary.ByteOrder // of the process; the wire is always little-endian
	WordBits  int              // size of a pointer: 32 or 64
	Min       uint16           // lowest protocol version it understands
	Current   uint16           // highest
	API       [16]byte         // hash of the API definition; zero agrees with any
}

// HandshakeError says why the two sides cannot talk.
type HandshakeError struct {
	Peer string
	Fact string
	Sent []byte // what the peer sent, at most 64 bytes
}

func (e *HandshakeError) Error() string {
	return fmt.Sprintf("wire: handshake with %s: %s", e.Peer, e.Fact)
}

func (h Hello) encode() []byte {
	b := make([]byte, helloSize)
	copy(b, magic)
	h.ByteOrder.PutUint32(b[4:], orderMark)
	binary.LittleEndian.PutUint16(b[8:], uint16(h.WordBits))
	binary.LittleEndian.PutUint16(b[10:], h.Min)
	binary.LittleEndian.PutUint16(b[12:], h.Current)
	copy(b[16:], h.API[:])
	return b
}

// parseHello checks the 32 bytes and returns the reason when they are wrong.
func parseHello(b []byte) (h Hello, fact string) {
	if string(b[:4]) != magic {
		return h, fmt.Sprintf("it does not begin with %q", magic)
	}
	switch {
	case binary.LittleEndian.Uint32(b[4:]) == orderMark:
		h.ByteOrder = binary.LittleEndian
	case binary.BigEndian.Uint32(b[4:]) == orderMark:
		h.ByteOrder = binary.BigEndian
	default:
		return h, fmt.Sprintf("byte-order mark % x is neither little- nor big-endian", b[4:8])
	}
	h.WordBits = int(binary.LittleEndian.Uint16(b[8:]))
	if h.WordBits != 32 && h.WordBits != 64 {
		return h, fmt.Sprintf("word size of %d bits (32 or 64)", h.WordBits)
	}
	h.Min = binary.LittleEndian.Uint16(b[10:])
	h.Current = binary.LittleEndian.Uint16(b[12:])
	if h.Min > h.Current {
		return h, fmt.Sprintf("lowest version %d above its highest, %d", h.Min, h.Current)
	}
	copy(h.API[:], b[16:])
	return h, ""
}

// agree returns the version in use, or why there is none.
func agree(own, peer Hello) (version uint16, fact string) {
	version = min(own.Current, peer.Current)
	switch {
	case version < own.Min:
		return 0, fmt.Sprintf("it speaks protocol version %d, at least %d is needed; update the helper", peer.Current, own.Min)
	case version < peer.Min:
		return 0, fmt.Sprintf("it needs protocol version %d, this side speaks %d; update this program", peer.Min, own.Current)
	}
	var zero [16]byte
	if own.API != zero && peer.API != zero && own.API != peer.API {
		return 0, fmt.Sprintf("its API definition has hash %x, this side's has %x; rebuild or update the helper", peer.API, own.API)
	}
	return version, ""
}

// handshake sends and reads at once, because the peer may do either first.
func (c *Conn) handshake(ctx context.Context) error {
	own := Hello{
		ByteOrder: nativeOrder(), WordBits: strconv.IntSize,
		Min: c.opt.Min, Current: c.opt.Current, API: c.opt.API,
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.rw.Write(own.encode())
		sent <- err
	}()
	read := make(chan error, 1)
	go func() { read <- c.readHello(own) }()

	for sent != nil || read != nil {
		select {
		case err := <-sent:
			sent = nil
			// What the peer said before it went away tells more than EPIPE.
			if err != nil && read == nil {
				return fmt.Errorf("wire: handshake with %s: %w", c.opt.PeerName, ended(err, 0, helloSize))
			}
		case err := <-read:
			read = nil
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("wire: handshake with %s: no greeting yet: %w", c.opt.PeerName, context.Cause(ctx))
		}
	}
	return nil
}

func (c *Conn) readHello(own Hello) error {
	refuse := func(fact string, sent []byte) error {
		return &HandshakeError{Peer: c.opt.PeerName, Fact: fact, Sent: append([]byte(nil), sent...)}
	}
	// A program that prints text may print less than 32 bytes and then wait, so
	// every byte of the magic is judged as it comes.
	for n := 1; n <= helloSize; n++ {
		b, err := c.in.Peek(n)
		if len(b) > 0 && string(b[:min(len(b), 4)]) != magic[:min(len(b), 4)] {
			seen, _ := c.in.Peek(min(c.in.Buffered(), 64))
			return refuse(fmt.Sprintf("it sent %q where a greeting that begins with %q was expected; "+
				"does it, or the plug-in, print to the stream?", seen, magic), seen)
		}
		if err == nil {
			continue
		}
		if errors.Is(err, io.EOF) {
			if len(b) == 0 {
				return fmt.Errorf("wire: handshake with %s: the peer ended the connection without a greeting: %w", c.opt.PeerName, io.EOF)
			}
			return fmt.Errorf("wire: handshake with %s: the peer ended the connection after %q: %w", c.opt.PeerName, b, io.ErrUnexpectedEOF)
		}
		return fmt.Errorf("wire: handshake with %s: %w", c.opt.PeerName, ended(err, 0, helloSize))
	}
	b, _ := c.in.Peek(helloSize)
	peer, fact := parseHello(b)
	if fact == "" {
		c.version, fact = agree(own, peer)
	}
	if fact != "" {
		return refuse(fact, b)
	}
	c.in.Discard(helloSize)
	c.peer = peer
	return nil
}
