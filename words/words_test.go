package words

import (
	"regexp"
	"slices"
	"testing"
)

var argument = regexp.MustCompile(`\{[a-z_]+\}`)

func TestEverySentenceInEveryLanguage(t *testing.T) {
	for _, k := range Keys() {
		s := catalogue[k]
		if s.en == "" || s.zh == "" {
			t.Errorf("%s: a language is missing: %+v", k, s)
		}
		en, zh := argument.FindAllString(s.en, -1), argument.FindAllString(s.zh, -1)
		slices.Sort(en)
		slices.Sort(zh)
		if !slices.Equal(en, zh) {
			t.Errorf("%s: the languages take different arguments: %v and %v", k, en, zh)
		}
	}
}

func TestTablesDoNotShareKeys(t *testing.T) {
	if n := len(counter) + len(screen) + len(paper) + len(customer) + len(enrol) + len(doctor) + len(pages) + len(reconcile) + len(receipts) + len(reset); n != len(Keys()) {
		t.Errorf("%d sentences in the tables, %d keys: a key stands in two tables", n, len(Keys()))
	}
}

func TestSayFillsArguments(t *testing.T) {
	if got := Say(English, "no such key"); got != "no such key" {
		t.Errorf("unknown key said as %q", got)
	}
}
