package scanner

import "unicode"

// Layout is a keyboard layout: which character a key code stands for. It must
// be the one the scanner is set to type on, which out of the box is US, whatever
// the shop's language is.
type Layout struct {
	name string
	keys [keyCodes]keyRunes
}

// keyCodes is one more than the highest key code with a character.
const keyCodes = 128

// keyRunes are the characters of a key; 0 is none.
type keyRunes struct{ plain, shifted, altGr rune }

// keyRow is a row of neighbouring keys: the code of the first, and a character
// each by level. A '\x00' stands for a key without one.
type keyRow struct {
	first                 uint16
	plain, shifted, altGr string
}

// Layouts lists the names LayoutNamed knows.
func Layouts() []string { return []string{"us", "fr-be"} }

// LayoutNamed is the layout "us" or "fr-be".
func LayoutNamed(name string) (Layout, bool) {
	switch name {
	case "us":
		return newLayout(name,
			keyRow{2, "1234567890-=", "!@#$%^&*()_+", ""},
			keyRow{16, "qwertyuiop[]", "QWERTYUIOP{}", ""},
			keyRow{30, "asdfghjkl;'`", "ASDFGHJKL:\"~", ""},
			keyRow{43, "\\zxcvbnm,./", "|ZXCVBNM<>?", ""},
			keyRow{86, "\\", "|", ""}, // the 102nd key, as Linux has it
		), true
	case "fr-be": // AZERTY: digits need Shift, without it the row types marks
		return newLayout(name,
			keyRow{2, "&é\"'(§è!çà)-", "1234567890°_", "|@#\x00\x00^\x00\x00{}\x00\x00"},
			keyRow{16, "azertyuiop^$", "AZERTYUIOP¨*", "\x00\x00€\x00\x00\x00\x00\x00\x00\x00[]"},
			keyRow{30, "qsdfghjklmù²", "QSDFGHJKLM%³", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00´\x00"},
			keyRow{43, "µwxcvbn,;:=", "£WXCVBN?./+", "`\x00\x00\x00\x00\x00\x00\x00\x00\x00~"},
			keyRow{86, "<", ">", "\\"},
		), true
	default:
		return Layout{}, false
	}
}

// newLayout adds the space bar and the keypad, which are the same everywhere.
// The keypad's digits do not wait for Num Lock: scanners do not set it.
func newLayout(name string, rows ...keyRow) Layout {
	l := Layout{name: name}
	for _, row := range append(rows,
		keyRow{57, " ", " ", " "},
		keyRow{55, "*", "*", ""},
		keyRow{71, "789-456+1230.", "789-456+1230.", ""},
		keyRow{98, "/", "/", ""},
		keyRow{117, "=", "=", ""},
		keyRow{121, ",", ",", ""},
	) {
		for i, r := range []rune(row.plain) {
			l.keys[int(row.first)+i].plain = r
		}
		for i, r := range []rune(row.shifted) {
			l.keys[int(row.first)+i].shifted = r
		}
		for i, r := range []rune(row.altGr) {
			l.keys[int(row.first)+i].altGr = r
		}
	}
	return l
}

// Name is the layout's name.
func (l Layout) Name() string { return l.name }

// has reports that the key types something.
func (l Layout) has(code uint16) bool {
	return int(code) < len(l.keys) && l.keys[code] != (keyRunes{})
}

// rune is the character of a key that has any, false if it has none on this
// level. Caps Lock turns the case of letters only.
func (l Layout) rune(code uint16, shift, caps, altGr bool) (rune, bool) {
	key := l.keys[code]
	if altGr {
		return key.altGr, key.altGr != 0
	}
	if caps && unicode.IsLetter(key.plain) && unicode.ToUpper(key.plain) == key.shifted {
		shift = !shift
	}
	if shift {
		return key.shifted, key.shifted != 0
	}
	return key.plain, key.plain != 0
}

// hasAltGr reports that the layout has a third level, so that the right Alt key
// chooses it.
func (l Layout) hasAltGr() bool {
	for code, key := range l.keys {
		if key.altGr != 0 && code != keySpace {
			return true
		}
	}
	return false
}
