package draw

import (
	"strings"
	"unicode"
)

// Wrap breaks s into lines at most width px wide. It breaks at spaces (which
// are dropped), at newlines, and between Chinese characters except where that
// would put closing punctuation first or opening punctuation last on a line. A
// word longer than a line is broken anywhere. Each line has at least one rune,
// however narrow width is, so nothing is lost. An empty s is one empty line.
func Wrap(f *Face, s string, width int) []string {
	var lines []string
	for para := range strings.SplitSeq(s, "\n") {
		lines = wrapParagraph(lines, f, []rune(strings.TrimSpace(para)), width)
	}
	return lines
}

func wrapParagraph(lines []string, f *Face, text []rune, width int) []string {
	if len(text) == 0 {
		return append(lines, "")
	}
	for len(text) > 0 {
		n := lineEnd(f, text, width)
		lines = append(lines, strings.TrimRightFunc(string(text[:n]), unicode.IsSpace))
		text = text[n:]
		for len(text) > 0 && unicode.IsSpace(text[0]) {
			text = text[1:]
		}
	}
	return lines
}

// lineEnd is how many runes of text go on the first line.
func lineEnd(f *Face, text []rune, width int) int {
	w, fit := 0, 0 // fit: the runes up to the last place where a break is sensible
	for i, r := range text {
		w += f.glyph(r).advance
		if w > width && !unicode.IsSpace(r) {
			switch {
			case fit > 0:
				return fit
			case i > 0:
				return i
			default:
				return 1
			}
		}
		if i+1 < len(text) && mayBreak(r, text[i+1]) {
			fit = i + 1
		}
	}
	return len(text)
}

const (
	closing = "，。、；：！？）》」』】〕…”’%,.;:!?)]}"
	opening = "（《「『【〔“‘¥$([{"
)

// mayBreak tells whether a line may end between a and b.
func mayBreak(a, b rune) bool {
	switch {
	case unicode.IsSpace(a):
		return !unicode.IsSpace(b)
	case unicode.IsSpace(b):
		return true
	case strings.ContainsRune(closing, b), strings.ContainsRune(opening, a):
		return false
	default:
		return wide(a) || wide(b)
	}
}

// wide tells whether r is written without spaces around it.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
		r >= 0x3000 && r <= 0x303F || // CJK punctuation
		r >= 0xFF00 && r <= 0xFFEF // full-width forms
}
