// Package cli is the crossplug command. Every subcommand has a file of its
// own with one function, newXxxCommand, which root.go lists. A subcommand uses
// only crossplug's public packages, as any other program would have to; that
// keeps the library complete.
//
// A command writes its result to cmd.OutOrStdout() and everything else —
// progress, warnings — to cmd.ErrOrStderr(). It reports failure by returning
// an error, never by exiting, and stops early when cmd.Context() is done, which
// an interrupt causes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit statuses of the crossplug command.
const (
	ExitOK    = 0 // everything asked for was done
	ExitError = 1 // something failed; one line on standard error says what
	ExitUsage = 2 // the command line makes no sense; nothing was done
)

// Main runs the command with the arguments that follow the program's name and
// returns its exit status. While it runs, SIGINT and SIGTERM cancel the
// command's context instead of ending the process; a second signal ends it.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	out := &output{w: stdout}
	started := false
	root := newRoot(&started)
	root.SetArgs(keepNumbers(root, args))
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)

	cmd, err := root.ExecuteContextC(ctx)
	if out.err != nil {
		started, err = true, out.err // a full disk or closed pipe must not pass for success, nor for a mistake
	}
	if err == nil {
		return ExitOK
	}
	if errors.Is(err, errReported) {
		return ExitError
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if text, names, ok := strings.Cut(err.Error(), "\n\nDid you mean this?\n"); ok { // cobra's, of unknown commands
		err = errors.New(text + didYouMean(strings.Fields(names)))
	}
	fmt.Fprintf(stderr, "%s: %s\n", root.Name(), printable(oneLine(err)))
	var usage usageError
	if !started || errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", cmd.CommandPath())
		return ExitUsage
	}
	return ExitError
}

// oneLine returns an error's text in one line, however many errors it joins.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// errReported is returned by a command that has already said on standard
// error what went wrong, for example once per file.
var errReported = errors.New("failed, as reported")

// usageError marks a mistake in the command line that only the command itself
// can find, such as two options that exclude each other.
type usageError struct{ error }

// usagef makes a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// warn prints one line on the command's standard error and lets it go on.
func warn(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", cmd.Root().Name(), printable(fmt.Sprintf(format, args...)))
}
