package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// firmware is the terminal's program as a process of its own, so that a power
// cut is a SIGKILL. It ends by itself when the bench is gone.
type firmware struct {
	command string
	env     string
	config  string
	world   *world
	log     *slog.Logger
	done    chan struct{} // closed once keepRunning has returned

	mu      sync.Mutex
	process *os.Process
	stopped bool
}

func newFirmware(command, env, config string, w *world, log *slog.Logger) *firmware {
	return &firmware{command: command, env: env, config: config, world: w, log: log, done: make(chan struct{})}
}

// restartAfter is the pause before a firmware that ended by itself is started again.
const restartAfter = 500 * time.Millisecond

// keepRunning starts the firmware, and starts it again whenever it has ended.
func (f *firmware) keepRunning(ctx context.Context) {
	defer close(f.done)
	for ctx.Err() == nil {
		cut, err := f.runOnce(ctx)
		f.world.powerOff()
		if ctx.Err() != nil || f.isStopped() {
			return
		}
		if cut {
			continue // the plug: the power comes back at once
		}
		f.log.Warn("the firmware ended by itself", "err", err)
		select {
		case <-time.After(restartAfter):
		case <-ctx.Done():
		}
	}
}

// runOnce runs the firmware to its end; cut says that it was killed.
func (f *firmware) runOnce(ctx context.Context) (cut bool, err error) {
	cmd := exec.CommandContext(ctx, f.command, "run", "-config", f.config)
	cmd.Env = append(os.Environ(), f.env)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("run %s: %w", f.command, err)
	}
	f.hold(cmd.Process)
	err = cmd.Wait()
	f.hold(nil)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok {
			cut = status.Signaled() && status.Signal() == syscall.SIGKILL
		}
	}
	return cut, err
}

func (f *firmware) hold(p *os.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.process = p
	if p != nil && f.stopped {
		_ = p.Kill() // stopped meanwhile; if it has ended already, so much the better
	}
}

func (f *firmware) isStopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

// cutPower kills the firmware, and returns once it has booted again.
func (f *firmware) cutPower(ctx context.Context) error {
	f.mu.Lock()
	process := f.process
	f.mu.Unlock()
	if process != nil {
		if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("cut the power: %w", err)
		}
		f.world.powerOff()
	}
	return f.waitUp(ctx, bootWait)
}

// waitUp waits for the first screen after a boot.
func (f *firmware) waitUp(ctx context.Context, wait time.Duration) error {
	ctx, done := context.WithTimeout(ctx, wait)
	defer done()
	for {
		up, shown := f.world.isUp()
		if up {
			return nil
		}
		select {
		case <-shown:
		case <-ctx.Done():
			return fmt.Errorf("the firmware shows no screen: %w", context.Cause(ctx))
		}
	}
}

// stop ends the firmware for good; its folder may be removed then. keepRunning
// must have been called.
func (f *firmware) stop() {
	f.mu.Lock()
	f.stopped = true
	if f.process != nil {
		_ = f.process.Kill() // it may have ended already
	}
	f.mu.Unlock()
	<-f.done
}
