package mutants

// journalMutants are bugs of the store.
func journalMutants() []Mutant {
	return []Mutant{
		{
			Name:  "prune-unacknowledged",
			Bug:   "records are deleted before the ledger has them",
			Edits: one("store/prune.go", "	if len(j.segments) < 2 || j.segments[1].first-1 > j.Position().Acked {", "	if len(j.segments) < 2 {"),
			Law:   "law 4, nothing lost",
		},
		{
			Name: "receipt-outside-commit",
			Bug:  "the receipt counter is not in the commit that gives the number out",
			Edits: one("store/append.go", "	return putJSON(tx.Bucket(stateBucket), stateKey, d.now)\n}\n\n// writeIndex",
				"	counted := d.now\n	counted.Receipt = d.journal.now.Receipt\n	return putJSON(tx.Bucket(stateBucket), stateKey, counted)\n}\n\n// writeIndex"),
			Law: "law 7, no gaps",
		},
		{
			Name:  "open-index-stale",
			Bug:   "the index of open sales does not follow the commit",
			Edits: one("store/append.go", "	if c.after.Sale.Unfinished() {\n		to, from = live, sales\n	}", "	if c.after.Sale.Unfinished() && list == nil {\n		to, from = live, sales\n	}"),
			Law:   "law 7, no gaps",
		},
	}
}
