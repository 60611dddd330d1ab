package checkout

import (
	"slices"
	"strings"
	"time"

	"till/payment"
	"till/words"
)

// seekFor is how long the gateway has to answer.
const seekFor = 8 * time.Second

// search is what was scanned to find a sale by.
type search struct {
	text  string
	until time.Time // the gateway is asked, and has so long; zero: only the journal is
}

// finds says whether the screen is one where a sale is looked for.
func (s State) finds() bool {
	return slices.Contains([]Screen{Menu, Sales, OneSale, Finding}, s.Screen)
}

// find looks for the sale whose receipt was scanned, or the bill in the customer's
// own wallet; false if it is neither.
func (m *move) find(data []byte) bool {
	text := string(data)
	id, _, err := payment.Order(text).Split()
	if err != nil {
		id, err = payment.ParseSaleID(text)
	}
	switch {
	case err == nil:
		m.search = search{text: text}
		m.do(Find{Sale: id})
	case billNumber(data):
		m.seek(text)
	default:
		return false
	}
	return true
}

// billNumber says that a text can be a wallet's own number of a payment: those of
// WeChat Pay and Alipay are of 28 digits. What could be a code that pays, of 24 digits
// at most, is none, nor what could be a badge: neither goes anywhere unsealed.
func billNumber(data []byte) bool {
	_, err := payment.ParseCode(data)
	return err != nil && len(data) > 24 && len(data) <= 32 && strings.Trim(string(data), "0123456789") == ""
}

// seek asks the gateway for a sale that is not this terminal's, as far as it knows.
func (m *move) seek(text string) {
	if !m.Online {
		m.say("sought_offline")
		return
	}
	m.search = search{text, m.now.At.Add(seekFor)}
	m.say("sought")
	m.quietAt = m.search.until
	m.do(Seek{Text: text})
}

// found shows a sale that was looked for here, or goes on looking elsewhere.
func (m *move) found(e Found) {
	text := m.search.text
	m.search = search{}
	switch {
	case e.Sale != nil:
		m.showFound(*e.Sale)
	case text != "":
		m.seek(text)
	default:
		m.say("receipt_not_found")
	}
}

func (m *move) showFound(sale payment.Sale) {
	m.hush()
	m.Listed, m.Page, m.Leaf, m.Selected, m.Keyed = []payment.Sale{sale}, 0, 0, sale.ID, 0
	m.show(OneSale, resultFor)
}

// sought takes the gateway's word on a sale that was looked for, where somebody
// still waits for it.
func (m *move) sought(e Sought) {
	if e.Text != m.search.text || m.search.until.IsZero() || !m.finds() {
		return
	}
	m.search = search{}
	if e.Ours != nil {
		m.showFound(*e.Ours)
		return
	}
	if e.Sale != nil {
		if e.Sale.Total.Currency != m.Settings.Currency {
			m.say("sought_currency")
			return
		}
		if sale, err := e.Sale.Fetched(); err == nil {
			m.showFound(sale)
			return
		}
		e.Reason = payment.SaleUnknown // a newer gateway's, or one that errs
	}
	switch e.Reason {
	case payment.OverRefund, payment.CashElsewhere:
		m.say(words.Key("sought_" + string(e.Reason)))
	default:
		m.say("sought_sale_unknown")
	}
}

// unanswered gives up waiting for the gateway.
func (m *move) unanswered() {
	m.search = search{}
	if m.finds() {
		m.say("sought_silence")
	}
}

func (s State) findButtons(back Button) []Button {
	return []Button{back, {ID: "enter", Main: true, Enabled: s.Keyed > 0}}
}

func (m *move) pressFind(id string) {
	switch keyed := m.takeKeyed(); id {
	case "cancel":
		m.show(Sales, resultFor)
		m.do(Load{Count: listed})
	case "enter":
		m.do(Find{Receipt: uint64(keyed)})
	}
}
