package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"till/display"
	"till/payment"
	"till/printer"
	"till/scanner"
)

// panelSize is the panel's of the boards, in px.
var panelSize = image.Pt(800, 480)

// frames measures frame and frame_touch: drawn, compared with what the panel
// shows, and handed to it.
func (r *rig) frames(ctx context.Context) error {
	if !r.wants("frame", "frame_touch") {
		return nil
	}
	r.progress("frames")
	qr, ready := screens()
	panel, touched, painter := display.NewPanel(display.NewPNG(panelSize)), display.NewPanel(display.NewPNG(panelSize)), display.NewPainter(panelSize)
	shown := display.Render(qr, panelSize).Image
	copied := image.NewRGBA(shown.Rect)
	digit := int64(0)
	medians, err := interleave(ctx, r.sizes.rounds,
		r.averaged(func() error {
			panel.Forget()
			_, err := panel.Show(display.Render(qr, panelSize).Image)
			return err
		}),
		r.averaged(func() error {
			copy(copied.Pix, shown.Pix)
			return nil
		}),
		r.averaged(func() error {
			digit++
			ready.Amount.Amount = 1230 + digit%10
			_, err := touched.ShowFrame(painter.Render(ready))
			return err
		}),
	)
	if err != nil {
		return err
	}
	r.compare("frame", medians[0], microseconds, "copying the frame", medians[1])
	r.add("frame_touch", medians[2], microseconds)
	return nil
}

// screens are a full one with a QR, and the one that amounts are keyed on.
func screens() (qr, ready display.View) {
	on := func(id string, role display.Role) display.Button {
		return display.Button{ID: id, Role: role, Enabled: true}
	}
	qr = display.View{
		Screen: display.ScreenQR, Test: true, Bar: display.Bar{Merchant: "Harbor Museum Shop", Terminal: "till-07", Online: true, Cashier: "Mei", Clock: "14:32"},
		Amount: payment.Money{Amount: 1234, Currency: "USD"}, QR: "https://pay.till.example/q/01JD9ZK3V8QH5N7M2B4C6D8F0G01", Seconds: 105,
		Buttons: []display.Button{on("cancel", display.RoleBack)},
	}
	ready = qr
	ready.Screen, ready.Keypad = display.ScreenReady, true
	ready.Buttons = []display.Button{on("menu", display.RolePlain), on("cash", display.RoleTender), on("qr", display.RoleMain)}
	return qr, ready
}

func (r *rig) averaged(op func() error) func() (float64, error) {
	return func() (float64, error) { return average(r.sizes.quick, time.Microsecond, op) }
}

// receipts measures receipt and receipt_bytes: a sale's, for an 80 mm printer.
func (r *rig) receipts(ctx context.Context) error {
	if !r.wants("receipt", "receipt_bytes") {
		return nil
	}
	r.progress("receipts")
	samples := printer.Samples()
	i := slices.IndexFunc(samples, func(s printer.Sample) bool { return s.Name == "sale" })
	if i < 0 {
		return errors.New("no sample of a receipt is called sale")
	}
	size := 0
	medians, err := interleave(ctx, r.sizes.rounds, r.averaged(func() error {
		out, err := printer.Encode(samples[i].Document, printer.Profile80())
		size = len(out)
		return err
	}))
	if err != nil {
		return err
	}
	r.add("receipt", medians[0], microseconds)
	r.add("receipt_bytes", float64(size), bytesUnit)
	return nil
}

// scans measures scan: what a scanner that is a keyboard types of a customer's
// code, as evdev hands it over, until it is known whose wallet it is.
func (r *rig) scans(ctx context.Context) error {
	if !r.wants("scan") {
		return nil
	}
	r.progress("scans")
	layout, ok := scanner.LayoutNamed("us")
	if !ok {
		return errors.New("the keyboard layout us is gone")
	}
	typed := keyEvents("134650000000000017") // in WeChat's form
	decoder := scanner.NewDecoder(layout)
	medians, err := interleave(ctx, r.sizes.rounds, r.averaged(func() error { return decode(decoder, typed) }))
	if err != nil {
		return err
	}
	r.add("scan", medians[0], microseconds)
	return nil
}

func decode(d *scanner.Decoder, typed []byte) error {
	events, err := scanner.ParseEvents(typed, scanner.EventSize64)
	if err != nil {
		return err
	}
	for _, e := range events {
		data, complete := d.Decode(e)
		if !complete {
			continue
		}
		code, err := payment.ParseCode(scanner.NewScan(data, "evdev", firstDay).Data)
		if err != nil {
			return err
		}
		if code.Wallet() != payment.WeChat {
			return fmt.Errorf("a WeChat code was taken for one of %q", code.Wallet())
		}
		return nil
	}
	return errors.New("a typed code was never complete")
}

// keyEvents is digits and Enter as input_event records of 64-bit Linux: each key
// pressed, released, and a report after both.
func keyEvents(digits string) []byte {
	const evSyn, evKey, keyEnter = 0, 1, 28
	var out []byte
	put := func(kind, code uint16, value int32) {
		out = append(out, make([]byte, 16)...) // the time, which does not matter
		out = binary.LittleEndian.AppendUint16(out, kind)
		out = binary.LittleEndian.AppendUint16(out, code)
		out = binary.LittleEndian.AppendUint32(out, uint32(value))
	}
	key := func(code uint16) {
		put(evKey, code, 1)
		put(evSyn, 0, 0)
		put(evKey, code, 0)
		put(evSyn, 0, 0)
	}
	for _, d := range digits {
		key(uint16(2 + strings.IndexRune("1234567890", d))) // KEY_1 is 2, KEY_0 is 11
	}
	key(keyEnter)
	return out
}
