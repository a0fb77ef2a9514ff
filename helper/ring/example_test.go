//go:build linux

package ring_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/crossplug/crossplug/helper/ring"
)

// Two sides share memory that holds a ring. The other side is in this process
// here; in use it is given the File and calls Map.
func ExampleProducer() {
	const size = 4096
	memory, err := ring.Create(ring.Bytes(size))
	if err != nil {
		log.Fatal(err)
	}
	defer memory.Close()
	ctx := context.Background()

	other, err := ring.Map(int(memory.File().Fd()), memory.Size())
	if err != nil {
		log.Fatal(err)
	}
	defer other.Close()
	go func() {
		producer, err := ring.NewProducer(other, 0, size)
		if err != nil {
			log.Fatal(err)
		}
		for i := range 3 {
			if _, err := producer.Write(ctx, fmt.Appendf(nil, "block %d\n", i)); err != nil {
				log.Fatal(err)
			}
		}
		producer.Close()
	}()

	consumer, err := ring.NewConsumer(memory, 0, size)
	if err != nil {
		log.Fatal(err)
	}
	for {
		part, err := consumer.Peek(ctx) // in place, without a copy
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s", part)
		if err := consumer.Consume(len(part)); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// block 0
	// block 1
	// block 2
}
