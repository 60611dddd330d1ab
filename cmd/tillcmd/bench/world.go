package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"till/device"
)

// world is the other end of a sim board on which nothing happens: it looks at
// no screen, presses no key, and has paper.
type world struct {
	listener net.Listener
	wait     sync.WaitGroup

	mu     sync.Mutex
	conns  []net.Conn
	closed bool
	shown  chan struct{} // closed once a screen is shown
	online chan struct{} // closed once the firmware says it is on line
}

// startWorld listens on an abstract socket (Linux): it needs no file, whose path may be too long.
func startWorld() (*world, error) {
	listener, err := net.Listen("unix", fmt.Sprintf("@till-bench-%d", os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("make a world for the firmware: %w", err)
	}
	w := &world{listener: listener, shown: make(chan struct{}), online: make(chan struct{})}
	w.wait.Go(w.accept)
	return w, nil
}

func (w *world) socket() string { return w.listener.Addr().String() }

func (w *world) close() {
	w.listener.Close()
	w.mu.Lock()
	w.closed = true
	for _, c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	w.wait.Wait()
}

func (w *world) accept() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		w.mu.Lock()
		if w.closed {
			conn.Close()
		}
		w.conns = append(w.conns, conn)
		w.mu.Unlock()
		w.wait.Go(func() {
			defer conn.Close()
			w.serve(conn)
		})
	}
}

// serve is one peripheral until its connection ends, for whatever reason: then
// the firmware ends too, and says why.
func (w *world) serve(conn net.Conn) {
	peripheral, err := device.AcceptBench(conn)
	if err != nil {
		return
	}
	switch peripheral {
	case device.BenchMonitor:
		w.watch(conn)
	case device.BenchPrinter:
		answer(conn)
	default:
		_, _ = io.Copy(io.Discard, conn) // ends with the connection
	}
}

// maxState bounds a line of the monitor, in bytes.
const maxState = 1 << 20

// watch answers each line of the monitor, and notes what it says.
func (w *world) watch(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, maxState)
	shown, online := false, false
	for lines.Scan() {
		var state struct{ Online bool }
		if json.Unmarshal(lines.Bytes(), &state) != nil {
			return
		}
		if !shown {
			shown = true
			close(w.shown)
		}
		if state.Online && !online {
			online = true
			close(w.online)
		}
		if _, err := conn.Write([]byte("\n")); err != nil {
			return
		}
	}
}

// answer is a printer that is ready: to each DLE EOT n it says so, in the form
// 0xx1xx10 of the Epson ESC/POS reference.
func answer(conn net.Conn) {
	in := make([]byte, 4096)
	for {
		n, err := conn.Read(in)
		for range bytes.Count(in[:n], []byte{0x10, 0x04}) {
			if _, err := conn.Write([]byte{0x12}); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
