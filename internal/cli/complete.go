package cli

import (
	"context"
	"strings"
	"time"

	"github.com/crossplug/crossplug"
	"github.com/crossplug/crossplug/format/wav"
	"github.com/crossplug/crossplug/hosts/ladspa"
	"github.com/crossplug/crossplug/inspect"

	"github.com/spf13/cobra"
)

// What a shell completes beyond names of files: what is in them. A file is asked
// only if it is named in full, and one that cannot be read offers nothing.

// completeFiles offers files with extensions for the first n arguments.
func completeFiles(n int, extensions ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// completeLabel completes FILE:LABEL, once the file is named.
func completeLabel(cmd *cobra.Command, _ []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var labels []cobra.Completion
	for _, d := range descriptors(cmd, text[:i]) {
		if printable(d.Label) == d.Label {
			labels = append(labels, cobra.CompletionWithDesc(text[:i+1]+d.Label, printable(d.Name)))
		}
	}
	return labels, cobra.ShellCompDirectiveNoFileComp
}

// completePort completes PORT=VALUE of --set with the controls of the plug-in that it
// follows.
func completePort(cmd *cobra.Command, arg string) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, label := fileAndLabel(arg)
	var ports []cobra.Completion
	for _, d := range descriptors(cmd, file) {
		for _, p := range d.Ports {
			if (label == "" || d.Label == label) && p.Control && p.Input && printable(p.Name) == p.Name {
				ports = append(ports, cobra.CompletionWithDesc(p.Name+"=", p.RangeText(defaultRate)))
			}
		}
	}
	return ports, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// descriptors asks a LADSPA file what is in it.
func descriptors(cmd *cobra.Command, file string) []*ladspa.Descriptor {
	path, ok := ladspa.Locate(file)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second) // somebody waits, with a finger on the key
	defer cancel()
	l, err := ladspa.Open(ctx, path, crossplug.StartTimeout(10*time.Second))
	if err != nil {
		return nil
	}
	defer l.Close()
	return l.Plugins()
}

// sampleNames are the values of --format.
func sampleNames() []cobra.Completion {
	var names []cobra.Completion
	for _, s := range wav.Samples() {
		names = append(names, s.String())
	}
	return names
}

// completeRoutine completes FILE#TYPE,ID and SYMBOL of run; what follows may be a file.
func completeRoutine(_ *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, _, isResource := strings.Cut(text, "#")
	switch {
	case len(args) == 0 && isResource:
		var all []cobra.Completion
		for _, name := range namesIn([]string{file}, resourceNames) {
			if strings.Contains(name, ",") {
				all = append(all, file+"#"+name)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	case len(args) == 1 && !strings.Contains(args[0], "#"):
		return namesIn(args, func(f *inspect.File) []string {
			var names []string
			for _, i := range f.Images {
				if i.PEF == nil {
					continue
				}
				for _, e := range i.PEF.Exports {
					if e.Class == "tvector" {
						names = append(names, e.Name)
					}
				}
			}
			return names
		}), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completeList completes the last of several values with commas between them.
func completeList(values []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := text[:strings.LastIndexByte(text, ',')+1]
		var all []cobra.Completion
		for _, v := range values {
			all = append(all, before+v)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}
