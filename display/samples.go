package display

import (
	"slices"
	"strconv"

	"till/payment"
	"till/words"
)

// Sample is a screen as documents show it and tests draw it.
type Sample struct {
	Name string // as a file is called
	View View
}

func dollars(cents int64) payment.Money { return payment.Money{Amount: cents, Currency: "USD"} }

func on(id string, role Role) Button { return Button{ID: id, Role: role, Enabled: true} }

// note is a button for an amount of cash.
func note(id, label string) Button {
	return Button{ID: id, Label: label, Role: RoleTender, Enabled: true}
}

// Samples are views of every screen, first as they are every day, then at
// their limits: long names, large amounts, a cashier who reads Chinese.
func Samples() []Sample {
	bar := Bar{Merchant: "Harbor Museum Shop", Terminal: "till-07", Online: true, Cashier: "Mei", Clock: "14:32"}
	base := func(s Screen) View {
		return View{Screen: s, Lang: words.English, Test: true, Bar: bar}
	}
	with := func(v View, change func(*View)) View {
		change(&v)
		return v
	}
	ready := with(base(ScreenReady), func(v *View) {
		v.Amount = dollars(1234)
		v.Keypad = true
		v.Buttons = []Button{on("qr", RoleMain), on("cash", RoleTender), on("menu", RolePlain)}
	})
	cash := with(base(ScreenCash), func(v *View) {
		v.Amount, v.Entry = dollars(1234), dollars(2000)
		v.Keypad = true
		v.Lines = []Line{{Label: "Change", Amount: dollars(766), Strong: true}}
		v.Buttons = []Button{on("cancel", RoleBack), on("exact", RoleTender), note("note_2000", "$20"), note("note_5000", "$50"), note("note_10000", "$100"), on("enter", RoleMain)}
	})
	trade := with(ready, func(v *View) {
		v.Amount = dollars(2795)
		v.Lines = []Line{{Label: "Keyed", Amount: dollars(500)}, {Label: "Discount", Amount: dollars(-245)}, {Label: "Tax, Tip", Amount: dollars(590)}}
		v.Buttons = nil
		for i, name := range []string{"Books", "Food", "Gifts", "Tickets", "Drinks", "Clothes"} {
			v.Buttons = append(v.Buttons, Button{ID: "dept_" + strconv.Itoa(i+1), Label: name, Role: RoleItem, Enabled: true})
		}
		v.Buttons = append(v.Buttons, on("menu", RolePlain), on("tip", RoleTender), on("cash", RoleTender), on("qr", RoleMain))
	})
	tip := with(base(ScreenCash), func(v *View) {
		v.Title, v.Amount, v.Entry, v.Keypad = "Add a tip?", dollars(2205), dollars(0), true
		v.Buttons = []Button{on("cancel", RoleBack), note("tip_1500", "15% $3.31"), note("tip_1800", "18% $3.97"), note("tip_2000", "20% $4.41"), on("no_tip", RoleMain), {ID: "enter", Role: RoleTender}}
		v.Buttons[0].Label = words.Say(words.English, "button_back")
	})
	discount := with(base(ScreenCash), func(v *View) {
		v.Title, v.Amount, v.Entry, v.Keypad = "How much off?", dollars(2450), dollars(300), true
		v.Buttons = []Button{on("cancel", RoleBack), note("off_500", "5% -$1.23"), note("off_1000", "10% -$2.45"), note("off_2000", "20% -$4.90"), on("percent", RoleTender), on("no_discount", RoleTender), on("enter", RoleMain)}
	})
	split := with(base(ScreenCash), func(v *View) {
		v.Title, v.Amount, v.Entry, v.Keypad = "How much is paid now?", dollars(2500), dollars(1000), true
		v.Buttons = []Button{on("cancel", RoleBack), on("half", RoleTender), on("third", RoleTender), on("whole", RolePlain), on("enter", RoleMain)}
	})
	part := with(base(ScreenConfirm), func(v *View) {
		v.Amount, v.Title, v.Detail = dollars(1500), "Still to pay", "$10.00 of $25.00 is paid."
		v.Buttons = []Button{on("give_back", RoleBack), on("split", RolePlain), on("cash", RoleTender), on("qr", RoleMain)}
	})
	result := func(s Screen) View {
		return with(base(s), func(v *View) {
			v.Amount, v.Wallet = dollars(1234), payment.WeChat
			v.Buttons = []Button{on("done", RoleMain)}
		})
	}
	qr := with(base(ScreenQR), func(v *View) {
		v.Amount = dollars(1234)
		v.QR = "https://pay.till.example/q/01JD9ZK3V8QH5N7M2B4C6D8F0G01"
		v.Seconds = 105
		v.Buttons = []Button{on("cancel", RoleBack)}
	})
	approved := with(result(ScreenApproved), func(v *View) {
		v.Message = "Printing…"
		v.Lines = []Line{{Label: "Receipt", Text: "000123"}}
	})
	declined := with(result(ScreenDeclined), func(v *View) {
		v.Title = "The wallet refused: not enough money."
		v.Detail = "Ask the customer to choose another card in the wallet, refresh the code and scan again."
		v.Buttons = []Button{on("cancel", RoleBack), on("cash", RoleTender), on("retry", RoleMain)}
	})
	checking := with(result(ScreenChecking), func(v *View) {
		v.Seconds, v.Until = 20, 25
		v.Buttons = []Button{on("park", RolePlain)}
	})
	menu := with(base(ScreenMenu), func(v *View) {
		v.Buttons = []Button{
			on("sales", RolePlain), on("reprint", RolePlain), on("refund", RolePlain),
			on("no_sale", RolePlain), on("shift", RolePlain), on("report", RolePlain),
			on("status", RolePlain), {ID: "void", Enabled: false}, on("back", RoleBack),
		}
	})
	list := with(base(ScreenList), func(v *View) {
		v.Rows = []Row{
			{ID: "row_1", Left: "WeChat Pay", Right: "$12.34", Sub: "14:30, receipt 000123", Tone: ToneGood},
			{ID: "row_2", Left: "Alipay", Right: "$1,250.00", Sub: "14:21, checking", Tone: ToneWait},
			{ID: "row_3", Left: "UnionPay", Right: "$8.00", Sub: "14:02, declined", Tone: ToneBad},
			{ID: "row_4", Left: "Cash", Right: "$20.00", Sub: "13:55, receipt 000122", Tone: ToneGood},
			{ID: "row_5", Left: "Alipay", Right: "$3.50", Sub: "13:40, cancelled", Tone: ToneNeutral},
		}
		v.Buttons = []Button{on("back", RoleBack), on("find", RolePlain), {ID: "prev", Enabled: false}, on("next", RolePlain)}
	})
	fault := with(base(ScreenFault), func(v *View) {
		v.Title = "Sales cannot be saved: the memory card is read-only."
		v.Detail = "Nothing can be charged until the card is replaced. Sales made so far are safe."
		v.Lines = []Line{{Label: "Call", Text: "+1 555 0100"}, {Label: "Terminal", Text: "till-07"}, {Label: "For support", Text: "STORE-RO"}}
		v.Buttons = []Button{on("retry", RoleMain)}
	})

	troubles := []words.Key{"bar_no_paper", "bar_no_scanner", "bar_no_touch", "bar_disk", "bar_under_voltage", "bar_hot"}
	condition := with(base(ScreenMenu), func(v *View) {
		v.Title = "Status"
		v.Bar.Troubles = []words.Key{"bar_cover_open", "bar_under_voltage"}
		v.Rows = []Row{
			{Left: "Printer, 2 waiting", Right: "Printer open", Sub: "Close the printer's cover.", Tone: ToneBad},
			{Left: "Power", Right: "Weak power", Sub: "Use a stronger supply or a shorter cable.", Tone: ToneBad},
			{Left: "Records waiting", Right: "3", Tone: ToneWait},
			{Left: "Connection", Right: "Online", Sub: "mqtts://gateway.till.example:8883", Tone: ToneGood},
			{Left: "Scanner", Right: "Ready", Sub: "Honeywell 1900", Tone: ToneGood},
			{Left: "Touch and keys", Right: "Ready", Tone: ToneGood},
			{Left: "Disk", Right: "2.9 GB free", Tone: ToneGood},
			{Left: "Terminal till-07", Right: "52 °C", Sub: "1.4.0", Tone: ToneGood},
		}
		v.Buttons = []Button{on("back", RoleBack)}
	})

	drawer := func(lang words.Lang) []Sample {
		return append(drawerSamples(lang, base, on), holdSamples(lang, base, on)...)
	}

	return slices.Concat([]Sample{
		{"ready", ready},
		{"ready-empty", with(ready, func(v *View) {
			v.Amount.Amount = 0
			v.Lines = []Line{{Label: "Last sale", Amount: dollars(250)}}
			v.Buttons = []Button{{ID: "qr", Role: RoleMain}, {ID: "cash", Role: RoleTender}, on("menu", RolePlain)}
		})},
		{"ready-refused", with(ready, func(v *View) {
			v.Message = "This code is of a Hong Kong wallet. Ask the customer for WeChat Pay, Alipay or UnionPay."
		})},
		{"ready-offline", with(ready, func(v *View) {
			v.Bar.Online, v.Bar.Waiting, v.Bar.Troubles = false, 3, []words.Key{"bar_no_paper"}
		})},
		{"charging", with(base(ScreenCharging), func(v *View) {
			v.Amount, v.Wallet = dollars(1234), payment.WeChat
			v.Seconds = 12
			v.Buttons = []Button{on("cancel", RoleBack)}
		})},
		{"qr", qr},
		{"cash", cash},
		{"approved", approved},
		{"approved-cash", with(result(ScreenApproved), func(v *View) {
			v.Wallet = payment.Cash
			v.Lines = []Line{{Label: "Tendered", Amount: dollars(2000)}, {Label: "Change", Amount: dollars(766), Strong: true}, {Label: "Receipt", Text: "000124"}}
		})},
		{"approved-phone", with(approved, phoneReceipt)},
		{"approved-asked", with(approved, func(v *View) {
			phoneReceipt(v)
			v.Message = ""
			v.Lines = []Line{{Label: "Tip", Amount: dollars(200)}, {Label: "Receipt", Text: "000123"}}
			v.Buttons = []Button{on("print", RolePlain), on("done", RoleMain)}
		})},
		{"chinese-approved-asked", with(approved, func(v *View) {
			v.Lang, v.Message = words.Chinese, ""
			v.Lines = []Line{{Label: "小票号", Text: "000123"}}
			v.Buttons = []Button{on("print", RolePlain), on("done", RoleMain)}
		})},
		{"chinese-approved-phone", with(approved, func(v *View) {
			phoneReceipt(v)
			v.Lang, v.Message = words.Chinese, "正在打印…"
			v.Lines = []Line{{Label: "小票号", Text: "000123"}}
		})},
		{"declined", declined},
		{"checking", checking},
		{"expired", result(ScreenExpired)},
		{"cancelled", result(ScreenCancelled)},
		{"reversed", result(ScreenReversed)},
		{"offline", with(base(ScreenOffline), func(v *View) {
			v.Bar.Online, v.Bar.Waiting = false, 3
			v.Amount = dollars(1234)
			v.Buttons = []Button{on("cancel", RoleBack), on("cash", RoleMain)}
		})},
		{"parked", with(base(ScreenParked), func(v *View) {
			v.Amount, v.Wallet = dollars(1234), payment.Alipay
			v.Title = "Did the customer take the goods?"
			v.Detail = "The sale is not paid yet. It stays on the report until it is settled."
			v.Buttons = []Button{on("back", RoleBack), on("goods", RolePlain), on("other", RolePlain)}
		})},
		{"menu", menu},
		{"status", with(base(ScreenMenu), func(v *View) {
			v.Title = "Status"
			v.Rows = []Row{
				{Left: "Connection", Right: "Online", Sub: "gateway.till.example", Tone: ToneGood},
				{Left: "Scanner", Right: "Ready", Tone: ToneGood},
				{Left: "Printer", Right: "No paper", Sub: "80 mm", Tone: ToneBad},
				{Left: "Records waiting", Right: "3", Tone: ToneWait},
			}
			v.Buttons = []Button{on("back", RoleBack)}
		})},
		{"status-troubles", condition},
		{"doctor", with(base(ScreenList), func(v *View) {
			v.Title = "Doctor"
			v.Rows = []Row{
				{Left: "Printer", Right: "failed", Sub: "The printer is out of paper: put a new roll in.", Tone: ToneBad},
				{Left: "Name lookup", Right: "failed", Sub: "The name gateway.till.example cannot be looked up: the router's name server does not answer.", Tone: ToneBad},
				{Left: "Scanner", Right: "not here", Sub: "No scanner was found: plug it in; if it is, its device can be named in the configuration.", Tone: ToneNeutral},
				{Left: "Board", Right: "loaded", Sub: "pi3b Raspberry Pi 3 Model B Rev 1.2", Tone: ToneGood},
			}
			v.Buttons = []Button{on("back", RoleBack), {ID: "prev", Enabled: false}, on("next", RolePlain), on("code", RoleMain)}
		})},
		{"doctor-check", with(base("doctor_check"), func(v *View) {
			v.Title, v.Detail = "Name lookup: failed", "The name gateway.till.example cannot be looked up: the router's name server does not answer. lookup gateway.till.example: server misbehaving"
			v.Buttons = []Button{on("back", RoleBack)}
		})},
		{"doctor-code", with(base(ScreenCode), func(v *View) {
			v.Title, v.Detail = "Doctor", "19 loaded, 8 not here, 3 failed. The report, for a technician's phone."
			v.QR = "TILL DOCTOR 1 till-07 pi3b v1.4.0 2026-11-24T18:00Z\n! printer.status printer_paper\n! network.dns dns_fails\n! machine.temperature hot\n" +
				"- board.spi\n- board.serial\n- touch.keys\n- scanner.device\n- pins.buzzer\n- clock.battery\n- gateway.certificate\n+2\nOK 19/29"
			v.Buttons = []Button{on("back", RoleBack)}
		})},
		{"list", list},
		{"list-empty", with(list, func(v *View) { v.Rows = nil })},
		{"pin", with(base(ScreenPIN), func(v *View) {
			v.Masked, v.Keypad = "•••", true
			v.Detail = "To park this sale."
			v.Buttons = []Button{on("back", RoleBack), on("forgot", RolePlain), on("enter", RoleMain)}
		})},
		{"confirm", with(base(ScreenConfirm), func(v *View) {
			v.Title, v.Amount = "Refund this sale?", dollars(1234)
			v.Detail = "The customer gets the money back in WeChat Pay."
			v.Buttons = []Button{on("back", RoleBack), {ID: "enter", Label: "Refund", Role: RoleMain, Enabled: true}}
		})},
		{"receipt-doubt", with(base(ScreenConfirm), func(v *View) {
			v.Title, v.Amount = words.Say(words.English, "receipt_doubt"), dollars(1234)
			v.Detail = words.Say(words.English, "receipt_doubt_detail", "number", "000123")
			v.Bar.Troubles = []words.Key{"bar_no_printer"}
			v.Buttons = []Button{on("again", RolePlain), on("yes", RoleMain)}
		})},
		{"fault", fault},
		{"starting", with(base(ScreenStarting), func(v *View) { v.Bar = Bar{Merchant: "Harbor Museum Shop", Terminal: "till-07"} })},
		{"enrol", with(base(ScreenEnrol), func(v *View) {
			v.Test, v.Bar = false, Bar{Online: true}
			v.Title, v.QR = "4821 0937 5526 4415", "till-device:4821093755264415"
			v.Detail = "Tell the operator this code, or scan the operator's claim. It goes on by itself."
			v.Lines = []Line{{Label: "Gateway", Text: "gateway.till.example"}}
			v.Buttons = []Button{on("key_claim", RolePlain)}
		})},
		{"enrol-refused", with(base(ScreenEnrol), func(v *View) {
			v.Test, v.Bar = false, Bar{Online: true}
			v.Title, v.QR = "4821 0937 5526 4415", "till-device:4821093755264415"
			v.Detail = "Tell the operator this code, or scan the operator's claim. It goes on by itself."
			v.Message = "Another device has used this claim. Ask the operator for one of this device's own."
			v.Lines = []Line{{Label: "Was terminal", Text: "till-07"}, {Label: "Gateway", Text: "gateway.till.example"}}
			v.Buttons = []Button{on("key_claim", RolePlain)}
		})},
		{"claim", with(base(ScreenClaim), func(v *View) {
			v.Test, v.Bar = false, Bar{Online: true}
			v.Title, v.Keyed, v.Keypad = "Key the claim code", "0679 6903 24", true
			v.Detail = "12 digits, from the operator. Then Enter."
			v.Buttons = []Button{on("back", RoleBack), {ID: "enter", Role: RoleMain}}
		})},
		{"generic", with(base("training"), func(v *View) {
			v.Title, v.Detail = "Training", "Nothing here is charged."
			v.Buttons = []Button{on("back", RoleBack), on("done", RoleMain)}
		})},

		{"cart", with(trade, func(*View) {})},
		{"chinese-cart", with(trade, func(v *View) {
			v.Lang = words.Chinese
			v.Lines = []Line{{Label: "输入", Amount: dollars(500)}, {Label: "优惠", Amount: dollars(-245)}, {Label: "税、小费", Amount: dollars(590)}}
			v.Buttons = slices.Clone(v.Buttons)
			for i, name := range []string{"书籍", "食品", "礼品", "门票", "饮料", "衣物"} {
				v.Buttons[i].Label = name
			}
		})},
		{"tip", with(tip, func(*View) {})},
		{"chinese-tip", with(tip, func(v *View) { v.Lang, v.Title = words.Chinese, "是否付小费？" })},
		{"split", with(split, func(*View) {})},
		{"part", with(part, func(*View) {})},
		{"chinese-part", with(part, func(v *View) {
			v.Lang, v.Title, v.Detail = words.Chinese, "尚需支付", "已付 $10.00，共 $25.00。"
			v.Buttons = slices.Clone(v.Buttons)
			v.Buttons[0].Label = ""
		})},
		{"limits-part", with(part, func(v *View) {
			v.Amount, v.Detail = dollars(99_999_999), "$999,999.98 of $999,999.99 is paid."
			v.Message = words.Say(words.English, "part_cash_only")
		})},
		{"discount", with(discount, func(*View) {})},
		{"chinese-discount", with(discount, func(v *View) { v.Lang, v.Title = words.Chinese, "优惠多少？" })},
		{"limits-cart", with(trade, func(v *View) {
			v.Amount = dollars(99_999_999)
			v.Message = words.Say(words.English, "code_unionpay_mainland")
			v.Lines, v.Buttons = slices.Clone(v.Lines), slices.Clone(v.Buttons)
			for i := range v.Lines {
				v.Lines[i].Amount = dollars(88_888_888)
			}
			for i, name := range []string{"Refreshment", "Food, drinks", "Post cards", "Tickets, full", "Tickets, half", "Cloakroom"} {
				v.Buttons[i].Label = name
			}
		})},
		{"limits-tip", with(tip, func(v *View) {
			v.Amount, v.Entry = dollars(99_999_999), dollars(99_999_999)
			v.Buttons = []Button{on("cancel", RoleBack), note("tip_1500", "15% $150,000.00"), note("tip_1800", "18% $180,000.00"), note("tip_2000", "20% $200,000.00"), {ID: "no_tip", Enabled: true, Role: RoleTender}, on("enter", RoleMain)}
		})},

		{"live-ready", with(ready, func(v *View) { v.Test = false })},
		{"chinese-ready", with(ready, func(v *View) { v.Lang = words.Chinese })},
		{"troubles", with(ready, func(v *View) { v.Bar.Troubles = troubles[1:3] })},
		{"chinese-troubles", with(ready, func(v *View) {
			v.Lang, v.Bar.Troubles = words.Chinese, troubles
		})},
		{"chinese-status-troubles", with(condition, func(v *View) {
			v.Lang, v.Title = words.Chinese, "状态"
			v.Rows = []Row{
				{Left: "打印机，2 张待打印", Right: "打印机盖未关", Sub: "请合上打印机盖。", Tone: ToneBad},
				{Left: "供电", Right: "供电不足", Sub: "请换更强的电源或更短的线缆。", Tone: ToneBad},
				{Left: "待传记录", Right: "3", Tone: ToneWait},
				{Left: "网络连接", Right: "在线", Sub: "mqtts://gateway.till.example:8883", Tone: ToneGood},
				{Left: "扫码器", Right: "就绪", Sub: "Honeywell 1900", Tone: ToneGood},
				{Left: "触摸屏和按键", Right: "就绪", Tone: ToneGood},
				{Left: "存储", Right: "剩余 2.9 GB", Tone: ToneGood},
				{Left: "终端 till-07", Right: "52 °C", Sub: "1.4.0", Tone: ToneGood},
			}
		})},
		{"chinese-checking", with(checking, func(v *View) { v.Lang = words.Chinese })},
		{"limits-ready", with(ready, func(v *View) {
			v.Amount = payment.Money{Amount: 999_999_999, Currency: "KWD"}
			v.Bar = Bar{
				Merchant: "The Grand Metropolitan Hotel and Conference Center of Greater San Francisco", Terminal: "till-lobby-front-desk-0123456789",
				Waiting: 12345, Troubles: troubles, Cashier: "Maximiliana-Alexandra", Clock: "14:32",
			}
			v.Message = "This is a UnionPay code for mainland China, which cannot be charged here. Ask the customer to open the overseas payment code in the UnionPay app, then scan again."
		})},
		{"limits-cash", with(cash, func(v *View) {
			v.Amount, v.Entry = dollars(99_999_999), dollars(100_000_000)
			v.Lines = []Line{{Label: "Change", Amount: dollars(1), Strong: true}}
			v.Message = "That is less than is due. Key what the customer gives, or take the exact amount."
		})},
		{"limits-approved", with(approved, func(v *View) {
			v.Amount = dollars(99_999_999)
			v.Message = "The receipt is not printed: the printer is out of paper. Put in a new roll."
			v.Lines = []Line{
				{Label: "Tip", Amount: dollars(9_999_999)}, {Label: "Tax", Amount: dollars(9_999_999)},
				{Label: "Transaction", Text: "4200002123202611240123456789"}, {Label: "Receipt", Text: "2-000123"},
			}
		})},
		{"limits-declined", with(declined, func(v *View) {
			v.Amount = payment.Money{Amount: 88_888_888, Currency: "JPY"}
			v.Title = "The wallet's company wants the customer to confirm who they are before it pays any more today."
			v.Detail = "Ask the customer to open the app, finish what it asks for, refresh the code and scan again, or take cash."
			v.Message = "The scanned code was ignored: this sale is over. Press Try again first."
		})},
	}, drawer(words.English), drawer(words.Chinese), trainingSamples(words.English, bar), trainingSamples(words.Chinese, bar))
}

// phoneReceipt shows the longest code of a receipt that there is.
func phoneReceipt(v *View) {
	v.QR = "https://receipts.the-grand-metropolitan-hotel.payments-company.example:8446/our-country/some-shop/r/01JD9ZK3V8QH5N7M2B4C6D8F0G"
}

// CustomerSample is a customer's screen as documents show it and tests draw it.
type CustomerSample struct {
	Name string // as a file is called
	View CustomerView
}

// CustomerSamples are views of every screen of a customer's display, then at
// their limits.
func CustomerSamples() []CustomerSample {
	base := func(s CustomerScreen) CustomerView {
		return CustomerView{Screen: s, Test: true, Merchant: "Harbor Museum Shop", Amount: dollars(1234)}
	}
	with := func(v CustomerView, change func(*CustomerView)) CustomerView {
		change(&v)
		return v
	}
	qr := with(base(CustomerQR), func(v *CustomerView) {
		v.QR, v.Seconds = "https://pay.till.example/q/01JD9ZK3V8QH5N7M2B4C6D8F0G01", 105
	})
	cash := with(base(CustomerCash), func(v *CustomerView) { v.Tendered, v.Change = dollars(2000), dollars(766) })
	wechat := func(v *CustomerView) { v.Wallet = payment.WeChat }
	return []CustomerSample{
		{"idle", base(CustomerIdle)},
		{"amount", base(CustomerAmount)},
		{"qr", qr},
		{"charging", with(base(CustomerCharging), wechat)},
		{"cash", cash},
		{"approved", with(base(CustomerApproved), wechat)},
		{"approved-cash", with(cash, func(v *CustomerView) { v.Screen, v.Wallet = CustomerApproved, payment.Cash })},
		{"approved-phone", with(base(CustomerApproved), func(v *CustomerView) {
			v.Wallet, v.QR = payment.WeChat, "https://gateway.till.example:8446/r/01JD9ZK3V8QH5N7M2B4C6D8F0G"
		})},
		{"approved-cash-phone", with(cash, func(v *CustomerView) {
			v.Screen, v.Wallet, v.QR = CustomerApproved, payment.Cash, "https://gateway.till.example:8446/r/01JD9ZK3V8QH5N7M2B4C6D8F0G"
		})},
		{"declined", with(base(CustomerDeclined), wechat)},
		{"checking", with(base(CustomerChecking), wechat)},
		{"expired", base(CustomerExpired)},
		{"cancelled", base(CustomerCancelled)},
		{"reversed", base(CustomerReversed)},
		{"offline", base(CustomerOffline)},
		{"closed", base(CustomerClosed)},
		{"live-idle", with(base(CustomerIdle), func(v *CustomerView) { v.Test = false })},
		{"training-idle", with(base(CustomerIdle), func(v *CustomerView) { v.Test, v.Training = false, true })},
		{"training-qr", with(qr, func(v *CustomerView) { v.Training = true })},
		{"limits-idle", with(base(CustomerIdle), func(v *CustomerView) {
			v.Merchant = "The Grand Metropolitan Hotel and Conference Center of Greater San Francisco"
		})},
		{"limits-amount", with(base(CustomerAmount), func(v *CustomerView) {
			v.Merchant = "The Grand Metropolitan Hotel and Conference Center of Greater San Francisco"
			v.Amount = payment.Money{Amount: 999_999_999, Currency: "KWD"}
		})},
		{"limits-approved", with(cash, func(v *CustomerView) {
			v.Screen, v.Wallet = CustomerApproved, payment.Cash
			v.Amount, v.Tendered, v.Change = dollars(99_999_999), dollars(100_000_000), dollars(1)
		})},
	}
}

// drawerSamples are the screens of money that goes back, and of the shift.
func drawerSamples(lang words.Lang, base func(Screen) View, on func(string, Role) Button) []Sample {
	name := func(s string) string {
		if lang == words.Chinese {
			return "chinese-" + s
		}
		return s
	}
	say := func(k words.Key, args ...string) string { return words.Say(lang, k, args...) }
	screen := func(s Screen, f func(*View)) View {
		v := base(s)
		v.Lang = lang
		f(&v)
		return v
	}
	return []Sample{
		{name("sign-on"), screen(ScreenPIN, func(v *View) {
			v.Title, v.Detail, v.Keypad, v.Bar.Cashier = say("sign_on_title"), say("sign_on_detail"), true, ""
			v.Buttons = []Button{on("status", RolePlain), on("doctor", RolePlain), on("forgot", RolePlain), {ID: "enter", Role: RoleMain}}
		})},
		{name("sign-on-wait"), screen(ScreenPIN, func(v *View) {
			v.Title, v.Keypad, v.Masked, v.Bar.Cashier = say("sign_on_title"), true, "••••••••", ""
			v.Message = say("pin_wait", "seconds", "900")
			v.Buttons = []Button{on("status", RolePlain), on("doctor", RolePlain), on("forgot", RolePlain), {ID: "enter", Role: RoleMain}}
		})},
		{name("reset-code"), screen(ScreenClaim, func(v *View) {
			v.Title, v.Detail, v.Keypad, v.Keyed, v.Bar.Cashier = say("reset_code"), say("reset_code_what"), true, "0679 6903 24", ""
			v.Buttons = []Button{on("back", RoleBack), {ID: "enter", Role: RoleMain}}
		})},
		{name("reset-pin"), screen(ScreenPIN, func(v *View) {
			v.Title, v.Message, v.Keypad, v.Masked, v.Bar.Cashier = say("reset_pin"), say("reset_differs"), true, "••••••", ""
			v.Buttons = []Button{on("back", RoleBack), on("enter", RoleMain)}
		})},
		{name("reset-done"), screen("reset", func(v *View) {
			v.Title, v.Detail, v.Bar.Cashier = say("reset_done"), say("reset_done_what"), ""
			v.Buttons = []Button{on("done", RoleMain)}
		})},
		{name("menu-operator"), screen(ScreenMenu, func(v *View) {
			v.Bar.Cashier = "Wilhelmina Featherstone"
			v.Buttons = []Button{
				on("back", RoleBack), on("split", RolePlain), on("discount", RolePlain), on("exempt", RolePlain), on("reprint", RolePlain),
				on("sales", RolePlain), on("shift", RolePlain), on("status", RolePlain), on("doctor", RolePlain), {ID: "sign_off"},
			}
		})},
		{name("items"), screen(ScreenList, func(v *View) {
			v.Title = say("items_title")
			v.Rows = []Row{
				{ID: "item_0", Left: "Green tea 绿茶", Right: "$3.50", Sub: "6901234567892"},
				{ID: "item_1", Left: "Catalogue of the exhibition, hardcover", Right: "$999,999.99", Sub: "9780306406157"},
				{ID: "item_2", Left: "Postcard 明信片", Right: "$1.00"},
			}
			v.Buttons = []Button{on("back", RoleBack), {ID: "prev"}, on("next", RolePlain)}
		})},
		{name("sale"), screen(ScreenList, func(v *View) {
			v.Title = "$12.34"
			v.Rows = []Row{
				{Left: say("status_approved"), Right: "WeChat Pay", Sub: "2026-11-24 14:30:07", Tone: ToneGood},
				{Left: say("line_refund") + ", " + say("refund_status_pending"), Right: "$2.00", Sub: "2026-11-24 14:31:10", Tone: ToneWait},
				{Left: say("line_receipt"), Right: "000123"},
				{Left: say("line_transaction"), Sub: "4200002301202611241234567890"},
			}
			v.Buttons = []Button{on("back", RoleBack), {ID: "void", Enabled: false}, on("refund", RolePlain), on("reprint", RoleMain)}
		})},
		{name("sale-elsewhere"), screen(ScreenList, func(v *View) {
			v.Title = "$999,999.99"
			v.Rows = []Row{
				{Left: say("status_approved"), Right: "WeChat Pay", Sub: "2026-11-24 14:30:07", Tone: ToneGood},
				{Left: say("sold_at", "terminal", "harbor-museum-shop-second-floor2"), Right: "$999,999.99", Sub: "2026-11-23 09:12:44"},
				{Left: say("line_receipt"), Right: "2-000123"},
				{Left: say("line_sale"), Sub: "01JDEERS3W8H5T2V9K4M6N7P8R"},
			}
			v.Buttons = []Button{on("back", RoleBack), {ID: "void", Enabled: false}, on("refund", RolePlain), {ID: "reprint", Role: RoleMain}}
		})},
		{name("find"), screen(ScreenClaim, func(v *View) {
			v.Title, v.Detail, v.Keyed, v.Keypad = say("find_title"), say("find_detail"), "2-000123", true
			v.Buttons = []Button{on("back", RoleBack), on("enter", RoleMain)}
		})},
		{name("refund"), screen("refund", func(v *View) {
			v.Title, v.Detail = say("refund_title", "amount", "$999,999.99"), say("refund_wallet", "wallet", "WeChat Pay")
			v.Amount, v.Keypad = payment.Money{Amount: 99_999_999, Currency: "USD"}, true
			v.Buttons = []Button{on("back", RoleBack), on("all", RolePlain), on("refund", RoleMain)}
		})},
		{name("void"), screen(ScreenConfirm, func(v *View) {
			v.Title, v.Detail = say("void_title", "amount", "$999,999.99"), say("void_detail")
			v.Buttons = []Button{on("back", RoleBack), on("void", RoleMain)}
		})},
		{name("shift"), screen(ScreenMenu, func(v *View) {
			v.Title = say("button_shift")
			v.Rows = []Row{
				{Left: say("shift_since", "number", "18"), Right: "Mei", Sub: "2026-11-24 09:00:12", Tone: ToneGood},
				{Left: say("shift_sales"), Right: "214"},
			}
			v.Buttons = []Button{
				on("back", RoleBack), on("x_report", RolePlain), on("z_report", RolePlain), on("pay_in", RolePlain),
				on("pay_out", RolePlain), on("no_sale", RolePlain), on("close_shift", RoleMain),
			}
		})},
		{name("count"), screen("sum", func(v *View) {
			v.Title, v.Detail = say("sum_count"), say("sum_count_what")
			v.Amount, v.Keypad = payment.Money{Amount: 99_999_999, Currency: "USD"}, true
			v.Buttons = []Button{on("back", RoleBack), on("enter", RoleMain)}
		})},
	}
}
