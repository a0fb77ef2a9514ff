// Command selfhost decodes images in another process, which is this program
// itself once more.
//
// An image decoder eats what strangers send: a small file can claim a picture
// of many gigabytes, and a bug in the decoder can end the program. Here such a
// file ends the helper, and the program goes on with a new one:
//
//	go run ./examples/selfhost photo.png bomb.png
//
// The file's bytes go to the helper through a lock-free ring in shared memory;
// the helper reports its progress by calling back.
package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/ring"
)

const (
	ringSize    = 1 << 20
	memoryLimit = 2 << 30 // bytes of address space that the helper may use
)

func main() {
	if helper.Serve(helper.GoProcs{"describe": describe}) {
		return // this was the helper
	}
	os.Exit(run(os.Args[1:], os.Stdout))
}

// describe runs in the helper.
func describe(ctx context.Context, host *helper.Peer, _ []byte) ([]byte, error) {
	limit.Do(func() { _ = unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: memoryLimit, Max: memoryLimit}) })
	consumer, err := ring.NewConsumer(host.Memory(), 0, ringSize)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	picture, format, err := image.Decode(reader{ctx, consumer})
	if err != nil {
		return nil, err
	}
	if _, err := host.Call(ctx, "progress", []byte("decoded, looking at the colours")); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s, %d x %d, average colour %s", format, picture.Bounds().Dx(), picture.Bounds().Dy(), average(picture)), nil
}

var limit sync.Once

// reader makes an io.Reader of a ring's consumer.
type reader struct {
	ctx context.Context
	c   *ring.Consumer
}

func (r reader) Read(b []byte) (int, error) { return r.c.Read(r.ctx, b) }

func average(p image.Image) string {
	var sum [3]uint64
	b := p.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b, _ := p.At(x, y).RGBA()
			sum[0], sum[1], sum[2] = sum[0]+uint64(r>>8), sum[1]+uint64(g>>8), sum[2]+uint64(b>>8)
		}
	}
	n := uint64(max(1, b.Dx()*b.Dy()))
	return fmt.Sprintf("#%02x%02x%02x", sum[0]/n, sum[1]/n, sum[2]/n)
}

// run is the program. It returns the exit status.
func run(files []string, out io.Writer) int {
	if len(files) == 0 {
		fmt.Fprintln(out, "usage: selfhost IMAGE...")
		return 2
	}
	status := 0
	for _, file := range files {
		text, err := inHelper(context.Background(), file, out)
		var crash *fault.Crash
		switch {
		case errors.As(err, &crash):
			text, status = "it crashed the decoder, and nothing else", 1
		case errors.Is(err, fault.ErrHung):
			text, status = "it kept the decoder busy for too long", 1
		case err != nil:
			text, status = err.Error(), 1
		}
		fmt.Fprintf(out, "%s: %s\n", file, text)
	}
	return status
}

// inHelper describes one file in a helper of its own.
func inHelper(ctx context.Context, file string, out io.Writer) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	progress := func(_ context.Context, _ *helper.Peer, in []byte) ([]byte, error) {
		fmt.Fprintf(out, "  helper: %s\n", in)
		return nil, nil
	}
	peer, err := helper.StartSelf(ctx, helper.GoProcs{"progress": progress}, helper.Options{CallTimeout: 10 * time.Second})
	if err != nil {
		return "", err
	}
	defer peer.Close()
	producer, err := ring.NewProducer(peer.Memory(), 0, ringSize)
	if err != nil {
		return "", err
	}
	go func() {
		defer producer.Close()
		_, _ = producer.Write(ctx, data) // a helper that stops reading has said why
	}()
	answer, err := peer.Call(ctx, "describe", nil)
	return string(answer), err
}
