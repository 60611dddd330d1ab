package pages_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"till/cloud"
	"till/cloud/merchant/pages"
	"till/payment"
)

// The day's figures are the sum of the terminals', and what is not settled stands
// before all.
func TestDay(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("museum")
	got := b.get("/?from=2026-11-24&to=2026-11-24")
	// 16.29 in cash and 12.34 by WeChat, of which 3.00 went back.
	if !got.has("$28.63", "$25.63", "2 sales", "$1.63", "$0.64", "$3.00", "WeChat Pay", "Z report") {
		t.Errorf("the day:\n%s", got.body)
	}
	open := strings.Index(got.body, "Not settled")
	if open < 0 || open > strings.Index(got.body, `<form class="choice"`) || !got.has("/sales/"+string(three), "Checking", "$9.99") {
		t.Errorf("what is not settled is not at the top:\n%s", got.body)
	}
	if got := b.get("/?from=2026-11-24&terminal=till-02"); got.has("$28.63") || !got.has("Nothing was sold", "$9.99") {
		t.Errorf("the other terminal:\n%s", got.body)
	}
	if got := b.get("/?from=2026-11-25&to=2026-11-26"); got.has("$28.63") || !got.has("$9.99") {
		t.Errorf("other days:\n%s", got.body)
	}
	for _, bad := range []string{"from=24.11.2026", "from=2026-11-25&to=2026-11-24", "from=2020-01-01&to=2026-01-01"} {
		if got := b.get("/?" + bad); got.status != http.StatusUnprocessableEntity || !got.has("Choose a first and a last day") {
			t.Errorf("%s: %d", bad, got.status)
		}
		if got := b.get("/day.csv?" + bad); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s as a file: %d", bad, got.status)
		}
	}
}

// found are the sales that a search finds, in order.
func found(b *browser, query string) (ids []payment.SaleID) {
	for _, part := range strings.Split(b.get("/sales?"+query).body, `<a href="/sales/`)[1:] {
		if len(part) > 26 && part[26] == '"' {
			ids = append(ids, payment.SaleID(part[:26]))
		}
	}
	return ids
}

func TestSearch(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("museum")
	for query, want := range map[string][]payment.SaleID{
		"":                                       {three, two, one},
		"q=" + string(one):                       {one},
		"q=" + strings.ToLower(string(one)):      {one},
		"q=" + string(two) + "01":                {two}, // an order number
		"q=" + string(one) + "R01":               {one}, // a refund's
		"q=000001":                               {one},
		"q=%23000002":                            {two},
		"q=1-000001":                             {one},
		"q=2-000001":                             nil,
		"q=12.34":                                {two},
		"q=%2412.34":                             {two},
		"q=3.00":                                 {one}, // refunded
		"q=3":                                    {one},
		"q=4200001234202611240001":               {two},
		"q=till-02":                              {three},
		"q=mei":                                  {one},
		"q=%3D1%2B1":                             {two}, // a reference
		"q=wechat+12.34":                         {two},
		"q=cash+12.34":                           nil,
		"q=" + url.QueryEscape("微信支付"):           {two},
		"q=" + string(other):                     nil,
		"terminal=till-01":                       {two, one},
		"status=checking":                        {three},
		"status=approved&wallet=cash":            {one},
		"wallet=alipay":                          nil,
		"from=2026-11-24&to=2026-11-24":          {three, two, one},
		"from=2026-11-25":                        nil,
		"to=2026-11-23":                          nil,
		"to=2026-11-24&q=12.34&wallet=wechat":    {two},
		"before=" + string(three):                {two, one},
		"before=" + string(two) + "&q=000001":    {one},
		"before=" + string(one):                  nil,
		"q=<script>alert(1)</script>&status=":    nil,
		"q=%00%ff":                               nil,
		"q=" + string(one) + "&terminal=till-02": nil,
	} {
		if got := found(b, query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	for _, bad := range []string{"status=stolen", "wallet=gold", "from=x", "from=2026-11-25&to=2026-11-24", "q=" + strings.Repeat("x", 200), "q=1+2+3+4+5+6+7"} {
		if got := b.get("/sales?" + bad); got.status != http.StatusUnprocessableEntity || !got.has(`class="alarm"`) {
			t.Errorf("%s: %d", bad, got.status)
		}
		if got := b.get("/sales.csv?" + bad); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s as a file: %d", bad, got.status)
		}
	}
	if got := b.get("/sales?q=12.34&from=x"); !got.has(`value="12.34"`) {
		t.Error("what was typed has to be typed again")
	}
	if got := b.get("/sales?q=<b>"); got.has("<b>") {
		t.Error("what was typed is in the page as it is")
	}
}

// A wallet's number of a payment is 28 digits, which is how an order's reads too; what
// has spaces in it is found as it is said, whatever is looked for beside it.
func TestSearchAsItIsWritten(t *testing.T) {
	g := startGateway(t)
	const (
		wechat, alipay = "4208183398671269276595795042", "2026112422001434561402748201"
		dollars        = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB2A")
		yuan           = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB2B")
		digits         = payment.SaleID("01234567890123456789012345") // as good an id as any
	)
	j := g.journal("till-01")
	paid := func(id payment.SaleID, amount int64, currency, reference string, wallet payment.Wallet, transaction string) {
		j.receipt++
		j.add(
			payment.Event{Kind: payment.SaleCreated, Sale: id, Amount: amount, Currency: currency, Reference: reference, Cashier: "Mei Lin"},
			payment.Event{Kind: payment.AttemptStarted, Sale: id, Tender: 1, Attempt: 1, Amount: amount, Mode: payment.Scan, Wallet: wallet},
			payment.Event{Kind: payment.AttemptChanged, Sale: id, Attempt: 1, Status: payment.Approved, Wallet: wallet, Transaction: transaction, Receipt: j.receipt},
		)
	}
	paid(digits, 500, "USD", "table 40", payment.UnionPay, "")
	paid(dollars, 200000, "USD", "table  4", payment.WeChat, wechat)
	paid(yuan, 8800, "CNY", "4", payment.Alipay, alipay)
	j.send()
	b := g.signedIn("museum")
	for text, want := range map[string][]payment.SaleID{
		wechat:                         {dollars},
		alipay:                         {yuan},
		wechat + " mei":                {dollars},
		wechat + " cash":               nil,
		wechat[:27] + "3":              nil,
		string(digits):                 {digits},
		string(digits) + "01":          {digits},
		"table 4":                      {dollars},
		"Table 4 WeChat Pay":           {dollars},
		"mei lin table 4 2,000":        {dollars},
		"table 4 alipay":               nil,
		"4 table":                      nil,
		"4":                            {yuan},
		"WeChat Pay":                   {dollars},
		"微信支付":                         {dollars},
		"Pay WeChat":                   nil,
		"Mei Lin":                      {yuan, dollars, digits},
		"$2,000.00":                    {dollars},
		"US$2,000.00":                  {dollars},
		"USD 2,000.00":                 {dollars},
		"usd 2000":                     {dollars},
		"USD2000 WeChat Pay":           {dollars},
		"HK$2,000.00":                  nil,
		"EUR 2,000.00":                 nil,
		"USD":                          nil,
		"CNY 88.00":                    {yuan},
		"¥88":                          {yuan},
		"￥88.00":                       {yuan},
		"$88.00":                       nil,
		"Approved":                     {yuan, dollars, digits},
		"支付成功 CNY 88.00 table":         nil,
		"支付成功 CNY 88.00":               {yuan},
		"USD 5 UnionPay table\u300040": {digits},
	} {
		if got := found(b, url.Values{"q": {text}}.Encode()); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", text, got, want)
		}
		if got := table(t, b.get("/sales.csv?"+url.Values{"q": {text}}.Encode()).body); len(got) != len(want) {
			t.Errorf("%q has %d rows in the file, want %d", text, len(got), len(want))
		}
	}
}

// Money of a sale goes back at another terminal: it counts there, once, and the list
// does not take it for a sale.
func TestRefundElsewhere(t *testing.T) {
	g := startGateway(t)
	day(g)
	const under = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1F")
	j := g.journal("till-02")
	j.epoch = 2
	j.add(
		payment.Event{Kind: payment.SaleFetched, Sale: under, Cashier: "Li", Elsewhere: &payment.Elsewhere{
			Sale: two, Terminal: "till-01", Epoch: 1, Receipt: 2, Total: payment.Money{Amount: 1234, Currency: "USD"},
			Parts: []payment.Part{{Order: payment.NewOrder(two, 1), Wallet: payment.WeChat, Left: 1234}},
		}},
		payment.Event{Kind: payment.RefundAsked, Sale: under, Refund: 1, Tender: 1, Amount: 234},
		payment.Event{Kind: payment.RefundChanged, Sale: under, Refund: 1, RefundStatus: payment.RefundDone},
	)
	j.send()
	b := g.signedIn("museum")
	got := b.get("/?from=2026-11-24&to=2026-11-24")
	if !got.has("$28.63", "$23.29", "2 sales", "$5.34", "2 times") {
		t.Errorf("the day:\n%s", got.body)
	}
	if got := b.get("/sales?terminal=till-02"); !got.has(string(under), "Refund</span>", "of receipt 000002, till-01", "$2.34") || got.has("$12.34") {
		t.Errorf("the list:\n%s", got.body)
	}
	if got := b.get("/sales/" + string(under)); !got.has("Money given back of a sale of terminal till-01, receipt 000002", "/sales/"+string(two), "$2.34") || got.has("What was sold") {
		t.Errorf("the refund's page:\n%s", got.body)
	}
	for query, want := range map[string][]payment.SaleID{"q=2.34": {under}, "q=12.34": {two}, "status=refunded": {under}} {
		if got := found(b, query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	var amount, refunded int64
	for _, row := range table(t, b.get("/sales.csv").body) {
		for name, sum := range map[string]*int64{"amount_minor": &amount, "refunded_minor": &refunded} {
			minor, err := strconv.ParseInt(row[name], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if row["sale"] != string(three) { // which is not paid
				*sum += minor
			}
		}
		if (row["refund_of"] == string(two)) != (row["sale"] == string(under)) {
			t.Errorf("the row is %v", row)
		}
	}
	if amount != 2863 || refunded != 534 {
		t.Errorf("the file adds up to %d, of which %d went back", amount, refunded)
	}
}

// A sale of a boot that never knew the time is found on any day, as the figures count
// it on none; one of another device has its epoch in its number.
func TestUndatedSales(t *testing.T) {
	g := startGateway(t)
	day(g)
	j := g.journal("till-02")
	j.epoch, j.undated = 2, true
	const undated = payment.SaleID("01KAT7X2Q8M5V3N9RD6E4WZB1E")
	j.cash(undated, 4321, nil)
	j.send()
	b := g.signedIn("museum")
	for query, want := range map[string][]payment.SaleID{
		"from=2026-11-30": {undated}, "to=2026-01-01": {undated}, "q=2-000001": {undated}, "q=000001": {undated, one}, "q=1-000001": {one},
	} {
		if got := found(b, query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	if got := b.get("/sales/" + string(undated)); !got.has("2-000001", "time not verified") {
		t.Errorf("its page:\n%s", got.body)
	}
	if got := b.get("/?from=2026-01-01&to=2026-01-02&terminal=till-02"); !got.has("$43.21") {
		t.Errorf("the day:\n%s", got.body)
	}
}

func TestSalePage(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("museum")
	if got := b.get("/sales/" + string(one)); !got.has("Green tea 绿茶", "8.75 %", "$15.00", "−$1.50", "$0.79", "$2.00", "$16.29", "2026-11-24 10:01", "America/Los_Angeles", "Mei 梅", "000001", "Given back") {
		t.Errorf("a sale in cash:\n%s", got.body)
	}
	if got := b.get("/sales/" + string(two)); !got.has("4200001234202611240001", "o***x", string(two)+"01", "WeChat Pay", "No money went back") {
		t.Errorf("a sale by a wallet:\n%s", got.body)
	}
	if got := b.get("/sales/" + string(three)); !got.has("Checking", "the customer did not answer") {
		t.Errorf("a sale that is being checked:\n%s", got.body)
	}
}

// Many sales come in pages, each sale on one of them.
func TestPaging(t *testing.T) {
	g := startGateway(t)
	j := g.journal("till-01")
	var want []payment.SaleID
	for n := range 120 {
		id := payment.SaleID(fmt.Sprintf("01KAT7X2Q8M5V3N9RD6E4W0%03d", n))
		j.cash(id, int64(100+n), nil)
		want = append([]payment.SaleID{id}, want...)
	}
	j.send()
	b := g.signedIn("museum")
	var got []payment.SaleID
	query := ""
	for range 4 {
		page := found(b, query)
		got = append(got, page...)
		if len(page) < 50 {
			break
		}
		query = "before=" + string(page[len(page)-1])
		if body := b.get("/sales?" + strings.TrimPrefix(query, "")).body; len(got) < 100 && !strings.Contains(body, `rel="next"`) {
			t.Error("there is no way on")
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d sales, or in another order", len(got), len(want))
	}
	if got := b.get("/sales.csv"); strings.Count(got.body, "\r\n") != 121 {
		t.Errorf("the file has %d lines", strings.Count(got.body, "\r\n"))
	}
}

func table(t *testing.T, body string) []map[string]string {
	t.Helper()
	body, marked := strings.CutPrefix(body, "\uFEFF")
	if !marked {
		t.Errorf("a spreadsheet does not know this for UTF-8: %.40q", body)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		one := map[string]string{}
		for i, cell := range row {
			one[rows[0][i]] = cell
		}
		all = append(all, one)
	}
	return all
}

// The files add up to the ledger's own figures, to the cent, and hold nothing that a
// spreadsheet would run.
func TestFilesAgainstLedger(t *testing.T) {
	g := startGateway(t)
	day(g)
	b := g.signedIn("museum")
	got := b.get("/sales.csv?from=2026-11-24&to=2026-11-24")
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv; charset=utf-8") || !strings.Contains(got.header.Get("Content-Disposition"), "sales-2026-11-24-2026-11-24.csv") {
		t.Errorf("the file is %v", got.header)
	}
	sum := map[string]int64{}
	for _, row := range table(t, got.body) {
		if row["receipt"] == "" {
			continue // not paid to its end
		}
		for _, name := range []string{"amount", "discount", "tax", "tip", "refunded", "voided"} {
			minor, err := strconv.ParseInt(row[name+"_minor"], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if want := (payment.Money{Amount: minor, Currency: row["currency"]}).Plain(); row[name] != want {
				t.Errorf("%s of %s is %q and %q", name, row["sale"], row[name], row[name+"_minor"])
			}
			sum[name] += minor
		}
		if row["sale"] == string(two) && (row["reference"] != "'=1+1" || row["transactions"] != "4200001234202611240001" || row["paid_by"] != "wechat") {
			t.Errorf("the row is %v", row)
		}
		if row["sale"] == string(one) && (row["time"] != "2026-11-24T10:01:00-08:00" || row["cashier"] != "Mei 梅") {
			t.Errorf("the row is %v", row)
		}
	}
	figuresSum := map[string]int64{}
	var amount, kept int64
	for _, terminal := range []string{"till-01", "till-02"} {
		r, err := g.Report(terminal, "2026-11-24", "2026-11-24", "America/Los_Angeles")
		if err != nil {
			t.Fatal(err)
		}
		amount, kept = amount+r.Total.Amount, kept+r.Total.Kept()
	}
	if sum["amount"] != amount || sum["amount"]-sum["refunded"]-sum["voided"] != kept || amount == 0 {
		t.Errorf("the file adds up to %v, the ledger to %d, of which %d are kept", sum, amount, kept)
	}
	for _, row := range table(t, b.get("/day.csv?from=2026-11-24&to=2026-11-24").body) {
		minor, err := strconv.ParseInt(row["amount_minor"], 10, 64)
		if err != nil || (payment.Money{Amount: minor, Currency: row["currency"]}).Plain() != row["amount"] || row["terminal"] == "desk-01" {
			t.Errorf("figures: %v (%v)", row, err)
		}
		figuresSum[row["what"]] += minor
	}
	if figuresSum["sales"] != amount || figuresSum["kept"] != kept || figuresSum["tips"] != sum["tip"]-37 || figuresSum["refunded"] != -300 {
		t.Errorf("the figures add up to %v", figuresSum)
	}
}

// What cannot be seen in a cell is not in the file, and hides no formula.
func TestFilesHaveNoControlCharacters(t *testing.T) {
	g := startGateway(t)
	j := g.journal("till-01")
	j.add(
		payment.Event{Kind: payment.SaleCreated, Sale: one, Amount: 100, Currency: "USD", Reference: "\x00\x1b[31mtable\t4\u009b\x7f", Cashier: "\x01=Mei"},
		payment.Event{Kind: payment.CashTaken, Sale: one, Tender: 1, Amount: 100, Tendered: 100, Receipt: 1},
	)
	j.send()
	rows := table(t, g.signedIn("museum").get("/sales.csv").body)
	if len(rows) != 1 || rows[0]["reference"] != "[31mtable 4" || rows[0]["cashier"] != "'=Mei" {
		t.Errorf("the file has %q", rows)
	}
}

func FuzzQuery(f *testing.F) {
	for _, q := range []string{"12.34", "#000123", "2-000123", "01KAT7X2Q8M5V3N9RD6E4WZB1A01", "mei 12,000.00 wechat", "table 4 US$20.00", "4208183398671269276595795042", "\xff\x00", "99999999999999999999"} {
		f.Add(q, "approved", "2026-11-24")
	}
	sale := pages.Sale{Status: payment.StatusApproved, SaleEntry: cloud.SaleEntry{Terminal: "till-01", Epoch: 2, Sale: payment.Sale{
		ID: one, Total: payment.Money{Amount: 1234, Currency: "USD"}, Receipt: 123, Cashier: "Mei",
	}}}
	f.Fuzz(func(t *testing.T, q, status, from string) {
		form := url.Values{"q": {q}, "status": {status}, "from": {from}}
		parsed, err := pages.ParseQuery(form)
		if err != nil {
			if !reflect.DeepEqual(parsed, pages.Query{}) {
				t.Errorf("%q is refused, and gives %+v", q, parsed)
			}
			return
		}
		again, err := pages.ParseQuery(parsed.Fields())
		if err != nil || !reflect.DeepEqual(again, parsed) {
			t.Errorf("%q comes back as %+v (%v)", q, again, err)
		}
		if parsed.Matches(sale, time.UTC) != again.Matches(sale, time.UTC) {
			t.Errorf("%q finds two things", q)
		}
	})
}
