package words

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
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

// names are what is written alike in every language.
var names = []string{"°C"}

// Each column is in its own language: a Chinese one that has letters and no Chinese
// character is an English sentence that was put there, and the other way round.
func TestEachColumnInItsLanguage(t *testing.T) {
	han := func(s string) bool {
		return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
	}
	for _, k := range Keys() {
		s := catalogue[k]
		if han(s.en) {
			t.Errorf("%s: Chinese where English belongs: %q", k, s.en)
		}
		rest := argument.ReplaceAllString(s.zh, "")
		for _, name := range names {
			rest = strings.ReplaceAll(rest, name, "")
		}
		if !han(rest) && strings.IndexFunc(rest, unicode.IsLetter) >= 0 {
			t.Errorf("%s: no Chinese where it belongs: %q", k, s.zh)
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
