package mutants

// counterMutants are bugs of what a cashier does.
func counterMutants() []Mutant {
	return []Mutant{
		{
			Name: "publish-before-commit",
			Bug:  "the register carries effects out before the journal's commit",
			Edits: []Edit{
				{"checkout/register.go",
					"			if _, err := r.Journal.Append(now.Stamp, c.Events...); err != nil {",
					"			if err := r.carryOut(effects[1:], now); err != nil {\n				return err\n			}\n			if _, err := r.Journal.Append(now.Stamp, c.Events...); err != nil {"},
				{"checkout/register.go", "			effects = effects[1:]\n", "			effects = nil\n"},
			},
			Law: "law 1, durable first",
		},
		{
			Name: "same-code-again",
			Bug:  "a code read twice starts a second attempt while the first is open",
			Edits: []Edit{
				{"checkout/wallet.go", "	if m.lastCodeAt.IsZero() || code.Digest() != m.lastCode {", "	if true {"},
				{"checkout/wallet.go", "	case Declined, Expired, Reversed, PartPaid:\n		// another try", "	case Declined, Expired, Reversed, PartPaid, Charging:\n		// another try"},
				{"payment/sale.go", "	if open := s.OpenAttempt(); open != nil {\n		return impossible(\"attempt %d starts", "	if open := s.OpenAttempt(); open != nil && false {\n		return impossible(\"attempt %d starts"},
			},
			Law: "law 2, one charge",
		},
		{
			Name:  "sells-unattended",
			Bug:   "a sale that the power cut leads to another, with nobody signed on",
			Edits: one("checkout/step.go", "	if m.Halt.Key == \"\" && m.locked() {", "	if m.Halt.Key == \"\" && m.locked() && false {"),
			Law:   "operators",
		},
		{
			Name:  "anybody-is-manager",
			Bug:   "a cashier's PIN does for a manager's step",
			Edits: one("checkout/operator.go", "	case e.Operator.Role != payment.Manager:", "	case e.Operator.Role != payment.Manager && false:"),
			Law:   "operators",
		},
		{
			Name: "boot-resends",
			Bug:  "a boot sends an open attempt again instead of asking after it",
			Edits: one("checkout/step.go",
				"			m.watch(sale.ID, watch{askAt: m.now.At})\n",
				"			m.watch(sale.ID, watch{askAt: m.now.At})\n			m.do(Show{Order: payment.NewOrder(sale.ID, a.Number), Tender: a.Tender, Amount: sale.Total, NotAfter: m.cloudTime(m.now).Add(requestLife)})\n"),
			Law: "law 2, one charge",
		},
		{
			Name: "same-sale-after-expiry",
			Bug:  "another attempt begins in a sale whose expired QR the wallet may still take, at the gateway too",
			Edits: []Edit{
				{"checkout/split.go", "a != nil && a.Status == payment.Expired && a.Tender", "a != nil && a.Status == payment.Expired && false && a.Tender"},
				{"cloud/request.go", "		if earlier.Open() || earlier.Status == payment.Approved", "		if earlier.Status == payment.Approved"},
			},
			Law: "law 2, one charge",
		},
		{
			Name:  "silence-is-no",
			Bug:   "an attempt of which nothing was heard is declined instead of checked",
			Edits: one("checkout/wallet.go", "	m.watch(id, w)\n	m.record(sale, payment.Event{Kind: payment.AttemptChanged, Attempt: a.Number, Status: payment.Checking})", "	m.watch(id, w)\n	m.record(sale, payment.Event{Kind: payment.AttemptChanged, Attempt: a.Number, Status: payment.Declined})"),
			Law:   "books",
		},
		{
			Name:  "boot-forgets",
			Bug:   "a boot does not ask after open attempts",
			Edits: one("checkout/step.go", "			m.watch(sale.ID, watch{askAt: m.now.At})\n", ""),
			Law:   "convergence",
		},
		{
			Name:  "boot-forgets-refunds",
			Bug:   "a boot does not ask after open refunds",
			Edits: one("checkout/step.go", "		m.takeUpRefunds(sale)\n", ""),
			Law:   "convergence",
		},
		{
			Name:  "fetched-counts-as-sold",
			Bug:   "a sale of another terminal, of which money goes back here, is counted as taken here",
			Edits: one("payment/shift.go", "	if s.Number == 0 || before.ID == \"\" && after.Elsewhere != nil {", "	if s.Number == 0 {"),
			Law:   "books",
		},
		{
			Name:  "receipt-forgotten",
			Bug:   "a receipt that the power cut off is not printed after the boot",
			Edits: one("checkout/step.go", "		m.do(Print{Sale: sale, Copy: true})", "		_ = sale"),
			Law:   "convergence",
		},
		{
			Name:  "copy-unmarked",
			Bug:   "a receipt that may be out already is printed without the word copy",
			Edits: one("checkout/step.go", "m.do(Print{Sale: sale, Copy: true})", "m.do(Print{Sale: sale})"),
			Law:   "receipts",
		},
		{
			Name:  "slip-forgotten",
			Bug:   "a slip of a refund or of a parked sale that the power cut off is not printed after the boot",
			Edits: one("checkout/step.go", "		m.do(Print{Sale: sale, Refund: n, Copy: true})", "		_ = n"),
			Law:   "convergence",
		},
		{
			Name:  "slip-unmarked",
			Bug:   "a slip that may be out already is printed without the word copy",
			Edits: one("checkout/step.go", "m.do(Print{Sale: sale, Refund: n, Copy: true})", "m.do(Print{Sale: sale, Refund: n})"),
			Law:   "slips",
		},
		{
			Name:  "z-report-forgotten",
			Bug:   "a Z report that the power cut off is not printed after the boot",
			Edits: one("checkout/step.go", "		m.do(Report{Shift: shift, Copy: true})", "		_ = shift"),
			Law:   "convergence",
		},
		{
			Name: "z-report-as-of-now",
			Bug:  "the last Z report printed again says what is not settled now",
			Edits: one("checkout/shift.go", "		m.do(Report{Shift: m.Counter.Before, Copy: true})",
				"		now, z := m.forward(), m.Counter.Before\n		z.Forward = &now\n		m.do(Report{Shift: z, Copy: true})"),
			Law: "slips",
		},
		{
			Name:  "parking-intent-swapped",
			Bug:   "a sale parked because the customer paid another way is parked as goods given",
			Edits: one("checkout/park.go", "m.park(payment.PaidOther)", "m.park(payment.GoodsGiven)"),
			Law:   "parking",
		},
		{
			Name: "parking-intent-forgotten",
			Bug:  "the approval of a sale that was paid another way is kept",
			Edits: []Edit{
				{"checkout/wallet.go", "	if sale.Cancelling || sale.Parked == payment.PaidOther {", "	if sale.Cancelling {"},
				{"checkout/wallet.go", "payment.Approved && (sale.Cancelling || sale.Parked == payment.PaidOther) {", "payment.Approved && sale.Cancelling {"},
			},
			Law: "parking",
		},
		{
			Name:  "cancel-not-durable",
			Bug:   "a cancel is sent and not in the journal, so a boot forgets it",
			Edits: one("checkout/wallet.go", "		sale = m.record(sale, payment.Event{Kind: payment.CancelRequested, Attempt: a.Number})", "		sale.Cancelling = true\n		m.put(sale)"),
			Law:   "law 1, durable first",
		},
		{
			Name:  "approved-although-cancelled",
			Bug:   "the counter takes an approval although it has asked to cancel",
			Edits: one("checkout/wallet.go", "payment.Approved && (sale.Cancelling || sale.Parked == payment.PaidOther) {", "payment.Approved && sale.Parked == payment.PaidOther {"),
			Law:   "books",
		},
		{
			Name:  "clock-offset-ignored",
			Bug:   "not_after is in the board's time instead of the cloud's",
			Edits: one("checkout/state.go", "{ return now.At.Add(s.Offset) }", "{ return now.At }"),
			Law:   "law 9, time",
		},
		{
			Name:  "stale-answer-applied",
			Bug:   "an answer that a newer one has overtaken is taken",
			Edits: one("checkout/wallet.go", "e.Answer.Rev < w.answer.Rev {", "false {"),
			Law:   "law 3, no guessing",
		},
		{
			Name: "code-kept",
			Bug:  "the scanned code is put into the journal",
			Edits: one("checkout/wallet.go", "m.startAttempt(payment.Scan, code.Wallet())",
				"m.startAttempt(payment.Scan, payment.Wallet(code.Reveal()))"),
			Law: "law 6, codes are secrets",
		},
		{
			Name: "rest-asked-after-expiry",
			Bug:  "the rest of a split sale is asked of a wallet that may still take its expired QR, at the gateway too",
			Edits: []Edit{
				{"checkout/wallet.go", "	if expired(sale) { // paid in part", "	if false { // paid in part"},
				{"checkout/split.go", "	wallet := !expired(sale)", "	wallet := true"},
				{"cloud/request.go", "		if earlier.Open() || earlier.Status == payment.Approved", "		if earlier.Status == payment.Approved"},
			},
			Law: "law 2, one charge",
		},
		{
			Name:  "part-kept-of-another-way",
			Bug:   "of a split sale that was paid another way the first part is kept",
			Edits: one("checkout/wallet.go", "	if parked == payment.PaidOther && sale.PartPaid() {", "	if false {"),
			Law:   "parking",
		},
		{
			Name:  "tax-not-given-back",
			Bug:   "the reports keep the tax and the tip of what is refunded",
			Edits: one("payment/shift.go", "			s.bill(after, given, given+r.Amount, -1)", "			_ = given"),
			Law:   "books",
		},
		{
			Name: "training-opens-drawer",
			Bug:  "cash that is taken in training opens the drawer",
			Edits: one("checkout/training/shop.go", "func (d *drawer) KickDrawer() { d.kicked = true }",
				"func (d *drawer) KickDrawer() { d.kicked = true; d.Body.KickDrawer() }"),
			Law: "law 1, durable first",
		},
		{
			Name:  "training-keys-are-real",
			Bug:   "what is keyed in training goes to the real counter",
			Edits: one("checkout/training/training.go", "	case checkout.Keyed, checkout.Pressed, checkout.Scanned:", "	case checkout.Pressed, checkout.Scanned:"),
			Law:   "training",
		},
		{
			Name:  "sold-stays-held",
			Bug:   "a held sale that was sold stays held",
			Edits: one("payment/operator.go", "		c = c.without(after.Hold)", "		_ = c.without(after.Hold)"),
			Law:   "holds",
		},
		{
			Name:  "recalled-and-forgotten",
			Bug:   "a sale made of a recalled one does not say so, and that one can be sold again",
			Edits: one("checkout/wallet.go", "created.Key, created.Reference, created.Hold = m.Order.Key, m.Order.Reference, m.Hold", "created.Key, created.Reference = m.Order.Key, m.Order.Reference"),
			Law:   "holds",
		},
		{
			Name:  "asked-and-waived",
			Bug:   "a receipt that was asked for is let go as its screen is left",
			Edits: one("checkout/paper.go", "sale.OwesPaper() && m.Paper != sale.ID {", "sale.OwesPaper() {"),
			Law:   "receipts",
		},
		{
			Name:  "approved-in-part",
			Bug:   "leaving the cash screen of a split sale shows it as paid",
			Edits: one("checkout/buttons.go", "	if m.partPaid() {\n		return\n	}\n	if a := sale.LastAttempt()", "	if a := sale.LastAttempt()"),
			Law:   "law 3, no guessing",
		},
	}
}
