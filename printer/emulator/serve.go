package emulator

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// Serve is the printer's end of a cable: it reads what the host sends and
// answers, until the host closes (nil), the connection fails, or the printer is
// switched off (ErrOff). While it has no paper and its buffer is full it reads
// nothing, so the host's writes wait. It closes conn if conn can be closed.
// A printer that is served twice at a time answers the newer host.
func (p *Printer) Serve(conn io.ReadWriter) error {
	h := &host{replies: make(chan []byte, maxReplies), gone: make(chan struct{})}
	h.closer, _ = conn.(io.Closer) // without one, a reader that hangs is not woken
	if err := p.plug(h); err != nil {
		return err
	}
	var writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() { h.write(conn, done) })

	err := p.read(conn, h)
	p.unplug(h)
	close(done)
	if h.closer != nil {
		_ = h.closer.Close() // wakes the writer; the reader's error is the one that tells
	}
	writer.Wait()
	return err
}

func (p *Printer) plug(h *host) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return ErrOff
	}
	p.hosts[h] = struct{}{}
	p.host = h
	return nil
}

func (p *Printer) unplug(h *host) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.hosts, h)
	if p.host == h {
		p.host, p.asb = nil, 0
	}
}

func (p *Printer) read(conn io.Reader, h *host) error {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			taken, room, offErr := p.receive(rest)
			if offErr != nil {
				return offErr
			}
			if rest = rest[taken:]; len(rest) == 0 {
				break
			}
			select {
			case <-room:
			case <-h.gone:
				return ErrOff
			}
		}
		if err != nil {
			select {
			case <-h.gone:
				return ErrOff
			default:
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read from the host: %w", err)
		}
	}
}

// write sends answers until done; an error ends it, and the reader will see the same soon.
func (h *host) write(conn io.Writer, done <-chan struct{}) {
	for {
		select {
		case b := <-h.replies:
			if _, err := conn.Write(b); err != nil {
				return
			}
		case <-done:
			return
		}
	}
}
