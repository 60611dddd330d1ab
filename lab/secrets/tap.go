package secrets

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Tap is lines that are listened to: TCP proxies that keep all that passes.
type Tap struct {
	mu        sync.Mutex
	listeners []net.Listener
	conns     map[net.Conn]struct{}
	streams   []*stream
	closed    bool
}

// stream is one direction of one connection.
type stream struct {
	name string
	data []byte
}

// NewTap is a tap with no line yet.
func NewTap() *Tap { return &Tap{conns: map[net.Conn]struct{}{}} }

// Line lays a line to an address, and returns the end that is dialled. who is
// the one who dials.
func (t *Tap) Line(who, address string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("tap the line of the %s: %w", who, err)
	}
	t.mu.Lock()
	t.listeners = append(t.listeners, l)
	t.mu.Unlock()
	go func() {
		for n := 1; ; n++ {
			near, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go t.carry(near, address, fmt.Sprintf("connection %d of the %s", n, who))
			}
		}
	}()
	return l.Addr().String(), nil
}

func (t *Tap) carry(near net.Conn, address, name string) {
	defer near.Close()
	far, err := net.Dial("tcp", address)
	if err != nil {
		return // the broker is away
	}
	defer far.Close()
	up, down := &stream{name: name + ", up"}, &stream{name: name + ", down"}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.conns[near], t.conns[far] = struct{}{}, struct{}{}
	t.streams = append(t.streams, up, down)
	t.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, way := range []struct {
		from, to net.Conn
		stream   *stream
	}{{near, far, up}, {far, near, down}} {
		go func() {
			// A connection that breaks ends, which is all that can be done about it.
			_, _ = io.Copy(io.MultiWriter(recorder{t, way.stream}, way.to), way.from)
			done <- struct{}{}
		}()
	}
	<-done
	t.mu.Lock()
	delete(t.conns, near)
	delete(t.conns, far)
	t.mu.Unlock()
}

type recorder struct {
	tap    *Tap
	stream *stream
}

func (r recorder) Write(b []byte) (int, error) {
	r.tap.mu.Lock()
	defer r.tap.mu.Unlock()
	r.stream.data = append(r.stream.data, b...)
	return len(b), nil
}

// Places are the streams so far, each whole.
func (t *Tap) Places() []Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	var places []Place
	for _, s := range t.streams {
		places = append(places, Place{Name: s.name, Data: append([]byte(nil), s.data...)})
	}
	return places
}

// Close ends all lines.
func (t *Tap) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, l := range t.listeners {
		l.Close()
	}
	for c := range t.conns {
		c.Close()
	}
}
