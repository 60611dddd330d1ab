package checkout

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"till/payment"
)

// Department is a key for what is sold: a name on the receipt, and a tax of its own.
type Department struct {
	Name    string // English and Chinese, as on the receipt
	TaxRate int    // basis points
}

// Trade is how the merchant makes up a sale. The zero value sells plain amounts.
type Trade struct {
	TaxRate     int // basis points, of what is keyed without a department
	TaxBy       payment.TaxBy
	Departments []Department
	Catalogue   []Product
	Discounts   []int            // basis points, those with a button; none: there are no discounts
	Closed      []payment.Wallet // cash or wallets that are not taken
	CashLimit   int64            // minor units of one payment; 0: none
	WalletLimit int64            // likewise
	Unasked     int              // basis points: a larger discount takes a manager
	Tips        []int            // basis points, those with a button; none: nobody is asked for a tip
	TipGross    bool             // a tip is of what is paid with tax
}

// taxed says that tax is charged on anything.
func (t Trade) taxed() bool {
	return t.TaxRate > 0 || slices.ContainsFunc(t.Departments, func(d Department) bool { return d.TaxRate > 0 }) ||
		slices.ContainsFunc(t.Catalogue, func(p Product) bool { return p.TaxRate > 0 })
}

const (
	tipFor      = 45 * time.Second // a customer who chooses none has chosen
	discountFor = time.Minute
)

// Prefixes of buttons that carry a number.
const (
	DepartmentPrefix = "dept_" // which, from 1
	DiscountPrefix   = "off_"  // basis points
	TipPrefix        = "tip_"  // basis points
)

// Cart is the sale in the making: what was taken up, and the keyed amount.
func (s State) Cart() payment.Cart {
	if s.Order.Key != "" { // a cash register's amount is all there is to pay
		return payment.Cart{Items: []payment.Item{{Amount: s.Entry}}}
	}
	c := s.Priced(s.Taken)
	if s.Entry > 0 {
		c.Items = append(slices.Clone(c.Items), payment.Item{Amount: s.Entry, Rate: s.Settings.Trade.TaxRate})
	}
	return c
}

// payable says that what is in the making can be paid: a discount may leave
// nothing, tax and tip more than a terminal charges.
func (s State) payable() bool {
	due := s.Due().Amount
	return due > 0 && due <= MaxEntry
}

// sayWhyNot says why there is nothing to be paid.
func (m *move) sayWhyNot() {
	switch {
	case m.Due().Amount > MaxEntry:
		m.say("amount_too_large")
	case m.Due().Amount > 0 && !m.takesWallets():
		m.refusesWallet(payment.WalletUnknown)
	default:
		m.say("amount_first")
	}
}

// askTip says that Enter leads to the tip first.
func (s State) askTip() bool {
	return len(s.Settings.Trade.Tips) > 0 && !s.Tipped && s.Due().Amount > 0
}

func (s State) readyButtons() []Button {
	payable := s.payable()
	buttons := append(s.orderButtons(), Button{ID: "menu", Enabled: true})
	for n := range s.Settings.Trade.Departments {
		buttons = append(buttons, Button{ID: DepartmentPrefix + strconv.Itoa(n+1), Enabled: s.Entry > 0 && s.Order.Key == ""})
	}
	if len(s.Settings.Trade.Tips) > 0 {
		buttons = append(buttons, Button{ID: "tip", Main: s.askTip(), Enabled: s.Due().Amount > 0 && s.Order.Key == ""})
	}
	cash, wallets := payable && s.takesCash(), payable && s.takesWallets()
	onlyCash := cash && (!wallets || !s.Online)
	return append(buttons,
		Button{ID: "cash", Main: onlyCash && !s.askTip(), Enabled: cash},
		Button{ID: "qr", Main: !onlyCash && !s.askTip(), Enabled: wallets})
}

// cartButtons are those of the menu that change the sale in the making.
func (s State) cartButtons() []Button {
	var buttons []Button
	if s.Begun() {
		buttons = append(buttons, Button{ID: "split", Enabled: s.payable()})
	}
	if s.Order.Key != "" {
		return buttons
	}
	buttons = append(buttons, s.holdButtons()...)
	if len(s.Settings.Trade.Catalogue) > 0 {
		buttons = append(buttons, Button{ID: "items", Enabled: true})
	}
	if len(s.Settings.Trade.Discounts) > 0 {
		buttons = append(buttons, Button{ID: "discount", Enabled: s.Begun()})
	}
	if s.Settings.Trade.taxed() {
		buttons = append(buttons, Button{ID: s.exemptButton(), Enabled: s.Begun()})
	}
	return buttons
}

func (s State) exemptButton() string {
	if s.Taken.Exempt {
		return "taxable"
	}
	return "exempt"
}

func (s State) discountButtons(back Button) []Button {
	buttons := []Button{back}
	for _, rate := range s.Settings.Trade.Discounts {
		buttons = append(buttons, Button{ID: DiscountPrefix + strconv.Itoa(rate), Enabled: true})
	}
	return append(buttons,
		Button{ID: "percent", Enabled: s.Keyed >= 1 && s.Keyed <= 100},
		Button{ID: "no_discount", Main: s.Keyed == 0, Enabled: true},
		Button{ID: "enter", Main: s.Keyed > 0, Enabled: s.Keyed > 0 && s.Keyed <= s.Cart().Bill().Subtotal()})
}

func (s State) tipButtons(back Button) []Button {
	buttons := []Button{back}
	for _, rate := range s.Settings.Trade.Tips {
		buttons = append(buttons, Button{ID: TipPrefix + strconv.Itoa(rate), Enabled: true})
	}
	return append(buttons,
		Button{ID: "no_tip", Main: s.Keyed == 0, Enabled: true},
		Button{ID: "enter", Main: s.Keyed > 0, Enabled: s.Keyed > 0 && s.Keyed <= MaxEntry})
}

// Numbered is the number that a button carries.
func Numbered(id, prefix string) (int, bool) {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// takeUp puts the keyed amount under a department.
func (m *move) takeUp(d Department) {
	entry := m.Entry
	m.Entry = 0
	if !m.takeItem(payment.Item{Name: d.Name, Amount: entry, Rate: d.TaxRate}) {
		m.Entry = entry
	}
}

// takeItem adds an item to the sale in the making, or says why it cannot.
func (m *move) takeItem(i payment.Item) bool {
	if len(m.Taken.Items) >= payment.MaxItems-1 { // the keyed amount is one too
		m.say("too_many_items")
		return false
	}
	was := m.Taken
	m.Taken.Items = append(slices.Clone(was.Items), i)
	if m.Due().Amount > MaxEntry {
		m.Taken = was
		m.say("amount_too_large")
		return false
	}
	return true
}

// dropLast takes back the last digit, or else the last item.
func (m *move) dropLast() {
	switch n := len(m.Taken.Items); {
	case m.Entry > 0:
		m.Entry /= 10
	case n > 0:
		m.Taken.Items = m.Taken.Items[: n-1 : n-1]
	}
	if !m.Begun() {
		m.ready()
		return
	}
	m.shrunk()
}

func (m *move) askKeyed(screen Screen, leave time.Duration) {
	m.hush()
	m.Keyed = 0
	m.show(screen, leave)
}

// takeKeyed is the amount that was keyed, which a button makes use of or drops.
func (m *move) takeKeyed() int64 {
	m.hush()
	keyed := m.Keyed
	m.Keyed = 0
	return keyed
}

func (m *move) pressDiscount(id string) {
	keyed := m.takeKeyed()
	switch id {
	case "cancel":
		m.show(Ready, 0)
	case "no_discount":
		m.discount(0, 0)
	case "enter":
		m.discount(keyed, 0)
	case "percent":
		m.discount(0, int(keyed)*100)
	default:
		if rate, ok := Numbered(id, DiscountPrefix); ok {
			m.discount(0, rate)
		}
	}
}

// discount takes a discount off, or asks a manager for it first.
func (m *move) discount(amount int64, rate int) {
	m.Wanted = payment.Cart{Off: amount, OffRate: rate}
	if !m.unasked(m.Wanted) {
		m.startManager(payment.ToDiscount)
		return
	}
	m.takeDiscount()
}

// unasked says that a discount of the sale in the making takes no manager.
func (s State) unasked(off payment.Cart) bool {
	limit := s.Settings.Trade.Unasked
	// Of a rate the rate counts: rounded to a cent it may come to more.
	return off.OffRate <= limit && off.Off*10_000 <= int64(limit)*s.Cart().Bill().Subtotal()
}

func (m *move) grantDiscount() {
	m.Wanted.Granted = true
	m.takeDiscount()
}

func (m *move) takeDiscount() {
	m.Taken.Off, m.Taken.OffRate, m.Taken.Granted = m.Wanted.Off, m.Wanted.OffRate, m.Wanted.Granted
	m.show(Ready, 0)
}

// shrunk drops a discount that nobody would have been allowed to give on what is left.
func (m *move) shrunk() {
	if m.Order.Key != "" || m.Taken.Granted || m.unasked(m.Taken) {
		return
	}
	m.Taken.Off, m.Taken.OffRate = 0, 0
	m.say("discount_dropped")
}

func (m *move) pressTip(id string) {
	keyed := m.takeKeyed()
	switch id {
	case "cancel":
		m.show(Ready, 0)
		return
	case "no_tip":
		m.Taken.Tip, m.Taken.TipRate = 0, 0
	case "enter":
		m.Taken.Tip, m.Taken.TipRate = keyed, 0
	default:
		rate, ok := Numbered(id, TipPrefix)
		if !ok {
			return
		}
		m.Taken.Tip, m.Taken.TipRate = 0, rate
	}
	m.Tipped = true
	m.show(Ready, 0)
}

// takeAgain has a sale's cart on the screen, to be begun anew.
func (m *move) takeAgain(sale payment.Sale) {
	m.Making = Making{Entry: sale.Due(), Part: m.Part}
	if _, held := m.Counter.HeldAs(sale.Hold); held {
		m.Hold = sale.Hold
	}
	if sale.Key != "" {
		m.Order = Order{Key: sale.Key, Reference: sale.Reference, Amount: sale.Due()}
	}
	if b := sale.Bill; b != nil && sale.Due() == sale.Total.Amount {
		m.Entry, m.Tipped = 0, true
		m.Taken = m.cartOf(sale.ID, *b)
	}
}

// made is the cart that the newest sale was made of, with what its bill does not say.
type made struct {
	sale payment.SaleID
	cart payment.Cart
}

// cartOf is what a sale was made of. Of one from before a start its bill alone is known,
// and whether it took a manager: it would not have been begun.
func (s State) cartOf(id payment.SaleID, b payment.Bill) payment.Cart {
	if s.made.sale == id {
		return s.made.cart
	}
	c := payment.Cart{Items: b.Items, Off: b.Discount, Exempt: b.Exempt, Tip: b.Tip}
	unasked := payment.Cart{Items: b.Items, OffRate: s.Settings.Trade.Unasked}
	c.Granted = c.Off > unasked.Bill().Discount
	return c
}
