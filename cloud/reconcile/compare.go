package reconcile

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"till/cloud"
	"till/payment"
	"till/words"
)

// comparison compares what the books have of each sale.
type comparison struct {
	q      Question
	moving func(payment.Order) bool
	sales  int
	rows   []Row
	totals map[totalKey]*Total
}

type totalKey struct {
	wallet   payment.Wallet
	currency string
}

// matter is one thing that each book may have: a payment, or what went back of it.
type matter struct {
	Row
	cash    bool
	amount  payment.Money // that it is about
	variant string        // of the sentence
	journal said
	ledger  said
	charged said // the acquirer
	begun   time.Time
}

// said is what one book says of a matter.
type said struct {
	wallet   payment.Wallet
	currency string
	moves    []move
}

// move is money at a time; zero: not known.
type move struct {
	at   time.Time
	sums Sums
}

func (s *said) add(at time.Time, sums Sums) {
	if sums != (Sums{}) {
		s.moves = append(s.moves, move{at, sums})
	}
}

func (s said) sums() (all Sums) {
	for _, m := range s.moves {
		all = all.plus(m.sums)
	}
	return all
}

// at is the first known time of a matter in a book.
func (s said) at() time.Time {
	for _, m := range s.moves {
		if !m.at.IsZero() {
			return m.at
		}
	}
	return time.Time{}
}

func (c *comparison) report() Report {
	r := Report{
		From: c.q.From, To: c.q.To, Zone: c.q.Zone.String(), Terminals: c.q.Terminals, At: c.q.Now, Sales: c.sales,
		Totals: []Total{}, Rows: c.rows,
	}
	for _, t := range c.totals {
		r.Totals = append(r.Totals, *t)
	}
	slices.SortFunc(r.Totals, func(a, b Total) int {
		return cmp.Or(strings.Compare(a.Currency, b.Currency), strings.Compare(string(a.Wallet), string(b.Wallet)))
	})
	slices.SortStableFunc(r.Rows, func(a, b Row) int {
		if a.Needs != b.Needs {
			if a.Needs {
				return -1
			}
			return 1
		}
		return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.Sale), string(b.Sale)), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Refund, b.Refund))
	})
	for _, row := range r.Rows {
		if row.Needs {
			r.Needs++
		}
	}
	if r.Rows == nil {
		r.Rows = []Row{}
	}
	return r
}

func (c *comparison) sale(s *sale) {
	matters := append(c.wallet(s), c.cash(s)...)
	counts := false
	for _, m := range matters {
		if c.close(m) {
			counts = true
		}
	}
	if counts {
		c.sales++
	}
	if counts || s.told != nil && s.told.Elsewhere != nil {
		c.entry(s)
	}
}

// terminal is the one of a sale, as far as a book says.
func (s *sale) terminal() string {
	switch {
	case s.told != nil:
		return s.told.terminal
	case s.entry != nil:
		return s.entry.Terminal
	case len(s.attempts) > 0:
		return s.attempts[0].Terminal
	case len(s.refunds) > 0:
		return s.refunds[0].Terminal
	}
	return ""
}

// wallet are the matters of a sale that went through the acquirer.
func (c *comparison) wallet(s *sale) (all []*matter) {
	p := pieces{sale: s, lines: map[payment.Order][]Line{}}
	orders := map[payment.Order]bool{}
	for _, l := range s.lines {
		p.lines[l.Order] = append(p.lines[l.Order], l)
		orders[l.Order] = true
	}
	for _, a := range s.attempts {
		orders[a.Order] = true
	}
	if s.told != nil {
		for _, a := range s.told.Attempts {
			orders[payment.NewOrder(s.id, a.Number)] = true
		}
	}
	for _, e := range s.refunds {
		orders[e.Order] = true
	}
	for _, t := range s.guests {
		for _, part := range t.Elsewhere.Parts {
			orders[part.Order] = true
		}
	}
	for _, order := range slices.Sorted(maps.Keys(orders)) {
		p.refunds(order)
		m := p.payment(order)
		of := p.lookUp(order)
		m.Kind = c.judgePayment(m, of)
		switch {
		case m.Kind == GivenBack && of.parked == payment.PaidOther:
			m.variant = "parked"
		case m.Kind == Owed:
			m.amount.Amount = s.told.Due() // part of it may be paid
		}
		all = append(all, m.matter)
	}
	for _, m := range p.back {
		m.Kind = c.judgeRefund(m)
		all = append(all, m.matter)
	}
	return all
}

// pieces are what the books have of a sale, put to what they are about.
type pieces struct {
	*sale
	lines map[payment.Order][]Line // that are not put to a refund yet
	back  []*refund
}

// look is what the books say of an order.
type look struct {
	attempt *cloud.Attempt
	told    *payment.Attempt
	parked  payment.Intent
	open    bool // the sale is parked now
}

// owed says that the goods are given, and not all is paid.
func (l look) owed() bool { return l.open && l.parked == payment.GoodsGiven }

func (p *pieces) lookUp(order payment.Order) (l look) {
	for i := range p.attempts {
		if p.attempts[i].Order == order {
			l.attempt = &p.attempts[i]
		}
	}
	_, n, err := order.Split()
	if t := p.told; t != nil && err == nil && n <= len(t.attempts) {
		l.told = &t.Attempts[n-1]
		if n == len(t.attempts) {
			l.parked, l.open = t.parked, t.Parked != "" && t.Due() > 0 // what is owed may be paid in cash
		}
	}
	return l
}

// paid is a payment at the acquirer.
type paid struct{ *matter }

func (p *pieces) payment(order payment.Order) paid {
	m := &matter{Row: Row{Sale: p.id, Order: order, Terminal: p.terminal()}}
	if _, n, err := order.Split(); err == nil {
		m.Attempt = n
	}
	at := p.lookUp(order)
	if a := at.told; a != nil {
		t := p.told
		tried := t.attempts[a.Number-1]
		m.begun = tried.began.time()
		m.journal.wallet, m.journal.currency = a.Wallet, t.Total.Currency
		back := a.Late || a.Status.Final() && a.Status != payment.Approved && a.Transaction != ""
		if back || a.Status == payment.Approved {
			m.journal.add(tried.ended.time(), Sums{Charged: tried.amount})
		}
		if back {
			m.journal.add(tried.ended.time(), Sums{Reversed: tried.amount})
		}
	}
	if a := at.attempt; a != nil {
		if !a.Submitted.IsZero() {
			m.begun = a.Submitted
		}
		m.ledger.wallet, m.ledger.currency = a.Wallet, a.Currency
		back := a.Status != payment.Approved && !a.Taken && (a.Late || a.Status.Final() && a.Transaction != "")
		if back || a.Taken || a.Status == payment.Approved {
			m.ledger.add(attemptAt(*a), Sums{Charged: a.Amount})
		}
		if back {
			m.ledger.add(attemptAt(*a), Sums{Reversed: a.Amount})
		}
	}
	for _, l := range p.lines[order] {
		m.charged.line(l)
		m.amount = l.Amount
	}
	if at.told != nil {
		m.amount = payment.Money{Amount: p.told.attempts[at.told.Number-1].amount, Currency: p.told.Total.Currency}
	}
	if a := at.attempt; a != nil {
		m.amount = payment.Money{Amount: a.Amount, Currency: a.Currency}
	}
	return paid{m}
}

func (s *said) line(l Line) {
	s.wallet, s.currency = cmp.Or(l.Wallet, s.wallet), l.Amount.Currency
	var sums Sums
	switch l.Kind {
	case Taken:
		sums.Charged = l.Amount.Amount
	case Refunded:
		sums.Refunded = l.Amount.Amount
	case Reversed:
		sums.Reversed = l.Amount.Amount
	case Disputed:
		sums.Disputed = l.Amount.Amount
	}
	s.add(l.At, sums)
}

// judgePayment says what kind of difference there is about a payment; "" if none.
func (c *comparison) judgePayment(m paid, of look) Kind {
	kind := c.judge(m, of)
	if kind != "" && !kind.Explained() && kind != InDispute && c.moving(m.Order) {
		return Pending
	}
	return kind
}

func (c *comparison) judge(m paid, of look) Kind {
	j, l, a := m.journal.sums(), m.ledger.sums(), m.charged.sums()
	agree := j == l && l == a
	switch {
	case a.Disputed != 0:
		return InDispute
	case of.attempt == nil:
		return c.judgeUnasked(of, a, j)
	case m.charged.currency != "" && m.charged.currency != m.ledger.currency:
		return AmountDiffers
	case of.attempt.Open() && (!of.attempt.Status.Final() || !agree):
		if of.open {
			return Parked
		}
		return Pending
	case a.Charged != 0 && l.Charged != 0 && a.Charged != l.Charged && a.Net() != 0:
		return AmountDiffers
	case of.attempt.Status == payment.Approved:
		return c.judgeApproved(m, of, j, l, a)
	}
	return c.judgeClosed(of, j, l, a)
}

// judgeUnasked is of a payment that the gateway was never asked for.
func (c *comparison) judgeUnasked(of look, a, j Sums) Kind {
	switch {
	case a != (Sums{}):
		return UnknownCharge
	case j.Net() != 0:
		return Uncharged
	case of.told != nil && !of.told.Status.Final():
		return Pending // its request is lost: the terminal asks again, which closes it
	case of.owed():
		return Owed
	}
	return ""
}

func (c *comparison) judgeApproved(m paid, of look, j, l, a Sums) Kind {
	switch {
	case a.Charged == 0:
		return Uncharged
	case a.Reversed != 0 || a.Refunded != 0:
		return TakenBack
	case of.told == nil || !of.told.Status.Final():
		return OnItsWay
	case j != l:
		return JournalDiffers
	case differ(m.ledger.wallet, m.charged.wallet) || differ(m.journal.wallet, m.ledger.wallet):
		return WalletDiffers
	case of.owed(): // the rest of a split sale
		return Owed
	}
	return ""
}

func differ(a, b payment.Wallet) bool { return a != "" && b != "" && a != b }

// judgeClosed is of a payment that the gateway has brought to an end without one.
// Whatever was taken meanwhile and given back: who has the goods owes for them.
func (c *comparison) judgeClosed(of look, j, l, a Sums) Kind {
	switch {
	case a.Net() != 0:
		return Unsold
	case j.Net() != 0:
		return JournalDiffers
	case of.owed():
		return Owed
	case of.attempt.Late || of.told != nil && of.told.Late:
		return Late
	case j.Charged != 0 || l.Charged != 0 || a.Charged != 0:
		return GivenBack
	}
	return ""
}

// refund is money that goes back to a wallet.
type refund struct {
	*matter
	told  *payment.Refund
	entry *cloud.RefundEntry
}

// refunds puts together what the books have of an order's refunds, and takes their
// lines from what is left of the order.
func (p *pieces) refunds(order payment.Order) {
	var all []*refund
	find := func(id payment.RefundID) *refund {
		for _, r := range all {
			if r.Number == id {
				return r
			}
		}
		_, n, _ := id.Split() // whoever has it has looked
		m := &matter{Row: Row{Sale: p.id, Order: order, Refund: n, Number: id, Terminal: p.terminal()}}
		all = append(all, &refund{matter: m})
		return all[len(all)-1]
	}
	tellers := p.guests
	if p.told != nil {
		tellers = append([]*told{p.told}, tellers...)
	}
	for _, t := range tellers {
		for i := range t.Refunds {
			r := &t.Refunds[i]
			if of, ok := t.WalletOrder(r.Tender); ok && of == order {
				find(payment.NewRefundID(t.ID, r.Number)).tell(t, r)
			}
		}
	}
	for i := range p.sale.refunds {
		e := &p.sale.refunds[i]
		if _, _, err := e.Answer.Refund.Split(); err == nil && e.Order == order {
			find(e.Answer.Refund).keep(e, p.attemptWallet(order))
		}
	}
	var left []Line
	for _, l := range p.lines[order] {
		if r := putTo(all, l, find); r != nil {
			r.charge(l)
		} else {
			left = append(left, l)
		}
	}
	p.lines[order] = left
	p.back = append(p.back, all...)
}

func (p *pieces) attemptWallet(order payment.Order) payment.Wallet {
	if a := p.lookUp(order).attempt; a != nil {
		return a.Wallet
	}
	return ""
}

func (r *refund) tell(t *told, of *payment.Refund) {
	r.told, r.Terminal = of, t.terminal
	r.journal.wallet, r.journal.currency = t.Tenders[of.Tender-1].Wallet, t.Total.Currency
	r.begun = of.Requested.Time
	r.amount = payment.Money{Amount: of.Amount, Currency: t.Total.Currency}
	if of.Status == payment.RefundDone {
		r.journal.add(t.back[of.Number-1].time(), back(of.Void, of.Amount))
	}
}

func (r *refund) keep(e *cloud.RefundEntry, wallet payment.Wallet) {
	r.entry, r.Terminal = e, e.Terminal
	r.ledger.wallet, r.ledger.currency = wallet, e.Answer.Currency
	r.begun = e.Submitted
	r.amount = payment.Money{Amount: e.Answer.Amount, Currency: e.Answer.Currency}
	if e.Answer.Status == payment.RefundDone {
		r.ledger.add(refundAt(*e), back(e.Void, e.Answer.Amount))
	}
}

func (r *refund) void() bool { return r.entry != nil && r.entry.Void || r.told != nil && r.told.Void }

// gone says that the refund has not been refused.
func (r *refund) gone() bool {
	if r.entry != nil {
		return r.entry.Answer.Status != payment.RefundRefused
	}
	return r.told != nil && r.told.Status != payment.RefundRefused
}

// charge takes a line of the acquirer's book. A void may be a refund there.
func (r *refund) charge(l Line) {
	if r.void() {
		l.Kind = Reversed
	}
	r.charged.line(l)
	if r.entry == nil && r.told == nil {
		r.amount = l.Amount
	}
}

func back(void bool, amount int64) Sums {
	if void {
		return Sums{Reversed: amount}
	}
	return Sums{Refunded: amount}
}

// putTo finds the refund that a line is of, nil if it is of none. A line that does
// not name its refund is of one with its amount that has none yet.
func putTo(all []*refund, l Line, find func(payment.RefundID) *refund) *refund {
	switch l.Kind {
	case Reversed:
		for _, r := range all {
			if r.void() && r.gone() {
				return r
			}
		}
		return nil
	case Refunded:
	default:
		return nil
	}
	if l.Refund != "" {
		if _, _, err := l.Refund.Split(); err != nil {
			return nil
		}
		return find(l.Refund)
	}
	for _, r := range all {
		if r.gone() && len(r.charged.moves) == 0 && (r.entry != nil && r.entry.Answer.Amount == l.Amount.Amount || r.entry == nil && r.told.Amount == l.Amount.Amount) {
			return r
		}
	}
	return nil
}

// judgeRefund says what kind of difference there is about a refund; "" if none.
func (c *comparison) judgeRefund(m *refund) Kind {
	kind := m.judge()
	if kind != "" && !kind.Explained() && c.moving(m.Order) {
		return RefundPending
	}
	return kind
}

func (m *refund) judge() Kind {
	j, l, a := m.journal.sums(), m.ledger.sums(), m.charged.sums()
	settled := m.told != nil && m.told.Status.Final()
	switch {
	case m.entry == nil && (a != (Sums{}) || j != (Sums{})):
		return RefundUnknown
	case m.entry == nil && !settled: // its request is on its way
		return RefundPending
	case m.entry == nil:
		return ""
	case m.entry.Open():
		return RefundPending
	case l == (Sums{}) && a != (Sums{}):
		return RefundUnknown
	case l != (Sums{}) && a == (Sums{}):
		return RefundMissing
	case l != a:
		return AmountDiffers
	case j == l:
		return ""
	case settled:
		return JournalDiffers
	}
	return OnItsWay
}

// cash are the matters of a sale that no acquirer knows: journal and ledger alone.
func (c *comparison) cash(s *sale) (all []*matter) {
	tenders, refunds := map[int]*matter{}, map[int]*matter{}
	find := func(of map[int]*matter, n int) *matter {
		if of[n] == nil {
			of[n] = &matter{Row: Row{Sale: s.id, Terminal: s.terminal()}, cash: true}
			all = append(all, of[n])
		}
		return of[n]
	}
	note := func(sale payment.Sale, at func(tender, refund int) time.Time, side func(*matter) *said) {
		for i, t := range sale.Tenders {
			if t.Wallet == payment.Cash && t.Paid {
				m := find(tenders, i+1)
				m.Tender = i + 1
				*side(m) = said{wallet: payment.Cash, currency: sale.Total.Currency}
				side(m).add(at(i+1, 0), Sums{Charged: t.Amount})
			}
		}
		for _, r := range sale.Refunds {
			if sale.Tenders[r.Tender-1].Wallet == payment.Cash && r.Status == payment.RefundDone {
				m := find(refunds, r.Number)
				m.Refund, m.Tender = r.Number, r.Tender
				*side(m) = said{wallet: payment.Cash, currency: sale.Total.Currency}
				side(m).add(at(0, r.Number), back(r.Void, r.Amount))
			}
		}
	}
	when := func(int, int) time.Time { return time.Time{} }
	if t := s.told; t != nil {
		when = func(tender, refund int) time.Time {
			switch {
			case tender > 0 && tender <= len(t.paid):
				return t.paid[tender-1].time()
			case refund > 0 && refund <= len(t.back):
				return t.back[refund-1].time()
			}
			return time.Time{}
		}
		note(t.Sale, when, func(m *matter) *said { return &m.journal })
	}
	if s.entry != nil { // it has no moments of its own
		note(s.entry.Sale, when, func(m *matter) *said { return &m.ledger })
	}
	for _, m := range all {
		m.amount = payment.Money{Amount: max(m.journal.sums().gross(), m.ledger.sums().gross()), Currency: cmp.Or(m.journal.currency, m.ledger.currency)}
		if m.begun = m.journal.at(); m.begun.IsZero() && s.entry != nil {
			m.begun = s.entry.Sale.Changed.Time
		}
		if m.journal.sums() != m.ledger.sums() {
			m.Kind = LedgerDiffers
		}
	}
	return all
}

// entry holds the ledger's sale to its records.
func (c *comparison) entry(s *sale) {
	m := &matter{Row: Row{Sale: s.id, Terminal: s.terminal()}}
	switch {
	case !c.q.asked(m.Terminal):
		return
	case s.told != nil && s.told.broken, s.entry != nil && s.entry.Fault != "":
		m.Kind = Impossible
	case s.told == nil && s.entry == nil, s.told != nil && s.entry != nil && same(s.told.Sale, s.entry.Sale):
		return
	default:
		m.Kind = LedgerDiffers
	}
	for _, r := range c.rows {
		if r.Sale == s.id && r.Kind == LedgerDiffers { // said already
			return
		}
	}
	if s.told != nil {
		m.begun = s.told.Created.Time
	} else {
		m.begun = s.entry.Sale.Created.Time
	}
	c.row(m)
}

func same(a, b payment.Sale) bool {
	return a.Receipt == b.Receipt && a.Total == b.Total && a.Parked == b.Parked &&
		slices.Equal(a.Tenders, b.Tenders) &&
		slices.EqualFunc(a.Attempts, b.Attempts, func(x, y payment.Attempt) bool {
			return x.Status == y.Status && x.Tender == y.Tender && x.Wallet == y.Wallet && x.Late == y.Late && x.Transaction == y.Transaction
		}) &&
		slices.EqualFunc(a.Refunds, b.Refunds, func(x, y payment.Refund) bool {
			return x.Status == y.Status && x.Tender == y.Tender && x.Amount == y.Amount && x.Void == y.Void
		})
}

// close counts a matter, and lists it if it is a difference. It says whether the
// days have to do with it.
func (c *comparison) close(m *matter) bool {
	// What one book does not date is of the day that another says.
	known := m.begun
	for _, s := range []said{m.journal, m.charged, m.ledger} {
		if at := s.at(); !at.IsZero() {
			known = at
		}
	}
	ours := len(m.journal.moves)+len(m.ledger.moves)+len(m.charged.moves) == 0 && c.q.within(known) ||
		m.Kind != "" && !m.begun.IsZero() && c.q.within(m.begun)
	counted := func(s *said) (all Sums) {
		for _, move := range s.moves {
			if move.at.IsZero() {
				move.at = known
			}
			if c.q.within(move.at) {
				all, ours = all.plus(move.sums), true
			}
		}
		return all
	}
	// A journal may have but the hint of a code; the acquirer knows.
	wallet := cmp.Or(m.charged.wallet, m.ledger.wallet, m.journal.wallet)
	currency := cmp.Or(m.ledger.currency, m.charged.currency, m.journal.currency)
	side := func(s *said) Side {
		at := s.at()
		if at.IsZero() && len(s.moves) > 0 {
			at = known
		}
		own := wallet
		if m.Kind == WalletDiffers {
			own = cmp.Or(s.wallet, wallet)
		}
		return Side{own, cmp.Or(s.currency, currency), s.sums(), counted(s), c.q.date(at)}
	}
	m.Journal, m.Ledger = side(&m.journal), side(&m.ledger)
	if !m.cash {
		m.Acquirer = side(&m.charged)
	}
	if !ours || !c.q.asked(m.Terminal) {
		return false
	}
	c.count(m.Row, m.cash)
	if m.Kind == "" && (m.Journal.Counted != m.Ledger.Counted || !m.cash && m.Acquirer.Counted != m.Ledger.Counted) {
		m.Kind = Midnight
	}
	if m.Kind != "" {
		if m.begun.IsZero() {
			m.begun = known
		}
		c.row(m)
	}
	return true
}

// count adds a matter to the totals.
func (c *comparison) count(r Row, cash bool) {
	add := func(s Side, to func(*Total)) {
		if s.Counted == (Sums{}) {
			return
		}
		key := totalKey{s.Wallet, s.Currency}
		if c.totals[key] == nil {
			c.totals[key] = &Total{Wallet: s.Wallet, Currency: s.Currency}
			if !cash {
				c.totals[key].Acquirer = &Sums{}
			}
		}
		to(c.totals[key])
	}
	add(r.Journal, func(t *Total) { t.Journal = t.Journal.plus(r.Journal.Counted) })
	add(r.Ledger, func(t *Total) { t.Ledger = t.Ledger.plus(r.Ledger.Counted) })
	add(r.Acquirer, func(t *Total) { *t.Acquirer = t.Acquirer.plus(r.Acquirer.Counted) })
}

// row lists a difference, and says what it means.
func (c *comparison) row(m *matter) {
	m.At = m.begun.UTC()
	m.Needs = !m.Kind.Explained()
	if p := m.Kind.patience(); p > 0 && !m.begun.IsZero() && c.q.Now.Sub(m.begun) > p {
		m.Needs, m.Overdue = true, true
	}
	key := "reconcile_" + string(m.Kind)
	if m.variant != "" {
		key += "_" + m.variant
	}
	m.explain(key)
	c.rows = append(c.rows, m.Row)
}

// explain says a row's sentence in every language.
func (m *matter) explain(key string) {
	m.Text = map[string]string{}
	for _, lang := range words.Langs {
		money := func(s Side) string {
			return payment.Money{Amount: s.Said.Net(), Currency: s.Currency}.Format(string(lang))
		}
		day := func(s Side) string { return cmp.Or(s.Date, "-") }
		wallet := cmp.Or(m.Ledger.Wallet, m.Acquirer.Wallet, m.Journal.Wallet)
		name := wallet.Name()
		if lang == words.Chinese {
			name = wallet.ChineseName()
		}
		args := []string{
			"amount", m.amount.Format(string(lang)), "wallet", name, "terminal", m.Terminal, "order", cell(m.Order),
			"journal", money(m.Journal), "ledger", money(m.Ledger), "acquirer", money(m.Acquirer),
			"journal_day", day(m.Journal), "ledger_day", day(m.Ledger), "acquirer_day", day(m.Acquirer),
		}
		m.put(lang, key, m.Overdue, args)
	}
}

// put says one sentence in one language.
func (r *Row) put(lang words.Lang, key string, overdue bool, args []string) {
	text := words.Say(lang, words.Key(key), args...)
	if overdue {
		text += " " + words.Say(lang, "reconcile_overdue", args...)
	}
	r.Text[string(lang)] = text
}
