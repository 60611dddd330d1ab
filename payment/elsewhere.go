package payment

// Elsewhere is a sale that another terminal of the merchant made, or this one so
// long ago that its journal has it no more, as the gateway tells of it: what its
// wallets paid and can give back. Cash goes back where it was paid: only that
// terminal knows of it at once.
type Elsewhere struct {
	Sale     SaleID `json:"sale"`
	Terminal string `json:"terminal"`
	Epoch    uint32 `json:"epoch"`             // of its journal, part of the receipt's number
	Receipt  uint64 `json:"receipt,omitempty"` // 0: the gateway does not have it yet
	Created  Stamp  `json:"created,omitzero"`
	Total    Money  `json:"total"`
	Bill     *Bill  `json:"bill,omitempty"`
	Given    int64  `json:"given,omitempty"` // of Total, given back before, minor units
	Parts    []Part `json:"parts"`           // what is left of it, wallet by wallet
}

// Part is what a wallet has left of a payment, to be given back.
type Part struct {
	Order  Order  `json:"order"` // the attempt that was paid
	Wallet Wallet `json:"wallet,omitempty"`
	Left   int64  `json:"left"` // minor units of the sale's currency, above 0
}

// maxParts is more than any sale is split into.
const maxParts = MaxAttempt

// Left is what can be given back.
func (e *Elsewhere) Left() int64 {
	var sum int64
	for _, p := range e.Parts {
		sum += p.Left
	}
	return sum
}

// check refuses what cannot be.
func (e *Elsewhere) check() error {
	if _, err := ParseSaleID(string(e.Sale)); err != nil {
		return impossible("%v", err)
	}
	if len(e.Parts) == 0 || len(e.Parts) > maxParts {
		return impossible("sale %s has %d parts to give back, want 1 to %d", e.Sale, len(e.Parts), maxParts)
	}
	if err := e.Total.Validate(); err != nil {
		return impossible("sale %s: %v", e.Sale, err)
	}
	left := e.Total.Amount - e.Given
	for _, p := range e.Parts {
		if of, _, err := p.Order.Split(); err != nil || of != e.Sale {
			return impossible("order %.40q is not of sale %s", string(p.Order), e.Sale)
		}
		if p.Left <= 0 || p.Left > left {
			return impossible("%d of order %s is left of %d", p.Left, p.Order, e.Total.Amount)
		}
		left -= p.Left
	}
	if e.Given < 0 {
		return impossible("%d of sale %s was given back", e.Given, e.Sale)
	}
	if e.Bill != nil {
		if err := e.Bill.Check(); err != nil {
			return err
		}
		if sum := e.Bill.Total(); sum != e.Total.Amount {
			return impossible("a bill of %d for a sale of %d", sum, e.Total.Amount)
		}
	}
	return nil
}

// Fetched is the sale as it stands before anything of it is asked back here: under
// its own number, which gives way to a fresh one with [SaleFetched].
func (e *Elsewhere) Fetched() (Sale, error) {
	return fetchSale(Sale{}, Event{Kind: SaleFetched, Sale: e.Sale, Elsewhere: e}, e.Created)
}

// fetchSale begins a sale that is paid already. Its total is what is left of it.
func fetchSale(s Sale, e Event, at Stamp) (Sale, error) {
	if s.ID != "" {
		return s, impossible("sale %s is fetched again", s.ID)
	}
	if _, err := ParseSaleID(string(e.Sale)); err != nil {
		return s, impossible("%v", err)
	}
	if e.Elsewhere == nil {
		return s, impossible("sale %s is fetched from nowhere", e.Sale)
	}
	if err := e.Elsewhere.check(); err != nil {
		return s, err
	}
	s = Sale{ID: e.Sale, Cashier: e.Cashier, Elsewhere: e.Elsewhere, Created: at, Changed: at}
	s.Total = Money{Amount: e.Elsewhere.Left(), Currency: e.Elsewhere.Total.Currency}
	for _, p := range e.Elsewhere.Parts {
		s.Tenders = append(s.Tenders, Tender{Wallet: p.Wallet, Amount: p.Left, Paid: true})
	}
	return s, nil
}
