// Command crossplug looks into, runs and bridges plug-ins that were built for
// another processor, byte order or binary format. The commands themselves are
// in package internal/cli.
package main

import (
	"os"

	"github.com/crossplug/crossplug/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
