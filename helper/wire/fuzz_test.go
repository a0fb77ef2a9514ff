package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// FuzzHostilePeer feeds a connection with calls and handlers under way
// whatever bytes the fuzzer likes. It must end with an error, and with
// nothing left in its books that a goroutine waits for.
func FuzzHostilePeer(f *testing.F) {
	frame := func(kind, op uint16, id, chain uint32, body string) []byte {
		b := make([]byte, headerSize)
		header{uint32(len(body)), kind, op, id, chain}.put(b)
		return append(b, body...)
	}
	// The host makes calls with op 1 and ids 1, 2, 3 on chains 1, 3, 5.
	f.Add(bytes.Join([][]byte{frame(kindAnswer, 1, 1, 1, "yes"), frame(kindError, 1, 2, 3, "\x07\x00\x00\x00no")}, nil))
	f.Add(bytes.Join([][]byte{frame(kindRequest, 1, 1, 1, "callback"), frame(kindAnswer, 1, 4, 1, ""), frame(kindAnswer, 1, 1, 1, "")}, nil))
	f.Add(bytes.Join([][]byte{frame(kindRequest, 0, 1, 2, "new chain"), frame(kindRequest, 2, 2, 4, "gives up")}, nil))
	f.Add(frame(kindRequest, 1, 1, 1, "cut short")[:20])
	f.Fuzz(func(t *testing.T, stream []byte) {
		a, b := net.Pipe()
		go io.Copy(io.Discard, b)
		c := make(chan *Conn, 1)
		go func() {
			host, err := New(context.Background(), a, Options{
				Current: 1, MaxBody: 4096, MaxDepth: 8, MaxChains: 8, MaxHeld: 16384,
				Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
					switch op % 4 {
					case 1:
						return FromContext(ctx).Call(ctx, op, body)
					case 2:
						short, cancel := context.WithTimeout(ctx, 100*time.Microsecond)
						defer cancel()
						FromContext(ctx).Call(short, op, body)
						return FromContext(ctx).Call(ctx, op, body)
					case 3:
						return nil, errors.New("no")
					}
					return body, nil
				},
			})
			if err != nil {
				t.Error(err)
			}
			c <- host
		}()
		b.Write(Hello{ByteOrder: nativeOrder(), WordBits: 64, Current: 1}.encode())
		host := <-c
		results := make(chan error, 3)
		for range cap(results) {
			host.Start(context.Background(), 1, nil, func(_ []byte, err error) { results <- err })
		}
		b.Write(stream)
		b.Close()
		for range cap(results) {
			select {
			case <-results:
			case <-time.After(patience):
				t.Fatal("a call hangs")
			}
		}
		<-host.Done()
		host.mu.Lock()
		defer host.mu.Unlock()
		if len(host.calls) != 0 {
			t.Fatalf("%d calls left over", len(host.calls))
		}
	})
}
