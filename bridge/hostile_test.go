package bridge

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/arch"
)

// The helper belongs to the plug-in as soon as it runs. So whatever it sends or
// writes into shared memory must not hurt the host. Here the test binary is the
// helper: it speaks the protocol as far as a number says, and then it lies. In
// fuzz_test.go there are more lies, told to a shim that checks each access to
// memory; here the shim and the processes are the real ones.
const (
	hostileVar = "CROSSPLUG_BRIDGE_HOSTILE"
	lies       = 24
)

// hostile is the helper. It returns false at once in a process that is none.
func hostile() bool {
	seed, err := strconv.Atoi(os.Getenv(hostileVar))
	if err != nil || len(os.Args) != 5 {
		return false
	}
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	stream := os.NewFile(3, "stream")
	size, _ := strconv.Atoi(os.Args[4])
	memory, err := unix.Mmap(4, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return true
	}
	time.AfterFunc(2*time.Second, func() { os.Exit(0) })
	protocol, _ := os.ReadFile(os.Getenv(hostileVar + "_PROTOCOL"))
	sum := sha256.Sum256(protocol)
	hello := append([]byte("XPLG\x04\x03\x02\x01\x40\x00\x01\x00\x01\x00\x00\x00"), sum[:16]...)
	if seed == 0 {
		hello[20]++ // another protocol
	}
	if seed == 1 {
		hello[8] = 32 // another word size
	}
	if seed == 2 {
		hello = hello[:7]
	}
	stream.Write(hello)
	if seed == 2 {
		return true
	}
	readFull(stream, make([]byte, 32))
	// After some honest answers come lies.
	honest := random.IntN(14)
	for n := 0; ; n++ {
		header := make([]byte, 16)
		if !readFull(stream, header) {
			return true
		}
		body := make([]byte, binary.LittleEndian.Uint32(header))
		readFull(stream, body)
		op := binary.LittleEndian.Uint16(header[6:])
		answer := make([]byte, 8)
		switch op {
		case 1: // OP_INFO
			answer = make([]byte, 12)
		case 13: // OP_LANE
			go lie(memory[binary.LittleEndian.Uint32(body):], random.Uint64(), honest > 6)
			answer = nil
		case 3:
			answer = nil
		case 6: // OP_READ
			answer = make([]byte, binary.LittleEndian.Uint32(body[8:]))
			for i := range answer {
				answer[i] = byte(random.Uint32())
			}
		}
		kind := byte(2)
		if n >= honest {
			switch random.IntN(6) {
			case 0: // a length that never comes
				binary.LittleEndian.PutUint32(header, random.Uint32())
			case 1:
				kind = byte(random.Uint32())
			case 2: // callbacks without end
				for range 5000 {
					header[4] = 1
					binary.LittleEndian.PutUint32(header, 4)
					if _, err := stream.Write(append(header[:16:16], 1, 2, 3, 4)); err != nil {
						return true
					}
				}
			case 3: // an error with a text that moves the cursor
				kind, answer = 3, append([]byte{1, 1, 0, 0}, "\x1b[2Jno\nsuch\x00thing"+strings.Repeat("x", random.IntN(3000))...)
			case 4:
				return true
			case 5:
				for i := range answer {
					answer[i] = byte(random.Uint32())
				}
			}
		}
		header[4] = kind
		if random.IntN(4) > 0 {
			binary.LittleEndian.PutUint32(header, uint32(len(answer)))
		}
		if _, err := stream.Write(append(header, answer...)); err != nil {
			return true
		}
	}
}

// lie takes turns on a lane, or writes nonsense into it.
func lie(lane []byte, seed uint64, civil bool) {
	random := rand.New(rand.NewPCG(seed, 2))
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(lane[at:]) }
	for turn := uint32(0); ; {
		if word(0) == turn {
			time.Sleep(100 * time.Microsecond)
			continue
		}
		turn = word(0)
		binary.LittleEndian.PutUint32(lane[0x140:], 1) // done
		copy(lane[0x4000:], []byte{8, 7, 6, 5, 4, 3, 2, 1})
		if !civil || random.IntN(5) == 0 {
			for _, at := range []int{0x40, 0x80, 0xc0, 0x140, 0x144, 0x148, 0x100, 0x108} {
				if random.IntN(3) == 0 {
					binary.LittleEndian.PutUint32(lane[at:], random.Uint32()>>random.IntN(32))
				}
			}
		}
		if random.IntN(8) > 0 {
			binary.LittleEndian.PutUint32(lane[0x40:], turn)
		}
	}
}

func readFull(f *os.File, b []byte) bool {
	for len(b) > 0 {
		n, err := f.Read(b)
		if err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}

func TestHostileHelper(t *testing.T) {
	aboutC(t)
	if arch.Host().Bits != 64 {
		t.Skip("the lies are those of a 64-bit helper")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	protocol, err := filepath.Abs("../helper/native/protocol.h")
	if err != nil {
		t.Fatal(err)
	}
	shim := bridged(t, Options{}, sample(t, arch.Host(), gain))
	s, err := readSidecar(shim)
	if err != nil {
		t.Fatal(err)
	}
	s.command = []string{self}
	if err := os.WriteFile(sidecarPath(shim), s.encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	words := append(program(t, arch.Host(), "testdata/host.c"), "ways", shim, s.plugins[0].label)
	for seed := range lies {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := run(t, []string{hostileVar + "=" + fmt.Sprint(seed), hostileVar + "_PROTOCOL=" + protocol}, words...)
			if o.signalled() {
				t.Errorf("the host was ended: %v\n%s", o.err, o.stderr)
			}
			if strings.ContainsAny(o.stderr, "\x1b\x00") {
				t.Errorf("it says %q", o.stderr)
			}
		})
	}
}

// TestDamagedSidecars: a host that looks at plug-ins whose sidecars are damaged
// sees none, and is told what to do.
func TestDamagedSidecars(t *testing.T) {
	aboutC(t)
	shim := bridged(t, Options{}, sample(t, arch.Host(), "amp.so"))
	good, err := os.ReadFile(sidecarPath(shim))
	if err != nil {
		t.Fatal(err)
	}
	words := append(program(t, arch.Host(), "testdata/host.c"), "look", shim, "amp_mono_"+arch.Host().String())
	for name, bad := range map[string][]byte{
		"empty": {}, "text": []byte("XPLGLADS is not all of it, is it?"), "cut": good[:len(good)-1], "flipped": append(good[:len(good)-1:len(good)-1], 1),
		"with parts that do not fit": withHead(good[sidecarHead : len(good)-4]),
	} {
		if err := os.WriteFile(sidecarPath(shim), bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if o := run(t, nil, words...); o.signalled() || !strings.Contains(o.stderr, "run: crossplug bridge sync") {
			t.Errorf("%s: %v, it says %q", name, o.err, o.stderr)
		}
	}
}
