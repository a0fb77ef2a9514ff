package cli

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/helper/sysroot"
	"github.com/crossplug/crossplug/internal/macfixture"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"crossplug": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the command as a user would: testdata/script/NAME*.txtar is
// about the subcommand NAME.
func TestScript(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SELF", self) // a native program, for scripts that need one
			plugins, err := filepath.Abs("../../hosts/supersort/plugins")
			if err != nil {
				return err
			}
			env.Setenv("PLUGINS", plugins)
			env.Setenv("VIEWERS", filepath.Join(plugins, "../../plug/viewer"))
			env.Setenv("EXAMPLES", filepath.Join(plugins, "../../../examples"))
			// With -race every command would sleep for a second before it ends.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return withSamples(env)
		},
		Condition: func(cond string) (bool, error) {
			name, ok := strings.CutPrefix(cond, "ladspa:")
			if !ok {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			_, err := os.Stat(filepath.Join(samples(name), "gverb_1216.so"))
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status2": status2,
			"hex":     unhex,
			"macfile": writeMacFiles,
		},
	})
}

// withSamples tells scripts where to find sample plug-ins, in $LADSPA_I386 and
// so on, and libraries to run them with; the condition ladspa:i386 says whether
// they are there. $COMMANDS is the directory of the crossplug command.
func withSamples(env *testscript.Env) error {
	env.Setenv("LADSPA_HOST", samples("host"))
	store, err := sysroot.Default()
	if err != nil {
		return err
	}
	env.Setenv(sysroot.DirEnv, store.Dir)
	for _, t := range sysroot.Targets() {
		env.Setenv("LADSPA_"+strings.ToUpper(t.Debian), samples(t.Debian))
	}
	command, err := exec.LookPath("crossplug")
	if err != nil {
		return err
	}
	env.Setenv("COMMANDS", filepath.Dir(command))
	return nil
}

// samples returns the directory where Debian's package swh-plugins puts the
// plug-ins of an architecture or of the "host", "" if there are no libraries to run them with.
func samples(name string) string {
	const dir = "/usr/lib/ladspa"
	if name == "host" || name == arch.Host().String() {
		return dir
	}
	a, err := arch.Parse(name)
	if err != nil {
		return ""
	}
	tree, err := sysroot.Lookup(a)
	if err != nil || tree.Source != sysroot.Own {
		return ""
	}
	return tree.Path(dir)
}

// status2 runs a program and wants it to end with ExitUsage, which "! exec"
// cannot tell from other failures.
func status2(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: status2 program [args...]")
	}
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != ExitUsage {
		ts.Fatalf("%q ended with %v, want exit status %d", args, err, ExitUsage)
	}
}

// writeMacFiles writes files of the classic Mac OS: "macfile NAME...", of the
// names that package macfixture has.
func writeMacFiles(ts *testscript.TestScript, neg bool, args []string) {
	files := macfixture.Files()
	if neg || len(args) == 0 {
		ts.Fatalf("usage: macfile name...")
	}
	for _, name := range args {
		data, ok := files[filepath.Base(name)]
		if !ok {
			ts.Fatalf("no fixture is called %q", name)
		}
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o777))
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o666))
	}
}

// unhex writes the bytes that a file spells in hexadecimal digits, of which
// "#" begins a comment: "hex FILE NEW-FILE".
func unhex(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hex file new-file")
	}
	var digits strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	data, err := hex.DecodeString(digits.String())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o666))
}
