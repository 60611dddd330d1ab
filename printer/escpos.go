package printer

import (
	"bytes"
	"fmt"

	"till/printer/dots"
)

// ESC/POS bytes (Epson ESC/POS reference; python-escpos constants.py).
const (
	lf  = 0x0A
	dle = 0x10
	esc = 0x1B
	gs  = 0x1D
)

// Pulse of the drawer, in units of 2 ms: 100 ms on, 100 ms off (python-escpos).
const kickTime = 50

// Encode is the document as the bytes for a printer. Text is sent as text only
// where every printer prints it alike; Chinese, accents and codes the printer
// does not know are sent as pictures. A real-time command is never among them.
func Encode(d Document, p Profile) ([]byte, error) {
	segments, err := encode(d, p)
	if err != nil {
		return nil, err
	}
	return bytes.Join(segments, nil), nil
}

// encode is Encode in segments: each holds whole commands, so that between two
// segments a printer can be asked something.
func encode(d Document, p Profile) ([][]byte, error) {
	pieces, err := layout(d, p)
	if err != nil {
		return nil, fmt.Errorf("lay out for printer %s: %w", p.Name, err)
	}
	e := encoder{profile: p}
	// ESC @ forgets what the last host left; ESC R 0 makes ASCII mean ASCII.
	e.segment(esc, '@', esc, 'R', 0)
	for _, piece := range pieces {
		e.piece(piece)
	}
	return e.segments, nil
}

type encoder struct {
	profile  Profile
	segments [][]byte
	style    Style
	align    Align
	unsure   bool // a picture came between: some printers forget styles (python-escpos #729)
}

func (e *encoder) segment(b ...byte) { e.segments = append(e.segments, b) }

func (e *encoder) piece(x piece) {
	switch x := x.(type) {
	case textLine:
		e.text(x)
	case raster:
		e.raster(x)
	case qrSymbol:
		e.qr(x)
	case barSymbol:
		e.bars(x)
	case feed:
		if x.lines > 0 {
			e.segment(esc, 'd', byte(x.lines))
		}
	case kick:
		pin := byte(0)
		if x.pin5 {
			pin = 1
		}
		e.segment(esc, 'p', pin, kickTime, kickTime)
	case cut:
		e.cut()
	}
}

// text writes a line. Its alignment is in its spaces.
func (e *encoder) text(l textLine) {
	b := e.setAlign(nil, Left)
	for _, s := range l.spans {
		if s.picture != nil {
			// 24 dots high, at the head's own density; no style changes it.
			b = append(b, esc, '*', 33, byte(s.picture.Width), byte(s.picture.Width>>8))
			b = append(b, columnBytes(s.picture)...)
			continue
		}
		b = e.setStyle(b, s.style)
		b = append(b, s.text...)
	}
	e.segment(append(b, lf)...)
}

func (e *encoder) setAlign(b []byte, a Align) []byte {
	if a != e.align || e.unsure {
		b = append(b, esc, 'a', byte(a))
	}
	e.align = a
	return b
}

func (e *encoder) setStyle(b []byte, s Style) []byte {
	flag := func(on bool) byte {
		if on {
			return 1
		}
		return 0
	}
	if e.unsure || s.Wide != e.style.Wide || s.Tall != e.style.Tall {
		b = append(b, gs, '!', flag(s.Wide)<<4|flag(s.Tall))
	}
	if e.unsure || s.Bold != e.style.Bold {
		b = append(b, esc, 'E', flag(s.Bold))
	}
	if e.unsure || s.Inverse != e.style.Inverse {
		b = append(b, gs, 'B', flag(s.Inverse))
	}
	e.style, e.unsure = s, false
	return b
}

// raster writes GS v 0 in bands. It only works at the start of a line, where
// every piece begins (HPRT TP80K manual).
func (e *encoder) raster(r raster) {
	b := e.setAlign(nil, r.align)
	for from := 0; from < r.bits.Height; from += e.profile.BandRows {
		band := r.bits.Rows(from, min(from+e.profile.BandRows, r.bits.Height))
		e.segment(append(b, rasterBand(band, r.wide, r.tall)...)...)
		b = nil
	}
	e.unsure = true
}

// rasterBand is a band of whose dots the printer makes wide by tall each: m, bit 0
// for twice as wide, bit 1 for twice as high (Epson ESC/POS reference, GS v 0).
func rasterBand(m *dots.Bitmap, wide, tall int) []byte {
	if m.Width == 0 { // a blank line, trimmed: one white byte across
		m = dots.NewBitmap(8, m.Height)
	}
	x, y := m.Stride(), m.Height
	return append([]byte{gs, 'v', '0', byte(wide - 1 + 2*(tall-1)), byte(x), byte(x >> 8), byte(y), byte(y >> 8)}, m.Bits...)
}

// qr writes GS ( k: model 2, module size, error correction M, the text, print.
func (e *encoder) qr(q qrSymbol) {
	b := e.setAlign(nil, Center)
	b = append(b, gs, '(', 'k', 4, 0, '1', 'A', '2', 0)
	b = append(b, gs, '(', 'k', 3, 0, '1', 'C', byte(q.module))
	b = append(b, gs, '(', 'k', 3, 0, '1', 'E', '1')
	n := len(q.text) + 3
	b = append(b, gs, '(', 'k', byte(n), byte(n>>8), '1', 'P', '0')
	b = append(b, q.text...)
	b = append(b, gs, '(', 'k', 3, 0, '1', 'Q', '0')
	e.segment(b...)
	e.unsure = true
}

// bars writes GS k, function B, Code 128 in code set B; its text is a line of our own.
func (e *encoder) bars(s barSymbol) {
	b := e.setAlign(nil, Center)
	b = append(b, gs, 'h', byte(s.height), gs, 'w', byte(s.module), gs, 'H', 0)
	data := append([]byte("{B"), bytes.ReplaceAll([]byte(s.text), []byte("{"), []byte("{{"))...)
	b = append(b, gs, 'k', 73, byte(len(data)))
	e.segment(append(b, data...)...)
	e.unsure = true
}

func (e *encoder) cut() {
	var b []byte
	if e.profile.TearLines > 0 {
		b = append(b, esc, 'd', byte(e.profile.TearLines))
	}
	switch e.profile.Cutter {
	case PartialCut:
		b = append(b, gs, 'V', 1)
	case FullCut:
		b = append(b, gs, 'V', 0)
	default:
		// Nothing to cut with: the reset marks the end of the slip, and leaves
		// the printer clean for another host.
		b = append(b, esc, '@')
		e.style, e.align = Style{}, Left
	}
	e.segment(b...)
	e.unsure = true
}
