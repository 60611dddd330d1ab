package counter

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	// They are in the program that is built below: a change of theirs makes the
	// result of these tests stale.
	_ "till/cmd/tillcmd"
	_ "till/demo"
)

// Build compiles cmd/till-demo into dir, and returns the program's path.
func Build(dir string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	// Read for its own sake, as those imports are: go test remembers what was read.
	if _, err := os.ReadFile(filepath.Join(root, "cmd", "till-demo", "main.go")); err != nil {
		return "", fmt.Errorf("build till-demo: %w", err)
	}
	program := filepath.Join(dir, "till-demo")
	build := exec.Command("go", "build", "-o", program, "./cmd/till-demo")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build till-demo: %w\n%s", err, out)
	}
	return program, nil
}

// moduleRoot is the folder that holds go.mod: tests run in their package's.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("find the module: no go.mod here or above")
		}
		dir = up
	}
}

// Program is a till-demo that a test may start, once or again and again.
type Program struct {
	Path   string
	Before []string // arguments before those of till-demo, where Path is what starts it
}

// atOnce is how many tests run at the same time, each with a demo of its own.
const atOnce = "6"

// Main builds till-demo for the tests of a package and runs them: for TestMain.
// Tests here mostly wait for wallets, so more of them run at once than there are
// processors.
func Main(m *testing.M, program *Program) int {
	dir, err := os.MkdirTemp("", "till-lab-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	if program.Path, err = Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

const (
	startWithin = 25 * time.Second // of the first line on stdout
	endWithin   = 10 * time.Second // no process is left after that
)

// Demo is a running till-demo.
type Demo struct {
	URL  string // http://127.0.0.1:1234, without a slash
	Data string // its folder

	t      testing.TB
	cmd    *exec.Cmd
	output *log
	exited chan struct{} // closed once it has ended
	status error         // how, then

	mu    sync.Mutex
	codes []string // of customers, shown so far: they must be found nowhere afterwards
}

// Option changes how a Demo is started.
type Option func(*start)

type start struct {
	data string
	args []string
	dir  string
}

// Data keeps everything in this folder, instead of one of its own.
func Data(dir string) Option { return func(s *start) { s.data = dir } }

// Args adds arguments.
func Args(args ...string) Option { return func(s *start) { s.args = append(s.args, args...) } }

// Dir starts it in this folder.
func Dir(dir string) Option { return func(s *start) { s.dir = dir } }

var servedAt = regexp.MustCompile(`http://[^\s/]+`)

// Start starts till-demo on a free port. At the test's end it is ended, if it
// has not been yet, and nothing of it may be left: no process, no customer's code.
func (p *Program) Start(t testing.TB, options ...Option) *Demo {
	t.Helper()
	s := start{data: t.TempDir()}
	for _, o := range options {
		o(&s)
	}
	d := &Demo{t: t, Data: s.data, output: newLog(), exited: make(chan struct{})}
	d.cmd = exec.Command(p.Path, slices.Concat(p.Before, []string{"-listen", "127.0.0.1:0", "-data", s.data}, s.args)...)
	d.cmd.Dir = s.dir
	d.cmd.Stdout, d.cmd.Stderr = d.output, d.output
	if err := d.cmd.Start(); err != nil {
		t.Fatalf("start till-demo: %v", err)
	}
	go func() {
		d.status = d.cmd.Wait()
		close(d.exited)
	}()
	t.Cleanup(d.end)
	select {
	case d.URL = <-d.output.address:
	case <-d.exited:
		t.Fatalf("till-demo ended at once: %v\n%s", d.status, d.output)
	case <-time.After(startWithin):
		t.Fatalf("till-demo says no address within %s:\n%s", startWithin, d.output)
	}
	return d
}

// end is what every test finishes with.
func (d *Demo) end() {
	d.t.Helper()
	if d.t.Failed() {
		d.t.Logf("till-demo said:\n%s", d.output)
	}
	select {
	case <-d.exited:
	default:
		d.Interrupt()
	}
	d.CheckSecrets()
}

// Interrupt ends it with SIGINT, as Ctrl-C does, and sees that it ends well.
func (d *Demo) Interrupt() { d.t.Helper(); d.signal(syscall.SIGINT) }

// Terminate ends it with SIGTERM, and sees that it ends well.
func (d *Demo) Terminate() { d.t.Helper(); d.signal(syscall.SIGTERM) }

// Kill ends it with SIGKILL, and sees that what it started ends by itself.
func (d *Demo) Kill() { d.t.Helper(); d.signal(syscall.SIGKILL) }

// Quit ends it with SIGQUIT, upon which the Go runtime writes what every
// goroutine is doing.
func (d *Demo) Quit() { d.t.Helper(); d.signal(syscall.SIGQUIT) }

func (d *Demo) signal(s syscall.Signal) {
	d.t.Helper()
	begun := time.Now()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Errorf("signal till-demo: %v", err)
	}
	select {
	case <-d.exited:
	case <-time.After(endWithin):
		d.t.Errorf("till-demo still runs %s after %s:\n%s", endWithin, s, d.output)
		_ = d.cmd.Process.Kill() // so that no test leaves it behind
		<-d.exited
	}
	if orderly := s == syscall.SIGINT || s == syscall.SIGTERM; orderly && d.status != nil {
		d.t.Errorf("ended by %s, till-demo fails: %v\n%s", s, d.status, d.output)
	}
	d.nothingLeft(endWithin - time.Since(begun))
}

// nothingLeft waits until no process has this demo's folder among its arguments.
func (d *Demo) nothingLeft(within time.Duration) {
	d.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(within)
	for {
		left := d.Processes()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			d.t.Errorf("processes %v are left behind", left)
			for _, pid := range left {
				_ = syscall.Kill(pid, syscall.SIGKILL) // ours: its arguments name this test's folder
			}
			return
		}
		<-tick.C
	}
}

// Processes are the demo's own and its firmware's: those that name its folder.
func (d *Demo) Processes() []int {
	if runtime.GOOS != "linux" || !filepath.IsAbs(d.Data) {
		return nil // no /proc to look into, or no folder that is only this test's
	}
	var pids []int
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, name := range all {
		args, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(args, []byte(d.Data)) {
			continue // ended meanwhile, or another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Output is what it wrote so far.
func (d *Demo) Output() string { return d.output.String() }

// log keeps what a program writes, and finds the address in it.
type log struct {
	address chan string // 1 deep
	mu      sync.Mutex
	text    bytes.Buffer
	found   bool
}

func newLog() *log { return &log{address: make(chan string, 1)} }

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	if !l.found {
		if url := servedAt.FindString(l.text.String()); url != "" && strings.Contains(l.text.String(), url+"/") {
			l.found = true
			l.address <- url
		}
	}
	return len(b), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var _ io.Writer = (*log)(nil)

// Run runs it to its end, for flags that end it at once; it is killed after a while.
func (p *Program) Run(t testing.TB, dir string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), startWithin)
	defer done()
	cmd := exec.CommandContext(ctx, p.Path, args...)
	cmd.Dir = dir
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err = cmd.Run()
	if ctx.Err() != nil {
		t.Errorf("till-demo %q does not end by itself", args)
	}
	return out.String(), problems.String(), err
}
