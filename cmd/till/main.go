// Command till is the terminal's firmware and its technician's tool.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"till/cmd/tillcmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if tillcmd.IsSystem(os.Getpid(), os.Args) {
		// It ends with the machine. If it ever returns, the kernel panics and says why.
		fmt.Fprintln(os.Stderr, "till: the system ended:", tillcmd.RunSystem(ctx))
		os.Exit(1)
	}
	if err := tillcmd.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "till:", err)
		os.Exit(tillcmd.ExitCode(err))
	}
}
