// Command feilun builds corpora, models and chat from raw crawls. This package
// holds the command line alone: one file per verb, each a struct whose fields
// are its flags and whose Run method calls the stage. Only main prints errors
// and exits.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"feilun/internal/hint"

	"github.com/alecthomas/kong"
)

// cli lists the verbs.
type cli struct {
	Version versionCmd `cmd:"" help:"Print the version."`
	Plan    planCmd    `cmd:"" help:"What a model costs in days, money and energy on given chips."`
}

// An app is what a verb may touch of the outside world.
type app struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer // results only
	stderr io.Writer // progress and remarks
}

// Exit codes. A run that finished with failed shards returns errPartial.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3
	exitInterrupted = 130
)

var errPartial = errors.New("finished with failed shards")

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("feilun"),
		kong.Description("Feilun (飞轮): raw crawl → corpus → model → chat → feedback, in one program."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // a struct tag in this package is wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(joinNegative(args))
	if exited >= 0 { // help was printed
		return exited
	}
	if err != nil {
		return report(stderr, hint.With(hint.Usage(err), "feilun --help lists the verbs; feilun VERB --help its flags"))
	}
	err = k.Run(&app{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr})
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "feilun: interrupted; the same command goes on where it stopped")
		return exitInterrupted
	}
	return report(stderr, err)
}

func report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "feilun: error: %v\n", err)
	if h := hint.Of(err); h != "" {
		fmt.Fprintf(stderr, "feilun: hint: %s\n", h)
	}
	switch {
	case hint.IsUsage(err):
		return exitUsage
	case errors.Is(err, errPartial):
		return exitPartial
	}
	return exitFailed
}
