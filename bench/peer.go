package main

import (
	"context"
	"fmt"
	"net/rpc"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The peer for calls and starts is hashicorp/go-plugin, the usual way for a Go
// program to have plug-ins in processes of their own. This program is its own
// go-plugin plug-in, with its defaults: a Unix socket and no TLS. The function
// is the one that our side calls: it returns its argument.

// peerFlag makes this program a go-plugin plug-in; the protocol follows.
const peerFlag = "-serve-go-plugin"

const (
	grpcPeer   = plugin.ProtocolGRPC
	netrpcPeer = plugin.ProtocolNetRPC
)

var peerHandshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "CROSSPLUG_BENCH",
	MagicCookieValue: "peer",
}

// servePeer returns false at once, unless this program was started as a
// go-plugin plug-in.
func servePeer() bool {
	if len(os.Args) != 3 || os.Args[1] != peerFlag {
		return false
	}
	config := &plugin.ServeConfig{
		HandshakeConfig: peerHandshake,
		Plugins:         plugin.PluginSet{"same": samePlugin{}},
		Logger:          hclog.NewNullLogger(),
	}
	if plugin.Protocol(os.Args[2]) == grpcPeer {
		config.GRPCServer = plugin.DefaultGRPCServer
	}
	plugin.Serve(config)
	return true
}

// startPeer starts this program as a plug-in of go-plugin and returns its
// function.
func startPeer(protocol plugin.Protocol) (same func(context.Context, uint32) (uint32, error), stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  peerHandshake,
		Plugins:          plugin.PluginSet{"same": samePlugin{}},
		Cmd:              exec.Command(self, peerFlag, string(protocol)),
		AllowedProtocols: []plugin.Protocol{protocol},
		Logger:           hclog.NewNullLogger(),
	})
	connection, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, nil, err
	}
	f, err := connection.Dispense("same")
	if err != nil {
		client.Kill()
		return nil, nil, err
	}
	same, ok := f.(func(context.Context, uint32) (uint32, error))
	if !ok {
		client.Kill()
		return nil, nil, fmt.Errorf("go-plugin dispensed a %T", f)
	}
	return same, client.Kill, nil
}

// startPeerCalls is the peer of callGroup.
func startPeerCalls(protocol plugin.Protocol) (running, error) {
	same, stop, err := startPeer(protocol)
	if err != nil {
		return running{}, err
	}
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		for i := range n {
			v, err := same(ctx, uint32(i))
			if err != nil {
				return 0, err
			}
			if err := expect(uint32(i), v); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

// samePlugin is the plug-in as go-plugin wants to have it described, for
// either protocol. Both clients are a func(context.Context, uint32) (uint32, error).
type samePlugin struct{}

func (samePlugin) Server(*plugin.MuxBroker) (any, error) { return &netrpcServer{}, nil }

func (samePlugin) Client(_ *plugin.MuxBroker, c *rpc.Client) (any, error) {
	return func(_ context.Context, x uint32) (y uint32, err error) {
		err = c.Call("Plugin.Same", x, &y)
		return y, err
	}, nil
}

type netrpcServer struct{}

// Same is called by net/rpc, by its name.
func (*netrpcServer) Same(x uint32, y *uint32) error {
	*y = x
	return nil
}

func (samePlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	s.RegisterService(&sameService, nil)
	return nil
}

func (samePlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return func(ctx context.Context, x uint32) (uint32, error) {
		var y wrapperspb.UInt32Value
		err := c.Invoke(ctx, "/"+sameService.ServiceName+"/Same", wrapperspb.UInt32(x), &y)
		return y.GetValue(), err
	}, nil
}

// sameService is what the generator for gRPC would write for one method.
var sameService = grpc.ServiceDesc{
	ServiceName: "bench.Same",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Same",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var x wrapperspb.UInt32Value
			if err := decode(&x); err != nil {
				return nil, err
			}
			return &x, nil
		},
	}},
}
