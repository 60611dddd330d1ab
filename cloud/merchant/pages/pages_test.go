package pages_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"till/cloud/merchant"
	"till/payment"
)

const (
	one   = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1A")
	two   = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1B")
	three = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1C")
	other = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1D")
)

// day is a day's trade of both merchants.
func day(g *gateway) {
	j := g.journal("till-01")
	j.add(payment.Event{Kind: payment.ShiftOpened, Shift: 1, Amount: 5000, Currency: "USD"})
	bill := payment.Bill{Items: []payment.Item{{Name: "Green tea 绿茶", Amount: 1000, Rate: 875}, {Amount: 500}}, Discount: 150, Tax: 79, Tip: 200}
	j.cash(one, bill.Total(), &bill)
	j.add(
		payment.Event{Kind: payment.RefundAsked, Sale: one, Refund: 1, Tender: 1, Amount: 300},
		payment.Event{Kind: payment.RefundChanged, Sale: one, Refund: 1, RefundStatus: payment.RefundDone},
		payment.Event{Kind: payment.SaleCreated, Sale: two, Amount: 1234, Currency: "USD", Reference: "=1+1"},
		payment.Event{Kind: payment.AttemptStarted, Sale: two, Tender: 1, Attempt: 1, Amount: 1234, Mode: payment.Scan, Wallet: payment.WeChat},
		payment.Event{Kind: payment.AttemptChanged, Sale: two, Attempt: 1, Status: payment.Approved, Wallet: payment.WeChat, Transaction: "4200001234202611240001", Payer: "o***x", Receipt: 2},
		payment.Event{Kind: payment.ShiftClosed, Shift: 1, Amount: 6000},
	)
	j.send()
	j = g.journal("till-02")
	j.add(
		payment.Event{Kind: payment.SaleCreated, Sale: three, Amount: 999, Currency: "USD"},
		payment.Event{Kind: payment.AttemptStarted, Sale: three, Tender: 1, Attempt: 1, Amount: 999, Mode: payment.QR},
		payment.Event{Kind: payment.AttemptChanged, Sale: three, Attempt: 1, Status: payment.Checking, Reason: payment.CustomerSilent},
	)
	j.send()
	j = g.journal("desk-01")
	j.cash(other, 7777, nil)
	j.send()
}

// pagesOf are all that a merchant can look at.
var pagesOf = []string{
	"/", "/?from=2026-11-01&to=2026-11-30", "/?from=2026-11-24&terminal=till-01", "/?from=x", "/sales", "/sales?q=12.34", "/sales?q=nothing&status=declined&wallet=cash",
	"/sales?from=x", "/sales/" + string(one), "/sales/" + string(two), "/sales/" + string(three), "/reconciliation", "/reconciliation?from=2026-11-24&to=2026-11-25", "/reconciliation?from=2026-11-24&terminal=till-02", "/reconciliation?from=x", "/terminals", "/settings", "/settings?terminal=till-02", "/settings?saved=tax", "/account", "/account?done", "/nothing",
}

var leaked = regexp.MustCompile(`\b(pages|paper|reason|status|screen|reconcile)_[a-z_]+\b`)

// Every page says every sentence, in both languages; the language is the browser's at
// first, and then the one that was chosen.
func TestEveryPageInEveryLanguage(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("museum")
	for _, lang := range []struct{ accept, tag, word string }{{"zh-CN,zh;q=0.9,en;q=0.8", `lang="zh-Hans"`, "交易"}, {"fr, en-GB;q=0.8", `lang="en"`, "Sales"}} {
		b.accept = lang.accept
		for _, path := range pagesOf {
			got := b.get(path)
			if got.status >= 500 || !got.has(lang.tag) || strings.HasPrefix(path, "/sales") && !got.has(lang.word) {
				t.Errorf("%s in %s: %d\n%s", path, lang.accept, got.status, got.body)
			}
			if keys := leaked.FindAllString(strings.NewReplacer(`name="tip_with_tax"`, "").Replace(got.body), -1); keys != nil {
				t.Errorf("%s in %s says keys: %v", path, lang.accept, keys)
			}
		}
		if got := g.browser().get("/login"); leaked.MatchString(got.body) {
			t.Error("the login says keys")
		}
	}
	if got := b.get("/language/zh?back=/sales%3Fq%3D12"); got.status != http.StatusSeeOther || got.to != "/sales?q=12" {
		t.Errorf("choosing Chinese leads to %d %q", got.status, got.to)
	}
	if got := b.get("/sales"); !got.has("交易", `href="/language/en?back=%2fsales"`) {
		t.Error("Chinese was chosen, and is not kept")
	}
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", ""} {
		if got := b.get("/language/en?back=" + strings.NewReplacer("/", "%2F", `\`, "%5C", ":", "%3A").Replace(elsewhere)); got.to != "/" {
			t.Errorf("%q leads to %q", elsewhere, got.to)
		}
	}
	if got := b.get("/language/fr"); got.status != http.StatusNotFound {
		t.Errorf("French: %d", got.status)
	}
}

// A merchant sees its own terminals and sales, and of others not even that they are
// there.
func TestIsolation(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("hotel")
	mine, theirs := b.get("/sales/"+string(other)), b.get("/sales/"+string(one))
	if mine.status != http.StatusOK || theirs.status != http.StatusNotFound || theirs.body != strings.ReplaceAll(b.get("/sales/01KAT7X2Q8M5V3N9RD6E4WZB1Z").body, "1Z", "1A") {
		t.Errorf("its own sale: %d, another's: %d\n%s", mine.status, theirs.status, theirs.body)
	}
	for _, path := range []string{
		"/?terminal=till-01", "/day.csv?terminal=till-01", "/sales?terminal=till-01", "/sales.csv?terminal=till-01", "/settings?terminal=till-01", "/settings/items.csv?terminal=till-01",
		"/reconciliation?terminal=till-01", "/reconciliation.csv?terminal=till-01", "/reconciliation?terminal=lost-01",
		"/?terminal=lost-01", "/sales?terminal=lost-01", "/settings?terminal=lost-01", "/sales/" + string(two), "/sales/x",
	} {
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d\n%s", path, got.status, got.body)
		}
	}
	before := fmt.Sprint(g.settings("till-01"), g.settings("lost-01"))
	for _, section := range []string{"shop", "tax", "tips", "discounts", "tenders", "departments", "items", "operators", "manager", "nothing"} {
		for _, terminal := range []string{"till-01", "lost-01"} {
			got := b.post("/settings/"+section, "terminal", terminal, "name", "Stolen", "language", "en", "tax", "1", "tax_by", "line", "tender", "cash",
				"do", "add", "id", "thief", "operator", "Thief", "role", "manager", "pin", "6666", "manager_pin", "6666")
			if got.status != http.StatusNotFound {
				t.Errorf("settings %s of %s: %d", section, terminal, got.status)
			}
		}
	}
	if after := fmt.Sprint(g.settings("till-01"), g.settings("lost-01")); after != before {
		t.Errorf("another's settings were changed:\n%s\n%s", before, after)
	}
	for _, path := range []string{"/", "/?from=2026-11-24", "/day.csv?from=2026-11-24", "/sales", "/sales.csv", "/sales?q=" + string(one), "/sales.csv?q=" + string(one), "/reconciliation?from=2026-11-24", "/reconciliation.csv?from=2026-11-24", "/terminals", "/settings"} {
		if got := b.get(path); got.status != http.StatusOK || strings.Contains(got.body, "till-0") || strings.Contains(got.body, "lost-01") || strings.Contains(got.body, "12.34") || strings.Contains(got.body, "/sales/"+string(one)) {
			t.Errorf("%s: %d, with what is another's\n%s", path, got.status, got.body)
		}
	}
	if got := b.get("/sales"); !got.has(string(other), "$77.77") {
		t.Errorf("its own sale is not there:\n%s", got.body)
	}
}

// What is not asked for by the page itself, from under its own name, is refused.
func TestDoors(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	for _, path := range pagesOf[:len(pagesOf)-1] {
		if got := g.browser().get(path); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/login") {
			t.Errorf("%s for a stranger: %d to %q", path, got.status, got.to)
		}
	}
	for _, path := range []string{"/settings/tax", "/account", "/logout"} {
		if got := g.browser().post(path, "tax", "1"); got.status != http.StatusSeeOther || got.to != "/login" {
			t.Errorf("POST %s for a stranger: %d to %q", path, got.status, got.to)
		}
	}
	if got := b.do(http.MethodGet, "/", nil, "", "Host", "evil.example"); got.status != http.StatusMisdirectedRequest {
		t.Errorf("under another name: %d", got.status)
	}
	for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		if got := b.do(http.MethodPost, "/settings/tax", strings.NewReader("tax=1&tax_by=line"), "application/x-www-form-urlencoded", headers...); got.status != http.StatusForbidden {
			t.Errorf("from elsewhere, %v: %d", headers, got.status)
		}
	}
	if g.settings("till-01")["sale.tax"] != nil {
		t.Error("another site's page has changed the tax")
	}
	got := b.get("/")
	csp := got.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the headers are %v", got.header)
	}
	if strings.Contains(got.body, "<style") || strings.Contains(got.body, "onclick") || regexp.MustCompile(`<script(?: defer)?>`).MatchString(got.body) {
		t.Error("a script or a style is in the page")
	}
	if got := b.post("/settings/items", "items", strings.Repeat("x", 2<<20)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB: %d", got.status)
	}
	for _, name := range []string{"style.css", "sort.js"} {
		if got := g.browser().get("/assets/" + name); got.status != http.StatusOK || got.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}

func TestTerminals(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	if got := b.get("/terminals"); strings.Count(got.body, "Waits for its device") != 2 || !got.has("Taken with its first start", "Not since the gateway was started") {
		t.Errorf("terminals that were claimed:\n%s", got.body)
	}
}

func TestMerchantWithoutTerminals(t *testing.T) {
	g := startGateway(t)
	if _, err := g.Merchants.Add(merchant.Account{ID: "cafe", Name: "Café"}, password); err != nil {
		t.Fatal(err)
	}
	b := g.signedIn("cafe")
	for _, path := range []string{"/", "/terminals", "/settings", "/sales", "/day.csv", "/sales.csv"} {
		if got := b.get(path); got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := b.get("/settings"); !got.has("No terminal is yours yet") {
		t.Error("it is not said that there is none")
	}
	for _, section := range []string{"tax", "operators", "items"} {
		if got := b.post("/settings/"+section, "tax", "1", "tax_by", "line"); got.status != http.StatusNotFound {
			t.Errorf("the %s of no terminal: %d", section, got.status)
		}
	}
}

func TestSigningIn(t *testing.T) {
	g := startGateway(t)
	b := g.browser()
	wrong, nobody := b.post("/login", "login", "museum", "password", "wrong"), b.post("/login", "login", "nobody", "password", "wrong")
	if wrong.status != http.StatusForbidden || wrong.status != nobody.status || strings.ReplaceAll(wrong.body, "museum", "") != strings.ReplaceAll(nobody.body, "nobody", "") {
		t.Errorf("a wrong password: %d, a login that is none: %d", wrong.status, nobody.status)
	}
	got := b.post("/login", "login", "Museum", "password", password, "next", "/sales?q=12")
	if got.status != http.StatusSeeOther || got.to != "/sales?q=12" {
		t.Fatalf("signed in: %d to %q", got.status, got.to)
	}
	cookie := got.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie has no %s: %s", want, cookie)
		}
	}
	if got := b.get("/"); got.status != http.StatusOK || !got.has("Harbor Museum Shop") {
		t.Errorf("the first page: %d", got.status)
	}
	if got := b.post("/login", "login", "museum", "password", password, "next", "https://evil.example"); got.to != "/" {
		t.Errorf("signed in, on to %q", got.to)
	}

	// The password is changed by its owner, which ends the other sessions.
	elsewhere := g.signedIn("museum")
	if long := strings.Repeat("密码", 34); !b.post("/account", "before", password, "after", long, "again", long).has("too long: take at most 200 bytes") {
		t.Error("a password of 204 bytes is not said to be too long")
	}
	for _, c := range []struct {
		before, after, again string
		want                 int
	}{
		{"wrong", "another horse", "another horse", http.StatusForbidden},
		{password, "short", "short", http.StatusUnprocessableEntity},
		{password, "another horse", "another house", http.StatusUnprocessableEntity},
		{password, "another horse", "another horse", http.StatusSeeOther},
	} {
		if got := b.post("/account", "before", c.before, "after", c.after, "again", c.again); got.status != c.want || c.want != http.StatusSeeOther && !got.has(`class="alarm"`) {
			t.Errorf("%+v: %d", c, got.status)
		}
	}
	if got := b.get("/"); got.status != http.StatusOK {
		t.Errorf("who changed it is signed out: %d", got.status)
	}
	if got := elsewhere.get("/"); got.status != http.StatusSeeOther {
		t.Errorf("another session goes on: %d", got.status)
	}

	token := b.Jar.Cookies(mustURL(t, g.Pages))
	if got := b.post("/logout"); got.status != http.StatusSeeOther || got.to != "/login" {
		t.Errorf("signed out: %d to %q", got.status, got.to)
	}
	b.Jar.SetCookies(mustURL(t, g.Pages), token) // as someone who had copied it
	if got := b.get("/"); got.status != http.StatusSeeOther {
		t.Errorf("the session goes on after signing out: %d", got.status)
	}

}

// Wrong passwords have to be waited for, but not by the merchant whose browser is known.
func TestWrongPasswords(t *testing.T) {
	g := startGateway(t)
	b := g.browser()
	var last answer
	for range 12 { // the wait doubles, so that one is longer than a slow machine takes
		if last = b.post("/login", "login", "hotel", "password", "wrong"); last.status == http.StatusTooManyRequests {
			break
		}
	}
	known := g.signedIn("museum") // which has signed in, while somebody elsewhere tries
	known.post("/logout")
	for range 12 {
		if g.browser().post("/login", "login", "museum", "password", "wrong").status == http.StatusTooManyRequests {
			break
		}
	}
	if got := known.post("/login", "login", "museum", "password", password); got.status != http.StatusSeeOther {
		t.Errorf("a browser that is known has to wait for others: %d", got.status)
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" || !last.has("Too many wrong passwords") {
		t.Errorf("after many wrong ones: %d", last.status)
	}
}
