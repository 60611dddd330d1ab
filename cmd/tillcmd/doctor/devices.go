package doctor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"till/display"
	"till/printer"
	"till/words"
)

func (e *exam) deviceChecks() []check {
	return []check{
		{id: "display.panel", noisy: true, run: e.panel, within: personWithin},
		{id: "touch.panel", run: e.touchPanel},
		{id: "touch.keys", run: e.touchKeys},
		{id: "touch.corners", person: true, run: e.corners, within: Corners * personWithin},
		{id: "scanner.device", run: e.scannerDevice},
		{id: "scanner.read", person: true, run: e.scannerRead, within: personWithin},
		{id: "printer.status", run: e.printerStatus},
		{id: "printer.page", noisy: true, run: e.printerPage, within: personWithin},
		{id: "pins.light", noisy: true, run: e.light, within: personWithin},
		{id: "pins.buzzer", noisy: true, run: e.buzzer, within: personWithin},
		{id: "pins.drawer", noisy: true, run: e.drawer, within: personWithin},
	}
}

func (e *exam) panel(ctx context.Context) (Finding, bool) {
	if e.Display == nil {
		return nothing()
	}
	found, err := e.Display.Card(ctx)
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_none_wanted")
	case errors.Is(err, display.ErrUnplugged):
		return absent("doctor_no_display")
	case errors.Is(err, errPermission):
		return fails(found, "doctor_display_forbidden", "why", why(err))
	case err != nil:
		return fails(found, "doctor_display_fails", "why", why(err))
	case !e.confirm(ctx, "doctor_ask_card"):
		return fails(found, "doctor_display_dark")
	}
	return works(found)
}

func (e *exam) touchPanel(ctx context.Context) (Finding, bool) {
	if e.Touch == nil {
		return nothing()
	}
	touch, _, err := e.Touch.Plugged(ctx)
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_none_wanted")
	case err != nil:
		return fails("", "doctor_touch_fails", "why", why(err))
	case !touch:
		return absent("doctor_no_touch")
	}
	return works("")
}

func (e *exam) touchKeys(ctx context.Context) (Finding, bool) {
	if e.Touch == nil {
		return nothing()
	}
	_, keys, err := e.Touch.Plugged(ctx)
	switch {
	case err != nil && !errors.Is(err, ErrAbsent):
		return nothing() // said of the panel
	case !keys:
		return absent("doctor_no_keys")
	}
	return works("")
}

// cornerMiss is how far from a mark a touch may be, as a part of the picture.
const cornerMiss = 10

func (e *exam) corners(ctx context.Context) (Finding, bool) {
	if e.Touch == nil || !e.loaded("touch.panel") || !e.loaded("display.panel") {
		return nothing()
	}
	worst := 0
	for n := range Corners {
		e.tell("doctor_tell_corner", "n", fmt.Sprint(n+1), "of", fmt.Sprint(Corners))
		mark, touched, size, err := e.Touch.Corner(ctx, n)
		switch {
		case errors.Is(err, ErrAbsent):
			return nothing()
		case err != nil && late(err):
			return fails("", "doctor_corner_late")
		case err != nil:
			return fails("", "doctor_touch_fails", "why", why(err))
		}
		off := mark.Sub(touched)
		worst = max(worst, abs(off.X), abs(off.Y))
		if abs(off.X) > size.X/cornerMiss || abs(off.Y) > size.Y/cornerMiss {
			return fails("", "doctor_corner_off", "mark", at(mark), "touched", at(touched))
		}
	}
	return works(fmt.Sprintf("%d px", worst))
}

func at(p image.Point) string { return fmt.Sprintf("%d,%d", p.X, p.Y) }

func abs(n int) int { return max(n, -n) }

func (e *exam) scannerDevice(ctx context.Context) (Finding, bool) {
	if e.Scanner == nil {
		return nothing()
	}
	names, err := e.Scanner.Scanners(ctx)
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_none_wanted")
	case err != nil:
		return fails("", "doctor_scanner_fails", "why", why(err))
	case len(names) == 0:
		return absent("doctor_no_scanner")
	}
	return works(strings.Join(names, ", "))
}

func (e *exam) scannerRead(ctx context.Context) (Finding, bool) {
	if e.Scanner == nil || !e.loaded("scanner.device") {
		return nothing()
	}
	e.tell("doctor_tell_scan")
	n, err := e.Scanner.Scan(ctx)
	switch {
	case errors.Is(err, ErrAbsent):
		return nothing()
	case err != nil && late(err):
		return fails("", "doctor_scan_late")
	case err != nil:
		return fails("", "doctor_scanner_fails", "why", why(err))
	}
	return works(fmt.Sprintf("%d", n))
}

// printerNext is what to do about a printer that cannot print.
func printerNext(s printer.State) words.Key {
	switch s {
	case printer.StateNoPaper:
		return "doctor_printer_paper"
	case printer.StateCoverOpen:
		return "doctor_printer_cover"
	case printer.StateOff:
		return "doctor_printer_gone"
	default:
		return "doctor_printer_offline"
	}
}

func (e *exam) printerStatus(ctx context.Context) (Finding, bool) {
	if e.Printer == nil {
		return nothing()
	}
	found, s, err := e.Printer.Status(ctx)
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_none_wanted")
	case errors.Is(err, printer.ErrNoPrinter):
		return absent("doctor_no_printer")
	case errors.Is(err, errPermission):
		return fails(found, "doctor_printer_forbidden", "why", why(err))
	case err != nil && !s.State.Ready() && s.State != printer.StateOff:
		return fails(found, printerNext(s.State))
	case err != nil:
		return fails(found, "doctor_printer_gone", "why", why(err))
	case s.State == printer.StateUnknown:
		return works(strings.TrimSpace(found + " " + words.Say(words.English, s.State.Key())))
	case !s.State.Ready():
		return fails(found, printerNext(s.State), "why", "")
	}
	return works(found)
}

func (e *exam) printerPage(ctx context.Context) (Finding, bool) {
	if e.Printer == nil || !e.loaded("printer.status") {
		return nothing()
	}
	err := e.Printer.Page(ctx)
	var notReady *printer.NotReady
	switch {
	case errors.Is(err, ErrAbsent), errors.Is(err, printer.ErrNoPrinter):
		return absent("doctor_no_printer")
	case errors.As(err, &notReady):
		return fails("", printerNext(notReady.State), "why", "")
	case err != nil && !errors.Is(err, printer.ErrUnconfirmed):
		return fails("", "doctor_page_fails", "why", why(err))
	case !e.confirm(ctx, "doctor_ask_page"):
		return fails("", "doctor_page_blank")
	}
	return works("")
}

func (e *exam) light(ctx context.Context) (Finding, bool) {
	return e.pin(ctx, "doctor_ask_light", func() error { return e.Pins.Light(ctx) })
}

func (e *exam) buzzer(ctx context.Context) (Finding, bool) {
	return e.pin(ctx, "doctor_ask_buzzer", func() error { return e.Pins.Beep() })
}

func (e *exam) drawer(ctx context.Context) (Finding, bool) {
	return e.pin(ctx, "doctor_ask_drawer", func() error { return e.Pins.Kick() })
}

func (e *exam) pin(ctx context.Context, question words.Key, move func() error) (Finding, bool) {
	if e.Pins == nil || e.failed("board.gpio") {
		return nothing()
	}
	err := move()
	switch {
	case errors.Is(err, ErrAbsent):
		return absent("doctor_not_wired")
	case err != nil:
		return fails("", "doctor_pin_fails", "why", why(err))
	case !e.confirm(ctx, question):
		return fails("", "doctor_pin_dead")
	}
	return works("")
}
