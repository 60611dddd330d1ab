package pages_test

import (
	"bytes"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"till/cloud/merchant"
	"till/cloud/merchant/pages"
	"till/payment/pin"
	"till/words"
)

var update = flag.Bool("update", false, "write the pages of testdata")

// reader is a merchant's browser, before a gateway made by hand.
type reader struct {
	t       *testing.T
	s       *street
	handler http.Handler
	book    *merchant.Book
	now     time.Time // by which passwords are waited for
	lang    words.Lang
	cookies []*http.Cookie
}

func newReader(t *testing.T, lang words.Lang) *reader {
	t.Helper()
	r := &reader{t: t, s: newStreet(), now: noon, lang: lang}
	var err error
	r.book, err = merchant.Open(t.TempDir(), merchant.Options{Now: func() time.Time { return r.now }, Cost: pin.Cost{Memory: 64, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.book.Close(); err != nil {
			t.Error(err)
		}
	})
	for id, name := range map[string]string{"museum": "Harbor Museum Shop", "new": "New Shop"} {
		if _, err := r.book.Add(merchant.Account{ID: id, Name: name}, password); err != nil {
			t.Fatal(err)
		}
	}
	r.handler, err = pages.New(pages.Options{
		Gateway: r.s, Book: r.book, Known: func(string) bool { return true }, Now: func() time.Time { return r.s.now }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask is one request: a GET, or the POST of a form of name, value, name, value.
func (r *reader) ask(path string, form ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	method, fields := http.MethodGet, url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		method = http.MethodPost
		fields.Add(form[i], form[i+1])
	}
	q := httptest.NewRequest(method, "https://shop.example"+path, strings.NewReader(fields.Encode()))
	q.Header.Set("Accept-Language", string(r.lang))
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range r.cookies {
		q.AddCookie(c)
	}
	got := httptest.NewRecorder()
	r.handler.ServeHTTP(got, q)
	return got
}

func (r *reader) signIn(login string) {
	r.t.Helper()
	got := r.ask("/login", "login", login, "password", password)
	if got.Code != http.StatusSeeOther {
		r.t.Fatalf("%s signs in: %d\n%s", login, got.Code, got.Body)
	}
	r.cookies = got.Result().Cookies()
}

// A page is asked for by who has signed in, unless it is said otherwise.
type golden struct {
	path   string
	form   []string
	status int             // 0: 200
	login  string          // "": museum; "-": nobody
	before func(r *reader) // what happened first
}

var today = "from=2026-11-24&to=2026-11-24"

// goldens are all pages, by the names of their templates and what there is to see.
var goldens = map[string]golden{
	"day":           {path: "/"},
	"day-days":      {path: "/?from=2026-11-23&to=2026-11-24"},
	"day-terminal":  {path: "/?" + today + "&terminal=till-01"},
	"day-nothing":   {path: "/?from=2026-11-20&to=2026-11-21"},
	"day-refused":   {path: "/?from=2026-11-24&to=2026-11-20", status: http.StatusUnprocessableEntity},
	"day-new":       {path: "/", login: "new"},
	"sales":         {path: "/sales"},
	"sales-found":   {path: "/sales?q=90.00&wallet=wechat&terminal=till-01"},
	"sales-nothing": {path: "/sales?q=77.77"},
	"sales-refused": {path: "/sales?q=a+b+c+d+e+f+g", status: http.StatusUnprocessableEntity},

	"sale":           {path: "/sales/" + string(inCash)},
	"sale-split":     {path: "/sales/" + string(inParts)},
	"sale-part-back": {path: "/sales/" + string(partBack)},
	"sale-on-way":    {path: "/sales/" + string(onItsWay)},
	"sale-declined":  {path: "/sales/" + string(declined)},
	"sale-checking":  {path: "/sales/" + string(unsettled)},
	"sale-voided":    {path: "/sales/" + string(voided)},
	"sale-elsewhere": {path: "/sales/" + string(backAway)},
	"sale-late":      {path: "/sales/" + string(tooLate)},
	"sale-undated":   {path: "/sales/" + string(undated)},
	"sale-fault":     {path: "/sales/" + string(inParts), before: func(r *reader) { r.s.sales[inParts].Fault = "cash is taken twice" }},

	"reconciliation":         {path: "/reconciliation?" + today},
	"reconciliation-differs": {path: "/reconciliation?" + today, before: func(r *reader) { r.s.lines = r.s.lines[1:] }},
	"reconciliation-equal":   {path: "/reconciliation?" + today, before: func(r *reader) { r.s.quiet() }},

	"reconciliation-nothing": {path: "/reconciliation?from=2026-11-20&to=2026-11-20&terminal=till-03"},
	"reconciliation-new":     {path: "/reconciliation?" + today, login: "new"},
	"terminals":              {path: "/terminals"},
	"terminals-new":          {path: "/terminals", login: "new"},

	"settings":          {path: "/settings"},
	"settings-one":      {path: "/settings?terminal=till-01"},
	"settings-none":     {path: "/settings?terminal=till-03", before: func(r *reader) { r.s.terminals[2].Settings = nil }},
	"settings-unread":   {path: "/settings?terminal=till-03", before: func(r *reader) { r.s.terminals[2].Settings["operators"] = []any{"mei"} }},
	"settings-saved":    {path: "/settings?terminal=till-01&saved=shop"},
	"settings-new":      {path: "/settings", login: "new"},
	"settings-shop":     refused("shop", "name", "", "address", "a\nb\nc\nd\ne\nf\ng\nh\ni", "phone", strings.Repeat("1", 90), "language", "fr"),
	"settings-logo":     refused("logo", "do", "none"),
	"settings-tax":      refused("tax", "tax", "8.755", "tax_by", "guess"),
	"settings-tips":     refused("tips", "tips", "15, 15"),
	"settings-discount": refused("discounts", "discounts", "5, 10, 15, 20", "discount_limit", "101"),
	"settings-tenders":  refused("tenders", "cash_limit", "0", "wallet_limit", "much"),
	"settings-keys":     refused("departments", "english_0", "Encyclopaedias of the world", "rate_1", "8", "english_2", "A/B"),
	"settings-items":    refused("items", "items", "134567890123456789,Tea,茶,3.50"),
	"settings-operator": refused("operators", "do", "add", "id", "Mei", "operator", "", "role", "cashier", "pin", "1"),
	"settings-manager":  refused("manager", "do", "set", "manager_pin", "12"),

	"account":         {path: "/account"},
	"account-done":    {path: "/account?done"},
	"account-wrong":   {path: "/account", form: []string{"before", "nonsense", "after", "a longer one", "again", "a longer one"}, status: http.StatusForbidden},
	"account-short":   {path: "/account", form: []string{"before", password, "after", "short", "again", "short"}, status: http.StatusUnprocessableEntity},
	"account-differs": {path: "/account", form: []string{"before", password, "after", "a longer one", "again", "another one"}, status: http.StatusUnprocessableEntity},

	"login":       {path: "/login?next=/sales", login: "-"},
	"login-wrong": {path: "/login", form: []string{"login", "museum", "password", "nonsense"}, login: "-", status: http.StatusForbidden},
	"login-wait": {path: "/login", form: []string{"login", "museum", "password", "nonsense"}, login: "-", status: http.StatusTooManyRequests, before: func(r *reader) {
		for range 5 {
			r.ask("/login", "login", "museum", "password", "nonsense")
		}
	}},
	"plain-nothing": {path: "/nothing", login: "-", status: http.StatusNotFound},
	"plain-strange": {path: "/sales/" + string(inCash), login: "new", status: http.StatusNotFound},
	"plain-trouble": {path: "/", status: http.StatusInternalServerError, before: func(r *reader) { r.s.broken = true }},
	"plain-large":   {path: "/settings/shop", form: []string{"name", strings.Repeat("x", 1<<20)}, status: http.StatusRequestEntityTooLarge},
}

func refused(section string, form ...string) golden {
	return golden{path: "/settings/" + section, form: append(form, "terminal", "till-01"), status: http.StatusUnprocessableEntity}
}

// assetTag changes with every change of a style, which is no change of the page.
var assetTag = regexp.MustCompile(`(/assets/[a-z.]+)\?[0-9a-f]+`)

func TestPagesLookAsTheyDid(t *testing.T) {
	for _, lang := range words.Langs {
		for name, g := range goldens {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				r := newReader(t, lang)
				switch g.login {
				case "":
					r.signIn("museum")
				case "-":
				default:
					r.signIn(g.login)
				}
				if g.before != nil {
					g.before(r)
				}
				got := r.ask(g.path, g.form...)
				if want := max(g.status, http.StatusOK); got.Code != want {
					t.Errorf("status %d, want %d", got.Code, want)
				}
				body := assetTag.ReplaceAll(got.Body.Bytes(), []byte("$1"))
				file := filepath.Join("testdata", string(lang), name+".html")
				if *update {
					if err := os.WriteFile(file, body, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(want, body) {
					t.Errorf("the page is another than %s (-update writes it anew):\n%s", file, body)
				}
			})
		}
	}
}

// Every template has goldens, and every golden is of a page.
func TestEveryTemplateHasGoldens(t *testing.T) {
	files, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{"layout": true} // it is around all others
	for name := range goldens {
		kind, _, _ := strings.Cut(name, "-")
		shown[kind] = true
	}
	for _, f := range files {
		kind := strings.TrimSuffix(filepath.Base(f), ".html")
		if !shown[kind] {
			t.Errorf("%s has no golden", f)
		}
		delete(shown, kind)
	}
	for kind := range shown {
		t.Errorf("there is no template %s", kind)
	}
	for _, lang := range words.Langs {
		files, err := filepath.Glob(filepath.Join("testdata", string(lang), "*.html"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if _, of := goldens[strings.TrimSuffix(filepath.Base(f), ".html")]; !of {
				t.Errorf("%s is of no page", f)
			}
		}
	}
}
