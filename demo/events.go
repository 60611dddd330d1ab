package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"time"

	"till/cloud/sandbox"
	tilldraw "till/draw"
	"till/payment"
)

// worldNews is what the page is told of plug and cable.
type worldNews struct {
	Power bool      `json:"power"`
	Link  linkState `json:"link"`
	Pace  int       `json:"pace"`
}

func (c *counter) linkState() linkState {
	s, _ := c.cable.get()
	return s
}

func (c *counter) publishWorld() {
	c.hub.publish("world", worldNews{Power: true, Link: c.linkState(), Pace: c.pace})
}

// phoneNews is what the page is told of the customer's phone.
type phoneNews struct {
	Next   sandbox.Behaviour `json:"next"`
	Prompt *phoneAsks        `json:"prompt"`
	Result *phoneSays        `json:"result"`
}

type phoneAsks struct {
	Wallet   payment.Wallet `json:"wallet"`
	Amount   int64          `json:"amount"`
	Currency string         `json:"currency"`
}

type phoneSays struct {
	Status   string         `json:"status"`
	Wallet   payment.Wallet `json:"wallet"`
	Amount   int64          `json:"amount"`
	Currency string         `json:"currency"`
	Serial   int            `json:"serial"` // tells the same outcome twice apart
}

// phoneEvery is how often the phone is looked at: much of what it shows passes by itself.
const phoneEvery = 100 * time.Millisecond

func (c *counter) watchPhone(ctx context.Context) {
	tick := time.NewTicker(phoneEvery)
	defer tick.Stop()
	for {
		if p, err := c.backend.Sandbox.Phone(); err == nil { // else the next look tells
			news := phoneNews{Next: p.Next}
			if p.Prompt != nil {
				news.Prompt = &phoneAsks{Wallet: p.Prompt.Wallet, Amount: p.Prompt.Amount.Amount, Currency: p.Prompt.Amount.Currency}
			}
			if l := p.Last; l != nil && l.Status != "asked" {
				news.Result = &phoneSays{Status: l.Status, Wallet: l.Wallet, Amount: l.Amount.Amount, Currency: l.Amount.Currency, Serial: p.Serial}
			}
			c.hub.publish("phone", news)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// events streams what changes, beginning with how everything stands.
func (c *counter) events(w http.ResponseWriter, r *http.Request) error {
	flush := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	var serial uint64
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		kinds, now, changed := c.hub.since(serial)
		serial = now
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, kinds[kind]); err != nil {
				return nil // the page went away
			}
		}
		if err := flush.Flush(); err != nil {
			return nil // the page went away
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-changed:
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return nil // the page went away
			}
		}
	}
}

// codeAnswer is a code as the phone shows it.
type codeAnswer struct {
	Code    string `json:"code"`
	Seconds int    `json:"seconds"` // it lives so long
	codePictures
}

// codePictures are data URIs; a bar code is only for numbers.
type codePictures struct {
	QR      string `json:"qr"`
	Barcode string `json:"barcode"`
}

const (
	codeQRSize  = 264 // pixels
	barWidth    = 2   // pixels a module
	barHeight   = 80
	barQuietMod = 10 // modules of quiet zone
	barMaxText  = 30
)

func drawCode(code string) (codePictures, error) {
	matrix, err := tilldraw.QR(code)
	if err != nil {
		return codePictures{}, fmt.Errorf("draw the code: %w", err)
	}
	side := max(codeQRSize, 3*(matrix.Size()+8))
	square := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	if _, err := matrix.Draw(square, square.Rect); err != nil {
		return codePictures{}, fmt.Errorf("draw the code: %w", err)
	}
	p := codePictures{}
	if p.QR, err = dataURI(square); err != nil || len(code) > barMaxText {
		return p, err
	}
	bars, err := tilldraw.Code128(code)
	if err != nil {
		return p, fmt.Errorf("draw the code: %w", err)
	}
	strip := image.NewPaletted(image.Rect(0, 0, barWidth*(len(bars)+2*barQuietMod), barHeight), color.Palette{color.White, color.Black})
	for i, black := range bars {
		for x := 0; black && x < barWidth; x++ {
			for y := range barHeight {
				strip.SetColorIndex(barWidth*(i+barQuietMod)+x, y, 1)
			}
		}
	}
	p.Barcode, err = dataURI(strip)
	return p, err
}

func dataURI(m image.Image) (string, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return "", fmt.Errorf("encode picture: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
