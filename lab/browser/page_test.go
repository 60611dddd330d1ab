package browser_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"till/lab/browser"
	"till/lab/counter"
)

var (
	program counter.Program
	shared  *browser.Browser
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	profile, err := os.MkdirTemp("", "till-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(profile) }() // a temporary folder
	if shared, err = browser.Open(profile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer shared.Close()
	return counter.Main(m, &program)
}

const soon = 5 * time.Second

// open starts a demo and opens its page.
func open(t *testing.T, look browser.Look) (*counter.Demo, *browser.Tab) {
	t.Helper()
	d := program.Start(t)
	d.Online()
	tab := shared.Tab(t, d.URL+"/", look)
	tab.Wait(`document.getElementById("off").hidden && !document.getElementById("show-code").disabled`)
	return d, tab
}

// booked waits for a row of the ledger's table of sales.
func booked(tab *browser.Tab, rows int) {
	tab.Wait(fmt.Sprintf(`document.querySelectorAll("#sales tbody tr").length === %d`, rows))
}

func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	d, tab := open(t, browser.Desk)
	tab.Type("12")
	tab.Type("3")
	tab.Type(".")
	tab.Type("45")
	tab.Type(kb.Backspace)
	d.Await("1234 keyed", soon, func(s counter.State) bool { return s.Entry.Amount == 1234 })
	tab.FocusByTab("show-code")
	tab.Type(kb.Enter)
	s := d.Screen("approved", soon)
	booked(tab, 1)
	tab.Wait(`document.querySelectorAll("#charges tbody tr").length === 1`)
	tab.Wait(`document.querySelector("#lane img")?.naturalHeight > 300`)
	if text := browser.Ask[string](tab, `document.getElementById("sales").innerText`); !strings.Contains(text, s.Last.ID) || !strings.Contains(text, "12.34") {
		t.Errorf("the ledger on the page: %q", text)
	}
	if text := browser.Ask[string](tab, `document.getElementById("phone-says").textContent`); !strings.Contains(text, "12.34") {
		t.Errorf("the phone says %q", text)
	}
	tab.Type(kb.Escape)
	d.Screen("ready", soon)

	// Cash: the terminal's own buttons are there for the keyboard.
	tab.Type("500")
	d.Await("500 keyed", soon, func(s counter.State) bool { return s.Entry.Amount == 500 })
	focusButton(t, tab, "cash")
	tab.Type(kb.Enter)
	d.Screen("cash", soon)
	focusButton(t, tab, "exact")
	tab.Type(kb.Enter)
	d.Screen("approved", soon)
	tab.Wait(`!document.getElementById("drawer-text").textContent.includes("Never")`)
	booked(tab, 2)
	d.Home()

	// A digit that belongs to a field of the page is not the terminal's.
	tab.Click("#pad-keyboard") // off
	tab.Type("9")
	tab.Click("#pad-keyboard") // and on again
	tab.Type("7")
	s = d.Await("7 keyed", soon, func(s counter.State) bool { return s.Entry.Amount != 0 })
	if s.Entry.Amount != 7 {
		t.Errorf("%d is keyed, want 7", s.Entry.Amount)
	}
	d.Key("esc")
	d.Balance()
}

// focusButton goes to a button of the terminal's row by Tab.
func focusButton(t *testing.T, tab *browser.Tab, id string) {
	t.Helper()
	tab.Wait(fmt.Sprintf(`document.querySelector('[data-button=%q]')?.disabled === false`, id))
	for range 150 {
		if browser.Ask[string](tab, `document.activeElement?.dataset?.button ?? ""`) == id {
			return
		}
		tab.Type(kb.Tab)
	}
	t.Fatalf("the terminal's button %s is not reached by Tab", id)
}

func TestPhoneSale(t *testing.T) {
	t.Parallel()
	d, tab := open(t, browser.Desk)
	for i, wallet := range []string{"wechat", "alipay", "unionpay"} {
		for _, key := range []string{"4", "2", "0"} {
			b, ok := d.State().Button(key)
			if !ok {
				t.Fatalf("no key %s on the panel", key)
			}
			middle := b.Rect().Min.Add(b.Rect().Max).Div(2)
			tab.Tap(middle.X, middle.Y)
		}
		d.Await("420 tapped", soon, func(s counter.State) bool { return s.Entry.Amount == 420 })
		tab.Click("#tab-" + wallet)
		tab.Wait(`document.getElementById("qr").naturalWidth > 200`)
		tab.Click("#show-code")
		s := d.Screen("approved", soon)
		if s.Last.Tenders[0].Wallet != wallet {
			t.Errorf("paid by %s, want %s", s.Last.Tenders[0].Wallet, wallet)
		}
		booked(tab, i+1)
		tab.Wait(`!document.getElementById("result").hidden`)
		tab.Wait(`document.getElementById("led").dataset.led === "green"`)
		d.Home()
	}
	d.Balance()
}

func TestQRSale(t *testing.T) {
	t.Parallel()
	d, tab := open(t, browser.Desk)
	if !browser.Ask[bool](tab, `document.getElementById("scan-qr").disabled`) {
		t.Error("there is no QR, and the phone offers to scan one")
	}
	tab.Type("888")
	tab.Click(`[data-button="qr"]:enabled`)
	d.Await("a QR", soon, func(s counter.State) bool { return s.QR != "" })
	tab.Click("#scan-qr:enabled")
	d.Screen("approved", soon)
	booked(tab, 1)
	tab.Wait(`document.getElementById("result").dataset.tone === "good"`)
	d.Balance()
}

// TestMishaps breaks things with the page's own controls, and the page goes on.
func TestMishaps(t *testing.T) {
	t.Parallel()
	d, tab := open(t, browser.Desk)
	tab.Choose("#behaviour", "decline")
	tab.Type("100")
	d.Await("100 keyed", soon, func(s counter.State) bool { return s.Entry.Amount == 100 })
	tab.Click("#show-code")
	d.Screen("declined", soon)
	tab.Wait(`document.getElementById("result").dataset.tone === "bad" && document.getElementById("behaviour").value === "approve"`)
	d.Home()

	tab.Click(`#cable input[value="down"]`)
	d.Await("off line", 15*time.Second, func(s counter.State) bool { return !s.Online })
	tab.Click("#paper") // out
	for range 3 {
		d.SellCash("200")
		d.Press("done")
	}
	tab.Wait(`document.getElementById("queued").textContent !== "0"`)
	tab.Click("#power")
	tab.Wait(`!document.getElementById("off").hidden`)
	tab.Wait(`document.getElementById("off").hidden`)
	tab.Click(`#cable input[value="up"]`)
	d.Online()
	tab.Click("#paper") // a new roll
	tab.Wait(`document.querySelectorAll("#lane img, #stack img").length === 3`)
	tab.Wait(`document.getElementById("queued").textContent === "0"`)
	booked(tab, 4)
	if gaps := browser.Ask[string](tab, `document.getElementById("gaps").textContent`); gaps != "none" {
		t.Errorf("gaps: %s", gaps)
	}
	tab.Click("#lane button")
	tab.Wait(`document.getElementById("viewer").open && document.getElementById("viewer-image").naturalWidth > 300`)
	tab.Type(kb.Escape)
	tab.Wait(`!document.getElementById("viewer").open`)
	d.Balance()

	// The demo ends under the page, which says so.
	d.Interrupt()
	tab.Wait(`!document.getElementById("gone").hidden`)
	tab.Forgive("503") // a picture that was on its way when the power went
	tab.Forgive("ERR_CONNECTION_REFUSED")
	tab.Forgive("ERR_INCOMPLETE_CHUNKED_ENCODING")
	tab.Forgive("ERR_EMPTY_RESPONSE")
}

// TestWidths looks for what is wider than its page.
func TestWidths(t *testing.T) {
	t.Parallel()
	d, tab := open(t, browser.Look{Width: 360, Height: 740, Touch: true})
	d.Sell("99999999", "unionpay")
	d.Home()
	d.SellCash("1")
	booked(tab, 2)
	tab.Wait(`document.querySelector("#lane img")?.naturalHeight > 300`)
	for _, dark := range []bool{false, true} {
		for _, width := range []int{320, 360, 390, 600, 768, 1024, 1400, 2200} {
			tab.Look(browser.Look{Width: width, Height: 800, Dark: dark})
			wide := browser.Ask[[]string](tab, `(() => {
				const page = document.documentElement;
				if (page.scrollWidth <= window.innerWidth) return [];
				return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 0.5)
					.map((e) => e.tagName + "." + e.className + "#" + e.id).slice(0, 5).concat(String(page.scrollWidth));
			})()`)
			if len(wide) > 0 {
				t.Errorf("%d px: wider than the page: %q", width, wide)
			}
		}
	}
	d.Balance()
}

// TestNothingFromOutside sees that every request of the page goes to the demo.
func TestNothingFromOutside(t *testing.T) {
	t.Parallel()
	d, tab := open(t, browser.Desk)
	for _, name := range browser.Ask[[]string](tab, `performance.getEntriesByType("resource").map((e) => e.name)`) {
		if !strings.HasPrefix(name, d.URL+"/") && !strings.HasPrefix(name, "data:") && !strings.HasPrefix(name, "blob:") {
			t.Errorf("the page asks for %s", name)
		}
	}
	// Every picture has a text, every field a label, and no id is there twice.
	for _, problem := range browser.Ask[[]string](tab, `[
		...[...document.querySelectorAll("img:not([alt])")].map((e) => "no alt: " + e.outerHTML),
		...[...document.querySelectorAll("input, select")].filter((e) => !e.labels?.length).map((e) => "no label: " + e.outerHTML),
		...[...document.querySelectorAll("button")].filter((e) => e.offsetParent && !(e.innerText.trim() || e.getAttribute("aria-label") || e.querySelector("img[alt]"))).map((e) => "no name: " + e.outerHTML),
		...[...document.querySelectorAll("[id]")].filter((e, i, all) => all.findIndex((x) => x.id === e.id) !== i).map((e) => "twice: " + e.id),
	]`) {
		t.Error(problem)
	}
	if a := d.Do(http.MethodGet, "/", nil); !strings.Contains(string(a.Body), "Content-Security-Policy") {
		t.Error("the page has no content security policy")
	}
}

// The customer's receipt is a page on the phone, whose code is that of the paper,
// by day and by night. One that is not there yet says that it comes.
func TestReceiptOnThePhone(t *testing.T) {
	t.Parallel()
	d := program.Start(t)
	d.Online()
	d.Link(false)
	sold := d.SellCash("2450").Last
	d.Printed(1)
	order := d.Order(1)
	d.Home()
	page := d.URL + "/r/" + sold.ID
	tab := shared.Tab(t, page, browser.Hand)
	tab.Wait(`document.querySelector("h1").innerText.includes("小票尚未生成") && document.querySelector("meta[http-equiv=refresh]").content === "3;url=?n=1"`)
	d.Link(true)
	d.Await("all is sent", 15*time.Second, func(s counter.State) bool { return s.Online && s.Queued == 0 })
	tab.Run("open it again", chromedp.Navigate(page))
	tab.Wait(`document.querySelector("h1").innerText === "Harbor Museum Shop"`)
	for _, look := range []browser.Look{browser.Hand, {Width: browser.Hand.Width, Height: browser.Hand.Height, Touch: true, Dark: true}} {
		tab.Look(look)
		tab.Wait(fmt.Sprintf(`document.documentElement.scrollWidth === %d`, look.Width))
		text := browser.Ask[string](tab, `document.body.innerText`)
		for _, want := range []string{"TEST, NO MONEY", "SALE 消费", "Mei", "$24.50", "Cash 现金", "APPROVED 支付成功", order, "Thank you! 谢谢惠顾"} {
			if !strings.Contains(text, want) {
				t.Errorf("the receipt does not say %q: %q", want, text)
			}
		}
		codes := d.ReadCodes(tab.Picture())
		if len(codes) == 0 {
			t.Error("zbarimg reads no code on the page")
		}
		for _, code := range codes {
			if code != order {
				t.Errorf("zbarimg reads %q on the page, on the paper %q", code, order)
			}
		}
	}
	tab.Forgive("404") // of the page before there was a receipt
}
