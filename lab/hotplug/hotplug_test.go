package hotplug_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"till/cmd/tillcmd"
	"till/display"
	"till/lab/hotplug"
	"till/lab/kill/apart"
	"till/payment"
	"till/printer"
	"till/printer/emulator"
	"till/words"
)

func TestMain(m *testing.M) {
	if status, ran := apart.Main(); ran {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

const (
	pace     = 10              // the wallets' waits are divided by it
	patience = 2 * time.Minute // bounds every wait; the machine may be busy
)

// shop is a terminal at work on a machine, with a gateway that is elsewhere.
type shop struct {
	t         *testing.T
	cloud     *apart.Cloud
	machine   *hotplug.Machine
	hears     *listener
	random    *rand.Rand
	clock     time.Duration // of the number pad
	touched   image.Point   // last
	touchedAt time.Time
	sold      []int64 // amounts
	refused   int     // sales that were not paid
	asked     int     // receipts that did not come out and were printed again
	end       func() error
	before    footprint // without the terminal

	mu    sync.Mutex
	slips []string
}

func open(t *testing.T, seed uint64) *shop {
	t.Helper()
	s := &shop{t: t, hears: newListener(), random: rand.New(rand.NewPCG(seed, 5))}
	dir := t.TempDir()
	system, broker, key, err := apart.StartCloud(context.Background(), t.TempDir(), pace, slog.LevelError)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := system.Stop(); err != nil {
			t.Error(err)
		}
	})
	s.cloud = system.Cloud
	if _, err := s.cloud.Books(t.Context()); err != nil { // its connection stays
		t.Fatal(err)
	}
	s.before = measure(t)
	if s.machine, err = hotplug.NewMachine(printer.Profile80(), s.printed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.machine.Printer.Unplug(); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "till.toml")
	text := fmt.Sprintf(`
terminal = "shop-1"
board = "pi3b"
data = %q
merchant = {name = "Shop", timezone = "UTC", currency = "USD"}
gateway = {broker = %q, key = %q}
printer = {profile = "80mm"}
shift = {auto = true}
`, filepath.Join(dir, "data"), "tcp://"+broker, key)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := tillcmd.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	config.Machine = s.machine.Device()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- tillcmd.Sell(ctx, config, slog.New(s.hears)) }()
	s.end = sync.OnceValue(func() error {
		stop()
		return <-ended
	})
	t.Cleanup(func() {
		if err := s.end(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shop) printed(d emulator.Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slips = append(s.slips, string(d.Bytes))
}

// listener is the terminal's log: what it says of its screens and troubles.
type listener struct {
	slog.Handler
	mu       sync.Mutex
	changed  chan struct{} // closed and made anew with every line
	screen   string
	troubles []words.Key
	doubts   []uint64 // receipts that the cashier is asked for, in order
	lines    []string // the newest, for a test that fails
}

func newListener() *listener {
	return &listener{Handler: slog.DiscardHandler, changed: make(chan struct{}), screen: "ready", troubles: []words.Key{"unknown"}}
}

func (l *listener) Enabled(context.Context, slog.Level) bool { return true }

func (l *listener) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		switch {
		case r.Message == "screen" && a.Key == "to":
			l.screen = a.Value.String()
		case a.Key == "receipt":
			l.doubts = append(l.doubts, a.Value.Uint64())
		case a.Key == "number" && len(l.doubts) > 0:
			l.doubts = l.doubts[1:]
		case r.Message == "troubles" && a.Key == "are":
			l.troubles = a.Value.Any().([]words.Key)
		}
		return true
	})
	if l.lines = append(l.lines, line); len(l.lines) > 200 {
		l.lines = l.lines[1:]
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

func (l *listener) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// until waits until the log has told what is wanted, within a time.
func (l *listener) until(within time.Duration, as func(screen string, troubles []words.Key) bool) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		l.mu.Lock()
		ok, changed := as(l.screen, l.troubles), l.changed
		l.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-late.C:
			return false
		}
	}
}

func (s *shop) wait(what string, as func(screen string, troubles []words.Key) bool) {
	s.t.Helper()
	if !s.hears.until(patience, as) {
		s.t.Fatalf("no %s; it said:\n%s", what, s.hears.said())
	}
}

func (s *shop) screen(want ...string) string {
	s.t.Helper()
	var got string
	s.wait(strings.Join(want, " or "), func(screen string, _ []words.Key) bool {
		got = screen
		return slices.Contains(want, screen)
	})
	return got
}

// eventually waits for something that nobody tells of.
func eventually(within time.Duration, as func() bool) bool {
	late, look := time.NewTimer(within), time.NewTicker(5*time.Millisecond)
	defer late.Stop()
	defer look.Stop()
	for !as() {
		select {
		case <-look.C:
		case <-late.C:
			return as()
		}
	}
	return true
}

var padCodes = map[rune]uint16{'0': 82, '1': 79, '2': 80, '3': 81, '4': 75, '5': 76, '6': 77, '7': 71, '8': 72, '9': 73, '.': 83, '\n': 96}

// key types on the number pad, as a person does, and returns once all was handled:
// a device is read on when what it gave before was taken.
func (s *shop) key(text string) {
	for _, r := range text + "..." { // a point does nothing, but on no screen either
		s.clock += 250 * time.Millisecond
		s.machine.Pad.Send(display.InputRecord{At: s.clock, Type: 1, Code: padCodes[r], Value: 1}, display.InputRecord{At: s.clock})
	}
}

// touch taps a button of a screen like v. False if there is no panel.
func (s *shop) touch(v display.View, button string) bool {
	panel := s.machine.Touch.Panel()
	if panel == nil {
		return false
	}
	placed := display.Render(v, image.Pt(800, 480)).Buttons
	i := slices.IndexFunc(placed, func(p display.Placed) bool { return p.ID == button })
	at := placed[i].Rect.Min.Add(placed[i].Rect.Size().Div(2))
	if near := at.Sub(s.touched); max(near.X, -near.X, near.Y, -near.Y) <= 40 { // else it may be a double tap
		time.Sleep(time.Until(s.touchedAt.Add(400 * time.Millisecond)))
	}
	s.touched, s.touchedAt = at, time.Now()
	s.clock += time.Second
	panel.Send(
		display.InputRecord{At: s.clock, Type: 3, Code: 0, Value: int32(at.X)}, display.InputRecord{At: s.clock, Type: 3, Code: 1, Value: int32(at.Y)},
		display.InputRecord{At: s.clock, Type: 1, Code: 0x14a, Value: 1}, display.InputRecord{At: s.clock},
		display.InputRecord{At: s.clock + 1, Type: 1, Code: 0x14a}, display.InputRecord{At: s.clock + 1})
	return true
}

// keyed is the ready screen with an amount, as far as its buttons go.
func keyed(cents int64) display.View {
	return display.View{
		Screen: display.ScreenReady, Keypad: true, Amount: payment.Money{Amount: cents, Currency: "USD"},
		Buttons: []display.Button{{ID: "menu", Enabled: true}, {ID: "cash", Enabled: true, Role: display.RoleTender}, {ID: "qr", Enabled: true, Role: display.RoleMain}},
	}
}

// ready waits until the counter is free. Asked whether a receipt came out, the
// cashier looks, and says so.
func (s *shop) ready() {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for s.screen("ready", "receipt") == "receipt" {
		if time.Now().After(deadline) {
			s.t.Fatalf("no answer is taken; it said:\n%s", s.hears.said())
		}
		receipt, asked := s.hears.doubt()
		switch {
		case !asked: // the screen is about to change
		case s.receipts(receipt, func(string) bool { return true }) > 0:
			s.key("\n") // yes
		default:
			s.touch(doubt, "again")
			s.asked++
		}
		s.hears.until(again, func(screen string, _ []words.Key) bool {
			return screen != "receipt" || len(s.hears.doubts) > 0 && s.hears.doubts[0] != receipt
		})
	}
}

// doubt is the question whether a receipt came out, as far as its buttons go.
var doubt = display.View{
	Screen: display.ScreenConfirm, Title: words.Say(words.English, "receipt_doubt"),
	Buttons: []display.Button{{ID: "again", Enabled: true}, {ID: "yes", Enabled: true, Role: display.RoleMain}},
}

// doubt is the receipt that the cashier is asked for.
func (l *listener) doubt() (uint64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.doubts) == 0 {
		return 0, false
	}
	return l.doubts[0], true
}

const again = 300 * time.Millisecond // until a person tries again what did nothing

// sell makes one sale, whatever is unplugged meanwhile.
func (s *shop) sell() {
	s.t.Helper()
	s.ready()
	amount := 100 + s.random.Int64N(9900)
	s.key(fmt.Sprint(amount))
	if s.random.IntN(2) == 0 {
		s.sellCash(amount)
	} else if !s.sellScan() {
		s.refused++
		s.key("\n")
		s.ready()
		return
	}
	s.screen("approved")
	s.sold = append(s.sold, amount)
	s.key("\n")
	s.ready()
}

func (s *shop) sellCash(amount int64) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !s.hears.until(again, func(screen string, _ []words.Key) bool { return screen == "cash" }) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the touch panel does nothing; it said:\n%s", s.hears.said())
		}
		s.touch(keyed(amount), "cash")
	}
	s.key("\n") // exact
}

// sellScan says whether the wallet paid: on a busy machine a code may expire.
func (s *shop) sellScan() (paid bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		codes, err := s.cloud.Codes(s.t.Context(), payment.Alipay, 1)
		if err != nil {
			s.t.Fatal(err)
		}
		if k := s.machine.Scanner.Keys(); k != nil {
			ctx, stop := context.WithTimeout(s.t.Context(), again)
			_ = k.Type(ctx, codes[0]) // it may be pulled out meanwhile: then nothing happens
			stop()
		}
		if s.hears.until(again, func(screen string, _ []words.Key) bool { return screen != "ready" }) {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the scanner does nothing; it said:\n%s", s.hears.said())
		}
	}
	return s.screen("approved", "declined", "expired") == "approved"
}

// footprint is what a process must not have more and more of.
type footprint struct{ goroutines, files int }

func measure(t *testing.T) footprint {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return footprint{runtime.NumGoroutine(), len(files)}
}

// settled waits until there is no more than before; the printer's poll and the
// link come and go.
func settled(t *testing.T, what string, most footprint) {
	t.Helper()
	var now footprint
	if eventually(patience, func() bool {
		now = measure(t)
		return now.goroutines <= most.goroutines && now.files <= most.files
	}) {
		return
	}
	var stacks bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // into memory
	t.Fatalf("%s: %+v, at most %+v\n%s", what, now, most, stacks.String())
}

var missing = map[string]words.Key{
	"touch": "bar_no_touch", "scanner": "bar_no_scanner", "printer": "bar_no_printer", "display": "bar_no_display",
}

// barShows says whether the panel's own memory shows these troubles in words.
func (s *shop) barShows(troubles ...words.Key) bool {
	const rows = 40
	got := s.machine.Display.Bar(rows)
	for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Minute)} { // the minute may just have changed
		frame := display.Render(display.View{
			Screen: display.ScreenReady,
			Bar:    display.Bar{Merchant: "Shop", Terminal: "shop-1", Online: true, Troubles: troubles, Clock: at.UTC().Format("15:04")},
		}, image.Pt(800, 480)).Image
		memory := make([]byte, 800*480*2)
		fb, err := display.NewFramebuffer(memory, hotplug.Geometry(), 0)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := fb.Draw(frame, frame.Rect); err != nil {
			s.t.Fatal(err)
		}
		if bytes.Equal(got, memory[:len(got)]) && got != nil {
			return true
		}
	}
	return false
}

// Each peripheral is pulled out and plugged in again once, and the status bar
// says so in words, in the very pixels of the panel.
func TestTheStatusBarSaysWhatIsGone(t *testing.T) {
	s := open(t, 1)
	none := func(_ string, troubles []words.Key) bool { return len(troubles) == 0 }
	s.wait("terminal with everything", none)
	if !eventually(patience, func() bool { return s.barShows() }) {
		t.Fatal("the bar is not as it should be with everything there")
	}
	for name, socket := range s.machine.Sockets() {
		key := missing[name]
		if err := socket.Unplug(); err != nil {
			t.Fatal(err)
		}
		s.wait(string(key), func(_ string, troubles []words.Key) bool { return slices.Equal(troubles, []words.Key{key}) })
		if name != "display" && !eventually(patience, func() bool { return s.barShows(key) }) {
			t.Errorf("the bar does not say %s", key)
		}
		s.sellAnyway(name)
		if err := socket.Plug(); err != nil {
			t.Fatal(err)
		}
		s.wait("terminal with everything", none)
		if !eventually(patience, func() bool { return s.barShows() }) {
			t.Errorf("the bar still says %s", key)
		}
	}
	for _, c := range []struct {
		key    words.Key
		change func(bool)
	}{
		{"bar_no_paper", func(is bool) { s.machine.Printer.Emulator.SetPaper(!is) }},
		{"bar_cover_open", s.machine.Printer.Emulator.SetCover},
		{"bar_paper_low", s.machine.Printer.Emulator.SetNearEnd},
	} {
		c.change(true)
		if !eventually(patience, func() bool { return s.barShows(c.key) }) {
			t.Errorf("the bar does not say %s; it said:\n%s", c.key, s.hears.said())
		}
		c.change(false)
		s.wait("terminal with everything", none)
	}
}

// sellAnyway sells with what is left.
func (s *shop) sellAnyway(without string) {
	s.t.Helper()
	s.key("500")
	if without == "touch" {
		s.sellScan()
	} else {
		s.sellCash(500)
	}
	s.screen("approved")
	s.key("\n")
	s.ready()
}

// The printer is lost when a receipt is out and before it could say so: the
// cashier is asked, the next sale is not held up, and a second slip says that it
// is one.
func TestTheCashierIsAskedWhetherAReceiptCameOut(t *testing.T) {
	s := open(t, 2)
	none := func(_ string, troubles []words.Key) bool { return len(troubles) == 0 }
	s.wait("terminal with everything", none)
	sell := func() {
		s.key("500")
		s.sellCash(500)
		s.screen("approved")
	}
	ask := func() {
		t.Helper()
		s.machine.Printer.LoseNext()
		sell()
		s.wait("question", func(string, []words.Key) bool { return len(s.hears.doubts) > 0 })
		s.key("\n")
		s.screen("receipt")
	}
	replug := func() {
		if err := errors.Join(s.machine.Printer.Unplug(), s.machine.Printer.Plug()); err != nil {
			t.Fatal(err)
		}
		s.wait("terminal with everything", none)
	}
	all := func(string) bool { return true }
	ask()
	sell() // the question waits
	s.key("\n")
	s.screen("receipt")
	s.key("\n") // yes
	s.screen("ready")
	replug()
	if !eventually(patience, func() bool { return s.receipts(2, all) == 1 }) || s.receipts(1, all) != 1 {
		t.Fatalf("receipt 1 came out %d times, and receipt 2 %d times", s.receipts(1, all), s.receipts(2, all))
	}
	ask()
	s.touch(doubt, "again")
	s.screen("ready")
	replug()
	marked := func(slip string) bool { return strings.Contains(slip, words.Say(words.English, "paper_copy")) }
	if !eventually(patience, func() bool { return s.receipts(3, marked) == 1 }) || s.receipts(3, all) != 2 || s.receipts(1, all) != 1 {
		t.Fatalf("receipt 3 came out %d times, %d of them marked", s.receipts(3, all), s.receipts(3, marked))
	}
}

// A printer that never answers is believed, unless it is lost while it may still
// be printing, for however short a time.
func TestASilentPrinterIsLost(t *testing.T) {
	s := open(t, 3)
	s.machine.Printer.Silence()
	s.wait("terminal with everything", func(_ string, troubles []words.Key) bool { return len(troubles) == 0 })
	s.key("500")
	s.sellCash(500)
	s.screen("approved")
	if !eventually(patience, func() bool { return s.receipts(1, func(string) bool { return true }) == 1 }) {
		t.Fatal("the receipt did not come out")
	}
	if err := errors.Join(s.machine.Printer.Unplug(), s.machine.Printer.Plug()); err != nil {
		t.Fatal(err)
	}
	s.key("\n")
	s.screen("receipt")
	s.key("\n")
	s.screen("ready")
}

// cycles is how often each peripheral is pulled out and plugged in again.
func cycles() int {
	if os.Getenv("TILL_SOAK") != "" {
		return 1000
	}
	return 50
}

// Everything is pulled out and plugged in again at random while the terminal
// sells. No sale is lost, each has its receipt, and nothing piles up.
func TestHotPlugWhileSelling(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := open(t, seed)
	none := func(_ string, troubles []words.Key) bool { return len(troubles) == 0 }
	s.wait("terminal with everything", none)
	for range 3 {
		s.sell()
	}
	s.papers()
	steady := measure(t)

	stopped := make(chan struct{})
	var pulling sync.WaitGroup
	var failed error
	var mu sync.Mutex
	for i, name := range []string{"display", "touch", "scanner", "printer"} {
		socket, random := s.machine.Sockets()[name], rand.New(rand.NewPCG(seed, uint64(i)))
		pulling.Go(func() {
			if err := s.pull(socket, missing[name], random); err != nil {
				mu.Lock()
				failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
				mu.Unlock()
			}
		})
	}
	go func() {
		pulling.Wait()
		close(stopped)
	}()
	for selling := true; selling; {
		s.sell()
		select {
		case <-stopped:
			selling = false
		default:
		}
	}
	if failed != nil {
		t.Fatalf("%v; it said:\n%s", failed, s.hears.said())
	}
	s.wait("terminal with everything", none)
	s.sell()
	s.papers()
	s.books()
	settled(t, "everything is back", steady)
	t.Logf("%d sales, %d slips, %d receipts asked for and printed again, each peripheral out and in %d times; %+v", len(s.sold), len(s.slips), s.asked, cycles(), steady)
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if err := s.machine.Printer.Unplug(); err != nil {
		t.Error(err)
	}
	settled(t, "the terminal has ended", s.before)
}

// pull pulls something out and plugs it in again: mostly faster than anybody
// notices, now and then for so long that the terminal says so.
func (s *shop) pull(socket hotplug.Socket, key words.Key, random *rand.Rand) error {
	pause := func(most time.Duration) {
		timer := time.NewTimer(time.Duration(random.Int64N(int64(most))))
		defer timer.Stop()
		<-timer.C
	}
	for i := range cycles() {
		if err := socket.Unplug(); err != nil {
			return err
		}
		notice := i%10 == 9
		if notice && !s.hears.until(patience, func(_ string, troubles []words.Key) bool { return slices.Contains(troubles, key) }) {
			return fmt.Errorf("it was not said that it is gone")
		}
		pause(600 * time.Millisecond)
		if err := socket.Plug(); err != nil {
			return err
		}
		if notice && !s.hears.until(patience, func(_ string, troubles []words.Key) bool { return !slices.Contains(troubles, key) }) {
			return fmt.Errorf("it did not come back")
		}
		pause(900 * time.Millisecond)
	}
	return nil
}

// papers holds that each sale has a receipt that came out whole, and that there
// is no second one that does not say that it is a copy.
func (s *shop) papers() {
	s.t.Helper()
	for n := range s.sold {
		number := uint64(n + 1)
		whole := func(string) bool { return true }
		if !s.printing(func() bool { return s.receipts(number, whole) > 0 }) {
			var stacks bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // into memory
			s.t.Fatalf("receipt %d did not come out; it said:\n%s\n%s", number, s.hears.said(), stacks.String())
		}
		original := func(slip string) bool { return !strings.Contains(slip, words.Say(words.English, "paper_copy")) }
		if originals := s.receipts(number, original); originals > 1 {
			s.t.Errorf("receipt %d came out %d times without saying that it is a copy", number, originals)
		}
	}
	// A command that the cable was pulled in the middle of is none, and takes from
	// the next one: now and then it hits one.
	faults := s.machine.Printer.Emulator.Faults()
	if most := cycles() / 20; places(s.t, faults) > most {
		s.t.Errorf("the printer was sent what it does not know: %v", faults)
	}
}

// places counts where the printer did not understand: each byte of a command that lost
// its beginning is a fault, and they stand side by side.
func places(t *testing.T, faults []error) (n int) {
	t.Helper()
	last := int64(-2)
	for _, f := range faults {
		var at int64
		if _, err := fmt.Sscanf(f.Error(), "byte %d:", &at); err != nil {
			t.Fatalf("%v: %v", f, err)
		}
		if at > last+1 {
			n++
		}
		last = at
	}
	return n
}

// printing waits for a slip for as long as slips come out: many may wait for
// their turn.
func (s *shop) printing(there func() bool) bool {
	s.t.Helper()
	count := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.slips)
	}
	for {
		before := count()
		if eventually(patience, there) {
			return true
		}
		if count() == before {
			return false
		}
	}
}

// receipts counts the slips that are a whole receipt of a number, and fit.
func (s *shop) receipts(number uint64, fit func(string) bool) (n int) {
	// A wallet's transaction number may end alike. The label's Chinese is a picture.
	line := regexp.MustCompile(fmt.Sprintf(`(?s)%s .{0,250}? +%06d\n`, words.Say(words.English, "paper_receipt"), number))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, slip := range s.slips {
		if !strings.Contains(slip, words.Say(words.English, "paper_interrupted")) && line.MatchString(slip) && fit(slip) {
			n++
		}
	}
	return n
}

// books holds the ledger and the acquirer's own book against what was sold.
func (s *shop) books() {
	s.t.Helper()
	if !eventually(patience, func() bool {
		books, err := s.cloud.Books(s.t.Context())
		return err == nil && len(books.Sales) == len(s.sold)+s.refused
	}) {
		s.t.Fatalf("%d sales were made, and are not all in the ledger", len(s.sold))
	}
	books, err := s.cloud.Books(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	var want, got, charged, wallet int64
	for _, amount := range s.sold {
		want += amount
	}
	refused := s.refused
	for _, sale := range books.Sales {
		if refused > 0 && (sale.Status == payment.StatusDeclined || sale.Status == payment.StatusExpired) {
			refused--
			continue
		}
		got += sale.Amount
		if sale.Status != payment.StatusApproved {
			s.t.Errorf("sale %s is %s", sale.ID, sale.Status)
		}
		for _, tender := range sale.Tenders {
			if tender.Wallet != payment.Cash {
				wallet += tender.Amount
			}
		}
	}
	for _, c := range books.Charges {
		charged += c.Amount
		if c.Reversed || c.Refunded != 0 {
			s.t.Errorf("%+v", c)
		}
	}
	if got != want || charged != wallet || books.Gaps != 0 {
		s.t.Errorf("sold %d, the ledger has %d; of it %d by wallet, charged %d; %d gaps", want, got, wallet, charged, books.Gaps)
	}
}
