package tillcmd_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"till/cmd/tillcmd"
	"till/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"till": till})
}

// till is cmd/till's main.
func till() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := tillcmd.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "till:", err)
		os.Exit(tillcmd.ExitCode(err))
	}
}

func TestCommand(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"hold": hold,
		},
	})
}

// hold is "hold folder": another program has the journal open while the script runs.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("hold takes a journal's folder")
	}
	folder := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(folder), 0o700))
	j, err := store.Open(folder, store.Options{Terminal: "shop-1"})
	ts.Check(err)
	ts.Defer(func() { ts.Check(j.Close()) })
}
