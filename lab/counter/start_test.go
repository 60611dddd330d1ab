package counter_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/lab/counter"
)

// TestFlags starts it as it cannot start: it ends at once, and says what to do.
func TestFlags(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	running := program.Start(t)
	free := []string{"-listen", "127.0.0.1:0"}
	for _, test := range []struct {
		name string
		args []string
		says string
	}{
		{"an unknown flag", []string{"-colour"}, "-help"},
		{"an argument", []string{"now"}, "unexpected"},
		{"a flag without its value", []string{"-data"}, "-data"},
		{"pace 0", append([]string{"-pace", "0"}, free...), "pace"},
		{"pace -1", append([]string{"-pace", "-1"}, free...), "pace"},
		{"pace fast", []string{"-pace", "fast"}, "pace"},
		{"pace 1e9", append([]string{"-pace", "1000000000"}, free...), "pace"},
		{"a pace beyond numbers", []string{"-pace", "99999999999999999999"}, "pace"},
		{"a taken port", []string{"-listen", taken.Addr().String()}, "-listen"},
		{"no port", []string{"-listen", "127.0.0.1"}, "-listen"},
		{"a port beyond ports", []string{"-listen", "127.0.0.1:99999"}, "-listen"},
		{"an address of nobody's", []string{"-listen", "192.0.2.1:0"}, "-listen"},
		{"a folder in use", append([]string{"-data", running.Data}, free...), "another till-demo"},
		{"a file for a folder", append([]string{"-data", file}, free...), "-data"},
		{"a folder in a file", append([]string{"-data", filepath.Join(file, "x")}, free...), "-data"},
		{"a level of the log", []string{"-log", "loud"}, "-log"},
		{"-open=maybe", []string{"-open=maybe"}, "open"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, err := program.Run(t, t.TempDir(), test.args...)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() < 1 {
				t.Fatalf("ends with %v", err)
			}
			if stdout != "" || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "goroutine") {
				t.Errorf("says %q and %q, want one line with %q", stdout, stderr, test.says)
			}
		})
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "mine" {
		t.Errorf("the file now holds %q, %v", raw, err)
	}
	stdout, stderr, err := program.Run(t, "", "-help")
	if err != nil || !strings.Contains(stdout+stderr, "-listen") || !strings.Contains(stdout+stderr, "-pace") {
		t.Errorf("-help: %q %q %v", stdout, stderr, err)
	}
	if s := running.State(); s.Screen != "ready" {
		t.Errorf("the one that ran all the time is on %s", s.Screen)
	}
}

// TestAnywhere runs it under another name, in another folder, with odd paths.
func TestAnywhere(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), `it's a "shop", 店`)
	if err := os.MkdirAll(there, 0o700); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(program.Path)
	if err != nil {
		t.Fatal(err)
	}
	moved := counter.Program{Path: filepath.Join(there, "till")}
	if err := os.WriteFile(moved.Path, raw, 0o700); err != nil {
		t.Fatal(err)
	}
	d := moved.Start(t, counter.Data("my data"), counter.Dir(there))
	d.Data = filepath.Join(there, "my data")
	if _, err := os.Stat(d.Data); err != nil {
		t.Error(err)
	}
	// The program may even be gone.
	if err := os.Remove(moved.Path); err != nil {
		t.Fatal(err)
	}
	d.PowerCut()
	d.Online()
	d.Sell("100", "wechat")
	d.Home()
	d.Balance()
}

// TestTemporaryFolder leaves nothing where no folder was named.
func TestTemporaryFolder(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	d := program.Start(t, counter.Data(""))
	d.Data = tmp
	d.SellCash("100")
	if inside, err := os.ReadDir(tmp); err != nil || len(inside) == 0 {
		t.Errorf("the temporary folder holds %v, %v", inside, err)
	}
	d.Interrupt()
	inside, err := os.ReadDir(tmp)
	if err != nil || len(inside) != 0 {
		t.Errorf("left behind: %v, %v", inside, err)
	}
	// Nor is anything left beside a folder that was named, even if it is killed.
	named := program.Start(t, counter.Data(t.TempDir()))
	named.Online()
	named.Kill()
	inside, err = os.ReadDir(tmp)
	if err != nil || len(inside) != 0 {
		t.Errorf("left behind: %v, %v", inside, err)
	}
}

// TestFirstSale sells as soon as the address is said.
func TestFirstSale(t *testing.T) {
	t.Parallel()
	for range 3 {
		d := program.Start(t)
		d.Sell("100", "wechat")
		d.Balance()
	}
}

// TestLongFolder keeps everything where a socket's path would be too long.
func TestLongFolder(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), strings.Repeat("a long name ", 15))
	for range 2 {
		d := program.Start(t, counter.Data(data))
		d.Online()
		d.SellCash("100")
		d.Home()
		d.Kill()
	}
}

// TestListen listens elsewhere.
func TestListen(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"localhost:0", "[::1]:0", "0.0.0.0:0", ":0"} {
		t.Run(listen, func(t *testing.T) {
			probe, err := net.Listen("tcp", listen)
			if err != nil {
				t.Skipf("this machine cannot listen on %s: %v", listen, err)
			}
			probe.Close()
			d := program.Start(t, counter.Args("-listen", listen))
			d.SellCash("100")
			if a := d.Do(http.MethodGet, "/", nil, counter.Header("Host", "evil.example")); a.Status != http.StatusForbidden {
				t.Errorf("a foreign host: %d", a.Status)
			}
		})
	}
}

// TestGoRun starts it as a newcomer does, and ends no more than go itself.
func TestGoRun(t *testing.T) {
	t.Parallel()
	run := counter.Program{Path: "go", Before: []string{"run", "./cmd/till-demo"}}
	d := run.Start(t, counter.Dir("../.."))
	d.SellCash("100")
	d.PowerCut()
	d.Online()
	d.Kill()
}

// TestPaces runs at the slowest and the fastest pace.
func TestPaces(t *testing.T) {
	t.Parallel()
	for _, pace := range []string{"1", "1000"} {
		t.Run(pace, func(t *testing.T) {
			t.Parallel()
			d := program.Start(t, counter.Args("-pace", pace))
			d.Online()
			if pace == "1" {
				d.Sell("100", "wechat")
				d.Home()
			} else {
				d.Next("password")
				d.Amount("100")
				d.Scan(d.Code("wechat")) // lives 60 ms
				d.Await("an end", soon, counter.State.Settled)
				d.Home()
			}
			d.Balance()
		})
	}
}

// TestMany starts several at the same time: they do not know of each other.
func TestMany(t *testing.T) {
	t.Parallel()
	var all []*counter.Demo
	for range 3 {
		all = append(all, program.Start(t))
	}
	for i, d := range all {
		d.Online()
		d.Sell("100", "alipay")
		if n := len(d.Balance().Sales); n != 1 {
			t.Errorf("demo %d has %d sales", i, n)
		}
	}
	all[0].Kill()
	begun := time.Now()
	all[1].Home()
	all[1].Sell("200", "wechat")
	if took := time.Since(begun); took > soon {
		t.Errorf("a sale took %s after another demo was killed", took)
	}
}
