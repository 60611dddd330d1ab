package checkout

import (
	"slices"
	"strconv"
	"strings"

	"till/payment"
)

// Product is something for sale, as the catalogue has it.
type Product struct {
	Barcode string // as its label has it; none: it is found in the list alone
	Name    string // English and Chinese, as on the receipt
	Price   int64  // minor units, without tax
	TaxRate int    // basis points
}

// ProductPrefix begins the ids of the catalogue's buttons.
const ProductPrefix = "item_"

// productNumbered is a listed product; id is that of its button.
func (s State) productNumbered(id string) (Product, bool) {
	n, ok := Numbered(id, ProductPrefix)
	if !ok || n < 0 || n >= len(s.Settings.Trade.Catalogue) {
		return Product{}, false
	}
	return s.Settings.Trade.Catalogue[n], true
}

// ProductsOnPage are the numbers of the products on the page that is shown.
func (s State) ProductsOnPage() []int {
	var all []int
	for n := range s.Settings.Trade.Catalogue {
		all = append(all, n)
	}
	return page(s, all)
}

func (s State) catalogueButtons(back Button) []Button {
	buttons := append([]Button{back}, s.pagers(len(s.Settings.Trade.Catalogue))...)
	for _, n := range s.ProductsOnPage() {
		buttons = append(buttons, Button{ID: ProductPrefix + strconv.Itoa(n), Enabled: true})
	}
	return buttons
}

func (m *move) pressCatalogue(id string) {
	m.hush()
	switch id {
	case "cancel":
		m.show(Menu, resultFor)
	case "next", "prev":
		m.leaf(id, resultFor)
	default:
		if p, ok := m.productNumbered(id); ok {
			m.Page = 0
			m.show(Ready, 0)
			m.takeProduct(p)
		}
	}
}

// scanProduct takes up the product whose barcode was scanned; false if it is none of
// the catalogue, or the screen is not one where a sale is made up.
func (m *move) scanProduct(data []byte) bool {
	code := barcode(string(data))
	i := slices.IndexFunc(m.Settings.Trade.Catalogue, func(p Product) bool { return p.Barcode != "" && barcode(p.Barcode) == code })
	if code == "" || i < 0 {
		return false
	}
	switch m.Screen {
	case Approved, Cancelled, Parked:
		m.hush()
		m.ready() // it begins the next sale, as a digit does
		if m.Screen != Ready {
			return false
		}
	case Ready:
	case Catalogue, Menu:
		m.show(Ready, 0)
	default:
		return false
	}
	m.hush()
	m.takeProduct(m.Settings.Trade.Catalogue[i])
	return true
}

// barcode is a label's text as it is compared: of a UPC some scanners read twelve
// digits and some thirteen, the first a 0.
func barcode(text string) string {
	if len(text) == 13 && strings.Trim(text, "0123456789") == "" {
		return strings.TrimPrefix(text, "0")
	}
	return text
}

func (m *move) takeProduct(p Product) {
	if m.Order.Key != "" {
		m.say("order_amount")
		return
	}
	if m.takeItem(payment.Item{Name: p.Name, Amount: p.Price, Rate: p.TaxRate}) {
		m.say("item_taken", "name", p.Name, "amount", payment.Money{Amount: p.Price, Currency: m.Settings.Currency}.Format("en-US"))
	}
}
