package tillcmd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"till/checkout"
	"till/cmd/tillcmd/integrator"
	"till/display"
	"till/durable"
	"till/payment"
	"till/printer"
	"till/words"
)

// Integrator is how a cash register reaches this terminal; off without an address.
type Integrator struct {
	Listen string
	Token  string
	// Files of its certificate and key; without them the terminal makes its own.
	Certificate, PrivateKey string
}

// cashRegister is the terminal as cash registers see it.
type cashRegister struct {
	t *terminal

	mu      sync.Mutex
	orders  map[string]integrator.Order // taken since the start, by key
	sales   map[string]payment.SaleID   // the newest sale of a key
	changed chan struct{}               // closed and made anew with each change
	trouble string                      // why no register is let in now

	over    bool          // the counter takes no order any more; of its goroutine
	leaving chan struct{} // closed: whoever waits is answered now
	left    chan struct{} // closed: all are
}

const (
	// remembered is how many sales back a key is known after a start.
	remembered = 2_000
	// letInEvery is how often it is tried to let registers in that cannot be: the
	// network, the port or a file may come yet.
	letInEvery = 3 * time.Second
	// leaveWithin is how long a register's answer may take that the terminal, about to
	// end, waits for.
	leaveWithin = 2 * time.Second
)

func newCashRegister(t *terminal) *cashRegister {
	return &cashRegister{
		t: t, orders: map[string]integrator.Order{}, sales: map[string]payment.SaleID{},
		changed: make(chan struct{}), leaving: make(chan struct{}), left: make(chan struct{}),
	}
}

// run lets cash registers in until ctx ends, or the terminal leaves.
func (r *cashRegister) run(ctx context.Context) error {
	r.letIn(ctx)
	close(r.left)
	<-ctx.Done()
	return ctx.Err()
}

// letIn serves again and again. What is in the way keeps nobody from selling: it is
// said, and tried again.
func (r *cashRegister) letIn(ctx context.Context) {
	for {
		err := r.serve(ctx)
		if err == nil {
			return
		}
		if r.fails(err) {
			r.t.log.Error("cash registers: none is let in, and it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.leaving:
			return
		case <-time.After(letInEvery):
		}
	}
}

// farewell answers what registers have asked before the counter ended, or ask yet: what
// was done must not look as if it were not. It is the counter's goroutine that does it.
func (t *terminal) farewell() {
	r := t.cashRegister
	if r == nil {
		return
	}
	r.over = true
	close(r.leaving)
	for {
		select {
		case in := <-t.inbox:
			if in.register {
				t.take(in)
			}
		case <-r.left:
			return
		}
	}
}

// Leaving implements integrator.Counter.
func (r *cashRegister) Leaving() <-chan struct{} { return r.leaving }

// fails keeps what is in the way, nil for nothing, and says whether that is new.
func (r *cashRegister) fails(err error) bool {
	now := ""
	if err != nil {
		now = r.inShort(err)
	}
	r.mu.Lock()
	before := r.trouble
	r.trouble = now
	r.mu.Unlock()
	if now != before {
		r.t.stir()
	}
	return now != before
}

// inShort says what failed in words that a row of the status screen has room for.
func (r *cashRegister) inShort(err error) string {
	var file *fs.PathError
	var why syscall.Errno
	switch {
	case errors.As(err, &file):
		return filepath.Base(file.Path) + ": " + file.Err.Error()
	case errors.As(err, &why):
		return r.t.config.Integrator.Listen + ": " + why.Error()
	}
	return err.Error()
}

// row is what the status screen says of it.
func (r *cashRegister) row(lang words.Lang) display.Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	row := display.Row{Left: words.Say(lang, "about_register"), Right: words.Say(lang, "about_ready"), Sub: r.t.config.Integrator.Listen, Tone: display.ToneGood}
	if r.trouble != "" {
		row.Right, row.Sub, row.Tone = words.Say(lang, "about_register_shut"), r.trouble, display.ToneBad
	}
	return row
}

// serve lets cash registers in until ctx ends or the terminal leaves, or something fails.
func (r *cashRegister) serve(ctx context.Context) error {
	c := r.t.config.Integrator
	pair, err := c.certificate(filepath.Join(r.t.config.Data, "integrator"))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen for cash registers: %w", err)
	}
	r.fails(nil)
	sum := sha256.Sum256(pair.Certificate[0])
	r.t.log.Info("cash registers", "address", l.Addr().String(), "fingerprint", base64.RawURLEncoding.EncodeToString(sum[:]))
	asking, end := context.WithCancel(context.WithoutCancel(ctx)) // they are answered after it too
	defer end()
	server := &http.Server{
		Handler:           integrator.Handler(r, c.Token, r.t.log),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(r.t.log.Handler(), slog.LevelDebug),
		TLSConfig:   &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}},
		BaseContext: func(net.Listener) context.Context { return asking },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(l, "", "") }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("serve cash registers: %w", err), server.Close())
	case <-ctx.Done():
	case <-r.leaving:
	}
	within, done := context.WithTimeout(asking, leaveWithin)
	defer done()
	if server.Shutdown(within) != nil {
		_ = server.Close() // what is open yet waits for nothing of the counter's
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve cash registers: %w", err)
	}
	return nil
}

// certificate is the files' one, or else the terminal's own, made at the first start.
func (c Integrator) certificate(dir string) (tls.Certificate, error) {
	if c.Certificate != "" {
		return c.pair()
	}
	file := filepath.Join(dir, "own.pem")
	raw, err := os.ReadFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		var pair tls.Certificate
		if err == nil {
			pair, err = tls.X509KeyPair(raw, raw)
		}
		if err != nil {
			return pair, fmt.Errorf("read the certificate that cash registers pin, %s: put a copy of it back, or remove it and have every register pin the new one: %w", file, err)
		}
		return pair, nil
	}
	raw, err = ownCertificate(time.Now())
	if err == nil {
		err = durable.MakeFolder(dir)
	}
	if err == nil {
		err = durable.Write(file, raw, 0o600)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate for cash registers: %w", err)
	}
	return tls.X509KeyPair(raw, raw)
}

// pair is the files' certificate and key.
func (c Integrator) pair() (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.PrivateKey)
	if err != nil {
		return pair, fmt.Errorf("read the certificate for cash registers: %w", err)
	}
	return pair, nil
}

// check refuses files that cannot be used. Whether there is such an address is not
// asked: the network may be another in a moment.
func (c Integrator) check() error {
	if c.Certificate == "" {
		return nil
	}
	if _, err := c.pair(); err != nil {
		return fmt.Errorf("  integrator.certificate: %w", err)
	}
	return nil
}

// ownCertificate is a key and a certificate that it signed itself, PEM. Whoever
// connects pins it: a terminal in a shop has no name that an authority knows.
func ownCertificate(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	// A board without a clock starts in the past, and must not make what is not valid yet.
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "till"}, DNSNames: []string{"till"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: now.AddDate(30, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}

// openCashRegister lets cash registers in, where the configuration says so.
func (t *terminal) openCashRegister() error {
	if t.config.Integrator.Listen == "" {
		return nil
	}
	sales, err := t.journal.Recent(remembered)
	if err != nil {
		return fmt.Errorf("read what cash registers sold: %w", err)
	}
	t.cashRegister = newCashRegister(t)
	t.cashRegister.remember(sales)
	return nil
}

// remember finds the keys of the newest sales, at the start.
func (r *cashRegister) remember(sales []payment.Sale) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(sales)
}

// keep is remember with the lock held.
func (r *cashRegister) keep(sales []payment.Sale) {
	for i := len(sales) - 1; i >= 0; i-- { // the newest are first, and win
		if sales[i].Key != "" {
			r.sales[sales[i].Key] = sales[i].ID
		}
	}
}

// stir is called from the counter's goroutine after each step.
func (r *cashRegister) stir(s checkout.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sale, ok := s.OnScreen(); ok && sale.Key != "" && r.sales[sale.Key] != sale.ID {
		if len(r.sales) >= 2*remembered {
			clear(r.sales)
			sales, err := r.t.journal.Recent(remembered)
			if err != nil {
				r.t.log.Error("integrator", "err", err)
			}
			r.keep(sales)
		}
		r.sales[sale.Key] = sale.ID
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// Changed implements integrator.Counter.
func (r *cashRegister) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// ask has something looked at or done in the counter's goroutine.
func (r *cashRegister) ask(ctx context.Context, do func(*terminal) (checkout.Event, error)) error {
	return r.t.do(ctx, input{resolve: do, register: true})
}

// Take implements integrator.Counter.
func (r *cashRegister) Take(ctx context.Context, o integrator.Order) (before integrator.Sale, known bool, err error) {
	err = r.ask(ctx, func(t *terminal) (checkout.Event, error) {
		if before, known = r.sale(t, o.Key); known {
			return nil, nil
		}
		s := t.register.State
		if o.Currency != s.Settings.Currency {
			return nil, fmt.Errorf("%w: this terminal sells in %s", integrator.ErrRefused, s.Settings.Currency)
		}
		if s.Shiftless() {
			return nil, fmt.Errorf("%w: no shift is open", integrator.ErrRefused)
		}
		if o.Amount > checkout.MaxEntry {
			return nil, fmt.Errorf("%w: at most %d", integrator.ErrRefused, checkout.MaxEntry)
		}
		if busy := r.busy(t); busy != nil {
			return nil, busy
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.orders) >= remembered {
			clear(r.orders) // of those that were paid the sales are known, the others are over
		}
		r.orders[o.Key] = o
		return checkout.Ordered{Order: checkout.Order{Key: o.Key, Reference: o.Reference, Amount: o.Amount}}, nil
	})
	return before, known, err
}

// busy is why the counter takes no order now; nil if it does.
func (r *cashRegister) busy(t *terminal) error {
	s := t.register.State
	switch {
	case t.counter.Training():
		return &integrator.Busy{Training: true}
	// The counter that waits to begin anew does so as soon as a result is left.
	case r.over, t.leaving.Load() && s.Screen != checkout.Ready && s.Free():
		return &integrator.Busy{Leaving: true}
	case s.Free():
		return nil
	case s.SignedOff() && s.Running() == "":
		return &integrator.Busy{SignedOff: true}
	case s.Halt.Key != "" && s.Running() == "":
		return &integrator.Busy{Halted: s.Halt.In(words.English)}
	}
	return &integrator.Busy{Running: s.Running()}
}

// Sale implements integrator.Counter.
func (r *cashRegister) Sale(ctx context.Context, key string) (found integrator.Sale, known bool, err error) {
	err = r.ask(ctx, func(t *terminal) (checkout.Event, error) {
		found, known = r.sale(t, key)
		return nil, nil
	})
	return found, known, err
}

// sale is an order as it stands; called from the counter's goroutine.
func (r *cashRegister) sale(t *terminal, key string) (integrator.Sale, bool) {
	sale, sold, err := r.sold(t, key)
	if err != nil {
		t.log.Error("integrator", "err", err)
	}
	if sold {
		of := t.asOrder(sale)
		of.Final = of.Final && !t.register.State.Asks(key)
		return of, true
	}
	r.mu.Lock()
	order, taken := r.orders[key]
	r.mu.Unlock()
	if !taken {
		return integrator.Sale{}, false
	}
	of := integrator.Sale{Key: key, Reference: order.Reference, Amount: order.Amount, Currency: order.Currency, Status: integrator.Waiting}
	if t.register.State.Order.Key != key { // given up before anybody paid
		of.Status, of.Final = payment.StatusCancelled, true
	}
	return of, true
}

// sold is the newest sale of a key; called from the counter's goroutine.
func (r *cashRegister) sold(t *terminal, key string) (payment.Sale, bool, error) {
	r.mu.Lock()
	id, sold := r.sales[key]
	r.mu.Unlock()
	if !sold {
		return payment.Sale{}, false, nil
	}
	if sale, ok := t.register.State.Sale(id); ok {
		return sale, true, nil
	}
	return t.journal.Sale(id)
}

// asOrder is a sale as a cash register sees it.
func (t *terminal) asOrder(sale payment.Sale) integrator.Sale {
	of := integrator.Sale{
		Key: sale.Key, Reference: sale.Reference, Status: sale.Status(), Amount: sale.Total.Amount, Currency: sale.Total.Currency,
		Paid: sale.Total.Amount - sale.Due(), ID: sale.ID, Final: !sale.PartPaid() && sale.OpenAttempt() == nil && sale.OpenRefund() == nil,
	}
	refunded, voided := sale.Refunded()
	of.Refunded = refunded + voided
	if sale.Receipt != 0 {
		of.Receipt = t.receiptNumber(sale.Receipt)
	}
	for n, tender := range sale.Tenders {
		one := integrator.Tender{Wallet: tender.Wallet, Amount: tender.Amount, Paid: tender.Paid}
		for _, a := range sale.Attempts {
			if a.Tender == n+1 && a.Status == payment.Approved {
				one.Transaction = a.Transaction
			}
		}
		of.Tenders = append(of.Tenders, one)
	}
	for _, back := range sale.Refunds {
		of.Refunds = append(of.Refunds, integrator.Given{Key: back.Key, Amount: back.Amount, Status: back.Status, Reason: back.Reason})
	}
	return of
}

// Cancel implements integrator.Counter.
func (r *cashRegister) Cancel(ctx context.Context, key string) error {
	return r.ask(ctx, func(t *terminal) (checkout.Event, error) {
		of, known := r.sale(t, key)
		switch {
		case !known:
			return nil, integrator.ErrUnknown
		case of.Final:
			return nil, nil
		case of.Paid > 0:
			return nil, fmt.Errorf("%w: %d of it is paid; the cashier gives that back, with a manager", integrator.ErrRefused, of.Paid)
		}
		return checkout.OrderCancelled{Key: key}, nil
	})
}

// Refund implements integrator.Counter.
func (r *cashRegister) Refund(ctx context.Context, key string, give integrator.Refund) error {
	return r.ask(ctx, func(t *terminal) (checkout.Event, error) {
		sale, sold, err := r.sold(t, key)
		if err != nil || !sold {
			return nil, errors.Join(integrator.ErrUnknown, err)
		}
		left, before := int64(0), int64(0)
		for n := range sale.Tenders {
			left += sale.Refundable(n + 1)
		}
		for _, back := range sale.Refunds {
			if back.Key == give.Key {
				before += back.Amount
			}
		}
		switch {
		case before == give.Amount:
			return nil, nil // asked for before
		case before > 0:
			return nil, &integrator.Taken{Key: give.Key, Refund: true}
		case sale.Due() != 0:
			return nil, fmt.Errorf("%w: it is not paid", integrator.ErrRefused)
		case !t.register.State.GivesBack(sale):
			return nil, fmt.Errorf("%w: no shift is open", integrator.ErrRefused)
		case give.Amount > left:
			return nil, fmt.Errorf("%w: %d are left of what was paid", integrator.ErrRefused, left)
		}
		return checkout.RefundOrdered{Sale: sale, Key: give.Key, Amount: give.Amount}, nil
	})
}

// Print implements integrator.Counter.
func (r *cashRegister) Print(_ context.Context, lines []integrator.Line) error {
	var d printer.Document
	for _, l := range lines {
		d.Blocks = append(d.Blocks, printer.Text{Text: l.Text, Align: map[string]printer.Align{"center": printer.Center, "right": printer.Right}[l.Align], Style: printer.Style{Bold: l.Bold}})
	}
	d.Blocks = append(d.Blocks, printer.Feed{Lines: 1}, printer.Cut{})
	if _, err := printer.Encode(d, printer.Profile58()); err != nil {
		return fmt.Errorf("%w: %w", integrator.ErrRefused, err)
	}
	r.t.printing.add(printJob{document: &d})
	return nil
}

// Drawer implements integrator.Counter.
func (r *cashRegister) Drawer(ctx context.Context) error {
	return r.ask(ctx, func(t *terminal) (checkout.Event, error) {
		s := t.register.State
		if s.Shiftless() {
			return nil, fmt.Errorf("%w: no shift is open", integrator.ErrRefused)
		}
		return checkout.DrawerOrdered{}, nil
	})
}

// Status implements integrator.Counter.
func (r *cashRegister) Status(ctx context.Context) (status integrator.Status, err error) {
	err = r.ask(ctx, func(t *terminal) (checkout.Event, error) {
		s, p := t.register.State, t.journal.Position()
		trains := t.counter.Training()
		status = integrator.Status{
			Terminal: t.config.Terminal, Version: Version, Screen: string(t.counter.State().Screen), Online: s.Online, Free: r.busy(t) == nil,
			Training: trains, Running: s.Running(), Queued: int(p.Last - p.Acked), Printer: string(s.Printer),
		}
		return nil, nil
	})
	return status, err
}
