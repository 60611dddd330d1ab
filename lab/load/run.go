package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"till/cloud"
	"till/cloud/ledger"
	"till/lab/kill/apart"
	"till/payment"
	"till/sync/wire"
)

// Options say what is driven against the gateway.
type Options struct {
	Terminals int
	For       time.Duration // of selling, after all are on line
	Every     time.Duration // mean time between a terminal's sales
	Dial      int           // first connections that are begun in a second
	Kill      bool          // the gateway and its broker, halfway
	Pace      int
	Dir       string // of ledger and broker; it is there already
	Say       func(format string, args ...any)
}

// shop is what the terminals of a run share.
type shop struct {
	options Options
	system  *apart.System
	broker  string
	key     wire.SealingKey
	codes   chan shownCode
	ready   sync.WaitGroup  // terminals not yet on line
	opened  context.Context // ends when all are, and selling begins

	came    atomic.Int64 // terminals that were on line once
	sold    atomic.Int64 // sales that were paid
	refused atomic.Int64
}

type shownCode struct {
	code   string
	wallet payment.Wallet
	at     time.Time
}

const (
	// comeWithin and drainWithin bound the beginning and the end of a run.
	comeWithin  = 3 * time.Minute
	drainWithin = 3 * time.Minute
)

// run drives the terminals, and then holds what they know against the books.
func run(ctx context.Context, o Options) (Report, error) {
	report := Report{Options: o, LoadBefore: loadAverage()}
	system, broker, key, err := apart.StartCloud(ctx, o.Dir, o.Pace, slog.LevelWarn)
	if err != nil {
		return report, err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	s := &shop{options: o, system: system, broker: broker, codes: make(chan shownCode, 64)}
	err = s.drive(running, key, &report)
	stop()
	err = errors.Join(err, system.Stop())
	return report, err
}

func (s *shop) drive(ctx context.Context, key string, report *Report) error {
	o := s.options
	var err error
	if s.key, err = wire.ParseSealingKey(key); err != nil {
		return err
	}
	go s.showCodes(ctx)
	selling, closing := context.WithCancel(ctx)
	defer closing()
	terminals := make([]*terminal, o.Terminals)
	failures := make(chan error, o.Terminals)
	bounded, done := context.WithCancelCause(ctx)
	defer done(nil)
	s.ready.Add(o.Terminals)
	begun := time.Now()
	patience := time.AfterFunc(comeWithin, func() {
		done(fmt.Errorf("%d of %d terminals came on line within %v", s.came.Load(), o.Terminals, comeWithin))
	})
	dial := time.NewTicker(time.Second / time.Duration(o.Dial))
	defer dial.Stop()
	var open context.CancelFunc
	s.opened, open = context.WithCancel(ctx)
	defer open()
	for i := range terminals {
		terminals[i] = newTerminal(s, i)
		go func() { failures <- terminals[i].run(bounded, selling) }()
		<-dial.C
	}
	s.ready.Wait()
	patience.Stop()
	if err := context.Cause(bounded); err != nil {
		return err
	}
	report.Connected = time.Since(begun)
	o.Say("%d terminals are on line after %.1f s", o.Terminals, report.Connected.Seconds())
	watch := watchProcess(ctx, s.system.Gateway.PID)
	s.sold.Store(0)
	open()
	begun = time.Now()
	if err := s.sellFor(ctx, report); err != nil {
		return err
	}
	report.Sold, report.Took = s.sold.Load(), time.Since(begun)
	closing()
	time.AfterFunc(drainWithin, func() { done(errors.New("not all was acknowledged")) })
	var failed []error
	for range terminals {
		if err := <-failures; err != nil && len(failed) < 10 {
			failed = append(failed, err)
		}
	}
	report.Drained = time.Since(begun) - report.Took
	report.Refused = s.refused.Load()
	report.Process = watch()
	report.count(terminals)
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	return s.check(ctx, terminals, report)
}

// sellFor lets the terminals sell, and kills the gateway halfway if that is wanted.
func (s *shop) sellFor(ctx context.Context, report *Report) error {
	o := s.options
	half := time.After(o.For / 2)
	for end := time.After(o.For); ; {
		select {
		case <-end:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-half:
			if !o.Kill {
				continue
			}
			report.SoldBefore = s.sold.Load()
			if err := s.system.Gateway.Signal(syscall.SIGKILL, time.Second); err != nil {
				return err
			}
			o.Say("the gateway and its broker were killed")
		}
	}
}

// codeBatch is how many codes are asked for at a time.
const codeBatch = 32

// showCodes is the customers' phones.
func (s *shop) showCodes(ctx context.Context) {
	wallets := []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay}
	for i := 0; ctx.Err() == nil; i++ {
		wallet := wallets[i%len(wallets)]
		codes, err := s.system.Cloud.Codes(ctx, wallet, codeBatch)
		if err != nil {
			select {
			case <-time.After(100 * time.Millisecond): // the gateway is away
			case <-ctx.Done():
			}
		}
		now := time.Now()
		for _, code := range codes {
			select {
			case s.codes <- shownCode{code, wallet, now}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// code is one that is fresh enough to be charged; empty if the run is over.
func (s *shop) code(ctx context.Context) (string, payment.Wallet) {
	life := time.Minute / time.Duration(s.options.Pace) / 2
	for {
		select {
		case c := <-s.codes:
			if time.Since(c.at) < life {
				return c.code, c.wallet
			}
		case <-ctx.Done():
			return "", payment.WalletUnknown
		}
	}
}

// check holds what the terminals know against ledger and charges. The hash of a
// journal's last record covers all of it, so equal heads are equal journals.
func (s *shop) check(ctx context.Context, terminals []*terminal, report *Report) error {
	begun := time.Now()
	books, err := s.system.Cloud.Books(ctx)
	if err != nil {
		return err
	}
	report.Books = time.Since(begun)
	if err := s.system.Stop(); err != nil {
		return err
	}
	var wrong []error
	complain := func(format string, args ...any) {
		if len(wrong) < 20 {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	records, sales := 0, map[payment.SaleID]payment.Sale{}
	book, err := ledger.Open(s.options.Dir)
	if err != nil {
		return err
	}
	err = book.View(func(tx cloud.Tx) error {
		for _, t := range terminals {
			seq, hash := t.journal.head()
			records += int(seq)
			head, err := tx.Head(t.name, epoch)
			if err != nil {
				return err
			}
			if seq > 0 && (head.Seq != seq || head.Hash != hash) {
				complain("%s: the ledger has its journal up to %d of %d, or another", t.name, head.Seq, seq)
			}
			for id, sale := range t.sales {
				sales[id] = sale
			}
		}
		return nil
	})
	if err := errors.Join(err, book.Close()); err != nil {
		return err
	}
	if books.Records != records || books.Gaps != 0 || len(books.Sales) != len(sales) {
		complain("the ledger has %d records with %d gaps and %d sales, the terminals %d records and %d sales",
			books.Records, books.Gaps, len(books.Sales), records, len(sales))
	}
	kept := map[payment.SaleID]int64{}
	for _, c := range books.Charges {
		if !c.Reversed {
			kept[c.Sale] += c.Amount
		}
	}
	for _, have := range books.Sales {
		want, ok := sales[have.ID]
		if !ok || have.Status != want.Status() || have.Amount != want.Total.Amount {
			complain("sale %s is %s of %d in the ledger, %s of %d at the terminal", have.ID, have.Status, have.Amount, want.Status(), want.Total.Amount)
		}
		due := int64(0)
		if want.Status() == payment.StatusApproved && want.Tenders[0].Wallet != payment.Cash {
			due = want.Total.Amount
		}
		if kept[have.ID] != due {
			complain("sale %s is %s, and %d are kept of its charges where it has to be %d", have.ID, have.Status, kept[have.ID], due)
		}
		delete(kept, have.ID)
	}
	for id, amount := range kept {
		complain("%d were charged for sale %s, which is not in the ledger", amount, id)
	}
	report.Records, report.Sales, report.Charges = records, len(sales), len(books.Charges)
	if info, err := os.Stat(filepath.Join(s.options.Dir, "ledger.db")); err == nil {
		report.LedgerSize = info.Size()
	}
	return errors.Join(wrong...)
}

// percentile of durations, which it sorts; 0 of none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.SortFunc(all, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	return all[min(len(all)-1, int(p*float64(len(all))))]
}
