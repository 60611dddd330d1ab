package figures

import (
	"cmp"
	"maps"
	"slices"
)

// Sum adds up the reports of several terminals over the same days, as one for each
// currency, in their order. Reports of terminals that sold nothing, and so have no
// currency, are left out unless nothing else is there. A sum has no terminal; its time
// zone is "" where the terminals have several.
func Sum(all []Report) []Report {
	sums := map[string]*Report{}
	days := map[string]map[string]*Day{}
	for _, r := range all {
		sum := sums[r.Currency]
		if sum == nil {
			sum = &Report{From: r.From, To: r.To, Zone: r.Zone, Currency: r.Currency}
			sums[r.Currency], days[r.Currency] = sum, map[string]*Day{}
		}
		if sum.Zone != r.Zone {
			sum.Zone = ""
		}
		for _, d := range r.Days {
			on := days[r.Currency]
			if on[d.Date] == nil {
				on[d.Date] = &Day{Date: d.Date}
			}
			on[d.Date].add(d)
		}
		sum.Total.add(r.Total)
		sum.Unsettled = append(sum.Unsettled, r.Unsettled...)
		sum.Missing += r.Missing
		sum.Impossible += r.Impossible
		if r.Missing > 0 {
			sum.Oldest = max(sum.Oldest, r.Oldest)
		}
	}
	if nothing := sums[""]; len(sums) > 1 && nothing != nil && nothing.Total.empty() {
		delete(sums, "")
	}
	list := []Report{}
	for currency, sum := range sums {
		sum.Days = []Day{}
		for _, date := range slices.Sorted(maps.Keys(days[currency])) {
			sum.Days = append(sum.Days, *days[currency][date])
		}
		list = append(list, *sum)
	}
	slices.SortFunc(list, func(a, b Report) int { return cmp.Compare(a.Currency, b.Currency) })
	return list
}
