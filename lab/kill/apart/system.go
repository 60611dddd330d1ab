package apart

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"till/demo"
)

// Options say how a system is put together.
type Options struct {
	Dir   string // of everything; it is there already
	Pace  int    // the wallets' waits are divided by it
	Level slog.Level
	// Line, if set, lays a line from the terminal or the gateway to the broker,
	// and returns the end of it that is dialled.
	Line func(who, broker string) (string, error)
	Log  *slog.Logger
}

// Folders of a system, in its own.
const (
	CloudDir = "cloud" // ledger.db, sandbox.db
	Journal  = "counter/terminal/journal"
	Outputs  = "output" // what each process wrote
)

// System is one terminal with its broker and its gateway, each a process.
type System struct {
	Broker, Gateway *Process
	Terminal        *demo.Bench
	Cloud           *Cloud
	Dir             string

	socket string // the folder of the control socket
	stop   context.CancelFunc
}

// Start starts all parts.
func Start(ctx context.Context, o Options) (*System, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &System{Dir: o.Dir, stop: stop}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *System) start(ctx context.Context, o Options) error {
	for _, dir := range []string{CloudDir, "counter", Outputs} {
		if err := os.MkdirAll(filepath.Join(o.Dir, dir), 0o700); err != nil {
			return fmt.Errorf("make the folders: %w", err)
		}
	}
	address, err := quietPort()
	if err != nil {
		return err
	}
	output := func(name string) string { return filepath.Join(o.Dir, Outputs, name+".txt") }
	s.Broker, err = startProcess(ctx, part{
		Name: "broker", Dir: filepath.Join(o.Dir, CloudDir), Listen: address, Level: o.Level, Output: output("broker"),
	})
	if err != nil {
		return err
	}
	line := func(who string) (string, error) { return address, nil }
	if o.Line != nil {
		line = func(who string) (string, error) { return o.Line(who, address) }
	}
	brokerOf, err := line("gateway")
	if err != nil {
		return err
	}
	if err := s.startGateway(ctx, part{
		Name: "gateway", Dir: filepath.Join(o.Dir, CloudDir), Broker: brokerOf,
		Pace: o.Pace, Level: o.Level, Output: output("gateway"),
	}); err != nil {
		return err
	}
	shown, err := s.Cloud.waitKey(ctx)
	if err != nil {
		return err
	}
	firmware, err := part{Name: "firmware", Level: o.Level, Output: output("firmware")}.environ()
	if err != nil {
		return err
	}
	if brokerOf, err = line("terminal"); err != nil {
		return err
	}
	s.Terminal, err = demo.StartBench(ctx, demo.BenchOptions{
		Dir: filepath.Join(o.Dir, "counter"), Broker: brokerOf, Key: shown.Key, Firmware: self, FirmwareEnv: firmware, Log: o.Log,
	})
	return err
}

// startGateway starts a gateway with a control socket of its own.
func (s *System) startGateway(ctx context.Context, p part) error {
	var err error
	if s.socket, err = os.MkdirTemp("", "till-"); err != nil { // a test's own folder may have too long a name
		return fmt.Errorf("make the control socket's folder: %w", err)
	}
	p.Control = filepath.Join(s.socket, "control")
	s.Cloud = newCloud(p.Control)
	s.Gateway, err = startProcess(ctx, p)
	return err
}

// StartCloud starts a gateway with its own broker and no terminal: for terminals
// that the caller brings. Broker is where they connect, key what they seal to.
func StartCloud(ctx context.Context, dir string, pace int, level slog.Level) (s *System, broker, key string, err error) {
	ctx, stop := context.WithCancel(ctx)
	s = &System{Dir: dir, stop: stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	address, err := quietPort()
	if err != nil {
		return s, "", "", err
	}
	err = s.startGateway(ctx, part{
		Name: "gateway", Dir: dir, Listen: address, Pace: pace, Level: level, Output: filepath.Join(dir, "gateway.txt"),
	})
	if err != nil {
		return s, "", "", err
	}
	shown, err := s.Cloud.waitKey(ctx)
	return s, shown.Broker, shown.Key, err
}

// startWithin bounds the gateway's start.
const startWithin = 20 * time.Second

// waitKey waits until the gateway answers.
func (c *Cloud) waitKey(ctx context.Context) (keyShown, error) {
	ctx, done := context.WithTimeout(ctx, startWithin)
	defer done()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		shown, err := c.key(ctx)
		if err == nil {
			return shown, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return shown, fmt.Errorf("the gateway does not start: %w", err)
		}
	}
}

// Stop ends all parts for good: the terminal by a power cut, the others in order.
func (s *System) Stop() error {
	defer s.stop()
	var failed []error
	if s.Terminal != nil {
		s.Terminal.Close()
	}
	for _, p := range []*Process{s.Gateway, s.Broker} {
		if p != nil {
			failed = append(failed, p.Stop())
		}
	}
	if s.socket != "" {
		failed = append(failed, os.RemoveAll(s.socket))
	}
	return errors.Join(failed...)
}

// quietPort is a free address that no outgoing connection is given by the
// system: a broker that was killed has to find it free again, and a client that
// dials it meanwhile must not be connected to itself. Linux gives out ports from
// 32768 on (net.ipv4.ip_local_port_range).
func quietPort() (string, error) {
	const from, to = 10_000, 32_000
	var last error
	for range 50 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(from+rand.N(to-from)))
		l, err := net.Listen("tcp", address)
		if err != nil {
			last = err
			continue
		}
		return address, l.Close()
	}
	return "", fmt.Errorf("find a free port: %w", last)
}
