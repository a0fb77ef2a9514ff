package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/crossplug/crossplug/helper"
)

const (
	grpcStart   = "start/go-plugin-grpc"
	netrpcStart = "start/go-plugin-netrpc"
)

// startGroup measures from the wish for a helper until it is ready for calls;
// its end is not measured. A peer's plug-in is a Go program.
func startGroup(l *lab) []contestant {
	var all []contestant
	for _, a := range helper.Archs() {
		all = append(all, contestant{
			name:  fmt.Sprintf("start/%v", a),
			unit:  milliseconds,
			peers: []string{grpcStart, netrpcStart},
			start: func(context.Context) (running, error) {
				return running{run: func(ctx context.Context, n int) (time.Duration, error) {
					return repeat(n, func() (time.Duration, error) {
						begin := time.Now()
						p, err := helper.Start(ctx, a, helper.Options{Sysroots: l.store})
						if err != nil {
							return 0, err
						}
						took := time.Since(begin)
						return took, p.Close()
					})
				}}, nil
			},
		})
	}
	for _, protocol := range []plugin.Protocol{grpcPeer, netrpcPeer} {
		all = append(all, contestant{
			name: "start/go-plugin-" + string(protocol),
			unit: milliseconds,
			start: func(context.Context) (running, error) {
				return running{run: func(_ context.Context, n int) (time.Duration, error) {
					return repeat(n, func() (time.Duration, error) {
						begin := time.Now()
						_, stop, err := startPeer(protocol)
						if err != nil {
							return 0, err
						}
						took := time.Since(begin)
						stop()
						return took, nil
					})
				}}, nil
			},
		})
	}
	return all
}

// repeat adds up what n operations take by their own account.
func repeat(n int, op func() (time.Duration, error)) (total time.Duration, err error) {
	for range n {
		took, err := op()
		if err != nil {
			return 0, err
		}
		total += took
	}
	return total, nil
}
