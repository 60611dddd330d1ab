package pages

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"till/payment"
	"till/payment/shop"
)

// catalogueColumns are those of the catalogue as a table.
var catalogueColumns = []string{"barcode", "english", "chinese", "price", "tax"}

// maxCatalogue bounds a table, in bytes.
const maxCatalogue = 512 << 10

// RowFault is what is wrong with a row of a table, by its first line, from 1.
type RowFault struct {
	Row int
	Err error
}

func (f RowFault) Error() string { return fmt.Sprintf("row %d: %v", f.Row, f.Err) }
func (f RowFault) Unwrap() error { return f.Err }

// Faults of a table.
var (
	ErrColumns  = errors.New("want the columns barcode, english, chinese, price, tax")
	ErrTable    = errors.New("this is no table of comma-separated values")
	ErrSigns    = errors.New("a name cannot have / with spaces around it")
	ErrLarge    = errors.New("the price is too large")
	errEncoding = errors.New("want UTF-8, UTF-16 with its byte-order mark, or GB 18030")
)

// ParseCatalogue reads a table of products: barcode, name in English, name in Chinese,
// price in the currency's own unit, tax in per cent where it is not the shop's. A first
// row with the columns' names is passed over. Between cells are commas, semicolons or
// tabs, as spreadsheets have it. A name in one language counts for both. Where some
// number has a comma that can only be a decimal one, all of them have.
func ParseCatalogue(table, currency string) ([]shop.Product, error) {
	if len(table) > maxCatalogue {
		return nil, fmt.Errorf("%w: more than %d KiB", ErrTable, maxCatalogue>>10)
	}
	rows, torn := readRows(strings.TrimPrefix(table, mark))
	comma := slices.ContainsFunc(rows, func(r tableRow) bool { return slices.ContainsFunc(r.numbers(), commaForm.MatchString) })
	all := []shop.Product{}
	codes := map[string]bool{}
	for _, r := range rows {
		if comma {
			r.turn()
		}
		p, err := r.parse(currency)
		switch {
		case err == nil && p.Barcode != "" && codes[p.Barcode]:
			err = shop.ErrTwice
		case err == nil && len(all) == shop.MaxProducts:
			err = shop.ErrTooMany
		}
		if err != nil {
			return nil, RowFault{r.line, err}
		}
		codes[p.Barcode] = true
		all = append(all, p)
	}
	if torn != nil {
		return nil, torn
	}
	return all, nil
}

// tableRow is a product's, as it stands in the table.
type tableRow struct {
	line  int
	cells []string
}

// readRows reads those that say something, up to where the table is torn.
func readRows(table string) (all []tableRow, torn error) {
	r := csv.NewReader(strings.NewReader(table))
	r.Comma, r.FieldsPerRecord = separator(table), -1
	r.TrimLeadingSpace = r.Comma != '\t' // which is a space too
	for first := true; ; first = false {
		cells, err := r.Read()
		var at *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case errors.As(err, &at):
			return all, RowFault{at.StartLine, fmt.Errorf("%w: %w", ErrTable, err)}
		case err != nil:
			return all, fmt.Errorf("%w: %w", ErrTable, err)
		case first && isHead(cells), !slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" }):
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(cells[i]), "'")) // see harmless
		}
		line, _ := r.FieldPos(0)
		all = append(all, tableRow{line, cells})
	}
}

// commaForm is a number with one or two digits after a comma, which groups no thousands.
var commaForm = regexp.MustCompile(`[0-9],[0-9]{1,2}(?: ?%)?$`)

// numbers are the price and the tax.
func (r tableRow) numbers() []string { return r.cells[min(3, len(r.cells)):] }

// turn has its numbers with decimal points, where they had decimal commas.
func (r tableRow) turn() {
	turned := strings.NewReplacer(",", ".", ".", ",")
	for i, n := range r.numbers() {
		r.numbers()[i] = turned.Replace(n)
	}
}

func isHead(cells []string) bool {
	return strings.EqualFold(strings.TrimSpace(cells[0]), catalogueColumns[0]) || strings.TrimSpace(cells[0]) == "条码"
}

// separator is what stands most often in the first line.
func separator(table string) rune {
	first, _, _ := strings.Cut(table, "\n")
	most := ','
	for _, r := range ";\t" {
		if strings.Count(first, string(r)) > strings.Count(first, string(most)) {
			most = r
		}
	}
	return most
}

func (r tableRow) parse(currency string) (shop.Product, error) {
	cells := r.cells
	if len(cells) < 4 || len(cells) > 5 {
		return shop.Product{}, ErrColumns
	}
	p := shop.Product{Barcode: cells[0], Names: bothNames(shop.Names{English: cells[1], Chinese: cells[2]}), Rate: -1}
	if p.Barcode == "-" {
		p.Barcode = ""
	}
	price, err := payment.ParseDecimal(cells[3], currency)
	switch {
	case errors.Is(err, payment.ErrTooLarge), price.Amount > payment.MaxEntry:
		return p, ErrLarge
	case err != nil:
		return p, shop.ErrPrice
	}
	p.Price = price.Amount
	if len(cells) == 5 && cells[4] != "" {
		rate, ok := readPercent(cells[4])
		if !ok {
			return p, shop.ErrRate
		}
		p.Rate = int(rate)
	}
	if err := p.Check(); err != nil {
		return p, err
	}
	if again, err := shop.ParseProduct(p.String()); err != nil || again != p {
		return p, ErrSigns
	}
	return p, nil
}

// decode is the text of a file that a spreadsheet saved. Excel saves CSV in Chinese as
// GBK, which nothing in the file says.
func decode(file string) (string, error) {
	marked := strings.HasPrefix(file, "\xFF\xFE") || strings.HasPrefix(file, "\xFE\xFF")
	var from encoding.Encoding
	switch {
	case marked:
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case strings.Contains(file, "\x00"):
		return "", errEncoding
	case utf8.ValidString(file):
		return file, nil
	case isChinese(file):
		from = simplifiedchinese.GB18030
	default:
		return "", errEncoding
	}
	text, err := from.NewDecoder().String(file)
	if err != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", errEncoding
	}
	return text, nil
}

// isChinese tells Chinese from a Western language with accents, where both are in bytes
// of their own: common characters are two bytes above 0xA0, an accent is one.
func isChinese(file string) bool {
	common, others := 0, 0
	for i := 0; i < len(file); i++ {
		switch {
		case file[i] < 0x80:
		case file[i] > 0xA0 && i+1 < len(file) && file[i+1] > 0xA0:
			common++
			i++
		default:
			others++
		}
	}
	return common > others
}

// bothNames makes a name in one language that of both.
func bothNames(n shop.Names) shop.Names {
	if n.English == "" {
		n.English = n.Chinese
	}
	if n.Chinese == "" {
		n.Chinese = n.English
	}
	return n
}

// writeCatalogue writes what ParseCatalogue reads.
func writeCatalogue(w io.Writer, all []shop.Product, currency string) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{catalogueColumns}
	for _, p := range all {
		tax := ""
		if p.Rate >= 0 {
			tax = percent(int64(p.Rate))
		}
		rows = append(rows, []string{harmless(p.Barcode), harmless(p.English), harmless(p.Chinese), payment.Money{Amount: p.Price, Currency: currency}.Plain(), tax})
	}
	return c.WriteAll(rows)
}

func readItems(f *form, t Terminal) (c change) {
	table := f.values.Get("items")
	if f.file != "" {
		var err error
		if table, err = decode(f.file); err != nil {
			f.fault("items", "pages_fault_encoding")
			return c
		}
		f.values.Set("items", table)
	}
	all, err := ParseCatalogue(table, t.currency())
	var row RowFault
	switch {
	case errors.As(err, &row):
		f.fault("items", "pages_fault_row", "row", strconv.Itoa(row.Row), "why", f.Say(itemFault(row.Err), "most", payment.Money{Amount: payment.MaxEntry, Currency: t.currency()}.Plain()))
	case err != nil:
		f.fault("items", "pages_fault_table")
	}
	var list []any
	for _, p := range all {
		list = append(list, p.String())
	}
	c.put(t, "sale.items", list, len(list) == 0)
	return c
}

func itemFault(err error) string {
	switch {
	case errors.Is(err, ErrColumns):
		return "pages_fault_columns"
	case errors.Is(err, ErrTable):
		return "pages_fault_table"
	case errors.Is(err, ErrLarge):
		return "pages_fault_price_most"
	case errors.Is(err, shop.ErrTooMany):
		return "pages_fault_many_items"
	default:
		return shopFault(err)
	}
}

func productsOf(t Terminal) []shop.Product {
	all, err := shop.ParseProducts(textsOf(t, "sale.items"))
	if err != nil {
		return nil // of the operator's making; the terminal says what is wrong with it
	}
	return all
}

func showItems(t Terminal, into url.Values) {
	var b bytes.Buffer
	if all := productsOf(t); len(all) > 0 {
		_ = writeCatalogue(&b, all, t.currency()) // into memory
	}
	into.Set("items", strings.ReplaceAll(b.String(), "\r\n", "\n"))
}

// item is a product in a table.
type item struct {
	shop.Product
	Cost, Tax string
}

func itemsOf(v *visit, t Terminal) []item {
	var all []item
	for _, p := range productsOf(t) {
		one := item{Product: p, Cost: v.Money(p.Price, t.currency()), Tax: v.Say("pages_shops_tax")}
		if p.Rate >= 0 {
			one.Tax = percent(int64(p.Rate)) + " %"
		}
		all = append(all, one)
	}
	return all
}

// catalogueCSV is the catalogue of one terminal, or of the first, as a file.
func (s *server) catalogueCSV(w http.ResponseWriter, r *http.Request, v *visit) error {
	chosen, err := v.chosen(r.URL.Query().Get("terminal"))
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return errNothing
	}
	asCSV(w, "items")
	if err := writeCatalogue(w, productsOf(chosen[0]), chosen[0].currency()); err != nil {
		s.Log.Debug("catalogue as CSV", "err", err) // the browser has left
	}
	return nil
}
