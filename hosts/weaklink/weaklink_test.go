package weaklink

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/internal/crosstest"
	"github.com/crossplug/crossplug/link"
)

const pict coderes.OSType = 0x70696374

// build links a fragment of a source in testdata and writes it as NAME.bin to dir.
func build(t testing.TB, form link.Form, dir, name, source string, in link.Input, flags ...string) *link.Product {
	t.Helper()
	p := &link.Product{Form: form, Name: name}
	crosstest.Build(t, p, in, append(flags, "-Wno-multichar", "-Wno-address", "-Wno-main"), filepath.Join("testdata", source))
	crosstest.Write(t, crosstest.File(t, p), filepath.Join(dir, name+".bin"))
	return p
}

// The application wants Pictures of version 1.5 at least, and was built with 2.0.
const (
	built  = pef.Version(0x0200_8000)
	oldest = pef.Version(0x0150_8000)
)

// application builds the application, which imports weakly or strongly.
func application(t testing.TB, form link.Form, weak bool, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	pictures := link.Library{
		Name: "Pictures", Weak: weak, OldImpVersion: oldest, CurrentVersion: built,
		Symbols: map[string]pef.SymbolClass{"ShowPicture": pef.TVectorSymbol, "TurnPicture": pef.TVectorSymbol},
	}
	system := link.Library{Name: "InterfaceLib", Symbols: map[string]pef.SymbolClass{"Gestalt": pef.TVectorSymbol}}
	attribute := "-DWEAK="
	if weak {
		attribute = "-DWEAK=__attribute__((weak))"
	}
	build(t, form, dir, "Application", "application.c", link.Input{Main: "main", Libraries: []link.Library{system, pictures}}, append(flags, attribute)...)
	return filepath.Join(dir, "Application.bin")
}

// pictures builds the library, for both processors. version is that of the code; result is what its
// initialisation routine returns.
func pictures(t testing.TB, version string, current, clients pef.Version, result string) string {
	t.Helper()
	dir := t.TempDir()
	exports := []string{"ShowPicture"}
	if version != "1" {
		exports = append(exports, "TurnPicture")
	}
	build(t, link.FatLibrary, dir, "Pictures", "library.c", link.Input{
		Init: "start", Exports: exports, Version: current, OldImpVersion: current, OldDefVersion: clients,
	}, "-DVERSION="+version, "-DSTART="+result)
	return dir
}

// What the application returns, see application.c.
const selector, shows, turns = 1, 2, 4

// TestMatrix launches the application, for PowerPC and for the 68K, with and without
// the library and the selector.
func TestMatrix(t *testing.T) {
	none := t.TempDir()
	version1 := pictures(t, "1", oldest, oldest, "0")
	version2 := pictures(t, "2", built, oldest, "0")
	version3 := pictures(t, "3", 0x0300_8000, oldest, "0")
	tooOld := pictures(t, "1", 0x0100_8000, 0x0100_8000, "0")
	tooNew := pictures(t, "4", 0x0400_8000, 0x0300_8000, "0")
	broken := pictures(t, "2", built, oldest, "-1")
	type program struct {
		form link.Form
		weak bool
		path string
	}
	var applications []program
	for _, form := range []link.Form{link.SharedLibrary, link.SharedLibrary68K} {
		for _, weak := range []bool{true, false} {
			applications = append(applications, program{form, weak, application(t, form, weak)})
		}
	}
	for _, c := range []struct {
		name     string
		folder   string
		selector bool
		want     int32  // with a weak import
		weak     string // the error with a weak import
		strong   string // and with a strong one
		number   int
	}{
		{"none", none, false, 0, "", `import library "Pictures": not found; searched: file `, cfm.ErrNoLibrary},
		{"selector alone", none, true, selector, "", `import library "Pictures": not found`, cfm.ErrNoLibrary},
		{"library alone", version2, false, shows | turns, "", "", 0},
		{"both", version2, true, selector | shows | turns | (7+2)<<16, "", "", 0},
		{"newer", version3, true, selector | shows | turns | (7+3)<<16, "", "", 0},
		{"older", version1, true, selector | shows | (7+1)<<16, "", `symbol "TurnPicture"`, cfm.ErrUnresolved},
		{"too old", tooOld, true, selector, "", "too old", cfm.ErrTooOld},
		{"too new", tooNew, true, selector, "", "too new", cfm.ErrTooNew},
		// One that is found and fails is fatal, weak or not.
		{"broken", broken, true, 0, "initialisation", "initialisation", cfm.ErrInitFailed},
	} {
		for _, app := range applications {
			weak := app.weak
			o := Options{Libraries: []cfm.Source{cfm.NewFolderSource(c.folder)}}
			if c.selector {
				o.Gestalt = map[coderes.OSType]uint32{pict: 1}
			}
			run, err := Launch(t.Context(), app.path, o)
			want := c.weak
			if !weak {
				want = c.strong
			}
			if want != "" {
				if err == nil || !strings.Contains(err.Error(), want) || cfm.Number(err) != c.number {
					t.Errorf("%s, %v, weak %v: %v, not %q with number %d", c.name, app.form, weak, err, want, c.number)
				}
				continue
			}
			if err != nil || run.Result != c.want {
				t.Errorf("%s, %v, weak %v: %+v, not %#x (%v)", c.name, app.form, weak, run, c.want, err)
			} else if e := run.Missing["Pictures"]; (e != nil) != (run.Result&shows == 0) || e != nil && e.Number != c.number {
				t.Errorf("%s, %v: missing %v", c.name, app.form, run.Missing)
			}
		}
	}
}

// TestTrusting sees what becomes of an application that asks Gestalt alone.
func TestTrusting(t *testing.T) {
	for _, form := range []link.Form{link.SharedLibrary, link.SharedLibrary68K} {
		app := application(t, form, true, "-DTRUSTING")
		_, err := Launch(t.Context(), app, Options{Gestalt: map[coderes.OSType]uint32{pict: 1}})
		if !errors.Is(err, fault.ErrCrashed) {
			t.Errorf("%v: it called what there is not: %v", form, err)
		}
		if _, err := Launch(t.Context(), app, Options{}); err != nil {
			t.Errorf("%v: %v", form, err)
		}
	}
}

func TestNoApplication(t *testing.T) {
	dir := pictures(t, "1", built, built, "0")
	for path, want := range map[string]string{
		filepath.Join(dir, "Pictures.bin"): "no application: the fragment has no main routine",
		filepath.Join(dir, "Other.bin"):    "no such file",
		"weaklink.go":                      "weaklink.go: ",
	} {
		if _, err := Launch(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", path, err, want)
		}
	}
}
