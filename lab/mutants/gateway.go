package mutants

// gatewayMutants are bugs of the gateway.
func gatewayMutants() []Mutant {
	return []Mutant{
		{
			Name:  "attempt-forgotten",
			Bug:   "the gateway charges an order again when its request arrives again",
			Edits: one("cloud/request.go", "	if !seen {\n		a = Attempt{Terminal", "	seen = seen && r.Op != wire.Charge\n	if !seen {\n		a = Attempt{Terminal"),
			Law:   "law 2, one charge",
		},
		{
			Name:  "restart-charges-again",
			Bug:   "a charge whose answer is overdue is charged again instead of queried",
			Edits: one("cloud/attempt.go", "		step = StepQuery\n		b.move(&a, payment.Checking, StepQuery, 0)", "		b.move(&a, payment.Checking, StepQuery, 0)"),
			Law:   "law 2, one charge",
		},
		{
			Name:  "acknowledge-before-commit",
			Bug:   "the gateway's effects go out although the ledger's commit failed",
			Edits: one("cloud/gateway.go", "	if err != nil {\n		return nil, fmt.Errorf(\"ledger: %w\", err)\n	}", "	if err != nil {\n		return b.effects, nil\n	}"),
			Law:   "law 4, nothing lost",
		},
		{
			Name:  "not-after-ignored",
			Bug:   "a request that comes after its not_after is charged",
			Edits: one("cloud/request.go", "	if r.NotAfter.IsZero() || b.now.After(r.NotAfter) {", "	if r.NotAfter.IsZero() {"),
			Law:   "law 5, late does not charge",
		},
		{
			Name:  "query-leaves-open",
			Bug:   "a query for an attempt that was never seen does not close it",
			Edits: one("cloud/request.go", "			b.end(&a, payment.Expired, payment.NotReached)\n		}\n	case wire.Cancel:", "			b.end(&a, payment.Expired, payment.NotReached)\n			return b.reply(a, r.Sent)\n		}\n	case wire.Cancel:"),
			Law:   "law 3, no guessing",
		},
		{
			Name:  "cancel-leaves-open",
			Bug:   "a cancel of an attempt that was never seen does not close it",
			Edits: one("cloud/request.go", "		b.cancel(&a, seen)\n", "		b.cancel(&a, seen)\n		if !seen {\n			return b.reply(a, r.Sent)\n		}\n"),
			Law:   "law 3, no guessing",
		},
		{
			Name:  "not-found-is-final",
			Bug:   "an order that the acquirer does not know yet is declined",
			Edits: one("cloud/resolve.go", "	case NotFound:\n		b.notFound(a, e.Step)", "	case NotFound:\n		b.end(a, payment.Declined, payment.NotReached)"),
			Law:   "law 3, no guessing",
		},
		{
			Name:  "cancelled-qr-unwatched",
			Bug:   "a cancelled QR is not watched for a customer who pays it yet",
			Edits: one("cloud/request.go", "		b.end(a, payment.Cancelled, payment.MerchantCancelled)\n		b.watch(a, 0)\n", "		b.end(a, payment.Cancelled, payment.MerchantCancelled)\n"),
			Law:   "books",
		},
		{
			Name:  "reversal-given-up",
			Bug:   "a reversal that the wallet refuses for now is taken as done",
			Edits: one("cloud/resolve.go", "	case Busy:\n		b.move(a, payment.Reversing, StepReverse, b.waits.QueryEvery)", "	case Busy:\n		b.end(a, payment.Reversed, payment.CustomerSilent)"),
			Law:   "law 3, no guessing",
		},
		{
			Name: "reversal-too-early",
			Bug:  "a reversal goes out before the wallet allows one",
			Edits: []Edit{
				{"cloud/attempt.go", "step == StepReverse && b.now.Before(earliest) {", "step == StepReverse && b.now.Before(earliest) && false {"},
				{"cloud/request.go", "a.NextAt.Before(earliest) {\n", "a.NextAt.Before(earliest) && false {\n"},
			},
			Law: "law 3, no guessing",
		},
		{
			Name:  "late-money-kept",
			Bug:   "money that comes for a closed attempt is not given back",
			Edits: one("cloud/resolve.go", "		a.Taken = true\n		a.Step, a.Tries = StepWatch, 1 // the reversal's turn\n		a.NextAt = b.now\n", "		a.Step, a.NextAt = StepNone, time.Time{}\n"),
			Law:   "books",
		},
		{
			Name: "gap-accepted",
			Bug:  "the ledger takes records behind a missing one",
			Edits: []Edit{
				{"cloud/journal.go", "		case r.Seq > head.Seq+1:\n			ack.Again = true\n			continue\n", ""},
				{"cloud/journal.go", "		if err := r.Follows(prev, head.Seq+1); err != nil {", "		if err := r.Follows(prev, head.Seq+1); err != nil && r.Seq == head.Seq+1 {"},
			},
			Law: "law 4, nothing lost",
		},
		{
			Name: "dedupe-dropped",
			Bug:  "a record that the ledger has is taken again",
			Edits: []Edit{
				{"cloud/journal.go", "		case r.Seq < head.Seq, r.Seq == head.Seq && r.Seq > 0 && r.Hash == head.Hash:\n			continue // had it\n		case r.Seq == head.Seq && r.Seq > 0:\n			ack.Refused = \"its journal differs from the one in the ledger\"\n", ""},
				{"cloud/journal.go", "		if err := r.Follows(prev, head.Seq+1); err != nil {", "		if err := r.Follows(prev, head.Seq+1); err != nil && r.Seq > head.Seq {"},
			},
			Law: "law 4, nothing lost",
		},
		{
			Name:  "head-of-any-epoch",
			Bug:   "the gateway knows one journal of a terminal, whatever its epoch",
			Edits: one("cloud/journal.go", "	head, err := b.tx.Head(terminal, up.Epoch)", "	head, err := b.tx.Head(terminal, 1)"),
			Law:   "law 4, nothing lost",
		},
		{
			Name:  "refund-elsewhere-uncounted",
			Bug:   "what went back at one terminal is not held against the other's wish",
			Edits: one("cloud/refund.go", "		if e.Order == order && e.Answer", "		if e.Order == order && len(refunds) > 0 && e.Terminal == refunds[0].Terminal && e.Answer"),
			Law:   "refunds",
		},
		{
			Name:  "refund-asked-twice",
			Bug:   "a refund that is asked for again is begun anew",
			Edits: one("cloud/refund.go", "	if !seen {\n		mine, err := b.mayNumber", "	if !seen || entry.Answer.Status != payment.RefundRefused {\n		mine, err := b.mayNumber"),
			Law:   "law 3, no guessing",
		},
		{
			Name:  "accepted-is-given-back",
			Bug:   "a refund that the wallet has only accepted is called done",
			Edits: one("cloud/refund.go", "		entry.Answer.Status = payment.RefundPending\n		again(entry.Step, b.waits.RefundEvery)", "		entry.Answer.Status = payment.RefundDone\n		entry.Step, entry.NextAt = StepNone, time.Time{}"),
			Law:   "law 3, no guessing",
		},
	}
}
