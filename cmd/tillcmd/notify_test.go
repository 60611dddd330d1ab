package tillcmd_test

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// What systemd hears of a terminal that it started and watches.
func TestSystemdIsTold(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "30000") // 30 ms
	t.Setenv("WATCHDOG_PID", "")
	hear := func() string {
		t.Helper()
		if err := systemd.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		word := make([]byte, 100)
		n, err := systemd.Read(word)
		if err != nil {
			t.Fatal(err)
		}
		return string(word[:n])
	}

	newBody(t, "", nil)
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"} {
		if got := hear(); got != want {
			t.Fatalf("systemd heard %q, want %q", got, want)
		}
	}
}
