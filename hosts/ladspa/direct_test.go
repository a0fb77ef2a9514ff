package ladspa

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

const proofRate = 48000

// The blocks: the usual sizes, odd ones, and a single frame.
var proofBlocks = []int{256, 1, 255, 64, 1000, 37, 1024, 512, 2, 999, 1024, 1024}

// proofSignal returns what an audio input gets: noise, a tone, an impulse, and
// silence, in which recursive filters fade into denormal numbers.
func proofSignal(input int) []float32 {
	total := 0
	for _, n := range proofBlocks {
		total += n
	}
	s := noise(total, uint32(input+1))
	for i := range s {
		switch {
		case i < 1500:
		case i < 3500:
			s[i] = float32(0.8 * math.Sin(2*math.Pi*440*float64(i*(input+1))/proofRate))
		case i == 3600:
			s[i] = 1
		default:
			s[i] = 0
		}
	}
	return s
}

// output is all that a plug-in gave: for each block the samples of each audio
// output, then the value of each control output.
type output []float32

// identical compares bits, so that NaNs count too.
func identical(a, b output) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// throughUs runs a plug-in through the package under test. Its control inputs
// have their defaults.
func throughUs(ctx context.Context, l *Library, d *Descriptor) (output, error) {
	i, err := l.New(ctx, d, proofRate, slices.Max(proofBlocks))
	if err != nil {
		return nil, err
	}
	var out output
	ins, outs := d.AudioPorts()
	in, block := make([][]float32, ins), make([][]float32, ins)
	for n := range in {
		in[n] = proofSignal(n)
	}
	at := 0
	for _, frames := range proofBlocks {
		for n := range block {
			block[n] = in[n][at : at+frames]
		}
		at += frames
		result := make([][]float32, outs)
		for n := range result {
			result[n] = make([]float32, frames)
		}
		if err := i.Run(ctx, block, result); err != nil {
			return nil, err
		}
		for _, r := range result {
			out = append(out, r...)
		}
		for _, p := range d.Ports {
			if p.Control && p.Output {
				out = append(out, i.Get(p.Index))
			}
		}
	}
	return out, i.Close(ctx)
}

// direct is the C program for one architecture.
type direct struct {
	arch    arch.Arch
	command []string
}

var compilers = map[arch.Arch]string{
	arch.LinuxAMD64:   "x86_64-linux-gnu-gcc",
	arch.LinuxI386:    "i686-linux-gnu-gcc",
	arch.LinuxARM64:   "aarch64-linux-gnu-gcc",
	arch.LinuxARMHF:   "arm-linux-gnueabihf-gcc",
	arch.LinuxPPC64EL: "powerpc64le-linux-gnu-gcc",
	arch.LinuxS390X:   "s390x-linux-gnu-gcc",
}

// compile compiles a C file of testdata and returns the path of the result.
func compile(t testing.TB, a arch.Arch, source string, flags ...string) string {
	t.Helper()
	gcc, err := exec.LookPath(compilers[a])
	if err != nil {
		t.Skipf("%v (scripts/need cross installs it)", err)
	}
	result := filepath.Join(t.TempDir(), strings.TrimSuffix(source, ".c"))
	// ladspa.h is the same for all architectures, but lies where only the
	// native compiler looks.
	args := append([]string{"-std=gnu11", "-O1", "-Wall", "-Werror", "-idirafter", "/usr/include"}, flags...)
	args = append(args, "-o", result, filepath.Join("testdata", source), "-ldl")
	if text, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", gcc, err, text)
	}
	return result
}

func compileDirect(t *testing.T, a arch.Arch) direct {
	t.Helper()
	program := compile(t, a, "direct.c")
	store, err := sysroot.Default()
	if err != nil {
		t.Fatal(err)
	}
	launch, err := helper.Find(a, nil, store)
	if err != nil {
		t.Skip(err)
	}
	d := direct{arch: a}
	for _, word := range launch.Command {
		d.command = append(d.command, strings.ReplaceAll(word, "{helper}", program))
	}
	return d
}

// run runs a plug-in. fill is what unused stack and fresh heap memory is filled
// with, 0 for nothing.
func (p direct) run(ctx context.Context, d *Descriptor, path string, fill byte) (output, error) {
	m, err := abi.ModelOf(p.arch)
	if err != nil {
		return nil, err
	}
	var sizes []string
	for _, n := range proofBlocks {
		sizes = append(sizes, strconv.Itoa(n))
	}
	args := append([]string{}, p.command[1:]...)
	args = append(args, path, strconv.Itoa(d.Index), strconv.Itoa(proofRate), strconv.Itoa(int(fill)), strings.Join(sizes, ","))
	for _, port := range d.Ports {
		if port.Control && port.Input {
			v, _ := port.Default(proofRate)
			args = append(args, fmt.Sprintf("%x", math.Float32bits(v)))
		}
	}
	cmd := exec.CommandContext(ctx, p.command[0], args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GLIBC_TUNABLES=glibc.malloc.perturb=%d", fill))
	ins, _ := d.AudioPorts()
	var in, said bytes.Buffer
	at := 0
	for _, frames := range proofBlocks {
		for n := range ins {
			if err := binary.Write(&in, m.Order, proofSignal(n)[at:at+frames]); err != nil {
				return nil, err
			}
		}
		at += frames
	}
	cmd.Stdin, cmd.Stderr = &in, &said
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w %s", err, said.String())
	}
	out := make(output, len(raw)/4)
	return out, binary.Read(bytes.NewReader(raw), m.Order, out)
}
