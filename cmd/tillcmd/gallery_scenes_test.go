package tillcmd

import (
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/checkout"
	"till/cmd/tillcmd/doctor"
	"till/device"
	"till/device/identity"
	"till/payment"
	"till/printer"
	"till/words"
)

// opensShop sets a stage of a configuration.
type opensShop func(more ...string) *stage

// Settings of a shop that uses all there is.
var (
	goods = []string{
		`sale.tax = 875`,
		`sale.departments = ["Books / 书籍", "Food / 食品 @ 0", "Gifts / 礼品", "Tickets / 门票", "Drinks / 饮料", "Clothes / 衣物"]`,
		`sale.items = ["6901234567892 / Green tea / 绿茶 / 350", "9780306406157 / Catalogue, hardcover / 展览图录精装 / 4500", "- / Postcard / 明信片 / 100 @ 0", "- / Umbrella / 雨伞 / 1800", "- / Tote bag / 帆布袋 / 1250", "- / Poster / 海报 / 2200"]`,
		`sale.discounts = [5, 10, 20]`, `sale.discount_limit = 10`, `sale.tips = [15, 18, 20]`,
	}
	manager = `manager_pin = "2580"`
	staffed = `operators = ["mei / Mei 梅 / cashier / $argon2id$v=19$m=12288,t=3,p=1$7eIUS0jJKuVomNI6gSap+Q$jltbkjM4PUY97fGYd5wgBms2EDjkQ3w2BdaAW52gyWI"]`
	shifted = `shift.auto = true`
	paged   = `receipt.url = "https://gateway.till.example:8446/r/"`
	asks    = `receipt.paper = "asked"`
	sandbox = `test = true`
)

func configured(lists ...any) []string {
	var all []string
	for _, l := range lists {
		switch l := l.(type) {
		case string:
			all = append(all, l)
		case []string:
			all = append(all, l...)
		}
	}
	return all
}

var scenes = map[string]func(*testing.T, opensShop){
	"sale": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.shot("ready-first")
		s.key("1234")
		s.shot("ready")
		s.scan("this is no code")
		s.shot("ready-refused")
		s.scan(wechatCode)
		s.shot("charging")
		s.told(payment.Password)
		s.shot("charging-password")
		s.told(payment.Approved)
		s.shot("approved-printing")
		s.printed()
		s.shot("approved")
		s.press("done")
		s.shot("ready-after")
		s.key("1234")
		s.press("qr")
		s.shot("qr-asked")
		s.told(payment.Waiting)
		s.shot("qr")
		s.told(payment.Waiting, func(a *payment.Answer) { a.QR = strings.Repeat("x", 5000) })
		s.shot("qr-too-long")
		s.press("cancel")
		s.shot("cancelling")
		s.told(payment.Cancelled, because(payment.MerchantCancelled))
		s.shot("cancelled")
		s.press("done")
		s.key("1234")
		s.press("cash")
		s.shot("cash")
		s.key("1000")
		s.key("enter")
		s.shot("cash-too-little")
		s.key("esc")
		s.key("2000")
		s.shot("cash-keyed")
		s.press("enter")
		s.printed()
		s.shot("approved-cash")
	},
	"live": func(_ *testing.T, open opensShop) {
		s := open(manager, shifted)
		s.key("1234")
		s.shot("ready-live")
		s.do(checkout.LinkChanged{Online: false})
		s.shot("ready-live-offline")
	},
	"refused": func(_ *testing.T, open opensShop) {
		for _, why := range []payment.Reason{payment.FundsMissing, payment.CodeExpired, payment.CodeInvalid, payment.CustomerDeclined, payment.NotConfigured} {
			s := open(sandbox, manager, shifted)
			s.key("1234")
			s.scan(wechatCode)
			s.told(payment.Declined, because(why))
			s.shot("declined-" + string(why))
		}
		for _, why := range []payment.Reason{payment.CustomerSilent, payment.NotReached, payment.TooLate} {
			s := open(sandbox, manager, shifted)
			s.key("1234")
			s.scan(alipayCode)
			s.told(payment.Expired, because(why))
			s.shot("expired-" + string(why))
		}
		s := open(sandbox, manager, shifted)
		s.key("1234")
		s.scan(alipayCode)
		s.told(payment.Reversed)
		s.shot("reversed")
	},
	"unresolved": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.key("1234")
		s.scan(alipayCode)
		s.told(payment.Authorizing)
		s.pass(4 * time.Second)
		s.told(payment.Checking, func(a *payment.Answer) { a.ReverseAt = s.terminal.steady().Add(s.offset + 25*time.Second) })
		s.pass(5 * time.Second)
		s.shot("checking")
		s.pass(10 * time.Second)
		s.shot("checking-long")
		s.press("park")
		s.key("25")
		s.shot("pin-park")
		s.key("esc", "9999", "enter")
		s.shot("pin-wrong")
		s.key("2580", "enter")
		s.shot("park")
		s.press("goods")
		s.shot("parked")
		s.press("done")
		s.pass(2 * time.Second)
		s.shot("ready-parked")
		id := s.terminal.register.State.Last
		a, err := s.fake.Answer(payment.NewOrder(id, 1), payment.Approved)
		if err != nil {
			s.t.Fatal(err)
		}
		s.do(checkout.Told{Answer: a})
		s.shot("ready-parked-paid")

		s = open(sandbox, manager, shifted)
		s.key("1234")
		s.scan(alipayCode)
		s.press("cancel")
		s.pass(4 * time.Second)
		s.told(payment.Reversing)
		s.shot("reversing")
	},
	"offline": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.do(checkout.LinkChanged{Online: false})
		s.shot("ready-offline-empty")
		s.key("1234")
		s.shot("ready-offline")
		s.press("qr")
		s.shot("offline")
	},
	"menu": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.press("menu", "sales")
		s.shot("list-empty")
		s.press("cancel", "cancel")
		s.sellsCash("2000")
		s.sells("1234", wechatCode)
		s.sells("125000", alipayCode)
		s.key("800")
		s.scan(wechatCode[:17] + "8")
		s.told(payment.Declined, because(payment.FundsMissing))
		s.press("done")
		s.sellsCash("350")
		s.pass(time.Minute)
		s.press("menu")
		s.shot("menu")
		s.press("sales")
		s.shot("list")
		s.press("next")
		s.shot("list-last")
		s.press("prev", "find")
		s.shot("find")
		s.key("123")
		s.shot("find-keyed")
		s.key("enter")
		s.shot("find-nothing")
		s.key("2", "enter")
		s.shot("sale-found")
		s.press("refund")
		s.shot("pin-refund")
		s.key("2580", "enter")
		s.shot("refund")
		s.key("2000", "enter")
		s.shot("refund-too-much")
		s.key("esc", "200")
		s.shot("refund-keyed")
		s.press("refund")
		s.shot("sale-refund-asked")
		s.refunded(1, payment.RefundPending)
		s.shot("sale-refund-pending")
		s.refunded(1, payment.RefundDone)
		s.manager("refund")
		s.key("100")
		s.press("refund")
		s.refunded(2, payment.RefundRefused)
		s.manager("refund")
		s.key("150")
		s.press("refund")
		s.refunded(3, payment.RefundDone)
		s.shot("sale-refunds")
		s.press("cancel", "find")
		s.key("1", "enter")
		s.manager("void")
		s.shot("void")
		s.press("cancel")
		s.manager("refund")
		s.shot("refund-cash")
		s.press("all")
		s.shot("sale-refunded-cash")
		s.press("cancel")
		s.press("cancel")
		order := string(elsewhere().Parts[0].Order)
		s.scan(order)
		s.shot("sought")
		s.do(checkout.Sought{Text: order, Sale: elsewhere()})
		s.shot("sale-elsewhere")
		s.manager("refund")
		s.shot("refund-elsewhere")
	},
	"shift": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager)
		s.press("menu", "shift")
		s.shot("shift-first")
		s.press("open_shift")
		s.shot("sum-float")
		s.key("20000", "enter")
		s.press("pay_in")
		s.key("5000")
		s.shot("sum-pay-in")
		s.key("enter")
		s.manager("pay_out")
		s.key("99900", "enter")
		s.shot("sum-pay-out")
		s.key("esc", "esc")
		s.press("no_sale")
		s.shot("pin-no-sale")
		s.key("2580", "enter")
		s.shot("drawer-why")
		s.press("reason_change")
		s.shot("shift-no-sale")
		s.pass(7 * time.Second)
		s.shot("shift")
		s.press("close_shift")
		s.shot("sum-count")
		s.key("25000", "enter")
		s.pass(7 * time.Second)
		s.shot("shift-closed")
	},
	"operators": func(_ *testing.T, open opensShop) {
		s := open(configured(sandbox, manager, shifted, staffed)...)
		s.terminal.register.State.Settings.Resets = true
		s.fake.Operators["1111"] = payment.Operator{ID: "mei", Name: "Mei 梅", Role: payment.Cashier}
		s.shot("sign-on")
		s.key("99")
		s.shot("sign-on-keyed")
		s.key("99", "enter")
		s.shot("sign-on-wrong")
		for range 8 {
			s.key("9999", "enter")
			s.pass(16 * time.Minute)
		}
		s.key("9999", "enter")
		s.shot("sign-on-wait")
		s.pass(16 * time.Minute)
		s.press("forgot")
		s.shot("reset-code")
		s.key("0679690324")
		s.shot("reset-code-keyed")
		s.key("80", "enter")
		s.shot("reset-pin")
		s.key("864213", "enter")
		s.shot("reset-again")
		s.key("864214", "enter")
		s.shot("reset-differs")
		s.key("864213", "enter", "864213", "enter")
		s.shot("reset-asked")
		s.do(checkout.PINGiven{})
		s.shot("reset-done")
		s.press("done")
		s.key("1111", "enter")
		s.shot("ready-signed-on")
		s.press("menu")
		s.shot("menu-operator")
	},
	"trade": func(_ *testing.T, open opensShop) {
		s := open(configured(sandbox, manager, shifted, goods)...)
		s.shot("ready-departments")
		s.key("1999")
		s.press("dept_1")
		s.scan("6901234567892")
		s.shot("cart")
		s.key("500")
		s.shot("cart-keyed")
		s.key("esc")
		s.press("menu")
		s.shot("menu-cart")
		s.press("items")
		s.shot("items")
		s.press("next")
		s.shot("items-last")
		s.press("cancel", "discount")
		s.shot("discount")
		s.key("300")
		s.shot("discount-keyed")
		s.key("esc", "20")
		s.press("percent")
		s.shot("pin-discount")
		s.key("2580", "enter")
		s.shot("cart-discount")
		s.press("tip")
		s.shot("tip")
		s.key("400")
		s.shot("tip-keyed")
		s.key("enter")
		s.shot("cart-tip")
		s.press("menu", "split")
		s.shot("split")
		s.key("1000", "enter")
		s.shot("cart-part")
		s.press("cash")
		s.shot("cash-part")
		s.key("2000", "enter")
		s.shot("part")
		s.scan(wechatCode)
		s.told(payment.Approved)
		s.printed()
		s.shot("approved-split")
		s.press("done", "menu", "sales")
		s.shot("list-split")
		s.press("sale_" + string(s.terminal.register.State.Last))
		s.shot("sale-split")
		s.press("cancel", "cancel", "cancel")
		s.key("1000")
		s.press("menu", "exempt")
		s.shot("cart-exempt")
	},
	"cash only": func(_ *testing.T, open opensShop) {
		s := open(configured(sandbox, manager, shifted)...)
		s.key("2000")
		s.press("menu", "split")
		s.key("1000", "enter")
		s.scan(wechatCode)
		s.told(payment.Approved)
		s.printed()
		s.shot("part-wallet")
		s.press("qr")
		s.told(payment.Waiting)
		s.press("cancel")
		s.told(payment.Expired, because(payment.CustomerSilent))
		s.shot("part-expired")
		s.press("done")
		s.shot("part-after-expired")
		s.press("give_back")
		s.shot("part-given-back")
	},
	"held": func(_ *testing.T, open opensShop) {
		s := open(configured(sandbox, manager, shifted, goods)...)
		s.key("1999")
		s.press("dept_3", "menu", "hold")
		s.shot("ready-held")
		s.scan("9780306406157")
		s.scan("6901234567892")
		s.press("menu", "hold")
		s.key("1550")
		s.press("menu", "hold", "menu")
		s.shot("menu-held")
		s.press("held")
		s.shot("held")
		s.press("held_2")
		s.shot("recalled")
		s.press("menu")
		s.shot("menu-recalled")
		s.press("drop")
		s.shot("pin-drop")
	},
	"receipts": func(_ *testing.T, open opensShop) {
		s := open(configured(sandbox, manager, shifted, goods, paged, asks)...)
		s.key("1999")
		s.press("dept_1", "tip", "tip_1800")
		s.scan(wechatCode)
		s.told(payment.Approved)
		s.shot("approved-asked")
		s.press("print")
		s.shot("approved-asked-printing")
		s.printed()
		s.press("done")
		s.key("1999")
		s.press("dept_1", "tip", "no_tip", "cash")
		s.key("5000", "enter")
		s.shot("approved-asked-cash")

		s = open(configured(sandbox, manager, shifted, paged)...)
		s.key("1234")
		s.scan(alipayCode)
		s.told(payment.Approved)
		s.printed()
		s.shot("approved-phone")

		s = open(configured(sandbox, manager, shifted)...)
		s.do(checkout.PrinterChanged{Printer: checkout.PrinterNoPaper})
		s.terminal.condition.printer = printer.Status{State: printer.StateNoPaper}
		s.key("1234")
		s.scan(alipayCode)
		s.told(payment.Approved)
		s.shot("approved-no-paper")
		sale := s.current()
		s.do(checkout.Doubted{Sale: sale})
		s.shot("approved-in-doubt")
		s.press("done")
		s.shot("receipt")
	},
	"full": func(_ *testing.T, open opensShop) {
		s := open(configured(sandbox, manager, shifted, goods, paged, asks)...)
		s.do(checkout.PrinterChanged{Printer: checkout.PrinterNoPaper})
		s.terminal.condition.printer = printer.Status{State: printer.StateNoPaper}
		s.key("1999")
		s.press("dept_1")
		s.key("450")
		s.press("dept_2", "menu", "discount", "off_1000", "tip", "tip_1800", "menu", "split")
		s.key("1000", "enter")
		s.press("cash")
		s.key("2000", "enter")
		s.scan(wechatCode)
		s.told(payment.Approved)
		s.press("print")
		s.shot("approved-full")
	},
	"doctor": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.press("menu", "doctor")
		s.shot("doctor-at-it")
		report := doctorReport()
		s.do(checkout.Examined{Checks: checksOf(report), Report: report.Compact()})
		s.shot("doctor")
		s.press(checkout.CheckPrefix + "0")
		s.shot("doctor-check")
		s.press("cancel", "code")
		s.shot("doctor-code")
	},
	"trouble": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.press("menu", "status")
		s.shot("status-bench")
		s.terminal.device.Health = func() device.Health { return device.Health{} }
		s.terminal.update(func(c *condition) {
			c.health = device.Health{MilliCelsius: 52_000, Warm: true, DiskFree: 2_900_000_000, DiskSize: 8_000_000_000}
			c.attached, c.known = device.Attached{Display: true, Touch: true, Scanners: []string{"Honeywell 1900"}}, true
		})
		s.shot("status")
		s.terminal.update(func(c *condition) {
			c.health = device.Health{MilliCelsius: 86_000, Warm: true, DiskFree: 20 << 20, DiskSize: 8_000_000_000, UnderVoltage: true, Throttled: true}
			c.attached.Scanners, c.attached.Touch, c.touched = nil, false, true
			c.printer = printer.Status{State: printer.StateCoverOpen}
		})
		s.do(checkout.LinkChanged{Online: false})
		s.shot("status-troubles")
		s.press("cancel", "cancel")
		s.key("1234")
		s.shot("troubles")

		s = open(sandbox, manager, shifted)
		s.do(checkout.HaltChanged{Why: words.Sentence{Key: "halt_full"}})
		s.shot("halted")
		s = open(sandbox, manager, shifted)
		s.fake.FailAppend = errReadOnly
		s.key("1234")
		s.fails(checkout.Pressed{Button: "qr"})
		s.shot("fault")
		s.keep(string(s.lang)+"/fault-open", s.terminal.closedView(errReadOnly))
		s = open(sandbox, manager, shifted)
		s.do(checkout.Refused{Why: "journal till-07: record 17 has the hash of another"})
		s.shot("fault-refused")
		s = open(sandbox, manager, shifted)
		s.do(checkout.Noticed{Text: words.Sentence{Key: "mains_gone", Args: []string{"n", "10"}}})
		s.shot("ready-mains-gone")
	},
	"training": func(_ *testing.T, open opensShop) {
		for _, more := range []string{"", sandbox} {
			s := open(configured(more, manager, shifted)...)
			s.prefix = "training-"
			if more == sandbox {
				s.prefix = "training-sandbox-"
			}
			s.manager("menu", "training")
			s.shot("begun")
			s.key("1203")
			s.shot("ready")
			s.press("cash", "note_2000")
			s.shot("approved")
			s.press("done", "menu")
			s.shot("menu")
		}
	},
	"register": func(_ *testing.T, open opensShop) {
		s := open(sandbox, manager, shifted)
		s.do(checkout.Ordered{Order: checkout.Order{Key: "01JD9ZK3V8QH5N7M2B4C6D8F0G", Reference: "Table 12", Amount: 4250}})
		s.shot("ready-order")
	},
	"limits": func(_ *testing.T, open opensShop) {
		limits := configured(
			sandbox, manager, shifted, paged, asks, goods,
			`terminal = "till-lobby-front-desk-0123456789"`, `merchant.cashier = "Maximiliana Featherstone"`,
			`merchant.name = "The Grand Metropolitan Hotel and Conference Center of Greater San Francisco"`,
			`sale.departments = ["Refreshment / 饮料与小吃", "Food, drinks / 餐饮与酒水", "Post cards / 明信片", "Tickets, full / 成人全价票", "Tickets, half / 儿童半价票", "Cloakroom / 衣帽寄存处"]`,
			`sale.items = ["6901234567892 / Catalogue, hardcover, large / 展览图录精装 / 90000000", "- / Postcard / 明信片 / 100"]`,
			`sale.tips = [15, 18, 20]`,
		)
		s := open(limits...)
		s.prefix = "limits-"
		s.terminal.update(func(c *condition) {
			c.printer = printer.Status{State: printer.StateCoverOpen}
			c.health = device.Health{MilliCelsius: 86_000, Warm: true, UnderVoltage: true}
		})
		s.key("88888888")
		s.scan("62" + strings.Repeat("1", 17))
		s.shot("ready-refused")
		s.key("esc", "40000000")
		s.press("dept_1")
		s.key("40000000")
		s.press("dept_2", "menu", "discount")
		s.shot("discount")
		s.press("off_1000")
		s.shot("cart")
		s.press("tip")
		s.key("19999999")
		s.shot("tip")
		s.key("enter")
		s.shot("cart-tip")
		s.scan("62" + strings.Repeat("1", 17))
		s.shot("cart-refused")
		s.press("menu", "split")
		s.shot("split")
		s.key("88888888", "enter")
		s.shot("cart-part")
		s.press("cash")
		s.key("99999999")
		s.shot("cash")
		s.key("enter")
		s.shot("part")
		s.press("cash", "exact")
		s.shot("approved")
		s.press("print")
		s.shot("approved-printing")
		s.press("done", "menu", "sales")
		s.shot("list")
		s.press("sale_" + string(s.terminal.register.State.Last))
		s.shot("sale")
		s.press("more")
		s.shot("sale-more")
		s.manager("refund")
		s.shot("refund")
		s.press("cancel")
		s.manager("void")
		s.shot("void")
		s.press("cancel", "cancel", "cancel")
		s.scan("6901234567892")
		s.press("menu", "hold", "menu", "held")
		s.shot("held")
		s.press("cancel", "items")
		s.shot("items")
		s.press("cancel", "cancel")
		s.do(checkout.Ordered{Order: checkout.Order{Key: "k", Reference: "Order 2026-000417, table 12, Ms Featherstone-Haugh 外卖订单 2026-000417 号桌 12 王女士", Amount: 99_999_999}})
		s.shot("ready-order")

		for currency, amount := range map[string]string{"KWD": "99999999", "JPY": "88888888"} {
			s := open(sandbox, manager, shifted, fmt.Sprintf("merchant.currency = %q", currency))
			s.prefix = "limits-" + strings.ToLower(currency) + "-"
			s.key(amount)
			s.shot("ready")
			s.press("cash")
			s.key(amount)
			s.shot("cash")
			s.press("enter")
			s.printed()
			s.shot("approved")
		}
	},
	"enrolment": func(_ *testing.T, open opensShop) {
		c := open(sandbox).terminal.config
		c.Test = false
		lang := string(c.Merchant.Language) + "/"
		s := open(sandbox)
		e := &enroller{config: c, me: &identity.Identity{}, code: "4821093755264415"}
		s.keep(lang+"enrol-no-gateway", e.view())
		e.state.to.Gateway, e.state.online = "https://gateway.till.example:8443", true
		s.keep(lang+"enrol", e.view())
		e.state.said = said{key: "enrol_claim_used"}
		s.keep(lang+"enrol-refused", e.view())
		e.state.said, e.state.asking, e.state.to.Claim = said{}, true, "067969032480"
		s.keep(lang+"enrol-asking", e.view())
		e.state.keying, e.state.digits = true, "0679690324"
		s.keep(lang+"claim", e.view())
	},
}

// errReadOnly is what Linux says of a card that has worn out.
var errReadOnly = &fs.PathError{Op: "write", Path: "/var/lib/till/journal/1.db", Err: syscall.EROFS}

// elsewhere is a sale of another terminal, as the gateway tells of it.
func elsewhere() *payment.Elsewhere {
	id := payment.SaleID("01KAT2V8QH5N7M2B4C6D8F0000")
	return &payment.Elsewhere{
		Sale: id, Terminal: "till-02", Epoch: 2, Receipt: 123, Created: payment.Stamp{Time: opened.Add(-29 * time.Hour)},
		Total: payment.Money{Amount: 125_000, Currency: "USD"},
		Parts: []payment.Part{{Order: payment.NewOrder(id, 1), Wallet: payment.WeChat, Left: 125_000}},
	}
}

// refunded has the gateway say what came of a refund of the sale that is looked at.
func (s *stage) refunded(n int, status payment.RefundStatus) {
	s.t.Helper()
	sale, _ := s.terminal.register.State.SelectedSale()
	a, err := s.fake.AnswerRefund(payment.NewRefundID(sale.ID, n), status)
	if err != nil {
		s.t.Fatal(err)
	}
	if status == payment.RefundRefused {
		a.Reason = payment.RefundTooLate
	}
	s.do(checkout.RefundTold{Answer: a})
}

// fails takes an event that the counter cannot carry out.
func (s *stage) fails(e checkout.Event) {
	s.t.Helper()
	if err := s.terminal.counter.Handle(e, s.terminal.now()); err == nil {
		s.t.Fatalf("%+v did not fail", e)
	}
}

func doctorReport() doctor.Report {
	finding := func(id string, state doctor.State, found string, next words.Sentence) doctor.Finding {
		return doctor.Finding{ID: id, State: state, Found: found, Next: next}
	}
	return doctor.Report{Terminal: "till-07", Board: "pi3b", Version: "v1.4.0", Findings: []doctor.Finding{
		finding("board.model", doctor.Loaded, "pi3b Raspberry Pi 3 Model B Rev 1.2", words.Sentence{}),
		finding("network.dns", doctor.Failed, "lookup gateway.till.example: server misbehaving", words.Sentence{Key: "doctor_dns_fails", Args: []string{"host", "gateway.till.example", "why", ""}}),
		finding("scanner.device", doctor.NotHere, "", words.Sentence{Key: "doctor_no_scanner"}),
		finding("printer.status", doctor.Failed, "", words.Sentence{Key: "doctor_printer_paper"}),
	}}
}
