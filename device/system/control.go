package system

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// The control socket: a client sends one line and reads the answer to its end.
// "log" is answered with the log; the name of an Ending with "ok", and then the
// machine ends so. Only this machine's root can reach it.
const (
	askLog      = "log"
	maxRequest  = 64 // bytes
	controlWait = 5 * time.Second
)

func (s *System) serveControl(ctx context.Context) {
	if err := s.listen(ctx); err != nil {
		s.log.Error("control socket", "err", err)
	}
}

func (s *System) listen(ctx context.Context) error {
	l, err := s.Listen(s.path(ControlSocket))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if err := s.answer(c); err != nil {
				s.log.Warn("control socket", "err", err)
			}
		}()
	}
}

// ListenSocket opens a Unix socket for this machine's root alone.
func ListenSocket(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (s *System) answer(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(controlWait)); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(c, maxRequest)).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read a request: %w", err)
	}
	request := strings.TrimSpace(line)
	if request == askLog {
		_, err := s.Ring.WriteTo(c)
		return err
	}
	i := slices.Index(endingNames, request)
	if i < 0 {
		_, err := fmt.Fprintf(c, "error: %.40q is none of %s, %s\n", request, askLog, strings.Join(endingNames, ", "))
		return err
	}
	s.log.Info("asked to end", "how", request)
	_, err = io.WriteString(c, "ok\n")
	s.ended(endingCause{Ending(i)})
	return err
}

// ErrNoSystem says that till runs as an ordinary program: whatever started it
// is asked by its own means.
var ErrNoSystem = errors.New("till is not the system here")

// AskToEnd asks the system at the control socket to end the machine. The
// terminal is told to end in order right after.
func AskToEnd(ctx context.Context, socket string, e Ending) error {
	answer, err := ask(ctx, socket, e.String())
	if err != nil {
		return err
	}
	if text := strings.TrimSpace(string(answer)); text != "ok" {
		return fmt.Errorf("ask the system for %s: %s", e, text)
	}
	return nil
}

// ReadLog returns the system's log.
func ReadLog(ctx context.Context, socket string) ([]byte, error) { return ask(ctx, socket, askLog) }

func ask(ctx context.Context, socket, request string) ([]byte, error) {
	if _, err := os.Stat(socket); err != nil {
		return nil, ErrNoSystem
	}
	ctx, cancel := context.WithTimeout(ctx, controlWait)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("ask the system: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := io.WriteString(c, request+"\n"); err != nil {
		return nil, fmt.Errorf("ask the system: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(c, 2*DefaultRing))
	if err != nil {
		return nil, fmt.Errorf("ask the system: %w", err)
	}
	return answer, nil
}
