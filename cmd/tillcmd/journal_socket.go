package tillcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"till/store"
)

const (
	// askWithin bounds the wait for a question, and lineWithin for each line of
	// an answer to be taken: who asks and does not listen is left alone.
	askWithin  = time.Second
	lineWithin = 30 * time.Second
	// maxAsking bounds who is answered at a time.
	maxAsking = 4
	// longSocket is the longest path that every system's sockaddr_un takes.
	longSocket = 100
)

// serveJournal answers questions about the journal until ctx ends. Without its
// socket the terminal sells all the same.
func (t *terminal) serveJournal(ctx context.Context) {
	listener, err := listenJournal(t.config.Data)
	if err != nil {
		t.log.Warn("no socket for till journal", "err", err)
		return
	}
	defer func() { _ = os.Remove(filepath.Join(t.config.Data, journalSocket)) }() // the next start would
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })               // ends Accept
	defer stop()
	var asking sync.WaitGroup
	defer asking.Wait()
	free := make(chan struct{}, maxAsking)
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ctx.Err() == nil {
				t.log.Warn("socket for till journal", "err", err)
			}
			return
		}
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
		}
		asking.Go(func() {
			defer func() { <-free }()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends a read or write
			defer stop()
			if err := t.answerConn(ctx, conn); err != nil && ctx.Err() == nil {
				t.log.Warn("socket", "err", err)
			}
		})
	}
}

// listenJournal makes the socket. One that is there is of a till that was
// killed: whoever has the journal has its folder alone.
func listenJournal(data string) (net.Listener, error) {
	path, done, err := socketPath(data)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove an old socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), listener.Close())
	}
	listener.SetUnlinkOnClose(false) // the path may be a short-lived name of it
	return listener, nil
}

// socketPath names the socket in a folder, by way of /proc where the name is too
// long for a socket's address. done is called once the path is no longer needed.
func socketPath(data string) (path string, done func(), err error) {
	path = filepath.Join(data, journalSocket)
	if len(path) <= longSocket || runtime.GOOS != "linux" {
		return path, func() {}, nil
	}
	folder, err := os.Open(data)
	if err != nil {
		return "", nil, fmt.Errorf("open the data folder: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), journalSocket), func() { _ = folder.Close() }, nil // only named
}

// answerConn answers the one question of a connection, and closes it.
func (t *terminal) answerConn(ctx context.Context, conn net.Conn) (err error) {
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(askWithin)); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	out := func(l any) error {
		line, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if err := conn.SetDeadline(time.Now().Add(lineWithin)); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if _, err := conn.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		return nil
	}
	line, err := bufio.NewReaderSize(conn, maxAsk).ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read a question: %w", err)
	}
	if ask, ok := isDoctorAsk(line); ok {
		return t.answerDoctor(ctx, ask, out)
	}
	end := answerLine(line, t.journal, journalFolder(t.config.Data), func(l journalLine) error { return out(l) })
	return out(journalLine{End: &end})
}

// answerLine answers a question from the open journal, and from its files where
// that one turns out to be damaged.
func answerLine(line []byte, j *store.Journal, dir string, out func(journalLine) error) journalEnd {
	failed := func(err error) journalEnd {
		return journalEnd{Verdict: verdictFailed, Said: []string{fmt.Sprintf("The terminal says: %v.", err)}}
	}
	ask, err := parseAsk(line)
	if err != nil {
		return failed(err)
	}
	end, err := answerOrSalvage(j, dir, ask, out)
	if err != nil {
		return failed(err)
	}
	return end
}

// dialTerminal connects to the terminal that is using a data folder; nil if none is.
func dialTerminal(ctx context.Context, data string) (net.Conn, error) {
	path, done, err := socketPath(data)
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("ask the terminal: %w: only the user it runs as may", err)
	}
	if err != nil {
		return nil, nil // there is none
	}
	return conn, nil
}

// askTerminal asks the terminal that is using a data folder. live says whether
// there is one.
func askTerminal(ctx context.Context, data string, ask journalAsk, out func(journalLine) error) (end journalEnd, live bool, err error) {
	conn, err := dialTerminal(ctx, data)
	if err != nil || conn == nil {
		return end, false, err
	}
	defer func() { _ = conn.Close() }() // only read from here on
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	line, err := json.Marshal(ask)
	if err != nil {
		return end, true, fmt.Errorf("ask the terminal: %w", err)
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return end, true, fmt.Errorf("ask the terminal: %w", err)
	}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var l journalLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return end, true, fmt.Errorf("the terminal's answer: %w", err)
		}
		if l.End != nil {
			return *l.End, true, nil
		}
		if err := out(l); err != nil {
			return end, true, err
		}
	}
	if err := lines.Err(); err != nil {
		return end, true, fmt.Errorf("the terminal's answer: %w", err)
	}
	return end, true, errors.New("the terminal ended before its answer did: ask again")
}
