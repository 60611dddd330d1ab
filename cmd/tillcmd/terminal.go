package tillcmd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"till/checkout"
	"till/checkout/training"
	"till/device"
	"till/display"
	"till/payment"
	"till/scanner"
	"till/store"
	link "till/sync"
	"till/sync/wire"
	"till/words"
)

// terminal is the counter at work on a board: one goroutine takes events one
// after another, and shows what came of each.
type terminal struct {
	config  Config
	log     *slog.Logger
	started time.Time
	boot    string

	device   *device.Device
	journal  *store.Journal
	link     *link.Link
	remote   sync.WaitGroup     // commands from afar, and questions to enrolment, that are under way
	forgot   bool               // which command was the newest: the next is not begun, for it may be that one
	register *checkout.Register // the real one
	counter  *training.Counter  // it, and the one that people train at
	printing *printQueue
	panel    *display.Panel
	painter  *display.Painter
	painted  image.Point // what the painter paints for
	customer *customerScreen
	lamp     lamp
	crashes  []device.Crash                // what the last run and boot left
	notice   words.Sentence                // said once
	key      atomic.Pointer[string]        // fingerprint of the gateway's key; nil until it is known
	offset   atomic.Pointer[time.Duration] // the cloud's time less steady; nil until it is known
	reached  atomic.Bool                   // the gateway is on line
	resettle chan struct{}                 // 1 deep: the gateway may have other settings for this terminal
	leaving  atomic.Bool                   // to be enrolled again, once the counter is idle

	updating *updating // nil where this till is updated by other means
	reports  reports

	inbox   chan input
	stirred chan struct{} // 1 deep: something shown is another, beside the counter's own state
	changed chan struct{} // 1 deep: something was plugged in or pulled out

	condition condition

	examining sync.Mutex // by the doctor

	frame *display.Frame
	tap   tap
	led   device.LED

	cashRegister *cashRegister // nil: none may use this terminal
	updates      int           // rectangles sent to the panel
	pinsMoved    int
}

// input is an event for the counter, and who waits for it to be handled.
type input struct {
	event   checkout.Event
	resolve func(*terminal) (checkout.Event, error) // instead of event: what it is depends on the screen
	done    chan<- error

	register bool // a cash register waits: it is answered even when the counter has ended
}

// Sell is till run with a configuration at hand.
func Sell(ctx context.Context, config Config, log *slog.Logger) error {
	return runTerminal(ctx, config, log)
}

// runTerminal sells until ctx ends or a part fails that cannot be done without.
func runTerminal(ctx context.Context, config Config, log *slog.Logger) error {
	crashes, disarm := keepCrashes(config.Data, log)
	defer disarm()
	for {
		err := runOnce(ctx, config, log, crashes)
		if switchesOff(err) {
			log.Info("switching off", "why", err)
			return config.powerOff()
		}
		var again restart
		if errors.As(err, &again) {
			log.Warn("the machine is started anew", "why", again)
			return again.do(ctx)
		}
		if !errors.Is(err, errReopen) || ctx.Err() != nil {
			return err
		}
		log.Warn("a new start", "why", err)
	}
}

func runOnce(ctx context.Context, config Config, log *slog.Logger, crashes []device.Crash) error {
	t := &terminal{
		config: config, log: log, started: time.Now(), boot: newBoot(), crashes: crashes,
		inbox: make(chan input, 256), stirred: make(chan struct{}, 1), changed: make(chan struct{}, 1), resettle: make(chan struct{}, 1),
	}
	journal, notice, err := openJournal(config, t.boot)
	if mayMend(err) {
		journal, notice, err = t.untilOpen(ctx, err)
	}
	if err != nil {
		return err
	}
	t.journal, t.notice = journal, notice
	err = t.run(ctx)
	return errors.Join(err, journal.Close())
}

func newBoot() string {
	raw := make([]byte, 6)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	return hex.EncodeToString(raw)
}

func (t *terminal) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	body, err := device.Open(ctx, t.config.Board, t.body())
	if err != nil {
		return err
	}
	t.device = body
	t.panel, t.customer = display.NewPanel(body.Display), newCustomerScreen(body.Customer, t.log)
	t.lamp = lamp{after: t.config.Display.DarkAfter, since: time.Now()}
	if err := t.openLink(ctx); err != nil {
		return errors.Join(err, body.Close())
	}
	if err := t.openUpdates(); err != nil {
		t.log.Info("updates", "err", err)
	}
	t.printing = newPrintQueue(t)
	newest, _ := t.journal.Newest()
	sales := t.journal.Unfinished()
	if newest.ID != "" && !newest.Unfinished() {
		sales = append(sales, newest)
	}
	t.register = &checkout.Register{
		State:   checkout.New(t.config.counter(body.Display.Size()), t.journal.LastReceipt(), newest.ID, sales),
		Journal: grown{t.journal, t.link, body.Vitals.Commit}, Gateway: gateway{t}, Printer: t.printing, Body: pins{t}, Doctor: onPanel{ctx, t},
		Guard: t.config.Operators, PINs: givesPINs{ctx, t},
	}
	t.register.State.Counter = t.journal.Counter()
	t.counter = training.New(t.register, practicePaper{t.printing})
	if err := t.openCashRegister(); err != nil {
		return errors.Join(err, body.Close())
	}
	parts := map[string]func(context.Context) error{
		"link":    t.link.Run,
		"printer": t.printing.run,
		"input":   t.readInput,
		"scanner": t.readScanner,
	}
	maps.Copy(parts, t.bodyParts())
	if t.cashRegister != nil {
		parts["cash registers"] = t.cashRegister.run
	}
	if u := t.updating; u != nil {
		parts["updates"] = u.Run
		defer func() { _ = u.disk.Close() }() // all that was written was synced
	}
	ended := make(chan struct{}, len(parts))
	for name, part := range parts {
		go func() {
			err := part(ctx)
			if ctx.Err() == nil { // a part that ends by itself ends the firmware: on the sim board the bench is gone
				stop(fmt.Errorf("%s ended: %w", name, orGone(err)))
			}
			ended <- struct{}{}
		}()
	}
	attended := t.attend(ctx)
	err = t.loop(ctx)
	t.farewell()
	stop(err)
	attended()
	err = errors.Join(err, body.Close())
	for range parts {
		<-ended
	}
	t.remote.Wait()
	return err
}

// counter is what the configuration settles of the counter, on a display of this size.
func (c Config) counter(size image.Point) checkout.Settings {
	return checkout.Settings{
		Currency: c.Merchant.Currency, Cashier: c.Merchant.Cashier, Zone: c.Merchant.Zone,
		Managed: c.Operators.managed(), SignOn: len(c.Operators.All) > 0,
		SignsOn: c.Operators.named(c.Operators.Auto), LockAfter: c.Operators.LockAfter,
		AutoShift: c.AutoShift, Trade: c.Trade, Resets: c.Identity != nil,
		PaperAsked: c.paperAsked(), ReceiptURL: c.Receipts.URL,
		Rows: rowsOf(c, size, false),
	}
}

// rowsOf is how many rows of a list fit on a screen.
func rowsOf(c Config, size image.Point, training bool) int {
	return display.RowsThatFit(display.View{Screen: display.ScreenList, Test: c.Test, Training: training, Buttons: []display.Button{{ID: "back", Role: display.RoleBack}}}, size)
}

var errGone = errors.New("the device is gone")

func orGone(err error) error {
	if err == nil {
		return errGone
	}
	return err
}

func (t *terminal) openLink(ctx context.Context) error {
	tlsConfig, err := t.config.Gateway.tls()
	if err != nil {
		return err
	}
	if t.config.Identity != nil {
		tlsConfig = t.config.Identity.TLS()
	}
	slot := commandFile{t.config.Data}
	kept, err := slot.load()
	if err != nil {
		t.log.Error("commands from afar", "err", err)
		t.forgot = true
	}
	config := link.Config{
		Terminal: t.config.Terminal, Broker: t.config.Gateway.Broker, TLS: tlsConfig, Log: t.log,
		Clock:  func() link.Now { return link.Now{At: t.steady(), Mono: t.mono()} },
		Handle: func(e link.Effect) { t.hear(ctx, e) }, Slot: slot,
	}
	p := t.journal.Position()
	t.link = link.NewLink(config, t.journal, link.NewSession(t.boot, Version, p.Epoch, p.Last, p.Acked).Resume(kept))
	t.report()
	return nil
}

// tls reads the files of a client certificate; nil without any.
func (g Gateway) tls() (*tls.Config, error) {
	if g.CA == "" && g.Certificate == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13}
	if g.CA != "" {
		pem, err := os.ReadFile(g.CA)
		if err != nil {
			return nil, fmt.Errorf("read the gateway's authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the gateway's authority: %s holds no certificate", g.CA)
		}
	}
	if g.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(g.Certificate, g.PrivateKey)
		if err != nil {
			return nil, fmt.Errorf("read this terminal's certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// mono is the time since boot; steady is that as a moment, which no clock
// adjustment moves.
func (t *terminal) mono() time.Duration { return time.Since(t.started) }
func (t *terminal) steady() time.Time   { return t.started.Round(0).Add(t.mono()) }

func (t *terminal) now() checkout.Now {
	at := t.steady()
	stamp := payment.Stamp{Boot: t.boot, Mono: t.mono()}
	if s := t.register.State; s.ClockKnown {
		stamp.Time = at.Add(s.Offset).UTC().Truncate(time.Millisecond)
	}
	fresh := ulid.MustNew(uint64(at.Add(t.register.State.Offset).UnixMilli()), rand.Reader) // fails only in the year 10889
	p := t.journal.Position()
	return checkout.Now{At: at, Stamp: stamp, Fresh: payment.SaleID(fresh.String()), Unsent: p.Last - p.Acked}
}

// loop is the counter's own goroutine.
func (t *terminal) loop(ctx context.Context) error {
	if err := t.step(checkout.Booted{}); err != nil {
		t.log.Error("boot", "err", err)
	}
	if t.notice.Key != "" {
		t.log.Error("notice", "key", t.notice.Key)
		if err := t.step(checkout.Noticed{Text: t.notice}); err != nil {
			t.log.Error("notice", "err", err)
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		t.device.Vitals.Loop.End(nil)
		if t.register.State.Reopen {
			return errReopen
		}
		if t.leaves() {
			return errEnrolAgain
		}
		if err := t.attendUpdates(ctx); err != nil {
			return err
		}
		timer.Reset(t.wait())
		select {
		case <-ctx.Done():
			return cause(ctx)
		case in := <-t.inbox:
			t.take(in)
		case <-t.stirred:
			t.refresh()
		case <-timer.C:
			if _, due := t.counter.Wait(t.steady()); due {
				if err := t.step(checkout.Ticked{}); err != nil {
					t.log.Error("step", "event", "tick", "err", err)
				}
			} else {
				t.refresh()
			}
		}
	}
}

// cause is nil for an orderly end: the context of main was cancelled.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// wait is until the next timeout, or until something shown has to be redrawn.
func (t *terminal) wait() time.Duration {
	redraw := 10 * time.Second // the clock in the status bar
	if counts(t.counter.State().Screen) {
		redraw = 500 * time.Millisecond
	}
	if d, ok := t.lamp.wait(time.Now()); ok && t.idle() {
		redraw = min(redraw, d)
	}
	if d, ok := t.counter.Wait(t.steady()); ok && d < redraw {
		return max(d, time.Millisecond)
	}
	return redraw
}

func (t *terminal) take(in input) {
	event, err := in.event, error(nil)
	if _, scanned := event.(checkout.Scanned); scanned {
		t.awake()
	}
	if in.resolve != nil {
		event, err = in.resolve(t)
	}
	if err == nil && event != nil {
		err = t.step(event)
	}
	if in.done != nil {
		in.done <- err
	} else if err != nil {
		t.log.Error("step", "event", fmt.Sprintf("%T", event), "err", err)
	}
}

func (t *terminal) step(e checkout.Event) error {
	before, doubts := t.counter.State().Screen, t.register.State.Doubts
	trained := t.counter.Training()
	err := t.counter.Handle(e, t.now())
	if left := len(t.register.State.Doubts); left < len(doubts) {
		t.log.Info("the cashier has said whether it came out", "number", doubts[0].Receipt, "left", left)
	}
	if after := t.counter.State().Screen; after != before {
		t.log.Info("screen", "from", before, "to", after)
	}
	if trains := t.counter.Training(); trains != trained {
		t.log.Info("training", "on", trains)
		t.counter.SetRows(rowsOf(t.config, t.device.Display.Size(), trains))
	}
	t.refresh()
	if t.cashRegister != nil {
		t.cashRegister.stir(t.register.State)
	}
	return err
}

// refresh draws the screen, sets the light, and shows the bench where we stand.
func (t *terminal) refresh() {
	v := t.view()
	if size := t.device.Display.Size(); size != t.painted {
		t.painter, t.painted = display.NewPainter(size), size
		t.counter.SetRows(rowsOf(t.config, size, t.counter.Training()))
	}
	t.frame = t.painter.Render(v)
	t.draw()
	if led := ledOf(t.counter.State(), t.counter.State().SecondsSince(t.steady()), v.Bar.Troubles); led != t.led {
		t.led = led
		t.movePin("light", t.device.Pins.SetLED(led))
	}
	if t.device.Monitor != nil {
		if err := t.showBench(v); err != nil {
			t.log.Debug("bench", "err", err)
		}
	}
}

// draw has the displays show what was rendered, or be dark.
func (t *terminal) draw() {
	turned := t.dim()
	if t.lamp.dark && !turned {
		return
	}
	t.device.Vitals.Draw.Begin()
	sent, err := t.show()
	err = drew(err)
	t.device.Vitals.Draw.End(err)
	if t.updates == 0 && len(sent) > 0 {
		t.log.Info("first picture", "screen", t.counter.State().Screen)
	}
	t.updates += len(sent)
	if err != nil {
		t.log.Error("draw", "err", err)
	}
	if t.customer != nil {
		t.customer.show(customerLook{t.customerView(), t.lamp.dark})
	}
	if turned {
		t.switchLight()
	}
}

// show shows the frame, or nothing where it is to be dark.
func (t *terminal) show() ([]image.Rectangle, error) {
	if t.lamp.dark {
		return t.panel.Show(blackFrame(t.painted))
	}
	return t.panel.ShowFrame(t.frame)
}

// send hands an event to the counter and does not wait for it.
func (t *terminal) send(ctx context.Context, e checkout.Event) {
	select {
	case t.inbox <- input{event: e}:
	case <-ctx.Done():
	}
}

// do hands an event to the counter and waits until it is handled.
func (t *terminal) do(ctx context.Context, in input) error {
	return handOver(ctx, t.inbox, func(done chan<- error) input { in.done = done; return in })
}

// handOver puts into an inbox what says done when it was handled, and waits for that.
func handOver[T any](ctx context.Context, inbox chan<- T, with func(done chan<- error) T) error {
	done := make(chan error, 1)
	select {
	case inbox <- with(done):
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear takes what the link has to say. It is called from the link's goroutine.
func (t *terminal) hear(ctx context.Context, e link.Effect) {
	var event checkout.Event
	switch e := e.(type) {
	case link.Told:
		event = checkout.Told{Answer: e.Answer}
	case link.RefundTold:
		event = checkout.RefundTold{Answer: e.Answer}
	case link.Found:
		event = checkout.Sought{Text: e.Text, Sale: e.Sale, Reason: e.Reason}
	case link.Reachable:
		t.reached.Store(e.Online)
		event = checkout.LinkChanged{Online: e.Online}
	case link.ClockLearned:
		t.offset.Store(&e.Offset)
		event = checkout.ClockLearned{Offset: e.Offset}
	case link.Wanted:
		t.wanted(ctx, e.Desired)
		return
	case link.Execute:
		t.execute(ctx, e.Command)
		return
	case link.KeyLearned:
		t.key.Store(&e.Fingerprint)
		if ours := t.config.Gateway.Key.Fingerprint(); ours != e.Fingerprint {
			t.log.Error("gateway.key is not this gateway's: scanned codes will be refused", "ours", ours, "theirs", e.Fingerprint)
		}
		return
	case link.Refused:
		event = checkout.Refused{Why: e.Why}
	case link.Acknowledged:
		t.stir()
		return
	default:
		return
	}
	t.send(ctx, event)
}

func (t *terminal) readScanner(ctx context.Context) error {
	return t.device.Scanner.Run(ctx, func(s scanner.Scan) {
		err := t.do(ctx, input{event: checkout.Scanned{Data: s.Data}})
		if err != nil && ctx.Err() == nil {
			t.log.Error("step", "event", "scan", "err", err)
		}
	})
}

func (t *terminal) readInput(ctx context.Context) error {
	return t.device.Input.Run(ctx, func(e display.InputEvent) error {
		return coded(t.do(ctx, input{resolve: func(t *terminal) (checkout.Event, error) { return t.resolve(e) }}))
	})
}

// resolve finds out what a touch means on the frame that is shown.
func (t *terminal) resolve(e display.InputEvent) (checkout.Event, error) {
	wasDark := t.awake()
	switch {
	case wasDark && e.Touch != nil:
		t.refresh() // nobody saw what was touched
		return nil, nil
	case e.Key != "":
		return checkout.Keyed{Key: e.Key}, nil
	}
	if e.Touch != nil && t.tap.again(*e.Touch, t.mono(), t.counter.State().Screen) {
		return nil, nil
	}
	id, err := pressed(t.frame, e)
	if id == "" {
		return nil, err
	}
	return checkout.Pressed{Button: id}, nil
}

// tap is the last touch that counted: where and when it was, and on which screen.
type tap struct {
	at     image.Point
	when   time.Duration
	screen checkout.Screen
}

const (
	tapsTwice = 400 * time.Millisecond
	tapSpread = 40 // px: as far as a finger strays that means the same place
)

// again says that a touch is the second of a double tap, or the third, and that another
// screen has come up under it, which nobody has read yet.
func (p *tap) again(at image.Point, when time.Duration, on checkout.Screen) bool {
	d := at.Sub(p.at)
	if p.screen != "" && when-p.when < tapsTwice && max(d.X, -d.X, d.Y, -d.Y) <= tapSpread && on != p.screen {
		return true
	}
	*p = tap{at, when, on}
	return false
}

// pressed is the button that was touched or named; "" beside every button.
func pressed(frame *display.Frame, e display.InputEvent) (id string, err error) {
	if e.Touch != nil {
		b, _ := frame.Hit(*e.Touch)
		return b.ID, nil
	}
	for _, b := range frame.Buttons {
		if b.ID == e.Button && b.Enabled {
			return b.ID, nil
		}
	}
	return "", fmt.Errorf("button %.40q: %w", e.Button, checkout.ErrNoButton)
}

// noButton lets the bench tell a button that is not there from a fault.
type noButton struct{ error }

func (noButton) Code() string { return "no_button" }

func coded(err error) error {
	if errors.Is(err, checkout.ErrNoButton) {
		return noButton{err}
	}
	return err
}

// grown tells the link of every commit.
type grown struct {
	*store.Journal
	link   *link.Link
	commit *device.Vital
}

func (g grown) Append(stamp payment.Stamp, events ...payment.Event) (uint64, error) {
	g.commit.Begin()
	last, err := g.Journal.Append(stamp, events...)
	g.commit.End(err)
	if err == nil {
		g.link.Grown(last)
	}
	return last, noRoom(err)
}

// gateway puts the counter's questions on the wire.
type gateway struct{ *terminal }

func (g gateway) Ask(e checkout.Effect) {
	switch e := e.(type) {
	case checkout.Charge:
		sealed, err := g.config.Gateway.Key.Seal(e.Order, e.Code.Reveal())
		if err != nil {
			g.log.Error("charge", "order", e.Order, "err", err) // the sale is asked after, and closed unseen
			return
		}
		g.link.Ask(wire.Request{
			Op: wire.Charge, Order: e.Order, Tender: e.Tender, Amount: e.Amount.Amount, Currency: e.Amount.Currency,
			Wallet: e.Code.Wallet(), Sealed: sealed, NotAfter: e.NotAfter,
		})
	case checkout.Show:
		g.link.Ask(wire.Request{
			Op: wire.Show, Order: e.Order, Tender: e.Tender, Amount: e.Amount.Amount, Currency: e.Amount.Currency, NotAfter: e.NotAfter,
		})
	case checkout.Query:
		g.link.Ask(wire.Request{Op: wire.Query, Order: e.Order})
	case checkout.Cancel:
		g.link.Ask(wire.Request{Op: wire.Cancel, Order: e.Order})
	case checkout.GiveBack:
		g.link.Ask(wire.Request{
			Op: wire.Refund, Order: e.Order, Refund: e.Refund, Amount: e.Amount.Amount, Currency: e.Amount.Currency, Void: e.Void,
		})
	case checkout.Seek:
		g.link.Ask(wire.Request{Op: wire.Find, Text: e.Text})
	}
}

// movePin counts what was moved. A pin that does not move holds up no sale.
func (t *terminal) movePin(what string, err error) {
	if err != nil {
		t.log.Error(what, "err", err)
		return
	}
	t.pinsMoved++
}

// pins moves what hangs on GPIO.
type pins struct{ *terminal }

func (p pins) KickDrawer() {
	switch p.config.Drawer {
	case DrawerPrinter, DrawerPrinter5:
		p.printing.Kick()
	case DrawerPins:
		p.movePin("drawer", p.device.Pins.KickDrawer())
	}
}
func (p pins) Play(s checkout.Sound) { p.movePin("buzzer", p.device.Pins.Play(device.Sound(s))) }
