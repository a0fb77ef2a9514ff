package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/format/resource"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/hosts/defproc"
	"github.com/crossplug/crossplug/hosts/supersort"
)

// machineGroup measures the machine for classic code: a call of 68K code from Go, and
// through a mode switch from PowerPC code; a switch alone; linking of a fragment that imports a
// thousand symbols; and sorting, with a callback for each exchange, beside the same
// source compiled for this machine and run by a helper host.
func machineGroup(l *lab) []contestant {
	all := []contestant{
		{name: "machine/call-68k", unit: nanoseconds, start: func(ctx context.Context) (running, error) { return startDefinition(ctx, defproc.FromGo) }},
		{name: "machine/call-68k/from-ppc", unit: nanoseconds, start: func(ctx context.Context) (running, error) { return startDefinition(ctx, defproc.FromPowerPC) }},
		{name: "machine/switch", unit: nanoseconds, start: startSwitch},
		{name: "machine/link-1000-imports", unit: microseconds, start: startLink},
	}
	const helper = "machine/sort-1000/helper"
	sort := func(name string, peers []string, path func(ctx context.Context) (string, error), o supersort.Options) {
		all = append(all, contestant{name: name, unit: microseconds, peers: peers, start: func(ctx context.Context) (running, error) {
			file, err := path(ctx)
			if err != nil {
				return running{}, err
			}
			return startSort(ctx, file, o)
		}})
	}
	prebuilt := func(context.Context) (string, error) { return "../hosts/supersort/plugins/ShellSort.bin", nil }
	sort("machine/sort-1000/ppc", []string{helper}, prebuilt, supersort.Options{})
	sort("machine/sort-1000/68k", []string{helper}, prebuilt, supersort.Options{Without: guest.PowerPC})
	sort(helper, nil, func(ctx context.Context) (string, error) {
		plugins, err := filepath.Abs("../hosts/supersort/plugins")
		if err != nil {
			return "", err
		}
		return l.compile(ctx, arch.Host(), "shellsort.c", "-shared", "-fPIC", "-I"+plugins)
	}, supersort.Options{})
	return all
}

// window is a window definition that returns 1: it takes its parameters from the stack.
var window = []byte{
	0x20, 0x5f, // movea.l (sp)+,a0
	0x4f, 0xef, 0x00, 0x0c, // lea 12(sp),sp
	0x2e, 0xbc, 0, 0, 0, 1, // move.l #1,(sp)
	0x4e, 0xd0, // jmp (a0)
}

func startDefinition(_ context.Context, from defproc.Caller) (running, error) {
	h, err := defproc.New(guest.Options{Unchecked: true})
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = h.Close() }
	d, err := h.Load(&resource.Resource{Type: 0x57444546, ID: 128, Data: window})
	if err != nil {
		stop()
		return running{}, err
	}
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		for range n {
			v, err := d.Call(ctx, from, 0, 0, 0, 0)
			if err != nil {
				return 0, err
			}
			if err := expect(v, 1); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

// switching is PowerPC code with a count in R3 and a universal procedure pointer in R4,
// which it calls as often by CallUniversalProc. The vector of that is the first word of
// its data.
var switching = []uint32{
	0x7c0802a6, 0x90010008, // mflr r0; stw r0,8(r1)
	0x9421ff80, 0xbfa10060, // stwu r1,-128(r1); stmw r29,96(r1)
	0x7c7e1b78, 0x7c9f2378, // mr r30,r3; mr r31,r4
	0x83a20000,                         // lwz r29,0(r2)
	0x7fe3fb78, 0x388003f0, 0x38a00001, // again: mr r3,r31; li r4,pascal long proc(long, long); li r5,1
	0x38c00002, 0x90410014, // li r6,2; stw r2,20(r1)
	0x801d0000, 0x805d0004, // lwz r0,0(r29); lwz r2,4(r29)
	0x7c0903a6, 0x4e800421, // mtctr r0; bctrl
	0x80410014, 0x37deffff, // lwz r2,20(r1); addic. r30,r30,-1
	0x4082ffd4,             // bne again
	0xbba10060, 0x38210080, // lmw r29,96(r1); addi r1,r1,128
	0x80010008, 0x7c0803a6, 0x4e800020, // lwz r0,8(r1); mtlr r0; blr
}

// startSwitch calls 68K code that only returns from PowerPC code, by CallUniversalProc.
// Each call is two switches, and the instructions of both sides besides.
func startSwitch(context.Context) (running, error) {
	program, err := pef.Compress([]pef.Fixup{{Target: pef.Target{Import: true}}, {Offset: 4}, {Offset: 8, Target: pef.Target{Index: 1}}})
	if err != nil {
		return running{}, err
	}
	var code []byte
	for _, w := range switching {
		code = binary.BigEndian.AppendUint32(code, w)
	}
	image, err := pef.Encode(&pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}, Loader: &pef.Loader{
		Libraries:   []pef.Library{{Name: "InterfaceLib"}},
		Imports:     []pef.Import{{Name: "CallUniversalProc", Class: pef.TVectorSymbol}},
		Main:        &pef.Entry{Section: 1, Offset: 4},
		Relocations: []pef.Relocations{{Section: 1, Program: program}},
	}, Sections: []pef.FragmentSection{
		{Kind: pef.CodeSection, Share: pef.GlobalShare, Alignment: 4, Data: code},
		{Kind: pef.UnpackedDataSection, Share: pef.ProcessShare, Alignment: 4, Data: make([]byte, 12)},
		{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
	}})
	if err != nil {
		return running{}, err
	}
	c, err := pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
	if err != nil {
		return running{}, err
	}
	m, err := guest.New(guest.Options{Unchecked: true})
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = m.Close() }
	_, main, err := m.Fragment(context.Background(), "switching", c)
	if err != nil {
		stop()
		return running{}, err
	}
	routine, err := m.Code("returning", []byte{0x20, 0x5f, 0x50, 0x4f, 0x4e, 0xd0}) // movea.l (sp)+,a0; addq #8,sp; jmp (a0)
	if err != nil {
		stop()
		return running{}, err
	}
	return running{stop: stop, run: func(ctx context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		_, err := m.CallVector(ctx, main, coderes.ProcInfo(0x3c1), uint32(n), routine) // void proc(long, long)
		return time.Since(begin) / 2, err
	}}, nil
}

// startLink prepares a fragment with a thousand imports from a library with as many
// exports, which stays.
func startLink(context.Context) (running, error) {
	const count = 1000
	library := &pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}, Loader: &pef.Loader{}}
	client := &pef.Fragment{Header: pef.Header{Architecture: pef.PowerPC}, Loader: &pef.Loader{Libraries: []pef.Library{{Name: "Library"}}}}
	var fixups []pef.Fixup
	for i := range uint32(count) {
		name := fmt.Sprintf("symbol%d", i)
		library.Loader.Exports = append(library.Loader.Exports, pef.Export{Name: name, Class: pef.TVectorSymbol, Value: 4 * i})
		client.Loader.Imports = append(client.Loader.Imports, pef.Import{Name: name, Class: pef.TVectorSymbol})
		fixups = append(fixups, pef.Fixup{Offset: 4 * i, Target: pef.Target{Import: true, Index: i}})
	}
	program, err := pef.Compress(fixups)
	if err != nil {
		return running{}, err
	}
	client.Loader.Relocations = []pef.Relocations{{Program: program}}
	container := func(f *pef.Fragment) (*pef.Container, error) {
		f.Sections = []pef.FragmentSection{
			{Kind: pef.UnpackedDataSection, Share: pef.ProcessShare, Alignment: 4, Data: make([]byte, 4*count)},
			{Kind: pef.LoaderSection, Share: pef.GlobalShare, Alignment: 4},
		}
		image, err := pef.Encode(f)
		if err != nil {
			return nil, err
		}
		return pef.Read(bytes.NewReader(image), 0, int64(len(image)), pef.Options{})
	}
	registry := &cfm.Registry{Name: "bench"}
	c, err := container(library)
	if err != nil {
		return running{}, err
	}
	registry.Add("Library", cfm.Candidate{Container: c})
	if c, err = container(client); err != nil {
		return running{}, err
	}
	m, err := guest.New(guest.Options{Sources: []cfm.Source{registry}})
	if err != nil {
		return running{}, err
	}
	stop := func() { _ = m.Close() }
	conn, _, err := m.Process().Library("Library", pef.PowerPC, cfm.Load)
	if err != nil {
		stop()
		return running{}, err
	}
	last, _, err := conn.Find(fmt.Sprintf("symbol%d", count-1))
	if err != nil {
		stop()
		return running{}, err
	}
	candidate := cfm.Candidate{Container: c, Locator: cfm.Locator{Where: coderes.InMemory}}
	return running{stop: stop, run: func(_ context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		for range n {
			conn, _, err := m.Process().Prepare("Client", candidate, cfm.Fresh)
			if err != nil {
				return 0, err
			}
			base, _, _ := conn.Section(0)
			got, err := m.Memory().Load32(base + 4*(count-1))
			if err != nil {
				return 0, err
			}
			if err := expect(got, last); err != nil {
				return 0, err
			}
			if err := conn.Close(); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}

func startSort(ctx context.Context, path string, o supersort.Options) (running, error) {
	s, err := supersort.Open(ctx, path, o)
	if err != nil {
		return running{}, err
	}
	r := rand.New(rand.NewPCG(1, 1))
	heights := make([]int16, 1000)
	for i := range heights {
		heights[i] = int16(r.Uint32())
	}
	return running{stop: func() { _ = s.Close() }, run: func(ctx context.Context, n int) (time.Duration, error) {
		begin := time.Now()
		for range n {
			if _, err := s.Sort(ctx, heights, nil); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}}, nil
}
