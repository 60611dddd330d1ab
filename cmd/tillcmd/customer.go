package tillcmd

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"time"

	"till/checkout"
	"till/display"
	"till/payment"
)

// customerScreen is the customer's own display. It is drawn by a goroutine of its
// own, so that a slow one, or one that is stuck, holds up nothing.
type customerScreen struct {
	surface display.Surface
	wanted  chan customerLook // 1 deep: the newest
	log     *slog.Logger
}

// customerLook is what the display is to show: nothing where it is to be dark.
type customerLook struct {
	view display.CustomerView
	dark bool
}

// newCustomerScreen is nil where there is no such display.
func newCustomerScreen(s display.Surface, log *slog.Logger) *customerScreen {
	if s == nil {
		return nil
	}
	return &customerScreen{surface: s, wanted: make(chan customerLook, 1), log: log}
}

// show has a look shown, in place of one that waits. Only one goroutine may call it.
func (c *customerScreen) show(l customerLook) {
	select {
	case <-c.wanted:
	default:
	}
	c.wanted <- l
}

// run draws until ctx ends.
func (c *customerScreen) run(ctx context.Context) error {
	panel := display.NewPanel(c.surface)
	var painter *display.Painter
	var size image.Point
	var l customerLook
	var dark bool
	failed := ""
	look := time.NewTicker(attachEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l = <-c.wanted:
		case <-look.C:
			if h, ok := c.surface.(*display.Hotplug); !ok || !h.Fresh() || painter == nil {
				continue
			}
			dark = false // as it was opened
		}
		if now := c.surface.Size(); painter == nil || now != size {
			painter, size = display.NewPainter(now), now
		}
		var err error
		if l.dark {
			_, err = panel.Show(blackFrame(size))
		} else {
			_, err = panel.ShowFrame(painter.RenderCustomer(l.view))
		}
		if l.dark != dark {
			dark = l.dark
			if failed := display.SwitchLight(c.surface, !dark); !errors.Is(failed, errors.ErrUnsupported) {
				err = errors.Join(err, failed)
			}
		}
		text := ""
		if err != nil && !errors.Is(err, display.ErrUnplugged) && ctx.Err() == nil {
			text = err.Error()
		}
		if text != failed && text != "" {
			c.log.Error("the customer's display", "err", err)
		}
		failed = text
	}
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
	s := t.counter.State()
	v := display.CustomerView{
		Screen: display.CustomerIdle, Test: t.config.Test, Training: t.counter.Training(), Merchant: t.config.Merchant.Name,
	}
	if screen, ok := customerScreens[s.Screen]; ok {
		v.Screen = screen
	}
	sale, onScreen := s.OnScreen()
	switch {
	case onScreen:
		v.Amount, v.Wallet = asked(sale), walletOf(sale)
	case s.Begun():
		v.Amount = s.Due()
	}
	switch s.Screen {
	case checkout.PartPaid:
		v.Screen, v.Amount = display.CustomerAmount, s.Due()
	case checkout.Tipping:
		v.Screen = display.CustomerTip
	case checkout.Ready, checkout.Catalogue, checkout.Discounting, checkout.Splitting:
		if s.Begun() {
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
		v.Amount = s.Next()
		v.Tendered = payment.Money{Amount: s.Tendered, Currency: v.Amount.Currency}
		if change := s.Tendered - v.Amount.Amount; s.Tendered > 0 && change >= 0 {
			v.Change = payment.Money{Amount: change, Currency: v.Amount.Currency}
		}
	case checkout.Approved:
		v.QR = s.ReceiptQR()
		for _, tender := range sale.Tenders {
			if tender.Wallet == payment.Cash {
				v.Tendered = payment.Money{Amount: tender.Tendered, Currency: v.Amount.Currency}
				v.Change = payment.Money{Amount: tender.Change, Currency: v.Amount.Currency}
			}
		}
	}
	return v
}
