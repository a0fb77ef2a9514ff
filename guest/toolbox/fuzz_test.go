package toolbox_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/toolbox"
)

// FuzzCalls makes calls with arguments of all kinds, by 68K traps and by imports in
// turn: whatever comes of it is an error or a result.
//
// An input has some fuel for all of its calls, so that it takes milliseconds. The desktop
// is there already for one in eight: to paint it would take all of that, and takes milliseconds.
//
// A routine that calls are given makes the next call itself.
//
// Of the input, each call takes four bytes, which say what to call, and a byte for
// each argument, most of which stand for a value that means something.
func FuzzCalls(f *testing.F) {
	f.Add([]byte("\x01\x22\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\xa9\xa0\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08"))
	for i := range 32 { // SANE
		f.Add([]byte{0x09, 0xeb + byte(i&1), byte(i), 3, 0, 0, 0, 0, 11, 12, 11, byte(i) << 3})
	}
	for i := range 40 {
		f.Add(slices.Repeat([]byte{byte(i), byte(i * 7), byte(i * 31), 3, 1, 2, 3, 4, 5, 6, 7, 8}, 8))
	}
	var names [][2]string
	for _, library := range []string{"InterfaceLib", "StdCLib", "MathLib"} {
		var all []string
		for name := range toolbox.Exports(library) {
			all = append(all, name)
		}
		slices.Sort(all)
		for _, name := range all {
			names = append(names, [2]string{library, name})
		}
	}
	files := volume(f)
	info := proc(f, "long proc(long, long, long, long, long, long, long, long)")
	code := proc(f, "void proc(void)")
	f.Fuzz(func(t *testing.T, data []byte) {
		m := newMachine(t, guest.Options{Memory: 32 << 20, Fuel: 20_000, Unchecked: true, System: toolbox.Options{Files: files, Writable: true}})
		s := m.System()
		if len(data) > 3 && data[3]&28 == 28 {
			s.InitWindows()
		}
		ref := s.OpenResources("First")
		block := s.NewPtr(256)
		text := s.NewPtr(64)
		spec := s.NewPtr(70)
		s.MakeSpec("Folder:in.c", spec)
		if err := m.Memory().PutPString(text, []byte("First"), 63); err != nil {
			t.Fatal(err)
		}
		_ = s.Err()
		values := []uint32{
			0, 1, 2, 3, 0xffffffff, 0x7fffffff, 0x80000000, 0xfffe, 128, 0x54455854, 100, block, block + 128, text, spec, uint32(ref),
			s.NewHandle(100), s.NewHandle(0), s.NewEmptyHandle(), s.GetResource(0x54455854, 128), s.NewPtr(16), 0x220, 0xe00, 0xfffffffc, 0x2000, block + 3,
		}
		// next makes the first call of what is left of the input.
		calls, within := 0, 0
		verify := func(err error) {
			var mistake *toolbox.Mistake
			if errors.As(err, &mistake) {
				t.Error(err)
			}
		}
		next := func() {
			var args [8]uint32
			for i := range args {
				args[i] = uint32(data[4+i]) << 24 >> 3
				if v := int(data[4+i]); v < len(values) {
					args[i] = values[v]
				}
			}
			which, selector, flags, last := binary.BigEndian.Uint16(data), uint16(data[2]), data[3], uint16(data[11])
			data = data[12:]
			calls++
			kept := args[0]
			if flags&1 == 0 {
				name := names[int(which)%len(names)]
				vector, _, _, _ := s.Library(name[0]).Export(name[1])
				v, err := m.CallVector(t.Context(), vector, info, args[:]...)
				verify(err)
				if err == nil && v != 0 {
					kept = v
				}
			} else {
				w := []uint16{}
				for i, load := range []uint16{0x203c, 0x223c, 0x207c, 0x227c} { // MOVE.L #, to D0, D1, A0, A1
					w = append(w, load, uint16(args[i]>>16), uint16(args[i]))
				}
				for _, v := range args[4:] {
					w = append(w, 0x2f3c, uint16(v>>16), uint16(v)) // MOVE.L #, to the stack
				}
				if flags&2 != 0 {
					selector |= last << 8
				}
				w = append(w, 0x3f3c, selector, 0xa000|which&0xfff, 0x4e75)
				if at, err := m.Code("call", words(w...)); err == nil {
					_, err := m.Call(t.Context(), at, code)
					verify(err)
				}
			}
			values[int(flags>>1)%len(values)] = kept
		}
		// What a call calls makes the call that follows in the input.
		routine, err := m.NewRoutine("next", code, func([]uint32) (uint32, error) {
			if len(data) >= 12 && calls < 64 && within < 8 {
				within++
				next()
				within--
			}
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, routine.UPP, routine.Vector)
		_ = m.Do(t.Context(), func() error {
			for len(data) >= 12 && calls < 64 {
				next()
			}
			return nil
		})
	})
}
