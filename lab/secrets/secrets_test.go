package secrets_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"till/cloud/sandbox"
	"till/display"
	"till/lab/counter"
	"till/lab/kill"
	"till/lab/kill/apart"
	"till/lab/secrets"
	"till/payment"
)

var program counter.Program

func TestMain(m *testing.M) {
	if status, ran := apart.Main(); ran {
		os.Exit(status)
	}
	os.Exit(counter.Main(m, &program))
}

// pace divides the wallets' waits.
const pace = 50

// shop is a system whose every trace is kept.
type shop struct {
	*testing.T
	system  *apart.System
	tap     *secrets.Tap
	cashier *kill.Cashier
	paper   kill.Paper
	dir     string // of everything, temporary files and core dumps too

	mu     sync.Mutex
	states []byte // all that the terminal showed
	codes  []string
}

func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t, tap: secrets.NewTap(), dir: t.TempDir()}
	for _, sub := range []string{"data", "tmp", "here"} {
		if err := os.Mkdir(filepath.Join(s.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(s.dir, "tmp"))
	t.Setenv("GOTRACEBACK", "system") // as much as there is, short of a core dump
	t.Chdir(filepath.Join(s.dir, "here"))
	var err error
	s.system, err = apart.Start(t.Context(), apart.Options{
		Dir: filepath.Join(s.dir, "data"), Pace: pace, Level: slog.LevelDebug, Line: s.tap.Line,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.cashier = kill.NewCashier(s.system, rand.New(rand.NewPCG(1, 2)))
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { s.paper.Collect(ctx, s.system.Terminal) })
	ended.Go(func() { s.watch(ctx) })
	t.Cleanup(func() {
		if err := s.system.Stop(); err != nil {
			t.Error(err)
		}
		s.tap.Close()
		stop()
		ended.Wait()
	})
	return s
}

// watch keeps every state that the terminal shows.
func (s *shop) watch(ctx context.Context) {
	for {
		state, changed := s.system.Terminal.State()
		s.mu.Lock()
		s.states = append(s.states, state...)
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// settle waits until the counter is free and all is printed and acknowledged.
func (s *shop) settle() {
	s.Helper()
	ctx, done := context.WithTimeout(s.Context(), 40*time.Second)
	defer done()
	if err := s.cashier.GoHome(ctx); err != nil {
		s.Fatal(err)
	}
}

// code is a fresh code of a wallet.
func (s *shop) code(wallet payment.Wallet) string {
	s.Helper()
	codes, err := s.system.Cloud.Codes(s.Context(), wallet, 1)
	if err != nil {
		s.Fatal(err)
	}
	s.codes = append(s.codes, codes...)
	return codes[0]
}

// scan keys an amount and scans; whatever comes of it.
func (s *shop) scan(code string) {
	s.Helper()
	ctx, done := context.WithTimeout(s.Context(), 10*time.Second)
	defer done()
	for _, key := range []string{"1", "2", "3"} {
		if err := s.system.Terminal.Press(ctx, display.InputEvent{Key: key}); err != nil {
			s.Fatal(err)
		}
	}
	if err := s.system.Terminal.Scan(ctx, []byte(code)); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) next(b sandbox.Behaviour) {
	s.Helper()
	if err := s.system.Cloud.Next(s.Context(), b); err != nil {
		s.Fatal(err)
	}
}

// charging waits until the gateway has taken a charge of the newest sale, so
// that its code is on the way to the acquirer.
func (s *shop) charging() {
	s.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		raw, changed := s.system.Terminal.State()
		var state counter.State
		if raw != nil && json.Unmarshal(raw, &state) == nil && state.Screen == "charging" {
			return
		}
		select {
		case <-changed:
		case <-time.After(time.Second):
		}
	}
	s.Fatal("no charge is under way")
}

// places are all there is to look at.
func (s *shop) places() []secrets.Place {
	s.Helper()
	places, err := secrets.Files(s.dir)
	if err != nil {
		s.Fatal(err)
	}
	places = append(places, s.tap.Places()...)
	for i, slip := range s.paper.Slips() {
		places = append(places, secrets.Place{Name: fmt.Sprintf("slip %d", i+1), Data: slip})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(places, secrets.Place{Name: "what the terminal showed", Data: bytes.Clone(s.states)})
}

// output is what a process wrote so far.
func (s *shop) output(name string) string {
	s.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "data", apart.Outputs, name+".txt"))
	if err != nil {
		s.Fatal(err)
	}
	return string(raw)
}

// TestCodesStayInMemory sells in every way, breaks everything while codes are on
// their way, and finds them nowhere.
func TestCodesStayInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	s := open(t)
	s.settle()
	late := s.code(payment.WeChat) // it will have expired
	for i, b := range append([]sandbox.Behaviour{sandbox.Approve, sandbox.Approve, sandbox.Approve}, sandbox.Behaviours[1:]...) {
		s.next(b)
		s.scan(s.code(kill.Wallets[i%len(kill.Wallets)]))
		s.settle()
	}
	used := s.codes[1]
	s.scan(late)
	s.settle()
	s.scan(used)
	s.settle()
	for _, code := range marked { // of wallets, and known to none
		s.codes = append(s.codes, code)
		s.scan(code)
		s.settle()
	}
	// Not a code of any wallet, and one where none is expected.
	for _, data := range []string{"MARKED-0123456789-NOT-A-WALLET'S", "https://example.com/?marked=01234567890123"} {
		s.codes = append(s.codes, data)
		s.scan(data)
	}
	s.press("qr")
	if err := s.system.Terminal.Scan(t.Context(), []byte(s.code(payment.Alipay))); err != nil {
		t.Fatal(err)
	}
	s.press("cancel")
	s.settle()

	// Broken while a code is on its way.
	for name, breaks := range map[string]func() error{
		"power cut":           func() error { return s.system.Terminal.Signal(syscall.SIGKILL) },
		"firmware quits":      func() error { return s.system.Terminal.Signal(syscall.SIGQUIT) },
		"firmware aborts":     func() error { return s.system.Terminal.Signal(syscall.SIGABRT) },
		"gateway killed":      func() error { return s.system.Gateway.Signal(syscall.SIGKILL, 0) },
		"gateway quits":       func() error { return s.system.Gateway.Signal(syscall.SIGQUIT, 0) },
		"gateway aborts":      func() error { return s.system.Gateway.Signal(syscall.SIGABRT, 0) },
		"broker quits":        func() error { return s.system.Broker.Signal(syscall.SIGQUIT, 0) },
		"broker killed first": nil,
	} {
		s.next(sandbox.Silent)
		code := s.code(kill.Wallets[rand.N(len(kill.Wallets))])
		if breaks == nil { // the code is sent, and nobody takes it
			if err := s.system.Broker.Signal(syscall.SIGKILL, time.Second); err != nil {
				t.Fatal(err)
			}
			s.scan(code)
		} else {
			s.scan(code)
			s.charging()
			if err := breaks(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		s.settle()
	}
	books, err := s.system.Cloud.Books(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.system.Stop(); err != nil {
		t.Fatal(err)
	}

	places := s.places()
	for _, leak := range secrets.Find(places, s.codes) {
		t.Error(leak)
	}

	// What was looked at was worth looking at.
	if len(books.Charges) < 8 || len(s.paper.Slips()) < 5 {
		t.Errorf("only %d charges and %d slips", len(books.Charges), len(s.paper.Slips()))
	}
	for _, name := range []string{"firmware", "gateway"} {
		out := s.output(name)
		for _, want := range []string{"SIGQUIT", "SIGABRT", "goroutine "} {
			if !strings.Contains(out, want) {
				t.Errorf("the %s's crash output has no %q", name, want)
			}
		}
	}
	var wire []byte
	for _, p := range s.tap.Places() {
		wire = append(wire, p.Data...)
	}
	if n := bytes.Count(wire, []byte(`"sealed":"`)); n < 2*8 { // each on both lines
		t.Errorf("only %d sealed codes were on the wire", n)
	}

	// The search finds a code that is planted in any place of these.
	for i, p := range places {
		at := len(p.Data) / 2
		planted := secrets.Place{Name: p.Name, Data: bytes.Join([][]byte{p.Data[:at], []byte(s.codes[0]), p.Data[at:]}, nil)}
		if len(secrets.Find([]secrets.Place{planted}, s.codes[:1])) == 0 {
			t.Errorf("place %d, %s: what is planted there is not found", i, p.Name)
		}
	}
	t.Logf("%d codes, %d places, %d charges", len(s.codes), len(places), len(books.Charges))
}

func (s *shop) press(button string) {
	s.Helper()
	if err := s.system.Terminal.Press(s.Context(), display.InputEvent{Button: button}); err != nil {
		s.Fatal(err)
	}
}

// TestDemoKeepsNoCode is the same of till-demo: its folder, its log, its stream
// of events, its paper, and what it writes when it is made to crash.
func TestDemoKeepsNoCode(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	dir := t.TempDir()
	for _, sub := range []string{"tmp", "here", "data"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	t.Setenv("GOTRACEBACK", "system")
	d := program.Start(t, counter.Data(filepath.Join(dir, "data")), counter.Dir(filepath.Join(dir, "here")), counter.Args("-log", "debug", "-pace", "50"))
	var events bytes.Buffer
	listening, stop := context.WithCancel(t.Context())
	heard := make(chan error, 1)
	go func() {
		heard <- d.Listen(listening, func(kind string, data []byte) bool {
			events.WriteString(kind + " ")
			events.Write(append(data, '\n'))
			return false
		})
	}()
	d.Online()
	var codes []string
	var places []secrets.Place
	for i, b := range sandbox.Behaviours {
		d.Next(string(b))
		d.Amount("199")
		code := d.Code(string(kill.Wallets[i%len(kill.Wallets)]))
		codes = append(codes, code)
		d.Scan(code)
		d.Await("its end", 20*time.Second, func(s counter.State) bool { return s.Settled() })
		d.Home()
	}
	for _, code := range marked {
		codes = append(codes, code)
		d.Amount("299")
		d.Scan(code)
		d.Await("its end", 20*time.Second, func(s counter.State) bool { return s.Settled() })
		d.Home()
	}
	for n := 1; n <= d.Slips(); n++ {
		slip := d.Get(fmt.Sprintf("/terminal/receipt.bin?number=%d", n))
		places = append(places, secrets.Place{Name: fmt.Sprintf("slip %d", n), Data: slip})
	}
	d.Next("silent")
	d.Amount("399")
	code := d.Code("unionpay")
	codes = append(codes, code)
	d.Scan(code)
	for _, pid := range d.Processes() {
		args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !bytes.Contains(args, []byte("-config")) {
			continue // the demo itself
		}
		if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	d.Await("it has booted again", 20*time.Second, func(s counter.State) bool { return s.Screen == "checking" || s.Settled() })
	d.Quit()
	stop()
	if err := <-heard; err != nil { // it ends by the demo's end, or by stop
		t.Logf("the pages' events ended: %v", err)
	}
	files, err := secrets.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	places = append(append(places, files...),
		secrets.Place{Name: "the stream of events", Data: events.Bytes()},
		secrets.Place{Name: "what till-demo wrote", Data: []byte(d.Output())})
	for _, leak := range secrets.Find(places, codes) {
		t.Error(leak)
	}
	if strings.Count(d.Output(), "SIGQUIT") < 2 || !bytes.Contains(events.Bytes(), []byte("state {")) || len(places) < 10 {
		t.Errorf("there was little to look at: %d places, %d bytes of events, and the demo wrote\n%.2000s", len(places), events.Len(), d.Output())
	}
}
