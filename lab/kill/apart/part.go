// Package apart runs broker, gateway and firmware as processes of their own, so
// that each can be killed alone. The processes are the calling program itself,
// started again: its main, or its TestMain, calls [Main] before anything else.
package apart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"till/cloud/broker"
	"till/cmd/tillcmd"
)

// environ is the variable that makes a program one of the parts. Its value is a
// part as JSON.
const environ = "TILL_LAB_PART"

// part is what one process is to be.
type part struct {
	Name    string     // broker, gateway, firmware
	Dir     string     // what it keeps; the firmware's is in its configuration
	Listen  string     // the broker's address; the gateway's own one's, if Broker is empty
	Broker  string     // where the gateway finds it
	Control string     // the gateway's socket, see Cloud
	Pace    int        // the wallets' waits are divided by it
	Level   slog.Level // of the log
	Output  string     // file that takes what the process writes, also in its last throes
}

func (p part) environ() (string, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("describe the %s: %w", p.Name, err)
	}
	return environ + "=" + string(raw), nil
}

// Main runs the part that this process is, and returns its exit status; false
// if it is none.
func Main() (status int, ran bool) {
	text, ran := os.LookupEnv(environ)
	if !ran {
		return 0, false
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := runPart(ctx, text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return 0, true
}

func runPart(ctx context.Context, text string) error {
	var p part
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return fmt.Errorf("read %s: %w", environ, err)
	}
	if p.Output != "" {
		if err := redirect(p.Output); err != nil {
			return err
		}
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: p.Level}))
	switch p.Name {
	case "broker":
		b, _, err := broker.Start(p.Listen, filepath.Join(p.Dir, "broker"), log)
		if err != nil {
			return err
		}
		<-ctx.Done()
		b.Stop()
		return nil
	case "gateway":
		return runGateway(ctx, p, log)
	case "firmware":
		return tillcmd.Run(ctx, append(os.Args[1:], "-log", p.Level.String()), os.Stdout, os.Stderr)
	default:
		return fmt.Errorf("part %.40q is unknown", p.Name)
	}
}

// redirect has the descriptors of stdout and stderr write to a file, so that the
// runtime's own last words go there too.
func redirect(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keep the output: %w", err)
	}
	for _, fd := range []int{1, 2} {
		if err := unix.Dup3(int(f.Fd()), fd, 0); err != nil {
			return errors.Join(fmt.Errorf("keep the output: %w", err), f.Close())
		}
	}
	return f.Close()
}
