package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/crossplug/crossplug/format/coderes"
	"github.com/crossplug/crossplug/format/pef"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/guest/cfm"
	"github.com/crossplug/crossplug/guest/toolbox"

	"github.com/spf13/cobra"
)

// runMissing lists what code would need, instead of running it.
func runMissing(cmd *cobra.Command, arg string, sources []cfm.Source, asJSON bool) error {
	needs, err := needsOf(arg, sources)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), append([]toolbox.Need{}, needs...))
	}
	missing := 0
	for _, n := range needs {
		if n.State == toolbox.There {
			continue
		}
		missing++
		from := n.Library
		if n.Trap != 0 {
			from = fmt.Sprintf("trap 0x%04x", n.Trap)
		}
		state := string(n.State)
		if n.Weak {
			state += ", can do without"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%-16s %-32s %s\n", printable(from), printable(n.Name), state)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d of %d calls are missing\n", missing, len(needs))
	return nil
}

func needsOf(arg string, sources []cfm.Source) ([]toolbox.Need, error) {
	file, id, isResource := strings.Cut(arg, "#")
	if !isResource {
		_, c, err := openFragment(file, guest.Neither)
		if err != nil {
			return nil, err
		}
		return importsOf(c, sources), nil
	}
	r, err := findResource(file, id)
	if err != nil {
		return nil, err
	}
	code, err := coderes.Recognise(r.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arg, err)
	}
	var needs []toolbox.Need
	for _, p := range code.Parts {
		if !p.PEF {
			needs = append(needs, toolbox.Traps(r.Data[p.Offset:p.Offset+p.Size], p.Entry-p.Offset)...)
			continue
		}
		c, err := pef.Read(bytes.NewReader(r.Data), int64(p.Offset), int64(len(r.Data)), pef.Options{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", arg, err)
		}
		needs = append(needs, importsOf(c, sources)...)
	}
	return needs, nil
}

// importsOf returns what a fragment imports; what a library that was found exports
// is there.
func importsOf(c *pef.Container, sources []cfm.Source) []toolbox.Need {
	needs := toolbox.Imports(c)
	found := map[string]*pef.Container{}
	for i := range needs {
		n := &needs[i]
		lib, ok := found[n.Library]
		if !ok {
			for _, s := range sources {
				if candidates, err := s.Find(n.Library, c.Architecture); err == nil && len(candidates) > 0 && lib == nil {
					lib = candidates[0].Container
				}
			}
			found[n.Library] = lib
		}
		if lib == nil || lib.Loader == nil {
			continue
		}
		n.State = toolbox.Unknown
		if _, ok := lib.Loader.Lookup(n.Name); ok {
			n.State = toolbox.There
		}
	}
	slices.SortStableFunc(needs, func(a, b toolbox.Need) int { return strings.Compare(a.Library, b.Library) })
	return needs
}
