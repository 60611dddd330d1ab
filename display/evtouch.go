package display

import (
	"encoding/binary"
	"fmt"
	"time"
)

// InputRecord is a struct input_event of Linux (linux/input.h).
type InputRecord struct {
	At         time.Duration // of the clock the device is set to
	Type, Code uint16
	Value      int32
}

// Types and codes of linux/input-event-codes.h that matter here.
const (
	evSyn, evKey, evAbs   = 0x00, 0x01, 0x03
	synReport, synDropped = 0, 3

	absX, absY           = 0x00, 0x01
	absMTSlot            = 0x2f
	absMTX, absMTY       = 0x35, 0x36
	absMTTrackingID      = 0x39
	btnLeft, btnTouch    = 0x110, 0x14a
	btnToolFinger        = 0x145
	propPointer          = 0x00 // INPUT_PROP_POINTER: a touchpad
	maxInputRecords      = 64   // of one read
	maxSlots             = 32
	inputRecordTail      = 8 // type, code, value
	inputRecordLeast     = inputRecordTail + 8
	inputRecordMost      = inputRecordTail + 16
	touchBounce          = 40 * time.Millisecond // resistive films lift and touch again within it
	microsecondsInSecond = 1e6
)

// ParseInputRecords takes apart what one read of an event device gave: records
// of size bytes, 24 on 64-bit systems and 16 on 32-bit ones, little endian.
func ParseInputRecords(raw []byte, size int) ([]InputRecord, error) {
	if size != inputRecordLeast && size != inputRecordMost {
		return nil, fmt.Errorf("input events of %d bytes: there are such of %d and %d", size, inputRecordLeast, inputRecordMost)
	}
	if len(raw)%size != 0 || len(raw) > size*maxInputRecords {
		return nil, fmt.Errorf("input events: %d bytes are not up to %d records of %d", len(raw), maxInputRecords, size)
	}
	var all []InputRecord
	for ; len(raw) > 0; raw = raw[size:] {
		var seconds, micros int64
		if size == inputRecordMost {
			seconds, micros = int64(binary.LittleEndian.Uint64(raw)), int64(binary.LittleEndian.Uint64(raw[8:]))
		} else {
			seconds, micros = int64(binary.LittleEndian.Uint32(raw)), int64(binary.LittleEndian.Uint32(raw[4:]))
		}
		tail := raw[size-inputRecordTail:]
		all = append(all, InputRecord{
			At:    time.Duration(seconds*microsecondsInSecond+micros) * time.Microsecond,
			Type:  binary.LittleEndian.Uint16(tail),
			Code:  binary.LittleEndian.Uint16(tail[2:]),
			Value: int32(binary.LittleEndian.Uint32(tail[4:])),
		})
	}
	return all, nil
}

// RawTouch is where a panel was touched, in the units of its axes.
type RawTouch struct{ X, Y int32 }

// TouchDecoder finds the touches in a panel's events: one for each time a
// finger comes down while no other is. It knows single-touch panels, which have
// a button for the contact, and multi-touch ones of protocol B (kernel,
// Documentation/input/multi-touch-protocol.rst).
type TouchDecoder struct {
	multi   bool
	slot    int
	slots   [maxSlots]contact // single-touch panels use the first
	fresh   int               // slot of the finger that came down in this report, -1: none
	dropped bool              // the kernel lost events: nothing counts until the report ends
	finger  bool              // one is down since an earlier report
	lifted  time.Duration
	touched bool // lifted is set
}

type contact struct {
	down bool
	at   RawTouch
}

// NewTouchDecoder decodes a panel of which the kernel says that it is multi-touch
// or not, and where its axes stand: they are told again only when they change.
func NewTouchDecoder(multi bool, start RawTouch) *TouchDecoder {
	d := &TouchDecoder{multi: multi, fresh: -1}
	for i := range d.slots {
		d.slots[i].at = start
	}
	return d
}

// Decode takes the next event, and says whether a touch is complete with it.
func (d *TouchDecoder) Decode(r InputRecord) (RawTouch, bool) {
	switch {
	case r.Type == evSyn && r.Code == synDropped:
		d.dropped = true
	case r.Type == evSyn && r.Code == synReport:
		if d.dropped { // which fingers are down is not known: only what comes down anew counts
			d.dropped, d.fresh, d.finger = false, -1, false
			for i := range d.slots {
				d.slots[i].down = false
			}
			return RawTouch{}, false
		}
		return d.report(r.At)
	case d.dropped:
	case d.multi:
		d.decodeMulti(r)
	default:
		d.decodeSingle(r)
	}
	return RawTouch{}, false
}

func (d *TouchDecoder) decodeSingle(r InputRecord) {
	c := &d.slots[0]
	switch {
	case r.Type == evAbs && r.Code == absX:
		c.at.X = r.Value
	case r.Type == evAbs && r.Code == absY:
		c.at.Y = r.Value
	case r.Type == evKey && (r.Code == btnTouch || r.Code == btnLeft):
		d.contact(0, r.Value == 1)
	}
}

func (d *TouchDecoder) decodeMulti(r InputRecord) {
	if r.Type != evAbs {
		return // BTN_TOUCH and the first finger's ABS_X say the same again
	}
	if r.Code == absMTSlot {
		d.slot = int(r.Value)
		return
	}
	if d.slot < 0 || d.slot >= maxSlots {
		return
	}
	switch c := &d.slots[d.slot]; r.Code {
	case absMTX:
		c.at.X = r.Value
	case absMTY:
		c.at.Y = r.Value
	case absMTTrackingID:
		d.contact(d.slot, r.Value >= 0)
	}
}

func (d *TouchDecoder) contact(slot int, down bool) {
	c := &d.slots[slot]
	if down && !c.down && d.fresh < 0 {
		d.fresh = slot
	}
	if !down && d.fresh == slot {
		d.fresh = -1 // up again within a report: noise
	}
	c.down = down
}

// report ends a report of the kernel's.
func (d *TouchDecoder) report(at time.Duration) (RawTouch, bool) {
	fresh, held := d.fresh, d.finger
	d.fresh, d.finger = -1, false
	for _, c := range d.slots {
		d.finger = d.finger || c.down
	}
	if held && !d.finger {
		d.lifted, d.touched = at, true
	}
	if fresh < 0 || held {
		return RawTouch{}, false
	}
	if d.touched && at >= d.lifted && at-d.lifted < touchBounce {
		return RawTouch{}, false
	}
	return d.slots[fresh].at, true
}
