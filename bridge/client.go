package bridge

import "embed"

// Client is the source of the host side of the helper's protocol, which is for
// the shims of other plug-in families as well: native/client.h and what it takes.
// It includes protocol.h, which is helper.Protocol.
//
//go:embed native/client.h native/client.c native/lane.c native/spawn.c native/private.h
var Client embed.FS
