package enrolment_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/cloud/service"
	"till/display"
	"till/payment/pin"
	"till/printer"
	"till/sync/wire/enrolment"
)

// The operator gives a terminal other settings, a forgotten PIN's above all: it takes
// them by itself, when nobody is in the middle of a sale, and keeps them. Those that
// it cannot use it refuses, and says so.
func TestOtherSettings(t *testing.T) {
	s := startService(t)
	claimed, err := s.Claim(service.ClaimOrder{Terminal: "till-07", Settings: shop})
	if err != nil {
		t.Fatal(err)
	}
	c := startCounter(t, folder(t), fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\nclaim = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint(), claimed.Code))
	c.until("enrolled", selling)
	configure := func(o service.SettingsOrder) string {
		t.Helper()
		note, err := s.Configure("till-07", o)
		if err != nil {
			t.Fatal(err)
		}
		return note.Digest
	}
	mei := func(digits string) service.SettingsOrder {
		return service.SettingsOrder{Set: enrolment.Settings{"operators": []any{"mei / Mei / cashier / " + pin.New(digits, pin.NewSalt()).String()}}}
	}

	c.press("5") // somebody is about to sell
	digest := configure(mei("1111"))
	c.until("sold", func(s shown) bool { return s.Screen == "ready" })
	c.press("00", "cash", "exact")
	c.until("a sale in between", func(s shown) bool { return s.Screen == "approved" })
	_ = c.Press(t.Context(), display.InputEvent{Button: "done"}) // it may be gone before it has answered
	c.until("an operator has to sign on", func(s shown) bool { return s.Screen == "sign_on" && s.Online })
	awaitNote(t, s, enrolment.SettingsNote{Digest: digest})
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for c.Press(t.Context(), display.InputEvent{Key: "esc"}) != nil { // until it is there again
		time.Sleep(50 * time.Millisecond)
	}
	c.until("after a power cut", func(s shown) bool { return s.Screen == "sign_on" && s.Online })

	// The PIN was forgotten: another is set.
	c.press("2", "2", "2", "2", "enter")
	c.until("refused", func(s shown) bool { return s.Screen == "sign_on" && strings.Contains(s.Message, "Wrong") })
	digest = configure(mei("2222"))
	awaitNote(t, s, enrolment.SettingsNote{Digest: digest})
	c.until("up again", func(s shown) bool { return s.Screen == "sign_on" && s.Online && !strings.Contains(s.Message, "Wrong") })
	c.press("2", "2", "2", "2", "enter")
	c.until("signed on", selling)

	bad := configure(service.SettingsOrder{Set: enrolment.Settings{"sale.tax": "a lot"}})
	if note := awaitNote(t, s, enrolment.SettingsNote{Digest: bad, Fault: "sale.tax"}); strings.Contains(note.Fault, "$argon2id$") {
		t.Errorf("a hash is said over the wire: %s", note.Fault)
	}
	c.until("the settings before stay", selling)
	if _, err := s.Configure("till-07", service.SettingsOrder{Drop: []string{"merchant.name"}}); err == nil {
		t.Error("a terminal needs no merchant")
	}
	if _, err := s.Configure("till-99", mei("1111")); err == nil {
		t.Error("a terminal that nobody knows has settings")
	}
	digest = configure(service.SettingsOrder{Drop: []string{"sale.tax", "operators"}})
	awaitNote(t, s, enrolment.SettingsNote{Digest: digest})
	c.until("nobody has to sign on", selling)
	c.cash()
}

// A full catalogue and a large logo reach a terminal, and the logo its receipts.
func TestLogoAndCatalogue(t *testing.T) {
	s := startService(t)
	claimed, err := s.Claim(service.ClaimOrder{Terminal: "till-07", Settings: shop})
	if err != nil {
		t.Fatal(err)
	}
	c := startCounter(t, folder(t), fmt.Sprintf("[enrol]\ngateway = %q\nca = %q\nclaim = %q\n", s.Enrolment, s.Terminals.Authority().Fingerprint(), claimed.Code))
	c.until("enrolled", selling)
	rows := func(slip int) int {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for limit := time.After(20 * time.Second); ; {
			if paper, out := c.Slip(slip); out {
				return paper.Picture.Rect.Dy()
			}
			select {
			case <-tick.C:
			case <-limit:
				t.Fatalf("slip %d does not come", slip)
			}
		}
	}
	c.cash()
	plain := rows(1)

	var items []any
	for i := range 1000 {
		items = append(items, fmt.Sprintf("%013d / Green tea, the third flush %d / 绿茶 / 350", 6901234000000+i, i))
	}
	note, err := s.Configure("till-07", service.SettingsOrder{Set: enrolment.Settings{"sale.items": items, "merchant.logo": noise(t)}})
	if err != nil {
		t.Fatal(err)
	}
	awaitNote(t, s, enrolment.SettingsNote{Digest: note.Digest})
	c.until("begun anew", selling)
	if err := c.Scan(t.Context(), []byte("6901234000999")); err != nil {
		t.Fatal(err)
	}
	c.until("scanned", func(s shown) bool { return s.Screen == "ready" && s.Message == "" })
	c.press("cash", "exact")
	c.until("sold", func(s shown) bool { return s.Screen == "approved" })
	if logo := rows(2); logo < plain+100 {
		t.Errorf("the receipt has %d rows with a logo, and %d without", logo, plain)
	}
}

// noise is a logo that is nearly as long as one may be.
func noise(t *testing.T) string {
	m := image.NewPaletted(image.Rect(0, 0, 520, 260), color.Palette{color.White, color.Black})
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(chance.IntN(2))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(b.Bytes())
	if len(text) < printer.MaxLogoText*9/10 || len(text) > printer.MaxLogoText {
		t.Fatalf("the logo has %d characters", len(text))
	}
	return text
}

// awaitNote waits until the terminal reports settings of a digest, with a fault that
// has the words wanted.
func awaitNote(t *testing.T, s *service.Service, want enrolment.SettingsNote) (note enrolment.SettingsNote) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(40 * time.Second); ; {
		entry, err := s.Terminal("till-07")
		if err != nil {
			t.Fatal(err)
		}
		note = enrolment.SettingsNote{}
		if raw, there := entry.Reported.Parts[enrolment.SettingsPart]; there {
			if err := json.Unmarshal(raw, &note); err != nil {
				t.Fatal(err)
			}
		}
		if note.Digest == want.Digest && (note.Fault == "") == (want.Fault == "") && strings.Contains(note.Fault, want.Fault) {
			return note
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it reports %+v, want %+v", note, want)
		}
	}
}
