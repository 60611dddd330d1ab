// Command till-demo is the whole system on one machine: see package demo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"till/cmd/tillcmd"
	"till/demo"
)

// firmwareEnv makes this program the till command: a power cut must be able to
// kill the firmware alone, and there is only one binary. Its value is the level
// of the log.
const firmwareEnv = "TILL_DEMO_FIRMWARE"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if level := os.Getenv(firmwareEnv); level != "" {
		err = tillcmd.Run(ctx, append(os.Args[1:], "-log", level), os.Stdout, os.Stderr)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "till-demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("till-demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	listen := flags.String("listen", "127.0.0.1:8080", "`address` of the counter page")
	data := flags.String("data", "", "`folder` to keep everything in; without it a temporary one, removed at the end")
	pace := flags.Int("pace", 10, "the waits that wallets impose are divided by this `number`")
	settings := flags.String("settings", "", "`file` of more settings for the terminal, TOML: tables such as [sale]")
	open := flags.Bool("open", false, "open the counter page in a browser")
	level := slog.LevelWarn
	flags.TextVar(&level, "log", slog.LevelWarn, "`level` of the log: debug, info, warn, error")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stdout)
			flags.Usage()
			return err
		}
		return fmt.Errorf("%w; till-demo -help lists the flags", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %.40q; till-demo -help lists the flags", flags.Arg(0))
	}
	var more []byte
	if *settings != "" {
		var err error
		if more, err = os.ReadFile(*settings); err != nil {
			return fmt.Errorf("the settings: %w", err)
		}
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if underGoRun() {
		go endWithParent(ctx, stop)
	}
	return demo.Run(ctx, demo.Options{
		Listen: *listen, Data: *data, Settings: string(more), Pace: *pace, Firmware: self(), FirmwareEnv: firmwareEnv + "=" + level.String(), Log: log,
		Serving: func(url string) {
			fmt.Fprintf(stdout, "The counter is at %s\nNo money moves here. End with Ctrl-C.\n", url)
			if *open {
				openBrowser(url, log)
			}
		},
	})
}

// self is this very program, also if its file was moved or deleted meanwhile.
func self() string {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running
	}
	if path, err := os.Executable(); err == nil {
		return path
	}
	return os.Args[0]
}

// underGoRun says that `go run` started this program. It passes no SIGTERM on
// when it is ended by one, and a SIGKILL it cannot.
func underGoRun() bool {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", os.Getppid()))
	return err == nil && string(name) == "go\n"
}

// parentEvery is how often a parent that ends is looked for.
const parentEvery = time.Second

// endWithParent calls stop once the process that started this one is gone.
func endWithParent(ctx context.Context, stop func()) {
	parent := os.Getppid()
	tick := time.NewTicker(parentEvery)
	defer tick.Stop()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	stop()
}

func openBrowser(url string, log *slog.Logger) {
	for _, opener := range []string{"xdg-open", "open"} {
		if err := exec.Command(opener, url).Start(); err == nil {
			return
		}
	}
	log.Warn("no browser could be opened; open the address yourself")
}
