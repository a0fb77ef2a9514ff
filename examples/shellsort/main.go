// Command shellsort lets one file of 1994's kind sort twice: by its code for the
// 68K, and by its code for the PowerPC. Both are of one source and ask for the same
// exchanges, in the same order.
package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/crossplug/crossplug/guest"
	"github.com/crossplug/crossplug/hosts/supersort"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: shellsort PLUG-IN   (for example hosts/supersort/plugins/ShellSort.bin)")
		os.Exit(2)
	}
	if err := shellsort(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "shellsort:", err)
		os.Exit(1)
	}
}

func shellsort(ctx context.Context, path string, out io.Writer) error {
	heights := make([]int16, 60)
	for i := range heights {
		heights[i] = int16(rand.IntN(1000))
	}
	type exchange struct{ i, j int }
	var first []exchange
	for _, o := range []supersort.Options{{Without: guest.PowerPC}, {Without: guest.M68K}} {
		start := time.Now()
		sorter, err := supersort.Open(ctx, path, o)
		if err != nil {
			return err
		}
		defer sorter.Close()
		var exchanges []exchange
		sorted, err := sorter.Sort(ctx, heights, func(i, j int) { exchanges = append(exchanges, exchange{i, j}) })
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-24s %4d exchanges  %6.0f µs  %s\n", sorter.Runs, len(exchanges), time.Since(start).Seconds()*1e6, picture(sorted))
		if first == nil {
			first = exchanges
		} else if !slices.Equal(first, exchanges) {
			return fmt.Errorf("the exchanges are not the same: %v and %v", first, exchanges)
		}
	}
	fmt.Fprintln(out, "  The same exchanges, one by one.")
	return nil
}

// picture draws values as bars.
func picture(values []int16) string {
	blocks := []rune("\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588")
	var b strings.Builder
	for i := 0; i < len(values); i += 4 {
		b.WriteRune(blocks[int(values[i])*len(blocks)/1000])
	}
	return b.String()
}
