// Package words holds every sentence a person reads, in each language.
// Screens, paper and pages take their text from here and nowhere else.
package words

import (
	"maps"
	"slices"
	"strings"
)

// Lang is a language a person reads.
type Lang string

const (
	English Lang = "en"
	Chinese Lang = "zh" // simplified characters
)

// Langs lists the languages every sentence must have.
var Langs = []Lang{English, Chinese}

// Key names a sentence. Keys are stored nowhere, so they may be renamed freely.
type Key string

// entry is one thing said, in each language. {name} stands for an argument.
type entry struct{ en, zh string }

// The catalogue is written in one table a room (screen.go, paper.go, …).
var catalogue = merge(counter, screen, paper, customer, enrol, doctor, pages, reconcile, receipts, reset)

func merge(tables ...map[Key]entry) map[Key]entry {
	all := map[Key]entry{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// Sentence is something to say, in whichever language the reader has.
type Sentence struct {
	Key  Key
	Args []string // as in Say
}

// In is the sentence in a language; empty if there is nothing to say.
func (s Sentence) In(lang Lang) string {
	if s.Key == "" {
		return ""
	}
	return Say(lang, s.Key, s.Args...)
}

// Arg is what stands for a name in the sentence; empty if nothing does.
func (s Sentence) Arg(name string) string {
	for i := 0; i+1 < len(s.Args); i += 2 {
		if s.Args[i] == name {
			return s.Args[i+1]
		}
	}
	return ""
}

// Say is the sentence k in language lang, with each {name} in it replaced from
// args, which are pairs: name, value, name, value. A key that is not in the
// catalogue is said as itself, so that a mistake is seen and nothing fails.
func Say(lang Lang, k Key, args ...string) string {
	s, ok := catalogue[k]
	if !ok {
		return string(k)
	}
	text := s.en
	if lang == Chinese {
		text = s.zh
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Both is the sentence k in English and Chinese, for what a customer reads too.
func Both(k Key, args ...string) string {
	return Say(English, k, args...) + " " + Say(Chinese, k, args...)
}

// Keys lists every key of the catalogue, sorted.
func Keys() []Key {
	return slices.Sorted(maps.Keys(catalogue))
}
