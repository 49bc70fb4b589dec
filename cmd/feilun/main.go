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
	"io/fs"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/pipeline"

	"github.com/alecthomas/kong"
)

// cli lists the verbs.
type cli struct {
	Run      runCmd      `cmd:"" help:"Take a recipe from raw input to a corpus with its report."`
	Why      whyCmd      `cmd:"" help:"Tell what happened to a document and which rule decided."`
	Dropped  droppedCmd  `cmd:"" help:"Show dropped documents with rule, value and limit."`
	Stats    statsCmd    `cmd:"" help:"Print what each stage of a run took and gave."`
	Diff     diffCmd     `cmd:"" help:"Compare two runs: what another recipe would change."`
	Filter   filterCmd   `cmd:"" help:"Apply a recipe's filters to JSON lines."`
	Explain  explainCmd  `cmd:"" help:"Explain a filter and its parameters."`
	Recipes  recipesCmd  `cmd:"" help:"List the shipped recipes, or show one."`
	Check    checkCmd    `cmd:"" help:"Check a recipe, its files and lists, without running it."`
	Language languageCmd `cmd:"" help:"Tell the language of each line of standard input."`
	Crawl    crawlCmd    `cmd:"" help:"Count the records of raw files."`
	Bench    benchCmd    `cmd:"" help:"Measure the stages on one core, or the arithmetic of models."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
	Dedup    dedupCmd    `cmd:"" help:"Find duplicates in a file of JSON lines."`
	Extract  extractCmd  `cmd:"" help:"Extract title, text and date of pages."`
	Mix      mixCmd      `cmd:"" help:"Make one corpus of several by shares and epochs, shuffled."`
	Quality  qualityCmd  `cmd:"" help:"Train and use models that score documents."`
	Tokenize tokenizeCmd `cmd:"" help:"Train a vocabulary, pack documents into tokens, encode and decode text."`
	Train    trainCmd    `cmd:"" help:"Train a model on tokens, tune it on conversations or preferences."`
	Ablate   ablateCmd   `cmd:"" help:"Tell which of two corpora makes the better small model, with a confidence interval."`
	Evaluate evaluateCmd `cmd:"" help:"Measure a model: bits a byte, tasks, overlap with the training corpus."`
	Serve    serveVerb   `cmd:"" help:"Serve a model and a corpus: chat with cited sources, and the API that OpenAI's clients speak."`
	Search   searchCmd   `cmd:"" help:"Index documents and find passages that answer a question."`
	Generate generateCmd `cmd:"" help:"Continue a text with a model."`
	Logits   logitsCmd   `cmd:"" help:"Print the log-probability that a model gives to each token of a text."`
	Convert  convertCmd  `cmd:"" help:"Write a model as GGUF for llama.cpp, or as safetensors."`
	Plan     planCmd     `cmd:"" help:"What a model costs in days, money and energy on given chips."`
	Inspect  inspectCmd  `cmd:"" help:"Browse a run in a browser, label documents, train from the labels."`
	Feedback feedbackCmd `cmd:"" help:"What users said of answers: counts, rows to learn from, withdrawals."`

	Decontaminate decontaminateCmd `cmd:"" help:"Find traces of test sets in a corpus and take them out."`
}

// An app is what a verb may touch of the outside world.
type app struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer // results only
	stderr io.Writer // progress and remarks
}

// errPartly is wrapped by the error of a command that failed on some of its
// files or lines and did the others.
var errPartly = errors.New("done in part")

// Exit codes beside 0. exitPartial is for a run in which shards failed while
// others went on, and for files and lines alike.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("feilun"),
		kong.Description("Feilun (飞轮): raw crawl → corpus → model → chat → feedback, in one program."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }),
		kong.KindMapper(reflect.String, kong.MapperFunc(text)), kong.TypeMapper(reflect.TypeFor[params.List](), kong.MapperFunc(list)), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ValueFormatter(withDefault))
	if err != nil {
		panic(err) // a struct tag in this package is wrong
	}
	hideOthers(parser.Model.Node)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if err := repeatedFlag(args); err != nil {
		return report(stderr, hint.Usage(err))
	}
	k, err := parser.Parse(repeatFlags(joinNegative(args)))
	if exited >= 0 { // help was printed
		return exited
	}
	if err != nil {
		return report(stderr, hint.With(hint.Usage(err), "feilun --help lists the verbs; feilun VERB --help its flags"))
	}
	err = k.Run(&app{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr})
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "feilun: interrupted")
		if c := k.Command(); strings.HasPrefix(c, "run ") || strings.HasPrefix(c, "train ") {
			fmt.Fprintln(stderr, "feilun: hint: the same command goes on where it stopped")
		}
		return exitInterrupted
	}
	return report(stderr, err)
}

// text takes an argument byte by byte as it is: names of files need not be UTF-8.
func text(ctx *kong.DecodeContext, target reflect.Value) error {
	t, err := ctx.Scan.PopValue("string")
	if err == nil {
		target.SetString(t.String())
	}
	return err
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
	case errors.Is(err, pipeline.ErrShards), errors.Is(err, errPartly):
		return exitPartial
	}
	return exitFailed
}

// partly returns the error of a command that failed on some of its files: in
// part when others could be read, a mistake in use when there is none of them.
func partly(failed []error, files int) error {
	if len(failed) == 0 {
		return nil
	}
	err := errors.Join(failed...)
	if len(failed) < files {
		err = fmt.Errorf("%w: %d of %d files could not be read: %w", errPartly, len(failed), files, err)
		return hint.With(err, "check names and permissions; the other files were read")
	}
	err = hint.With(err, "check names and permissions")
	for _, f := range failed {
		if !errors.Is(f, fs.ErrNotExist) {
			return err
		}
	}
	return hint.Usage(err)
}
