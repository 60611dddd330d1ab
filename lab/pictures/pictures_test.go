package pictures_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	xdraw "golang.org/x/image/draw"

	"till/display"
	"till/display/gallery"
	tilldraw "till/draw"
	"till/lab/browser"
	"till/lab/counter"
	"till/lab/pictures"
	"till/printer"
)

var update = flag.Bool("update", false, "draw the pictures anew")

// folder holds the pictures of the documentation.
const folder = "../../docs/pictures"

// most bounds all pictures together, in bytes: they are in the repository.
const most = 2600 << 10

var program counter.Program

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the demo only where its pictures are taken.
func run(m *testing.M) int {
	flag.Parse()
	if !*update {
		return m.Run()
	}
	return counter.Main(m, &program)
}

func TestPictures(t *testing.T) {
	for name, draw := range pure() {
		t.Run(name, func(t *testing.T) { hold(t, name, draw(t)) })
	}
	if *update {
		photograph(t)
	}
	size := int64(0)
	for _, name := range slices.Concat(photographs, merchants, elsewhere, names()) {
		file, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Errorf("%v; make pictures draws it", err)
			continue
		}
		size += file.Size()
	}
	if size > most {
		t.Errorf("the pictures take %d KiB, at most %d", size>>10, most>>10)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) == ".png" && !slices.Contains(slices.Concat(photographs, merchants, elsewhere, names()), f.Name()) {
			t.Errorf("nothing draws %s any more: remove it", f.Name())
		}
	}
}

// hold draws a picture that depends on the code alone, or compares it with the
// one that is there.
func hold(t *testing.T, name string, m image.Image) {
	t.Helper()
	path := filepath.Join(folder, name)
	want := pictures.Paletted(m)
	if *update {
		write(t, path, want)
		return
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make pictures draws it", err)
	}
	got, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if !equal(got, want) {
		t.Errorf("%s is not what the code draws: look at what make pictures draws, and commit it", name)
	}
}

func equal(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r, g, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if r != r2 || g != g2 || b1 != b2 {
				return false
			}
		}
	}
	return true
}

func write(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	best := png.Encoder{CompressionLevel: png.BestCompression}
	if err := best.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The sheets of screens, each in English beside Chinese where the documentation is of
// both; otherwise in English.
var sheets = []struct {
	name    string
	chinese bool // beside it
	screens []string
}{
	{"screens-sale.png", false, []string{"ready-first", "ready", "charging", "qr", "approved", "cash-keyed", "approved-cash", "declined-funds_missing"}},
	{"screens-cart.png", true, []string{"cart-discount", "items", "discount", "tip", "split", "part"}},
	{"screens-trouble.png", false, []string{"checking-long", "park", "parked", "reversed", "expired-customer_silent", "cancelled", "offline", "ready-offline", "troubles", "receipt", "halted", "fault"}},
	{"screens-drawer.png", true, []string{"list", "sale-refunds", "sale-elsewhere", "find-keyed", "refund-keyed", "void", "shift", "sum-count"}},
	{"screens-operators.png", true, []string{"sign-on", "sign-on-wait", "menu-operator", "pin-refund", "reset-code-keyed", "reset-differs", "reset-done"}},
	{"screens-training.png", true, []string{"menu", "training-ready", "training-sandbox-ready", "training-approved", "training-menu"}},
	{"screens-held.png", true, []string{"menu-cart", "menu-held", "held", "recalled", "menu-recalled"}},
	{"screens-receipts.png", true, []string{"approved-phone", "approved-asked", "approved-asked-cash"}},
	{"screens-enrolment.png", false, []string{"enrol", "enrol-refused", "claim"}},
	{"screens-doctor.png", false, []string{"doctor", "doctor-check", "doctor-code", "status", "status-troubles"}},
}

// slipsSheet is what comes out of the printer.
const slipsSheet = "receipts.png"

func names() []string {
	all := []string{slipsSheet, wiringSheet, customersSheet}
	for _, s := range sheets {
		all = append(all, s.name)
	}
	return all
}

// pure are the pictures that depend on the code alone.
func pure() map[string]func(*testing.T) image.Image {
	all := map[string]func(*testing.T) image.Image{slipsSheet: slips, wiringSheet: wiring, customersSheet: customers}
	for _, s := range sheets {
		all[s.name] = func(t *testing.T) image.Image { return screens(t, s.screens, s.chinese) }
	}
	return all
}

const (
	columns  = 2
	gap      = 16 // px
	captions = 30 // px, above each
	shrunkW  = 480
	shrunkH  = 288
)

var ground = color.RGBA{R: 0xE9, G: 0xEB, B: 0xEE, A: 0xFF}

// screens puts screens on a sheet, each under its name.
func screens(t *testing.T, wanted []string, chinese bool) image.Image {
	var names []string
	for _, name := range wanted {
		names = append(names, "en/"+name)
		if chinese {
			names = append(names, "zh/"+name)
		}
	}
	rows := (len(names) + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0, gap+columns*(shrunkW+gap), gap+rows*(captions+shrunkH+gap)))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	for i, name := range names {
		view, ok := gallery.View(name)
		if !ok {
			t.Fatalf("the gallery has no %s", name)
		}
		frame := display.Render(view, image.Pt(800, 480))
		corner := image.Pt(gap+i%columns*(shrunkW+gap), gap+i/columns*(captions+shrunkH+gap))
		caption(sheet, corner, name[len("en/"):])
		to := image.Rect(0, 0, shrunkW, shrunkH).Add(corner).Add(image.Pt(0, captions))
		xdraw.CatmullRom.Scale(sheet, to, frame.Image, frame.Image.Bounds(), draw.Src, nil)
	}
	return sheet
}

// customersSheet is every screen of the customer's display.
const customersSheet = "screens-customer.png"

func customers(*testing.T) image.Image {
	samples := gallery.Customers()
	const perRow, w, h = 4, 360, 216
	rows := (len(samples) + perRow - 1) / perRow
	sheet := image.NewRGBA(image.Rect(0, 0, gap+perRow*(w+gap), gap+rows*(captions+h+gap)))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	for i, s := range samples {
		frame := display.RenderCustomer(s.View, image.Pt(800, 480))
		corner := image.Pt(gap+i%perRow*(w+gap), gap+i/perRow*(captions+h+gap))
		caption(sheet, corner, s.Name)
		to := image.Rect(0, 0, w, h).Add(corner).Add(image.Pt(0, captions))
		xdraw.CatmullRom.Scale(sheet, to, frame.Image, frame.Image.Bounds(), draw.Src, nil)
	}
	return sheet
}

func caption(sheet draw.Image, at image.Point, text string) {
	tilldraw.NewFace(tilldraw.Regular, 13).Draw(sheet, at.X, at.Y+20, text, color.RGBA{R: 0x5B, G: 0x64, B: 0x70, A: 0xFF})
}

// papers are what the terminal prints, as its own tests picture it.
const papers = "../../cmd/tillcmd/testdata/paper/80mm"

// slips puts a sale, what else a customer gets, and a shift's report side by side, at
// half their size.
func slips(t *testing.T) image.Image {
	names := []string{"sale-bill", "sale-split", "refund-bill", "pending-goods", "z-open"}
	var all []image.Image
	width, tallest := printer.Profile80().Dots/2, 0
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(papers, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all, tallest = append(all, m), max(tallest, m.Bounds().Dy()/2)
	}
	sheet := image.NewRGBA(image.Rect(0, 0, gap+len(all)*(width+gap), gap+captions+tallest+gap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	for i, m := range all {
		corner := image.Pt(gap+i*(width+gap), gap)
		caption(sheet, corner, names[i])
		to := image.Rect(0, 0, width, m.Bounds().Dy()/2).Add(corner).Add(image.Pt(0, captions))
		xdraw.CatmullRom.Scale(sheet, to, m, m.Bounds(), draw.Src, nil)
	}
	return sheet
}

// photographs are of the demo's pages, from the real demo: what they show
// depends on the hour and the browser, so that they are not compared.
var photographs = []string{"counter-light.png", "counter-dark.png", "counter-phone-light.png", "counter-phone-dark.png", onThePhone}

// onThePhone is the page of a receipt.
const onThePhone = "receipt-phone.png"

// elsewhere is taken of an emulated Pi: its panel by lab/pi, the page around it by hand.
var elsewhere = []string{"pi-qr.png", "pi-status.png", "emulate.png"}

// hanzi is the font that the product draws Chinese with: not every machine that
// draws pictures has one.
func hanzi(t *testing.T) string {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/mojocn/base64Captcha").Output()
	if err != nil {
		t.Fatalf("find the font: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "fonts", "wqy-microhei.ttc")
}

// phoneLength is what of the page is shown on a phone: terminal and customer, in px.
const phoneLength = 1880

// photograph takes the pictures of the counter page.
func photograph(t *testing.T) {
	chromium, err := browser.Open(t.TempDir(), hanzi(t))
	if err != nil {
		t.Fatal(err)
	}
	defer chromium.Close()
	d := program.Start(t)
	d.Online()
	tab := chromium.Tab(t, d.URL+"/", browser.Desk)
	d.SellCash("2450")
	d.Home()
	d.Next("late") // one charge that was given back
	d.Amount("999")
	d.Scan(d.Code("alipay"))
	d.Await("an end", 15*time.Second, counter.State.Settled)
	d.Home()
	d.Sell("680", "unionpay")
	d.Home()
	for i, look := range []browser.Look{browser.Desk, {Width: browser.Desk.Width, Height: browser.Desk.Height, Dark: true}, browser.Hand, {Width: browser.Hand.Width, Height: browser.Hand.Height, Touch: true, Dark: true}} {
		tab.Look(look)
		if i == 2 {
			tab.Click("#guide-hide") // so that there is room for the phone
		}
		tab.Run("to the page's top", browser.Script("window.scrollTo(0, 0)"))
		d.Sell("1234", "wechat")
		tab.Wait(fmt.Sprintf(`document.querySelectorAll("#sales tbody tr").length === %d && !document.getElementById("result").hidden`, 4+i))
		tab.Wait(`document.querySelector("#sales tbody tr").innerText.includes("approved")`)
		tab.Wait(`document.getElementById("caption").textContent.startsWith("Approved")`)
		tab.Wait(`document.getElementById("printer-text").textContent === "Ready"`)
		tab.Wait(`document.getElementById("panel").getContext("2d").getImageData(3, 470, 1, 1).data[1] === 0x7A`) // green all over
		m, err := png.Decode(bytes.NewReader(tab.Picture()))
		if err != nil {
			t.Fatal(err)
		}
		if look.Touch {
			m = m.(interface {
				SubImage(image.Rectangle) image.Image
			}).SubImage(image.Rect(0, 0, look.Width, phoneLength))
		}
		write(t, filepath.Join(folder, photographs[i]), pictures.Paletted(m))
		d.Home()
	}
	tab.Forgive("willReadFrequently") // these pictures' own reading of the panel
	photographReceipt(t, d, chromium)
}

// photographReceipt takes the picture of a receipt on the customer's phone.
func photographReceipt(t *testing.T, d *counter.Demo, chromium *browser.Browser) {
	t.Helper()
	sale := d.Sell("1234", "wechat").Last.ID
	d.Await("all is sent", 15*time.Second, func(s counter.State) bool { return s.Queued == 0 })
	tab := chromium.Tab(t, d.URL+"/r/"+sale, browser.Hand)
	tab.Wait(`document.querySelector("h1").innerText === "Harbor Museum Shop"`)
	m, err := png.Decode(bytes.NewReader(tab.Picture()))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, onThePhone), pictures.Paletted(m))
	d.Home()
}
