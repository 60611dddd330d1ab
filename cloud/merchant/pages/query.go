package pages

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"till/payment"
	"till/words"
)

// Query is what sales are looked for by. All that is said has to hold.
type Query struct {
	Text     string // as it was typed
	Terminal string // "": all
	Status   payment.Status
	Wallet   payment.Wallet
	From, To string // days of the shop's; "": any
	// terms are the words: of each, it alone, it and the one after, and so on, since
	// some of what is looked for has spaces in it.
	terms [][]term
}

// term is one thing that was typed. It holds of a sale in whichever way it can be meant.
type term struct {
	text    string // as it was typed, with one space between words
	sale    payment.SaleID
	epoch   uint32 // of a receipt's number; 0: any
	receipt uint64 // 0: it is none
	amount  string // decimal; "": it is none
	sign    string // of the amount's currency; "": any
}

// Bounds of what is typed.
const (
	maxText  = 120 // bytes
	maxTerms = 6
)

// Faults of a query.
var (
	ErrQueryLong = errors.New("too much to look for")
	ErrQuery     = errors.New("this cannot be looked for")
)

// Statuses are those that sales can be looked for by, in the order that a merchant asks.
var Statuses = []payment.Status{
	payment.StatusApproved, payment.StatusRefunded, payment.StatusVoided, payment.StatusChecking, payment.StatusAuthorizing, payment.StatusParked,
	payment.StatusDeclined, payment.StatusExpired, payment.StatusCancelled, payment.StatusReversed, payment.StatusCreated,
}

// Wallets likewise.
var Wallets = []payment.Wallet{payment.WeChat, payment.Alipay, payment.UnionPay, payment.Cash}

var (
	receiptForm = regexp.MustCompile(`^#?(?:([1-9][0-9]{0,8})-)?([0-9]{1,12})$`)
	amountForm  = regexp.MustCompile(`^(\p{L}{0,3}\p{Sc}?) ?([0-9][0-9,]{0,14}(?:\.[0-9]{1,3})?)$`)
	digitsForm  = regexp.MustCompile(`^[0-9]+$`)
)

// ParseQuery reads the fields q, terminal, status, wallet, from and to of a form.
func ParseQuery(form url.Values) (Query, error) {
	q := Query{
		Text: strings.TrimSpace(form.Get("q")), Terminal: form.Get("terminal"), Status: payment.Status(form.Get("status")),
		Wallet: payment.Wallet(form.Get("wallet")), From: form.Get("from"), To: form.Get("to"),
	}
	typed := strings.Fields(q.Text)
	if len(q.Text) > maxText || len(typed) > maxTerms {
		return Query{}, ErrQueryLong
	}
	for from := range typed {
		var all []term
		for to := from + 1; to <= len(typed); to++ {
			all = append(all, parseTerm(strings.Join(typed[from:to], " ")))
		}
		q.terms = append(q.terms, all)
	}
	if q.Status != "" && !slices.Contains(Statuses, q.Status) || q.Wallet != "" && !slices.Contains(Wallets, q.Wallet) {
		return Query{}, ErrQuery
	}
	for _, day := range []string{q.From, q.To} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return Query{}, errDays
		}
	}
	if q.From != "" && q.To != "" && q.From > q.To {
		return Query{}, errDays
	}
	return q, nil
}

func parseTerm(text string) term {
	t := term{text: text}
	upper := strings.ToUpper(text)
	if id, err := payment.ParseSaleID(upper); err == nil {
		t.sale = id
	} else if id, _, err := payment.Order(upper).Split(); err == nil {
		t.sale = id
	} else if id, _, err := payment.RefundID(upper).Split(); err == nil {
		t.sale = id
	}
	if m := receiptForm.FindStringSubmatch(text); m != nil {
		t.receipt, _ = strconv.ParseUint(m[2], 10, 64) // 12 digits at most
		epoch, _ := strconv.ParseUint(m[1], 10, 32)    // 9 digits at most
		t.epoch = uint32(epoch)
	}
	if m := amountForm.FindStringSubmatch(text); m != nil {
		t.sign, t.amount = m[1], m[2]
	}
	return t
}

// Only is the one sale that can be meant; "": there may be several. Digits alone may
// be a wallet's number, of which many have 28.
func (q Query) Only() payment.SaleID {
	for _, t := range q.terms {
		if one := t[0]; one.sale != "" && !digitsForm.MatchString(one.text) {
			return one.sale
		}
	}
	return ""
}

// leastTransaction is how many digits a wallet's number of a payment has at least.
const leastTransaction = 16

// transactions are the words that can be a wallet's number.
func (q Query) transactions() (all []string) {
	for _, t := range q.terms {
		if text := t[0].text; len(text) >= leastTransaction && digitsForm.MatchString(text) {
			all = append(all, text)
		}
	}
	return all
}

// Matches says whether a sale is looked for. Days are those of its shop.
func (q Query) Matches(s Sale, zone *time.Location) bool {
	if q.Terminal != "" && s.Terminal != q.Terminal || q.Status != "" && s.Status != q.Status {
		return false
	}
	if q.Wallet != "" && !slices.ContainsFunc(s.Sale.Tenders, func(t payment.Tender) bool { return t.Wallet == q.Wallet }) {
		return false
	}
	// What cannot be dated may be of any day, as in the figures.
	if at := begun(s.Sale); !at.IsZero() {
		day := at.In(zone).Format(time.DateOnly)
		if q.From != "" && day < q.From || q.To != "" && day > q.To {
			return false
		}
	}
	return q.holds(s, 0)
}

// holds says that the words from one on are all said of a sale, some of them together.
func (q Query) holds(s Sale, from int) bool {
	if from == len(q.terms) {
		return true
	}
	for n, t := range q.terms[from] {
		if t.matches(s) && q.holds(s, from+n+1) {
			return true
		}
	}
	return false
}

func (t term) matches(s Sale) bool {
	if t.sale != "" && t.sale == s.Sale.ID {
		return true
	}
	if t.receipt != 0 && t.receipt == s.Sale.Receipt && (t.epoch == 0 || t.epoch == s.Epoch) {
		return true
	}
	if t.amount != "" {
		if m, err := payment.ParseDecimal(t.amount, s.Sale.Total.Currency); err == nil && t.is(m.Amount, s.Sale) && signs(t.sign, m.Currency) {
			return true
		}
	}
	return t.named(s)
}

// is finds an amount: the total, a tender's, or a refund's.
func (t term) is(amount int64, s payment.Sale) bool {
	return s.Elsewhere == nil && (amount == s.Total.Amount || slices.ContainsFunc(s.Tenders, func(one payment.Tender) bool { return one.Amount == amount })) ||
		slices.ContainsFunc(s.Refunds, func(one payment.Refund) bool { return one.Amount == amount })
}

// signs says that a currency is written by a sign, which is its code or what stands
// before an amount of it on the pages. People leave out whose dollar it is.
func signs(sign, code string) bool {
	if sign == "" || strings.EqualFold(sign, code) {
		return true
	}
	for _, lang := range words.Langs {
		written := strings.TrimRight(payment.Money{Currency: code}.Format(locale(lang)), "0. ")
		if strings.EqualFold(sign, written) || sign == "$" && strings.HasSuffix(written, sign) {
			return true
		}
	}
	return strings.Contains("¥￥", sign) && (code == "CNY" || code == "CNH" || code == "JPY")
}

// named finds what else is said of a sale: a wallet's number, a cash register's, who sold it.
func (t term) named(s Sale) bool {
	same := func(text string) bool { return text != "" && strings.EqualFold(text, t.text) }
	spaced := func(text string) bool { return same(strings.Join(strings.Fields(text), " ")) } // as the term's own words are
	if same(s.Terminal) || spaced(s.Sale.Reference) || same(s.Sale.Key) || spaced(s.Sale.Cashier) || slices.ContainsFunc(strings.Fields(s.Sale.Cashier), same) {
		return true
	}
	if same(string(s.Status)) || slices.ContainsFunc(words.Langs, func(lang words.Lang) bool { return same(words.Say(lang, words.Key("pages_status_"+s.Status))) }) {
		return true
	}
	return slices.ContainsFunc(s.Sale.Attempts, func(a payment.Attempt) bool { return same(a.Transaction) }) ||
		slices.ContainsFunc(s.Sale.Refunds, func(r payment.Refund) bool { return same(r.Transaction) }) ||
		slices.ContainsFunc(s.Sale.Tenders, func(one payment.Tender) bool {
			return same(string(one.Wallet)) || same(one.Wallet.Name()) || same(one.Wallet.ChineseName())
		})
}

// begun is when a sale was, also where the clock of its boot was set only later; zero
// where nobody knows.
func begun(s payment.Sale) time.Time {
	switch {
	case !s.Created.Time.IsZero():
		return s.Created.Time
	case s.Changed.Boot == s.Created.Boot && !s.Changed.Time.IsZero():
		return s.Changed.Time.Add(s.Created.Mono - s.Changed.Mono)
	}
	return time.Time{}
}

// Fields is the query as a form has it, with other fields set; "" takes one away.
func (q Query) Fields(pairs ...string) url.Values {
	v := url.Values{}
	all := append([]string{
		"q", q.Text, "terminal", q.Terminal, "status", string(q.Status), "wallet", string(q.Wallet), "from", q.From, "to", q.To,
	}, pairs...)
	for i := 0; i+1 < len(all); i += 2 {
		if v.Del(all[i]); all[i+1] != "" {
			v.Set(all[i], all[i+1])
		}
	}
	return v
}
