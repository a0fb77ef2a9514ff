package bridge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crossplug/crossplug/arch"
)

// door is a program that is the shim but for the process that it starts, with
// checks of every access to memory; see testdata/door.c.
type door struct {
	cmd  *exec.Cmd
	in   io.Writer
	out  io.Reader
	said bytes.Buffer
}

func openDoor(f *testing.F) *door {
	f.Helper()
	aboutC(f)
	if arch.Host().Bits != 64 {
		f.Skip("its helper is one of 64 bits")
	}
	path := compile(f, arch.Host(), "testdata/door.c", "-fsanitize=undefined,address", "-fno-sanitize-recover=all", "-I../helper/native",
		"-DSOURCE_HASH=door", "-DAPI_HASH="+hashConstants(f), "native/client.c", "native/lane.c", "native/sidecar.c")
	d := &door{cmd: exec.Command(path)}
	d.cmd.Dir = f.TempDir()
	d.cmd.Stderr = &d.said
	var err error
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		f.Fatal(err)
	}
	if d.out, err = d.cmd.StdoutPipe(); err != nil {
		f.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		d.in.(io.Closer).Close()
		d.cmd.Wait()
	})
	return d
}

// try gives an input to the program and wants it to live on.
func (d *door) try(t *testing.T, kind byte, input []byte) {
	t.Helper()
	d.said.Reset()
	message := append(binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(input))), input...)
	_, err := d.in.Write(message)
	if err == nil {
		stuck := time.AfterFunc(2*time.Minute, func() { d.cmd.Process.Kill() })
		_, err = io.ReadFull(d.out, make([]byte, 1))
		stuck.Stop()
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", err, d.cmd.Wait())
		t.Fatalf("the shim has not lived through it: %v\n%s", err, d.said.String())
	}
}

// FuzzSidecar decodes what has a right head, here and in the shim, which looks
// at all that it has found. What is encoded again is the same.
func FuzzSidecar(f *testing.F) {
	d := openDoor(f)
	f.Add((&sidecar{plugin: "p", command: []string{"c"}, plugins: []description{{ports: []port{{}}}}}).encode()[sidecarHead:])
	good := (&sidecar{plugin: "p", bits: 32, command: []string{"c"}, plugins: []description{{}, {label: "l", ports: []port{{name: "in"}, {name: "out"}}}}}).encode()
	f.Add(good[sidecarHead:])
	f.Add(good[sidecarHead : len(good)-4])
	f.Add(append(good[sidecarHead:len(good)-1:len(good)-1], 'x')) // no NUL at the very end
	f.Fuzz(func(t *testing.T, rest []byte) {
		if len(rest) > 1<<16 {
			return
		}
		b := withHead(rest)
		d.try(t, 's', b)
		s, err := decodeSidecar(b)
		if err != nil {
			return
		}
		again, err := decodeSidecar(s.encode())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v, %v; want %+v", again, err, s)
		}
	})
}

// FuzzHostileHelper plays helpers that answer as a script says, and lie.
func FuzzHostileHelper(f *testing.F) {
	d := openDoor(f)
	honest := strings.Repeat("\x00", 64)
	for _, lie := range []string{
		"", "\x01\x01abcd", "\x02" + strings.Repeat("\xff", 16), "\x03\x04" + strings.Repeat("\x1b", 16), "\x03\xc0" + strings.Repeat("\x01", 768), "\x03\x00",
		"\x04\x05\x01\x02\x03\x04\x05", "\x05", "\x01\x04" + strings.Repeat("\x48\x01\xff\xff\xff\xff", 4),
	} {
		for after := range 12 {
			f.Add([]byte(honest[:1+after] + lie + honest))
		}
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) < 1<<12 {
			d.try(t, 'h', script)
		}
	})
}

// withHead puts the right head before the rest of a sidecar.
func withHead(rest []byte) []byte {
	b := append((&sidecar{}).encode()[:sidecarHead:sidecarHead], rest...)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)))
	binary.LittleEndian.PutUint64(b[16:], checksum(rest))
	return b
}
