package sim

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"time"

	"till/checkout"
	"till/cloud"
	"till/payment"
	"till/payment/figures"
	"till/sync/wire"
)

func short[T ~string](id T) string {
	s := string(id)
	return s[max(0, len(s)-8):]
}

// checkAsk holds what leaves the counter for the gateway against the journal.
func (w *world) checkAsk(e checkout.Effect) {
	t := w.terminal
	var order payment.Order
	var notAfter time.Time
	switch e := e.(type) {
	case checkout.Charge:
		order, notAfter = e.Order, e.NotAfter
		w.premise("law 6: codes sent")
	case checkout.Show:
		order, notAfter = e.Order, e.NotAfter
	case checkout.Query:
		order = e.Order
	case checkout.Cancel:
		order = e.Order
	case checkout.GiveBack:
		w.checkGiveBack(e)
		return
	case checkout.Seek:
		w.premise("refunds: looked for elsewhere")
		if _, err := payment.ParseCode([]byte(e.Text)); err == nil {
			w.violate("law 6, codes are secrets", "a code that pays is looked for")
		}
		return
	}
	id, n, err := order.Split()
	if err != nil {
		w.violate("law 1, durable first", "%T for %q: %v", e, order, err)
		return
	}
	w.premise("law 1: questions to the gateway")
	sale, ok, err := t.journal.Sale(id)
	if err != nil || !ok || n > len(sale.Attempts) {
		w.violate("law 1, durable first", "%T for order %s, which the journal does not have (%v)", e, order, err)
		return
	}
	switch e.(type) {
	case checkout.Charge, checkout.Show:
		if t.asked[order] {
			w.violate("law 2, one charge", "order %s is asked to be charged again", order)
		}
		t.asked[order] = true
		w.checkNotAfter(order, notAfter.Sub(w.now).Seconds())
		for _, a := range sale.Attempts[:n-1] {
			if !a.Status.Final() {
				w.violate("law 2, one charge", "attempt %d of %s starts while attempt %d is %s", n, id, a.Number, a.Status)
			}
		}
	case checkout.Cancel:
		if !sale.Cancelling && sale.Parked != payment.PaidOther && !sale.Attempts[n-1].Status.Final() {
			w.violate("law 1, durable first", "a cancel of %s that the journal does not have", order)
		}
	}
}

// checkGiveBack holds a refund that leaves the counter against the journal.
func (w *world) checkGiveBack(g checkout.GiveBack) {
	id, n, err := g.Refund.Split()
	if err != nil {
		w.violate("law 1, durable first", "%v", err)
		return
	}
	sale, ok, err := w.terminal.journal.Sale(id)
	if err != nil || !ok || n > len(sale.Refunds) {
		w.violate("law 1, durable first", "refund %s, which the journal does not have (%v)", g.Refund, err)
		return
	}
	r := sale.Refunds[n-1]
	if order, wallet := sale.WalletOrder(r.Tender); !wallet || order != g.Order || r.Amount != g.Amount.Amount || r.Void != g.Void {
		w.violate("law 1, durable first", "%+v is asked for, the journal has %+v", g, r)
	}
}

// checkNotAfter holds a request's not_after to the cloud's true time.
func (w *world) checkNotAfter(order payment.Order, seconds float64) {
	w.premise("law 9: not_after set")
	if seconds < 5 || seconds > 25 {
		w.violate("law 9, time", "not_after of %s is %.0f s away", order, seconds)
	}
}

func (w *world) checkPrint(job checkout.Print) {
	if job.Of().Receipt == 0 {
		w.checkSlip(job)
		return
	}
	w.premise("law 1: receipts")
	w.checkAsked(job)
	sale, ok, err := w.terminal.journal.Sale(job.Sale.ID)
	if err == nil && !ok && job.Copy {
		// From a list that was read before its segment was pruned: the ledger has it.
		sale, ok, err = w.ledgerSale(job.Sale.ID)
	}
	if err != nil || !ok || sale.Receipt != job.Sale.Receipt {
		w.violate("law 1, durable first", "receipt %d printed, the journal has %d (%v)", job.Sale.Receipt, sale.Receipt, err)
	}
}

func (w *world) ledgerSale(id payment.SaleID) (sale payment.Sale, ok bool, err error) {
	err = w.cloud.ledger.View(func(tx cloud.Tx) error {
		entry, there, err := tx.Sale(id)
		sale, ok = entry.Sale, there
		return err
	})
	return sale, ok, err
}

// checkDrawer holds that the drawer opens for what the journal has: cash that
// the sale on the screen was paid in, or else what the newest record says.
func (w *world) checkDrawer() {
	w.premise("law 1: drawer")
	if id := w.terminal.register.State.Current; id != "" {
		sale, ok, err := w.terminal.journal.Sale(id)
		n := len(sale.Tenders)
		if err == nil && ok && n > 0 && sale.Tenders[n-1].Wallet == payment.Cash && sale.Tenders[n-1].Paid {
			return
		}
	}
	w.checkDrawerRecord()
}

// movements are premises of their own: each is another way into the drawer.
var movements = map[payment.Movement]string{
	payment.PayIn: "shifts: paid in", payment.PayOut: "shifts: paid out", payment.NoSale: "shifts: opened with no sale",
}

// checkDrawerRecord holds that the newest commit says why the drawer opens.
func (w *world) checkDrawerRecord() {
	const most = 100 // records of a commit
	p := w.terminal.journal.Position()
	from := max(w.terminal.journal.Oldest(), p.Last-min(p.Last-1, most-1))
	records, err := w.terminal.journal.Read(from, most, 0)
	for _, r := range slices.Backward(records) {
		if r.Stamp != records[len(records)-1].Stamp {
			break
		}
		switch e, _ := r.Event(); e.Kind { // an event that cannot be read is none of these
		case payment.CashMoved:
			w.premise(movements[e.Movement])
			return
		case payment.RefundChanged:
			w.premise("refunds: cash")
			return
		}
	}
	w.violate("law 1, durable first", "the drawer opens, and the journal does not say why (%v)", err)
}

// checkNoCode holds law 6 for a message on the wire.
func (w *world) checkNoCode(payload []byte) {
	if code := w.cashier.lastCode; code != "" && bytes.Contains(payload, []byte(code)) {
		w.violate("law 6, codes are secrets", "a code is on the wire: %.200s", payload)
	}
}

// checkCall holds the gateway's call against its ledger, and law 5.
func (w *world) checkCall(c cloud.Call) {
	var a cloud.Attempt
	var ok bool
	err := w.cloud.ledger.View(func(tx cloud.Tx) (err error) {
		a, ok, err = tx.Attempt(c.Order.Number)
		return err
	})
	if err != nil || !ok {
		w.violate("law 1, durable first", "a call for order %s, which the ledger does not have (%v)", c.Order.Number, err)
		return
	}
	if c.Refund.Number != "" {
		w.checkRefundCall(c)
		return
	}
	if c.Step != cloud.StepCharge && c.Step != cloud.StepShow {
		return
	}
	if c.Step == cloud.StepCharge || a.QR == "" {
		w.premise("law 5: calls that could charge")
		if a.Mode == payment.Scan && w.now.After(a.NotAfter) {
			w.violate("law 5, late does not charge", "order %s is charged %v after its not_after", c.Order.Number, w.now.Sub(a.NotAfter))
		}
	}
	if c.Step == cloud.StepCharge {
		w.premise("law 2: charges")
		if o := w.bank.orders[c.Order.Number]; o != nil {
			w.violate("law 2, one charge", "order %s is charged again", c.Order.Number)
		}
	}
	if a.Status.Final() {
		w.violate("law 3, no guessing", "order %s is charged after it was closed as %s", c.Order.Number, a.Status)
	}
	if said := w.cloud.closed[c.Order.Number]; said != "" {
		w.violate("law 3, no guessing", "order %s is charged after its terminal was told that it is %s", c.Order.Number, said)
	}
}

// checkSend holds an answer against the ledger: nothing is said before its commit.
func (w *world) checkSend(s cloud.Send) {
	switch s.Channel {
	case wire.Ack:
		ack, err := wire.Decode[wire.Acknowledgement](s.Payload)
		if err != nil {
			w.violate("liveness", "%v", err)
			return
		}
		if ack.Again {
			w.premise("law 4: records asked for again")
		}
		if head := w.head(ack.Epoch); ack.Seq > head.Seq {
			w.violate("law 4, nothing lost", "%d acknowledged, the ledger has %d", ack.Seq, head.Seq)
		}
	case wire.Replies:
		r, err := wire.Decode[wire.AnyReply](s.Payload)
		if err != nil {
			w.violate("liveness", "%v", err)
			return
		}
		if r.Refund != nil {
			w.checkRefundReply(*r.Refund)
			return
		}
		w.checkReply(r.Reply)
	}
}

func (w *world) checkReply(r wire.Reply) {
	o := w.bank.orders[r.Order]
	if r.Status.Final() && r.Status != payment.Approved {
		w.cloud.closed[r.Order] = r.Status
	}
	switch {
	case r.Late:
		w.premise("law 5: late approvals given back")
		if o == nil || !o.back {
			w.violate("law 5, late does not charge", "order %s is said to be given back, and is not", r.Order)
		}
	case r.Status == payment.Approved:
		if o == nil || !o.taken || o.back && !o.voided {
			w.violate("law 3, no guessing", "order %s is called approved, and is not paid", r.Order)
		}
	case r.Status == payment.Declined || r.Status == payment.Reversed:
		if o != nil && o.live() {
			w.violate("law 3, no guessing", "order %s is called %s, and is %s", r.Order, r.Status, o.state)
		}
	case r.Status == payment.Expired && r.Reason == payment.TooLate && o == nil:
		w.premise("law 5: late requests refused")
	case r.Status == payment.Expired && r.Reason == payment.NotReached && o == nil:
		w.premise("law 3: unseen attempts closed")
	}
}

// checkAnswer holds that the counter never goes back to an answer that a newer
// one has overtaken.
func (w *world) checkAnswer(arrived payment.Answer) {
	t := w.terminal
	id, _, err := arrived.Order.Split()
	if err != nil || !t.on {
		return
	}
	if arrived.Rev < t.taken[arrived.Order] {
		w.premise("law 3: overtaken answers")
	}
	believed := t.register.State.Answer(id)
	if believed.Order != arrived.Order {
		return // settled
	}
	if newest := t.taken[arrived.Order]; believed.Rev < newest {
		w.violate("law 3, no guessing", "answer %d of order %s is taken after answer %d", believed.Rev, arrived.Order, newest)
	}
	t.taken[arrived.Order] = believed.Rev
}

func (w *world) head(epoch uint32) (h cloud.Head) {
	err := w.cloud.ledger.View(func(tx cloud.Tx) (err error) {
		h, err = tx.Head(terminalID, epoch)
		return err
	})
	if err != nil {
		w.violate("liveness", "ledger: %v", err)
	}
	return h
}

// checkLaws holds after every step.
func (w *world) checkLaws() {
	w.checkTenders()
	t := w.terminal
	if !t.on {
		return
	}
	s := t.register.State
	p := t.journal.Position()
	if head := w.head(p.Epoch); p.Acked > head.Seq {
		w.violate("law 4, nothing lost", "the terminal believes %d acknowledged, the ledger has %d", p.Acked, head.Seq)
	} else if head.Seq > p.Last {
		w.violate("law 1, durable first", "the ledger has record %d, the journal ends at %d", head.Seq, p.Last)
	}
	if s.Receipt != t.journal.LastReceipt() {
		w.violate("law 7, no gaps", "the counter is at receipt %d, the journal at %d", s.Receipt, t.journal.LastReceipt())
	}
	// The journal's word on the sale only changes with the journal.
	seen := shown{s.Screen, s.Current, p.Last, t.boots}
	if seen != w.lastShown {
		w.lastShown = seen
		w.checkScreen(s)
	}
}

// shown is what the truth of a screen depends on.
type shown struct {
	screen checkout.Screen
	sale   payment.SaleID
	last   uint64
	boot   int
}

// checkScreen holds the truth of the screen.
func (w *world) checkScreen(s checkout.State) {
	if s.Current == "" {
		return
	}
	sale, ok, err := w.terminal.journal.Sale(s.Current)
	if err != nil || !ok {
		w.violate("law 1, durable first", "sale %s is on the screen and not in the journal (%v)", s.Current, err)
		return
	}
	status := sale.Status()
	switch s.Screen {
	case checkout.Approved:
		if status != payment.StatusApproved {
			w.violate("law 3, no guessing", "the screen says approved, the sale is %s", status)
		}
	case checkout.Declined, checkout.Expired, checkout.Cancelled, checkout.Reversed:
		if string(status) != string(s.Screen) {
			w.violate("law 3, no guessing", "the screen says %s, the sale is %s", s.Screen, status)
		}
	}
}

// checkTenders holds law 2 at the wallet itself: of all orders of one tender never
// more than one is paid or could still be, and those of a sale are not more than it.
func (w *world) checkTenders() {
	if !w.bank.changed {
		return
	}
	w.bank.changed = false
	type part struct {
		sale   payment.SaleID
		tender int
	}
	live, sums := map[part]payment.Order{}, map[payment.SaleID]int64{}
	for _, o := range w.bank.list {
		if !o.live() {
			continue
		}
		id, _, err := o.number.Split()
		if err != nil {
			w.violate("law 2, one charge", "%v", err)
			return
		}
		of := part{id, w.cashier.tenders[o.number]}
		if other, there := live[of]; there {
			w.violate("law 2, one charge", "orders %s and %s of one tender are both live", other, o.number)
		}
		live[of] = o.number
		if sums[id] += o.amount.Amount; sums[id] > w.cashier.totals[id] {
			w.violate("law 2, one charge", "%d of sale %s is or could be paid, of %d", sums[id], id, w.cashier.totals[id])
		}
	}
}

// checkBooks holds at the end: ledger = journal = charges = receipts.
func (w *world) checkBooks() {
	t := w.terminal
	if err := t.journal.Check(); err != nil {
		w.violate("law 7, no gaps", "%v", err)
		return
	}
	p := t.journal.Position()
	w.cashier.holds.check(w, p.Last, t.journal.Counter())
	records, err := w.cloud.ledger.Records(terminalID, p.Epoch)
	if err != nil {
		w.violate("law 4, nothing lost", "%v", err)
		return
	}
	if uint64(len(records)) != p.Last {
		w.violate("law 4, nothing lost", "the ledger has %d records of %d", len(records), p.Last)
		return
	}
	sales := w.foldRecords(records)
	w.checkReceipts(sales)
	w.checkCharges(sales)
	w.checkCommands()
	w.checkStoreForCodes()
}

// foldRecords rebuilds every sale from the ledger's records, and holds them
// against the ledger's own view and the terminal's.
func (w *world) foldRecords(records []wire.Record) map[payment.SaleID]payment.Sale {
	sales := map[payment.SaleID]payment.Sale{}
	var counter payment.Counter
	reckoning := newReckoning()
	audit := audit{acted: map[payment.SaleID]bool{}, used: map[uint64]payment.SaleID{}}
	var shifts []payment.Shift // closed
	var slips []checkout.Printed
	account, err := figures.New(terminalID, "2000-01-01", "2099-12-31", time.UTC)
	if err != nil {
		w.violate("books", "%v", err)
		return sales
	}
	prev := wire.Genesis(terminalID, w.terminal.journal.Position().Epoch)
	for i, r := range records {
		if err := r.Follows(prev, uint64(i+1)); err != nil {
			w.violate("law 7, no gaps", "%v", err)
			return sales
		}
		prev = r.Hash
		e, err := r.Event()
		if err == nil {
			err = account.Add(r.Stamp, e)
		}
		if err != nil {
			w.violate("law 7, no gaps", "%v", err)
			return sales
		}
		reckoning.note(e)
		if e.Sale == "" {
			if payment.OfCounter(e.Kind) {
				if counter, err = counter.Apply(e, r.Stamp); err != nil {
					w.violate("law 7, no gaps", "record %d: %v", r.Seq, err)
				}
				audit.note(w, e)
				if e.Kind == payment.ShiftDated {
					w.premise("shifts: dated")
				}
				if e.Kind == payment.ShiftClosed {
					shifts = append(shifts, counter.Before)
				}
			}
			continue
		}
		if e.Kind == payment.SlipPrinted && e.Refund == 0 {
			slips = append(slips, checkout.Printed{Sale: e.Sale})
		}
		audit.checkSale(w, e, counter.Desk, sales[e.Sale])
		if (e.Kind == payment.SaleCreated || e.Kind == payment.CashTaken) && !counter.Shift.Open {
			w.violate("books", "record %d, %s, is of no shift", r.Seq, e.Kind)
		}
		next, err := sales[e.Sale].Apply(e, r.Stamp)
		if err != nil {
			w.violate("law 7, no gaps", "record %d: %v", r.Seq, err)
			return sales
		}
		if counter, err = counter.Count(sales[e.Sale], next); err != nil {
			w.violate("law 7, no gaps", "record %d: %v", r.Seq, err)
			return sales
		}
		sales[e.Sale] = next
	}
	w.checkSlips(sales, shifts, slips)
	shifts = append(shifts, counter.Shift)
	w.checkShifts(shifts, account.Report().Total, sales)
	reckoning.check(w, shifts, account.Report().Total)
	if terminals := w.terminal.journal.Counter(); !reflect.DeepEqual(counter, terminals) {
		w.violate("books", "the ledger's records make the counter\n%+v, the terminal has\n%+v", counter, terminals)
	}
	err = w.cloud.ledger.View(func(tx cloud.Tx) error {
		entries, err := tx.Sales()
		entries = slices.DeleteFunc(entries, func(e cloud.SaleEntry) bool { return e.Terminal == otherID })
		for _, e := range entries {
			if e.Fault != "" || !sameSale(e.Sale, sales[e.Sale.ID]) {
				w.violate("law 4, nothing lost", "the ledger's sale %s is not its records' (%s)", e.Sale.ID, e.Fault)
			}
		}
		if len(entries) != len(sales) {
			w.violate("law 4, nothing lost", "the ledger has %d sales of %d", len(entries), len(sales))
		}
		return err
	})
	if err != nil {
		w.violate("liveness", "%v", err)
	}
	return sales
}

// checkShifts holds what the reports of a terminal's shifts come to against its
// sales: every cent of tax, tip and discount is in one of them, and none in two.
func (w *world) checkShifts(shifts []payment.Shift, total figures.Day, sales map[payment.SaleID]payment.Sale) {
	type sums struct{ amount, kept, discount, tax, tips int64 }
	var reported, sold sums
	for _, s := range shifts {
		reported.amount += s.Amount
		reported.discount += s.Discount
		reported.tax += s.Tax
		reported.tips += s.Tips
		for _, of := range s.Wallets {
			reported.kept += of.Kept()
		}
	}
	for _, s := range sales {
		refunded, voided := s.Refunded()
		back := refunded + voided
		for _, t := range s.Tenders {
			if t.Paid && s.Elsewhere == nil {
				sold.kept += t.Amount
			}
		}
		sold.kept -= back
		if e := s.Elsewhere; e != nil && e.Bill != nil {
			discount, tax, tip := e.Bill.Part(e.Given+back, e.Total.Amount)
			d, x, p := e.Bill.Part(e.Given, e.Total.Amount)
			sold.discount -= discount - d
			sold.tax -= tax - x
			sold.tips -= tip - p
		}
		if s.Receipt == 0 {
			continue
		}
		sold.amount += s.Total.Amount
		b := s.Bill
		if b == nil {
			continue
		}
		w.premise("shifts: bills")
		sold.discount += b.Discount
		sold.tax += b.Tax
		sold.tips += b.Tip
		if back > 0 {
			w.premise("refunds: of a bill")
			discount, tax, tip := b.Part(back, s.Total.Amount)
			sold.discount -= discount
			sold.tax -= tax
			sold.tips -= tip
		}
	}
	if days := (sums{total.Amount, total.Kept(), total.Discount, total.Tax, total.Tips}); days != sold {
		w.violate("books", "the days say %+v, the sales %+v", days, sold)
	}
	if reported != sold {
		w.violate("books", "the shifts say %+v, the sales %+v", reported, sold)
	}
}

func sameSale(a, b payment.Sale) bool {
	if !reflect.DeepEqual(a.Bill, b.Bill) || !reflect.DeepEqual(a.Elsewhere, b.Elsewhere) {
		return false
	}
	a.Created, a.Changed, b.Created, b.Changed = payment.Stamp{}, payment.Stamp{}, payment.Stamp{}, payment.Stamp{}
	a.Bill, b.Bill, a.Elsewhere, b.Elsewhere = nil, nil, nil, nil // else their places in memory count
	return reflect.DeepEqual(fmt.Sprint(a), fmt.Sprint(b))
}

func (w *world) checkReceipts(sales map[payment.SaleID]payment.Sale) {
	printed := w.printedAs()
	seen := map[uint64]payment.SaleID{}
	for id, s := range sales {
		if s.Receipt == 0 {
			continue
		}
		w.premise("law 7: receipts")
		if other, there := seen[s.Receipt]; there {
			w.violate("law 7, no gaps", "receipt %d is of sales %s and %s", s.Receipt, id, other)
		}
		seen[s.Receipt] = id
		switch c := printed[checkout.Printed{Sale: id, Receipt: s.Receipt}]; {
		case s.Waived:
			w.premise("receipts: waived")
			if !w.paperAsked() || c.whole > 0 {
				w.violate("receipts", "receipt %d of sale %s is waived, and was printed %d times", s.Receipt, id, c.whole)
			}
		case c.whole == 0:
			w.violate("receipts", "receipt %d of sale %s was never printed", s.Receipt, id)
		case c.originals > 1:
			w.violate("receipts", "receipt %d was printed %d times without the word copy", s.Receipt, c.originals)
		}
	}
	for n := uint64(1); n <= uint64(len(seen)); n++ {
		if seen[n] == "" {
			w.violate("law 7, no gaps", "there is no receipt %d of %d", n, len(seen))
			return
		}
	}
}

// checkCharges holds the wallet's book against the sales: money is kept for
// exactly the approved wallet tenders.
func (w *world) checkCharges(sales map[payment.SaleID]payment.Sale) {
	kept, elsewhere := map[payment.SaleID]int64{}, w.elsewhere(sales)
	for _, o := range w.bank.list {
		if !o.taken || o.back {
			continue
		}
		id, n, err := o.number.Split()
		if err != nil {
			w.violate("books", "%v", err)
			return
		}
		kept[id] += o.amount.Amount - o.refunded()
		if slices.ContainsFunc(w.other.sales, func(s payment.Sale) bool { return s.ID == id }) {
			if want := o.amount.Amount - elsewhere[id]; kept[id] != want {
				w.violate("books", "the other terminal's sale %s is worth %d, the wallet keeps %d", id, want, kept[id])
			}
			continue
		}
		if s := sales[id]; n > len(s.Attempts) || s.Attempts[n-1].Status != payment.Approved {
			w.violate("books", "money is kept for order %s, whose sale is %s", o.number, s.Status())
		}
	}
	orders := map[string]bool{} // of cash registers, that are paid
	for id, s := range sales {
		if s.Elsewhere != nil {
			continue // what went back is of the sale that it names
		}
		want := -elsewhere[id]
		for _, t := range s.Tenders {
			if t.Paid && t.Wallet != payment.Cash {
				want += t.Amount
			}
		}
		if s.Receipt != 0 && s.Key != "" {
			w.premise("registers: paid")
			if orders[s.Key] {
				w.violate("law 2, one charge", "order %s of a cash register is paid twice", s.Key)
			}
			orders[s.Key] = true
		}
		want -= w.wentBack(s)
		if kept[id] != want {
			w.violate("books", "sale %s (%s) is worth %d, the wallet keeps %d", id, s.Status(), want, kept[id])
		}
		w.checkIntent(s, kept[id])
	}
	for _, o := range w.bank.list {
		if !o.back {
			continue
		}
		id, n, err := o.number.Split()
		if err == nil && n <= len(sales[id].Attempts) && sales[id].Attempts[n-1].Late {
			w.premise("law 5: late approvals shown")
		}
	}
}

// wentBack is what a sale's own word says went back to its wallet, and counts
// what was tried.
func (w *world) wentBack(s payment.Sale) (sum int64) {
	for _, r := range s.Refunds {
		if s.Tenders[r.Tender-1].Wallet == payment.Cash {
			continue
		}
		switch {
		case r.Status == payment.RefundRefused:
			// the counter asks for no more than there is; the gateway decides
		case r.Status != payment.RefundDone:
			w.violate("convergence", "refund %d of %s is %s at the end", r.Number, s.ID, r.Status)
		case r.Void:
			w.premise("refunds: voids")
			sum += r.Amount
		default:
			w.premise("refunds: done")
			sum += r.Amount
		}
	}
	return sum
}

// checkRefundCall holds that the ledger has a refund before the wallet hears of it.
func (w *world) checkRefundCall(c cloud.Call) {
	err := w.cloud.ledger.View(func(tx cloud.Tx) error {
		r, ok, err := tx.Refund(c.Refund.Number)
		if !ok || !r.Open() {
			w.violate("law 1, durable first", "a call for refund %s, which the ledger does not have", c.Refund.Number)
		}
		return err
	})
	if err != nil {
		w.violate("liveness", "ledger: %v", err)
	}
}

// checkRefundReply holds that money is called back only when it is.
func (w *world) checkRefundReply(r payment.RefundAnswer) {
	id, _, err := r.Refund.Split()
	if err != nil {
		w.violate("liveness", "%v", err)
		return
	}
	gone := false
	for _, o := range w.bank.list {
		if of, _, err := o.number.Split(); err == nil && of == id {
			gone = gone || o.voided
		}
		_, refunded := o.refunds[r.Refund]
		gone = gone || refunded
	}
	if (r.Status == payment.RefundDone) != gone && r.Status.Final() {
		w.violate("law 3, no guessing", "refund %s is called %s, gone back: %v", r.Refund, r.Status, gone)
	}
}

// checkIntent holds what was said when a sale was parked.
func (w *world) checkIntent(s payment.Sale, kept int64) {
	intent, parked := w.cashier.parked[s.ID]
	if !parked {
		return
	}
	switch intent {
	case payment.PaidOther:
		w.premise("parking: paid another way or left")
		if kept != 0 {
			w.violate("parking", "sale %s was parked because the customer paid another way, and the wallet keeps %d", s.ID, kept)
		}
	case payment.GoodsGiven:
		w.premise("parking: goods given")
		if kept == 0 && s.Due() > 0 && s.Parked != payment.GoodsGiven {
			w.violate("parking", "the goods of sale %s are gone unpaid, and nothing says so", s.ID)
		}
	}
}

// checkStoreForCodes reads every file of the store for every code there was.
func (w *world) checkStoreForCodes() {
	for name, raw := range readImage(w.terminal).files {
		for code := range w.bank.codes {
			if bytes.Contains(raw, []byte(code)) {
				w.violate("law 6, codes are secrets", "a code is in %s", name)
				return
			}
		}
	}
	w.premise("law 6: stores searched")
}
