package pef

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// plain returns the fixups of a program without the instructions they come
// from.
func plain(t testing.TB, p Program, s Scope) []Fixup {
	t.Helper()
	var out []Fixup
	for f, err := range p.Fixups(s) {
		if err != nil {
			t.Fatalf("%v: %v", p, err)
		}
		f.Instruction = 0
		out = append(out, f)
	}
	return out
}

// at makes fixups from what trace prints: "0c 4d 8i0 12s3".
func at(t testing.TB, text string) []Fixup {
	t.Helper()
	var fixups []Fixup
	for _, word := range strings.Fields(text) {
		var f Fixup
		var kind rune
		if n, _ := fmt.Sscanf(word, "%d%c%d", &f.Offset, &kind, &f.Target.Index); n < 2 {
			t.Fatalf("%q is no fixup", word)
		}
		switch kind {
		case 'd':
			f.Target.Index = 1
		case 'i':
			f.Target.Import = true
		}
		fixups = append(fixups, f)
	}
	return fixups
}

// every returns what text stands for n times, count bytes apart.
func every(t testing.TB, text string, n int, count uint32) (fixups []Fixup) {
	for i := range n {
		for _, f := range at(t, text) {
			f.Offset += uint32(i) * count
			fixups = append(fixups, f)
		}
	}
	return fixups
}

func TestCompress(t *testing.T) {
	imports := every(t, "0i0", 600, 4)
	for i := range imports {
		imports[i].Target.Index = uint32(i)
	}
	for _, tt := range []struct {
		name   string
		fixups []Fixup
		want   string
	}{
		{"nothing", nil, ""},
		{"a word of data", at(t, "0d"), "BySectD 1"},
		{"a word of code", at(t, "0c"), "BySectC 1"},
		{"another section", at(t, "0s2"), "SmBySection 2"},
		{"another section, three times", at(t, "0s2 4s2 8s2"), "SmSetSectD 2; BySectD 3"},
		{"two sections", at(t, "0s2 4s3 8s2 12s3 16s2 20s3 24s2 28s3"), "SmSetSectC 2; SmSetSectD 3; TVector8 4"},
		{"section of a large number", at(t, "0s512"), "LgBySection 512"},
		{"run of a large number", every(t, "0s4000", 9, 4), "LgSetSectD 4000; BySectD 9"},
		{"two of large numbers", every(t, "0s4000 4s4001", 9, 8), "LgSetSectC 4000; LgSetSectD 4001; TVector8 9"},
		{"skip", at(t, "8d 12d 1036d"), "BySectDWithSkip 2,2; BySectDWithSkip 255,1"},
		{"skip of the most", at(t, "1020d"), "BySectDWithSkip 255,1"},
		{"code after a gap", at(t, "8c"), "IncrPosition 8; BySectC 1"},
		{"misaligned", at(t, "2d 6d 13d"), "IncrPosition 2; BySectD 2; IncrPosition 3; BySectD 1"},
		{"the largest step", at(t, "4096c"), "IncrPosition 4096; BySectC 1"},
		{"further", at(t, "4097c"), "SetPosition 4097; BySectC 1"},
		{"backwards", at(t, "8c 4c 5c"), "IncrPosition 8; BySectC 1; SetPosition 4; BySectC 1; SetPosition 5; BySectC 1"},
		{"vectors", every(t, "0c 4d", 3, 8), "TVector8 3"},
		{"vectors of three words", every(t, "0c 4d", 3, 12), "TVector12 3"},
		{"a vector of three words", at(t, "0c 4d 12c 16c 20c"), "TVector12 1; BySectC 3"},
		{"virtual tables", every(t, "0d", 3, 8), "VTable8 3"},
		{"a virtual table", at(t, "0d 8c"), "VTable8 1; BySectC 1"},
		{"tables close together", at(t, "0d 8d 16d 20c"), "VTable8 2; BySectD 1; BySectC 1"},
		{"imports", imports[:8], "ImportRun 8"},
		{"imports from the third", imports[2:8], "IncrPosition 8; SmByImport 2; ImportRun 5"},
		{"imports of large numbers", at(t, "0i600 4i601"), "LgByImport 600; ImportRun 1"},
		{"many imports", imports, "ImportRun 512; ImportRun 88"},
		{"one import over and over", every(t, "0i5", 20, 4), "SmByImport 5; SmRepeat 1,19"},
		{"records", every(t, "0c 4i3 12d", 100, 20), "BySectC 1; SmByImport 3; BySectDWithSkip 1,1; IncrPosition 4; SmRepeat 4,98; BySectC 1; SmByImport 3; BySectDWithSkip 1,1"},
		{"many records", every(t, "0c 6d", 1000, 16), "BySectC 1; IncrPosition 2; BySectD 1; IncrPosition 6; LgRepeat 4,998; BySectC 1; IncrPosition 2; BySectD 1"},
		{"many words", every(t, "0d", 5000, 4), "BySectD 512; SmRepeat 1,8; BySectD 392"},
		{"the last place", at(t, "67108863c"), "SetPosition 67108863; BySectC 1"},
	} {
		p, err := Compress(tt.fixups)
		var text []string
		for _, in := range p {
			text = append(text, in.String())
		}
		if got := strings.Join(text, "; "); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
		if got := plain(t, p, Scope{1 << 27, 1 << 22, 1 << 26}); !slices.Equal(got, tt.fixups) {
			t.Errorf("%s: does not make the fixups", tt.name)
		}
	}
}

func TestCompressErrors(t *testing.T) {
	for _, tt := range []struct{ fixups, want string }{
		{"0c 67108864c", "fixup 1: offset 0x4000000 is more than 0x3ffffff, where positions end"},
		{"0i67108864", "fixup 0: import 67108864 is more than 67108863"},
		{"0s4194304", "fixup 0: section 4194304 is more than 4194303"},
	} {
		if _, err := Compress(at(t, tt.fixups)); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// randomFixups returns fixups as fragments have them, and now and then as they
// do not.
func randomFixups(r *rand.Rand) (fixups []Fixup, s Scope) {
	s = Scope{Sections: 1 + r.IntN(5), Imports: 1 + r.IntN(1200)}
	if r.IntN(4) == 0 {
		s.Sections = 700
	}
	var at, next uint32
	put := func(t Target) {
		fixups = append(fixups, Fixup{Offset: at, Target: t})
		at += 4
	}
	section := func() Target { return Target{Index: uint32(r.IntN(s.Sections))} }
	for range r.IntN(40) {
		n := 1 + r.IntN(30)
		if r.IntN(20) == 0 {
			n = 1500
		}
		a, b := section(), section()
		stride := uint32(r.IntN(24))
		switch kind := r.IntN(8); kind {
		case 0:
			at += uint32(r.IntN(10000))
		case 1:
			at -= min(at, uint32(r.IntN(40)))
		case 2, 3, 4: // records of one or two words, at any distance
			for range n {
				put(a)
				if kind > 2 {
					put(b)
				}
				at += stride &^ 3
			}
		case 5:
			if r.IntN(2) == 0 {
				next = uint32(r.IntN(s.Imports))
			}
			for ; n > 0 && next < uint32(s.Imports); n-- {
				put(Target{true, next})
				next++
			}
		case 6:
			i := Target{true, uint32(r.IntN(s.Imports))}
			for range n {
				put(a)
				put(i)
				at += stride
			}
		case 7:
			for range n {
				put(section())
			}
		}
	}
	for _, f := range fixups {
		s.Size = max(s.Size, f.Offset+4)
	}
	s.Size += uint32(8 * len(fixups)) // where words are relocated often
	return fixups, s
}

// TestCompressedProgramsDoTheSame is the law of Compress.
func TestCompressedProgramsDoTheSame(t *testing.T) {
	used := map[RelocOp]int{}
	chunks, fixed := 0, 0
	for seed := range uint64(400) {
		fixups, s := randomFixups(rand.New(rand.NewPCG(seed, 1)))
		p, err := Compress(fixups)
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.Encode()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		decoded, err := DecodeProgram(b)
		if err != nil || !slices.Equal(decoded, p) {
			t.Fatalf("seed %d: decoded is %v, %v", seed, decoded, err)
		}
		if got := plain(t, p, s); !slices.Equal(got, fixups) {
			t.Fatalf("seed %d: %v makes\n%v\nwant\n%v", seed, p, got, fixups)
		}
		for _, in := range p {
			used[in.Op]++
		}
		chunks, fixed = chunks+p.Chunks(), fixed+len(fixups)
	}
	for op := range RelocOp(len(relocOps)) {
		if used[op] == 0 {
			t.Errorf("%v was never used", op)
		}
	}
	if chunks*3 > fixed {
		t.Errorf("%d chunks for %d fixups", chunks, fixed)
	}
	t.Logf("%d chunks for %d fixups", chunks, fixed)
}
