package apart

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// self is this very program, also if its file was moved or deleted meanwhile.
const self = "/proc/self/exe"

// Process is a part that is started again whenever it has ended.
type Process struct {
	part part
	done chan struct{} // closed once it is stopped for good

	mu      sync.Mutex
	process *os.Process
	stopped bool
	pause   time.Duration // before it is started again
	starts  int
}

// startProcess starts a part, and returns once it runs.
func startProcess(ctx context.Context, p part) (*Process, error) {
	run := &Process{part: p, done: make(chan struct{})}
	cmd, err := run.start()
	if err != nil {
		return nil, err
	}
	go run.keep(ctx, cmd)
	return run, nil
}

func (p *Process) start() (*exec.Cmd, error) {
	env, err := p.part.environ()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), env)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil, context.Canceled
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s: %w", p.part.Name, err)
	}
	p.process = cmd.Process
	p.starts++
	return cmd, nil
}

// again is the pause before a part is started again that ended by itself.
const again = 100 * time.Millisecond

func (p *Process) keep(ctx context.Context, cmd *exec.Cmd) {
	defer close(p.done)
	for {
		_ = cmd.Wait() // however it ended, it is started again
		p.mu.Lock()
		p.process = nil
		pause := max(p.pause, again)
		p.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		var err error
		if cmd, err = p.start(); err != nil {
			return // stopped, or the machine starts no more processes: the tests notice
		}
	}
}

// Signal sends a signal, and has the part stay away for a while if it ends over it.
func (p *Process) Signal(s syscall.Signal, away time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = away
	if p.process == nil {
		return nil
	}
	if err := p.process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal the %s: %w", p.part.Name, err)
	}
	return nil
}

// Starts is how often it was started.
func (p *Process) Starts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.starts
}

// PID is its process's number, 0 while it is away.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return 0
	}
	return p.process.Pid
}

// stopWithin bounds an orderly end.
const stopWithin = 10 * time.Second

// Stop ends it in an orderly way, for good.
func (p *Process) Stop() error {
	p.mu.Lock()
	p.stopped = true
	process := p.process
	if process != nil {
		_ = process.Signal(syscall.SIGTERM) // it may have ended already
	}
	p.mu.Unlock()
	select {
	case <-p.done:
		return nil
	case <-time.After(stopWithin):
	}
	if process != nil {
		_ = process.Kill() // it has had its time
	}
	<-p.done
	return fmt.Errorf("the %s did not end within %v of SIGTERM", p.part.Name, stopWithin)
}
