package tillcmd

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"till/device"
	"till/display"
	"till/printer"
	"till/scanner"
	"till/words"
)

// condition is how the terminal itself is, as it was seen last. Its parts are
// told by whoever looks, and shown by the counter.
type condition struct {
	mu       sync.Mutex
	printer  printer.Status
	health   device.Health
	attached device.Attached
	known    bool // attached is
	touched  bool // there was a touch panel since the start
}

// update changes what is known, and has it shown.
func (t *terminal) update(change func(*condition)) {
	t.condition.mu.Lock()
	change(&t.condition)
	t.condition.mu.Unlock()
	t.stir()
}

// stir has the screen drawn anew by the counter.
func (t *terminal) stir() {
	select {
	case t.stirred <- struct{}{}:
	default: // it will be
	}
}

// seen is a copy of what is known.
func (t *terminal) seen() (p printer.Status, h device.Health, a device.Attached, known, touched bool) {
	c := &t.condition
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.printer, c.health, c.attached, c.known, c.touched
}

// troubles is what somebody has to see to, the most urgent first, as the status
// bar says it.
func (t *terminal) troubles() []words.Key {
	p, h, a, known, touched := t.seen()
	var all []words.Key
	add := func(is bool, k words.Key) {
		if is {
			all = append(all, k)
		}
	}
	if t.config.PrinterPort.Device != printer.DeviceNone {
		if k := printerTrouble(p.State); k != "" {
			add(true, k)
		}
	}
	if known {
		add(!a.Display && t.config.Display.Device != device.DisplayNone, "bar_no_display")
		add(len(a.Scanners) == 0 && t.config.Scanner.Device != scanner.DeviceNone, "bar_no_scanner")
		add(!a.Touch && !a.Keys, "bar_no_input")
		add(!a.Touch && a.Keys && touched, "bar_no_touch")
	}
	for _, trouble := range h.Troubles() {
		add(true, words.Key("bar_"+string(trouble)))
	}
	add(p.NearEnd && p.State.Ready(), "bar_paper_low")
	return all
}

// printerTrouble is "" for a printer that prints.
func printerTrouble(s printer.State) words.Key {
	switch s {
	case printer.StateNoPaper:
		return "bar_no_paper"
	case printer.StateCoverOpen:
		return "bar_cover_open"
	case printer.StateOffline:
		return "bar_printer_offline"
	case printer.StateOff:
		return "bar_no_printer"
	default:
		return ""
	}
}

// attachEvery is how often it is looked whether the display is still there.
const attachEvery = time.Second

// watchAttached keeps what is plugged in known, and logs it, once until it changes.
func (t *terminal) watchAttached(ctx context.Context) error {
	var plugs []*display.Hotplug
	for _, s := range []display.Surface{t.device.Display, t.device.Customer} {
		if h, ok := s.(*display.Hotplug); ok {
			plugs = append(plugs, h)
		}
	}
	look := time.NewTicker(attachEvery)
	defer look.Stop()
	began := time.Now() // what is there is found within a second: before, nothing is missed
	var said []words.Key
	failed := make([]string, len(plugs))
	for {
		for i, h := range plugs {
			changed, err := h.Look()
			if changed {
				t.stir() // it shows nothing of ours yet
			}
			if err != nil && err.Error() != failed[i] && ctx.Err() == nil {
				t.log.Warn("display", "err", err)
			}
			if failed[i] = ""; err != nil {
				failed[i] = err.Error()
			}
		}
		now := t.device.Attached()
		_, _, before, known, _ := t.seen()
		if time.Since(began) >= attachEvery && (!known || !sameAttached(before, now)) {
			t.update(func(c *condition) {
				c.attached, c.known = now, true
				c.touched = c.touched || now.Touch
			})
		}
		_, _, _, known, _ = t.seen()
		if all := t.troubles(); known && (said == nil || !slices.Equal(all, said)) {
			level := slog.LevelInfo
			if len(all) > 0 {
				level = slog.LevelWarn
			}
			t.log.Log(ctx, level, "troubles", "are", all)
			said = append([]words.Key{}, all...)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		case <-t.changed:
		}
	}
}

func sameAttached(a, b device.Attached) bool {
	return a.Display == b.Display && a.Customer == b.Customer && a.Touch == b.Touch && a.Keys == b.Keys && slices.Equal(a.Scanners, b.Scanners)
}

// drew says whether a frame was taken, or there is no display to take it.
func drew(err error) error {
	if errors.Is(err, display.ErrUnplugged) {
		return nil
	}
	return err
}
