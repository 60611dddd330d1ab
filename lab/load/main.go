// Command load drives simulated terminals against one gateway with its broker,
// on this machine: real connections, real sessions and messages, journals in
// memory. It says how many sales a second that bears, and afterwards holds all
// that the terminals know against ledger and charges. docs/load.md has figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"till/lab/kill/apart"
)

func main() {
	if status, ran := apart.Main(); ran {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	o := Options{Say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	flags.IntVar(&o.Terminals, "terminals", 1000, "`number` of terminals")
	flags.DurationVar(&o.For, "for", time.Minute, "`time` to sell")
	flags.DurationVar(&o.Every, "every", 10*time.Second, "mean `time` between two sales of a terminal; 0: one after another")
	flags.IntVar(&o.Dial, "dial", 500, "connections that are begun in a second, at first; after -kill all come at once")
	flags.BoolVar(&o.Kill, "kill", false, "kill the gateway and its broker halfway")
	flags.IntVar(&o.Pace, "pace", 10, "the waits that wallets impose are divided by this `number`")
	flags.StringVar(&o.Dir, "data", "", "`folder` of the gateway; without it a temporary one, removed at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.Terminals < 1 || o.For <= 0 || o.Every < 0 || o.Pace < 1 || o.Dial < 1 || flags.NArg() > 0 {
		return errors.New("want a number of terminals, times, a pace and connections above 0, and nothing else; -help lists the flags")
	}
	if err := raiseFiles(o.Terminals); err != nil {
		return err
	}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "till-load-")
		if err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		o.Dir = dir
	}
	report, err := run(ctx, o)
	if report.Took > 0 {
		err = errors.Join(report.write(os.Stdout), err)
	}
	return err
}

// raiseFiles allows as many open files as the terminals and, in its own
// process, the broker need: a connection each, and what else they open.
func raiseFiles(terminals int) error {
	want := uint64(terminals + 1000)
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return fmt.Errorf("ask for the limit of open files: %w", err)
	}
	if now.Cur >= want {
		return nil
	}
	now.Cur, now.Max = want, max(now.Max, want)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return fmt.Errorf("%d terminals need %d open files: %w; raise it with ulimit -n", terminals, want, err)
	}
	return nil
}

func processors() int { return runtime.NumCPU() }
