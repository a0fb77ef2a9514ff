package helper

import (
	"testing"

	"github.com/crossplug/crossplug/abi"
)

// BenchmarkCall measures an empty call and return, as a caller sees it.
func BenchmarkCall(b *testing.B) {
	for _, placement := range []string{"free", "pinned", "spinning"} {
		for _, a := range Archs() {
			b.Run(placement+"/"+a.String(), func(b *testing.B) {
				p, err := Start(b.Context(), a, Options{})
				if err != nil {
					b.Skip(err)
				}
				defer p.Close()
				address, err := p.Lookup(b.Context(), 0, "abs")
				if err != nil {
					b.Fatal(err)
				}
				l, err := p.NewLane(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				switch placement {
				case "pinned":
					if err := l.Pin(b.Context()); err != nil {
						b.Fatal(err)
					}
					defer l.Unpin()
				case "spinning":
					l.SetSpin(20000)
				}
				var batch abi.Batch
				batch.Add(abi.Procedure{Address: address, Name: "abs", Type: abi.MustParse("i32 (i32)")}, 1)
				b.ReportAllocs()
				for b.Loop() {
					if err := l.Run(b.Context(), &batch); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
