//go:build linux && !(386 || arm || mips || mipsle)

package ring

import "golang.org/x/sys/unix"

const futexCall = unix.SYS_FUTEX
