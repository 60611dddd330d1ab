package scanner

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"
)

// Event is a struct input_event of Linux (input.h).
type Event struct {
	Sec, Usec  int64 // of the clock the device is set to (EVIOCSCLOCKID)
	Type, Code uint16
	Value      int32
}

// Sizes of struct input_event.
const (
	EventSize64 = 24 // 64-bit userspace: the time is two 64-bit words
	EventSize32 = 16 // 32-bit userspace: two unsigned 32-bit words
)

const maxEventBytes = 64 << 10

// ParseEvents reads the input_event records of one read(2) of an evdev device,
// each of size bytes (EventSize64 or EventSize32), little endian. evdev only
// hands out whole records, and up to 64 KiB of them are taken.
func ParseEvents(buf []byte, size int) ([]Event, error) {
	if size != EventSize64 && size != EventSize32 {
		return nil, fmt.Errorf("input events of %d bytes: there are such of %d and %d", size, EventSize64, EventSize32)
	}
	if len(buf)%size != 0 || len(buf) > maxEventBytes {
		return nil, fmt.Errorf("input events: %d bytes are not whole records of %d, up to %d in all", len(buf), size, maxEventBytes)
	}
	events := make([]Event, 0, len(buf)/size)
	for ; len(buf) > 0; buf = buf[size:] {
		var e Event
		rest := buf[size-8 : size]
		if size == EventSize64 {
			e.Sec = int64(binary.LittleEndian.Uint64(buf))
			e.Usec = int64(binary.LittleEndian.Uint64(buf[8:]))
		} else {
			e.Sec = int64(binary.LittleEndian.Uint32(buf))
			e.Usec = int64(binary.LittleEndian.Uint32(buf[4:]))
		}
		e.Type = binary.LittleEndian.Uint16(rest)
		e.Code = binary.LittleEndian.Uint16(rest[2:])
		e.Value = int32(binary.LittleEndian.Uint32(rest[4:]))
		events = append(events, e)
	}
	return events, nil
}

// What of input-event-codes.h matters here.
const (
	evSyn = 0
	evKey = 1

	synReport  = 0
	synDropped = 3

	keyDigit1     = 2 // to 9 at 10
	keyDigit0     = 11
	keyTab        = 15
	keyEnter      = 28
	keyLeftCtrl   = 29
	keyLeftShift  = 42
	keyRightShift = 54
	keyLeftAlt    = 56
	keySpace      = 57
	keyCapsLock   = 58
	keyKP7        = 71
	keyKP0        = 82
	keyKPEnter    = 96
	keyRightCtrl  = 97
	keyRightAlt   = 100

	released = 0
	pressed  = 1
)

const (
	// maxKeyGap is how long a scanner may pause within a scan: what was typed
	// before a longer pause is not part of what follows.
	maxKeyGap = 5 * time.Second
	// maxAltDigits bounds Alt+keypad codes; Unicode's last has seven digits.
	maxAltDigits = 7
)

// Decoder turns the key events of one scanner into scans: it is a keyboard's
// state and what was typed since the last Enter. Give each device its own.
type Decoder struct {
	layout Layout
	altGr  bool // the layout has a third level

	scan               []byte
	lastKey            time.Duration // the event time of the key before
	shiftL, shiftR     bool
	ctrlL, ctrlR       bool
	altL, altR         bool
	caps               bool
	altCode, altDigits int  // digits typed on the keypad with Alt held
	skipping           bool // SYN_DROPPED came: events are missing
}

// NewDecoder decodes a scanner that types on the layout. Caps Lock starts off,
// since a scanner's own state does, whatever another keyboard's light shows.
func NewDecoder(layout Layout) *Decoder {
	return &Decoder{layout: layout, altGr: layout.hasAltGr()}
}

// Decode takes the next event. Enter (of either kind) and Tab complete a scan,
// if anything was typed; it is the caller's to keep, in UTF-8, and cut to
// MaxScan+1 bytes if it is longer than MaxScan.
//
// Scanners type what their layout lacks as Alt and a decimal code on the keypad,
// and control characters with Ctrl. A character that cannot be told becomes
// U+FFFD, so that a damaged code is not taken for whole.
func (d *Decoder) Decode(e Event) (scan []byte, ok bool) {
	switch {
	case e.Type == evSyn && e.Code == synDropped:
		d.drop()
		return nil, false
	case e.Type == evSyn && e.Code == synReport:
		d.skipping = false
		return nil, false
	case e.Type != evKey || d.skipping:
		return nil, false
	}
	at := time.Duration(e.Sec)*time.Second + time.Duration(e.Usec)*time.Microsecond
	if at-d.lastKey > maxKeyGap {
		d.scan = nil
	}
	d.lastKey = at
	switch e.Value {
	case pressed:
		return d.press(e.Code)
	case released:
		return d.release(e.Code)
	default: // autorepeat
		return nil, false
	}
}

// drop forgets what cannot be known any more after events were lost: the scan,
// and which keys are held.
func (d *Decoder) drop() {
	d.scan = nil
	d.shiftL, d.shiftR, d.ctrlL, d.ctrlR, d.altL, d.altR = false, false, false, false, false, false
	d.altCode, d.altDigits = 0, 0
	d.skipping = true
}

func (d *Decoder) press(code uint16) (scan []byte, ok bool) {
	switch code {
	case keyEnter, keyKPEnter, keyTab:
		return d.end()
	case keyCapsLock:
		d.caps = !d.caps
		return nil, false
	}
	if d.hold(code, true) {
		return nil, false
	}
	if d.altHeld() {
		if digit, ok := keypadDigit(code); ok {
			d.altDigits++
			if d.altDigits <= maxAltDigits {
				d.altCode = d.altCode*10 + digit
			}
			return nil, false
		}
	}
	if !d.layout.has(code) {
		return nil, false // a key that types nothing
	}
	r, ok := d.layout.rune(code, d.shiftL || d.shiftR, d.caps, d.altGr && d.altR)
	if !ok {
		r = utf8.RuneError
	}
	if (d.ctrlL || d.ctrlR) && r >= '@' && r < 0x7F {
		r &= 0x1F // Ctrl+M is CR
	}
	return d.put(r)
}

func (d *Decoder) release(code uint16) (scan []byte, ok bool) {
	held := d.altHeld()
	if !d.hold(code, false) || !held || d.altHeld() || d.altDigits == 0 {
		return nil, false
	}
	r := rune(d.altCode)
	if d.altDigits > maxAltDigits || r == 0 || !utf8.ValidRune(r) {
		r = utf8.RuneError
	}
	d.altCode, d.altDigits = 0, 0
	return d.put(r)
}

// hold notes that a modifier is down or up, and reports that code is one.
func (d *Decoder) hold(code uint16, down bool) bool {
	switch code {
	case keyLeftShift:
		d.shiftL = down
	case keyRightShift:
		d.shiftR = down
	case keyLeftCtrl:
		d.ctrlL = down
	case keyRightCtrl:
		d.ctrlR = down
	case keyLeftAlt:
		d.altL = down
	case keyRightAlt:
		d.altR = down
	default:
		return false
	}
	return true
}

// altHeld: the right Alt key counts where it does not choose the third level.
func (d *Decoder) altHeld() bool { return d.altL || d.altR && !d.altGr }

func (d *Decoder) put(r rune) (scan []byte, ok bool) {
	if r == '\r' || r == '\n' || r == '\t' {
		return d.end()
	}
	if len(d.scan) <= MaxScan {
		d.scan = utf8.AppendRune(d.scan, r)
		d.scan = d.scan[:min(len(d.scan), MaxScan+1)]
	}
	return nil, false
}

func (d *Decoder) end() (scan []byte, ok bool) {
	scan, d.scan = d.scan, nil
	return scan, len(scan) > 0
}

// keypadDigit is the digit of a keypad key: 7 8 9, 4 5 6, 1 2 3 and 0, with
// minus and plus between the rows.
func keypadDigit(code uint16) (digit int, ok bool) {
	if code == keyKP0 {
		return 0, true
	}
	if code < keyKP7 || code > keyKP0 {
		return 0, false
	}
	row, column := int(code-keyKP7)/4, int(code-keyKP7)%4
	if column == 3 {
		return 0, false
	}
	return 7 - 3*row + column, true
}
