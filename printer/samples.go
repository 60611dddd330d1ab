package printer

import (
	"image"

	"till/payment"
	"till/printer/dots"
)

// Sample is a document with a name, for pictures in the guides and for tests.
type Sample struct {
	Name     string
	Document Document
}

// Samples are slips of each shape that a printer has to cope with.
func Samples() []Sample {
	shop := Merchant{
		Name:    "Harbor Museum Shop",
		Address: []string{"12 Pier Street", "San Francisco, CA 94105"},
		Phone:   "+1 415 555 0134",
		Foot:    []string{"Returns within 30 days with this receipt.", "Thank you 谢谢惠顾"},
	}
	wallet := func(w payment.Wallet, amount int64, transaction, payer string) payment.Sale {
		return payment.Sale{
			ID:      "01KAT2V8QH5N7M2B4C6D8F0G1J",
			Total:   payment.Money{Amount: amount, Currency: "USD"},
			Cashier: "Ana", Receipt: 123,
			Tenders: []payment.Tender{{Wallet: w, Amount: amount, Paid: true}},
			Attempts: []payment.Attempt{{
				Number: 1, Tender: 1, Mode: payment.Scan, Wallet: w, Status: payment.Approved,
				Transaction: transaction, Payer: payer,
			}},
		}
	}
	unpaid := func(s payment.AttemptStatus) payment.Sale {
		sale := wallet(payment.WeChat, 1234, "", "")
		sale.Receipt, sale.Tenders[0].Paid, sale.Attempts[0].Status = 0, false, s
		return sale
	}
	base := ReceiptData{
		Merchant: shop, Terminal: "till-07", Number: "000123", Cashier: "Ana",
		Time: "2026-11-24 14:05", Zone: "PST", Test: true,
		Sale: wallet(payment.WeChat, 1234, "4200002187202611245678901234", ""),
	}
	with := func(change func(*ReceiptData)) ReceiptData {
		r := base
		change(&r)
		return r
	}
	return []Sample{
		{"sale", Receipt(base)},
		{"bill", Receipt(with(func(r *ReceiptData) {
			r.Sale = wallet(payment.Alipay, 123456, "2026112422001400011234567890", "zha***@example.com")
			r.Items = []payment.Item{{Name: "Books 书籍", Amount: 64050}, {Name: "Food 食品", Amount: 23450}, {Amount: 12500}}
			r.Subtotal, r.Discount, r.Tax, r.Tip = 100000, 5000, 8456, 20000
			r.Test = false
		}))},
		{"sale-logo", Receipt(with(func(r *ReceiptData) { r.Merchant.Logo = boat() }))},
		{"cash", Receipt(with(func(r *ReceiptData) {
			r.Sale = payment.Sale{
				ID: "01KAT2V8QH5N7M2B4C6D8F0G1K", Total: payment.Money{Amount: 1750, Currency: "USD"}, Receipt: 124,
				Tenders: []payment.Tender{{Wallet: payment.Cash, Amount: 1750, Paid: true, Tendered: 2000, Change: 250}},
			}
			r.Number, r.Time, r.Zone = "000124", "", ""
		}))},
		{"not-paid", Receipt(with(func(r *ReceiptData) { r.Sale, r.Number = unpaid(payment.Declined), "" }))},
		{"pending", PendingSlip(with(func(r *ReceiptData) {
			r.Sale, r.Number = unpaid(payment.Checking), ""
			r.Sale.Parked = payment.GoodsGiven
		}))},
		{"limits", Receipt(with(func(r *ReceiptData) {
			r.Training, r.Copy = true, true
			r.Merchant.Name = "The Grand Peninsula Hotel and Conference Center 半岛国际大酒店及会议中心"
			r.Merchant.Address = []string{"Suite 1200, 4500 Northwest Embarcadero Boulevard at Fisherman's Wharf", "旧金山渔人码头西北内河码头大道四千五百号十二层一二〇〇室"}
			r.Cashier = "Maximiliana Featherstonehaugh-Cholmondeley"
			r.Sale = wallet(payment.WeChat, 99999999, "4200002187202611245678901234567890123456789012345678", "")
			r.Items = []payment.Item{
				{Name: "Resort fee: pool, gymnasium, towels 泳池健身房及毛巾使用费（含服务）", Amount: 90000000}, {Name: "Suite 套房", Amount: 9999999},
			}
			r.Subtotal = 99999999
		}))},
		{"report", Report(ReportData{Title: "REPORT\n报表", Merchant: shop.Name, Test: true, Rows: []Row{
			{Label: "Terminal 终端号", Value: "till-07"},
			{},
			{Label: "WeChat Pay 微信支付", Value: "x 12", LabelStyle: bold, ValueStyle: bold},
			{Label: "  Taken 收款", Value: "$1,204.50"},
			{Label: "  Given back since the opening 开班以来退回", Value: "-$310.00"},
			{Label: "  Kept 净收", Value: "$894.50", LabelStyle: bold, ValueStyle: bold},
		}})},
		{"interrupted", interrupted()},
		{"codes", codes()},
	}
}

// boat is a logo of 800 x 240 dots: a hull and two sails on a sea, one of them grey.
func boat() *Logo {
	m := image.NewGray(image.Rect(0, 0, 800, 240))
	for i := range m.Pix {
		m.Pix[i] = 0xFF
	}
	for y := range 240 {
		for x := range 800 {
			across := x - 400
			switch hull, sail := 190-y, y-20; {
			case y >= 205 && (y+(x%80-40)*(x%80-40)/100)%16 < 7, // waves
				y >= 150 && y < 190 && -140-hull < across && across < 140+hull,
				y >= 20 && y < 140 && across > 8 && across < sail:
				m.Pix[y*m.Stride+x] = 0
			case y >= 20 && y < 140 && across < -8 && across > -sail*3/4:
				m.Pix[y*m.Stride+x] = 0x90
			}
		}
	}
	return &Logo{grey: m, shaded: true}
}

// codes shows what documents can hold beside a receipt's text.
func codes() Document {
	mark := dots.NewBitmap(100, 60)
	mark.Fill(image.Rect(0, 0, 100, 60))
	for y := range 60 {
		for x := range 100 {
			if (x-50)*(x-50)+(y-30)*(y-30) < 24*24 {
				mark.Flip(x, y)
			}
		}
	}
	return Document{Blocks: []Block{
		Kick{},
		Image{Bitmap: mark, Align: Center},
		Text{Text: "left"}, Text{Text: "center", Align: Center}, Text{Text: "right", Align: Right, Style: bold},
		Text{Text: "wide", Style: Style{Wide: true}}, Text{Text: "tall 高", Style: Style{Tall: true}},
		Rule{Heavy: true},
		Barcode{Text: "till-0007"},
		QR{Text: "https://example.com/~shop?r=000123", Caption: "example.com"},
		Cut{},
	}}
}
