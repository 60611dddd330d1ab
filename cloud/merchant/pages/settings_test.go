package pages_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"till/cloud/merchant/pages"
	"till/cloud/service"
	"till/payment/pin"
	"till/payment/shop"
	"till/sync/wire/enrolment"
)

// Each form gives what docs/configuration.md says, to one terminal or to all of the
// merchant's, and shows it again.
func TestSettings(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	for _, c := range []struct {
		section string
		fields  []string
		want    map[string]any // nil: not there
		shows   []string
	}{
		{"shop", []string{"name", " Harbor Café ", "address", "12 Pier Street\r\nSan Francisco\r\n\r\n", "phone", "+1 415 555 0132", "foot", "Thank you! 谢谢惠顾", "language", "zh"}, map[string]any{
			"merchant.name": "Harbor Café", "merchant.address": []any{"12 Pier Street", "San Francisco"}, "merchant.phone": "+1 415 555 0132",
			"merchant.foot": []any{"Thank you! 谢谢惠顾"}, "merchant.language": "zh",
		}, []string{"Harbor Café", "12 Pier Street\nSan Francisco</textarea>", `value="zh" selected`}},
		{"shop", []string{"name", "Harbor", "language", "en"}, map[string]any{"merchant.name": "Harbor", "merchant.address": nil, "merchant.phone": nil, "merchant.foot": nil}, nil},
		{"tax", []string{"tax", "8.75 %", "tax_by", "line"}, map[string]any{"sale.tax": int64(875), "sale.tax_by": "line"}, []string{`value="8.75"`, `value="line" selected`}},
		{"tax", []string{"tax", "", "tax_by", "invoice"}, map[string]any{"sale.tax": nil, "sale.tax_by": nil}, nil},
		{"tips", []string{"tips", "15, 18%，20", "tip_with_tax", "yes"}, map[string]any{"sale.tips": []any{int64(15), int64(18), int64(20)}, "sale.tip_with_tax": true}, []string{"15, 18, 20", "checked"}},
		{"tips", nil, map[string]any{"sale.tips": nil, "sale.tip_with_tax": nil}, nil},
		{"discounts", []string{"discounts", "5 10", "discount_limit", "10"}, map[string]any{"sale.discounts": []any{int64(5), int64(10)}, "sale.discount_limit": int64(10)}, []string{"5, 10"}},
		{"tenders", []string{"tender", "cash", "tender", "alipay", "cash_limit", "500", "wallet_limit", "1,000.50"}, map[string]any{
			"sale.tenders": []any{"alipay", "cash"}, "sale.cash_limit": int64(50000), "sale.wallet_limit": int64(100050),
		}, []string{`value="500.00"`, `value="1000.50"`}},
		{"departments", []string{"english_0", "Books", "chinese_0", "书籍", "english_3", "Food", "rate_3", "0"}, map[string]any{"sale.departments": []any{"Books / 书籍", "Food / Food @ 0"}}, []string{"书籍", `name="rate_1" value="0"`}},
		{"items", []string{"items", "barcode,english,chinese,price,tax\n6901234567892,Green tea,绿茶,3.50,\n,Postcard,,1,0\n"}, map[string]any{
			"sale.items": []any{"6901234567892 / Green tea / 绿茶 / 350", "- / Postcard / Postcard / 100 @ 0"},
		}, []string{"2 products now", "6901234567892,Green tea,绿茶,3.50,", "$3.50"}},
	} {
		b.post("/settings/"+c.section, append(slices.Clone(c.fields), "terminal", "till-01")...)
		for key, want := range c.want {
			if got := g.settings("till-01")[key]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s %v: %s is %#v, want %#v", c.section, c.fields, key, got, want)
			}
		}
		if got := b.get("/settings?terminal=till-01"); !got.has(c.shows...) {
			t.Errorf("%s does not show %q:\n%s", c.section, c.shows, got.body)
		}
	}
	if other := g.settings("till-02"); len(other) != 3 {
		t.Errorf("the other terminal has %v", other)
	}
	if got := b.get("/settings"); !got.has("The terminals differ here") {
		t.Error("it is not said that the terminals differ")
	}
	got := b.post("/settings/tips", "tips", "20")
	if got.status != http.StatusSeeOther || got.to != "/settings?saved=tips&terminal=#tips" {
		t.Errorf("saved for all: %d to %s", got.status, got.to)
	}
	for _, terminal := range []string{"till-01", "till-02"} {
		if got := g.settings(terminal)["sale.tips"]; !reflect.DeepEqual(got, []any{int64(20)}) {
			t.Errorf("%s has tips of %v", terminal, got)
		}
	}
	if got := b.get("/settings?saved=tips"); !got.has("Saved, and on its way to the terminals: Tips") {
		t.Error("it is not said that it was saved")
	}
	if tips := g.settings("desk-01")["sale.tips"]; tips != nil {
		t.Errorf("another merchant's terminal has tips of %v", tips)
	}
	if got := b.get("/settings/items.csv?terminal=till-01"); got.body != "\uFEFFbarcode,english,chinese,price,tax\r\n6901234567892,Green tea,绿茶,3.50,\r\n,Postcard,Postcard,1.00,0\r\n" {
		t.Errorf("the catalogue as a file:\n%s", got.body)
	}
}

// What is wrong is said beside its field, in the reader's language, with what was typed;
// nothing of the section is given to any terminal.
func TestFaultsBesideFields(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	before := fmt.Sprint(g.settings("till-01"), g.settings("till-02"))
	for _, c := range []struct {
		section string
		fields  []string
		field   string // the input that is marked
		says    string
	}{
		{"shop", []string{"name", "", "language", "en"}, "field-name", "This cannot be empty."},
		{"shop", []string{"name", strings.Repeat("x", 81), "language", "en"}, "field-name", "Too long for a line"},
		{"shop", []string{"name", "Shop", "language", "fr"}, "field-language", "Choose one"},
		{"shop", []string{"name", "Shop", "language", "en", "foot", strings.Repeat("a\n", 9)}, "field-foot", "At most 8 lines"},
		{"tax", []string{"tax", "8.755", "tax_by", "line"}, "field-tax", "as 8.75"},
		{"tax", []string{"tax", "101", "tax_by", "line"}, "field-tax", "as 8.75"},
		{"tax", []string{"tax", "-1", "tax_by", "line"}, "field-tax", "as 8.75"},
		{"tips", []string{"tips", "15, 15"}, "field-tips", "each once"},
		{"tips", []string{"tips", "1 2 3 4"}, "field-tips", "up to 3"},
		{"tips", []string{"tips", "a lot"}, "field-tips", "whole numbers"},
		{"discounts", []string{"discount_limit", "101"}, "field-discount_limit", "0 to 100"},
		{"tenders", nil, "tender", "choose at least one"},
		{"tenders", []string{"tender", "gold"}, "tender", "choose at least one"},
		{"tenders", []string{"tender", "cash", "cash_limit", "0"}, "field-cash_limit", "above 0"},
		{"tenders", []string{"tender", "cash", "wallet_limit", "12.345"}, "field-wallet_limit", "above 0"},
		{"departments", []string{"english_2", "Antidisestablishment"}, "field-english_2", "at most 14 letters"},
		{"departments", []string{"english_2", "Food / Drink"}, "field-english_2", "Leave out /"},
		{"departments", []string{"english_2", "Food", "rate_2", "x"}, "field-rate_2", "as 8.75"},
		{"departments", []string{"english_2", "Food", "rate_2", "101"}, "field-rate_2", "as 8.75"},
		{"items", []string{"items", "6,Tea,茶,3.50\n6,Bag,包,1"}, "field-items", "Row 2: Another product has this barcode"},
		{"items", []string{"items", "134567890123456789,Tea,茶,3.50"}, "field-items", "Row 1: This barcode looks like a wallet"},
		{"items", []string{"items", "6,Tea,茶,0"}, "field-items", "Row 1: Enter a price"},
		{"items", []string{"items", "6,Tea"}, "field-items", "Row 1: Enter 4 or 5 columns"},
		{"items", []string{"items", "6,Tea,茶,1000000.00"}, "field-items", "Row 1: Enter a price of at most 999999.99"},
		{"items", []string{"items", "6;Tea;茶;3,50\n7;Bag;包;3.50"}, "field-items", "Row 2: Enter a price"},
		{"departments", []string{"english_1", "Food", "chinese_1", "中文中文中文中文"}, "field-chinese_1", "at most 14 letters"},
		{"departments", []string{"chinese_1", "中文中文中文中文"}, "field-chinese_1", "at most 14 letters"},
		{"departments", []string{"english_1", "Food", "chinese_1", "食@品"}, "field-chinese_1", "Leave out /"},
		{"items", []string{"items", "6,Tea / Herbs,茶,1"}, "field-items", "Row 1: Leave out"},
		{"operators", []string{"do", "add", "id", "Mei", "operator", "Mei", "role", "cashier", "pin", "1111"}, "field-id", "Enter 1 to 32"},
		{"operators", []string{"do", "add", "id", "mei", "operator", "", "role", "cashier", "pin", "1111"}, "field-operator", "Enter a name"},
		{"operators", []string{"do", "add", "id", "mei", "operator", "Mei", "role", "boss", "pin", "1111"}, "field-role", "Choose one"},
		{"operators", []string{"do", "add", "id", "mei", "operator", "Mei", "role", "cashier", "pin", "111"}, "field-pin", "Enter 4 to 8 digits"},
		{"operators", []string{"do", "remove", "id", "mei"}, "operators", "This operator is at no terminal"},
		{"operators", []string{"do", "dance"}, "operators", "Choose one"},
		{"manager", []string{"manager_pin", "1234x"}, "field-manager_pin", "Enter 4 to 8 digits"},
	} {
		got := b.post("/settings/"+c.section, c.fields...)
		at := strings.Index(got.body, `id="`+c.field+`"`)
		if at < 0 {
			at = strings.Index(got.body, `id="`+c.section+`"`)
		}
		if got.status != http.StatusUnprocessableEntity || !got.has("Not saved") || at < 0 || !strings.Contains(got.body[at:min(len(got.body), at+1200)], c.says) {
			t.Errorf("%s %v: %d, %q is not said at %s\n%s", c.section, c.fields, got.status, c.says, c.field, got.body)
		}
		if marked := strings.Count(got.body, `class="fault"`); marked > 1 {
			t.Errorf("%s %v: %d fields are marked", c.section, c.fields, marked)
		}
		for i := 0; i+1 < len(c.fields); i += 2 {
			if name, value := c.fields[i], c.fields[i+1]; strings.HasSuffix(name, "pin") && got.has(`value="`+value+`"`) {
				t.Errorf("a PIN is on the page again: %s", value)
			}
		}
	}
	b.accept = "zh"
	if got := b.post("/settings/items", "items", "6,Tea"); !got.has("第 1 行：需要 4 或 5 列", "6,Tea</textarea>") {
		t.Errorf("in Chinese:\n%s", got.body)
	}
	if after := fmt.Sprint(g.settings("till-01"), g.settings("till-02")); after != before {
		t.Errorf("something was taken:\n%s\n%s", before, after)
	}
}

// Operators come and go on all terminals; their PINs are kept as hashes of one salt, and
// are nobody else's.
func TestOperators(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	add := func(id, role, digits string, more ...string) answer {
		return b.post("/settings/operators", append([]string{"do", "add", "id", id, "operator", strings.ToUpper(id) + " 梅", "role", role, "pin", digits}, more...)...)
	}
	if got := add("mei", "cashier", "1111"); got.status != http.StatusSeeOther {
		t.Fatalf("mei: %d\n%s", got.status, got.body)
	}
	if got := add("li", "manager", "2580", "terminal", "till-02"); got.status != http.StatusSeeOther {
		t.Fatalf("li: %d\n%s", got.status, got.body)
	}
	if got := b.post("/settings/manager", "manager_pin", "9999"); got.status != http.StatusSeeOther {
		t.Fatalf("the manager's PIN: %d\n%s", got.status, got.body)
	}
	for _, taken := range []string{"1111", "2580", "9999"} {
		if got := add("new", "cashier", taken); got.status != http.StatusUnprocessableEntity || !got.has("has this PIN already") {
			t.Errorf("%s again: %d", taken, got.status)
		}
	}
	if got := b.post("/settings/manager", "manager_pin", "1111"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("the manager has mei's PIN: %d", got.status)
	}
	if got := add("mei", "cashier", "3333"); got.status != http.StatusUnprocessableEntity || !got.has("Another operator has this short name") {
		t.Errorf("mei again: %d", got.status)
	}
	mine, all := g.operators("till-01"), g.operators("till-02")
	if len(mine) != 1 || len(all) != 2 || mine[0] != all[0] || mine[0].Name != "MEI 梅" || all[1].Role != "manager" {
		t.Fatalf("the operators are %+v and %+v", mine, all)
	}
	manager, err := pin.Parse(g.settings("till-01")["manager_pin"].(string))
	if err != nil {
		t.Fatal(err)
	}
	salt, _ := mine[0].PIN.Salt()
	for _, h := range []pin.Hash{all[1].PIN, manager} {
		if other, _ := h.Salt(); other != salt {
			t.Error("two salts in one shop")
		}
	}
	if pin.Find("1111", []pin.Hash{mine[0].PIN}) != 0 || pin.Find("9999", []pin.Hash{manager}) != 0 {
		t.Error("a PIN is not the one that was set")
	}
	if got := b.get("/settings"); !got.has("MEI 梅", "only at till-02", "There is one, for a manager") || strings.Contains(got.body, "$argon2id$") {
		t.Errorf("the operators' form:\n%s", got.body)
	}

	if got := b.post("/settings/operators", "do", "pin", "id", "mei", "pin_mei", "2580"); got.status != http.StatusUnprocessableEntity || !got.has("has this PIN already") {
		t.Errorf("mei has li's PIN: %d", got.status)
	}
	if got := b.post("/settings/operators", "do", "pin", "id", "mei", "pin_mei", "4444"); got.status != http.StatusSeeOther {
		t.Errorf("another PIN: %d", got.status)
	}
	if now := g.operators("till-01"); pin.Find("4444", []pin.Hash{now[0].PIN}) != 0 || pin.Find("1111", []pin.Hash{now[0].PIN}) == 0 {
		t.Error("the PIN was not changed")
	}
	if got := b.post("/settings/operators", "do", "remove", "id", "mei"); got.status != http.StatusSeeOther {
		t.Errorf("removed: %d", got.status)
	}
	if _, there := g.settings("till-01")["operators"]; there || len(g.operators("till-02")) != 1 {
		t.Errorf("the operators are %v and %+v", g.settings("till-01")["operators"], g.operators("till-02"))
	}
	if _, err := g.Configure("till-02", service.SettingsOrder{Set: enrolment.Settings{"sign_on.auto": "li", "sign_on.lock_after": int64(5)}}); err != nil {
		t.Fatal(err)
	}
	b.post("/settings/operators", "do", "remove", "id", "li")
	if now := g.settings("till-02"); now["operators"] != nil || now["sign_on.auto"] != nil || now["sign_on.lock_after"] != nil {
		t.Errorf("with nobody left the terminal would refuse %v", now)
	}
	if got := b.post("/settings/manager", "do", "remove"); got.status != http.StatusSeeOther || g.settings("till-01")["manager_pin"] != nil {
		t.Errorf("the manager's PIN is removed: %d", got.status)
	}
}

// A catalogue as large as there may be goes to a terminal whole; one beyond is refused.
func TestLargeCatalogue(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	var rows strings.Builder
	for n := range shop.MaxProducts {
		fmt.Fprintf(&rows, "69012345%05d,%s %04d,绿茶绿茶,3.50,8.75\n", n, strings.Repeat("tea ", 4), n)
	}
	if got := b.upload("/settings/items", rows.String(), "terminal", "till-01", "items", "the old one"); got.status != http.StatusSeeOther {
		t.Fatalf("a large catalogue: %d\n%.2000s", got.status, got.body)
	}
	if list, _ := g.settings("till-01")["sale.items"].([]any); len(list) != shop.MaxProducts {
		t.Errorf("%d products", len(list))
	}
	if got := b.get("/settings?terminal=till-01"); got.status != http.StatusOK || !got.has("1000 products now") {
		t.Errorf("the page: %d", got.status)
	}
	if got := b.upload("/settings/items", rows.String()+"1,One more,又一个,1,\n", "terminal", "till-01"); got.status != http.StatusUnprocessableEntity || !got.has("Row 1001: At most 1,000 products") {
		t.Errorf("one more: %d", got.status)
	}
	if _, err := g.Configure("till-02", service.SettingsOrder{Set: enrolment.Settings{"merchant.note": strings.Repeat("x", 200<<10)}}); err != nil {
		t.Fatal(err)
	}
	if got := b.upload("/settings/items", strings.Replace(rows.String(), "3.50", "4.50", 1)); got.status != http.StatusUnprocessableEntity || !got.has("too much for a terminal (till-02)") {
		t.Errorf("beside what fills the other terminal: %d", got.status)
	}
	if list, _ := g.settings("till-01")["sale.items"].([]any); !strings.Contains(list[0].(string), "350") {
		t.Error("one of two terminals was given what the other cannot take")
	}
}

// A logo is a PNG within the bounds of a terminal's.
func TestLogo(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	ink := uint8(1)
	picture := func(w, h int) string {
		var out bytes.Buffer
		m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.Black, color.Transparent})
		m.SetColorIndex(w/2, h/2, ink)
		if err := png.Encode(&out, m); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	noise := image.NewGray(image.Rect(0, 0, 200, 200))
	for i, seed := 0, uint32(1); i < len(noise.Pix); i++ {
		seed = seed*1664525 + 1013904223
		noise.Pix[i] = byte(seed >> 24)
	}
	var loud bytes.Buffer
	if err := png.Encode(&loud, noise); err != nil {
		t.Fatal(err)
	}
	good := picture(300, 80)
	ink = 2
	empty := picture(300, 80)
	ink = 1
	for says, file := range map[string]string{
		"This is no PNG": "GIF89a", "at most 1024 x 512": picture(1025, 10), "at most 18 KiB": loud.String(), "no PNG: save": good[:len(good)-20], "darker than the paper": empty,
	} {
		if got := b.upload("/settings/logo", file); got.status != http.StatusUnprocessableEntity || !got.has(says) || g.settings("till-01")["merchant.logo"] != nil {
			t.Errorf("%s: %d", says, got.status)
		}
	}
	if got := b.upload("/settings/logo", good, "terminal", "till-01"); got.status != http.StatusSeeOther || g.settings("till-01")["merchant.logo"] != base64.StdEncoding.EncodeToString([]byte(good)) {
		t.Errorf("a logo: %d", got.status)
	}
	if got := b.get("/settings?terminal=till-01"); !got.has(`src="data:image/png;base64,iVBOR`) {
		t.Error("the logo is not shown")
	}
	if got := b.post("/settings/logo", "do", "remove"); got.status != http.StatusSeeOther || g.settings("till-01")["merchant.logo"] != nil {
		t.Errorf("removed: %d", got.status)
	}
}

func TestCatalogueTables(t *testing.T) {
	want := []shop.Product{
		{Barcode: "6901234567892", Names: shop.Names{English: "Green tea", Chinese: "绿茶"}, Price: 350, Rate: -1},
		{Names: shop.Names{English: "Postcard", Chinese: "明信片"}, Price: 100, Rate: 0},
	}
	for what, table := range map[string]string{
		"commas":            "6901234567892,Green tea,绿茶,3.50\n,Postcard,明信片,1.00,0\n",
		"semicolons":        "Barcode;English;Chinese;Price;Tax\r\n6901234567892;Green tea;绿茶;3.50;\r\n-;Postcard;明信片;1;0 %\r\n",
		"tabs":              "\uFEFF条码\t英文\t中文\t价格\t税\n6901234567892\tGreen tea\t绿茶\t3.5\t\n\n\tPostcard\t明信片\t1\t0\n",
		"commas for points": "\uFEFFbarcode;english;chinese;price;tax\r\n6901234567892;Green tea;绿茶;3,50;\r\n;Postcard;明信片;1;0,00\r\n",
		"quotes":            "\"6901234567892\", \"Green tea\",\"绿茶\",\"3.50\",\"\"\n'-,Postcard,明信片,1,0",
	} {
		if got, err := pages.ParseCatalogue(table, "USD"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v (%v)", what, got, err)
		}
	}
	if got, err := pages.ParseCatalogue("1,Tea,茶,350", "JPY"); err != nil || got[0].Price != 350 {
		t.Errorf("in yen: %+v (%v)", got, err)
	}
	// A comma is a decimal one where it cannot be another, for the whole of the table.
	for table, want := range map[string]int64{
		"1;Tea;茶;1.234,50;8,75\n": 123450, "1;Tea;茶;1.234;8,75\n": 123400, "1;Tea;茶;1,234;8.75\n": 123400, "1\tTea\t茶\t3,5\n": 350, "1,Tea,茶,\"1,234.50\",8.75": 123450,
	} {
		if got, err := pages.ParseCatalogue(table, "USD"); err != nil || got[0].Price != want || got[0].Rate > 0 && got[0].Rate != 875 {
			t.Errorf("%q: %+v (%v), want %d", table, got, err, want)
		}
	}
	for what, c := range map[string]struct {
		table string
		row   int
		want  error
	}{
		"large":   {"1,Tea,茶,\"1,000,000.00\"", 1, pages.ErrLarge},
		"larger":  {"1,Tea,茶,99999999999999999999", 1, pages.ErrLarge},
		"mixed":   {"1;Tea;茶;3,50\n2;Bag;包;3.50", 2, shop.ErrPrice},
		"grouped": {"1;Tea;茶;3,50\n2;Bag;包;1,234", 2, shop.ErrPrice},
		"price":   {"1,Tea,茶,3.505", 1, shop.ErrPrice},
		"names":   {"1,,,3.50", 1, shop.ErrNames},
		"tax":     {"1,Tea,茶,3.50,101", 1, shop.ErrRate},
		"twice":   {"1,Tea,茶,3.50\n1,Tea,茶,3.50", 2, shop.ErrTwice},
		"columns": {"barcode,english,chinese,price\n1,Tea,茶,3.50,1,1", 2, pages.ErrColumns},
		"quote":   {"1,\"Tea,茶,3.50", 1, pages.ErrTable},
	} {
		var row pages.RowFault
		if _, err := pages.ParseCatalogue(c.table, "USD"); !errors.As(err, &row) || row.Row != c.row || !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := pages.ParseCatalogue(strings.Repeat("x", 600<<10), "USD"); !errors.Is(err, pages.ErrTable) {
		t.Errorf("600 KiB: %v", err)
	}
}

// A file is read as a spreadsheet in Chinese saves it, too; what cannot be read is said
// to be so, and not that its names are missing.
func TestCatalogueFiles(t *testing.T) {
	g := startGateway(t)
	b := g.signedIn("museum")
	const table = "条码,英文,中文,价格,税\r\n6901234567892,Green tea,绿茶,3.50,8.75\r\n,Longjing,龙井 朱镕基,1.00,\r\n"
	encoded := func(e encoding.Encoding, text string) string {
		t.Helper()
		out, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := []any{"6901234567892 / Green tea / 绿茶 / 350 @ 875", "- / Longjing / 龙井 朱镕基 / 100"}
	for what, file := range map[string]string{
		"UTF-8": table, "UTF-8 with its mark": "\uFEFF" + table, "GBK": encoded(simplifiedchinese.GBK, table), "GB 18030": encoded(simplifiedchinese.GB18030, table),
		"UTF-16, little end first": encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), strings.ReplaceAll(table, ",", "\t")),
		"UTF-16, big end first":    encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), table),
	} {
		b.post("/settings/items", "items", "")
		if got := b.upload("/settings/items", file, "terminal", "till-01"); got.status != http.StatusSeeOther || !reflect.DeepEqual(g.settings("till-01")["sale.items"], want) {
			t.Errorf("%s: %d, %q\n%s", what, got.status, g.settings("till-01")["sale.items"], faultOf(got.body))
		}
	}
	b.post("/settings/items", "items", "")
	for what, file := range map[string]string{
		"Western":         encoded(charmap.Windows1252, "1,Cafés,,3.50,\n2,Crème brûlée,,4.50,\n"),
		"no mark":         encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), table),
		"half a sign":     encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), table) + "x",
		"a spreadsheet":   "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xdf\xa4\xd2\x6c",
		"neither of both": "1,\xff\xff,x,3.50",
	} {
		got := b.upload("/settings/items", file, "terminal", "till-01")
		if got.status != http.StatusUnprocessableEntity || !got.has("CSV UTF-8") || g.settings("till-01")["sale.items"] != nil {
			t.Errorf("%s: %d, %s", what, got.status, faultOf(got.body))
		}
	}
}

// faultOf is what a page says is wrong.
func faultOf(page string) string {
	_, after, _ := strings.Cut(page, `<strong class="fault">`)
	fault, _, _ := strings.Cut(after, "<")
	return fault
}

func FuzzCatalogue(f *testing.F) {
	f.Add("barcode,english,chinese,price,tax\n6901234567892,Green tea,绿茶,3.50,8.75\n")
	f.Add("a;b;c;1\n\"x\ty\"\t1")
	f.Add("1,a / b,c,1\n=1+1,@,-,1,100%")
	f.Fuzz(func(t *testing.T, table string) {
		all, err := pages.ParseCatalogue(table, "USD")
		if err != nil {
			if all != nil {
				t.Errorf("%q is refused, and gives %v", table, all)
			}
			return
		}
		var texts []string
		for _, p := range all {
			texts = append(texts, p.String())
		}
		if again, err := shop.ParseProducts(texts); err != nil || len(all) > 0 && !slices.Equal(again, all) {
			t.Errorf("%q: a terminal reads %v (%v), not %v", table, again, err, all)
		}
	})
}
