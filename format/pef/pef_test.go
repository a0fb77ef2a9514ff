package pef

import (
	"fmt"
	"testing"
	"time"
)

func TestStrings(t *testing.T) {
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{PowerPC, "pwpc"}, {M68K, "m68k"}, {Architecture(0x61626364), `"abcd"`}, {Architecture(0), `"\x00\x00\x00\x00"`},
		{CodeSection, "code"}, {ExecDataSection, "executable data"}, {TracebackSection, "traceback"}, {SectionKind(11), "traceback+3"},
		{ShareKind(0), "0"}, {ProcessShare, "process"}, {ShareKind(3), "process+2"}, {GlobalShare, "global"}, {ProtectedShare, "protected"}, {ShareKind(255), "protected+250"},
		{TVectorSymbol, "tvector"}, {SymbolClass(5), "glue+1"}, {UndefinedSymbol, "undefined"}, {SymbolClass(0x7f), "undefined+112"},
		{LibraryOptions(0), "none"}, {WeakLibrary, "weak"}, {WeakLibrary | InitBefore, "weak+init-before"}, {InitBefore | 3, "init-before+0x3"},
		{Version(0), "0"}, {Version(7), "0x00000007"}, {Version(0x01238000), "1.2.3"}, {Version(0x12006004), "12.0.0b4"}, {Version(0x01108002), "1.1.0f2"},
		{Version(0x01002001), "1.0.0d1"}, {Version(0x0100400a), "1.0.0a10"},
		{PatternRepeatZero, "RepeatZero"}, {PatternOp(7), "RepeatZero+3"},
		{SmRepeat, "SmRepeat"}, {RelocOp(20), "LgSetSectD+2"},
		{Language(9), "C++"}, {Language(20), "Objective-C+6"},
		{&Entry{1, 0x20}, "section 1 + 0x20"}, {(*Entry)(nil), "none"},
		{Target{Import: true, Index: 3}, "import 3"}, {Target{Index: 3}, "section 3"},
	} {
		if got := tt.value.String(); got != tt.want {
			t.Errorf("%T %#v: %s, want %s", tt.value, tt.value, got, tt.want)
		}
	}
}

func TestDate(t *testing.T) {
	want := time.Date(1996, 3, 4, 5, 6, 7, 0, time.UTC)
	if got := Date(want.Unix() + 2082844800).Time(); !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := Date(0xffffffff).Time(); got.Year() != 2040 {
		t.Errorf("%v", got)
	}
}
