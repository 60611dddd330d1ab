package printer

import (
	"slices"
	"strings"
	"unicode"

	"till/printer/dots"
)

// clean makes text safe to lay out: characters that print nothing are dropped,
// broken UTF-8 becomes U+FFFD, which is seen. Line breaks stay.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case dots.Columns(r) == 0:
			return -1
		case unicode.IsSpace(r) && r != '\u3000': // no-break and other odd spaces: font A has one
			return ' '
		}
		return r
	}, s)
}

// oneLine is clean without line breaks.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(clean(s), "\n", " "))
}

// columns is how many columns of font A a cleaned text takes.
func columns(s string, style Style) int {
	n := 0
	for _, r := range s {
		n += dots.Columns(r)
	}
	return n * style.width()
}

func (s Style) width() int {
	if s.Wide {
		return 2
	}
	return 1
}

func (s Style) height() int {
	if s.Tall {
		return 2
	}
	return 1
}

// wrap breaks a cleaned text into lines of at most width columns: at spaces,
// between Chinese characters but not before closing or after opening
// punctuation, and inside a word only where it is longer than a line. Nothing
// but the spaces at a break is lost. There is always one line.
func wrap(s string, width int, style Style) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapParagraph([]rune(paragraph), width, style.width())...)
	}
	return lines
}

func wrapParagraph(text []rune, width, factor int) []string {
	var lines []string
	start, used, chance := 0, 0, 0 // chance: where the next line may begin; none if <= start
	for i := 0; i < len(text); {
		w := dots.Columns(text[i]) * factor
		if i > start && used+w > width && text[i] != ' ' {
			if chance <= start {
				chance = i
			}
			lines = append(lines, strings.TrimRight(string(text[start:chance]), " "))
			start, i, used = chance, chance, 0
			continue
		}
		used += w
		i++
		if i < len(text) && mayBreak(text[i-1], text[i]) {
			chance = i
		}
	}
	return append(lines, strings.TrimRight(string(text[start:]), " "))
}

var (
	closing = []rune("，。、；：？！）》」』】〉”’％,.;:?!)%")
	opening = []rune("（《「『【〈“‘￥(")
)

// mayBreak says whether a line may end after a and the next begin with b.
func mayBreak(a, b rune) bool {
	if b == ' ' {
		return false // it stays at the end of the line
	}
	if a == ' ' {
		return true
	}
	if dots.Columns(a) != 2 && dots.Columns(b) != 2 {
		return false
	}
	return !slices.Contains(closing, b) && !slices.Contains(opening, a)
}

// labelLines breaks a label that is longer than room, whose last line stands beside
// its value. One in two languages breaks between them, its English as wide as the
// paper. Further lines are indented as the first.
func labelLines(label string, width, room int, style Style) []string {
	text := strings.TrimLeft(label, " ")
	indent := label[:len(label)-len(text)]
	if columns(label, style) <= room && !strings.Contains(label, "\n") {
		return []string{label}
	}
	taken := columns(indent, style)
	if taken > room/2 {
		return wrap(label, room, style)
	}
	var lines []string
	if english, chinese, two := languages(text); two {
		lines = append(wrap(english, width-taken, style), wrap(chinese, room-taken, style)...)
	} else {
		lines = wrap(text, room-taken, style)
	}
	for i, l := range lines {
		lines[i] = indent + l
	}
	return lines
}

// languages parts a text in English and Chinese, where it is one and then the other.
func languages(s string) (english, chinese string, two bool) {
	for i, r := range s {
		if dots.Columns(r) == 2 {
			if i == 0 || s[i-1] != ' ' {
				return s, "", false
			}
			return strings.TrimRight(s[:i], " "), s[i:], true
		}
	}
	return s, "", false
}
