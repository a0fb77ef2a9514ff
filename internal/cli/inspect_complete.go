package cli

import (
	"fmt"
	"slices"

	"github.com/crossplug/crossplug/inspect"

	"github.com/spf13/cobra"
)

// completeInspect lets a shell complete what the options can name in the files
// that are on the command line already.
func completeInspect(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("disassemble", func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return append(namesIn(args, codeNames), "all"), cobra.ShellCompDirectiveNoFileComp
	})
	_ = cmd.RegisterFlagCompletionFunc("resources", func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return namesIn(args, resourceNames), cobra.ShellCompDirectiveNoFileComp
	})
	_ = cmd.MarkFlagDirname("extract")
}

// namesIn collects names from files, each once. Those that a terminal would not
// show are left out, as are files that cannot be read.
func namesIn(paths []string, of func(*inspect.File) []string) []string {
	var all []string
	for _, path := range paths {
		f, err := inspect.Open(path, inspect.Options{Tree: true})
		if err != nil {
			continue
		}
		all = append(all, of(f)...)
		f.Close()
	}
	all = slices.DeleteFunc(all, func(n string) bool { return n == "" || printable(n) != n })
	slices.Sort(all)
	return slices.Compact(all)
}

// codeNames are the routines and sections of a file's code.
func codeNames(f *inspect.File) []string {
	var names []string
	for _, i := range f.Images {
		if i.Format == inspect.FormatCode {
			names = append(names, "main")
		}
		if i.PEF == nil {
			continue
		}
		for name, at := range map[string]*inspect.Place{"main": i.PEF.Main, "init": i.PEF.Init, "term": i.PEF.Term} {
			if at != nil {
				names = append(names, name)
			}
		}
		for _, s := range i.PEF.Sections {
			if s.Index < i.PEF.Instantiated {
				names = append(names, fmt.Sprint(s.Index), s.Name)
			}
		}
		for _, e := range i.PEF.Exports {
			if e.Section != nil && (e.Class == "tvector" || e.Class == "code") {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

// resourceNames are the types and ids of a file's resources.
func resourceNames(f *inspect.File) []string {
	var names []string
	for _, r := range f.Resources {
		names = append(names, r.Type.String(), fmt.Sprintf("%v,%d", r.Type, r.ID))
	}
	return names
}
