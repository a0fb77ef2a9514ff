package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestHandshake(t *testing.T) {
	own := Options{Side: Host, Min: 2, Current: 4, API: [16]byte{1, 2}, PeerName: "helper"}
	peer := Hello{ByteOrder: binary.BigEndian, WordBits: 32, Min: 1, Current: 3, API: [16]byte{1, 2}}
	with := func(change func(h *Hello)) string {
		h := peer
		change(&h)
		return string(h.encode())
	}
	raw := func(at int, b ...byte) string {
		e := peer.encode()
		copy(e[at:], b)
		return string(e)
	}
	for _, tc := range []struct {
		name    string
		bytes   string
		closes  bool
		version uint16
		want    string // in the error
	}{
		{"good", string(peer.encode()), false, 3, ""},
		{"newer", with(func(h *Hello) { h.Min, h.Current = 4, 9 }), false, 4, ""},
		{"any API", with(func(h *Hello) { h.API = [16]byte{} }), false, 3, ""},
		{"reserved field set", raw(14, 7, 7), false, 3, ""},
		{"too old", with(func(h *Hello) { h.Current = 1 }), false, 0, "version 1, at least 2 is needed; update the helper"},
		{"too new", with(func(h *Hello) { h.Min, h.Current = 5, 6 }), false, 0, "needs protocol version 5, this side speaks 4; update this program"},
		{"other API", with(func(h *Hello) { h.API[15] = 9 }), false, 0, "rebuild or update the helper"},
		{"versions the wrong way round", raw(10, 9, 0, 3, 0), false, 0, "lowest version 9 above its highest, 3"},
		{"byte-order mark", raw(4, 2, 1, 4, 3), false, 0, "byte-order mark 02 01 04 03"},
		{"word size", raw(8, 16, 0), false, 0, "word size of 16 bits"},
		{"text", "Hello, this is helper 1.0. Ready to serve.\n", false, 0, `it sent "Hello, this is helper 1.0. Ready to serve.\n"`},
		{"short text, then silence", "Ready\n", false, 0, `it sent "Ready\n"`},
		{"text that begins well", "XPL", false, 0, "no greeting yet"},
		{"nearly the magic", "XPLUGGED", false, 0, `it sent "XPLUGGED"`},
		{"silence", "", false, 0, "no greeting yet"},
		{"end", "", true, 0, "ended the connection without a greeting"},
		{"end in the middle", "XPLG\x04\x03", true, 0, `ended the connection after "XPLG\x04\x03"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := net.Pipe()
			defer b.Close()
			go io.Copy(io.Discard, b)
			go func() {
				b.Write([]byte(tc.bytes))
				if tc.closes {
					b.Close()
				}
			}()
			limit := patience
			if tc.want == "no greeting yet" {
				limit = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			c, err := New(ctx, a, own)
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if c.Version() != tc.version || c.Peer().ByteOrder != binary.BigEndian || c.Peer().WordBits != 32 {
					t.Errorf("version %d, peer %+v", c.Version(), c.Peer())
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "wire: handshake with helper: ") {
				t.Errorf("New: %v, want %q in it", err, tc.want)
			}
			if strings.Contains(tc.want, "no greeting") != errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("New: %v", err)
			}
			if _, err := a.Write([]byte("x")); err == nil {
				t.Error("the stream is open")
			}
		})
	}
}

// TestHandshakeIsThere: 32 bytes as they have always been, so that every
// version can read them.
func TestHandshakeIsThere(t *testing.T) {
	const want = "XPLG\x01\x02\x03\x04\x20\x00\x01\x00\x03\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff"
	h := Hello{ByteOrder: binary.BigEndian, WordBits: 32, Min: 1, Current: 3, API: [16]byte{1, 2, 15: 0xff}}
	if got := string(h.encode()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, fact := parseHello([]byte(want)); got != h || fact != "" {
		t.Errorf("%+v %s", got, fact)
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add(Hello{ByteOrder: binary.BigEndian, WordBits: 32, Min: 1, Current: 3}.encode())
	f.Add([]byte("Usage: helper PLUG-IN\n"))
	f.Fuzz(func(t *testing.T, greeting []byte) {
		a, b := net.Pipe()
		go io.Copy(io.Discard, b)
		go func() {
			b.Write(greeting)
			b.Close()
		}()
		c, err := New(context.Background(), a, Options{Min: 1, Current: 2})
		if (err == nil) == (c == nil) {
			t.Fatalf("New = %v, %v", c, err)
		}
		if err == nil {
			if len(greeting) < helloSize || c.Version() < 1 || c.Version() > 2 || c.Peer().ByteOrder == nil {
				t.Fatalf("%q gave version %d, %+v", greeting, c.Version(), c.Peer())
			}
			<-c.Done()
			c.Close()
		}
	})
}
