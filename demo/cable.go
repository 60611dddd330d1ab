package demo

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// cable is the terminal's network cable: a TCP proxy to the broker. Pulled, it
// closes every connection and takes no new one. Dropping, it takes everything
// and lets nothing through, as a network does that swallows packets; plugged
// in again, what waits goes on its way, as TCP's repetition would have it.
type cable struct {
	listener net.Listener
	broker   string
	hub      *hub

	mu      sync.Mutex
	state   linkState
	changed chan struct{} // closed, and made anew, when state changes
	conns   map[net.Conn]struct{}
}

type linkState string

const (
	linkUp   linkState = "up"
	linkDown linkState = "down"
	linkDrop linkState = "drop"
)

func newCable(broker string, h *hub) (*cable, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("lay the network cable: %w", err)
	}
	c := &cable{
		listener: l, broker: broker, hub: h, state: linkUp,
		changed: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	go c.accept()
	return c, nil
}

func (c *cable) address() string { return c.listener.Addr().String() }

func (c *cable) close() {
	c.listener.Close()
	c.set(linkDown)
}

func (c *cable) get() (linkState, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, c.changed
}

func (c *cable) set(s linkState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == s {
		return
	}
	c.state = s
	close(c.changed)
	c.changed = make(chan struct{})
	if s == linkDown {
		for conn := range c.conns {
			conn.Close()
		}
		clear(c.conns)
	}
}

// hold keeps a connection for set to close; false if the cable is pulled.
func (c *cable) hold(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == linkDown {
		return false
	}
	c.conns[conn] = struct{}{}
	return true
}

func (c *cable) release(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
	conn.Close()
}

func (c *cable) accept() {
	for {
		conn, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go c.carry(conn)
	}
}

func (c *cable) carry(terminal net.Conn) {
	if !c.hold(terminal) {
		terminal.Close()
		return
	}
	defer c.release(terminal)
	if !c.pass() {
		return
	}
	broker, err := net.Dial("tcp", c.broker)
	if err != nil || !c.hold(broker) {
		return
	}
	defer c.release(broker)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{terminal, broker}, {broker, terminal}} {
		go func() {
			c.copy(way[1], way[0])
			done <- struct{}{}
		}()
	}
	<-done
}

// pass waits until the line carries; false once it is pulled.
func (c *cable) pass() bool {
	for {
		state, changed := c.get()
		switch state {
		case linkUp:
			return true
		case linkDown:
			return false
		}
		<-changed
	}
}

func (c *cable) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !c.pass() {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
