package display

import "time"

// padKeys are the keys of a number pad, and of the keyboard it may be part of,
// by their codes in linux/input-event-codes.h. Pads often have no Escape and no
// Backspace: / and - stand for them.
var padKeys = map[uint16]string{
	82: "0", 79: "1", 80: "2", 81: "3", 75: "4", 76: "5", 77: "6", 71: "7", 72: "8", 73: "9",
	11: "0", 2: "1", 3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "7", 9: "8", 10: "9",
	83: ".", 121: ".", 52: ".", // KPDOT, KPCOMMA, DOT
	96: "enter", 28: "enter",
	14: "backspace", 111: "backspace", 74: "backspace", // BACKSPACE, DELETE, KPMINUS
	1: "esc", 98: "esc", // ESC, KPSLASH
}

// A scanner that calls itself a keyboard types some hundred keys a second. Its
// digits would be taken for an amount, and its Enter for the screen's main
// button, so keys that come faster than fingers move are dropped.
const (
	fastKey  = 20 * time.Millisecond  // between two keys of a scanner
	fastKeys = 3                      // so many in a row are one; a pad's 000 key is two
	quiet    = 200 * time.Millisecond // after which it was the end of a code
)

// PadDecoder finds the presses in a number pad's events.
type PadDecoder struct {
	last  time.Duration
	begun bool
	fast  int
}

// Decode takes the next event. key is one of Keys, or "" where the event is no
// press or means nothing here. typed says that a scanner has begun to type.
func (d *PadDecoder) Decode(r InputRecord) (key string, typed bool) {
	if r.Type != evKey || r.Value != 1 { // 0 is a release and 2 the kernel's repetition
		return "", false
	}
	since := r.At - d.last
	switch {
	case !d.begun || since < 0 || since >= quiet: // the clock may be set back
		d.fast = 0
	case since < fastKey:
		d.fast++
	case d.fast < fastKeys:
		d.fast = 0
	}
	d.last, d.begun = r.At, true
	if d.fast >= fastKeys {
		return "", d.fast == fastKeys && since < fastKey
	}
	return padKeys[r.Code], false
}
