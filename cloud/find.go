package cloud

import (
	"fmt"

	"till/payment"
	"till/sync/wire"
)

// find looks for a sale by what is on its receipt, or in the customer's wallet.
func (b *batch) find(terminal string, r wire.Request) error {
	if r.Text == "" || len(r.Text) > wire.MaxFind {
		return b.reject(terminal, fmt.Errorf("a sale is looked for by %d bytes, want 1 to %d", len(r.Text), wire.MaxFind))
	}
	found := wire.Found{Text: r.Text, Reason: payment.SaleUnknown}
	id, err := b.saleOf(r.Text)
	if err == nil && id != "" {
		id, err = b.madeAs(id)
	}
	if err == nil && id != "" {
		found.Sale, found.Reason, err = b.lend(terminal, id)
	}
	if err != nil {
		return err
	}
	return b.send(terminal, wire.Replies, wire.FoundReply{Found: found, Clock: b.clock(r.Sent)})
}

// saleOf is the sale that a text names, "" for none.
func (b *batch) saleOf(text string) (payment.SaleID, error) {
	if id, err := payment.ParseSaleID(text); err == nil {
		return id, nil
	}
	// A wallet's number may be 28 digits, which read as an order's.
	order, known, err := b.tx.Transaction(text)
	if err != nil {
		return "", err
	}
	if !known {
		order = payment.Order(text)
	}
	id, _, err := order.Split()
	if err != nil {
		return "", nil
	}
	return id, nil
}

// madeAs is the sale that another terminal fetched under a number of its own, which
// stands on the slip of its refund; any other is itself.
func (b *batch) madeAs(id payment.SaleID) (payment.SaleID, error) {
	entry, _, err := b.tx.Sale(id)
	if e := entry.Sale.Elsewhere; e != nil {
		return e.Sale, err
	}
	return id, err
}

// lend is a sale as a terminal of its merchant may give money back of it, or why
// it may not.
func (b *batch) lend(terminal string, id payment.SaleID) (*payment.Elsewhere, payment.Reason, error) {
	entry, paid, err := b.paidSale(terminal, id)
	if err != nil || !paid {
		return nil, payment.SaleUnknown, err
	}
	refunds, err := b.tx.RefundsOf(id)
	if err != nil {
		return nil, payment.ReasonNone, err
	}
	sale := entry.Sale
	found := &payment.Elsewhere{
		Sale: id, Terminal: entry.Terminal, Epoch: entry.Epoch, Receipt: sale.Receipt, Created: sale.Created, Total: sale.Total, Bill: sale.Bill,
	}
	cash := int64(0) // left of it
	for n, t := range sale.Tenders {
		order, wallet := sale.WalletOrder(n + 1)
		if !wallet {
			left := sale.Refundable(n + 1)
			cash += left
			found.Given += t.Amount - left
			continue
		}
		given := givenBack(refunds, order)
		found.Given += given
		if given < t.Amount {
			found.Parts = append(found.Parts, payment.Part{Order: order, Wallet: t.Wallet, Left: t.Amount - given})
		}
	}
	switch {
	case len(found.Parts) > 0:
		return found, payment.ReasonNone, nil
	case cash > 0:
		return nil, payment.CashElsewhere, nil
	default:
		return nil, payment.OverRefund, nil
	}
}

// paidSale is a sale that was made by a terminal of the same merchant, and is paid
// to its end as far as that one's journal has come here.
func (b *batch) paidSale(terminal string, id payment.SaleID) (SaleEntry, bool, error) {
	entry, known, err := b.tx.Sale(id)
	if err != nil || !known || entry.Sale.Elsewhere != nil || entry.Sale.Due() != 0 {
		return entry, false, err
	}
	mine, err := b.sameMerchant(terminal, entry.Terminal)
	return entry, mine, err
}

// seller is the terminal that made the sale of which another gives money back under
// a number that is its to use; "" if it may not. What it sold itself is no such number.
func (b *batch) seller(terminal string, number, paid payment.SaleID, void bool) (string, error) {
	under, made, err := b.tx.Sale(number)
	if err != nil || void || made && (under.Sale.Elsewhere == nil || under.Sale.Elsewhere.Sale != paid) {
		return "", err
	}
	entry, may, err := b.paidSale(terminal, paid)
	if err != nil || !may {
		return "", err
	}
	return entry.Terminal, nil
}

func (b *batch) sameMerchant(one, other string) (bool, error) {
	if b.Merchant == nil || one == other {
		return true, nil
	}
	mine, err := b.Merchant(one)
	if err != nil {
		return false, fmt.Errorf("merchant of terminal %s: %w", one, err)
	}
	theirs, err := b.Merchant(other)
	if err != nil {
		return false, fmt.Errorf("merchant of terminal %s: %w", other, err)
	}
	return mine == theirs, nil
}
