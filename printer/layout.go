package printer

import (
	"errors"
	"fmt"
	"image"
	"strings"

	"till/draw"
	"till/printer/dots"
)

// A layout is what the head and the motor do, one piece after another. Encode
// writes it as commands, Picture draws it: both from the same pieces.
type piece interface {
	rows(Profile) int // paper it uses, dots
}

type (
	textLine struct{ spans []span } // in the printer's own font, with pictures of what it has not
	raster   struct {               // everything else
		bits       *dots.Bitmap
		wide, tall int // dots on paper of each of its dots, 1 or 2
		align      Align
	}
	qrSymbol struct { // the printer's own QR code
		text   string
		matrix *draw.Matrix
		module int // dots
	}
	barSymbol struct { // the printer's own Code 128
		text           string
		bars           []bool
		module, height int // dots
	}
	feed struct{ lines int }
	kick struct{ pin5 bool }
	cut  struct{}
)

// span is a piece of a line in one style: text that every printer has, or a
// picture of some, one character high.
type span struct {
	text    string
	style   Style
	picture *dots.Bitmap
}

func (l textLine) rows(p Profile) int { return lineRows(l.spans, p) }
func (r raster) rows(Profile) int     { return r.bits.Height * r.tall }
func (q qrSymbol) rows(Profile) int   { return q.matrix.Size() * q.module }
func (b barSymbol) rows(Profile) int  { return b.height }
func (f feed) rows(p Profile) int     { return f.lines * p.LineDots }
func (kick) rows(Profile) int         { return 0 }
func (cut) rows(p Profile) int        { return p.TearLines * p.LineDots }

// lineRows is how far a line of text feeds: the line spacing, or the highest
// character where that is more.
func lineRows(spans []span, p Profile) int {
	rows := p.LineDots
	for _, s := range spans {
		rows = max(rows, dots.CellHeight*s.style.height())
	}
	return rows
}

// layout breaks a document into pieces for a profile.
func layout(d Document, p Profile) ([]piece, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if len(d.Blocks) > MaxBlocks {
		return nil, fmt.Errorf("document of %d blocks, at most %d are printed", len(d.Blocks), MaxBlocks)
	}
	var pieces []piece
	rows := 0
	for i, b := range d.Blocks {
		add, err := layoutBlock(b, p)
		if err != nil {
			return nil, fmt.Errorf("block %d of the document: %w", i+1, err)
		}
		for _, a := range add {
			rows += a.rows(p)
		}
		if rows > MaxRows {
			return nil, fmt.Errorf("block %d of the document: more than %d dots of paper", i+1, MaxRows)
		}
		pieces = append(pieces, add...)
	}
	return pieces, nil
}

func layoutBlock(b Block, p Profile) ([]piece, error) {
	switch b := b.(type) {
	case Text:
		return layoutText(b, p)
	case Row:
		return layoutRow(b, p)
	case Rule:
		mark := "-"
		if b.Heavy {
			mark = "="
		}
		return []piece{textLine{[]span{{text: strings.Repeat(mark, p.Columns)}}}}, nil
	case Feed:
		if b.Lines < 0 || b.Lines > 255 {
			return nil, fmt.Errorf("feed of %d lines, want 0 to 255", b.Lines)
		}
		return []piece{feed{b.Lines}}, nil
	case QR:
		return layoutQR(b, p)
	case Barcode:
		return layoutBarcode(b, p)
	case Image:
		return layoutImage(b, p)
	case *Logo:
		return layoutLogo(b, p)
	case Kick:
		return []piece{kick{b.Pin5}}, nil
	case Cut:
		return []piece{cut{}}, nil
	default:
		return nil, fmt.Errorf("block of type %T cannot be printed", b)
	}
}

var errLongText = fmt.Errorf("text of more than %d bytes", MaxText)

func layoutText(t Text, p Profile) ([]piece, error) {
	if len(t.Text) > MaxText {
		return nil, errLongText
	}
	text := clean(t.Text)
	lines := wrap(text, p.Columns, t.Style)
	if t.Align == Center {
		lines = centred(text, lines, p.Columns, t.Style)
	}
	var pieces []piece
	for _, l := range lines {
		pieces = append(pieces, newLine(aligned(l, t, p), t.Align, p))
	}
	return pieces, nil
}

// centred breaks a text between its languages, as long as it needs no more lines.
func centred(text string, lines []string, width int, style Style) []string {
	if english, chinese, two := languages(text); two && len(lines) > 1 {
		parted := append(balance(english, wrap(english, width, style), width, style), balance(chinese, wrap(chinese, width, style), width, style)...)
		if len(parted) <= len(lines) {
			return parted
		}
	}
	return balance(text, lines, width, style)
}

// balance wraps a centred text narrower, as long as it needs no more lines, so
// that no last word stands alone.
func balance(text string, lines []string, width int, style Style) []string {
	for narrow := width - 1; len(lines) > 1 && narrow >= width/2; narrow-- {
		again := wrap(text, narrow, style)
		if len(again) > len(lines) {
			break
		}
		lines = again
	}
	return lines
}

// aligned pads a line of text to its place. The padding is in plain columns,
// which centre finer, but for inverse text, which becomes a bar.
func aligned(l string, t Text, p Profile) []span {
	free := p.Columns - columns(l, t.Style)
	before := 0
	switch t.Align {
	case Center:
		before = free / 2
	case Right:
		before = free
	}
	if t.Style.Inverse {
		unit := t.Style.width()
		before, free = before/unit, free/unit
		text := strings.Repeat(" ", before) + l + strings.Repeat(" ", free-before)
		spans := []span{{text: text, style: t.Style}}
		if p.Columns%2 != 0 && unit == 2 { // the odd column
			narrow := t.Style
			narrow.Wide = false
			spans = append(spans, span{text: " ", style: narrow})
		}
		return spans
	}
	return []span{{text: strings.Repeat(" ", before)}, {text: l, style: t.Style}}
}

// minLabel is the room, in columns, under which a label is not squeezed beside its value.
const minLabel = 10

func layoutRow(r Row, p Profile) ([]piece, error) {
	if len(r.Label) > MaxText || len(r.Value) > MaxText {
		return nil, errLongText
	}
	label, value := clean(r.Label), oneLine(r.Value)
	if columns(value, r.ValueStyle) > p.Columns {
		r.ValueStyle.Wide = false
	}
	valueColumns := columns(value, r.ValueStyle)
	room := p.Columns
	if value != "" {
		room -= valueColumns + 1
	}
	var pieces []piece
	add := func(spans ...span) { pieces = append(pieces, newLine(spans, Left, p)) }

	if besideValue(label, r.LabelStyle, valueColumns, room, p.Columns) {
		lines := labelLines(label, p.Columns, room, r.LabelStyle)
		last := len(lines) - 1
		for _, l := range lines[:last] {
			add(span{text: l, style: r.LabelStyle})
		}
		gap := p.Columns - columns(lines[last], r.LabelStyle) - valueColumns
		add(span{text: lines[last], style: r.LabelStyle}, span{text: strings.Repeat(" ", max(gap, 0))}, span{text: value, style: r.ValueStyle})
		return pieces, nil
	}
	if label != "" {
		for _, l := range labelLines(label, p.Columns, p.Columns, r.LabelStyle) {
			add(span{text: l, style: r.LabelStyle})
		}
	}
	for _, l := range wrap(value, p.Columns, r.ValueStyle) {
		add(span{text: strings.Repeat(" ", max(p.Columns-columns(l, r.ValueStyle), 0))}, span{text: l, style: r.ValueStyle})
	}
	return pieces, nil
}

// besideValue says whether a label stands beside its value. A long value goes
// under a label that would have to be broken for it, but between its languages.
func besideValue(label string, style Style, valueColumns, room, width int) bool {
	labelColumns := columns(label, style)
	_, chinese, two := languages(strings.TrimLeft(label, " "))
	switch {
	case labelColumns <= room && !strings.Contains(label, "\n"):
		return true
	case room < minLabel, two && columns(chinese, style) > room:
		return false
	default:
		return labelColumns > width || 3*valueColumns <= width
	}
}

// newLine is a line in the printer's own font if every character is safe there.
// Of those that are not it is a picture, in the line where the printer takes
// one, which are a tenth of the bytes, else of the whole line.
func newLine(spans []span, align Align, p Profile) piece {
	kept := spans[:0:0]
	for _, s := range spans {
		if s.text != "" {
			kept = append(kept, s)
		}
	}
	if n := len(kept); n > 0 && !kept[n-1].style.Inverse {
		kept[n-1].text = strings.TrimRight(kept[n-1].text, " ")
	}
	for _, s := range kept {
		switch {
		case safe(s.text):
		case !p.ColumnImages || s.style.Tall:
			return lineRaster(kept, align, p)
		}
	}
	return textLine{withPictures(kept)}
}

// withPictures puts pictures in place of what is not safe.
func withPictures(spans []span) []span {
	var all []span
	for _, s := range spans {
		for text := s.text; text != ""; {
			end, picture := len(text), false
			for i, r := range text {
				if is := !safe(string(r)); i == 0 {
					picture = is
				} else if is != picture {
					end = i
					break
				}
			}
			part := span{text: text[:end], style: s.style}
			if picture {
				part.picture = columnPicture(part)
			}
			all = append(all, part)
			text = text[end:]
		}
	}
	return all
}

// columnPicture is a span as ESC * takes it: as high as a character.
func columnPicture(s span) *dots.Bitmap {
	var cells []*dots.Bitmap
	width := 0
	for _, r := range s.text {
		cell := inked(dots.Rune(r, s.style.Bold, s.style.width(), 1), s.style)
		cells = append(cells, cell)
		width += cell.Width
	}
	b := dots.NewBitmap(width, dots.CellHeight)
	x := 0
	for _, cell := range cells {
		b.Put(x, 0, cell)
		x += cell.Width
	}
	defuseColumns(b)
	return b
}

// inked is a cell on its ground.
func inked(cell *dots.Bitmap, s Style) *dots.Bitmap {
	if !s.Inverse {
		return cell
	}
	ground := dots.NewBitmap(cell.Width, cell.Height)
	ground.Put(0, 0, cell)
	ground.Invert()
	return ground
}

// columnBytes are a picture's bits as ESC * 33 wants them: column by column,
// three bytes each, the uppermost dot in the highest bit.
func columnBytes(b *dots.Bitmap) []byte {
	bits := make([]byte, 3*b.Width)
	for x := range b.Width {
		for y := range min(b.Height, dots.CellHeight) {
			if b.Black(x, y) {
				bits[3*x+y/8] |= 0x80 >> (y % 8)
			}
		}
	}
	return bits
}

// defuseColumns is defuse for a picture that goes out in columns.
func defuseColumns(b *dots.Bitmap) {
	bits := columnBytes(b)
	for i := 0; i+1 < len(bits); i++ {
		if bits[i] == dle && (bits[i+1] == 0x04 || bits[i+1] == 0x05 || bits[i+1] == 0x14) {
			b.Set(i/3, 8*(i%3)+4) // 0x08
		}
	}
}

// safe says whether a printer of any make prints s as it is meant: printable
// ASCII, less the two characters that Japanese models print as yen and overline.
func safe(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7E || c == '\\' || c == '~' {
			return false
		}
	}
	return true
}

// tallLead is the rows under tall characters that keep Chinese, which fills its
// cell, off the next line. Bars have none: they join.
const tallLead = 6

// lineRaster draws a line of text in the same cells that a printer would use, so
// that columns line up with the lines around it. Large characters are enlarged
// by the printer, as its own are, where it does that: a quarter of the bytes.
func lineRaster(spans []span, align Align, p Profile) raster {
	tallest, lead := 1, 0
	r := raster{wide: 2, tall: 2}
	for _, s := range spans {
		tallest = max(tallest, s.style.height())
		if s.style.Tall && !s.style.Inverse {
			lead = tallLead
		}
		if s.blank() {
			continue
		}
		r.wide, r.tall = min(r.wide, s.style.width()), min(r.tall, s.style.height())
	}
	rows := lineRows(spans, p) + lead
	if rows%r.tall != 0 || !p.ScaledRasters {
		r.wide, r.tall = 1, 1
	}
	if align == Center && spans[0].blank() {
		spans, r.align = spans[1:], Center
	}
	b := dots.NewBitmap((p.Columns*dots.CellWidth/r.wide+7)/8*8, rows/r.tall)
	x := 0
	for _, s := range spans {
		y := (tallest - s.style.height()) * dots.CellHeight / r.tall // characters of one line stand on its lower edge
		for _, c := range s.text {
			var cell *dots.Bitmap
			if c == ' ' { // also between characters of another size
				cell = dots.NewBitmap(dots.CellWidth*s.style.width()/r.wide, dots.CellHeight*s.style.height()/r.tall)
			} else {
				cell = dots.Rune(c, s.style.Bold, s.style.width()/r.wide, s.style.height()/r.tall)
			}
			cell = inked(cell, s.style)
			b.Put(x, y, cell)
			x += cell.Width
		}
	}
	r.bits = b.Trim()
	defuse(r.bits)
	return r
}

// blank says whether nothing of a span is black.
func (s span) blank() bool { return !s.style.Inverse && strings.Trim(s.text, " ") == "" }

// symbolRaster is a code in the middle of the paper, with as few of its dots
// sent as the printer can make it of.
func symbolRaster(b *dots.Bitmap, p Profile) raster {
	r := raster{bits: b, wide: 1, tall: 1, align: Center}
	for _, by := range []raster{{wide: 2, tall: 2}, {wide: 1, tall: 2}} {
		if small, same := b.Halve(by.wide, by.tall); same && p.ScaledRasters {
			r.bits, r.wide, r.tall = small, by.wide, by.tall
			break
		}
	}
	whole := dots.NewBitmap(r.bits.Stride()*8, r.bits.Height)
	whole.Put(0, 0, r.bits)
	defuse(whole)
	r.bits = whole
	return r
}

// defuse adds a dot wherever the bits would be taken for a real-time command.
// Printers obey DLE EOT, DLE ENQ and DLE DC4 (open the drawer, switch off,
// clear the buffer) even inside picture data (Epson TM-U295 specification).
func defuse(b *dots.Bitmap) {
	const dle = 0x10
	for i := 0; i+1 < len(b.Bits); i++ {
		switch b.Bits[i+1] {
		case 0x04, 0x05, 0x14:
			if b.Bits[i] == dle {
				b.Bits[i] |= 0x08
			}
		}
	}
}

// qrSide is the side of a QR code on paper, dots: 3 cm, which a phone reads from
// an arm's length.
const qrSide = 240

// maxNativeQR bounds what GS ( k is given, bytes: a length of 1,040 would read as DLE EOT.
const maxNativeQR = 1000

func layoutQR(q QR, p Profile) ([]piece, error) {
	if len(q.Caption) > MaxText {
		return nil, errLongText
	}
	m, err := draw.QR(q.Text)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	const quiet = 8 // modules left and right together
	module := qrSide / m.Size()
	if module < 3 {
		module = min(3, p.Dots/(m.Size()+quiet))
	}
	if module < 2 { // a quarter of a millimetre: under it no phone reads a thermal print
		return nil, fmt.Errorf("QR code of %d modules is too fine for %d dots of paper", m.Size(), p.Dots)
	}
	var symbol piece
	if p.NativeQR && safe(q.Text) && len(q.Text) <= maxNativeQR {
		symbol = qrSymbol{text: q.Text, matrix: m, module: module}
	} else {
		if module > 2 && p.ScaledRasters {
			module += module % 2 // an even one is enlarged by the printer
		}
		symbol = symbolRaster(matrixBitmap(m, module), p)
	}
	// A line above and below is the quiet zone: 4 modules of 8 dots at most.
	pieces := []piece{feed{1}, symbol, feed{1}}
	if q.Caption == "" {
		return pieces, nil
	}
	caption, err := layoutText(Text{Text: q.Caption, Align: Center}, p)
	return append(pieces, caption...), err
}

func matrixBitmap(m *draw.Matrix, module int) *dots.Bitmap {
	side := m.Size() * module
	b := dots.NewBitmap(side, side)
	for y := range m.Size() {
		for x := range m.Size() {
			if m.Black(x, y) {
				b.Fill(image.Rect(x*module, y*module, (x+1)*module, (y+1)*module))
			}
		}
	}
	return b
}

const (
	barHeight   = 80 // dots, 1 cm
	barQuiet    = 20 // modules left and right together (ISO/IEC 15417)
	barOverhead = 35 // modules of start, check and stop
)

func layoutBarcode(b Barcode, p Profile) ([]piece, error) {
	bars, err := draw.Code128(b.Text)
	if err != nil {
		return nil, fmt.Errorf("barcode: %w", err)
	}
	// A printer's own encoder may use code set B throughout, 11 modules a character.
	width := max(len(bars), 11*len(b.Text)+barOverhead)
	if !p.NativeCode128 {
		width = len(bars)
	}
	module := min(3, p.Dots/(width+barQuiet))
	if module < 1 {
		return nil, fmt.Errorf("barcode of %d modules is too long for %d dots of paper", width, p.Dots)
	}
	var symbol piece
	if p.NativeCode128 && module >= 2 { // GS w takes 2 to 6
		symbol = barSymbol{text: b.Text, bars: bars, module: module, height: barHeight}
	} else {
		symbol = symbolRaster(barBitmap(bars, module), p)
	}
	text, err := layoutText(Text{Text: b.Text, Align: Center}, p)
	if err != nil {
		return nil, err
	}
	return append([]piece{feed{1}, symbol}, text...), nil
}

func barBitmap(bars []bool, module int) *dots.Bitmap {
	b := dots.NewBitmap(len(bars)*module, barHeight)
	for i, bar := range bars {
		if bar {
			b.Fill(image.Rect(i*module, 0, (i+1)*module, barHeight))
		}
	}
	return b
}

func layoutImage(m Image, p Profile) ([]piece, error) {
	if m.Bitmap == nil {
		return nil, errors.New("image without a bitmap")
	}
	if err := m.Bitmap.Check(); err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	if m.Bitmap.Width > p.Dots {
		return nil, fmt.Errorf("image is %d dots wide, the paper %d: make it smaller", m.Bitmap.Width, p.Dots)
	}
	if m.Bitmap.Width == 0 || m.Bitmap.Height == 0 {
		return nil, nil
	}
	whole := dots.NewBitmap((m.Bitmap.Width+7)/8*8, m.Bitmap.Height)
	copy(whole.Bits, m.Bitmap.Bits)
	defuse(whole)
	return []piece{raster{bits: whole, wide: 1, tall: 1, align: m.Align}}, nil
}

func layoutLogo(l *Logo, p Profile) ([]piece, error) {
	if l == nil || l.grey == nil {
		return nil, errors.New("logo without a picture")
	}
	bits, err := l.bits(p.Dots)
	if err != nil {
		return nil, fmt.Errorf("logo: %w", err)
	}
	return layoutImage(Image{Bitmap: bits, Align: Center}, p)
}
