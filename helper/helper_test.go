package helper

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
)

func TestX(t *testing.T) {
	for _, a := range []arch.Arch{arch.LinuxAMD64, arch.LinuxI386, arch.LinuxS390X, arch.LinuxARMHF, arch.LinuxARM64, arch.LinuxPPC64EL} {
		t.Run(a.String(), func(t *testing.T) {
			ctx := context.Background()
			t0 := time.Now()
			p, err := Start(ctx, a, Options{})
			if err != nil {
				t.Skip(err)
			}
			defer p.Close()
			t.Log("start", time.Since(t0))
			addr, err := p.Lookup(ctx, 0, "strlen")
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%#x", addr)
			abs, err := p.Lookup(ctx, 0, "abs")
			if err != nil {
				t.Fatal(err)
			}
			fn := abi.Procedure{Address: abs, Name: "abs", Type: abi.MustParse("i32 (i32)")}
			minus := int64(-5)
			v, err := p.Call(ctx, fn, uint64(minus))
			if err != nil || v != 5 {
				t.Fatal(v, err)
			}
			t0 = time.Now()
			for range 10000 {
				p.Call(ctx, fn, uint64(minus))
			}
			t.Log(time.Since(t0) / 10000)
			if p.mainLane.lane.Pin(ctx) != nil {
				t.Fatal("pin")
			}
			t0 = time.Now()
			for range 10000 {
				p.Call(ctx, fn, uint64(minus))
			}
			t.Log("pinned", time.Since(t0)/10000)
			p.mainLane.lane.Unpin()
			raise, _ := p.Lookup(ctx, 0, "raise")
			_, err = p.Call(ctx, abi.Procedure{Address: raise, Name: "raise", Type: abi.MustParse("i32 (i32)")}, 11)
			t.Log(err)
			if !errors.Is(err, fault.ErrCrashed) {
				t.Fatal(err)
			}
		})
	}
}
