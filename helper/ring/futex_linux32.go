//go:build linux && (386 || arm || mips || mipsle)

package ring

import "golang.org/x/sys/unix"

// futexCall takes 64-bit times here since Linux 5.1; SYS_FUTEX would take
// 32-bit ones.
const futexCall = unix.SYS_FUTEX_TIME64
