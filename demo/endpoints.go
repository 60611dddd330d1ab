package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"till/cloud/sandbox"
	"till/cloud/service"
	"till/display"
	"till/payment"
	"till/printer/emulator"
)

// The endpoints of the terminal, the phone and the cloud. Each returns an error
// that answer turns into a status and a sentence.

func (c *counter) state(w http.ResponseWriter, _ *http.Request) error {
	state, err := c.world.stateJSON()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(append(state[:len(state):len(state)], '\n')) // a client that went away needs no answer
	return nil
}

// fastPNG is for pictures that are made anew at every change.
var fastPNG = png.Encoder{CompressionLevel: png.BestSpeed}

func writePNG(w http.ResponseWriter, m image.Image) error {
	w.Header().Set("Content-Type", "image/png")
	if err := fastPNG.Encode(w, m); err != nil {
		return fmt.Errorf("send picture: %w", err)
	}
	return nil
}

func (c *counter) screen(w http.ResponseWriter, _ *http.Request) error {
	m, err := c.world.screen()
	if err != nil {
		return err
	}
	return writePNG(w, m)
}

var (
	errNoReceipt = refusal{http.StatusNotFound, "nothing was printed yet"}
	errNoNumber  = refusal{http.StatusNotFound, "no document of this number is kept"}
)

// document is the last one printed, or with ?number=7 the seventh since the
// demo was started, of which the newest few are kept.
func (c *counter) document(r *http.Request) (emulator.Document, error) {
	text := r.URL.Query().Get("number")
	if text == "" {
		doc, ok := c.world.paper.Last()
		if !ok {
			return doc, errNoReceipt
		}
		return doc, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return emulator.Document{}, refuse(http.StatusBadRequest, "number %.20q is no number", text)
	}
	doc, ok := c.world.paper.Document(number)
	if !ok {
		return doc, errNoNumber
	}
	return doc, nil
}

func (c *counter) receiptPNG(w http.ResponseWriter, r *http.Request) error {
	doc, err := c.document(r)
	if err != nil {
		return err
	}
	return writePNG(w, doc.Picture)
}

func (c *counter) receiptBin(w http.ResponseWriter, r *http.Request) error {
	doc, err := c.document(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="receipt.bin"`)
	_, _ = w.Write(doc.Bytes) // a client that went away needs no answer
	return nil
}

func (c *counter) peripherals(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, c.world.peripherals())
	return nil
}

func (c *counter) ledger(w http.ResponseWriter, _ *http.Request) error {
	books, err := c.backend.Books()
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		service.Books
		Timezone string `json:"timezone"` // of the shop's clock
	}{books, c.zone.String()})
	return nil
}

// receipt is a customer's, as a page for the phone.
func (c *counter) receipt(w http.ResponseWriter, r *http.Request) error {
	c.receipts.ServeHTTP(w, r)
	return nil
}

func (c *counter) touch(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		X, Y   *int
		Button *string
	}
	if err := read(r, &body); err != nil {
		return err
	}
	var e display.InputEvent
	size := c.world.panel.Rect
	switch {
	case body.Button != nil && (body.X != nil || body.Y != nil):
		return refuse(http.StatusBadRequest, `give either "button" or "x" and "y"`)
	case body.Button != nil:
		if *body.Button == "" {
			return refuse(http.StatusBadRequest, `"button" is empty`)
		}
		e.Button = *body.Button
	case body.X == nil || body.Y == nil:
		return refuse(http.StatusBadRequest, `give "x" and "y", or "button"`)
	default:
		p := image.Pt(*body.X, *body.Y)
		if !p.In(size) {
			return refuse(http.StatusBadRequest, "%d,%d is beside the panel, which is %d by %d", p.X, p.Y, size.Dx(), size.Dy())
		}
		e.Touch = &p
	}
	if err := c.world.press(r.Context(), e); err != nil {
		return err
	}
	return noContent(w)
}

func (c *counter) key(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Key string }
	if err := read(r, &body); err != nil {
		return err
	}
	if body.Key == "" {
		return refuse(http.StatusBadRequest, `say which "key": one of %s`, strings.Join(display.Keys(), " "))
	}
	e := display.InputEvent{Key: body.Key}
	if err := e.Validate(); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if err := c.world.press(r.Context(), e); err != nil {
		return err
	}
	return noContent(w)
}

func (c *counter) scan(w http.ResponseWriter, r *http.Request) error {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := c.world.scan(r.Context(), data); err != nil {
		return err
	}
	return noContent(w)
}

func (c *counter) printer(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Paper *bool }
	if err := read(r, &body); err != nil {
		return err
	}
	if body.Paper == nil {
		return refuse(http.StatusBadRequest, `say "paper": true or false`)
	}
	c.world.paper.SetPaper(*body.Paper)
	return noContent(w)
}

func (c *counter) link(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Up, Drop *bool }
	if err := read(r, &body); err != nil {
		return err
	}
	switch {
	case body.Drop != nil && *body.Drop:
		c.cable.set(linkDrop)
	case body.Up == nil:
		return refuse(http.StatusBadRequest, `say "up": true or false, or "drop": true`)
	case *body.Up:
		c.cable.set(linkUp)
	default:
		c.cable.set(linkDown)
	}
	c.publishWorld()
	return noContent(w)
}

func (c *counter) power(w http.ResponseWriter, r *http.Request) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if len(raw) > 0 && !json.Valid(raw) {
		return refuse(http.StatusBadRequest, "the body is not JSON; it may be empty")
	}
	ctx, done := context.WithTimeout(r.Context(), powerWait)
	defer done()
	c.hub.publish("world", worldNews{Power: false, Link: c.linkState(), Pace: c.pace})
	err = c.firmware.cutPower(ctx)
	c.publishWorld()
	if err != nil {
		return refuse(http.StatusServiceUnavailable, "the terminal does not boot: %v", err)
	}
	return noContent(w)
}

func (c *counter) walletCode(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Wallet payment.Wallet }
	if err := read(r, &body); err != nil {
		return err
	}
	code, life, err := c.backend.Sandbox.NewCode(body.Wallet)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	pictures, err := drawCode(code)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, codeAnswer{Code: code, Seconds: int((life + time.Second - 1) / time.Second), codePictures: pictures})
	return nil
}

func (c *counter) walletNext(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Behaviour sandbox.Behaviour }
	if err := read(r, &body); err != nil {
		return err
	}
	if err := c.backend.Sandbox.SetNext(body.Behaviour); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	return noContent(w)
}

func (c *counter) walletPay(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		QR     *string
		Wallet payment.Wallet
	}
	if err := read(r, &body); err != nil {
		return err
	}
	if body.QR == nil {
		return refuse(http.StatusBadRequest, `give the text of the screen's code as "qr"`)
	}
	switch body.Wallet {
	case payment.WalletUnknown:
		body.Wallet = payment.WeChat
	case payment.WeChat, payment.Alipay, payment.UnionPay:
	default:
		return refuse(http.StatusBadRequest, "wallet %.20q is not one of wechat, alipay, unionpay", string(body.Wallet))
	}
	status, err := c.backend.Sandbox.Pay(*body.QR, body.Wallet)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]sandbox.PayStatus{"status": status})
	return nil
}
