package tillcmd

import (
	"errors"
	"image"

	"till/checkout"
	"till/display"
	"till/payment"
)

// customerScreen is the customer's own display. What is wrong with it holds up
// nothing.
type customerScreen struct {
	surface display.Surface
	panel   *display.Panel
	painter *display.Painter
	size    image.Point
	failed  string // said already
}

// newCustomerScreen is nil where there is no such display.
func newCustomerScreen(s display.Surface) *customerScreen {
	if s == nil {
		return nil
	}
	return &customerScreen{surface: s, panel: display.NewPanel(s)}
}

func (c *customerScreen) show(t *terminal) {
	if c == nil {
		return
	}
	if size := c.surface.Size(); size != c.size {
		c.painter, c.size = display.NewPainter(size), size
	}
	var err error
	if t.lamp.dark {
		_, err = c.panel.Show(blackFrame(c.size))
	} else {
		_, err = c.panel.ShowFrame(c.painter.RenderCustomer(t.customerView()))
	}
	text := ""
	if err != nil && !errors.Is(err, display.ErrUnplugged) {
		text = err.Error()
	}
	if text != c.failed && text != "" {
		t.log.Error("draw for the customer", "err", err)
	}
	c.failed = text
}

// customerScreens is what the customer sees while the cashier has these.
var customerScreens = map[checkout.Screen]display.CustomerScreen{
	checkout.Charging: display.CustomerCharging, checkout.ShowingQR: display.CustomerQR, checkout.TakeCash: display.CustomerCash,
	checkout.Approved: display.CustomerApproved, checkout.Declined: display.CustomerDeclined, checkout.Checking: display.CustomerChecking,
	checkout.Expired: display.CustomerExpired, checkout.Cancelled: display.CustomerCancelled, checkout.Reversed: display.CustomerReversed,
	checkout.Offline: display.CustomerOffline, checkout.Fault: display.CustomerClosed, checkout.Halted: display.CustomerClosed,
}

// customerView is what the counter's state looks like from the other side.
func (t *terminal) customerView() display.CustomerView {
	s := t.register.State
	v := display.CustomerView{
		Screen: display.CustomerIdle, Locale: locale(t.config.Merchant.Language), Test: t.config.Test, Merchant: t.config.Merchant.Name,
	}
	if screen, ok := customerScreens[s.Screen]; ok {
		v.Screen = screen
	}
	sale, onScreen := s.OnScreen()
	switch {
	case onScreen:
		v.Amount, v.Wallet = sale.Total, walletOf(sale)
	case s.Entry > 0:
		v.Amount = s.Due()
	}
	switch s.Screen {
	case checkout.Ready:
		if s.Entry > 0 {
			v.Screen = display.CustomerAmount
		}
	case checkout.PIN, checkout.Parking, checkout.Parked:
		if onScreen { // the cashier parks it; it is as open as before
			v.Screen = display.CustomerChecking
		}
	case checkout.ShowingQR:
		answer := s.Answer(sale.ID)
		v.QR, v.Seconds = answer.QR, s.SecondsUntil(answer.Expires, t.steady())
	case checkout.TakeCash:
		v.Amount = s.Due()
		v.Tendered = payment.Money{Amount: s.Tendered, Currency: v.Amount.Currency}
		if change := s.Tendered - v.Amount.Amount; s.Tendered > 0 && change >= 0 {
			v.Change = payment.Money{Amount: change, Currency: v.Amount.Currency}
		}
	case checkout.Approved:
		for _, tender := range sale.Tenders {
			if tender.Wallet == payment.Cash {
				v.Tendered = payment.Money{Amount: tender.Tendered, Currency: v.Amount.Currency}
				v.Change = payment.Money{Amount: tender.Change, Currency: v.Amount.Currency}
			}
		}
	}
	return v
}
