package arch

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		value fmt.Stringer
		want  string
	}{
		{cpuPowerPC, "CPU_TYPE_POWERPC"},
		{cpuARM | cpuABI6432, "CPU_TYPE_ARM64_32"},
		{cpuPowerPC + 5, "CPU_TYPE_POWERPC+5"},
		{cpuType(0), "CPU_TYPE_0"},
		{peARM64, "IMAGE_FILE_MACHINE_ARM64"},
		{peARM64 + 1, "IMAGE_FILE_MACHINE_ARM64+1"},
		{peMachine(0x14b), "IMAGE_FILE_MACHINE_331"},
		{LittleEndian, "little-endian"},
		{BigEndian, "big-endian"},
		{LinuxS390X, "s390x"},
		{Arch{PowerPC, 32, BigEndian, Classic, ""}, "powerpc-32-classic"},
		{Arch{ARM64, 64, LittleEndian, Darwin, "arm64e"}, "arm64-64-darwin-arm64e"},
	} {
		if got := tt.value.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	for m, want := range map[elf.Machine]Processor{elf.EM_386: I386, elf.EM_XTENSA: "xtensa", 999: "em_999", 0: "none"} {
		if got := elfProcessor(m); got != want {
			t.Errorf("%v: got %s, want %s", m, got, want)
		}
	}
	for o, want := range map[elf.OSABI]OS{elf.ELFOSABI_NONE: Linux, elf.ELFOSABI_SOLARIS: "solaris", elf.ELFOSABI_STANDALONE: NoOS} {
		if got := elfSystem(o); got != want {
			t.Errorf("%v: got %s, want %s", o, got, want)
		}
	}
}

// TestTablesAreSorted guards the names of unknown values, which are found by
// going down a table.
func TestTablesAreSorted(t *testing.T) {
	for i := range cpuTypes[1:] {
		if cpuTypes[i].cpu >= cpuTypes[i+1].cpu {
			t.Errorf("%v comes before %v", cpuTypes[i].cpu, cpuTypes[i+1].cpu)
		}
	}
	for i := range peMachines[1:] {
		if peMachines[i].machine >= peMachines[i+1].machine {
			t.Errorf("%v comes before %v", peMachines[i].machine, peMachines[i+1].machine)
		}
	}
}

func TestParse(t *testing.T) {
	for _, n := range named {
		a, err := Parse(n.name)
		if err != nil || a != n.arch || a.String() != n.name {
			t.Errorf("Parse(%s) = %v, %v", n.name, a, err)
		}
	}
	_, err := Parse("vax")
	if want := `unknown architecture "vax" (known: amd64, i386,`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Parse(vax): %v, want %s", err, want)
	}
}

func TestHost(t *testing.T) {
	if h := Host(); h.Processor == "" || h.Bits != 32 && h.Bits != 64 || h.OS == "" {
		t.Errorf("this program was compiled for %#v", h)
	}
}

func TestImageJSON(t *testing.T) {
	got, err := json.Marshal(Image{LinuxS390X, FormatELF, KindShared, 0, 100})
	want := `{"arch":{"processor":"s390","bits":64,"byteOrder":"big-endian","os":"linux"},"format":"ELF","kind":"shared object","offset":0,"size":100}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestFamilies(t *testing.T) {
	for _, tt := range []struct{ exports, want string }{
		{"", ""},
		{"main", ""},
		{"ladspa_descriptor dssi_descriptor", "LADSPA DSSI"},
		{"ladspa_descriptors", ""},
		{"f0r_init", ""}, // half of frei0r
		{"f0r_get_plugin_info f0r_init", "frei0r"},
		{"gst_plugin_desc gst_plugin_volume_get_desc", "GStreamer"},
		{"gst_plugin_get_desc", ""}, // the text that * stands for must not overlap
		{"gst_plugin_a_get_desc2 gst_plugin_b_get_desc gst_plugin_c", "GStreamer"},
		{"pam_sm_acct_mgmt pam_sm_authenticate pam_sm_setcred", "PAM"},
		{"PyInit_x", "Python"},
	} {
		exports := strings.Fields(tt.exports)
		slices.Sort(exports)
		if got := strings.Join(Families(exports), " "); !strings.HasPrefix(got, tt.want) || got != "" && tt.want == "" {
			t.Errorf("%q: %q, want %q", tt.exports, got, tt.want)
		}
	}
	for _, f := range families {
		if f.family == "" || f.source == "" || len(f.symbols) == 0 {
			t.Errorf("the row of %q lacks something", f.family)
		}
		for _, s := range f.symbols {
			if strings.Count(s, "*") > 1 {
				t.Errorf("%s: %q has more than one *", f.family, s)
			}
		}
	}
}
