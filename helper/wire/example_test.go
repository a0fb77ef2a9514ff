package wire_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/crossplug/crossplug/helper/wire"
)

// The host asks the helper to sort; the helper asks back for every comparison.
// Both run in this process here, joined by a pipe in memory.
func ExampleConn() {
	const opSort, opLess = 1, 2
	hostEnd, helperEnd := net.Pipe()
	ctx := context.Background()

	go wire.New(ctx, helperEnd, wire.Options{Side: wire.Helper, Current: 1,
		Handler: func(ctx context.Context, op uint16, body []byte) ([]byte, error) {
			host := wire.FromContext(ctx)
			for i := range body {
				for j := i; j > 0; j-- {
					// ctx carries the call chain: the host's Call below serves this.
					less, err := host.Call(ctx, opLess, body[j-1:j+1])
					if err != nil {
						return nil, err
					}
					if less[0] == 1 {
						break
					}
					body[j-1], body[j] = body[j], body[j-1]
				}
			}
			return body, nil
		}})

	comparisons := 0
	helper, err := wire.New(ctx, hostEnd, wire.Options{Side: wire.Host, Current: 1,
		Handler: func(_ context.Context, _ uint16, pair []byte) ([]byte, error) {
			comparisons++ // no lock: it runs in the goroutine that called
			if pair[0] < pair[1] {
				return []byte{1}, nil
			}
			return []byte{0}, nil
		}})
	if err != nil {
		log.Fatal(err)
	}
	defer helper.Close()
	sorted, err := helper.Call(ctx, opSort, []byte("plugin"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %d comparisons\n", sorted, comparisons)
	// Output: gilnpu, 12 comparisons
}

// A body is numbers and strings in order; the reader's error is checked once.
func ExampleReader() {
	var w wire.Writer
	w.U32(48000)
	w.String("Front_Center.wav")

	r := wire.NewReader(w.Body())
	rate, name := r.U32(), r.String()
	if err := r.End(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rate, name)

	r = wire.NewReader(w.Body()[:10])
	rate, name = r.U32(), r.String()
	fmt.Println(rate, name, r.End())
	// Output:
	// 48000 Front_Center.wav
	// 48000  wire: body of 10 bytes: at 8: bytes of 16 bytes, but 2 are left
}
