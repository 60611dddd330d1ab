package tillcmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/checkout"
	"till/checkout/training"
	"till/device"
	"till/display"
	"till/display/gallery"
	"till/payment"
	"till/printer"
	"till/store"
	"till/words"
)

// Inside the package: what is shown is made of what a terminal has within.

// rewrites says that golden files are to be written anew: the flag is that of the tests
// outside the package.
func rewrites() bool { return flag.Lookup("update").Value.String() == "true" }

// The gallery is every screen that the counter shows, made by working at it, in both
// languages. It is written down as views: package display holds how they look.
const (
	galleryFile   = "../../display/gallery/views.json"
	customersFile = "../../display/gallery/customers.json"
)

// opened is the moment of the shop at which a stage begins.
var opened = time.Date(2026, 11, 24, 22, 30, 0, 0, time.UTC)

// stage is a terminal with somebody at work, whose gateway is the test.
type stage struct {
	t        *testing.T
	lang     words.Lang
	terminal *terminal
	fake     *checkout.Fake
	offset   time.Duration
	fresh    int
	shots    *shots
	prefix   string // of the names of what is shot
}

// shots are the views so far.
type shots struct {
	views     []gallery.Named
	customers []gallery.Customer
	seen      [][sha256.Size]byte // pictures of these
	shown     map[checkout.Screen]bool
}

// shop is a terminal's configuration, all of it that is seen.
func shopConfig(t *testing.T, lang words.Lang, more ...string) Config {
	t.Helper()
	all := map[string]string{}
	for _, line := range append([]string{
		`terminal = "till-07"`, `board = "sim"`, `data = "/data"`, `bench = "/run/bench"`,
		`merchant.name = "Harbor Museum Shop"`, `merchant.cashier = "Mei"`, `merchant.phone = "+1 415 555 0132"`,
		`merchant.timezone = "America/Los_Angeles"`, `merchant.currency = "USD"`, fmt.Sprintf("merchant.language = %q", lang),
		`gateway.broker = "ssl://gateway.till.example:8883"`, `gateway.key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="`,
	}, more...) {
		key, _, _ := strings.Cut(line, " = ")
		all[key] = line
	}
	var file strings.Builder
	for _, key := range slices.Sorted(maps.Keys(all)) {
		file.WriteString(all[key] + "\n")
	}
	c, err := ParseConfig([]byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// set has somebody at a counter of this configuration.
func set(t *testing.T, journal *store.Journal, all *shots, c Config) *stage {
	t.Helper()
	s := &stage{t: t, lang: c.Merchant.Language, fake: checkout.NewFake(), shots: all}
	s.terminal = &terminal{config: c, started: time.Now(), boot: "a", journal: journal, device: &device.Device{}}
	s.terminal.printing = newPrintQueue(s.terminal)
	s.terminal.condition.printer = printer.Status{State: printer.StateReady}
	s.offset = opened.Sub(s.terminal.steady())
	s.fake.Operators = map[string]payment.Operator{"2580": {ID: "manager", Name: "Manager", Role: payment.Manager}}
	settings := c.counter(paneled)
	s.terminal.register = &checkout.Register{
		State: s.fake.Boot(settings), Journal: s.fake, Gateway: s.fake, Printer: s.fake, Body: s.fake, Doctor: s.fake, Guard: s.fake, PINs: s.fake,
	}
	s.terminal.counter = training.New(s.terminal.register, noPaper{s.fake})
	s.do(checkout.Booted{})
	s.do(checkout.ClockLearned{Offset: s.offset})
	s.do(checkout.LinkChanged{Online: true})
	return s
}

type noPaper struct{ checkout.Printer }

func (noPaper) Forget() {}

func (s *stage) do(e checkout.Event) {
	s.t.Helper()
	at := s.terminal.steady()
	s.fresh++
	now := checkout.Now{
		At: at, Stamp: payment.Stamp{Boot: "a", Mono: s.terminal.mono(), Time: at.Add(s.offset).UTC()},
		Fresh: payment.SaleID(fmt.Sprintf("01KAT2V8QH5N7M2B4C6D8F0%03d", s.fresh)),
	}
	if err := s.terminal.counter.Handle(e, now); err != nil {
		s.t.Fatalf("%T %+v on screen %s: %v", e, e, s.terminal.counter.State().Screen, err)
	}
}

// key keys one key after another: digits, or the name of one.
func (s *stage) key(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		if strings.Trim(k, "0123456789") != "" {
			s.do(checkout.Keyed{Key: k})
			continue
		}
		for _, digit := range k {
			s.do(checkout.Keyed{Key: string(digit)})
		}
	}
}

func (s *stage) press(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		s.do(checkout.Pressed{Button: id})
	}
}

// manager presses what takes a manager, and keys the PIN.
func (s *stage) manager(ids ...string) {
	s.t.Helper()
	s.press(ids...)
	s.key("2580", "enter")
}

func (s *stage) scan(text string) {
	s.t.Helper()
	s.do(checkout.Scanned{Data: []byte(text)})
}

// Codes that customers show.
const (
	wechatCode = "134567890123456789"
	alipayCode = "281234567890123456"
)

// current is the sale on the screen.
func (s *stage) current() payment.Sale {
	s.t.Helper()
	sale, ok := s.terminal.register.State.OnScreen()
	if !ok {
		s.t.Fatalf("no sale is on the screen %s", s.terminal.register.State.Screen)
	}
	return sale
}

// told has the gateway say something of the newest attempt of the sale on the screen.
func (s *stage) told(status payment.AttemptStatus, change ...func(*payment.Answer)) {
	s.t.Helper()
	sale := s.current()
	a, err := s.fake.Answer(payment.NewOrder(sale.ID, len(sale.Attempts)), status)
	if err != nil {
		s.t.Fatal(err)
	}
	if a.Transaction != "" {
		a.Transaction = "4200002301202611241234567890"
	}
	if a.QR != "" {
		a.QR, a.Expires = "https://pay.till.example/q/01JD9ZK3V8QH5N7M2B4C6D8F0G01", s.terminal.steady().Add(s.offset+105*time.Second)
	}
	for _, f := range change {
		f(&a)
	}
	s.do(checkout.Told{Answer: a})
}

func because(r payment.Reason) func(*payment.Answer) {
	return func(a *payment.Answer) { a.Reason = r }
}

// pass has time go by.
func (s *stage) pass(d time.Duration) {
	s.t.Helper()
	end := s.terminal.steady().Add(d)
	for {
		left := end.Sub(s.terminal.steady())
		wait, due := s.terminal.counter.Wait(s.terminal.steady())
		if !due || wait > left {
			time.Sleep(left)
			return
		}
		time.Sleep(wait)
		s.do(checkout.Ticked{})
	}
}

// printed has the paper come out.
func (s *stage) printed() {
	s.t.Helper()
	for _, p := range s.fake.Paper() {
		s.do(p)
	}
}

// shot keeps what is seen.
func (s *stage) shot(name string) {
	s.t.Helper()
	name = string(s.lang) + "/" + s.prefix + name
	s.keep(name, s.terminal.view())
	s.shots.shown[s.terminal.counter.State().Screen] = true
	look := s.terminal.customerView()
	if s.lang != words.English { // it is in both languages
		return
	}
	seen := sha256.Sum256(display.RenderCustomer(look, paneled).Image.Pix)
	if !slices.Contains(s.shots.seen, seen) {
		s.shots.seen = append(s.shots.seen, seen)
		s.shots.customers = append(s.shots.customers, gallery.Customer{Name: strings.TrimPrefix(name, "en/"), View: look})
	}
}

// paneled is the size of the panel that the gallery is of.
var paneled = image.Pt(800, 480)

// screensOfCheckout are all that package checkout has, by its source.
func screensOfCheckout(t *testing.T) []checkout.Screen {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../checkout/state.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := []checkout.Screen{checkout.Resetting} // which stands in a file of its own
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if ok && len(v.Values) == 1 {
			if is, named := v.Type.(*ast.Ident); named && is.Name == "Screen" {
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, checkout.Screen(text))
			}
		}
		return true
	})
	if len(all) < 30 {
		t.Fatalf("the source has %d screens only", len(all))
	}
	return all
}

func (s *stage) keep(name string, v display.View) {
	s.t.Helper()
	if slices.ContainsFunc(s.shots.views, func(x gallery.Named) bool { return x.Name == name }) {
		s.t.Fatalf("two views are called %s", name)
	}
	s.shots.views = append(s.shots.views, gallery.Named{Name: name, View: v})
}

// sellsCash takes the exact amount.
func (s *stage) sellsCash(amount string) {
	s.t.Helper()
	s.key(amount)
	s.press("cash", "exact")
	s.printed()
	s.press("done")
}

func (s *stage) sells(amount, code string) {
	s.t.Helper()
	s.key(amount)
	s.scan(code)
	s.told(payment.Approved)
	s.printed()
	s.press("done")
}

func TestGallery(t *testing.T) {
	journal, err := store.Open(t.TempDir(), store.Options{Terminal: "till-07"})
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	all := shots{shown: map[checkout.Screen]bool{}}
	for _, lang := range []words.Lang{words.English, words.Chinese} {
		for _, name := range slices.Sorted(maps.Keys(scenes)) {
			synctest.Test(t, func(t *testing.T) {
				scenes[name](t, func(more ...string) *stage { return set(t, journal, &all, shopConfig(t, lang, more...)) })
			})
		}
	}
	for _, screen := range screensOfCheckout(t) {
		if !all.shown[screen] {
			t.Errorf("the screen %s is in no scene", screen)
		}
	}
	slices.SortFunc(all.views, func(a, b gallery.Named) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(all.customers, func(a, b gallery.Customer) int { return strings.Compare(a.Name, b.Name) })
	isWritten(t, galleryFile, all.views)
	isWritten(t, customersFile, all.customers)
}

// isWritten holds a list against its file, one entry a line.
func isWritten[T any](t *testing.T, path string, all []T) {
	t.Helper()
	var b bytes.Buffer
	for i, one := range all {
		raw, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		b.Write(raw)
	}
	b.WriteString("\n]\n")
	if rewrites() {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./cmd/tillcmd -run Gallery -update writes it", err)
	}
	got, wanted := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(wanted)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(wanted) {
			w = wanted[i]
		}
		if g != w {
			t.Errorf("the counter shows\n%s\nand not\n%s\n(go test ./cmd/tillcmd -run Gallery -update, then ./display, and look)", g, w)
		}
	}
}
