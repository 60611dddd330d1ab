package pi

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Edge is a pin of the header going high or low.
type Edge struct {
	Pin  int // BCM number
	High bool
}

// qtest is QEMU's protocol for tests of its own devices: it tells of every
// change of a device's outputs, however short. Source: QEMU's softmmu/qtest.c.
type qtest struct {
	edges   *record[Edge]
	answers *record[string]
}

func newQTest(ctx context.Context, conn net.Conn, pins bool) (*qtest, error) {
	q := &qtest{edges: newRecord[Edge](), answers: newRecord[string]()}
	go q.read(conn)
	if !pins {
		return q, nil
	}
	if _, err := fmt.Fprintf(conn, "irq_intercept_out %s\n", gpioBlock); err != nil {
		return nil, fmt.Errorf("watch the pins: %w", err)
	}
	answer, _, err := q.answers.await(ctx, 0, func(string) bool { return true })
	if err != nil || answer != "OK" {
		return nil, fmt.Errorf("watch the pins: QEMU says %q: %w", answer, err)
	}
	return q, nil
}

func (q *qtest) read(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if e, ok := parseEdge(lines.Text()); ok {
			q.edges.add(e)
		} else {
			q.answers.add(lines.Text())
		}
	}
	q.edges.end(ErrEnded)
	q.answers.end(ErrEnded)
}

// parseEdge reads "IRQ raise 17".
func parseEdge(line string) (Edge, bool) {
	what, ok := strings.CutPrefix(line, "IRQ ")
	if !ok {
		return Edge{}, false
	}
	which, number, _ := strings.Cut(what, " ")
	pin, err := strconv.Atoi(number)
	return Edge{Pin: pin, High: which == "raise"}, err == nil && (which == "raise" || which == "lower")
}

// Edges are all that were seen so far.
func (m *Machine) Edges() []Edge { return m.qtest.edges.from(0) }

// AwaitEdge waits for an edge, the first of those from the n-th on, and returns
// the number of the one after it.
func (m *Machine) AwaitEdge(ctx context.Context, n int, e Edge) (int, error) {
	_, next, err := m.qtest.edges.await(ctx, n, func(seen Edge) bool { return seen == e })
	if err != nil {
		return n, fmt.Errorf("wait for pin %d: %w", e.Pin, err)
	}
	return next, nil
}

// gplev0 is the register of the levels of pins 0 to 31. Source: Broadcom,
// BCM2835 ARM Peripherals, 6.1; a Pi 3 has the block at 0x3F200000.
const gplev0 = 0x3f200034

// High says whether a pin is high now.
func (m *Machine) High(ctx context.Context, pin int) (bool, error) {
	said, err := m.monitor(ctx, fmt.Sprintf("xp /1wx %#x", gplev0))
	if err != nil {
		return false, fmt.Errorf("look at the pins: %w", err)
	}
	_, text, _ := strings.Cut(said, ": 0x")
	levels, err := strconv.ParseUint(strings.TrimSpace(text), 16, 32)
	if err != nil {
		return false, fmt.Errorf("look at the pins: %q: %w", said, err)
	}
	return levels>>pin&1 == 1, nil
}
