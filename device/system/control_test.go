package system_test

import (
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/device/system"
)

func TestControl(t *testing.T) {
	for request, want := range map[string]system.Ending{"restart": system.Restart, "power-off": system.PowerOff, "tryboot": system.Tryboot} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(t)
			stop := m.run()
			time.Sleep(time.Second)
			if log := m.ask("log\n"); !strings.Contains(log, "terminal started") {
				t.Errorf("log %q", log)
			}
			if answer := m.ask("dance\n"); !strings.HasPrefix(answer, "error: ") {
				t.Errorf("answer to nonsense %q", answer)
			}
			if answer := m.ask(request + "\n"); answer != "ok\n" {
				t.Errorf("answer to %q: %q", request, answer)
			}
			time.Sleep(time.Second)
			if got := m.kernel.Ended(); !slices.Equal(got, []system.Ending{want}) {
				t.Errorf("%s ended %v", request, got)
			}
			if calls := m.kernel.Calls(); !slices.Contains(calls, "signal 100 TERM") || !slices.Contains(calls, "unmount /data") {
				t.Errorf("%s was no orderly end: %q", request, calls)
			}
			stop()
		})
	}
}

// A client that says nothing, or too much, keeps nobody waiting.
func TestControlBadClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		stop := m.run()
		time.Sleep(time.Second)
		_, silent := net.Pipe()
		m.socket.clients <- silent
		if log := m.ask("log\n"); log == "" {
			t.Error("no log beside a silent client")
		}
		time.Sleep(10 * time.Second)
		stop()
	})
}

// The client's end, over a real socket.
func TestAsk(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "system")
	if err := system.AskToEnd(t.Context(), socket, system.PowerOff); !errors.Is(err, system.ErrNoSystem) {
		t.Errorf("with no system: %v", err)
	}
	l, err := system.ListenSocket(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answers := map[string]string{"power-off\n": "ok\n", "tryboot\n": "error: not now\n", "log\n": "a line\n"}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line := make([]byte, 64)
			n, _ := c.Read(line)
			_, _ = c.Write([]byte(answers[string(line[:n])]))
			c.Close()
		}
	}()
	if err := system.AskToEnd(t.Context(), socket, system.PowerOff); err != nil {
		t.Error(err)
	}
	if err := system.AskToEnd(t.Context(), socket, system.Tryboot); err == nil || !strings.Contains(err.Error(), "not now") {
		t.Errorf("refused: %v", err)
	}
	if log, err := system.ReadLog(t.Context(), socket); err != nil || string(log) != "a line\n" {
		t.Errorf("log %q, %v", log, err)
	}
}
