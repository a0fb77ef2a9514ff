package cli

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/crossplug/crossplug/hosts/supersort"

	"github.com/spf13/cobra"
)

func newSortCommand() *cobra.Command {
	var plugin, algorithm, list string
	var only onlyProcessor
	var count int
	var seed int64
	var limit fuel
	var watch, asJSON bool
	cmd := &cobra.Command{
		Use:   "sort (--plugin FILE | --algorithm NAME) (--values LIST | --random N)",
		Short: "Sort numbers with a SuperSort plug-in of any processor",
		Long: `sort hosts SuperSort plug-ins: code that sorts by asking its host to exchange values.
A plug-in may be a fragment for PowerPC or the 68K (CFM-68K), a 'SORT' resource with 68K,
accelerated, fat or safe-fat code, several of these in one file, or a shared object of
any architecture; plug-ins of one source make the same exchanges on all. hosts/supersort/plugins has sources, and

  crossplug cc -o ShellSort.bin --form universal --resource SORT,128 --main SortMain \
    --proc 'void proc(long, short, long)' --import InterfaceLib=CallUniversalProc ShellSort.c

makes a plug-in of one.

The sorted values go to standard output, how many exchanges that took to standard
error. --watch shows the exchanges on a terminal first. With --json the result is one
object: "algorithm", "runs" (what the code is), "values" (as given), "exchanges" (an
array of two places each, from 0, in their order) and "sorted".`,
		Example: `  crossplug sort --plugin ShellSort.bin --random 60 --watch
  crossplug sort --plugin ShellSort.bin --arch m68k --values 30,10,20
  crossplug sort --algorithm quick --random 1000 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("values") && list == "" {
				return usagef("--values has no numbers")
			}
			heights, err := sortValues(list, count, seed)
			if err != nil {
				return err
			}
			if watch && (asJSON || !isTerminal(cmd.OutOrStdout())) {
				return usagef("--watch needs a terminal and no --json")
			}
			var s *supersort.Sorter
			if plugin == "" {
				if s = supersort.Builtin(algorithm); s == nil {
					return usagef("--algorithm %s: it must be one of %s", algorithm, strings.Join(supersort.Algorithms(), ", "))
				}
			} else {
				if s, err = supersort.Open(cmd.Context(), plugin, supersort.Options{Fuel: int64(limit), Without: only.without}); err != nil {
					return err
				}
			}
			defer s.Close()
			exchanges := [][2]int{}
			sorted, err := s.Sort(cmd.Context(), heights, func(i, j int) { exchanges = append(exchanges, [2]int{i, j}) })
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{
					"algorithm": s.Name, "runs": s.Runs, "values": heights, "exchanges": exchanges, "sorted": sorted,
				})
			}
			if watch {
				b := newBars(cmd.OutOrStdout(), heights)
				if err := b.replay(cmd.Context(), exchanges, time.Tick(time.Second/framesPerSecond)); err != nil {
					return err
				}
			}
			words := make([]string, len(sorted))
			for i, v := range sorted {
				words[i] = strconv.Itoa(int(v))
			}
			fmt.Fprintln(cmd.OutOrStdout(), strings.Join(words, " "))
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d exchanges by %s\n", printable(s.Name), len(exchanges), s.Runs)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&plugin, "plugin", "", "sort with the plug-in in `FILE`")
	f.StringVar(&algorithm, "algorithm", "", "sort with one of the host's own, bubble or quick, by its `NAME`")
	f.StringVar(&list, "values", "", "sort the numbers of `LIST`, with commas between them, from -32768 to 32767")
	f.IntVar(&count, "random", 0, "sort `N` random numbers")
	f.Int64Var(&seed, "seed", 1, "where --random begins: the same `NUMBER`, the same values")
	f.BoolVar(&watch, "watch", false, "show the values as bars that move")
	only.addTo(cmd)
	f.Var(&limit, "fuel", "let classic code execute at most `N` instructions, with what the system does for them (default: no limit)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("plugin", "algorithm")
	cmd.MarkFlagsOneRequired("plugin", "algorithm")
	cmd.MarkFlagsMutuallyExclusive("values", "random")
	cmd.MarkFlagsOneRequired("values", "random")
	_ = cmd.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions(supersort.Algorithms(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// sortValues returns what is to be sorted.
func sortValues(list string, count int, seed int64) ([]int16, error) {
	if list == "" {
		if count < 1 || count > supersort.MaxPoints {
			return nil, usagef("--random %d: from 1 to %d", count, supersort.MaxPoints)
		}
		r := rand.New(rand.NewPCG(uint64(seed), 0))
		heights := make([]int16, count)
		for i := range heights {
			heights[i] = int16(1 + r.IntN(max(count, 99)))
		}
		return heights, nil
	}
	var heights []int16
	for field := range strings.SplitSeq(list, ",") {
		v, err := strconv.ParseInt(strings.TrimSpace(field), 10, 16)
		if err != nil {
			return nil, usagef("--values: %q is no number from -32768 to 32767", field)
		}
		heights = append(heights, int16(v))
	}
	return heights, nil
}
