package tillcmd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"till/cmd/tillcmd"
	"till/device"
	"till/display"
	"till/store"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// shown is what the monitor of a bench says.
type shown struct {
	Screen  string
	Message string
	Queued  uint64
	QR      string
	Last    *struct{ Status string }
}

// shop is a terminal at work on a bench with nothing on it, off line.
type shop struct {
	t        *testing.T
	data     string
	config   string
	listener net.Listener
	states   chan shown
	inputs   chan *display.BenchInputClient
	input    *display.BenchInputClient
	lights   chan string
	log      bytes.Buffer
	end      func() error
}

func newShop(t *testing.T, data string) *shop {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "bench")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{
		t: t, data: data, config: filepath.Join(dir, "till.toml"), listener: listener,
		states: make(chan shown, 1000), inputs: make(chan *display.BenchInputClient, 10),
		lights: make(chan string, 1000),
	}
	config := fmt.Sprintf(`
terminal = "shop-1"
board = "sim"
data = %q
bench = %q
merchant = {name = "Shop", timezone = "America/Los_Angeles", currency = "USD", phone = "+1 415 555 0132"}
gateway = {broker = "tcp://127.0.0.1:1", key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="}
shift.auto = true
`, data, socket)
	if err := os.WriteFile(s.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	go s.accept()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shop) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.serve(conn)
	}
}

func (s *shop) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	what, err := device.AcceptBench(conn)
	if err != nil {
		return
	}
	switch what {
	case device.BenchInput:
		s.inputs <- display.NewBenchInputClient(conn)
		select {} // it reads the connection to its end
	case device.BenchMonitor:
		lines := bufio.NewScanner(conn)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var state shown
			if err := json.Unmarshal(lines.Bytes(), &state); err != nil {
				s.t.Errorf("monitor: %v", err)
			}
			s.states <- state
			if _, err := conn.Write([]byte{'\n'}); err != nil {
				return
			}
		}
	case device.BenchPins:
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			s.lights <- lines.Text()
		}
	case device.BenchPrinter:
		return // it is switched off
	default:
		_, _ = io.Copy(io.Discard, conn) // until the terminal is gone
	}
}

// start runs the firmware, and returns once it listens to its keys.
func (s *shop) start() {
	s.t.Helper()
	s.connected(s.run())
}

func (s *shop) run() (ended <-chan error) {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- tillcmd.Run(ctx, []string{"run", "-config", s.config}, io.Discard, &s.log) }()
	s.end = sync.OnceValue(func() error {
		stop()
		return <-done
	})
	s.t.Cleanup(func() {
		if err := s.end(); err != nil {
			s.t.Errorf("%v\n%s", err, s.log.String())
		}
	})
	return done
}

func (s *shop) connected(ended <-chan error) {
	s.t.Helper()
	select {
	case s.input = <-s.inputs:
	case err := <-ended:
		s.t.Fatalf("it ended: %v\n%s", err, s.log.String())
	case <-time.After(patience):
		s.t.Fatal("it does not start")
	}
}

// wait returns the first state that is as wanted.
func (s *shop) wait(what string, as func(shown) bool) shown {
	s.t.Helper()
	late := time.After(patience)
	for {
		select {
		case state := <-s.states:
			if as(state) {
				return state
			}
		case <-late:
			s.t.Fatalf("no %s", what)
		}
	}
}

func (s *shop) do(events ...display.InputEvent) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for _, e := range events {
		if err := s.input.Send(ctx, e); err != nil {
			s.t.Fatalf("%+v: %v", e, err)
		}
	}
}

func (s *shop) sellCash() {
	s.t.Helper()
	s.do(display.InputEvent{Key: "5"}, display.InputEvent{Button: "cash"}, display.InputEvent{Button: "exact"}, display.InputEvent{Button: "done"})
}

// journal runs till journal, and gives what it wrote and its exit code.
func (s *shop) journal(args ...string) (stdout string, code int) {
	s.t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"journal", args[0], "-data", s.data}, args[1:]...)
	err := tillcmd.Run(context.Background(), args, &out, &errs)
	if err != nil {
		s.t.Logf("till %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), tillcmd.ExitCode(err)
}

// The journal of a terminal at work is looked at through its socket, while it sells.
func TestJournalOfALiveTerminal(t *testing.T) {
	for name, data := range map[string]string{
		"folder":           filepath.Join(t.TempDir(), "data"),
		"folder far below": filepath.Join(t.TempDir(), strings.Repeat("far-below-", 12), "data"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, data)
			s.start()
			s.sellCash()
			s.wait("sale", func(x shown) bool { return x.Last != nil && x.Last.Status == "approved" })
			out, code := s.journal("verify")
			if code != 0 || !strings.Contains(out, "Journal of terminal shop-1, epoch 1: sound.") || !strings.Contains(out, "Records 1 to 3") {
				t.Errorf("verify: %d\n%s", code, out)
			}
			if info, err := os.Stat(filepath.Join(data, "till.sock")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("socket: %v, %v", info, err)
			}
			if out, code := s.journal("export"); code != 0 || strings.Count(out, "\n") != 3 {
				t.Errorf("export: %d\n%s", code, out)
			}
			if out, code := s.journal("show", "-n", "1"); code != 0 || !strings.Contains(out, "cash taken") {
				t.Errorf("show: %d\n%s", code, out)
			}
			if out, code := s.journal("show", "01JDEER0000000000000000099"); code != 3 {
				t.Errorf("no such sale: %d\n%s", code, out)
			}
			s.sellCash()
			if err := s.end(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(data, "till.sock")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the socket stays: %v", err)
			}
			if out, code := s.journal("verify"); code != 0 || !strings.Contains(out, "Records 1 to 5") {
				t.Errorf("verify, with nobody there: %d\n%s", code, out)
			}
		})
	}
}

// Whoever asks nonsense, or nothing, is told or left, and the terminal sells on.
func TestJournalSocketHoldsOut(t *testing.T) {
	s := newShop(t, filepath.Join(t.TempDir(), "data"))
	s.start()
	s.sellCash()
	for _, ask := range []string{
		"\n", "{}\n", "GET / HTTP/1.1\n", `{"till_journal":2,"do":"verify"}` + "\n", `{"till_journal":1,"do":"delete"}` + "\n",
		`{"till_journal":1,"do":"show","newest":-1}` + "\n", strings.Repeat("x", 100_000) + "\n", "no line",
	} {
		conn, err := net.Dial("unix", filepath.Join(s.data, "till.sock"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, ask) // it may hang up in the midst of too much
		if u, ok := conn.(*net.UnixConn); ok {
			_ = u.CloseWrite() // or has hung up
		}
		answer, _ := io.ReadAll(conn) // likewise
		if len(answer) > 0 && !bytes.Contains(answer, []byte(`"failed"`)) {
			t.Errorf("%.40q is answered %s", ask, answer)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 6 { // those who say nothing take no place of others for long
		conn, err := net.Dial("unix", filepath.Join(s.data, "till.sock"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	s.sellCash()
	if out, code := s.journal("verify"); code != 0 || !strings.Contains(out, "Records 1 to 5") {
		t.Errorf("verify: %d\n%s", code, out)
	}
}

// made is a data folder with a journal of n sales.
func made(t *testing.T, n int) (data string) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	j, err := store.Open(filepath.Join(data, "journal"), store.Options{Terminal: "shop-1"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := sellCash(j, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

// A journal that cannot be used is set aside, the terminal says so and sells on
// under the next epoch, also if the power goes in the midst of that.
func TestDamagedJournalIsSetAside(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, data, file string){
		"meta pages": func(t *testing.T, _, file string) { overwrite(t, file, 0, 8192) },
		"cut short": func(t *testing.T, _, file string) {
			if err := os.Truncate(file, 9000); err != nil {
				t.Fatal(err)
			}
		},
		"power went after it was set aside": func(t *testing.T, data, file string) {
			overwrite(t, file, 0, 8192)
			if _, _, err := store.SetAside(filepath.Join(data, "journal")); err != nil {
				t.Fatal(err)
			}
		},
		"power went before the new one's folder": func(t *testing.T, data, _ string) {
			if err := os.Rename(filepath.Join(data, "journal"), filepath.Join(data, "journal.aside-1")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := made(t, 20)
			file := filepath.Join(data, "journal", "journal-00001-000000000001.bolt")
			spoil(t, data, file)
			s := newShop(t, data)
			s.start()
			s.wait("notice", func(x shown) bool { return strings.Contains(x.Message, "set aside") && x.Screen == "ready" })
			s.sellCash()
			if out, code := s.journal("export"); code != 0 || strings.Count(out, "\n") != 4 ||
				!strings.Contains(strings.SplitN(out, "\n", 2)[0], `"kind":"store_replaced","reason":"journal_damaged"`) {
				t.Errorf("export: %d\n%s", code, out)
			}
			if err := s.end(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(data, "journal.aside-1", filepath.Base(file))); err != nil {
				t.Errorf("the old records: %v", err)
			}
			s.start() // said once
			s.wait("start", func(x shown) bool { return x.Screen == "ready" && x.Message == "" })
			s.sellCash()
			j, err := store.Open(filepath.Join(data, "journal"), store.Options{ReadOnly: true, Timeout: time.Nanosecond})
			if !errors.Is(err, store.ErrLocked) {
				t.Errorf("%v, %v", j, err)
			}
			if err := s.end(); err != nil {
				t.Fatal(err)
			}
			if out, code := s.journal("verify"); code != 0 || !strings.Contains(out, "epoch 2: sound") || !strings.Contains(out, "Last receipt 2") {
				t.Errorf("verify: %d\n%s", code, out)
			}
		})
	}
}

func overwrite(t *testing.T, name string, at, n int) {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := at; i < at+n; i++ {
		file[i] = byte(i*7 + 3)
	}
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A disk that cannot be used at the start is told on the screen, and the
// terminal sells as soon as it can be.
func TestJournalThatDoesNotOpenYet(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "disk", "data")
	inTheWay := filepath.Dir(data)
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newShop(t, data)
	s.start()
	for late := time.After(patience); ; {
		select {
		case line := <-s.lights:
			if line != `{"led":"red"}` {
				continue
			}
		case <-late:
			t.Fatal("no red light")
		}
		break
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	s.connected(nil)
	s.sellCash()
	s.wait("sale", func(x shown) bool { return x.Last != nil && x.Last.Status == "approved" })
}

// A journal that fails in the midst of work stops the counter, and "Try again"
// leads on: with a sound file from where it was, with a damaged one anew.
func TestFailedJournalIsOpenedAnew(t *testing.T) {
	data := made(t, 20)
	file := filepath.Join(data, "journal", "journal-00001-000000000001.bolt")
	s := newShop(t, data)
	s.start()
	s.sellCash()
	if err := os.Truncate(file, 4096); err != nil { // as a card that no longer reads
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	s.do(display.InputEvent{Key: "5"}, display.InputEvent{Button: "cash"})
	if err := s.input.Send(ctx, display.InputEvent{Button: "exact"}); err == nil {
		t.Error("a sale was kept")
	}
	s.wait("fault", func(x shown) bool { return x.Screen == "fault" })
	// The terminal begins anew at once, and may let go of the line before it has answered.
	if err := s.input.Send(ctx, display.InputEvent{Button: "retry"}); err != nil && !errors.Is(err, display.ErrInputGone) {
		t.Error(err)
	}
	s.connected(nil)
	s.wait("notice", func(x shown) bool { return strings.Contains(x.Message, "set aside") && x.Screen == "ready" })
	s.sellCash()
	if out, code := s.journal("verify"); code != 0 || !strings.Contains(out, "epoch 2: sound") {
		t.Errorf("verify: %d\n%s", code, out)
	}
}
