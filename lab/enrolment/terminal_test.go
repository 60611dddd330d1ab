package enrolment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/cloud/service"
	"till/cmd/tillcmd"
	"till/demo"
	"till/display"
	"till/sync/wire/enrolment"
)

// firmwareEnv makes this program the till command.
const firmwareEnv = "TILL_ENROLMENT_FIRMWARE"

func TestMain(m *testing.M) {
	if os.Getenv(firmwareEnv) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := tillcmd.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "till:", err)
	}
	os.Exit(tillcmd.ExitCode(err))
}

// counter is a terminal's bench with hands.
type counter struct {
	*demo.Bench
	t *testing.T
}

func startCounter(t *testing.T, dir, site string) *counter {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	b, err := demo.StartBench(ctx, demo.BenchOptions{
		Dir: dir, Site: site, Firmware: os.Args[0], FirmwareEnv: firmwareEnv + "=1", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(); stop() })
	return &counter{b, t}
}

// startEnrolled is a counter whose device becomes a terminal with a claim of its site's
// settings, in a folder.
func startEnrolled(t *testing.T, s *service.Service, dir string, order service.ClaimOrder) *counter {
	t.Helper()
	claimed, err := s.Claim(order)
	if err != nil {
		t.Fatal(err)
	}
	return startCounter(t, dir, fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\nclaim = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint(), claimed.Code))
}

type shown struct {
	Screen, QR, Message string
	Online              bool
	Queued              int
}

// until waits until the terminal shows what is wanted.
func (c *counter) until(what string, wanted func(shown) bool) shown {
	c.t.Helper()
	limit := time.After(40 * time.Second)
	var s shown
	for {
		raw, changed := c.State()
		s = shown{}
		if raw != nil {
			if err := json.Unmarshal(raw, &s); err != nil {
				c.t.Fatal(err)
			}
			if wanted(s) {
				return s
			}
		}
		select {
		case <-changed:
		case <-limit:
			c.t.Fatalf("%s: the terminal shows %+v", what, s)
		}
	}
}

func (c *counter) press(keys ...string) {
	c.t.Helper()
	for _, k := range keys {
		e := display.InputEvent{Key: k}
		if len(k) > 1 {
			e = display.InputEvent{Button: k}
		}
		if err := c.Press(c.t.Context(), e); err != nil {
			c.t.Fatalf("press %s: %v", k, err)
		}
	}
}

// cash sells for 12.34.
func (c *counter) cash() {
	c.t.Helper()
	c.press("1", "2", "3", "4", "cash", "exact")
	c.until("a sale", func(s shown) bool { return s.Screen == "approved" })
	c.press("done")
	c.until("drained", func(s shown) bool { return s.Screen == "ready" && s.Queued == 0 })
}

func selling(s shown) bool { return s.Screen == "ready" && s.Online }

// A device without a configuration of its own enrols by the code on its panel
// and sells, without a restart by hand; power cuts, a revocation and a new claim
// are gone through, and its journal is one.
func TestTerminalEnrolsItself(t *testing.T) {
	s := startService(t)
	c := startCounter(t, folder(t), fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint()))
	qr := c.until("its own code", func(s shown) bool { return s.Screen == "enrol" && s.Online }).QR
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if again := c.until("after a power cut", func(s shown) bool { return s.Screen == "enrol" && s.Online }).QR; again != qr {
		t.Errorf("its code was %s and is %s", qr, again)
	}
	if _, err := s.Claim(service.ClaimOrder{Terminal: "till-07", Settings: shop, Device: enrolment.Device(qr)}); err != nil {
		t.Fatal(err)
	}
	c.until("claimed", selling)
	c.cash()
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.until("after another power cut", selling)

	if err := s.Revoke("till-07"); err != nil {
		t.Fatal(err)
	}
	out := c.until("revoked", func(s shown) bool { return s.Screen == "enrol" })
	if out.QR == qr {
		t.Error("it has the key that was revoked")
	}
	claimed, err := s.Claim(service.ClaimOrder{Terminal: "till-07"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Scan(t.Context(), []byte(claimed.Invitation)); err != nil {
		t.Fatal(err)
	}
	c.until("claimed again", selling)
	c.cash()
	books, err := s.Books()
	if err != nil || len(books.Sales) != 2 || books.Gaps != 0 {
		t.Errorf("the ledger has %+v (%v)", books, err)
	}
	if epochs := epochsOf(t, s, "till-07"); fmt.Sprint(epochs) != "[1]" {
		t.Errorf("its journals are of the epochs %v", epochs)
	}
}

// epochsOf are the epochs that the ledger has, by what can be asked of it.
func epochsOf(t *testing.T, s *service.Service, terminal string) []uint32 {
	t.Helper()
	epochs, err := s.Epochs(terminal)
	if err != nil {
		t.Fatal(err)
	}
	return epochs
}

// The claim is keyed; a second device with it is refused, and says so.
func TestKeyedClaim(t *testing.T) {
	s := startService(t)
	site := fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint())
	claimed, err := s.Claim(service.ClaimOrder{Terminal: "till-07", Settings: shop})
	if err != nil {
		t.Fatal(err)
	}
	first := startCounter(t, folder(t), site)
	first.until("its own code", func(s shown) bool { return s.Screen == "enrol" && s.Online })
	first.press("key_claim")
	first.press(strings.Split(string(claimed.Code), "")...)
	first.until("keyed", func(s shown) bool { return s.Screen == "claim" })
	first.press("enter")
	first.until("claimed", selling)

	second := startCounter(t, folder(t), site+fmt.Sprintf("claim = %q\n", claimed.Code))
	second.until("refused", func(s shown) bool { return s.Screen == "enrol" && strings.Contains(s.Message, "Another device") })
}

// A dead terminal's successor begins an epoch of its own; the dead one's unsent
// sales come from its card, once.
func TestReplacedTerminal(t *testing.T) {
	s := startService(t)
	site := fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint())
	claim := func(replace bool) string {
		claimed, err := s.Claim(service.ClaimOrder{Terminal: "till-07", Settings: shop, Replace: replace})
		if err != nil {
			t.Fatal(err)
		}
		return site + fmt.Sprintf("claim = %q\n", claimed.Code)
	}
	card := folder(t)
	dead := startCounter(t, card, claim(false))
	dead.until("enrolled", selling)
	dead.cash()
	if err := s.Revoke("till-07"); err != nil { // its line is down for good
		t.Fatal(err)
	}
	dead.until("off line", func(s shown) bool { return s.Screen == "ready" && !s.Online })
	dead.press("5", "0", "0", "cash", "exact")
	dead.until("an unsent sale", func(s shown) bool { return s.Screen == "approved" && s.Queued > 0 })
	dead.Close()

	next := startCounter(t, folder(t), claim(true))
	next.until("enrolled", selling)
	next.cash()
	if epochs := epochsOf(t, s, "till-07"); fmt.Sprint(epochs) != "[1 2]" {
		t.Errorf("the epochs are %v", epochs)
	}
	for _, want := range []bool{true, false} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		exported := make(chan error, 1)
		go func() {
			err := tillcmd.Run(t.Context(), []string{"journal", "export", "-data", card + "/terminal"}, w, os.Stderr)
			_ = w.Close() // the reader sees its end
			exported <- err
		}()
		done, err := s.ImportJournal(t.Context(), "till-07", r)
		if err != nil || done.Epoch != 1 || (done.New > 0) != want {
			t.Errorf("read in: %+v (%v)", done, err)
		}
		if err := <-exported; err != nil {
			t.Error(err)
		}
	}
	books, err := s.Books()
	if err != nil || len(books.Sales) != 3 || books.Gaps != 0 {
		t.Errorf("the ledger has %+v (%v)", books, err)
	}
}
