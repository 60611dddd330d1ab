package emulator

import (
	"errors"
	"fmt"
	"image"
	"strings"

	"till/draw"
	"till/printer"
	"till/printer/dots"
)

// machine is the printer's interpreter: commands in, paper out. It is not safe
// for concurrent use; Printer holds its lock around it.
type machine struct {
	profile printer.Profile

	cmd    []byte // the command being received
	length int    // of it, once known
	offset int64  // bytes executed since power on

	style   style
	align   byte
	spacing int // ESC 3, dots
	line    []*dots.Bitmap
	used    int // dots of the line
	tabs    []int
	qr      struct {
		module int
		data   string
	}
	bar struct{ height, module int }

	paper paper
	bytes []byte // of the document in progress
	roll  int    // rows of paper left; negative: plenty

	faults []error
	lost   int // faults not kept

	out effects
}

// effects is what executing led to, for Printer to pass on.
type effects struct {
	documents []Document
	kicks     int
	fences    []byte // arguments of GS r
	asb       []byte // arguments of GS a
	moved     bool
}

func newMachine(p printer.Profile) machine {
	m := machine{profile: p, roll: -1}
	m.paper.width = p.Dots
	m.reset()
	return m
}

// reset is ESC @ and power on: everything but the paper.
func (m *machine) reset() {
	m.style = style{wide: 1, tall: 1}
	m.align, m.spacing = 0, m.profile.LineDots
	m.line, m.used = nil, 0
	m.tabs = nil
	m.qr.module, m.qr.data = 3, ""
	m.bar.height, m.bar.module = 162, 3
}

// execute takes bytes until they are used up or the paper is, and says how many it took.
func (m *machine) execute(b []byte) int {
	taken := 0
	for taken < len(b) && m.roll != 0 {
		if m.length == 0 {
			m.cmd = append(m.cmd, b[taken])
			taken++
			n, err := measure(m.cmd)
			if err != nil {
				m.fault(err)
				m.drop()
				continue
			}
			if m.length = n; n == 0 {
				continue
			}
		}
		n := min(m.length-len(m.cmd), len(b)-taken)
		m.cmd = append(m.cmd, b[taken:taken+n]...)
		taken += n
		if len(m.cmd) < m.length {
			break
		}
		cmd := m.cmd
		m.cmd, m.length = nil, 0
		m.keep(cmd)
		if err := m.run(cmd); err != nil {
			m.fault(err)
		}
		m.offset += int64(len(cmd))
		if m.paper.rows >= maxRows {
			m.fault(fmt.Errorf("more than %d dots of paper without a cut", maxRows))
			m.finish()
		}
	}
	return taken
}

// drop gives up the command being received.
func (m *machine) drop() {
	m.keep(m.cmd)
	m.offset += int64(len(m.cmd))
	m.cmd, m.length = nil, 0
}

func (m *machine) fault(err error) {
	if len(m.faults) >= maxFaults {
		m.lost++
		return
	}
	m.faults = append(m.faults, fmt.Errorf("byte %d: %w", m.offset, err))
}

// keep records a command as part of the document. What host and printer only
// say to each other is not: real-time requests, fences, and padding.
func (m *machine) keep(cmd []byte) {
	switch {
	case cmd[0] == dle, cmd[0] == nul:
		return
	case len(cmd) > 1 && cmd[0] == gs && (cmd[1] == 'r' || cmd[1] == 'a'):
		return
	case len(cmd) == 2 && cmd[0] == esc && cmd[1] == '@' && m.paper.rows == 0:
		m.bytes = nil // a document begins
	}
	if len(m.bytes)+len(cmd) > maxBytes {
		m.fault(fmt.Errorf("more than %d bytes without a cut", maxBytes))
		return
	}
	m.bytes = append(m.bytes, cmd...)
}

var errNotDrawn = errors.New("known, but this printer does not print it")

func (m *machine) run(cmd []byte) error {
	switch cmd[0] {
	case esc:
		return m.runESC(cmd)
	case gs:
		return m.runGS(cmd)
	case fs:
		if cmd[1] == '.' || cmd[1] == 'C' {
			return nil // Kanji mode off is how it is
		}
		return fmt.Errorf("FS %q: %w", cmd[1], errNotDrawn)
	case dle, nul, cr, can: // real-time requests were answered on arrival
		return nil
	case lf:
		m.printLine(true)
		return nil
	case ff:
		return fmt.Errorf("FF outside page mode: %w", errNotDrawn)
	case ht:
		m.tab()
		return nil
	default:
		return m.text(cmd[0])
	}
}

func (m *machine) runESC(cmd []byte) error {
	switch cmd[1] {
	case '@':
		if m.profile.Cutter == printer.NoCutter && m.paper.rows > 0 {
			m.finish()
		}
		m.reset()
	case 'a':
		n := cmd[2] &^ '0'
		if n > 2 {
			return fmt.Errorf("ESC a %d is no alignment", cmd[2])
		}
		if len(m.line) > 0 {
			return fmt.Errorf("ESC a in the middle of a line has no effect")
		}
		m.align = n
	case 'E', 'G':
		m.style.bold = cmd[2]&1 != 0
	case '-':
		m.style.underline = cmd[2]&3 != 0
	case '!':
		m.style.bold, m.style.underline = cmd[2]&0x08 != 0, cmd[2]&0x80 != 0
		m.style.tall, m.style.wide = 1+int(cmd[2]>>4&1), 1+int(cmd[2]>>5&1)
		if cmd[2]&1 != 0 {
			return fmt.Errorf("font B: %w", errNotDrawn)
		}
	case '2':
		m.spacing = m.profile.LineDots
	case '3':
		m.spacing = int(cmd[2])
	case 'd':
		m.printLine(false)
		m.feed(int(cmd[2]) * m.spacing)
	case 'J':
		m.printLine(false)
		m.feed(int(cmd[2]))
	case '*':
		return m.columns(cmd)
	case 'p':
		if n := cmd[2]; n != 0 && n != 1 && n != '0' && n != '1' {
			return fmt.Errorf("ESC p %d: there is no such pin", n)
		}
		m.out.kicks++
	case 'D':
		m.tabs = nil
		for _, n := range cmd[2 : len(cmd)-1] {
			m.tabs = append(m.tabs, int(n)*dots.CellWidth)
		}
	case 't', 'R', 'c': // code page, character set, panel: nothing that ASCII shows
		if cmd[1] == 'R' && cmd[2] != 0 {
			return fmt.Errorf("character set %d: %w", cmd[2], errNotDrawn)
		}
	case ' ', 'M', '{', 'V', '=':
		if cmd[2] != 0 && !(cmd[1] == '=' && cmd[2] == 1) {
			return fmt.Errorf("ESC %q %d: %w", cmd[1], cmd[2], errNotDrawn)
		}
	default:
		return fmt.Errorf("ESC %q: %w", cmd[1], errNotDrawn)
	}
	return nil
}

func (m *machine) runGS(cmd []byte) error {
	switch cmd[1] {
	case '!':
		m.style.wide, m.style.tall = 1+int(cmd[2]>>4&7), 1+int(cmd[2]&7)
	case 'B':
		m.style.inverse = cmd[2]&1 != 0
	case 'h':
		m.bar.height = max(int(cmd[2]), 1)
	case 'w':
		if cmd[2] < 2 || cmd[2] > 6 {
			return fmt.Errorf("GS w %d: a module is 2 to 6 dots wide", cmd[2])
		}
		m.bar.module = int(cmd[2])
	case 'H', 'f':
		if cmd[1] == 'H' && cmd[2] != 0 && cmd[2] != '0' {
			return fmt.Errorf("text at barcodes: %w", errNotDrawn)
		}
	case 'a':
		m.out.asb = append(m.out.asb, cmd[2])
	case 'r':
		m.out.fences = append(m.out.fences, cmd[2])
	case 'V':
		return m.cut(cmd)
	case 'v':
		return m.raster(cmd)
	case '(':
		if cmd[2] == 'k' {
			return m.symbol(cmd[5:])
		}
		if cmd[2] == 'D' {
			return nil // real-time requests on or off
		}
		return fmt.Errorf("GS ( %q: %w", cmd[2], errNotDrawn)
	case 'k':
		return m.barcode(cmd)
	case 'L', 'W', 'P':
		return fmt.Errorf("GS %q: %w", cmd[1], errNotDrawn)
	}
	return nil
}

// feed moves the paper, as far as there is any.
func (m *machine) feed(rows int) {
	rows = min(rows, maxFeed)
	m.paper.feed(rows)
	if m.roll > 0 {
		m.roll = max(0, m.roll-rows)
	}
	m.out.moved = m.out.moved || rows > 0
}

// text puts a character into the line.
func (m *machine) text(c byte) error {
	var err error
	if c > 0x7E {
		err = fmt.Errorf("byte %02X as text: what it prints depends on the printer", c)
	}
	g := m.style.glyph(c) // an empty frame for what is not ASCII
	if m.used+g.Width > m.paper.width {
		m.printLine(true)
	}
	m.line = append(m.line, g)
	m.used += g.Width
	return err
}

// columns puts a column image into the line: 24 dots high, three bytes a column.
func (m *machine) columns(cmd []byte) error {
	if cmd[2] != 33 {
		return fmt.Errorf("ESC * %d: %w", cmd[2], errNotDrawn)
	}
	width := int(cmd[3]) | int(cmd[4])<<8
	if width == 0 || m.used+width > m.paper.width {
		return fmt.Errorf("ESC * of %d columns, there is room for %d", width, m.paper.width-m.used)
	}
	g := dots.NewBitmap(width, dots.CellHeight)
	for x := range width {
		for y := range dots.CellHeight {
			if cmd[5+3*x+y/8]&(0x80>>(y%8)) != 0 {
				g.Set(x, y)
			}
		}
	}
	m.line = append(m.line, g)
	m.used += width
	return nil
}

func (m *machine) tab() {
	next := (m.used/(8*dots.CellWidth) + 1) * 8 * dots.CellWidth
	if m.tabs != nil {
		next = m.used
		for _, t := range m.tabs {
			if t > m.used {
				next = t
				break
			}
		}
	}
	if next > m.used && next < m.paper.width {
		m.line = append(m.line, dots.NewBitmap(next-m.used, dots.CellHeight))
		m.used = next
	}
}

// printLine prints what is in the line. An empty one feeds only if a line feed asked for it.
func (m *machine) printLine(feedEmpty bool) {
	if len(m.line) == 0 {
		if feedEmpty {
			m.feed(m.spacing)
		}
		return
	}
	tallest := 0
	for _, g := range m.line {
		tallest = max(tallest, g.Height)
	}
	top, x := m.paper.rows, m.left(m.used)
	m.feed(max(m.spacing, tallest))
	for _, g := range m.line {
		m.paper.put(g, x, top+tallest-g.Height)
		x += g.Width
	}
	m.line, m.used = nil, 0
}

// left is where something of a width begins under ESC a.
func (m *machine) left(width int) int {
	switch m.align {
	case 1:
		return max(0, (m.paper.width-width)/2)
	case 2:
		return max(0, m.paper.width-width)
	default:
		return 0
	}
}

// print puts a picture on the paper, and feeds it out.
func (m *machine) print(b *dots.Bitmap) error {
	if len(m.line) > 0 {
		return fmt.Errorf("a picture in the middle of a line: it only works with an empty print buffer")
	}
	top := m.paper.rows
	m.feed(b.Height)
	m.paper.put(b, m.left(b.Width), top)
	if b.Width > m.paper.width {
		return fmt.Errorf("a picture %d dots wide on %d dots of paper is cut off", b.Width, m.paper.width)
	}
	return nil
}

func (m *machine) raster(cmd []byte) error {
	mode := cmd[3] &^ '0'
	if mode > 3 {
		return fmt.Errorf("GS v 0 mode %d is not known", cmd[3])
	}
	x, y := int(cmd[4])|int(cmd[5])<<8, int(cmd[6])|int(cmd[7])<<8
	if x == 0 || y == 0 || x*8 > dots.MaxSide/2 || y > 2303 { // the older specification: yH <= 8
		return fmt.Errorf("raster of %d bytes by %d rows", x, y)
	}
	b := &dots.Bitmap{Width: x * 8, Height: y, Bits: cmd[8:]}
	return m.print(b.Enlarge(1+int(mode&1), 1+int(mode>>1)))
}

// symbol is GS ( k: QR codes (cn 49).
func (m *machine) symbol(args []byte) error {
	if !m.profile.NativeQR {
		return fmt.Errorf("GS ( k: this printer has no QR codes of its own")
	}
	if len(args) < 3 || args[0] != 49 {
		return fmt.Errorf("GS ( k: a symbol other than a QR code: %w", errNotDrawn)
	}
	switch fn := args[1]; fn {
	case 65: // model
		if args[2] != 50 {
			return fmt.Errorf("QR code model %d: %w", args[2], errNotDrawn)
		}
	case 67:
		if args[2] < 1 || args[2] > 16 {
			return fmt.Errorf("QR code module of %d dots", args[2])
		}
		m.qr.module = int(args[2])
	case 69:
		if args[2] != 49 {
			return fmt.Errorf("QR code error correction %d, level M is 49: %w", args[2], errNotDrawn)
		}
	case 80:
		m.qr.data = string(args[3:])
	case 81:
		return m.printQR()
	default:
		return fmt.Errorf("GS ( k function %d is not known", fn)
	}
	return nil
}

func (m *machine) printQR() error {
	matrix, err := draw.QR(m.qr.data)
	if err != nil {
		return fmt.Errorf("print QR code: %w", err)
	}
	n := m.qr.module
	if matrix.Size()*n > m.paper.width {
		return fmt.Errorf("a QR code of %d modules of %d dots is wider than the paper: nothing is printed", matrix.Size(), n)
	}
	b := dots.NewBitmap(matrix.Size()*n, matrix.Size()*n)
	for y := range matrix.Size() {
		for x := range matrix.Size() {
			if matrix.Black(x, y) {
				b.Fill(image.Rect(x*n, y*n, (x+1)*n, (y+1)*n))
			}
		}
	}
	return m.print(b)
}

func (m *machine) barcode(cmd []byte) error {
	if cmd[2] != 73 {
		return fmt.Errorf("barcode system %d: %w", cmd[2], errNotDrawn)
	}
	text, err := code128Text(cmd[4:])
	if err != nil {
		return fmt.Errorf("barcode: %w", err)
	}
	bars, err := draw.Code128(text)
	if err != nil {
		return fmt.Errorf("barcode: %w", err)
	}
	if len(bars)*m.bar.module > m.paper.width {
		return fmt.Errorf("a barcode of %d modules of %d dots is wider than the paper: nothing is printed", len(bars), m.bar.module)
	}
	b := dots.NewBitmap(len(bars)*m.bar.module, m.bar.height)
	for i, bar := range bars {
		if bar {
			b.Fill(image.Rect(i*m.bar.module, 0, (i+1)*m.bar.module, m.bar.height))
		}
	}
	return m.print(b)
}

// code128Text reads the data of GS k 73: {A, {B and {C choose a code set, {{ is
// a brace, and in set C a byte is two digits.
func code128Text(data []byte) (string, error) {
	var text strings.Builder
	set := byte(0)
	for i := 0; i < len(data); i++ {
		c := data[i]
		if c == '{' && set != 'C' || c == '{' && i+1 < len(data) && data[i+1] >= 'A' && data[i+1] <= 'C' {
			i++
			if i == len(data) {
				return "", errors.New("ends in the middle of a code")
			}
			switch data[i] {
			case 'A', 'B', 'C':
				set = data[i]
			case '{':
				text.WriteByte('{')
			default:
				return "", fmt.Errorf("function {%c: %w", data[i], errNotDrawn)
			}
			continue
		}
		switch {
		case set == 0:
			return "", errors.New("data before a code set")
		case set == 'C' && c < 100:
			fmt.Fprintf(&text, "%02d", c)
		case set == 'C':
			return "", fmt.Errorf("byte %d in code set C", c)
		default:
			text.WriteByte(c)
		}
	}
	return text.String(), nil
}

func (m *machine) cut(cmd []byte) error {
	if m.profile.Cutter == printer.NoCutter {
		return fmt.Errorf("GS V: this printer has no cutter")
	}
	if len(m.line) > 0 {
		return fmt.Errorf("GS V in the middle of a line has no effect")
	}
	if cmd[2] == 'A' || cmd[2] == 'B' {
		m.feed(m.profile.TearLines*m.profile.LineDots + int(cmd[3]))
	}
	if m.paper.rows > 0 {
		m.finish()
	}
	return nil
}

// finish ends the document in progress.
func (m *machine) finish() {
	m.printLine(false)
	m.out.documents = append(m.out.documents, Document{Bytes: m.bytes, Picture: m.paper.picture()})
	m.bytes = nil
	m.paper = paper{width: m.paper.width}
}

// take hands over what happened since it was last asked.
func (m *machine) take() effects {
	out := m.out
	m.out = effects{}
	return out
}
