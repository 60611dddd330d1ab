package system

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"till/device/redact"
)

// children starts processes and hands their ends to whoever waits. One
// goroutine waits for all children, so that orphans are reaped too.
type children struct {
	kernel Kernel

	mu      sync.Mutex
	waiting map[int]chan Exit
	started chan struct{} // 1 deep: there may be a child again
}

func (c *children) init(k Kernel) {
	c.kernel, c.waiting, c.started = k, map[int]chan Exit{}, make(chan struct{}, 1)
}

// child is a process that was started.
type child struct {
	pid     int
	written <-chan struct{}
	ended   <-chan Exit
}

func (c *children) start(p Process) (child, error) {
	c.mu.Lock() // reap must not see the end of a child that is not in waiting yet
	defer c.mu.Unlock()
	pid, written, err := c.kernel.Start(p)
	if err != nil {
		return child{}, err
	}
	ended := make(chan Exit, 1)
	c.waiting[pid] = ended
	select {
	case c.started <- struct{}{}:
	default: // it will look anyway
	}
	return child{pid, written, ended}, nil
}

// reap takes the end of every child until ctx ends; a wait under way is not
// interrupted.
func (c *children) reap(ctx context.Context) error {
	for {
		e, err := c.kernel.Wait()
		switch {
		case errors.Is(err, ErrNoChild):
			select {
			case <-c.started:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		case err != nil:
			return fmt.Errorf("wait for children: %w", err)
		}
		c.mu.Lock()
		ended, ours := c.waiting[e.PID]
		delete(c.waiting, e.PID)
		c.mu.Unlock()
		if ours {
			ended <- e
		}
		if ctx.Err() != nil && !ours {
			return ctx.Err()
		}
	}
}

const (
	// The terminal is started again after firstDelay; twice as long each time it
	// ends soon, up to mostDelay: a watchdog that it armed and did not disarm bites
	// after 15 s, and what the start takes is to be taken off.
	firstDelay = 500 * time.Millisecond
	mostDelay  = 8 * time.Second
	// soon is how long a terminal has to run for the count to begin anew.
	soon = time.Minute
	// So many ends, each soon after its start, are mended by a reboot if by
	// anything; in a trial boot it goes back to the other slot.
	mostEnds      = 12
	mostTrialEnds = 4
	// stopWait is how long the terminal has to end in order.
	stopWait = 10 * time.Second
	// writtenWait is how long its last words are waited for.
	writtenWait = time.Second
)

// errKeepsEnding is why a run ends whose terminal does not stay up.
var errKeepsEnding = errors.New("the terminal keeps ending")

// supervise keeps the terminal going until ctx ends.
func (s *System) supervise(ctx context.Context) {
	reaping, reaped := context.WithCancel(context.WithoutCancel(ctx))
	defer reaped()
	go func() {
		if err := s.children.reap(reaping); err != nil && reaping.Err() == nil {
			s.log.Error("reap", "err", err)
		}
	}()
	delay, ends := firstDelay, 0
	for ctx.Err() == nil {
		ran := s.runTerminal(ctx)
		if ctx.Err() != nil {
			return
		}
		if ran >= soon {
			delay, ends = firstDelay, 0
		}
		ends++
		if most := map[bool]int{false: mostEnds, true: mostTrialEnds}[s.card.Tryboot]; ends >= most {
			s.log.Error("the terminal keeps ending; rebooting", "times", ends, "tryboot", s.card.Tryboot)
			s.ended(fmt.Errorf("%w: %d times", errKeepsEnding, ends))
			return
		}
		s.log.Info("the terminal is started again", "in", delay)
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
		delay = min(2*delay, mostDelay)
	}
}

// runTerminal runs the terminal once, and returns how long it ran. When ctx ends
// it is told to end, and made to if it does not.
func (s *System) runTerminal(ctx context.Context) time.Duration {
	began := time.Now()
	p := s.Terminal(s.path(ConfigFile))
	words := s.Ring.Source("till", redact.Codes)
	p.Output = words
	c, err := s.children.start(p)
	if err != nil {
		s.log.Error("start the terminal", "err", err)
		return 0
	}
	s.log.Info("terminal started", "pid", c.pid)
	var e Exit
	select {
	case e = <-c.ended:
	case <-ctx.Done():
		e = s.stop(c)
	}
	select {
	case <-c.written:
	case <-time.After(writtenWait): // a process of its own may hold the other end
	}
	ran := time.Since(began)
	s.log.Info("terminal ended", "status", e.Status, "signal", e.Signal, "after", ran.Round(time.Millisecond))
	if e.Failed() && ctx.Err() == nil {
		s.terminalCrashed(e, ran, words.Tail())
	}
	return ran
}

// stop ends the terminal.
func (s *System) stop(c child) Exit {
	for _, signal := range []Signal{Terminate, Kill} {
		if err := s.Kernel.Signal(c.pid, signal); err != nil {
			s.log.Error("stop the terminal", "err", err)
		}
		select {
		case e := <-c.ended:
			return e
		case <-time.After(stopWait):
			s.log.Error("the terminal does not end", "pid", c.pid)
		}
	}
	return Exit{PID: c.pid, Status: -1, Signal: "none: it hangs in the kernel"}
}
