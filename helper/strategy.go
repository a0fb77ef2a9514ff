package helper

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// Strategy is a way to run code of one architecture on another. The list of
// them is data: another emulator is another row.
type Strategy struct {
	// Name is what --prefer calls it. Rows may share a name.
	Name string
	// Host and Guest are the architectures that the row is for; the zero Arch
	// stands for any. A row for any guest never serves the host's own.
	Host, Guest arch.Arch
	// Command is the command line. {helper} stands for the helper host's
	// executable, {qemu} for qemu's name of the guest, and, where a sysroot is
	// needed, {root} for its directory, {loader} for the path of its dynamic
	// loader and {libraries} for its library directories.
	Command []string
	// Package is the Debian package that has Command[0], if it is a program
	// to be found on PATH.
	Package string
}

// Strategies returns the known ways, best first.
func Strategies() []Strategy {
	return []Strategy{
		{Name: "native", Host: arch.Host(), Guest: arch.Host(), Command: []string{"{helper}"}},
		// A 64-bit processor runs its 32-bit predecessor's code itself, given its libraries.
		{Name: "compat", Host: arch.LinuxAMD64, Guest: arch.LinuxI386, Command: []string{"{loader}", "--library-path", "{libraries}", "{helper}"}},
		{Name: "qemu", Command: []string{"qemu-{qemu}-static", "-L", "{root}", "{helper}"}, Package: "qemu-user-static"},
		{Name: "qemu", Command: []string{"qemu-{qemu}", "-L", "{root}", "{helper}"}, Package: "qemu-user"},
	}
}

// qemuNames are qemu's names of the architectures, where they are not Debian's.
var qemuNames = map[arch.Arch]string{
	arch.LinuxAMD64:   "x86_64",
	arch.LinuxARM64:   "aarch64",
	arch.LinuxARMHF:   "arm",
	arch.LinuxPPC64EL: "ppc64le",
	arch.LinuxPPC:     "ppc",
}

// Launch is a strategy made concrete for one architecture on this machine.
type Launch struct {
	Strategy string       // its name
	Command  []string     // {helper} is still in it
	Tree     sysroot.Tree // the libraries used; the zero Tree if natively the system's
}

// Ways says what Find considered: one entry a row of Strategies that is for
// this host and guest.
type Way struct {
	Launch  Launch
	Missing string // why it cannot be used; "" if it can
	Hint    string // what would help
}

// Ways returns every way to run an architecture here, best first: the
// strategies that prefer names come first in its order, and the rest follow. The
// zero store is the user's own. Nothing is started.
func Ways(guest arch.Arch, prefer []string, store sysroot.Store) ([]Way, error) {
	host := arch.Host()
	rows := slices.DeleteFunc(Strategies(), func(s Strategy) bool {
		if s.Guest == (arch.Arch{}) && guest == host && !slices.Contains(prefer, s.Name) {
			return true // emulating the host's own processor is never what is wanted, unless asked for
		}
		return s.Host != (arch.Arch{}) && s.Host != host || s.Guest != (arch.Arch{}) && s.Guest != guest
	})
	for _, name := range prefer {
		if !slices.ContainsFunc(Strategies(), func(s Strategy) bool { return s.Name == name }) {
			return nil, fmt.Errorf("unknown strategy %q (known: %s)", name, strings.Join(strategyNames(), ", "))
		}
	}
	rank := func(s Strategy) int {
		if i := slices.Index(prefer, s.Name); i >= 0 {
			return i
		}
		return len(prefer)
	}
	slices.SortStableFunc(rows, func(a, b Strategy) int { return rank(a) - rank(b) })
	var ways []Way
	for _, s := range rows {
		ways = append(ways, s.resolve(guest, store))
	}
	return ways, nil
}

func strategyNames() []string {
	var names []string
	for _, s := range Strategies() {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// resolve fills in the row's command line for this machine.
func (s Strategy) resolve(guest arch.Arch, store sysroot.Store) Way {
	w := Way{Launch: Launch{Strategy: s.Name}}
	qemu, ok := qemuNames[guest]
	if !ok {
		qemu = guest.String()
	}
	replace := []string{"{qemu}", qemu}
	if text := strings.Join(s.Command, " "); strings.Contains(text, "{root}") || strings.Contains(text, "{loader}") {
		lookup := store.Lookup
		if store == (sysroot.Store{}) {
			lookup = sysroot.Lookup
		}
		tree, err := lookup(guest)
		var none *fault.NoRuntime
		switch {
		case errors.As(err, &none):
			w.Missing = fmt.Sprintf("%s: no %v libraries", s.Name, guest)
			w.Hint = "run: " + none.Hint
		case err != nil:
			w.Missing = fmt.Sprintf("%s: %v", s.Name, err)
		default:
			w.Launch.Tree = tree
			replace = append(replace, "{root}", tree.Root, "{loader}", tree.Path(tree.Loader), "{libraries}", strings.Join(tree.LibraryDirs, ":"))
		}
	}
	for _, word := range s.Command {
		w.Launch.Command = append(w.Launch.Command, strings.NewReplacer(replace...).Replace(word))
	}
	if s.Package != "" {
		program, err := exec.LookPath(w.Launch.Command[0])
		if err != nil {
			w.Missing = fmt.Sprintf("%s: %s is not installed", s.Name, w.Launch.Command[0])
			install := "install the Debian package " + s.Package
			if w.Hint != "" {
				install += " and " + w.Hint
			}
			w.Hint = install
		} else {
			w.Launch.Command[0] = program
		}
	}
	return w
}

// Find returns the best usable way, or a *fault.NoRuntime that says what each
// way is missing and what to install.
func Find(guest arch.Arch, prefer []string, store sysroot.Store) (Launch, error) {
	ways, err := Ways(guest, prefer, store)
	if err != nil {
		return Launch{}, err
	}
	none := &fault.NoRuntime{Arch: guest.String()}
	for _, w := range ways {
		if w.Missing == "" {
			return w.Launch, nil
		}
		none.Tried = append(none.Tried, w.Missing)
		if none.Hint == "" {
			none.Hint = w.Hint
		}
	}
	if none.Hint == "" {
		none.Hint = "crossplug has no helper host for it"
	}
	return Launch{}, none
}

// String names the strategy and, if it is not the obvious one, the program:
// "native", "qemu (qemu-s390x-static)".
func (l Launch) String() string {
	if program := filepath.Base(l.Command[0]); strings.HasPrefix(program, l.Strategy+"-") {
		return fmt.Sprintf("%s (%s)", l.Strategy, program)
	}
	return l.Strategy
}
