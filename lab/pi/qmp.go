package pi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

// qmp is QEMU's machine protocol: one command after another, and events.
// Source: QEMU's docs/interop/qmp-spec.txt.
type qmp struct {
	conn    net.Conn
	events  *record[event]
	answers chan answer
	mu      sync.Mutex // one command at a time
}

type event struct {
	Event string
	Data  struct {
		Reason string // of SHUTDOWN
	}
}

type answer struct {
	Return json.RawMessage
	Error  *struct{ Class, Desc string }
}

func newQMP(ctx context.Context, conn net.Conn) (*qmp, error) {
	q := &qmp{conn: conn, events: newRecord[event](), answers: make(chan answer)}
	greeted := make(chan struct{})
	go q.read(greeted)
	select {
	case <-greeted:
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to QEMU: %w", ctx.Err())
	}
	return q, q.execute(ctx, "qmp_capabilities", nil, nil)
}

func (q *qmp) read(greeted chan<- struct{}) {
	defer close(q.answers)
	defer q.events.end(ErrEnded)
	d := json.NewDecoder(q.conn)
	for {
		var m struct {
			QMP json.RawMessage
			event
			answer
		}
		if err := d.Decode(&m); err != nil {
			if greeted != nil {
				close(greeted) // the first command says that it has ended
			}
			return
		}
		switch {
		case m.QMP != nil:
			close(greeted)
			greeted = nil
		case m.Event != "":
			q.events.add(m.event)
		default:
			q.answers <- m.answer
		}
	}
}

// execute runs a command and takes its answer. A context that ends meanwhile
// makes the connection useless: the machine is of no more use either then.
func (q *qmp) execute(ctx context.Context, command string, arguments, result any) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	raw, err := json.Marshal(struct {
		Execute   string `json:"execute"`
		Arguments any    `json:"arguments,omitempty"`
	}{command, arguments})
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if _, err := q.conn.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("%s: %w: %w", command, ErrEnded, err)
	}
	select {
	case a, ok := <-q.answers:
		switch {
		case !ok:
			return fmt.Errorf("%s: %w", command, ErrEnded)
		case a.Error != nil:
			return fmt.Errorf("%s: %s", command, a.Error.Desc)
		case result != nil:
			if err := json.Unmarshal(a.Return, result); err != nil {
				return fmt.Errorf("%s: %w", command, err)
			}
		}
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s: %w", command, ctx.Err()), q.conn.Close())
	}
}

// monitor runs a command of the monitor for people, and returns what it says.
func (m *Machine) monitor(ctx context.Context, line string) (string, error) {
	var said string
	err := m.qmp.execute(ctx, "human-monitor-command", map[string]string{"command-line": line}, &said)
	return strings.TrimSpace(said), err
}
