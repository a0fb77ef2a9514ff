package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/crossplug/crossplug/format/macfile"
	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/hosts/plug"

	"github.com/spf13/cobra"
)

func newPlugCommand() *cobra.Command {
	var png, keys, processor string
	var o plug.Options
	var trace bool
	cmd := &cobra.Command{
		Use:   "plug PLUG-IN [FILE]...",
		Short: "Host a 'PLUG' resource, and write its windows as pictures",
		Long: `plug is a program with plug-ins, which are code resources of the type 'PLUG': it loads
one, asks it to open the FILEs, types the --keys, writes the windows that the plug-in
has asked for with --png, and lets it end. hosts/plug/viewer has a plug-in that shows
portable graymaps, and the protocol.

A FILE that has no type of its own gets one of its name's extension: .pgm is 'PGM '.
--png OUT.png writes the first window to OUT.png, others to OUT-2.png and so on.`,
		Example: `  crossplug plug hosts/plug/viewer/Viewer.bin picture.pgm --png window.png
  crossplug plug hosts/plug/viewer/Viewer68K.bin picture.pgm --keys i --trace --png window.png`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			switch processor {
			case "":
			case "m68k":
				o.Without = guest.PowerPC
			default:
				return usagef("--arch %s: it can be m68k only: the program is one of the 68K", processor)
			}
			if trace {
				o.Trace = func(name string, args []uint32) {
					fmt.Fprintf(cmd.ErrOrStderr(), "  %s(%s)\n", name, hexList(args))
				}
			}
			host, err := plug.New(o)
			if err != nil {
				return usageError{err}
			}
			defer func() { err = errors.Join(err, host.Close()) }()
			plugin, err := openMac(args[0], func(f *macfile.File) (*plug.Plugin, error) { return host.Open(cmd.Context(), f) })
			if err != nil {
				return err
			}
			refused := 0
			for _, path := range args[1:] {
				ok, err := openMac(path, func(f *macfile.File) (bool, error) { return plugin.Load(cmd.Context(), f) })
				if err != nil {
					return err
				}
				if !ok {
					refused++
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", printable(path), map[bool]string{true: "opened", false: "refused"}[ok])
			}
			for _, key := range keys {
				ok, err := plugin.Event(cmd.Context(), plug.Event{What: 3, Message: uint32(key) & 0xff})
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "key %q: %s\n", key, map[bool]string{true: "taken", false: "not taken"}[ok])
			}
			if png != "" {
				if err := writeWindows(cmd, png, host.Windows()); err != nil {
					return err
				}
			}
			if err := plugin.Exit(cmd.Context()); err != nil {
				return err
			}
			if refused > 0 {
				return fmt.Errorf("%s refused %s", printable(args[0]), plural(refused, "file"))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&png, "png", "", "write the windows to `OUT`.png")
	f.StringVar(&keys, "keys", "", "type these `CHARACTERS`")
	f.IntVar(&o.Width, "width", 320, "width of windows, in `PIXELS`")
	f.IntVar(&o.Height, "height", 200, "height of windows, in `PIXELS`")
	f.StringVar(&processor, "arch", "", "let only this `PROCESSOR` run code: m68k")
	_ = cmd.RegisterFlagCompletionFunc("arch", cobra.FixedCompletions([]string{"m68k"}, cobra.ShellCompDirectiveNoFileComp))
	f.Var((*fuel)(&o.Fuel), "fuel", "execute at most `N` instructions for a message, with what the system does for them (default: no limit)")
	f.BoolVar(&trace, "trace", false, "print each call of the system")
	return cmd
}

// openMac opens a file for as long as use takes.
func openMac[T any](path string, use func(*macfile.File) (T, error)) (T, error) {
	f, err := macfile.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	if ext := strings.TrimPrefix(filepath.Ext(path), "."); f.Finder.Type == 0 && ext != "" {
		// As the Finder's settings for files from elsewhere would have it.
		f.Finder.Type, _ = macfile.ParseOSType((strings.ToUpper(ext) + "    ")[:4])
	}
	return use(f)
}

func writeWindows(cmd *cobra.Command, path string, windows []*plug.Window) error {
	if len(windows) == 0 {
		return fmt.Errorf("the plug-in has opened no window; %s was not written", path)
	}
	for i, w := range windows {
		name := path
		if i > 0 {
			ext := filepath.Ext(path)
			name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), i+1, ext)
		}
		if err := replace(name, func(to io.Writer) error { return w.WritePNG(to) }); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "window %d: %s\n", i+1, printable(name))
	}
	return nil
}
